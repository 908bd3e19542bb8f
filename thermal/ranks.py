"""Ranks of one run under ``mpirun``: how many, which one this is, and what the first one tells the others.

All ranks go the same way through a run and share the work of the temperature field; whatever touches files or
depends on the moment is done by the first one alone, and the others are told its result.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from meshes.errors import VascoolError

Made = TypeVar("Made")

_PATIENCE = 10.0
"""How long a rank that fails waits for the others to fail too [s]."""


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
    VascoolError, OSError
        On every rank, if ``make`` raises it on the first one.
    """
    if count() == 1:
        return make()
    from thermal.fem import WORLD

    made: Made | None = None
    fault: VascoolError | OSError | None = None
    if is_first():
        try:
            made = make()
        except (VascoolError, OSError) as error:
            fault = error
    told: tuple[Made, VascoolError | OSError | None] = WORLD.bcast((made, fault), root=0)
    if told[1] is not None:
        raise told[1]
    return told[0]


def fails_alone() -> bool:
    """Return whether the others go on without this rank, which has failed: they will wait for it for ever.

    What stops all ranks, each finds for itself, or is told by the first one.
    """
    fem = sys.modules.get("thermal.fem")
    if count() == 1 or fem is None:
        return False
    met, until = fem.FAILED.Ibarrier(), time.monotonic() + _PATIENCE
    while not met.Test():
        if time.monotonic() > until:
            return True
        time.sleep(0.01)
    return False


def end_all(code: int) -> None:
    """End every rank at once, this one too."""
    from thermal.fem import WORLD

    WORLD.Abort(code)
