from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from meshes.errors import InputError
from thermal.loop.condenser_spec import CondenserSpec, CondenserUnitSpec
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec

SINK = HeatSink(303.15, 400.0, 300.0)
HEAT = np.full((4, 6), 50.0)


def loop(*units):
    spec = LoopSpec(
        fluid="R1234ze(E)",
        modules={"count": 4, "lowest": 0.2, "pitch": 0.3},
        riser={"length": 12.0, "diameter": 0.042, "K": 3.0},
        downcomer={"length": 12.0, "diameter": 0.028, "K": 3.0},
        return_manifold={"diameter": 0.06},
        supply_manifold={"diameter": 0.06},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=6, inlet_K=400.0)
    return LoopModel(spec, evaporator, 8.0, load_fluid("R1234ze(E)"), units)


def unit(share, **settings):
    return CondenserUnitSpec(share=share, **settings)


def pressure_falls(model, state):
    equations = model.equations.state
    return sum(equations.momentum_terms(state.unknowns, equations.ends(state.unknowns)).values())


def test_two_equal_condensers_do_what_one_does():
    # branches so short and wide that they cost nothing beside riser and downcomer
    branch = {"vapour_line": 0.1, "vapour_K": 0.0}
    one = loop(unit(1.0, **branch)).solve(HEAT, SINK)
    two = loop(unit(0.5, **branch), unit(0.5, **branch)).solve(HEAT, SINK)
    assert [condenser.heat for condenser in two.condensers] == pytest.approx([600.0, 600.0], rel=1e-8)
    assert two.condensers[0].mass_flow == pytest.approx(two.condensers[1].mass_flow, rel=1e-8)
    assert two.condensing_temperature == pytest.approx(one.condensing_temperature, abs=1e-6)
    # half the flow in each branch: a quarter of its losses
    assert two.total_mass_flow == pytest.approx(one.total_mass_flow, rel=0.01)
    assert two.total_mass_flow > one.total_mass_flow


@pytest.mark.parametrize(
    "units",
    [
        (unit(0.7), unit(0.3)),
        (unit(0.5), unit(0.5, warmer=3.0)),
        (unit(0.5), unit(0.5, elevation=9.0)),
        (unit(0.5, coolant_share=0.7), unit(0.3, coolant_share=0.2), unit(0.2, coolant_share=0.1)),
    ],
    ids=["unequal", "one warmer", "one higher", "three"],
)
def test_unequal_condensers_share_by_pressure(units):
    model = loop(*units)
    state = model.solve(HEAT, SINK)
    network = model.rack.network
    assert network.cycles.shape[1] == 4 + len(units) - 1
    # around every cycle the pressure falls add up to nothing, against some 80 kPa of static head
    assert np.abs(network.cycles.T @ pressure_falls(model, state)).max() < 1e-4
    sinks = model.problem(HEAT, SINK).sinks
    for condenser, sink in zip(state.condensers, sinks, strict=True):
        assert condenser.heat == pytest.approx(sink.heat(condenser.temperature), rel=1e-8)
    assert sum(condenser.heat for condenser in state.condensers) == pytest.approx(1200.0, rel=1e-9)
    # one is full to its outlet; the others stand as much lower as their pressure is lower
    assert max(condenser.liquid_level for condenser in state.condensers) == pytest.approx(0.0, abs=1e-9)


def test_liquid_stands_lower_under_the_condenser_with_less_loss():
    # two ways from the riser's end to the joint: same pressures at both, so levels differ by the losses
    model = loop(unit(0.5), unit(0.5, vapour_K=40.0))
    state = model.solve(HEAT, SINK)
    free, throttled = state.condensers
    assert free.pressure > throttled.pressure
    assert free.liquid_level < throttled.liquid_level
    density = model.fluid.saturation_at(free.temperature).liquid_density
    column = 9.80665 * density * (throttled.liquid_level - free.liquid_level)
    assert column == pytest.approx(free.pressure - throttled.pressure, rel=0.1)


@pytest.mark.parametrize("power", [310.0, 100.0, 30.0])
def test_a_condenser_whose_coolant_is_warmer_than_the_vapour_rests(power):
    """The other half has 105.5 W/K: below 3 K of it the loop is one with that half alone, hydraulically as well."""
    heat = np.full((4, 6), power / 24.0)
    model = loop(unit(0.5), unit(0.5, warmer=3.0))
    state = model.solve(heat, SINK)
    alone = loop(unit(0.5)).solve(heat, SINK)
    condensing, resting = state.condensers
    assert (resting.heat, condensing.heat) == (0.0, pytest.approx(power, rel=1e-9))
    assert abs(resting.mass_flow) < 1e-9 * condensing.mass_flow
    assert state.total_mass_flow == pytest.approx(alone.total_mass_flow, rel=1e-7)
    assert condensing.temperature == pytest.approx(alone.condensing_temperature, abs=1e-6)
    assert state.static_stability == pytest.approx(alone.static_stability, rel=1e-3)
    n = model.rack.network
    assert np.abs(n.cycles.T @ pressure_falls(model, state)).max() < 1e-4
    # liquid at rest below vapour at rest, against the flow's losses on the other way
    at = model.fluid.saturation_at(resting.temperature)
    joint = state.unknowns.pressure[n.head[n.drop_legs[1][-1]]]
    column = 9.80665 * (at.liquid_density - at.vapour_density) * resting.liquid_level
    whole = 9.80665 * (at.liquid_density * 1.0 + at.vapour_density * n.condenser_fall[1])
    assert joint - resting.pressure == pytest.approx(whole + column, abs=0.5)


