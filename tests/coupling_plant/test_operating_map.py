"""The map of what a rack can carry: its limit lines lie where the closed form puts them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import lumped_response
from coupling.plant.operating_map import operating_map
from thermal.loop.condenser import CondenserSpec, coolant_side
from thermal.loop.humid_air import AirState, humidity_ratio

CONDENSER = CondenserSpec(
    kind="air-fan",
    elevation=10.0,
    conductance=900.0,
    air_flow=0.9,
    fan={"pressure_rise": 60.0, "efficiency": 0.5},
)
SITE = FacilitySpec(racks=3, climate="zhuhai", temperature_limit="70 degC")
DRY_BULB = np.linspace(273.15, 318.15, 7)
POWER = np.linspace(1000.0, 20000.0, 39)


def test_the_temperature_limit_lies_where_the_resistances_put_it():
    found = operating_map(lumped_response(2e-3), CONDENSER, SITE, DRY_BULB, POWER)
    (line,) = [limit for limit in found["limits"] if limit["name"] == "T_max"]
    for temperature, power in zip(line["dry_bulb_K"], line["power_W"], strict=True):
        air = AirState(temperature, float(humidity_ratio(temperature, 0.5, 101325.0)))
        effective = float(coolant_side(CONDENSER, air).effective_conductance)
        assert power == pytest.approx((343.15 - temperature) / (1.0 / effective + 2e-3), rel=1e-6)
    assert line["power_W"] == sorted(line["power_W"], reverse=True)


def test_the_map_is_json_with_gaps_where_the_loop_gives_up():
    def limited(side, heat):
        return replace(lumped_response(2e-3)(side, heat), feasible=heat <= 8000.0)

    found = json.loads(json.dumps(operating_map(limited, CONDENSER, SITE, DRY_BULB, POWER), allow_nan=False))
    assert found["racks"] == 3
    assert np.shape(found["T_max_K"]) == (39, 7)
    assert found["T_max_K"][-1][0] is None
    assert found["T_max_K"][0][0] is not None
    (line,) = [limit for limit in found["limits"] if limit["name"] == "loop"]
    assert line["power_W"] == pytest.approx([8000.0] * 7)


def test_the_edge_of_the_loop_is_told_apart_by_what_stops_it():
    def limited(side, heat):
        answer = lumped_response(2e-3)(side, heat)
        return replace(
            answer, feasible=heat <= 8000.0, condensing_temperature=side.inlet_temperature + heat / 900.0
        )

    def limit_of(condensing, heat):
        assert heat > 8000.0
        return "" if heat < 9000.0 else "flooding" if condensing < 308.15 else "dryout"

    found = operating_map(limited, CONDENSER, SITE, DRY_BULB, POWER, limit_of)
    lines = {line["name"]: line for line in found["limits"] if line["name"] != "T_max"}
    assert set(lines) == {"flooding", "dryout"}
    assert lines["flooding"]["dry_bulb_K"] == [t for t in DRY_BULB.tolist() if t + 9000.0 / 900.0 < 308.15]
    assert sum(len(line["power_W"]) for line in lines.values()) == DRY_BULB.size
    # the response gives up at 8 kW, the loop itself carries up to 9 kW
    assert {power for line in lines.values() for power in line["power_W"]} == {8500.0}


def test_a_margin_that_is_used_up_without_stopping_the_loop_has_a_line():
    """A flow excursion at 6 kW and 300 K, 10 W less for each kelvin; no start below 2 kW; critical flux is far."""

    def carried(side, heat):
        answer = lumped_response(2e-3)(side, heat)
        return replace(answer, condensing_temperature=side.inlet_temperature + heat / 900.0)

    asked = []

    def margins_of(condensing, heat):
        asked.append((condensing, heat))
        edge = 6000.0 - 10.0 * (condensing - 300.0)
        return {"ledinegg": 1.0 - (heat / edge) ** 2, "start_up": heat / 2000.0 - 1.0, "chf": 0.5}

    site = SITE.model_copy(update={"temperature_limit": None})
    found = operating_map(carried, CONDENSER, site, DRY_BULB, POWER, lambda *state: "", margins_of)
    lines = {line["name"]: line for line in found["limits"]}
    assert set(lines) == {"ledinegg", "start_up"}
    assert lines["start_up"]["power_W"] == pytest.approx([2000.0] * DRY_BULB.size)
    for temperature, power in zip(lines["ledinegg"]["dry_bulb_K"], lines["ledinegg"]["power_W"], strict=True):
        assert power == pytest.approx(6000.0 - 10.0 * (temperature + power / 900.0 - 300.0), abs=20.0)
    assert len(asked) == len(set(asked)) < 0.4 * POWER.size * DRY_BULB.size


def test_limits_that_are_not_reached_have_no_line():
    site = SITE.model_copy(update={"temperature_limit": 1000.0})
    assert operating_map(lumped_response(2e-3), CONDENSER, site, DRY_BULB, POWER)["limits"] == []


def test_a_map_needs_a_chip():
    with pytest.raises(ValueError, match="chip"):
        operating_map(lumped_response(), CONDENSER, SITE, DRY_BULB, POWER)
