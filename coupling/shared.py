"""Work that cases have in common: whoever runs many of them may hand in a place that remembers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Made = TypeVar("Made")


class Shared(Protocol):
    """A place that makes a thing once for each kind and content."""

    def __call__(self, kind: str, content: Sequence[object], make: Callable[[], Made]) -> Made:
        """Return what ``make`` gives, perhaps from an earlier call with the same kind and content."""


def unshared(kind: str, content: Sequence[object], make: Callable[[], Made]) -> Made:
    """Make everything anew."""
    return make()
