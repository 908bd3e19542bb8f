"""The condenser's air side: similarity laws, buoyancy balance, and the sink handed to the loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from thermal.loop.coil import coil_conductance
from thermal.loop.condenser import (
    CondenserSpec,
    coolant_side,
    draught_velocity,
    fan_power,
    heat_sink,
    natural_draught,
)
from thermal.loop.humid_air import AirState, density, heat_capacity, wet_bulb

FAN = {"pressure_rise": "80 Pa", "efficiency": 0.5, "minimum_speed": 0.2}
LOUVERED = {
    "kind": "louvered",
    "width": 0.71,
    "height": 0.63,
    "depth": "25.4 mm",
    "tube_pitch": "10 mm",
    "tube_thickness": "2 mm",
    "fin_pitch": "1.4 mm",
    "fin_thickness": "0.1 mm",
    "louver_pitch": "1.2 mm",
    "louver_length": "6.5 mm",
    "louver_angle": 28.0,
}
STACK = {"height": "20 m", "coil_area": "1 m^2", "loss_coefficient": 30}


def fan_condenser(**keys) -> CondenserSpec:
    return CondenserSpec(
        **{"kind": "air-fan", "elevation": 10.0, "conductance": 700.0, "air_flow": 0.8, "fan": FAN, **keys}
    )


def draught_condenser(**keys) -> CondenserSpec:
    return CondenserSpec(
        **{
            "kind": "air-natural-draught",
            "elevation": 10.0,
            "conductance": 700.0,
            "air_flow": 0.8,
            "stack": STACK,
            **keys,
        }
    )


def test_fan_power_follows_the_cube_of_the_speed():
    powers = fan_power(fan_condenser(), AirState(308.15), np.array([0.25, 0.5, 1.0]))
    assert powers == pytest.approx(powers[2] * np.array([0.25, 0.5, 1.0]) ** 3, rel=1e-12)
    assert powers[2] == pytest.approx(0.8 * 80.0 / 0.5, rel=1e-12)


def test_a_dry_cooler_with_8_kelvin_of_air_rise_takes_17_watts_a_kilowatt():
    air = AirState(308.15)
    flow = 1000.0 / (density(air) * heat_capacity(air) * 8.0)
    spec = fan_condenser(air_flow=float(flow))
    assert fan_power(spec, air) == pytest.approx(17.3, abs=0.1)


def test_heat_of_the_sink_is_the_effectiveness_ntu_relation_of_ht():
    from ht.hx import effectiveness_from_NTU

    sink = heat_sink(fan_condenser(), AirState(303.15, 0.015), fan_speed=0.6)
    effectiveness = effectiveness_from_NTU(sink.conductance / sink.capacity_rate, Cr=0.0, subtype="boiler")
    assert sink.heat(323.15) == pytest.approx(effectiveness * sink.capacity_rate * 20.0, rel=1e-12)


def test_conductance_follows_the_flow_and_is_given_at_the_design_flow():
    spec = fan_condenser(flow_exponent=0.5)
    side = coolant_side(spec, AirState(308.15), np.array([0.25, 1.0]))
    assert side.conductance == pytest.approx([350.0, 700.0], rel=1e-12)


def test_vapour_and_fouling_resistances_add_in_series():
    clean = coolant_side(fan_condenser(), AirState(308.15)).conductance
    spec = fan_condenser(vapour_resistance=1e-4, fouling_resistance=2e-4)
    assert 1.0 / coolant_side(spec, AirState(308.15)).conductance == pytest.approx(
        1.0 / clean + 3e-4, rel=1e-12
    )


@given(
    heat=st.floats(10.0, 1e5),
    temperature=st.floats(250.0, 320.0),
    ratio=st.floats(0.0, 0.02),
    height=st.floats(0.5, 60.0),
)
def test_natural_draught_balances_buoyancy_and_loss(heat, temperature, ratio, height):
    stack = draught_condenser(stack={**STACK, "height": height}).stack
    air = AirState(temperature, ratio)
    flow = natural_draught(stack, air, heat)
    rise = heat / (flow * heat_capacity(air))
    mean = AirState(temperature + rise / 2.0, ratio)
    buoyancy = 9.80665 * height * (density(air) - density(AirState(temperature + rise, ratio)))
    loss = stack.loss_coefficient * flow**2 / (2.0 * density(mean) * stack.coil_area**2)
    assert loss == pytest.approx(buoyancy, rel=1e-6)


def test_stack_of_20_m_at_10_kelvin_draws_0_65_metres_a_second():
    # inlet half the rise below 35 °C, so that the mean is there; heat chosen for a rise of 10 K
    stack, air = draught_condenser().stack, AirState(303.15)
    velocity = np.sqrt(2.0 * 9.80665 * 20.0 * 10.0 / (30.0 * 308.15))
    heat = velocity * density(AirState(308.15)) * 1.0 * heat_capacity(air) * 10.0
    flow = natural_draught(stack, air, heat)
    rise = heat / (flow * heat_capacity(air))
    assert rise == pytest.approx(10.0, rel=1e-3)
    assert draught_velocity(stack, air, flow, rise) == pytest.approx(0.65, abs=0.005)
    assert 1000.0 / heat == pytest.approx(0.133, abs=0.001)


def test_draught_grows_with_the_cube_root_of_heat():
    stack = draught_condenser().stack
    flows = natural_draught(stack, AirState(300.0), np.array([10.0, 80.0]))
    assert flows[1] / flows[0] == pytest.approx(2.0, rel=1e-2)


def test_natural_draught_needs_its_heat():
    with pytest.raises(ValueError, match="heat"):
        heat_sink(draught_condenser(), AirState(300.0))


def test_pad_cools_towards_the_wet_bulb_only_when_it_is_hot():
    spec = fan_condenser(pad={"effectiveness": 0.8, "above": "30 degC", "pressure_drop": 20.0})
    side = coolant_side(spec, AirState(np.array([298.15, 313.15]), 0.010), 1.0)
    assert side.inlet_temperature[0] == 298.15
    assert side.inlet_temperature[1] < 305.0
    assert side.water_use[0] == 0.0
    assert side.water_use[1] > 0.0
    assert side.fan_power[1] > side.fan_power[0]


def test_pad_evaporates_what_the_latent_heat_asks_for():
    spec = fan_condenser(pad={"effectiveness": 0.8})
    side = coolant_side(spec, AirState(313.15, 0.010), 1.0)
    sensible = side.capacity_rate * (313.15 - side.inlet_temperature)
    assert side.water_use * 2.43e6 == pytest.approx(sensible, rel=0.03)


def test_water_cooled_condenser_takes_the_water_it_is_given():
    spec = CondenserSpec(
        kind="water",
        elevation=5.0,
        conductance=2000.0,
        water={"mass_flow": 0.5, "inlet_temperature": "32 degC"},
    )
    side = coolant_side(spec, AirState(np.array([280.0, 310.0])))
    assert side.inlet_temperature == pytest.approx([305.15, 305.15])
    assert np.all(side.pump_power > 0.0)


@pytest.mark.parametrize(
    "fault",
    [
        {"fan": None},
        {"air_flow": None},
        {"stack": STACK},
        {"kind": "magic"},
        {"conductance": -1.0},
        {"conductance": "3 kg"},
        {"flow_exponent": 1.5},
        {"fan": {**FAN, "efficiency": 0.0}},
        {"fan": {**FAN, "minimum_speed": 1.2}},
        {"colour": "red"},
    ],
)
def test_faulty_condensers_are_refused(fault):
    with pytest.raises(ValidationError):
        fan_condenser(**fault)


def test_a_fan_curve_meets_the_system_curve():
    # linear curve 200 - 200 V against 80 (V / 0.8)^2: 125 V^2 + 200 V - 200 = 0
    flow = (-200.0 + np.sqrt(200.0**2 + 4.0 * 125.0 * 200.0)) / 250.0
    fan = {**FAN, "curve": ((0.0, 200.0), (1.0, 0.0))}
    side = coolant_side(fan_condenser(fan=fan), AirState(308.15), 1.0)
    assert side.mass_flow / density(AirState(308.15)) == pytest.approx(flow, rel=1e-9)
    assert side.fan_power == pytest.approx(flow * (200.0 - 200.0 * flow) / 0.5, rel=1e-9)


@pytest.mark.parametrize(
    "curve", [((0.0, 100.0),), ((0.0, 100.0), (1.0, 200.0)), ((1.0, 100.0), (0.5, 50.0))]
)
def test_faulty_fan_curves_are_refused(curve):
    with pytest.raises(ValidationError):
        fan_condenser(fan={**FAN, "curve": curve})


def test_a_coil_replaces_the_conductance_and_needs_no_design_flow_for_draught():
    spec = CondenserSpec(kind="air-natural-draught", elevation=10.0, stack=STACK, coil=LOUVERED)
    side = coolant_side(spec, AirState(308.15), heat=5000.0)
    assert side.conductance == pytest.approx(coil_conductance(spec.coil, side.mass_flow, 308.15))
    for fault in ({"conductance": 100.0}, {"coil": None}):
        with pytest.raises(ValidationError):
            CondenserSpec(**{**spec.model_dump(exclude_none=True), **fault})


def test_a_cooling_tower_approaches_the_wet_bulb_and_evaporates_the_heat():
    def side(approach_to):
        water = {"mass_flow": 0.4, "approach": 4.0, "approach_to": approach_to}
        spec = CondenserSpec(kind="water", elevation=5.0, conductance=2000.0, water=water)
        return coolant_side(spec, AirState(308.15, 0.015), heat=4800.0)

    dry, tower = side("dry-bulb"), side("wet-bulb")
    assert dry.inlet_temperature == pytest.approx(312.15)
    assert tower.inlet_temperature == pytest.approx(float(wet_bulb(AirState(308.15, 0.015))) + 4.0)
    assert dry.water_use == 0.0
    assert tower.water_use == pytest.approx(4800.0 / 2.442e6)
    assert dry.fan_power == pytest.approx(0.015 * 4800.0)


@pytest.mark.parametrize(
    "spec",
    [
        fan_condenser(pad={"effectiveness": 0.7}),
        draught_condenser(),
        CondenserSpec(kind="water", elevation=1.0, conductance=10.0, water={"mass_flow": 1.0}),
        CondenserSpec(kind="air-natural-draught", elevation=10.0, stack=STACK, coil=LOUVERED),
    ],
)
def test_a_resolved_condenser_reads_back_as_itself(spec):
    assert CondenserSpec.model_validate(spec.model_dump(exclude_none=True)) == spec
