"""Tables and drawings of a sweep's answers: one axis at a time, Sobol indices, limits along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.cells import Cell, Table
from reports.figures.uncertainty import quantity_words
from reports.language import Words
from reports.run_directory import Section, listed, mapping
from reports.sweep_columns import Column, column_of
from reports.verdict import LIMITS, is_number

ROUND_OFF = 1e-9
"""Swings below this share of the base value are round-off [-]."""


@dataclass(frozen=True)
class Sensitivity:
    """What each axis alone does to a quantity: heading, bars to draw, and the same as a table."""

    heading: str
    unit: str
    bars: tuple[dict[str, Any], ...]
    table: Table


def tornadoes(answers: Section, units: Mapping[str, str], tr: Words) -> list[Sensitivity]:
    """Return the quantities that some axis moves, each once."""
    made: list[Sensitivity] = []
    for name, bars in mapping(answers, "tornado").items():
        column = column_of(name, answers, units)
        moved = [_bar(bar, column, answers, units) for bar in bars if is_number(bar.get("base"))]
        if not _asked_already(name, answers) and any(bar["swing"] for bar in moved):
            words = _words(name, column, tr)
            made.append(_sensitivity(len(made), words, column.unit, moved, tr))
    return made


def _asked_already(name: str, answers: Section) -> bool:
    """Tell whether an objective is this very result: it has an answer of its own."""
    return any(each.get("quantity") == name for each in listed(answers, "objectives"))


def _bar(bar: Section, column: Column, answers: Section, units: Mapping[str, str]) -> dict[str, Any]:
    """A bar in the units that are shown; its ends are the axis' least and greatest setting."""
    axis = column_of(f"input.{bar['axis']}", answers, units)
    ends = [{"input": bar["input"], "value": bar["base"]}] if "input" in bar else []
    ends += listed(bar, "ends")
    if all(is_number(end["input"]) for end in ends):
        ends.sort(key=lambda end: float(end["input"]))
    swing = bar["swing"] if is_number(bar["swing"]) else 0.0
    return {
        "axis": axis.title,
        "base": column.shown(bar["base"]),
        "ends": [
            {"input": axis.with_unit(end["input"]), "value": column.shown(end["value"])}
            for end in (ends[:1] + ends[-1:] if len(ends) > 1 else ends)
        ],
        "swing": 0.0 if abs(swing) <= ROUND_OFF * abs(bar["base"]) else swing / column.factor,
    }


def _words(name: str, column: Column, tr: Words) -> str:
    """Name of a quantity for people; an objective's is the sweep file's own."""
    known = quantity_words(name, tr)
    return column.label if known == name else known


def _sensitivity(index: int, words: str, shown: str, bars: Sequence[Section], tr: Words) -> Sensitivity:
    def cells(end: Section | None) -> tuple[Cell, Cell]:
        return (None, None) if end is None else (end["input"], end["value"])

    rows = tuple(
        (
            bar["axis"],
            *cells(bar["ends"][0] if bar["ends"] else None),
            bar["base"],
            *cells(bar["ends"][-1] if len(bar["ends"]) > 1 else None),
            bar["swing"],
        )
        for bar in bars
    )
    there = f"{tr('Result')} [{shown}]" if shown else tr("Result")
    unit = shown.replace("°C", "K")
    titles = (
        tr("Axis"),
        tr("Lowest setting"),
        there,
        tr("Base"),
        tr("Highest setting"),
        there,
        f"{tr('Swing')} [{unit}]" if unit else tr("Swing"),
    )
    heading = f"{tr('One axis at a time')}: {words}"
    table = Table(f"tornado_{index}", heading, titles, rows)
    return Sensitivity(heading, shown, tuple(dict(bar) for bar in bars), table)


def sobol_tables(answers: Section, units: Mapping[str, str], tr: Words) -> list[Table]:
    """First-order and total indices of each quantity that has them, with their 95 % confidence."""
    made: list[Table] = []
    for name, found in mapping(answers, "sobol").items():
        total = mapping(found, "total") if isinstance(found, dict) else {}
        if not total or _asked_already(name, answers):
            continue
        rows = tuple(
            (
                axis,
                *(
                    _rounded(mapping(found, key).get(axis))
                    for key in ("first", "first_confidence", "total", "total_confidence")
                ),
            )
            for axis in total
        )
        titles = (tr("Axis"), tr("First order"), "± 95 %", tr("Total"), "± 95 %")
        heading = f"{tr('Sobol indices')}: {_words(name, column_of(name, answers, units), tr)}"
        made.append(Table(f"sobol_{len(made)}", heading, titles, rows))
    return made


def _rounded(value: object) -> Cell:
    """An index, of which the third decimal is sampling noise."""
    return f"{value:.3f}".replace("-0.000", "0.000") if is_number(value) else None


def limit_table(answers: Section, units: Mapping[str, str], tr: Words) -> Table:
    """Where the first margin is used up along an axis, for each combination of the others."""
    axis, found, others = _limit_columns(answers, units)
    rows = tuple(
        (
            *(each.shown(mapping(limit, "inputs").get(each.label)) for each in others),
            tr(str(limit.get("direction") or "–")),
            *(axis.shown(limit.get(key)) for key in ("value", "beyond")),
            tr(LIMITS.get(str(limit.get("binding")), str(limit.get("binding") or "–"))),
            limit.get("margin"),
        )
        for limit in found
    )
    unit = f" [{axis.unit}]" if axis.unit else ""
    titles = (
        *(each.title for each in others),
        tr("Kind of limit"),
        axis.title,
        f"{tr('Beyond the limit')}{unit}",
        tr("Binding limit"),
        tr("Margin at the limit [–]"),
    )
    return Table("limits", tr("Limits of {axis}", axis=axis.label), titles, rows)


def limit_points(answers: Section, units: Mapping[str, str]) -> dict[str, Any]:
    """Limits over the first other axis that has numbers, for the drawing; empty where there are too few."""
    axis, found, others = _limit_columns(answers, units)
    known = [limit for limit in found if limit.get("found") and is_number(limit.get("value"))]
    for other in others:
        places = [mapping(limit, "inputs").get(other.label) for limit in known]
        if len(known) > 1 and all(is_number(place) for place in places):
            points = [
                {"x": other.shown(place), "y": axis.shown(limit["value"]), "text": limit.get("text", "")}
                for place, limit in zip(places, known, strict=True)
            ]
            return {"titles": [other.title, axis.title], "points": points}
    return {}


def _limit_columns(answers: Section, units: Mapping[str, str]) -> tuple[Column, list[Section], list[Column]]:
    found = listed(answers, "limits")
    names = dict.fromkeys(name for limit in found for name in mapping(limit, "inputs"))
    axis = column_of(f"input.{answers.get('limit_axis', '')}", answers, units)
    return axis, found, [column_of(f"input.{name}", answers, units) for name in names]


def reasons(answers: Section) -> list[tuple[int, str]]:
    """How many designs are not feasible for each reason, the commonest first."""
    found = mapping(answers, "reasons")
    return [(int(count), str(reason)) for reason, count in found.items() if is_number(count) and reason]
