"""Tables of the report: what came out, residuals, energy, numerics; also written as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from reports.figures.energy import use_words
from reports.figures.style import thousands
from reports.language import Words
from reports.run_directory import RunDirectory, Section, listed, mapping
from reports.verdict import LIMITS, is_number, margins, numbers

Cell = str | float | int | None
NOTHING = 1e-20
"""Numbers below this are round-off of zero."""
ROUND_OFF = 1e-6
"""Temperatures and their differences below this are round-off of the solvers [K]."""
SHORT = 60
"""Longest text of a result that has a line of its own."""


class Length(float):
    """A length [m]: pages show it in µm or mm, files keep metres."""


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers under named columns; ``bar`` is the column drawn as a bar from 0 to 1."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bar: int | None = None

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column holds numbers, and so is set flush right."""
        return tuple(any(is_number(row[index]) for row in self.rows) for index in range(len(self.columns)))

    def csv(self) -> str:
        """Return the table as CSV; numbers keep every digit, lengths are in metres."""
        sheet = io.StringIO()
        writer = csv.writer(sheet, lineterminator="\n")
        lengths = [
            any(isinstance(row[index], Length) for row in self.rows) for index in range(len(self.columns))
        ]
        writer.writerow(
            [f"{name} [m]" if long else name for name, long in zip(self.columns, lengths, strict=True)]
        )
        writer.writerows([[_inert(cell) for cell in row] for row in self.rows])
        return sheet.getvalue()


def _inert(cell: Cell) -> Cell:
    """Keep a spreadsheet from running text that looks like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def show(cell: Cell) -> str:
    """Write a number with the digits that count; text as it is.

    Hundreds and thousands, temperatures among them, get two decimals, smaller numbers four digits; thousands stand
    apart by a thin space.

    Examples
    --------
    >>> show(322.8997), show(0.21), show(3.2e-9), show(12), show(Length(775e-6)), show(None)
    ('322.90', '0.21', '3.2e-09', '12', '775 µm', '–')
    """
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Length):
        return f"{cell * 1e6:.4g} µm" if abs(cell) < 1e-3 else f"{cell * 1e3:.4g} mm"
    if isinstance(cell, int) or abs(cell) >= 1e4 or (abs(cell) >= 1e3 and float(cell).is_integer()):
        return thousands(cell) if abs(cell) < 1e12 else f"{cell:.3e}"
    if abs(cell) < NOTHING:
        return "0"
    return thousands(cell, 2) if abs(cell) >= 100 and not float(cell).is_integer() else f"{cell:.4g}"


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
        records("plants", tr("Plants compared in the same year"), listed(run.comparison, "plants")),
        claim_share(run, tr),
        records(
            "claim",
            tr("The PUE held against climates and loads"),
            listed(mapping(run.comparison, "claim"), "rows"),
        ),
        records("reserve", tr("Time in reserve when something fails"), listed(run.reserve, "rows")),
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
    ("hours_infeasible", "Hours that cannot run", "h/a"),
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
            if value is not None:
                warm = key.startswith("T_") and is_number(value)
                celsius = f"{value - 273.15:.2f} °C" if warm else ""
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
        "Hottest point [K]",
    )
    rows = tuple(tuple(_cell(entry.get(key)) for key in keys) for entry in listed(run.loop, "modules"))
    return Table("modules", tr("Modules"), tuple(tr(title) for title in titles), rows)


def blocks(run: RunDirectory, tr: Words) -> Table:
    """Temperature of each floorplan block, hottest first."""
    found = {name: numbers(entry) for name, entry in mapping(run.result("chip"), "blocks").items()}
    ordered = sorted(found.items(), key=lambda item: -item[1].get("T_max_K", 0.0))
    rows = tuple((name, entry.get("T_max_K"), entry.get("T_mean_K")) for name, entry in ordered)
    columns = (tr("Block"), tr("Hottest point [K]"), tr("Mean [K]"))
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


def records(key: str, title: str, rows: list[Section]) -> Table:
    """Table of entries as the run names them; the units are in the names."""
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(key, title, columns, tuple(tuple(_cell(row.get(name)) for name in columns) for row in rows))


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
