"""Errors of the physics: what did not converge or left its range."""

from __future__ import annotations

from typing import ClassVar

from meshes.errors import InputError, VascoolError


class NotConverged(VascoolError):
    """An iteration ended without meeting its tolerance; the message says which, and how far it came."""

    exit_code: ClassVar[int] = 1


class NoSteadyState(NotConverged):
    """A loop that has no steady state, for a reason that was found.

    Attributes
    ----------
    limit
        Its name.
    """

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit

    def __reduce__(self) -> tuple[type[NoSteadyState], tuple[str, str]]:
        return type(self), (str(self), self.limit)


class FluidError(InputError):
    """A fluid that is not offered, or a state outside its tables."""
