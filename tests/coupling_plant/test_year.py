"""A simulated year: energy adds up, PUE answers to temperature and fans, control holds its set point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coupling.plant.climate import climate_year
from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import lumped_response
from coupling.plant.pue import power_balance
from coupling.plant.year import simulate_year
from meshes.errors import InputError
from thermal.loop.condenser import CondenserSpec, PadSpec

FAN = {"pressure_rise": "60 Pa", "efficiency": 0.5, "minimum_speed": 0.2}
CONDENSER = CondenserSpec(kind="air-fan", elevation=10.0, conductance=700.0, air_flow=0.8, fan=FAN)
CONTROL = {"setpoint": "45 degC"}


def facility(**keys) -> FacilitySpec:
    return FacilitySpec(**{"racks": 100, "climate": "zhuhai", **keys})


def year(condenser=CONDENSER, it_power=4800.0, weather=None, **keys):
    weather = weather or climate_year("zhuhai")
    return simulate_year(weather, it_power, condenser, facility(**keys), lumped_response(2e-3))


@pytest.mark.parametrize("category", [1, 2, 3])
@pytest.mark.parametrize("feed", ["utility", "transformer", "ups", "pdu"])
def test_named_parts_add_up_to_the_total(category, feed):
    result = year(
        pue_category=category, auxiliary_feed=feed, cable={"efficiency": 0.995}, rack_fan_share=0.01
    )
    summary = result.summary()
    named = (
        summary["ite_energy_kWh"]
        + summary["fan_kWh"]
        + summary["pump_kWh"]
        + sum(summary["losses_kWh"].values())
    )
    assert named == pytest.approx(summary["total_energy_kWh"], rel=1e-12)
    inside = summary["chip_energy_kWh"] + sum(summary["internal_losses_kWh"].values())
    assert inside == pytest.approx(summary["ite_energy_kWh"], rel=1e-12)
    assert result.power.residual < 1e-12


def test_pue_falls_as_the_meter_moves_towards_the_utility():
    pues = [year(pue_category=category, cable={"efficiency": 0.99}).pue for category in (1, 2, 3)]
    assert pues[0] < pues[1] < pues[2]


def test_total_energy_does_not_depend_on_where_it_is_metered():
    totals = [year(pue_category=category).power.total.sum() for category in (1, 2, 3)]
    assert totals == pytest.approx([totals[0]] * 3, rel=1e-15)


def test_tue_is_itue_times_the_pue_at_the_equipment():
    result = year(pue_category=3, vrm="vrm")
    assert result.tue == pytest.approx(result.itue * result.pue, rel=1e-12)


def test_fans_inside_the_rack_hide_from_the_pue_but_not_from_the_tue():
    without, with_fans = year(), year(rack_fan_share=0.05)
    # what shows in the PUE is only the room's share in removing their heat
    assert with_fans.pue - without.pue < 0.1 * (with_fans.tue - without.tue)
    assert with_fans.tue > without.tue + 0.04


def test_pue_rises_with_outdoor_temperature():
    weather = climate_year("zhuhai")
    warmer = [replace(weather, dry_bulb=weather.dry_bulb + rise) for rise in (-5.0, 0.0, 3.0, 6.0)]
    pues = [year(weather=one, fan_control=CONTROL).pue for one in warmer]
    assert pues == sorted(pues)
    assert pues[-1] > pues[0]


def test_pue_rises_with_fan_power():
    fans = [
        CONDENSER.model_copy(update={"fan": CONDENSER.fan.model_copy(update={"pressure_rise": p})})
        for p in (10, 60, 200)
    ]
    pues = [year(one).pue for one in fans]
    assert pues == sorted(pues)
    assert pues[0] < pues[-1]


def test_speed_is_the_lowest_that_holds_the_set_point():
    result = year(fan_control=CONTROL)
    assert result.fan_speed.min() == pytest.approx(0.2)
    regulated = (result.fan_speed > 0.2 + 1e-9) & (result.fan_speed < 1.0)
    assert regulated.any()
    assert np.all(result.loop.saturation_temperature[regulated] <= 318.15)
    assert result.loop.saturation_temperature[regulated] == pytest.approx(318.15, abs=0.05)


def test_chip_temperature_can_be_the_controlled_one():
    result = year(fan_control={"variable": "chip", "setpoint": "55 degC"})
    regulated = (result.fan_speed > 0.2 + 1e-9) & (result.fan_speed < 1.0)
    assert result.loop.chip_maximum[regulated] == pytest.approx(328.15, abs=0.05)


def test_hours_above_the_limit_are_counted_and_an_impossible_limit_takes_all():
    assert year(temperature_limit="200 degC").hours_above_limit == 0
    assert year(temperature_limit="1 degC").hours_above_limit == 8760


def test_an_infeasible_loop_counts_as_above_the_limit_and_runs_fans_at_full_speed():
    def response(side, heat):
        return replace(lumped_response()(side, heat), feasible=side.inlet_temperature < 300.0)

    weather = climate_year("zhuhai")
    result = simulate_year(weather, 4800.0, CONDENSER, facility(fan_control=CONTROL), response)
    hot = weather.dry_bulb >= 300.0
    assert result.hours_above_limit == int(hot.sum())
    assert np.all(result.fan_speed[hot] == 1.0)


def test_natural_draught_uses_no_fan_energy():
    stack = {"height": 12.0, "coil_area": 2.0, "loss_coefficient": 30.0}
    spec = CondenserSpec(
        kind="air-natural-draught", elevation=10.0, conductance=700.0, air_flow=0.8, stack=stack
    )
    assert year(spec).summary()["fan_kWh"] == 0.0


def test_the_year_is_repeatable_and_its_table_has_8760_rows():
    first, second = year(fan_control=CONTROL), year(fan_control=CONTROL)
    assert first.summary() == second.summary()
    assert {column.shape for column in first.columns().values()} == {(8760,)}


@settings(max_examples=40, deadline=None)
@given(
    chips=st.lists(st.floats(1.0, 1e6), min_size=1, max_size=5),
    fan=st.floats(0.0, 1e4),
    pump=st.floats(0.0, 1e4),
    category=st.sampled_from([1, 2, 3]),
    feed=st.sampled_from(["utility", "transformer", "ups", "pdu"]),
    redundancy=st.sampled_from(["N", "N+1", "2N"]),
)
def test_power_is_conserved_whatever_the_plant(chips, fan, pump, category, feed, redundancy):
    spec = facility(
        pue_category=category,
        auxiliary_feed=feed,
        ups={"preset": "ups-double-conversion", "redundancy": redundancy},
    )
    balance = power_balance(spec, np.array(chips), fan, pump)
    assert balance.residual < 1e-12
    assert np.all(balance.total > balance.it)


def test_a_facility_alone_has_neither_fans_nor_temperatures():
    result = simulate_year(climate_year("zhuhai"), 4800.0, None, facility(pump_power=10.0))
    summary = result.summary()
    assert summary["fan_kWh"] == 0.0
    assert summary["pump_kWh"] == pytest.approx(100 * 10.0 * 8.76)
    assert summary["hours_above_limit"] == 0
    assert "T_max_K" not in summary
    assert "T_max_K" not in result.columns()


def test_a_condenser_without_a_loop_is_an_ideal_loop_without_a_chip():
    result = simulate_year(climate_year("zhuhai"), 4800.0, CONDENSER, facility(fan_control=CONTROL))
    assert result.loop.chip_maximum is None
    assert "T_sat_evaporator_K" in result.columns()
    assert result.loop.saturation_temperature.max() <= 318.16


def test_a_pad_lowers_the_hottest_hours_and_is_wetted_only_then():
    pad = CONDENSER.model_copy(update={"pad": PadSpec(effectiveness=0.8, above=303.15)})
    dry, wet = year(), year(pad)
    assert wet.loop.saturation_temperature.max() < dry.loop.saturation_temperature.max() - 1.0
    assert np.array_equal(wet.water_use > 0.0, climate_year("zhuhai").dry_bulb > 303.15)
    assert wet.wue > 0.0
    assert dry.wue == 0.0


def test_thin_air_makes_the_condenser_warmer():
    weather = climate_year("zhuhai")
    high = replace(weather, pressure=0.8 * weather.pressure)
    assert np.all(year(weather=high).loop.saturation_temperature > year().loop.saturation_temperature)


def test_a_water_loop_stays_its_approach_above_the_outdoors():
    spec = CondenserSpec(
        kind="water", elevation=5.0, conductance=3000.0, water={"mass_flow": 0.4, "approach": 6.0}
    )
    result = year(spec)
    assert np.all(result.loop.saturation_temperature > result.weather.dry_bulb + 6.0)
    assert result.summary()["pump_kWh"] > 0.0


def test_partial_pues_add_up_to_the_pue():
    result = year(fan_control=CONTROL)
    assert sum(part - 1.0 for part in result.partial_pue.values()) == pytest.approx(
        result.pue - 1.0, rel=1e-12
    )


def test_heat_is_reused_only_when_it_is_warm_enough():
    def reused(temperature):
        return year(fan_control=CONTROL, heat_reuse={"temperature": temperature, "approach": 3.0}).erf

    assert reused("90 degC") == 0.0
    assert 0.0 < reused("41 degC") < reused("15 degC")
    # all of the chips' heat, over all energy: the inverse of the TUE
    assert reused("1 degC") == pytest.approx(1.0 / year(fan_control=CONTROL).tue, rel=1e-12)


def test_carbon_is_energy_times_the_grid_factor():
    result = year(grid_carbon=0.5)
    assert result.carbon == pytest.approx(0.5 * result.summary()["total_energy_kWh"])
    assert year().carbon is None


def test_hours_above_marks_fall_as_the_mark_rises():
    hours = list(
        year(temperature_marks=("40 degC", "45 degC", "50 degC")).summary()["hours_above_K"].values()
    )
    assert hours == sorted(hours, reverse=True)
    assert hours[0] > hours[-1]


def test_hours_that_miss_the_set_point_are_counted():
    assert year(fan_control=CONTROL).hours_unmet == 0
    missed = year(fan_control={"setpoint": "36 degC"})
    assert missed.hours_unmet > 0
    assert np.all(missed.fan_speed[missed.loop.saturation_temperature > 309.15] == 1.0)


def test_a_profile_repeats_by_day_or_week_over_the_year():
    day = [0.5] * 12 + [1.0] * 12
    assert facility(load_profile=day).hourly_load().mean() == pytest.approx(0.75)
    week = [1.0] * 120 + [0.2] * 48
    load = facility(load_profile=week).hourly_load()
    assert load.shape == (8760,)
    assert load[168] == 1.0
    with pytest.raises(ValueError, match="24, 168 or 8760"):
        facility(load_profile=[1.0, 0.5])


def test_part_load_costs_pue_because_the_chain_is_built_for_the_peak():
    flat = year(it_power=4800.0)
    nightly = year(it_power=4800.0 * facility(load_profile=[0.3] * 12 + [1.0] * 12).hourly_load())
    assert nightly.pue > flat.pue


def test_an_overloaded_chain_is_a_warning():
    assert year().warnings == ()
    (warning,) = [w for w in year(design_power=100 * 2400.0).warnings if w.startswith("ups")]
    assert "installed capacity" in warning


def test_hours_without_it_power_have_no_pue_but_the_year_has():
    profile = [0.0] * 6 + [1.0] * 18
    spec = {"psu": "none", "load_profile": profile}
    result = year(it_power=4800.0 * facility(**spec).hourly_load(), **spec)
    assert np.isnan(result.hourly_pue[0])
    assert 1.0 < result.pue < 1.2
    assert result.summary()["pue_hourly_max"] < 2.0


def test_a_year_without_it_power_is_refused():
    with pytest.raises(InputError, match="zero"):
        year(it_power=0.0)
