"""The root of vascool's own errors, and those of geometry.

Every error that a user can cause derives from :class:`VascoolError`; its message says where, what came and
what is allowed, and its ``exit_code`` is what the command line returns.
"""

from __future__ import annotations

from typing import ClassVar


class VascoolError(Exception):
    """Base of every error that is reported in words, without a traceback."""

    exit_code: ClassVar[int] = 1


class InputError(VascoolError):
    """A file, key or value that a user gave is not usable."""

    exit_code: ClassVar[int] = 2


class MeshError(InputError):
    """A package, floorplan or mesh that cannot be built as asked."""
