"""Steady states by way of forced circulation: the pump head that a flow would need, and the flow at which it vanishes.

At a given total flow a network with a fictitious pump has a state wherever one looks: friction and columns follow
the flow, nothing has to balance. Its head ``F(m)`` rises like friction at large flows and is the head that is left
over at small ones; a steady state of the passive loop is a root of ``F``. The walk begins at a flow that needs a
pump and goes down to that which evaporates wholly. It meets the root at the largest flow first, which is stable
against excursion of the whole flow (``dF/dm > 0``). Where ``F`` stays positive to the end, losses exceed what
buoyancy can give at every flow: there is no steady state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import splu

from thermal.loop.cold_start import cold_start
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.network import Floats

if TYPE_CHECKING:
    from thermal.loop.steady import SteadySolver

_ITERATIONS = 25
# multiples of the flow that seems to balance at which the walk may begin
_FACTORS = (1.3, 3.0, 8.0, 20.0, 60.0)
# of the head and of the heat, good enough to walk on
_CLOSE = 1.0e-7
# of the static head: a pump so weak that Newton's method without it arrives
_NO_PUMP = 1.0e-3
# ratio of neighbouring flows: the first, the smallest and the largest step of the walk down
_RATIO, _FINEST, _COARSEST = 0.8, 0.995, 0.6
# the walk ends at this multiple of the flow that the heat evaporates wholly
_LAST_FLOW = 0.95


@dataclass(frozen=True)
class Pumped:
    """A state with a pump.

    Attributes
    ----------
    flow
        Through all condensers together [kg/s].
    head
        Of the pump [Pa].
    unknowns
        Of the network.
    """

    flow: float
    head: float
    unknowns: Unknowns


@dataclass(frozen=True)
class PumpedSearch:
    """What the walk over flows found.

    Attributes
    ----------
    root
        Nearly without a pump, or ``None``.
    whole
        Whether the walk came to its end.
    least_head
        Smallest head of the pump on the way [Pa]; above 0 at the end of a whole walk there is no root.
    """

    root: Pumped | None
    whole: bool
    least_head: float


def search(solver: SteadySolver, problem: Problem, dry: tuple[int, ...] = ()) -> PumpedSearch:
    """Walk from a flow that needs a pump down to the first that needs none, with ``dry`` branches if there are."""
    now = _first(solver, problem, dry)
    if now is None:
        return PumpedSearch(None, False, math.inf)
    head_scale = float(solver.scales(problem)[0])
    fluid = solver.equations.state.mixture.fluid
    pressure = float(np.clip(now.unknowns.pressure.min(), *fluid.pressure_range))
    latent = float(fluid.saturation(pressure).latent_heat)
    last = _LAST_FLOW * problem.given_heat / latent
    ratio, least = _RATIO, now.head
    while now.flow > last:
        flow = max(now.flow * ratio, last)
        moved = pumped(solver, problem, flow, now)
        if moved is None:
            ratio = math.sqrt(ratio)
            if ratio > _FINEST:
                return PumpedSearch(None, False, least)
            continue
        if moved.head <= 0.0:
            return PumpedSearch(_root(solver, problem, now, moved, _NO_PUMP * head_scale), True, 0.0)
        now, least = moved, min(least, moved.head)
        ratio = max(ratio**1.3, _COARSEST)
    return PumpedSearch(None, True, least)


def _first(solver: SteadySolver, problem: Problem, dry: tuple[int, ...]) -> Pumped | None:
    """State at a flow that needs a pump: that of the cold start, or a few times as much."""
    for factor in _FACTORS:
        start = cold_start(solver.equations, problem, factor, dry)
        total = _total(solver, start)
        found = pumped(solver, problem, total, Pumped(total, 0.0, start))
        if found is not None and found.head > 0.0:
            return found
    return None


def _total(solver: SteadySolver, unknowns: Unknowns) -> float:
    n = solver.equations.network
    return float((n.cycles[n.condensers] @ unknowns.cycle_flow).sum())


def _diluted(unknowns: Unknowns, factor: float) -> Floats:
    """Enthalpies after the flow has grown by ``factor`` at the same heat."""
    cold = unknowns.enthalpy.min()
    diluted: Floats = cold + (unknowns.enthalpy - cold) / factor
    return diluted


def _root(solver: SteadySolver, problem: Problem, above: Pumped, below: Pumped, close: float) -> Pumped:
    """Flow between two at which the pump's head is as good as gone, by bisection and the secant in turn."""
    best = min(above, below, key=lambda one: abs(one.head))
    for trial in range(40):
        if abs(best.head) <= close or above.flow - below.flow < 1e-9 * above.flow:
            break
        part = above.head / (above.head - below.head) if trial % 2 else 0.5
        flow = above.flow + part * (below.flow - above.flow)
        middle = pumped(solver, problem, flow, best)
        if middle is None:
            break
        best = middle
        above, below = (middle, below) if middle.head > 0.0 else (above, middle)
    return best


def pumped(solver: SteadySolver, problem: Problem, flow: float, near: Pumped) -> Pumped | None:
    """State at ``flow`` [kg/s] with a pump in every condenser's line, from one nearby; ``None`` if it is not reached.

    Notes
    -----
    Newton's method on the steady equations with the pump's head as one more unknown and the flow as one more
    equation, solved by elimination: ``J dx = -R + e dF`` and ``t dx = m - t x``.
    """
    equations, n = solver.equations, solver.equations.network
    scale = solver.scales(problem)
    column = np.zeros(equations.size)
    column[n.condensers] = 1.0
    total = n.cycles[n.condensers].sum(axis=0)
    start = 2 * n.points
    flows = slice(start, start + equations.cycle_count)
    ratio = flow / near.flow
    unknowns = replace(
        near.unknowns,
        cycle_flow=ratio * near.unknowns.cycle_flow,
        enthalpy=_diluted(near.unknowns, ratio),
    )
    head = near.head
    for _ in range(_ITERATIONS):
        ends, heats = equations.state.ends(unknowns), equations.state.condensing(unknowns, problem)
        residual = equations.residual(unknowns, problem, ends, heats) - head * column
        missing = flow - float(total @ unknowns.cycle_flow)
        if np.abs(residual / scale).max() < _CLOSE and abs(missing) < 1e-9 * flow:
            return Pumped(flow, head, unknowns)
        try:
            factors = splu(equations.derivative(unknowns, problem, ends, heats, np.zeros(n.cells)))
        except RuntimeError:
            return None
        plain, pushed = factors.solve(np.stack([-residual, column], axis=1)).T
        gain = float(total @ pushed[flows])
        if gain == 0.0:
            return None
        rise = (missing - float(total @ plain[flows])) / gain
        step = plain + rise * pushed
        if not np.isfinite(step).all():
            return None
        step, share = solver.limited(unknowns, step)
        unknowns, head = solver.bounded(unknowns.moved(step, share)), head + share * rise
    return None