def test_a_condenser_begins_to_take_heat_where_the_vapour_is_as_warm_as_its_coolant():
    model = loop(unit(0.5), unit(0.5, warmer=3.0))
    half = SINK.part(0.5, 0.5, 0.0)
    onset = half.heat(SINK.temperature + 3.0)
    shares = [model.solve(np.full((4, 6), f * onset / 24.0), SINK).condensers[1].heat for f in (0.995, 1.005)]
    assert shares[0] == 0.0
    assert 0.0 < shares[1] < 0.005 * onset


def test_a_higher_condenser_takes_dry_vapour_where_the_riser_s_mixture_does_not_reach_it():
    model = loop(unit(0.5), unit(0.5, elevation=9.0))
    state = model.solve(np.full((4, 6), 30.0 / 24.0), SINK)
    low, high = state.condensers
    n, sinks = model.rack.network, model.problem(HEAT, SINK).sinks
    tee = state.unknowns.pressure[n.tail[n.branch(1)[0]]]
    vapour, liquid = model.fluid.saturation(tee), model.fluid.saturation(high.pressure)
    taken = high.mass_flow * (vapour.liquid_enthalpy + vapour.latent_heat - liquid.liquid_enthalpy)
    assert high.heat == pytest.approx(taken, rel=1e-8)
    assert high.heat == pytest.approx(sinks[1].heat(high.temperature), rel=1e-8)
    assert low.heat + high.heat == pytest.approx(30.0, rel=1e-9)
    assert tee - high.pressure == pytest.approx(9.80665 * vapour.vapour_density, rel=0.01)
    # what the branch leaves in the riser's mixture: energy and mass of what comes to the joint
    assert state.total_mass_flow == pytest.approx(low.mass_flow + high.mass_flow, rel=1e-12)
    assert np.abs(n.cycles.T @ pressure_falls(model, state)).max() < 1e-4


@pytest.mark.parametrize("power", [100.0, 30.0])
def test_slopes_with_a_dry_branch_are_those_of_the_residual(power):
    model = loop(unit(0.5), unit(0.5, elevation=9.0, warmer=0.3 if power > 50.0 else 0.0))
    heat = np.full((4, 6), power / 24.0)
    state = model.solve(heat, SINK)
    equations, problem, at = model.equations, model.problem(heat, SINK), state.unknowns
    assert at.dry == (1,)

    def residual(unknowns):
        ends, heats = equations.state.ends(unknowns), equations.state.condensing(unknowns, problem)
        return equations.residual(unknowns, problem, ends, heats)

    ends, heats = equations.state.ends(at), equations.state.condensing(at, problem)
    slopes = equations.derivative(at, problem, ends, heats, np.zeros(model.rack.network.cells)).toarray()
    points, count = at.pressure.size, at.cycle_flow.size
    for column, width in (
        (points // 2, 1.0),
        (points - 8, 1.0),
        (points + 5, 1.0),
        (2 * points + count - 1, 1e-8),
    ):
        step = np.zeros(equations.size)
        step[column] = width
        found = (residual(at.moved(step)) - residual(at.moved(-step))) / (2.0 * width)
        assert found == pytest.approx(slopes[:, column], rel=2e-3, abs=1e-4 * np.abs(slopes[:, column]).max())


def test_a_condenser_below_its_drop_leg_is_refused():
    with pytest.raises(InputError, match=r"condenser\.units: an outlet at 6\.5 m"):
        loop(unit(0.5), unit(0.5, elevation=6.5))


def test_shares_must_make_a_whole():
    settings = {"kind": "water", "elevation": 8.0, "conductance": 300.0, "water": {"mass_flow": 0.1}}
    with pytest.raises(ValidationError, match=r"sum of share is 0\.9"):
        CondenserSpec(**settings, units=[{"share": 0.5}, {"share": 0.4}])


CASE = """
[case]
name = "two condensers"

[evaporator]
gap = "3 mm"
width = "0.3 m"
length = "0.3 m"
inlet_K = 400

[loop]
fluid = "R134a"
modules = { count = 2, lowest = 0.2, pitch = 0.5 }
riser = { length = "8 m", diameter = "42 mm", K = 3 }
downcomer = { length = "8 m", diameter = "28 mm", K = 3 }

[condenser]
kind = "water"
elevation = "6 m"
conductance = "300 W/K"
water = { mass_flow = "0.1 kg/s", inlet_temperature = "25 degC" }

[[condenser.units]]
share = 0.6

[[condenser.units]]
share = 0.4

[power]
total = "400 W"
"""


def test_a_case_with_two_condensers_runs(tmp_path):
    from click.testing import CliRunner

    from cli import vascool

    case = tmp_path / "two.toml"
    case.write_text(CASE)
    ran = CliRunner().invoke(vascool, ["run", str(case), "-o", str(tmp_path / "out"), "--json"])
    assert ran.exit_code == 0, ran.output
    loop = json.loads(ran.stdout)["loop"]
    heats = [condenser["heat_W"] for condenser in loop["condensers"].values()]
    assert sum(heats) == pytest.approx(800.0, rel=1e-8)
    assert heats[0] / heats[1] == pytest.approx(1.5, rel=0.01)
