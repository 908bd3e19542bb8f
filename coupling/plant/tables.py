"""Comparison, claim and reserve of one case as tables of plain numbers, ready to be written and drawn."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from numpy.typing import ArrayLike

from coupling.plant.climate import climate_names, climate_year
from coupling.plant.comparison import (
    FANS,
    NATURAL_DRAUGHT,
    ComparisonSpec,
    check_claim,
    compare_plants,
    table,
)
from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import Response, lumped_response
from coupling.plant.reserve import ReserveSpec, reserve
from coupling.plant.weather import Weather
from thermal.loop.condenser import CondenserSpec

CLAIM = 1.1
"""The PUE that is held against climates, load points and boundaries [-]."""


def comparison_tables(
    weather: Weather,
    it_power: ArrayLike,
    design_power: float,
    facility: FacilitySpec,
    spec: ComparisonSpec,
    condenser: CondenserSpec | None,
    response: Response | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Five plants on the case's year, and the claim in every known climate.

    Parameters
    ----------
    weather
        Of the case.
    it_power
        One rack's chips [W], one number or one an hour.
    design_power
        One rack's chips at full load [W].
    facility, spec, condenser, response
        Of the case.
    seed
        Of the synthetic years.
    """
    rows = compare_plants(weather, it_power, facility, spec, response, condenser)
    passive = dict(zip((NATURAL_DRAUGHT, FANS), spec.condensers(condenser), strict=True))
    places = [climate_year(name, seed) for name in climate_names()]
    # part loads leave the range of a table made at one heat: the claim is held against an ideal loop
    ideal = lumped_response(spec.cold_plate.chip_resistance)
    claims = [
        row
        for plant, own in passive.items()
        for row in check_claim(places, design_power, facility, own, plant=plant, limit=CLAIM, response=ideal)
    ]
    return {
        "weather": weather.name,
        "weather_synthetic": weather.synthetic,
        "plants": _records(table(rows)),
        "claim": {
            "limit": CLAIM,
            "rows": [asdict(row) for row in claims],
            "assumption": "synthetic years, ideal loop with the cold plate's chip resistance",
        },
    }


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """One record a row; numbers that are not finite are None."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [{name: _finite(value) for name, value in row.items()} for row in rows]


def _finite(value: Any) -> Any:
    """The value, or None for a number that JSON has no way to write."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def reserve_table(
    weather: Weather, heat: float, condenser: CondenserSpec, spec: ReserveSpec
) -> list[dict[str, Any]]:
    """One row a failure; hours that are never reached, and temperatures without end, are None."""
    return [
        {
            "failure": row.failure,
            "hours_to_limit": _finite(row.hours_to_limit),
            "limit": row.limit,
            "T_max_K": _finite(row.chip_maximum),
            "T_sat_max_K": _finite(row.saturation_maximum),
            "hours_above_limit": row.hours_above_limit,
        }
        for row in reserve(weather, heat, condenser, spec)
    ]
