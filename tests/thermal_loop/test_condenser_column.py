from __future__ import annotations

import math

import numpy as np
import pytest

from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.model import LoopModel
from thermal.loop.ring import Section, ring_network
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec
from thermal.loop.steady import SteadySolver
from thermal.loop.transient import RingTransient, RingWall

SINK = HeatSink(288.15, 1050.0, 830.0)
HEAT = np.full((4, 4), 250.0 / 4)
TALL = 0.6


def loop(fluid="CO2", charge=None, units=(), **condensing):
    spec = LoopSpec(
        fluid=fluid,
        charge=charge,
        modules={"count": 4, "lowest": 0.2, "pitch": 0.1},
        riser={"length": 9.0, "diameter": 0.03, "K": 4.0},
        downcomer={"length": 9.0, "diameter": 0.02, "K": 4.0},
        return_manifold={"diameter": 0.05},
        supply_manifold={"diameter": 0.05},
        condensing={"passages": 120, "volume": 0.02, "height": TALL, **condensing},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=4, inlet_K=400.0)
    return LoopModel(spec, evaporator, 6.0, load_fluid(fluid), units)


def rise_of_pressure(model, state):
    """From inlet to outlet of the condenser, without what its losses take [Pa]."""
    n = model.rack.network
    cell, p = n.condensers[0], state.unknowns.pressure
    ends = model.equations.state.ends(state.unknowns)
    lost = n.loss_coefficient[cell] * ends.loss[0, :, cell].mean()
    return float(p[n.head[cell]] - p[n.tail[cell]] + lost)


def test_a_condenser_is_a_column_of_vapour():
    model = loop()
    state = model.solve(HEAT, SINK)
    assert state.feasible
    density = load_fluid("CO2").saturation(state.condenser_pressure).vapour_density
    assert rise_of_pressure(model, state) == pytest.approx(9.80665 * density * TALL, rel=1e-5)
    assert state.residuals.momentum_rel < 1e-9
    falls = [fall for leg in state.pressure_drops.values() for fall in leg.values()]
    assert abs(sum(falls)) < 1e-6 * max(abs(fall) for fall in falls)


def test_backed_up_liquid_takes_the_place_of_vapour():
    free = loop().solve(HEAT, SINK)
    model = loop(charge=0.5 * (free.charge + free.charge_bounds[1]))
    state = model.solve(HEAT, SINK)
    assert 0.05 < state.flooded_share < 0.95
    at = load_fluid("CO2").saturation(state.condenser_pressure)
    standing = at.vapour_density * (TALL - state.liquid_level) + at.liquid_density * state.liquid_level
    assert rise_of_pressure(model, state) == pytest.approx(9.80665 * standing, rel=1e-5)


@pytest.mark.parametrize("fluid", ["CO2", "R1234ze(E)"])
def test_fed_from_below_a_condenser_needs_no_taller_riser(fluid):
    top, bottom, flat = (
        loop(fluid, **condensing).solve(HEAT, SINK)
        for condensing in ({}, {"vapour_inlet": "bottom"}, {"height": 1e-3})
    )
    assert bottom.total_mass_flow == pytest.approx(flat.total_mass_flow, rel=1e-3)
    # what climbs to the top is heavier than the vapour that comes down
    assert top.total_mass_flow < bottom.total_mass_flow


def test_only_vapour_against_condensate_floods():
    assert "flooding" not in (down := loop()).margins(down.solve(HEAT, SINK))
    margins = (up := loop(vapour_inlet="bottom")).margins(up.solve(HEAT, SINK))
    assert 0.0 < margins["flooding"] < 1.0
    narrow = loop(vapour_inlet="bottom", diameter=0.004)
    state = narrow.solve(4.0 * HEAT, SINK)
    assert not state.feasible
    assert state.limit == "flooding"
    assert loop(diameter=0.004).solve(4.0 * HEAT, SINK).limit != "flooding"


def test_the_derivative_knows_the_column():
    model = loop(charge=0.9 * loop().solve(HEAT, SINK).charge_bounds[1])
    state, equations = model.solve(HEAT, SINK), model.equations
    n, problem = equations.network, state.problem
    ends = equations.state.ends(state.unknowns)
    heats = equations.state.condensing(state.unknowns, problem)
    matrix = equations.derivative(state.unknowns, problem, ends, heats, np.zeros(n.cells)).toarray()
    row = int(n.condensers[0])

    def momentum(step):
        moved = state.unknowns.moved(step)
        ends = equations.state.ends(moved)
        return equations.residual(moved, problem, ends, equations.state.condensing(moved, problem))[row]

    for column, size in ((int(n.tail[row]), 10.0), (equations.size - 1, 1e-5)):
        step = np.zeros(equations.size)
        step[column] = size
        slope = (momentum(step) - momentum(-step)) / (2.0 * size)
        assert matrix[row, column] == pytest.approx(slope, rel=2e-3)


def settled(fineness):
    """Relative change of the flow in a transient that begins at the steady state."""
    sections = [
        Section("downcomer", 1.0, -1.0, 0.01, cells=4 * fineness),
        Section("evaporator", 0.2, 0.1, 0.01, cells=4 * fineness, heated=True, loss_coefficient=3.0),
        Section("riser", 1.4, 1.4, 0.01, cells=12 * fineness),
    ]
    network = ring_network(sections, math.pi / 4.0 * 0.01**2, condenser_height=0.5)
    friction = friction_closure("muller-steinhagen-heck").function
    mixture = MixtureModel(load_fluid("CO2"), friction, void_closure("rouhani").function)
    heat = np.full(network.heated.size, 300.0 / network.heated.size)
    sink = HeatSink(278.15, 60.0, 50.0)
    steady = SteadySolver(SteadyEquations(network, mixture)).solve(Problem(heat, (sink,)))
    wall = RingWall(40.0 / network.heated.size, 100.0 / network.heated.size)
    model = RingTransient(network, mixture, wall)
    last = model.run(model.from_steady(steady, heat), 20.0, 2.0, lambda time: heat, sink)[-1]
    return abs(float(last.flow[0] / steady.unknowns.cycle_flow[0] - 1.0))


def test_the_transient_has_the_column_too():
    errors = [settled(fineness) for fineness in (1, 2)]
    assert errors[0] < 0.02
    # donor cells against trapezoids: first order
    assert errors[1] < 0.65 * errors[0]
