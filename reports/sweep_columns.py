"""What the page of a sweep calls its columns, in which unit it shows them, and which design is best."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coupling.study.quantities import number_of
from reports.cells import show, split_unit
from reports.language import Words
from reports.run_directory import UNREADABLE, Section, listed
from reports.verdict import is_number

RATIOS = ("loop.margins.", "facility.pue")
RESULT = re.compile(r"[a-z]+(\.[\w ]+)+")


@dataclass(frozen=True)
class Column:
    """A column of a sweep's table; a shown value is ``(value - offset) / factor`` in ``unit``."""

    name: str
    label: str
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    numeric: bool = True

    @property
    def title(self) -> str:
        """Label with its unit."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label

    def shown(self, value: Any) -> Any:
        """Value in the column's unit; text as it is."""
        return float(f"{(value - self.offset) / self.factor:.12g}") if is_number(value) else value

    def with_unit(self, value: Any) -> str:
        """``value unit``."""
        unit = "" if self.unit in ("", "–") or not is_number(value) else f"\u00a0{self.unit}"
        return f"{show(self.shown(value))}{unit}"

    def told(self, value: Any) -> str:
        """``label = value unit``."""
        return f"{self.label} = {self.with_unit(value)}"


def column_of(name: str, answers: Section, axis_units: Mapping[str, str]) -> Column:
    """Label and unit of a column: of an axis as its values are written, of a result by its name."""
    kind, _, short = name.partition(".")
    if kind == "input":
        return _axis_column(name, short, axis_units.get(short, ""))
    result, label = name, short.removeprefix("margins.")
    if kind == "objective":
        asked = next((each for each in listed(answers, "objectives") if each.get("name") == short), {})
        quantity = str(asked.get("quantity", ""))
        if quantity in axis_units:
            return _axis_column(name, short, axis_units[quantity])
        result = quantity if RESULT.fullmatch(quantity) else short
    stem, unit = split_unit(result)
    label = label.removesuffix(result[len(stem) :]) or label
    if result.startswith(RATIOS):
        unit = "–"
    if unit == "K" and "." in result and result.rpartition(".")[2].startswith("T_"):
        return Column(name, label, "°C", 1.0, 273.15)
    return Column(name, label, unit)


def _axis_column(name: str, label: str, unit: str) -> Column:
    one, two = (number_of(f"{count} {unit}") if unit else None for count in (1, 2))
    if one is None or two is None:
        return Column(name, label)
    return Column(name, label, unit.replace("degC", "°C").replace("um", "µm"), two - one, 2.0 * one - two)


def axis_units(folder: Path) -> dict[str, str]:
    """Units in which the sweep file writes the values of its axes; none where it has plain numbers."""
    try:
        spec = tomllib.loads((folder / "sweep.toml").read_text(encoding="utf-8-sig"))
    except UNREADABLE:
        return {}
    found = {}
    for axis in listed(spec, "axis"):
        given = axis.get("values") or axis.get("range") or [""]
        match = re.fullmatch(r"\s*[+-]?[\d.]+(?:[eE][+-]?\d+)?\s*([^\d\s].*?)\s*", str(given[0]))
        if match and number_of(given[0]) is not None:
            found[str(axis.get("name"))] = match[1]
    return found


def best_designs(
    rows: Sequence[Mapping[Any, Any]], columns: Sequence[Column], answers: Section, tr: Words
) -> list[str]:
    """Sentences on the best feasible design for the first objective, and on the front's end for each other one."""
    goals = {f"objective.{each.get('name')}": each.get("goal") for each in listed(answers, "objectives")}
    named = {column.name: column for column in columns}
    front = set(answers.get("pareto") or ())
    good = [row for row in rows if row.get("key") in front and row.get("feasible")]
    axes = [column for column in columns if column.name.startswith("input.")]
    told: list[str] = []
    seen: set[Any] = set()
    for name, goal in goals.items():
        known = [row for row in good if name in named and is_number(row.get(name)) and row[name] == row[name]]
        if not known:
            continue
        best = (max if goal == "maximise" else min)(known, key=lambda row: float(row[name]))
        if best["key"] in seen:
            continue
        seen.add(best["key"])
        others = [named[each] for each in goals if each in named and each != name]
        reached = ", ".join(each.told(best[each.name]) for each in (named[name], *others))
        at = ", ".join(axis.told(best[axis.name]) for axis in axes)
        phrase = (
            tr(
                "Best feasible design for {objective}: {reached}, at {inputs}.",
                objective=named[name].label,
                reached=reached,
                inputs=at,
            )
            if not told
            else tr(
                "End of the Pareto front that is best for {objective}: {reached}, at {inputs}.",
                objective=named[name].label,
                reached=reached,
                inputs=at,
            )
        )
        told.append(phrase)
    return told
