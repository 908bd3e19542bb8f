"""The year study: weather through condenser, loop and electrical chain to PUE, and what hangs on it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.operation import ReducedStates, limit_namer, margin_finder, rack_solver, steady_package
from coupling.plant.facility import FacilitySpec
from coupling.plant.operating_map import operating_map
from coupling.plant.response import ResponseTable, tabulate_response
from coupling.plant.tables import comparison_tables, reserve_table
from coupling.plant.weather import Weather
from coupling.plant.year import Response, YearResult, simulate_year
from coupling.study_context import StudyContext
from meshes.errors import InputError

Array = NDArray[np.float64]
TABLE_TOLERANCE = 0.1
"""Of the year's interpolated chip and block temperatures [K]."""
STATE_ERROR, MAP_STATE_ERROR = 0.05, 0.25
"""Of a state of the year, and of one of the map, by a reduced model, beyond which the full field is solved [K]."""
YEAR_EDGE = 0.005
"""Share of the year's heats, and half that of its temperatures, within which it finds what is carried no more [-]."""
MAP_TOLERANCE = 1.0
"""Of the operating map's interpolated chip temperature [K]."""
MAP_EDGE = 0.05
"""Share of the operating map's powers within which it finds what the loop carries no more [-]."""
MAP_POWER = (0.3, 1.5)
"""Share of the design power that the operating map spans [-]."""
MAP_OUTDOORS = np.linspace(263.15, 318.15, 23)
"""Outdoor temperatures of the operating map [K]."""


def run_year(context: StudyContext) -> bool:
    """Run the facility through its year; write the hours, the operating map, the comparisons."""
    spec, weather = context.loaded.spec, context.inputs.weather
    if spec.facility is None or weather is None:
        raise ValueError("the case has no facility")
    design = spec.facility.it_power or _chip_power(context)
    power = design * spec.facility.hourly_load()
    response, table = None, None
    if context.steady is not None and spec.condenser is not None:
        states = _reduced_states(context)
        table = _table(context, weather, power, states)
        context.sections.setdefault("numerics", {})["year_table_error_K"] = table.interpolation_error
        response = table.response()
        _write_map(context, spec.facility, weather, design, states)
        _report_reduced(context, states)
    elif spec.loop is not None:
        context.warnings.append(
            "year: without a package the loop is taken as ideal: it carries any heat, at the condensing temperature"
        )
    result = simulate_year(weather, power, spec.condenser, spec.facility, response)
    context.progress("year", 8760, 8760)
    context.sections["facility"] = result.summary()
    if table is not None:
        context.sections["facility"]["limit"] = _loop_limit(context, result, power)
        context.sections["facility"]["blocks_max_K"] = _block_peaks(context, table, result, power)
    context.warnings += result.warnings
    context.directory.write_table("year.parquet", result.columns())
    _write_comparisons(context, weather, power, design, response)
    return True


def _chip_power(context: StudyContext) -> float:
    """Power of one rack's chips [W]: of the trace and, where they leak, at the temperatures of the steady state."""
    if context.steady is None or not context.leaks:
        return float(context.inputs.mean_power.sum())
    context.warnings.append(
        "year: leakage is held at that of the steady study, at the condenser's design temperature"
    )
    return float(context.steady.block_power.sum())


def _reduced_states(context: StudyContext) -> tuple[ReducedStates, ReducedStates] | str:
    """Return what gives the states of year and map without the full field, or why there is none."""
    if context.rack is None or context.steady is None:
        raise ValueError("the year's table needs the steady state")
    if not context.loaded.spec.numerics.reduced:
        return "numerics.reduced is false"
    try:
        package = steady_package(context.rack, context.steady)
    except InputError as error:
        return str(error)
    year, drawn = (
        ReducedStates(context.rack, context.steady, package, largest)
        for largest in (STATE_ERROR, MAP_STATE_ERROR)
    )
    return year, drawn


def _report_reduced(context: StudyContext, states: tuple[ReducedStates, ReducedStates] | str) -> None:
    reduced: dict[str, Any] = context.sections.setdefault("numerics", {}).setdefault("reduced", {})
    if isinstance(states, str):
        reduced["year"] = {
            "states": 0,
            "full_states": None,
            "error_K": None,
            "map_error_K": None,
            "reason": states,
        }
        return
    year, drawn = states
    if reduced.get("order") is None and "reason" not in reduced:
        reduced |= {"order": year.order, "error_K": year.error}
    refused = year.refused + drawn.refused
    limits = f"more than {STATE_ERROR:g} K, or {MAP_STATE_ERROR:g} K on the map"
    reduced["year"] = {
        "states": year.served + drawn.served,
        "full_states": refused,
        "error_K": year.error,
        "map_error_K": drawn.error,
        "reason": f"{refused} states might have erred by {limits}" if refused else "",
    }


