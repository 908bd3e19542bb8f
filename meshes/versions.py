"""Versions of installed packages, looked up once a process: the look-up parses the package's whole description."""

from __future__ import annotations

import functools
import importlib.metadata


@functools.cache
def version(package: str) -> str:
    """Return the version of a package.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If it is not installed.
    """
    return importlib.metadata.version(package)
