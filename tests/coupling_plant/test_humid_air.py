"""Humid air against CoolProp's real-gas model (ASHRAE RP-1485) and handbook values."""

from __future__ import annotations

import numpy as np
import pytest

from thermal.errors import FluidError
from thermal.loop import humid_air
from thermal.loop.fluid_sources import import_coolprop
from thermal.loop.humid_air import AirState

STATES = [
    (temperature, relative, pressure)
    for temperature in (263.15, 283.15, 303.15, 318.15)
    for relative in (0.1, 0.5, 0.95)
    for pressure in (80e3, 101325.0)
]


def coolprop(output: str, temperature: float, relative: float, pressure: float) -> float:
    import_coolprop()
    from CoolProp.HumidAirProp import HAPropsSI

    return float(HAPropsSI(output, "T", temperature, "R", relative, "P", pressure))


@pytest.mark.parametrize("state", STATES)
def test_psychrometrics_agree_with_the_real_gas_model(state):
    temperature, _, pressure = state
    ratio = coolprop("W", *state)
    air = AirState(temperature, ratio, pressure)
    assert humid_air.humidity_ratio(*state) == pytest.approx(ratio, rel=5e-3)
    assert humid_air.density(air) == pytest.approx((1.0 + ratio) / coolprop("V", *state), rel=2e-3)
    assert humid_air.heat_capacity(air) == pytest.approx(coolprop("cp_ha", *state), rel=5e-3)
    assert humid_air.wet_bulb(air) == pytest.approx(coolprop("B", *state), abs=0.05)


@pytest.mark.parametrize("state", STATES)
def test_transport_properties_agree_within_the_kinetic_models_error(state):
    air = AirState(state[0], coolprop("W", *state), state[2])
    assert humid_air.viscosity(air) == pytest.approx(coolprop("mu", *state), rel=1.1e-2)
    assert humid_air.conductivity(air) == pytest.approx(coolprop("k", *state), rel=1.8e-2)


def test_table_returns_what_cantera_says_between_its_points():
    import cantera

    gas = humid_air._cantera_mixture(cantera)
    water = float(humid_air.water_mole_fraction(0.0173))
    gas.TPX = (
        307.3,
        101325.0,
        {**{k: v * (1 - water) for k, v in humid_air.DRY_AIR.items()}, "H2O": water},
    )
    air = AirState(307.3, 0.0173)
    assert humid_air.heat_capacity(air) == pytest.approx(gas.cp_mass, rel=1e-6)
    assert humid_air.viscosity(air) == pytest.approx(gas.viscosity, rel=1e-5)
    assert humid_air.conductivity(air) == pytest.approx(gas.thermal_conductivity, rel=1e-5)
    assert humid_air.density(air) == pytest.approx(gas.density, rel=1e-5)


@pytest.mark.parametrize(
    ("temperature", "pressure"), [(273.16, 611.657), (300.0, 3536.7), (373.15, 101417.0)]
)
def test_saturation_pressure_equals_the_steam_tables(temperature, pressure):
    # IAPWS-95 values of the release's table
    assert humid_air.saturation_pressure(temperature) == pytest.approx(pressure, rel=1e-4)


def test_saturation_over_ice_meets_liquid_at_the_triple_point():
    below, above = humid_air.saturation_pressure([273.1599, 273.1601])
    assert below == pytest.approx(above, rel=1e-4)
    assert humid_air.saturation_pressure(253.15) == pytest.approx(103.24, rel=1e-3)  # ASHRAE ch. 1, table 3


def test_moist_air_is_lighter_and_its_wet_bulb_lies_below_the_dry_bulb():
    dry, moist = AirState(308.15, 0.0), AirState(308.15, 0.02)
    assert humid_air.density(moist) < humid_air.density(dry)
    assert humid_air.wet_bulb(dry) < humid_air.wet_bulb(moist) < 308.15


def test_saturated_air_has_its_wet_bulb_at_the_dry_bulb():
    ratio = humid_air.humidity_ratio(300.0, 1.0, 101325.0)
    assert humid_air.wet_bulb(AirState(300.0, ratio)) == pytest.approx(300.0, abs=1e-6)


@pytest.mark.parametrize(
    "air", [AirState(150.0), AirState(600.0), AirState(300.0, 0.9), AirState(300.0, -0.1)]
)
def test_states_outside_the_table_are_refused(air):
    with pytest.raises(FluidError):
        humid_air.heat_capacity(air)


def test_pressure_falls_with_elevation_as_in_the_standard_atmosphere():
    # ASHRAE Fundamentals 2017, ch. 1, table 1
    assert humid_air.standard_pressure(np.array([0.0, 1000.0])) == pytest.approx(
        [101325.0, 89875.0], rel=1e-3
    )
