"""Where what is dear to make is kept from one run to the next: compiled kernels and forms, tables, conversions."""

from __future__ import annotations

import contextlib
import hashlib
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


def seal(path: Path) -> None:
    """Note the digest of a finished file beside it, so that :func:`is_whole` knows it again.

    Raises
    ------
    OSError
        If the file cannot be read, or its folder not be written.
    """
    with kept_file(_seal_of(path)) as file:
        file.write(_digest(path))


def is_whole(path: Path) -> bool:
    """Return whether a file is the one that was sealed: not cut short by a full disk or a crash."""
    try:
        return _seal_of(path).read_bytes() == _digest(path)
    except OSError:
        return False


def _seal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).hexdigest().encode()
