"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from coupling.errors import OutputError


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` (same suffix) that gets its name once it is written.

    Raises
    ------
    OutputError
        If it cannot be written; nothing of it is left.
    """
    partial = target.with_name(f".partial-{os.getpid()}-{target.name}")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
