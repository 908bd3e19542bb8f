"""Folders for results: made when needed, one process at a time in each."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from coupling.errors import OutputError
from meshes.errors import InputError


@contextlib.contextmanager
def locked_folder(path: Path, kind: str) -> Iterator[None]:
    """Make a folder where there is none and hold its lock; it is let go when the process ends, however it ends.

    Parameters
    ----------
    kind
        What else might be at work there, for the message.

    Raises
    ------
    InputError
        If another process holds the lock.
    OutputError
        If the folder cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("w")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    with lock as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{path}: another {kind} is writing here") from None
        yield
