"""The largest heat a loop can carry, found by walking up from a small one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from thermal.loop.network import Floats
from thermal.loop.sink import HeatSink
from thermal.loop.state import LoopState

if TYPE_CHECKING:
    from thermal.loop.model import LoopModel

# shares of the asked heat from which the walk may begin, and how far beyond that heat it looks
STARTS = (1.0, 0.4, 0.16, 0.06, 0.025, 0.01, 3e-3, 1e-3, 3.0, 10.0, 30.0, 100.0)
LAST_SHARE = 1.0e3
# shares at which a patient search follows where none of the quick ones converged
_PATIENT_STARTS = (1.0e-3, 0.03, 0.5)
# relative width to which the largest heat is found
PRECISION = 2.0e-3
_STRIDE = 1.6
_SMALLEST_SHARE = 1.0e-3
# multiples of the heat at which a branch breaks off, where a cold start looks for another
_LEAPS = (1.02, 1.1, 1.3, 1.7, 2.5)
# heats, as shares of the one that is asked for, at which a first state is looked for
_NEARBY = (1.7, 3.0, 0.5, 10.0, 0.15, 50.0, 300.0)
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
    model: LoopModel,
    heat: Floats,
    sink: HeatSink,
    ceiling: float = LAST_SHARE,
    starts: tuple[float, ...] = STARTS,
) -> LargestHeat | None:
    """Follow the loop's states up to the first limit, or to ``ceiling`` times ``heat``.

    Each state starts from the one before; where Newton's method does not arrive or a limit is passed, the
    step is halved until the two shares that enclose the limit are close. A loop that is beyond a limit at any
    heat gives share 0 and the state at the smallest heat that was found.
    """
    best = _first(model, heat, sink, ceiling, starts)
    if best is None or best.limit:
        return best
    while True:
        best = _climb(model, heat, sink, ceiling, best)
        if best.limit != NO_STATE:
            return best
        beyond = _leap(model, heat, sink, ceiling, best.share)
        if beyond is None:
            return best
        best = beyond


def _climb(model: LoopModel, heat: Floats, sink: HeatSink, ceiling: float, best: LargestHeat) -> LargestHeat:
    """Follow the states upward from ``best``, each starting from the one before, to the first limit."""
    stride, limit = _STRIDE, ""
    while best.share < ceiling and stride - 1.0 > PRECISION:
        share = min(best.share * stride, ceiling)
        state = model.attempt(share * heat, sink, best.state)
        passed = model.passed_limit(state) if state is not None else model.absence(share * heat, sink)
        if state is not None and not passed:
            best = LargestHeat(share, state, "")
            continue
        limit = passed or NO_STATE
        stride = 1.0 + 0.5 * (stride - 1.0)
    return LargestHeat(best.share, best.state, limit if best.share < ceiling else "")


def _leap(model: LoopModel, heat: Floats, sink: HeatSink, ceiling: float, share: float) -> LargestHeat | None:
    """First state within all limits that a cold start finds beyond ``share``, where the branch could not be followed.

    Branches cross and break off where parallel modules begin to share the flow unevenly, or where boiling sets
    in: what comes next is on another one.
    """
    for factor in _LEAPS:
        if share * factor > ceiling:
            break
        state = model.attempt(share * factor * heat, sink, patient=True)
        if state is not None and not model.passed_limit(state):
            return LargestHeat(share * factor, state, "")
    return None


def _first(
    model: LoopModel, heat: Floats, sink: HeatSink, ceiling: float, starts: tuple[float, ...]
) -> LargestHeat | None:
    """Any state up to ``ceiling`` from which to walk: the first of a few shares that converges within all limits."""
    beyond = None
    quick, patient = [(share, False) for share in starts], [(share, True) for share in _PATIENT_STARTS]
    for share, search in quick + patient:
        if share > ceiling or (search and beyond is not None):
            continue
        state = model.attempt(share * heat, sink, patient=search)
        if state is not None:
            passed = model.passed_limit(state)
            if not passed:
                return LargestHeat(share, state, "")
            beyond = beyond or LargestHeat(share, state, passed)
    return _down(model, heat, sink, beyond) if beyond is not None else None


def _down(model: LoopModel, heat: Floats, sink: HeatSink, found: LargestHeat) -> LargestHeat:
    """Walk from a state beyond a limit to smaller heats, down to the first within all limits; share 0 if none is."""
    ratio = 0.7
    while found.limit and found.share > _SMALLEST_SHARE and ratio < 1.0 - PRECISION:
        share = found.share * ratio
        state = model.attempt(share * heat, sink, found.state)
        if state is None:
            ratio = 0.5 * (1.0 + ratio)
            continue
        found = LargestHeat(share, state, model.passed_limit(state))
    return found if not found.limit else LargestHeat(0.0, found.state, found.limit)


def approach(model: LoopModel, heat: Floats, sink: HeatSink) -> LoopState | None:
    """State at ``heat`` reached from a heat nearby at which Newton's method arrives; ``None`` where there is none."""
    return next(_arrivals(model, heat, sink), None)


def settled(model: LoopModel, heat: Floats, sink: HeatSink, state: LoopState) -> LoopState:
    """Stable state within all limits at the heat of an unstable one, or that one where no walk arrives at a stable one.

    Parallel modules may share the flow evenly or leave some of them to starve. A start from nothing can end in the
    latter, from which the flow would run away, where the loop has an even state to stay in.
    """
    others = (other for other in _arrivals(model, heat, sink) if other.static_stability >= 0.0)
    return next((other for other in others if not model.passed_limit(other)), state)


def _arrivals(model: LoopModel, heat: Floats, sink: HeatSink) -> Iterator[LoopState]:
    """States at ``heat`` at which walks from other heats arrive."""
    for share in _NEARBY:
        state = model.attempt(share * heat, sink)
        if state is not None:
            arrived = _walk(model, heat, sink, share, state)
            if arrived is not None:
                yield arrived


def _walk(model: LoopModel, heat: Floats, sink: HeatSink, share: float, state: LoopState) -> LoopState | None:
    """Follow the states from ``share`` of the heat to all of it in steps that adapt."""
    ratio = 2.0
    while share != 1.0:
        towards = min(share * ratio, 1.0) if share < 1.0 else max(share / ratio, 1.0)
        moved = model.attempt(towards * heat, sink, state)
        if moved is None:
            ratio = 1.0 + 0.4 * (ratio - 1.0)
            if ratio - 1.0 < PRECISION:
                return None
            continue
        share, state = towards, moved
        ratio = min(1.0 + 1.5 * (ratio - 1.0), 3.0)
    return state


def approach_charge(
    model: LoopModel, heat: Floats, sink: HeatSink, charge: float
) -> tuple[LoopState, bool] | None:
    """State at ``charge`` [kg] reached from that which fills the loop to the condenser's outlet.

    Returns the last state on the way and whether it arrived; ``None`` where not even the first was found.
    """
    state = model.attempt(heat, sink, charge=None) or model.attempt(heat, sink, charge=None, patient=True)
    if state is None:
        return None
    start, share, step = state.charge, 0.0, 0.25
    while share < 1.0 and step > PRECISION:
        towards = min(share + step, 1.0)
        moved = model.attempt(heat, sink, state, charge=start + towards * (charge - start))
        if moved is None:
            step *= 0.5
            continue
        share, state = towards, moved
    return state, share >= 1.0
