"""The largest heat a loop can carry, found by walking up from a small one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from thermal.loop.network import Floats
from thermal.loop.sink import HeatSink
from thermal.loop.state import LoopState

if TYPE_CHECKING:
    from thermal.loop.model import LoopModel

# where the walk begins, and how far beyond the asked heat it looks, as shares of that heat
FIRST_SHARE, LAST_SHARE = 1.0e-3, 1.0e3
# relative width to which the largest heat is found
PRECISION = 2.0e-3
_STRIDE = 1.6
# name of the limit where buoyancy and losses find no balance
NO_STATE = "circulation"


@dataclass(frozen=True)
class LargestHeat:
    """The last state before a limit.

    Attributes
    ----------
    share
        Of the heat that was asked for [-].
    state
        Of the loop there.
    limit
        What comes next; ``""`` where nothing did up to the end of the walk.
    """

    share: float
    state: LoopState
    limit: str


def find_largest_heat(
    model: LoopModel, heat: Floats, sink: HeatSink, ceiling: float = LAST_SHARE
) -> LargestHeat | None:
    """Follow the loop's states up to the first limit, or to ``ceiling`` times ``heat``.

    Each state starts from the one before; where Newton's method does not arrive or a limit is passed, the
    step is halved until the two shares that enclose the limit are close. A loop that is beyond a limit at any
    heat gives share 0 and the state at the smallest heat that was found.
    """
    best = _first(model, heat, sink, min(ceiling, 1.0))
    if best is None or best.limit:
        return best
    stride = _STRIDE
    limit = ""
    while best.share < ceiling and stride - 1.0 > PRECISION:
        share = min(best.share * stride, ceiling)
        state = model.attempt(share * heat, sink, best.state, patient=False)
        passed = NO_STATE if state is None else model.passed_limit(state)
        if state is not None and not passed:
            best = LargestHeat(share, state, "")
            continue
        limit = passed
        stride = 1.0 + 0.5 * (stride - 1.0)
    return LargestHeat(best.share, best.state, limit if best.share < ceiling else "")


def _first(model: LoopModel, heat: Floats, sink: HeatSink, top: float) -> LargestHeat | None:
    """Any state below ``top`` from which to walk: the highest of a few that converges within all limits."""
    share, beyond = top, None
    while share >= FIRST_SHARE * top:
        state = model.attempt(share * heat, sink, patient=False)
        if state is not None:
            passed = model.passed_limit(state)
            if not passed:
                return LargestHeat(share, state, "")
            beyond = LargestHeat(0.0, state, passed)
        share *= 0.4
    return beyond
