"""Five plants on one year: what must hold between them, and what a claim depends on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from coupling.plant.climate import climate_year
from coupling.plant.comparison import ComparisonSpec, check_claim, compare_plants, table
from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import lumped_response
from coupling.plant.reserve import ReserveSpec
from coupling.plant.rivals import PumpSpec, RoomAirSpec
from coupling.plant.tables import comparison_tables, reserve_table
from meshes.errors import InputError
from thermal.loop.condenser import CondenserSpec
from thermal.loop.humid_air import AirState

DRAUGHT = CondenserSpec(
    kind="air-natural-draught",
    elevation=10.0,
    conductance=900.0,
    air_flow=0.9,
    stack={"height": 12.0, "coil_area": 2.5, "loss_coefficient": 25.0},
)
FANS = CondenserSpec(
    kind="air-fan",
    elevation=10.0,
    conductance=900.0,
    air_flow=0.9,
    fan={"pressure_rise": 60.0, "efficiency": 0.5},
)
SITE = FacilitySpec(
    racks=100,
    climate="zhuhai",
    fan_control={"setpoint": "45 degC"},
    temperature_limit="85 degC",
    vrm="vrm",
    cable={"efficiency": 0.995},
)
SPEC = ComparisonSpec(natural_draught=DRAUGHT, fans=FANS, pumped={"pump": {"price": 800.0}})


@pytest.fixture(scope="module")
def rows():
    return compare_plants(climate_year("zhuhai"), 4800.0, SITE, SPEC)


def test_five_plants_are_compared(rows):
    assert len({row.plant for row in rows}) == 5


def test_parts_of_the_pue_add_up_to_it(rows):
    for row in rows:
        assert 1.0 + sum(row.parts.values()) == pytest.approx(row.pue, abs=1e-9)


def test_each_added_machine_costs_energy(rows):
    draught, fans, pumped, plate, room = rows
    assert draught.pue < fans.pue < pumped.pue
    assert plate.pump_energy > 0.0
    assert room.pue > plate.pue > draught.pue
    assert room.chiller_energy > 0.0
    assert draught.fan_energy == draught.pump_energy == draught.chiller_energy == 0.0


def test_pump_energy_is_flow_times_pressure_over_efficiency(rows):
    # 4.8 kW at x = 0.3 of 160 kJ/kg and 1110 kg/m3, 1.5 bar, 35 %
    watts = 4800.0 / (1.6e5 * 0.3 * 1110.0) * 1.5e5 / 0.35
    assert rows[2].pump_energy == pytest.approx(100 * watts * 8.76, rel=1e-9)


def test_a_passive_loop_does_away_with_one_pump_a_loop(rows):
    assert [row.pumps for row in rows[:3]] == [0, 0, 100]
    assert rows[2].pump_price == pytest.approx(100 * 800.0)
    assert rows[0].pump_price is None
    assert rows[2].pump_failures_per_year == pytest.approx(100 * 8760.0 / 50_000.0)


def test_fans_inside_the_racks_show_in_the_tue_of_room_air(rows):
    assert rows[-1].itue > rows[0].itue + 0.04


def test_the_chiller_rests_when_it_is_cold_outdoors():
    room = RoomAirSpec()
    cold = room.cooling(AirState(np.array([280.0, 310.0])), np.array([4800.0, 4800.0]))
    assert cold.chiller_power[0] == 0.0
    assert cold.chiller_power[1] > 500.0


def test_the_chiller_stays_below_carnot():
    room = RoomAirSpec()
    performance = room.coefficient_of_performance(AirState(np.array([270.0, 308.15])))
    evaporating = room.supply_temperature - room.evaporator_approach
    assert np.all(performance < evaporating / room.lowest_lift)
    assert performance[1] == pytest.approx(0.5 * evaporating / (308.15 + 12.0 - evaporating))


def test_energy_leaves_the_room_once(rows):
    # chips, the racks' fans and the room units' fans heat the air; the chiller's work is bounded by Carnot at 35 degC
    room = rows[-1]
    assert room.chiller_energy < 0.2 * room.total_energy


def test_the_table_has_a_column_for_every_part(rows):
    columns = table(rows)
    assert {len(column) for column in columns.values()} == {5}
    assert {"fan_kWh", "T_max_K", "pue_ups", "pue_chiller"} <= columns.keys()
    total = [1.0 + sum(columns[n][i] for n in columns if n.startswith("pue_")) for i in range(5)]
    assert total == pytest.approx(columns["pue"], abs=1e-9)


def test_the_claim_depends_on_ups_load_and_boundary():
    rows = check_claim([climate_year("zhuhai")], 4800.0, SITE, DRAUGHT)
    assert len(rows) == 27
    assert any(row.holds for row in rows)
    assert not all(row.holds for row in rows)
    worst = max(rows, key=lambda row: row.pue)
    assert (worst.load, worst.redundancy, worst.category) == (0.4, "2N", 3)
    assert all(row.holds == (row.pue <= 1.1) for row in rows)


def test_a_claim_does_not_hold_where_the_chip_is_too_hot():
    hot = lumped_response(6e-3)
    site = SITE.model_copy(update={"temperature_limit": 353.15, "fan_control": None})
    rows = check_claim(
        [climate_year("lulea"), climate_year("phoenix")],
        4800.0,
        site,
        DRAUGHT,
        ups=[("ups-eco", "2N")],
        loads=[1.0],
        response=hot,
    )
    assert all(row.pue <= 1.1 for row in rows)
    assert [row.holds for row in rows if row.category == 2] == [True, False]
    assert rows[-1].hours_above_limit > 0


@pytest.mark.parametrize(
    "fault", [{"efficiency": 0.0}, {"count": 0}, {"price": -1.0}, {"time_between_failures": 0.0}]
)
def test_faulty_pumps_are_refused(fault):
    with pytest.raises(ValueError, match="greater"):
        PumpSpec(**fault)


def test_the_cases_own_condenser_stands_for_what_is_left_out():
    draught, fans = ComparisonSpec().condensers(DRAUGHT)
    assert draught is DRAUGHT
    assert (fans.kind, fans.conductance, fans.fan.pressure_rise) == ("air-fan", 900.0, 60.0)
    draught, fans = ComparisonSpec().condensers(FANS)
    assert fans is FANS
    assert (draught.kind, draught.stack.height) == ("air-natural-draught", 12.0)
    with pytest.raises(InputError, match="comparison"):
        ComparisonSpec().condensers(None)


@pytest.mark.slow
def test_tables_are_plain_json():
    weather = climate_year("zhuhai")
    tables = comparison_tables(weather, 4800.0, 4800.0, SITE, ComparisonSpec(), DRAUGHT)
    tables["reserve"] = reserve_table(
        weather, 4800.0, FANS, ReserveSpec(heat_capacity=2e5, chip_resistance=2e-3, chip_limit=358.15)
    )
    text = json.dumps(tables, allow_nan=False)
    assert json.loads(text)["plants"][0]["plant"] == "passive loop, natural draught"
    assert {row["climate"] for row in tables["claim"]["rows"]} >= {"Zhuhai", "Luleå", "Phoenix"}
    assert tables["reserve"][0]["hours_to_limit"] is None
