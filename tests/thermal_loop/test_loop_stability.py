from __future__ import annotations

import math

import numpy as np
import pytest

from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.density_wave import density_wave_margin, geysering_period, ishii_limit
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import NetworkBuilder
from thermal.loop.sink import HeatSink
from thermal.loop.steady import SteadySolver


def test_throttling_the_inlet_steadies_and_the_outlet_unsteadies():
    assert ishii_limit(20.0, 1.0, 2.0) > ishii_limit(10.0, 1.0, 2.0)
    assert ishii_limit(10.0, 5.0, 2.0) < ishii_limit(10.0, 1.0, 2.0)


def test_a_channel_that_does_not_boil_is_far_from_density_waves():
    s = load_fluid("R134a").saturation_at(313.15)
    flow = 0.05
    subcooling = 2.0 * 300.0 / flow
    assert density_wave_margin(300.0, flow, subcooling, s, (5.0, 1.0, 1.0)) == 1.0
    assert density_wave_margin(300.0, flow, 0.0, s, (5.0, 1.0, 1.0)) < 1.0


def test_geysers_wait_for_the_liquid_to_warm():
    s = load_fluid("water").saturation_at(333.15)
    # one litre, 10 K, 100 W
    subcooling = 10.0 * s.liquid_heat_capacity
    assert geysering_period(1e-3, s, subcooling, 100.0) == pytest.approx(411.0, rel=0.01)


def twin_condensers(sinks):
    """One evaporator under two condensers in parallel, each with its own drop leg."""
    builder, diameter = NetworkBuilder(), 0.02
    bottom, outlet = builder.point(0.0), builder.point(0.3)
    split, joint = builder.point(2.3), builder.point(0.0)
    drops = []
    for _ in sinks:
        inlet, liquid = builder.point(2.3), builder.point(2.0)
        builder.pipe(split, inlet, "branch", length=0.5, diameter=diameter, cells=2)
        leg = builder.pipe(liquid, joint, "drop leg", length=2.0, diameter=0.012, cells=8)
        drops.append((inlet, liquid, leg))
    builder.pipe(joint, bottom, "liquid line", length=0.5, diameter=diameter, cells=2)
    builder.pipe(bottom, outlet, "evaporator", length=0.3, diameter=0.02, cells=6, heated=True)
    builder.pipe(outlet, split, "riser", length=2.0, diameter=diameter, cells=12)
    for inlet, liquid, leg in drops:
        builder.condenser(inlet, liquid, "condenser", area=1e-3, volume=1e-3, loss=1.0, drop_leg=leg)
    mixture = MixtureModel(
        load_fluid("R134a"),
        friction_closure("muller-steinhagen-heck").function,
        void_closure("rouhani").function,
    )
    network = builder.build()
    heat = np.full(network.heated.size, 1000.0 / network.heated.size)
    equations = SteadyEquations(network, mixture)
    problem = Problem(heat, sinks)
    outcome = SteadySolver(equations).solve(problem)
    assert outcome.converged
    heats = equations.state.condensing(outcome.unknowns, problem)[:, :, 0].sum(axis=1)
    return heats, equations.state.flow(outcome.unknowns)[network.condensers], outcome.unknowns.level


def test_equal_condensers_share_the_heat_evenly():
    heats, flows, levels = twin_condensers((HeatSink(300.0, 100.0, 80.0),) * 2)
    assert heats == pytest.approx([500.0, 500.0], rel=1e-6)
    assert flows[0] == pytest.approx(flows[1], rel=1e-6)
    assert max(levels) == pytest.approx(0.0, abs=1e-9)


def test_the_weaker_of_two_condensers_takes_less():
    heats, flows, levels = twin_condensers((HeatSink(300.0, 100.0, 80.0), HeatSink(300.0, 100.0, 60.0)))
    assert heats.sum() == pytest.approx(1000.0, rel=1e-8)
    assert heats[1] < heats[0]
    assert flows[1] < flows[0]
    assert math.isfinite(levels.min())
