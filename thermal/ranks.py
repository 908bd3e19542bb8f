"""Ranks of one run under ``mpirun``: how many, which one this is, and what the first one tells the others.

All ranks go the same way through a run and share the work of the temperature field; whatever touches files or
depends on the moment is done by the first one alone, and the others are told its result.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from meshes.errors import VascoolError

Made = TypeVar("Made")


def count() -> int:
    """Return how many processes ``mpirun`` started, by what Open MPI and MPICH tell them."""
    return max(int(os.environ.get(name, "1")) for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE"))


def is_first() -> bool:
    """Return whether this process writes and prints."""
    return all(int(os.environ.get(name, "0")) == 0 for name in ("OMPI_COMM_WORLD_RANK", "PMI_RANK"))


def from_first(make: Callable[[], Made]) -> Made:
    """Return on every rank what ``make`` gives on the first one.

    Raises
    ------
    VascoolError
        On every rank, if ``make`` raises it on the first one.
    """
    if count() == 1:
        return make()
    from thermal.fem import WORLD

    made: Made | None = None
    fault: VascoolError | None = None
    if is_first():
        try:
            made = make()
        except VascoolError as error:
            fault = error
    told: tuple[Made, VascoolError | None] = WORLD.bcast((made, fault), root=0)
    if told[1] is not None:
        raise told[1]
    return told[0]
