"""A content-addressed cache: what two designs have in common is made once a process, and costly data once a machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from meshes.versions import version

Made = TypeVar("Made")
KEPT = {"package field": 2, "mesh": 8, "traces": 16, "weather": 16}
"""Things of each kind held in memory; the largest are few."""
ON_DISK = frozenset({"traces", "weather"})
log = logging.getLogger(__name__)


class SharedWork:
    """Remembers by kind and content, in memory and, for plain data, on disk.

    Parameters
    ----------
    folder
        For what is kept on disk; ``None`` keeps nothing there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: dict[str, OrderedDict[str, Any]] = {}
        self.made = 0
        self.found = 0

    def __call__(self, kind: str, content: Sequence[object], make: Callable[[], Made]) -> Made:
        """Return the thing of this kind and content, made by ``make`` where it is new."""
        key = content_key(kind, content)
        shelf = self._memory.get(kind, OrderedDict())
        if key in shelf:
            shelf.move_to_end(key)
            self.found += 1
            kept: Made = shelf[key]
            return kept
        thing = self._from_disk(kind, key, make)
        shelf[key] = thing
        self._memory[kind] = shelf
        while len(shelf) > KEPT.get(kind, 8):
            shelf.popitem(last=False)
        return thing

    def _from_disk(self, kind: str, key: str, make: Callable[[], Made]) -> Made:
        if self._folder is None or kind not in ON_DISK:
            self.made += 1
            return make()
        path = self._folder / kind / f"{key}.pickle"
        try:
            with path.open("rb") as stream:
                read: Made = pickle.load(stream)  # noqa: S301 - the user's own cache folder
        except Exception:  # absent, cut short, or of another version: made anew
            self.made += 1
            thing = make()
            with contextlib.suppress(OSError):
                _write(path, thing)
            return thing
        self.found += 1
        return read


def content_key(kind: str, content: Sequence[object]) -> str:
    """Hash of a kind and of what determines a thing of it [hex]."""
    text = json.dumps(
        [kind, version("vascool"), version("numpy"), list(content)], default=_plain, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, pydantic.BaseModel) else str(value)


def _write(path: Path, thing: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as stream:
        pickle.dump(thing, stream, protocol=pickle.HIGHEST_PROTOCOL)
    Path(stream.name).replace(path)
