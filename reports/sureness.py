"""Tables of the study of uncertainty: percentiles, what was drawn with which band, what was not."""

from __future__ import annotations

from reports.cells import Cell, Table
from reports.figures.uncertainty import quantity_words
from reports.language import Words
from reports.run_directory import RunDirectory, Section, listed, mapping
from reports.verdict import is_number, numbers

PERCENTILES = ("p05", "p50", "p95")
FOUR_DIGITS = ("facility.pue",)
"""Quantities whose fourth decimal counts."""


def uncertainty_tables(run: RunDirectory, tr: Words) -> list[Table]:
    """Return the tables that the run has draws for; none without."""
    found = run.result("uncertainty")
    made = [percentiles(found, tr), sources(found, tr), left_out(found, tr)] if found else []
    return [table for table in made if table.rows]


def percentiles(found: Section, tr: Words) -> Table:
    """5, 50 and 95 % of each quantity, and its ruling source."""
    rows = []
    for name, one in mapping(found, "quantities").items():
        if isinstance(one, dict) and is_number(one.get("p50")):
            values = [_cell(name, one.get(each)) for each in ("base", *PERCENTILES)]
            ruling = str(one.get("dominant") or "")
            share = numbers(one.get("shares")).get(ruling)
            percent = None if share is None else round(100.0 * share, 1)
            rows.append((quantity_words(name, tr), _unit(name), *values, ruling or None, percent))
    columns = (
        *(tr(title) for title in ("Quantity", "Unit", "The run", "5 %", "50 %", "95 %", "Largest source")),
        tr("Its share [%]"),
    )
    return Table("uncertainty", tr("Percentiles"), columns, tuple(rows))


def _cell(name: str, value: object) -> Cell:
    if not is_number(value):
        return None
    if _is_temperature(name):
        return round(value - 273.15, 9)
    return f"{value:.4f}" if name in FOUR_DIGITS else value


def _is_temperature(name: str) -> bool:
    return name.endswith("_K") and name.rpartition(".")[2].startswith("T_")


def _unit(name: str) -> str:
    if _is_temperature(name):
        return "°C"
    if name.endswith("_K"):
        return "K"
    if name.endswith("_kg_s"):
        return "kg/s"
    return "h" if ".hours_" in name else "–"


def sources(found: Section, tr: Words) -> Table:
    """What was drawn, how far, and where the band comes from."""
    rows = tuple(
        (
            str(one.get("name", "")),
            str(one.get("key", "")),
            tr(str(one.get("distribution", ""))),
            None if one.get("distribution") == "seed" else round(float(one.get("band") or 0.0), 4),
            str(one.get("source", "")),
        )
        for one in listed(found, "sources")
    )
    columns = tuple(tr(title) for title in ("Source", "Key", "Distribution", "Band", "Where it comes from"))
    return Table("uncertainty_sources", tr("What was drawn"), columns, rows)


def left_out(found: Section, tr: Words) -> Table:
    """What was not drawn because no band is known."""
    rows = tuple(
        (str(one.get("what", "")), tr(str(one.get("why", "")))) for one in listed(found, "not_drawn")
    )
    title = tr("Not drawn: no band is known")
    return Table("uncertainty_left_out", title, (tr("Part"), tr("Why")), rows)
