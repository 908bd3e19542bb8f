"""Condensers that take no more than dry vapour from the tee: one that hardly condenses, or rests.

Where condensers share a riser, its mixture parts evenly at the tee as long as every branch carries it on. A condenser
whose coolant is about as warm as the vapour cannot: what does not condense would leave it as vapour. The liquid then
stays in the tee's other branches, and of the vapour only that comes in which condenses:

tee t, each point q of the branch
    ``sum_in m (h_in - h_t) - m_k (h_g(p_t) - h_t) = 0``, ``h_q = h_g(p_t)``;
condensing
    ``m_k (h_a - h_l(p_a)) = max(sink.heat(T_sat(p_a)), 0)``: a coolant warmer than the vapour leaves it at rest;
outlet b, each point d of the drop leg
    ``h_b = h_l(p_a)``, ``h_d = h_b``: the balance of the condenser, with a limit at rest.

Momentum stays: at rest the drop leg's liquid stands as high as the vapour's pressure lets it. Condensate that drains
takes no room. Liquid must not stand in the condenser, where a warmer coolant would boil it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, diags

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.equations import NetworkState, Problem, Unknowns
from thermal.loop.network import Floats, Indices
from thermal.loop.sink import HeatSink

# weighs a difference of enthalpies as heat: about a latent heat [J/kg]
_LATENT_HEAT = 1.0e5
# numbers of dry branches that are tried
_CHOICES = 3
# of a pressure, for one-sided differences
_STEP = 1.0e-6


def with_dry_branches(state: NetworkState, unknowns: Unknowns, problem: Problem, residual: Floats) -> Floats:
    """Residual of the steady equations with those of the dry branches in it."""
    n, flow, h = state.network, state.flow(unknowns), unknowns.enthalpy
    weight = _weight(problem)
    changed = residual.copy()
    for k in unknowns.dry:
        tee, branch, drops, cell = _places(state, k)
        (vapour, _), (liquid, _) = _saturated(state, unknowns, tee, int(n.tail[cell]))
        taken = max(float(flow[branch[0]]), 0.0)
        outlet = n.head[cell]
        changed[n.cells + tee] -= taken * (vapour - h[tee])
        changed[n.cells + n.head[branch]] = weight * (vapour - h[n.head[branch]])
        changed[n.cells + outlet] = weight * (liquid - h[outlet])
        changed[n.cells + drops] = weight * (h[outlet] - h[drops])
    return changed


def dry_slopes(state: NetworkState, unknowns: Unknowns, problem: Problem, matrix: csc_matrix) -> csc_matrix:
    """Derivative of :func:`with_dry_branches` from that of the plain residual."""
    n, flow, h = state.network, state.flow(unknowns), unknowns.enthalpy
    weight, count = _weight(problem), unknowns.cycle_flow.size
    kept = np.ones(matrix.shape[0])
    entries: list[tuple[Indices, Indices, Floats]] = []

    def add(rows: Indices, columns: Indices, values: float | Floats) -> None:
        entries.append(tuple(np.broadcast_arrays(rows, columns, values)))  # type: ignore[arg-type]

    for k in unknowns.dry:
        tee, branch, drops, cell = _places(state, k)
        inlet, outlet = int(n.tail[cell]), int(n.head[cell])
        (vapour, vapour_slope), (_, liquid_slope) = _saturated(state, unknowns, tee, inlet)
        points = n.head[branch]
        for rows in (points, np.array([outlet]), drops):
            kept[n.cells + rows] = 0.0
            add(n.cells + rows, n.points + rows, -weight)
        add(n.cells + points, np.array(tee), weight * vapour_slope)
        add(np.array(n.cells + outlet), np.array(inlet), weight * liquid_slope)
        add(n.cells + drops, np.array(n.points + outlet), weight)
        taken = float(flow[branch[0]])
        if taken >= 0.0:
            row = np.array(n.cells + tee)
            add(row, np.array([tee, n.points + tee]), taken * np.array([-vapour_slope, 1.0]))
            add(row, 2 * n.points + np.arange(count), -(vapour - h[tee]) * n.cycles[branch[0]])
    rows, columns, values = (np.concatenate([np.atleast_1d(e[i]) for e in entries]) for i in range(3))
    return csc_matrix(diags(kept) @ matrix + coo_matrix((values, (rows, columns)), shape=matrix.shape))


def free_flows(state: NetworkState, unknowns: Unknowns) -> Floats:
    """Orthonormal basis of the cycle flows that leave those through dry branches alone, (cycles, free)."""
    n = state.network
    if not unknowns.dry:
        return np.eye(unknowns.cycle_flow.size)
    held = n.cycles[n.condensers[list(unknowns.dry)]]
    _, sizes, directions = np.linalg.svd(held)
    return np.asarray(directions[int((sizes > 1e-12).sum()) :].T)


def candidates(state: NetworkState, problem: Problem) -> Iterator[tuple[int, ...]]:
    """Condensers whose branches may be dry, first as few as can be.

    With vapour at rest in all branches the sinks share the heat by ``Q_k = G_k max(T - T_k, 0)``, ``T_k`` the coolant
    and what the vapour's weight up to the condenser takes off its saturation temperature. Those at 0 rest; those with
    the largest ``T_k`` of the others come next.
    """
    n, fluid = state.network, state.mixture.fluid
    sinks = [sink for sink in problem.sinks if isinstance(sink, HeatSink)]
    if len(sinks) < max(len(problem.sinks), 2):
        yield ()
        return
    coolant = np.array([sink.temperature for sink in sinks])
    at = fluid.saturation_at(float(np.clip(coolant.min(), *fluid.temperature_range)))
    inlet = n.elevation[n.tail[n.condensers]]
    lapse = GRAVITY * at.temperature * (1.0 - at.vapour_density / at.liquid_density) / at.latent_heat
    needed = coolant + lapse * (inlet - inlet.min())
    conductance = np.array([sink.effective_conductance() for sink in sinks])
    order = np.argsort(-needed, kind="stable")
    last = order.size - 1
    fewest = next(
        (k for k in range(last) if _level(problem, conductance, needed, order[k:]) > needed[order[k]]), last
    )
    for k in range(fewest, min(fewest + _CHOICES, order.size)):
        yield tuple(int(one) for one in np.sort(order[:k]))


def _level(problem: Problem, conductance: Floats, needed: Floats, condensing: Indices) -> float:
    """Temperature at which some of the condensers take all the heat [K]."""
    taken = float(problem.heat.sum()) + float(conductance[condensing] @ needed[condensing])
    return taken / float(conductance[condensing].sum())


def _weight(problem: Problem) -> float:
    return max(problem.given_heat, 1e-9) / _LATENT_HEAT


def _places(state: NetworkState, condenser: int) -> tuple[int, Indices, Indices, int]:
    """Tee, cells of the branch, points of the drop leg between outlet and joint, and the condenser's cell."""
    n = state.network
    branch = n.branch(condenser)
    return int(n.tail[branch[0]]), branch, n.head[n.drop_legs[condenser]][:-1], int(n.condensers[condenser])


def _saturated(
    state: NetworkState, unknowns: Unknowns, tee: int, inlet: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Enthalpy of saturated vapour at the tee and of liquid at the inlet [J/kg] with their slopes with pressure."""
    p = unknowns.pressure[[tee, inlet]]
    at = state.mixture.fluid.saturation(state.mixture.clip_pressure(np.stack([p, p * (1.0 + _STEP)])))
    vapour, liquid = (at.liquid_enthalpy + at.latent_heat)[:, 0], at.liquid_enthalpy[:, 1]
    width = _STEP * p
    return (
        (float(vapour[0]), float((vapour[1] - vapour[0]) / width[0])),
        (float(liquid[0]), float((liquid[1] - liquid[0]) / width[1])),
    )
