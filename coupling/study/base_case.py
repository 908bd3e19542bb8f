"""The case around which a study goes, ready to be changed."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coupling.case_file import LoadedCase, check_case, set_key
from coupling.errors import CaseError
from coupling.inputs import content_digest, files_digest
from meshes.versions import version

RECIPE = 1
"""To be raised when the same design would give another row."""


@dataclass(frozen=True)
class BaseCase:
    """The case around which a sweep goes, ready to be changed.

    Attributes
    ----------
    data
        Its tables, with the sweep's own settings in them.
    path
        File they are from.
    assumptions
        That the file labels.
    """

    data: dict[str, Any]
    path: Path
    assumptions: tuple[str, ...]

    def case(self, settings: Mapping[str, Any]) -> LoadedCase:
        """Check the case with ``settings`` in it.

        Raises
        ------
        CaseError
            If it is no valid case.
        """
        data = copy.deepcopy(self.data)
        for key, value in settings.items():
            set_key(data, key, value, f"sweep, {key}")
        return check_case(data, self.path, self.assumptions)

    def digest(self) -> str:
        """Hash of the case, of the contents of the files that it names, and of the program's version [hex]."""
        text = json.dumps([version("vascool"), RECIPE, self.data], sort_keys=True, default=str)
        try:
            loaded = self.case({})
        except CaseError:
            files = ""  # the axes fill in what the base lacks
        else:
            files = files_digest(loaded.spec, loaded.base)
        return hashlib.sha256((text + files).encode()).hexdigest()

    def named_contents(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """Hashes of the contents of the files that settings name, by the names: no file, no entry [hex]."""
        folder = self.path.resolve().parent
        found = {name: content_digest(folder / name) for name in dict.fromkeys(_texts(settings))}
        return {name: content.hex() for name, content in found.items() if content}

    def value_at(self, key: str) -> Any:
        """Value of the resolved base case at a dotted key; ``None`` where there is none."""
        place: Any = self.case({}).spec.model_dump(mode="json")
        for part in key.split("."):
            if isinstance(place, list):
                named = [item for item in place if isinstance(item, dict) and item.get("name") == part]
                found = named or [item for index, item in enumerate(place) if str(index) == part]
                place = found[0] if found else None
            else:
                place = place.get(part) if isinstance(place, dict) else None
        return place


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.values() for text in _texts(item))
    elif isinstance(value, list | tuple):
        yield from (text for item in value for text in _texts(item))
