"""The page of a sweep: parallel coordinates, objectives against each other, tornado, table that sorts and filters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from meshes.errors import InputError
from reports.beside import write_beside
from reports.cells import Cell, Table
from reports.language import Words, words
from reports.page import TEMPLATES, fill_template, write_page
from reports.run_directory import Section, listed, mapping
from reports.sureness import left_out, percentiles, sources
from reports.sweep_columns import Column, axis_units, best_designs, column_of
from reports.sweep_tables import limit_points, limit_table, reasons, sobol_tables, tornadoes

LARGEST_TABLE = 2000
"""Designs on the page; a larger sweep shows evenly spaced ones beside its front."""
SHOWN = ("input.", "objective.", "loop.margins.")
USUAL = ("chip.T_max_K", "facility.pue")
"""Results that are shown where the sweep has no objectives of its own."""


def write_sweep_report(directory: Path, page: Path | None = None, language: str = "en") -> Path:
    """Write the report of a sweep directory and return its path.

    Raises
    ------
    InputError
        If there is no sweep there.
    """
    import pandas as pd

    try:
        answers: dict[str, Any] = json.loads((directory / "sweep.json").read_text(encoding="utf-8"))
        frame = pd.read_parquet(directory / "results.parquet")
    except (OSError, ValueError) as error:
        raise InputError(f"{directory}: holds no finished sweep ({type(error).__name__})") from None
    tr = words(language)
    target = page if page is not None else directory / "report.html"
    front = set(answers.get("pareto") or ())
    columns = [name for name in frame.columns if name.startswith(SHOWN)]
    if not any(name.startswith("objective.") for name in columns):
        columns += [name for name in USUAL if name in frame.columns]
    units = axis_units(directory)
    heads = [
        replace(column_of(str(name), answers, units), numeric=frame[name].dtype.kind in "iuf")
        for name in columns
    ]
    step = max(1, len(frame) // LARGEST_TABLE)
    shown = frame[(frame.index % step == 0) | frame["key"].isin(front)] if "key" in frame else frame
    limits = listed(answers, "limits")
    bars, indices = tornadoes(answers, units, tr), sobol_tables(answers, units, tr)
    sheets = [*_uncertainty(answers, tr), *([limit_table(answers, units, tr)] if limits else [])]
    values: dict[str, object] = {
        "answers": answers,
        "columns": heads,
        "best": [] if limits else best_designs(_rows(frame), heads, answers, tr),
        "records": [] if limits else [_record(row, heads, front, directory) for row in _rows(shown)],
        "left": len(frame) - len(shown),
        "scenes": {},
        "drawing": (TEMPLATES / "sweep.js").read_text(encoding="utf-8"),
        "front": len(front),
        "limits": limits,
        "points": limit_points(answers, units),
        "tornadoes": bars,
        "sobol": indices,
        "reasons": reasons(answers),
        "tables": {table.key: table for table in sheets},
    }
    write_page(target, fill_template("sweep.html", values, tr))
    whole = tuple(tuple(_plain(value) for value in row.values()) for row in _rows(frame))
    sheet = Table("designs", tr("Designs"), tuple(str(name) for name in frame.columns), whole)
    write_beside(target, (), (), (sheet, *sheets, *(each.table for each in bars), *indices))
    return target


def _rows(frame: Any) -> list[dict[Any, Any]]:
    rows: list[dict[Any, Any]] = frame.to_dict("records")
    return rows


def _uncertainty(answers: Section, tr: Words) -> list[Table]:
    found = mapping(answers, "uncertainty")
    drawn = [percentiles(found, tr), sources(found, tr), left_out(found, tr)] if found else []
    return [table for table in drawn if table.rows]


def _record(
    row: Mapping[Any, Any], columns: list[Column], front: set[str], directory: Path
) -> dict[str, Any]:
    key = str(row.get("key", ""))
    return {
        "values": [column.shown(_plain(row[column.name])) for column in columns],
        "status": str(row.get("status", "")),
        "feasible": bool(row.get("feasible", False)),
        "reason": str(row.get("reason") or ""),
        "front": key in front,
        "run": _run_of(key, directory),
    }


def _run_of(key: str, directory: Path) -> str:
    """Address of a design's run from the page: its report where there is one, else its folder."""
    folder = directory / "runs" / key
    if not key or not folder.is_dir():
        return ""
    return f"runs/{key}/report.html" if (folder / "report.html").is_file() else f"runs/{key}/"


def _plain(value: Any) -> Cell:
    if value is None or value != value:
        return None
    return float(value) if isinstance(value, int | float) else str(value)