def _table(
    context: StudyContext, weather: Weather, power: Array, states: tuple[ReducedStates, ReducedStates] | str
) -> ResponseTable:
    """Solve the rack over the condensing temperatures, and the heats, of the year."""
    if context.rack is None or context.steady is None:
        raise ValueError("the year's table needs the steady state")
    low, high = float(power[power > 0.0].min()), float(power.max())
    return tabulate_response(
        rack_solver(context.rack, context.steady, reduced=None if isinstance(states, str) else states[0]),
        _condensing_range(context, weather),
        (high,) if high - low <= 1e-9 * high else (low, high),
        tolerance=TABLE_TOLERANCE,
        edge=YEAR_EDGE,
        announce=lambda solved: context.progress("year: rack states", solved, max(solved + 1, 10)),
    )


def _loop_limit(context: StudyContext, result: YearResult, power: Array) -> str:
    """Name what stops the loop in the hottest of the hours that it does not carry, ``""`` where it carries all."""
    loop = result.loop
    if loop is None or loop.condensing_temperature is None or loop.feasible.all():
        return ""
    if context.rack is None or context.steady is None:
        raise ValueError("the year's limit needs the steady state")
    at = np.where(loop.feasible, -np.inf, loop.condensing_temperature)
    hour = int(at.argmax())
    return limit_namer(context.rack, context.steady)(float(at[hour]), float(power[hour])) or "no steady state"


def _block_peaks(
    context: StudyContext, table: ResponseTable, result: YearResult, power: Array
) -> dict[str, dict[str, float]]:
    """Highest temperature in the year of each block of the hottest module, and its hour."""
    if result.loop is None or result.loop.condensing_temperature is None:
        return {}
    peaks, hours = table.part_peaks(result.loop.condensing_temperature, power)
    names = context.package_field().block_names
    return {
        name: {"T_max_K": peak, "hour": hour}
        for name, peak, hour in zip(names, peaks.tolist(), hours.tolist(), strict=True)
    }


def _condensing_range(context: StudyContext, weather: Weather) -> tuple[float, float]:
    """Condensing temperatures that the year can lead to, generously [K]."""
    if context.steady is None:
        raise ValueError("the year's table needs the steady state")
    lift = context.steady.loop.condensing_temperature - context.steady.sink.temperature
    return float(weather.dry_bulb.min()) + 0.5 * lift, float(weather.dry_bulb.max()) + 2.0 * lift


def _write_map(
    context: StudyContext,
    facility: FacilitySpec,
    weather: Weather,
    design: float,
    states: tuple[ReducedStates, ReducedStates] | str,
) -> None:
    """Write ``operating_map.json``: chip temperature over outdoor temperature and power, and each limit's line."""
    condenser = context.loaded.spec.condenser
    if context.rack is None or context.steady is None or condenser is None or not context.directory.keeps:
        return
    low, high = _condensing_range(context, weather)
    lift = high - float(weather.dry_bulb.max())
    table = tabulate_response(
        rack_solver(
            context.rack, context.steady, parts=False, reduced=None if isinstance(states, str) else states[1]
        ),
        (min(low, float(MAP_OUTDOORS[0])), max(high, float(MAP_OUTDOORS[-1]) + lift)),
        (MAP_POWER[0] * design, MAP_POWER[1] * design),
        tolerance=MAP_TOLERANCE,
        most_nodes=9,
        edge=MAP_EDGE,
        announce=lambda solved: context.progress("year: operating map", solved, max(solved + 1, 25)),
    )
    context.progress("year: operating map", table.solved, table.solved)
    powers = design * np.linspace(*MAP_POWER, 25)
    asked = limit_namer(context.rack, context.steady), margin_finder(context.rack, context.steady)
    content = operating_map(table.response(), condenser, facility, MAP_OUTDOORS, powers, *asked)
    content["interpolation_error_K"] = table.interpolation_error
    context.sections.setdefault("numerics", {})["operating_map_error_K"] = table.interpolation_error
    context.directory.write_json("operating_map.json", content)


def _write_comparisons(
    context: StudyContext, weather: Weather, power: Array, design: float, response: Response | None
) -> None:
    """Write ``comparison.json`` and ``reserve.json`` where the case asks for them."""
    spec = context.loaded.spec
    if spec.facility is None:
        return
    if spec.comparison is not None:
        tables = comparison_tables(
            weather, power, design, spec.facility, spec.comparison, spec.condenser, response, spec.case.seed
        )
        context.directory.write_json("comparison.json", tables)
    if spec.reserve is not None and spec.condenser is not None:
        rows = reserve_table(weather, design, spec.condenser, spec.reserve)
        context.directory.write_json("reserve.json", {"rows": rows})
