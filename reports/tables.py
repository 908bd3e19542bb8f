"""Tables of the report: what came out, residuals, energy, numerics; also written as CSV."""

from __future__ import annotations

from typing import Any

from reports.cells import Cell, Length, Table, Temperature, celsius_text, split_unit
from reports.figures.energy import use_words
from reports.language import Words
from reports.run_directory import RunDirectory, Section, listed, mapping
from reports.verdict import LIMITS, is_number, margins, numbers

ROUND_OFF = 1e-6
"""Temperatures and their differences below this are round-off of the solvers [K]."""
SHORT = 60
"""Longest text of a result that has a line of its own."""
HEADS = {"T_max": "Hottest point", "T_sat_max": "Highest saturation temperature"}
"""Words for keys of records."""


def tables(run: RunDirectory, tr: Words) -> list[Table]:
    """Return every table that the run has data for."""
    made = [
        layers(run, tr),
        inputs(run, tr),
        results(run, tr),
        margin_table(run, tr),
        modules(run, tr),
        blocks(run, tr),
        residuals(run, tr),
        losses(run, tr),
        records("plants", tr("Plants compared in the same year"), listed(run.comparison, "plants"), tr),
        claim_share(run, tr),
        records(
            "claim",
            tr("The PUE held against climates and loads"),
            listed(mapping(run.comparison, "claim"), "rows"),
            tr,
        ),
        records("reserve", tr("Time in reserve when something fails"), listed(run.reserve, "rows"), tr),
        closures(run, tr),
        repeat(run, tr),
    ]
    return [table for table in made if table.rows]


CHIP = (
    ("T_max_K", "Hottest point", "K"),
    ("T_mean_K", "Mean temperature", "K"),
    ("hottest_block", "Hottest block", ""),
    ("hottest_module", "Hottest module", ""),
)
LOOP = (
    ("T_sat_evaporator_K", "Saturation temperature, evaporator", "K"),
    ("T_sat_condenser_K", "Saturation temperature, condenser", "K"),
    ("mass_flow_kg_s", "Mass flow", "kg/s"),
    ("heat_asked_W", "Heat asked for", "W"),
    ("heat_W", "Heat carried", "W"),
    ("largest_heat_W", "Largest heat it could carry", "W"),
    ("condenser_pressure_Pa", "Condenser pressure", "Pa"),
    ("limit", "What stops it", ""),
    ("subcooling_K", "Subcooling", "K"),
    ("charge_kg", "Charge", "kg"),
    ("flooded_share", "Flooded share of the condenser", "–"),
    ("regime", "Regime", ""),
    ("oscillation.growth_rate_1_s", "Growth of a small disturbance", "1/s"),
    ("oscillation.period_s", "Period of its swing", "s"),
    ("low_flux.density_wave_margin", "Margin to density waves (Ishii)", "–"),
    ("low_flux.modules_with_suppressed_boiling", "Modules whose boiling the static head suppresses", ""),
    ("low_flux.modules_below_onset", "Modules below the onset of nucleation", ""),
)
FACILITY = (
    ("pue", "PUE", "–"),
    ("pue_category", "PUE category", "–"),
    ("pue_hourly_max", "Highest hourly PUE", "–"),
    ("itue", "ITUE", "–"),
    ("tue", "TUE", "–"),
    ("chip_energy_kWh", "Chip energy", "kWh/a"),
    ("ite_energy_kWh", "IT energy", "kWh/a"),
    ("total_energy_kWh", "Total energy", "kWh/a"),
    ("fan_kWh", "Fans", "kWh/a"),
    ("pump_kWh", "Pumps", "kWh/a"),
    ("wue_L_kWh", "WUE", "L/kWh"),
    ("hours_above_limit", "Hours above the limit", "h/a"),
    ("hours_infeasible", "Hours in which the loop cannot carry the heat", "h/a"),
    ("limit", "What stops it", ""),
    ("hours_with_hot_chip", "Hours in which the chip is above its limit", "h/a"),
    ("temperature_limit_K", "Limit of the chip", "K"),
    ("hours_unmet", "Unmet hours", "h/a"),
    ("erf", "ERF", "–"),
    ("T_sat_evaporator_max_K", "Highest saturation temperature of the year", "K"),
    ("T_max_K", "Hottest point of the year", "K"),
    ("fan_speed_mean", "Mean fan speed", "–"),
    ("weather", "Weather", ""),
)


