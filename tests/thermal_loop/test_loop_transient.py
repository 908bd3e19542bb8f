from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import NetworkBuilder
from thermal.loop.ring import Section, ring_network
from thermal.loop.sink import HeatSink
from thermal.loop.steady import SteadySolver
from thermal.loop.transient import RingTransient, RingWall
from validation import loop_transient

D = 0.010


def ring(fineness=1):
    sections = [
        Section("downcomer", 1.0, -1.0, D, cells=4 * fineness),
        Section("liquid line", 1.0, 0.0, D, cells=2 * fineness, loss_coefficient=3.0),
        Section("evaporator", 0.2, 0.1, D, cells=4 * fineness, heated=True),
        Section("riser", 0.9, 0.9, D, cells=8 * fineness),
        Section("vapour line", 0.5, 0.0, D, cells=2 * fineness, loss_coefficient=3.0),
    ]
    return ring_network(sections, math.pi / 4.0 * D**2)


def mixture(void="rouhani"):
    friction = friction_closure("muller-steinhagen-heck").function
    return MixtureModel(load_fluid("R134a"), friction, void_closure(void).function)


def settled(fineness, void="rouhani", channel_factor=1.0):
    network, fluid = ring(fineness), load_fluid("R134a")
    network = replace(network, channel_factor=np.full(network.cells, channel_factor))
    heat = np.full(network.heated.size, 300.0 / network.heated.size)
    cooler = LiquidCooler(
        fluid.saturation_at(311.15).liquid_enthalpy, float(fluid.saturation_pressure(313.15))
    )
    steady = SteadySolver(SteadyEquations(network, mixture(void))).solve(Problem(heat, (cooler,)))
    wall = RingWall(40.0 / network.heated.size, 100.0 / network.heated.size)
    model = RingTransient(network, mixture(void), wall)
    last = model.run(model.from_steady(steady, heat), 20.0, 2.0, lambda time: heat, cooler)[-1]
    return float(last.flow[0] / steady.unknowns.cycle_flow[0] - 1.0)


def test_the_transient_settles_at_the_steady_state():
    errors = [abs(settled(fineness)) for fineness in (1, 2)]
    assert errors[0] < 0.01
    # donor cells against trapezoids: first order
    assert errors[1] < 0.65 * errors[0]


def test_flat_channels_and_level_pipes_are_the_same_in_the_transient():
    assert abs(settled(1, "woldesemayat-ghajar", channel_factor=0.02)) < 0.01


def test_a_condenser_that_loses_pressure_is_refused():
    network = ring()
    loss = network.loss_coefficient.copy()
    loss[network.condensers] = 3.0
    with pytest.raises(InputError, match="without a loss of its own"):
        RingTransient(replace(network, loss_coefficient=loss), mixture(), RingWall(1.0, 1.0))


def test_the_loop_starts_from_rest():
    network = ring()
    heat = np.full(network.heated.size, 300.0 / network.heated.size)
    sink = HeatSink(303.15, 60.0, 50.0)
    wall = RingWall(200.0 / network.heated.size, 100.0 / network.heated.size)
    model = RingTransient(network, mixture(), wall)
    states = model.run(model.at_rest(303.15), 120.0, 2.0, lambda time: heat, sink)
    assert states[0].flow[0] == 0.0
    assert states[-1].flow[0] > 0.03
    assert states[-1].flow[0] == pytest.approx(states[-1].flow[-1], rel=1e-3)
    condensing = load_fluid("R134a").saturation_temperature(states[-1].pressure)
    assert sink.heat(condensing) == pytest.approx(300.0, rel=0.02)
    assert (np.diff([state.wall_temperature[-1] for state in states]) > -1e-6).all()


@pytest.mark.slow
def test_a_start_from_rest_pushes_back_overshoots_and_settles():
    network, fluid = ring(), mixture("homogeneous")
    heat = np.full(network.heated.size, 300.0 / network.heated.size)
    sink = HeatSink(303.15, 60.0, 50.0)
    model = RingTransient(network, fluid, RingWall(200.0 / network.heated.size, 100.0 / network.heated.size))
    steady = SteadySolver(SteadyEquations(network, fluid)).solve(Problem(heat, (sink,)))
    target = float(steady.unknowns.cycle_flow[0])
    begun = model.run(model.at_rest(303.15), 12.0, 0.1, lambda time: heat, sink)
    settled = model.run(begun[-1], 240.0, 2.0, lambda time: heat, sink)[-1]
    below, above = (np.array([state.flow[k] for state in begun]) for k in (0, 12))
    # nothing moves before the wall is warm
    assert np.abs(below[:3]).max() < 1e-3 * target
    # the first vapour pushes liquid out of the evaporator both ways, up the riser and back up the downcomer
    assert below.min() < -0.03 * target
    assert above[np.argmin(below)] > 0.05 * target
    # then buoyancy takes over; the riser's vapour comes with the delay of its transit, and the flow overshoots
    assert 1.2 * target < below.max() < 2.0 * target
    assert settled.flow[0] == pytest.approx(target, rel=1e-2)
    assert settled.flow[0] == pytest.approx(settled.flow[-1], rel=1e-4)
    condensing = load_fluid("R134a").saturation_temperature(settled.pressure)
    assert sink.heat(condensing) == pytest.approx(300.0, rel=2e-3)


def test_a_network_of_two_cycles_is_refused():
    builder = NetworkBuilder()
    low, high = builder.point(0.0), builder.point(1.0)
    for _ in range(2):
        builder.pipe(low, high, "riser", length=1.0, diameter=D, heated=True)
    builder.condenser(high, low, "condenser", area=1e-4, volume=1e-3, loss=0.0, drop_leg=[])
    with pytest.raises(InputError, match="one ring"):
        RingTransient(builder.build(), mixture(), RingWall(1.0, 1.0))


@pytest.mark.slow
def test_a_step_of_the_inlet_flow_follows_the_characteristics():
    for row in loop_transient.boiling_channel():
        assert row.passed, row
