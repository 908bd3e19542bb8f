"""Errors of the physics: what did not converge or left its range."""

from __future__ import annotations

from typing import ClassVar

from meshes.errors import InputError, VascoolError


class NotConverged(VascoolError):
    """An iteration ended without meeting its tolerance; the message says which, and how far it came."""

    exit_code: ClassVar[int] = 1


class FluidError(InputError):
    """A fluid that is not offered, or a state outside its tables."""
