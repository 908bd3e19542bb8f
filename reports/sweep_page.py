"""The page of a sweep: parallel coordinates, objectives against each other, tornado, table that sorts and filters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meshes.errors import InputError
from reports.language import words
from reports.page import fill_template, write_page

LARGEST_TABLE = 2000
"""Designs on the page; a larger sweep shows evenly spaced ones beside its front."""


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
    target = page if page is not None else directory / "report.html"
    front = set(answers.get("pareto") or ())
    columns = [name for name in frame.columns if name.startswith(("input.", "objective.", "loop.margins."))]
    step = max(1, len(frame) // LARGEST_TABLE)
    shown = frame[(frame.index % step == 0) | frame["key"].isin(front)] if "key" in frame else frame
    records = [_record(row, columns, front, directory) for row in shown.to_dict("records")]
    values = {"answers": answers, "columns": columns, "records": records, "scenes": {}, "front": len(front)}
    write_page(target, fill_template("sweep.html", values, words(language)))
    return target


def _record(row: Mapping[Any, Any], columns: list[str], front: set[str], directory: Path) -> dict[str, Any]:
    key = str(row.get("key", ""))
    return {
        "values": [_plain(row[name]) for name in columns],
        "status": str(row.get("status", "")),
        "feasible": bool(row.get("feasible", False)),
        "reason": str(row.get("reason") or ""),
        "front": key in front,
        "run": f"runs/{key}" if key and (directory / "runs" / key).is_dir() else "",
    }


def _plain(value: Any) -> float | str | None:
    if value is None or value != value:
        return None
    return float(value) if isinstance(value, int | float) else str(value)