def results(run: RunDirectory, tr: Words) -> Table:
    """Headline results, each with its unit; temperatures in Celsius beside kelvin."""
    rows: list[tuple[Cell, ...]] = []
    for part, title, entries in (
        ("chip", "Chip", CHIP),
        ("loop", "Loop", LOOP),
        ("facility", "Facility", FACILITY),
    ):
        section = run.result(part)
        if part == "loop" and "fluid" in section:
            rows.append((tr(title), tr("Fluid"), str(section["fluid"]), "", ""))
        for key, label, unit in entries:
            value = _within(section, key)
            if key == "fan_speed_mean" and run.section("condenser").get("kind") != "air-fan":
                value = None  # there is no fan whose speed could be told
            if unit == "K" and is_number(value) and abs(value) < ROUND_OFF:
                value = 0.0
            if key == "hours_above_limit" and "hours_infeasible" not in section:
                value = None  # without a loop there is nothing that could reach a limit
            if value not in (None, ""):
                warm = key.startswith(("T_", "temperature_")) and is_number(value)
                celsius = celsius_text(value) if warm else ""
                rows.append((tr(title), tr(label), _cell(value), unit, celsius))
        known = {"fluid", *(key for key, _, _ in entries)}
        more = [(key, value) for key, value in section.items() if key not in known and _plain(value)]
        rows += [(tr(title), key, _cell(value), "", "") for key, value in more]
    columns = (tr("Part"), tr("Quantity"), tr("Value"), tr("Unit"), tr("In Celsius"))
    return Table("results", tr("Results"), columns, tuple(rows))


def _within(section: Section, key: str) -> Any:
    """Value at a key with dots; ``None`` where there is none."""
    value: Any = section
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def layers(run: RunDirectory, tr: Words) -> Table:
    """The package's layers, bottom to top."""
    keys = ("name", "thickness", "material", "cells")
    found = listed(run.section("package"), "layer")
    rows = tuple(
        tuple(_length(entry.get(key)) if key == "thickness" else _cell(entry.get(key)) for key in keys)
        for entry in found
    )
    columns = (tr("Layer, bottom to top"), tr("Thickness"), tr("Material"), tr("Cells in height"))
    return Table("layers", tr("Layers of the package"), columns, rows)


def inputs(run: RunDirectory, tr: Words) -> Table:
    """Every value of the resolved case file by its key path."""
    return Table("inputs", tr("Inputs"), (tr("Key"), tr("Value")), tuple(flat(run.case)))


def margin_table(run: RunDirectory, tr: Words) -> Table:
    """Margins, nearest limit first."""
    rows = [(tr(LIMITS.get(name, name)), round(value, 4)) for name, value in margins(run).items()]
    return Table("margins", tr("Margins to the limits"), (tr("Limit"), tr("Margin [–]")), tuple(rows), bar=1)


def modules(run: RunDirectory, tr: Words) -> Table:
    """State of each module."""
    keys = ("name", "elevation_m", "heat_W", "mass_flow_kg_s", "exit_quality", "T_max_K")
    titles = (
        "Module",
        "Elevation [m]",
        "Heat [W]",
        "Mass flow [kg/s]",
        "Exit quality [–]",
        "Hottest point",
    )
    found = listed(run.loop, "modules")
    known = [index for index, key in enumerate(keys) if any(entry.get(key) is not None for entry in found)]
    rows = tuple(tuple(_keyed(keys[index], entry) for index in known) for entry in found)
    return Table("modules", tr("Modules"), tuple(tr(titles[index]) for index in known), rows)


def blocks(run: RunDirectory, tr: Words) -> Table:
    """Temperature of each floorplan block, hottest first."""
    found = {name: numbers(entry) for name, entry in mapping(run.result("chip"), "blocks").items()}
    ordered = sorted(found.items(), key=lambda item: -item[1].get("T_max_K", 0.0))
    rows = tuple((name, _keyed("T_max_K", entry), _keyed("T_mean_K", entry)) for name, entry in ordered)
    columns = (tr("Block"), tr("Hottest point"), tr("Mean"))
    return Table("blocks", tr("Floorplan blocks"), columns, rows)


def residuals(run: RunDirectory, tr: Words) -> Table:
    """Energy residuals of the interfaces."""
    rows = tuple(
        (tr(name.removesuffix("_rel").replace("_", " ")), value)
        for name, value in numbers(run.result("energy")).items()
    )
    return Table("residuals", tr("Energy residuals"), (tr("Interface"), tr("Relative residual [–]")), rows)


def losses(run: RunDirectory, tr: Words) -> Table:
    """Where the energy of the year goes."""
    facility = run.result("facility")
    spent = {
        "IT": facility.get("ite_energy_kWh"),
        "fans": facility.get("fan_kWh"),
        "pumps": facility.get("pump_kWh"),
    }
    spent |= mapping(facility, "losses_kWh")
    found = numbers(spent)
    total = facility.get("total_energy_kWh")
    share = 100.0 / total if is_number(total) and total else None
    rows = tuple(
        (use_words(name, tr), value, None if share is None else round(value * share, 3))
        for name, value in found.items()
    )
    columns = (tr("Use"), tr("Energy [kWh/a]"), tr("Share of total [%]"))
    return Table("losses", tr("Energy of the year"), columns, rows)


