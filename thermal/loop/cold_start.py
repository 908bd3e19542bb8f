"""A first guess for the steady network: one flow that balances buoyancy and losses of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.fluids import Fluid, Saturation
from thermal.loop.linearised import SteadyEquations
from thermal.loop.network import Floats, Indices, Network
from thermal.loop.sink import HeatSink

# flows that are tried, as multiples of that which evaporates wholly
_TRIAL_RANGE, _TRIALS = (0.5, 3.0e4), 48
# share of the flow through a condenser with a dry branch to begin with, in order of magnitude
_NEXT_TO_NOTHING = 1.0e-4
# sweeps that fit the pressures to the falls, which depend on them
_SWEEPS = 2


def cold_start(
    equations: SteadyEquations, problem: Problem, flow_factor: float = 1.0, dry: tuple[int, ...] = ()
) -> Unknowns:
    """First guess from the condensing temperature and the whole network's balance of buoyancy and losses.

    ``flow_factor`` multiplies the flow of that balance [-]; next to nothing flows through condensers with ``dry``
    branches.
    """
    n, mixture = equations.network, equations.state.mixture
    at, base, cold = _cold_end(mixture.fluid, problem, dry)
    outlet = n.elevation[n.head[n.condensers]].max()
    column = np.maximum(outlet - n.elevation, 0.0)
    pressure = base + GRAVITY * at.liquid_density * column
    pressure = np.minimum(pressure, 0.98 * mixture.fluid.pressure_range[1])
    split = even_split(n, dry)
    share = n.cycles @ split
    warm = ~liquid_side(n)
    heat = max(problem.given_heat, 1e-9)
    trial = np.geomspace(*_TRIAL_RANGE, _TRIALS) * heat / at.latent_heat
    # a cell lies on the cold side, on the warm side, or between
    place = warm[n.tail].astype(np.intp) + warm[n.head]
    falls = _falls(equations, pressure, (cold, heat / trial), trial, share, place)
    flow = flow_factor * _balanced(trial, falls @ share)
    one = np.array([flow])
    for _ in range(_SWEEPS):
        fall = _falls(equations, pressure, (cold, heat / one), one, share, place)[0]
        pressure = _pressures(n, base, fall)
    enthalpy = cold + np.where(warm, heat / flow, 0.0)
    for k in dry:
        enthalpy[n.head[n.branch(k)]] = at.liquid_enthalpy + at.latent_heat
    return Unknowns(
        pressure=np.clip(pressure, *mixture.fluid.pressure_range),
        enthalpy=enthalpy,
        cycle_flow=flow * split,
        level=np.zeros(n.condensers.size),
        dry=dry,
    )


def _falls(
    equations: SteadyEquations,
    pressure: Floats,
    enthalpy: tuple[float, Floats],
    flow: Floats,
    share: Floats,
    place: Indices,
) -> Floats:
    """Pressure falls of all cells at some total flows [Pa], (flows, cells); no acceleration.

    ``enthalpy`` is that of the cold side and what each flow gains on the way to the warm one [J/kg].
    """
    n, mixture = equations.network, equations.state.mixture
    cold, gained = enthalpy
    sides = cold + np.outer(gained, [0.0, 0.5, 1.0])
    own = mixture.own_liquid(sides)
    local = mixture.fluid.saturation(mixture.clip_pressure(0.5 * (pressure[n.tail] + pressure[n.head])))
    state = mixture.mix(
        local,
        sides[:, place],
        (own[0][:, place], own[1][:, place]),
        np.outer(flow, share / n.area),
        n.diameter,
        n.roughness,
        n.channel_factor,
    )
    falls: Floats = (
        n.length * state.friction
        + GRAVITY * n.rise * state.density
        + n.loss_coefficient * state.loss
        + n.fixed_fall
    )
    return falls


def _pressures(network: Network, base: float, fall: Floats) -> Floats:
    """Pressures of the points that fit the falls along the cells best, ``base`` at a condenser's inlet [Pa]."""
    n = network
    cells = np.arange(n.cells)
    ends = coo_matrix(
        (
            np.concatenate([np.ones(n.cells), -np.ones(n.cells)]),
            (np.tile(cells, 2), np.concatenate([n.tail, n.head])),
        ),
        shape=(n.cells, n.points),
    ).tocsc()
    fixed = int(n.tail[n.condensers[0]])
    free = np.delete(np.arange(n.points), fixed)
    kept = ends[:, free]
    pressure = np.full(n.points, base)
    pressure[free] += splu((kept.T @ kept).tocsc()).solve(kept.T @ fall)
    return pressure


def _balanced(trial: Floats, net: Floats) -> float:
    """Largest of the trial flows at which the net pressure fall turns positive, or the nearest to it [kg/s]."""
    crossing = np.flatnonzero((net[:-1] < 0.0) & (net[1:] >= 0.0))
    if not crossing.size:
        return float(trial[np.argmin(np.abs(net))])
    k = int(crossing[-1])
    part = net[k] / (net[k] - net[k + 1])
    return float(trial[k] ** (1.0 - part) * trial[k + 1] ** part)


def _cold_end(fluid: Fluid, problem: Problem, dry: tuple[int, ...]) -> tuple[Saturation, float, float]:
    """Saturation, pressure [Pa] and liquid's enthalpy [J/kg] to expect at the condensers."""
    for sink in problem.sinks:
        if isinstance(sink, LiquidCooler):
            return fluid.saturation(sink.pressure), sink.pressure, sink.outlet_enthalpy
    low, high = fluid.temperature_range
    condensing = tuple(sink for k, sink in enumerate(problem.sinks) if k not in dry)
    temperature = condensing_temperature(replace(problem, sinks=condensing))
    temperature = min(max(temperature, low), high - 0.5)
    at = fluid.saturation_at(float(temperature))
    return at, float(at.pressure), float(at.liquid_enthalpy)


def even_split(network: Network, dry: tuple[int, ...] = ()) -> Floats:
    """Cycle flows that bring a flow of 1 through all condensers together with the least ``sum(m^2 (L/D + K)/A^2)`` [-].

    Wide gaps in parallel share the flow nearly evenly, and equal condensers do so exactly; next to nothing flows
    through those with ``dry`` branches.
    """
    n = network
    weight = (n.length / n.diameter + n.loss_coefficient + 1.0) / n.area**2
    weight[n.condensers[list(dry)]] /= _NEXT_TO_NOTHING**2
    total = n.cycles[n.condensers].sum(axis=0)
    split = np.linalg.solve(n.cycles.T @ (weight[:, None] * n.cycles), total)
    return np.asarray(split / (total @ split), dtype=float)


def condensing_temperature(problem: Problem) -> float:
    """At which the sinks together take the heat with their whole surface [K]."""
    sinks = [sink for sink in problem.sinks if isinstance(sink, HeatSink)]
    conductances = [sink.effective_conductance() for sink in sinks]
    warm = sum(g * sink.temperature for g, sink in zip(conductances, sinks, strict=True))
    return float((problem.heat.sum() + warm) / sum(conductances))


def liquid_side(network: Network) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the points that liquid reaches from the condensers before it is heated, (points,)."""
    heated = np.zeros(network.cells, dtype=bool)
    heated[network.heated] = True
    marked = np.zeros(network.points, dtype=bool)
    front = {int(p) for p in network.head[network.condensers]}
    stop = heated.copy()
    stop[network.condensers] = True
    while front:
        marked[list(front)] = True
        onward = np.isin(network.tail, list(front)) & ~stop
        front = {int(p) for p in network.head[onward] if not marked[p]}
    return marked
