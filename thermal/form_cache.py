"""Folder in which compiled forms are kept, for one process at a time."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from meshes.cache_folder import cache_folder, is_whole, seal

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def form_cache() -> Iterator[Path]:
    """Give the folder of compiled forms to one process at a time; what a crash or a full disk left is removed first.

    A folder that cannot be written to is copied to one of this process alone.
    """
    folder = cache_folder("forms")
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            _remove_unfinished(folder)
        except OSError as error:
            yield _copy(folder, str(error))
            return
        yield folder
        for library in folder.glob("*.so"):
            if not is_whole(library):
                seal(library)


def _remove_unfinished(folder: Path) -> None:
    """Remove sources without a whole library, for which FFCx would wait, or which would crash the process."""
    for source in folder.glob("*.c"):
        ready, libraries = source.with_suffix(".c.cached"), list(folder.glob(f"{source.stem}.*.so"))
        if not (ready.exists() and libraries and all(is_whole(library) for library in libraries)):
            for path in (ready, *libraries, source):
                path.unlink(missing_ok=True)


@functools.cache
def _copy(folder: Path, reason: str) -> Path:
    own = Path(tempfile.mkdtemp(prefix="vascool-forms-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    logger.warning("compiled forms: kept for this run alone (%s)", reason)
    with contextlib.suppress(OSError, shutil.Error):
        shutil.copytree(folder, own, dirs_exist_ok=True)
    _remove_unfinished(own)
    return own
