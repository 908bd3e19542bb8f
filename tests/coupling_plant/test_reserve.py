"""Failures: the warming rack against its closed form, and the order that physics puts them in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coupling.plant.climate import climate_year
from coupling.plant.reserve import FailureSpec, ReserveSpec, reserve
from thermal.loop.condenser import CondenserSpec, coolant_side

CONDENSER = CondenserSpec(
    kind="air-fan",
    elevation=10.0,
    conductance=900.0,
    air_flow=0.9,
    fan={"pressure_rise": 60.0, "efficiency": 0.5},
)
SPEC = ReserveSpec(
    heat_capacity=2.0e5,
    chip_resistance=2.0e-3,
    chip_limit=358.15,
    saturation_limit=343.15,
)


@pytest.fixture(scope="module")
def weather():
    """A year of one temperature, so that the closed form holds."""
    year = climate_year("zhuhai")
    return replace(year, dry_bulb=np.full(8760, 308.15), relative_humidity=np.full(8760, 0.4))


def outcome(weather, failure, spec=SPEC):
    return reserve(weather, 4800.0, CONDENSER, spec, (failure,))[0]


def test_without_conductance_the_rack_warms_adiabatically(weather):
    row = outcome(weather, FailureSpec(name="loss of charge", conductance=0.0))
    normal = 308.15 + 4800.0 / float(coolant_side(CONDENSER, weather.air, 1.0).effective_conductance[0])
    seconds = 2.0e5 * (343.15 - normal) / 4800.0
    assert row.hours_to_limit == pytest.approx(seconds / 3600.0, rel=1e-6)
    assert row.limit == "pressure"
    assert row.hours_above_limit == 8760


def test_a_weaker_condenser_is_approached_exponentially(weather):
    failure = FailureSpec(name="fouled", conductance=0.2)
    side = coolant_side(CONDENSER, weather.air, 1.0)
    working = float(side.effective_conductance[0])
    rate = float(side.capacity_rate[0])
    left = -rate * np.expm1(-0.2 * float(side.conductance[0]) / rate)
    start, end = 308.15 + 4800.0 / working, 308.15 + 4800.0 / left
    limit = 0.5 * (start + end)
    row = outcome(weather, failure, SPEC.model_copy(update={"saturation_limit": limit, "chip_limit": 1000.0}))
    assert row.hours_to_limit == pytest.approx(2.0e5 / left * np.log(2.0) / 3600.0, rel=1e-3)
    assert row.saturation_maximum == pytest.approx(end, abs=1e-6)


def test_in_working_order_no_limit_is_reached(weather):
    row = outcome(weather, FailureSpec(name="none"))
    assert row.limit == "none"
    assert row.hours_to_limit == float("inf")
    assert row.hours_above_limit == 0


def test_the_chip_can_be_the_first_limit(weather):
    row = outcome(
        weather, FailureSpec(name="all", conductance=0.0), SPEC.model_copy(update={"chip_limit": 340.0})
    )
    assert row.limit == "chip"


def test_worse_failures_leave_less_time():
    year = climate_year("zhuhai")
    failures = tuple(FailureSpec(name=str(flow), fan_flow=flow) for flow in (0.05, 0.1, 0.3, 1.0))
    rows = reserve(year, 4800.0, CONDENSER, SPEC, failures)
    times = [row.hours_to_limit for row in rows]
    assert times == sorted(times)
    assert times[0] < times[-1]
    hours = [row.hours_above_limit for row in rows]
    assert hours == sorted(hours, reverse=True)


def test_more_thermal_mass_buys_time_in_proportion(weather):
    failure = FailureSpec(name="loss of charge", conductance=0.0)
    double = SPEC.model_copy(update={"heat_capacity": 4.0e5})
    assert outcome(weather, failure, double).hours_to_limit == pytest.approx(
        2.0 * outcome(weather, failure).hours_to_limit, rel=1e-6
    )


def test_the_usual_failures_all_have_an_outcome():
    rows = reserve(climate_year("zhuhai"), 4800.0, CONDENSER, SPEC)
    assert len({row.failure for row in rows}) == 8
    assert rows[0].limit == "none"
    assert {row.limit for row in rows} > {"none"}
