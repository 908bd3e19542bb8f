"""Dead tiles: blocks that do not work, whose load others take over and which draw nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.spec import DeadSpec
from coupling.power.trace import Array, PowerTrace

Mask = npt.NDArray[np.bool_]


def dead_mask(spec: DeadSpec, blocks: Sequence[str], seed: int) -> Mask:
    """Which blocks are dead: those named, and a drawn share of the others, the same for the same seed."""
    dead = np.zeros(len(blocks), dtype=bool)
    for name in spec.blocks:
        if name not in blocks:
            raise TraceError(f"power.dead.blocks: {name!r} is not in the floorplan")
        dead[list(blocks).index(name)] = True
    candidates = np.flatnonzero(~dead)
    count = min(round(spec.fraction * len(blocks)), candidates.size)
    drawn = np.random.default_rng(seed if spec.seed is None else spec.seed).permutation(candidates)[:count]
    dead[drawn] = True
    if dead.all():
        raise TraceError("power.dead: no block is left alive")
    return dead


def without_dead(
    trace: PowerTrace, dead: Mask, move: str, centres: npt.ArrayLike | None = None
) -> PowerTrace:
    """Take the load of dead blocks to living ones; their own static and clock power ends.

    Parameters
    ----------
    move
        ``even``: to all living blocks alike; ``nearest``: to the nearest living block; ``lost``: nowhere.
    centres
        Of the blocks, shape (blocks, 2) [m]; needed for ``nearest``.
    """
    alive = ~dead
    activity = (trace.watts - trace.static - trace.clock) @ _moves(dead, move, centres)
    static, clock = np.where(alive, trace.static, 0.0), np.where(alive, trace.clock, 0.0)
    return replace(trace, watts=np.maximum(activity, 0.0) + static + clock, static=static, clock=clock)


def _moves(dead: Mask, move: str, centres: npt.ArrayLike | None) -> Array:
    """Matrix from the block a load was meant for to the block that carries it."""
    matrix = np.diag(np.where(dead, 0.0, 1.0))
    if move == "even":
        matrix[dead] = np.where(dead, 0.0, 1.0 / np.count_nonzero(~dead))
    elif move == "nearest":
        if centres is None:
            raise TraceError("power.dead.move: 'nearest' needs a floorplan")
        place, alive = np.asarray(centres, dtype=np.float64), np.flatnonzero(~dead)
        for index in np.flatnonzero(dead):
            distance = np.hypot(*(place[alive] - place[index]).T)
            closest = alive[np.isclose(distance, distance.min(), rtol=1e-9)]
            matrix[index, closest] = 1.0 / closest.size
    return matrix
