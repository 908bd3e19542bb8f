"""Where what is dear to make is kept from one run to the next: compiled kernels and forms, tables, conversions."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def cache_folder(kind: str) -> Path:
    """Return ``$XDG_CACHE_HOME/vascool/kind`` (``~/.cache`` where that is not set), which may not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME")
    # os.path, because pathlib raises where there is no home
    root = Path(home) if home else Path(os.path.expanduser("~/.cache"))  # noqa: PTH111
    return root / "vascool" / kind


@contextlib.contextmanager
def kept_file(path: Path) -> Iterator[BinaryIO]:
    """Write beside and move in place, so that another process never reads half a file; folders are made.

    Raises
    ------
    OSError
        If it cannot be written; nothing of it is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