def records(key: str, title: str, rows: list[Section], tr: Words) -> Table:
    """Table of entries as the run names them, units in brackets."""
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = tuple(tuple(_keyed(name, row) for name in names) for row in rows)
    return Table(key, title, tuple(_head(name, tr) for name in names), cells)


def _head(name: str, tr: Words) -> str:
    """Column head of a key: words, and the unit at its end in brackets."""
    label, unit = split_unit(name)
    if name.startswith("hours_"):
        unit = "h"
    words = use_words(HEADS.get(label, label), tr)
    return words if not unit or _is_temperature(name) else f"{words} [{unit}]"


def _keyed(name: str, entry: Section) -> Cell:
    """Cell of an entry, a temperature where its key says so."""
    value = entry.get(name)
    return Temperature(value) if _is_temperature(name) and is_number(value) else _cell(value)


def _is_temperature(name: str) -> bool:
    return name.startswith("T_") and name.endswith("_K")


def claim_share(run: RunDirectory, tr: Words) -> Table:
    """Where the PUE that is held against the plants holds: climates out of all, for each chain, load and boundary."""
    points: dict[tuple[Cell, ...], list[Section]] = {}
    for row in listed(mapping(run.comparison, "claim"), "rows"):
        if is_number(row.get("pue")):
            points.setdefault(
                (
                    tr(str(row.get("plant", ""))),
                    *(_cell(row.get(key)) for key in CLAIM_POINT),
                ),
                [],
            ).append(row)
    rows = []
    for point, places in points.items():
        pues = [float(place["pue"]) for place in places]
        failing = [str(place.get("climate")) for place in places if place.get("holds") is not True]
        some = ", ".join(failing) if len(failing) < len(places) else tr("all")
        held = len(places) - len(failing)
        rows.append((*point, held, len(places), min(pues), max(pues), some if failing else tr("none")))
    titles = (
        tr("Plant"),
        tr("UPS"),
        tr("Redundancy"),
        tr("Load [–]"),
        tr("PUE category"),
        tr("Climates in which it holds"),
        tr("Climates"),
        tr("Lowest PUE"),
        tr("Highest PUE"),
        tr("Where it does not hold"),
    )
    limit = mapping(run.comparison, "claim").get("limit")
    title = tr("Where a PUE of at most {limit} holds", limit=_cell(limit))
    return Table("claim_share", title, titles, tuple(rows))


CLAIM_POINT = ("ups", "redundancy", "load", "category")
"""What, beside the plant, one line of the claim's table is for; its climates are counted."""


def closures(run: RunDirectory, tr: Words) -> Table:
    """Closures by name, with the range and source that the run states."""
    keys = ("quantity", "name", "range", "source", "error")
    stated = listed(run.loop, "closures")
    rows = [tuple(_cell(entry.get(key)) for key in keys) for entry in stated]
    if not rows:
        named = mapping(run.section("loop"), "closures")
        rows = [(name, _cell(value), None, None, None) for name, value in named.items()]
    columns = tuple(tr(title) for title in ("Quantity", "Closure", "Valid for", "Source", "Published error"))
    return Table("closures", tr("Closures"), columns, tuple(rows))


def repeat(run: RunDirectory, tr: Words) -> Table:
    """What is needed to repeat the run: versions, hash, numerics."""
    rows: list[tuple[Cell, ...]] = []
    for key, label in (("vascool", "vascool"), ("case_sha256", "Case file, SHA-256"), ("started", "Started")):
        if key in run.summary:
            rows.append((tr(label), _cell(run.summary[key])))
    if is_number(run.summary.get("wall_time_s")):
        rows.append((tr("Wall time [s]"), run.summary["wall_time_s"]))
    rows += [*flat(run.result("numerics")), *flat(run.result("versions"))]
    return Table("repeat", tr("To repeat this run"), (tr("Item"), tr("Value")), tuple(rows))


def flat(section: Section, prefix: str = "") -> list[tuple[str, Cell]]:
    """Return the leaves of nested mappings and lists of mappings by their key path."""
    rows: list[tuple[str, Cell]] = []
    for key, value in section.items():
        if isinstance(value, dict):
            rows += flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            for index, entry in enumerate(value):
                rows += flat(entry, f"{prefix}{key}[{index}].")
        else:
            rows.append((f"{prefix}{key}", _cell(value)))
    return rows


def _length(value: object) -> Cell:
    return Length(value) if is_number(value) else _cell(value)


def _plain(value: object) -> bool:
    return is_number(value) or (isinstance(value, str) and 0 < len(value) <= SHORT)


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return str(value)
