"""Where along an axis the loop's first margin is used up: the largest distance, the smallest riser."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coupling.errors import CaseError
from coupling.progress import Progress, silent
from coupling.study.base_case import BaseCase
from coupling.study.design import Design, Evaluate, Results, design_key
from coupling.study.plan import DesignBuilder, base_case, read_sweep
from coupling.study.quantities import in_unit_of, number_of
from coupling.study.sampling import axis_values, bounds, counts
from coupling.study.solve import CaseEvaluator, solve_design
from coupling.study.spec import AxisSpec, SweepSpec
from coupling.study.store import SWEEP, SweepDirectory
from coupling.study.sweep import choose_engine
from meshes.errors import InputError
from meshes.versions import version

TOLERANCE = 1e-3
"""Of the value found, relative to the axis' range [-]."""
LEAST_SCANNED = 5
"""Values at which the margins are looked at before bisection."""
MARGIN = "loop.margins."


@dataclass(frozen=True)
class LimitSearch:
    """Bisects along one axis at fixed others; an evaluator of designs that hold those others.

    Attributes
    ----------
    axis
        Along which the margins change.
    """

    spec: SweepSpec
    base: BaseCase
    axis: AxisSpec

    def __call__(self, design: Design) -> Results:
        """Find the value of the axis at which the smallest margin is zero."""
        builder = DesignBuilder(replace_sampling(self.spec), self.base)
        evaluate = CaseEvaluator(self.base)
        position = [axis.name for axis in self.spec.axis].index(self.axis.name)
        fixed = list(design.point)

        @functools.cache
        def margin_at(value: float) -> tuple[float, str]:
            point = [*fixed[:position], value, *fixed[position:]]
            built = builder.build(point)
            if built is None:
                raise CaseError([f"{self.axis.name} = {value:.6g}: left out by a constraint"])
            return smallest_margin(solve_design(evaluate, built))

        found = search(margin_at, scanned(self.axis), log=self.axis.scale == "log")
        return found | {"status": "ok", "solves": margin_at.cache_info().misses}


def replace_sampling(spec: SweepSpec) -> SweepSpec:
    """Return the sweep with a sampling that asks nothing of its axes."""
    return spec.model_copy(update={"sweep": spec.sweep.model_copy(update={"sampling": "grid"})})


def smallest_margin(row: Mapping[str, Any]) -> tuple[float, str]:
    """Smallest margin of a solved design and its name; -1 where the loop cannot carry the heat."""
    margins = {
        name.removeprefix(MARGIN): float(value)
        for name, value in row.items()
        if name.startswith(MARGIN) and isinstance(value, int | float)
    }
    if row["status"] in ("invalid", "error"):
        raise CaseError([str(row["reason"])])
    if row.get("loop.feasible") is False or not margins:
        return -1.0, str(row.get("loop.limit") or row["reason"] or "no margins")
    binding = min(margins, key=lambda name: margins[name])
    return margins[binding], binding


def scanned(axis: AxisSpec) -> list[float]:
    """Values at which margins are looked at before bisection: the axis' own, at least 5 over its range, ascending."""
    low, high = bounds(axis)
    own = [number for value in axis_values(axis) if (number := number_of(value)) is not None]
    if len(own) < LEAST_SCANNED:
        shares = np.linspace(0.0, 1.0, LEAST_SCANNED)
        between = low * (high / low) ** shares if axis.scale == "log" else low + (high - low) * shares
        own += between.tolist()
    return sorted({low, high, *own})


def search(margin_at: Any, values: Sequence[float], *, log: bool = False) -> Results:
    """Find where the margin is used up on the way from the end of the values that carries the heat.

    Margins need not fall steadily: beside the limit there may be values that are carried again. They are told as
    ``carried_beyond``, and the limit is the one next to the end from which all scanned values are carried; of two such
    ends the upper one, whose limit is the smallest value.

    Parameters
    ----------
    margin_at
        Margin and name of the binding limit at a value.
    values
        To look at first, ascending.

    Returns
    -------
    As :func:`bisect`, with ``carried_beyond``.
    """
    carried = [margin_at(value)[0] >= 0.0 for value in values]
    last = len(values) - 1
    if all(carried) or not (carried[0] or carried[last]):
        return _without_limit(margin_at, values, carried, log)
    if carried[last]:
        first = max(index for index, good in enumerate(carried) if not good)
        beyond = [value for value, good in zip(values[:first], carried, strict=False) if good]
        return bisect(margin_at, values[first], values[first + 1], log=log) | {"carried_beyond": beyond}
    first = min(index for index, good in enumerate(carried) if not good)
    beyond = [value for value, good in zip(values[first:], carried[first:], strict=True) if good]
    return bisect(margin_at, values[first - 1], values[first], log=log) | {"carried_beyond": beyond}


def _without_limit(margin_at: Any, values: Sequence[float], carried: Sequence[bool], log: bool) -> Results:
    """All carried, none carried, or only some between two ends that are not: then the largest of the first of them."""
    if any(carried) and not all(carried):
        first = carried.index(True)
        end = next(index for index in range(first, len(values)) if not carried[index])
        beyond = [value for value, good in zip(values[end:], carried[end:], strict=True) if good]
        return bisect(margin_at, values[end - 1], values[end], log=log) | {"carried_beyond": beyond}
    worst = min(values, key=lambda value: float(margin_at(value)[0]))
    margin, why = margin_at(worst)
    return {"found": False, "carried": all(carried), "binding": why, "margin": margin, "carried_beyond": []}


def bisect(margin_at: Any, low: float, high: float, *, log: bool = False) -> Results:
    """Find the zero of a margin between two values of different sign.

    Parameters
    ----------
    margin_at
        Margin and name of the binding limit at a value.
    log
        Halve ratios instead of differences.

    Returns
    -------
    ``found``, and where it is: ``value`` on the side that still carries the heat, ``beyond`` on the other, the
    ``direction`` in which the limit lies, ``binding`` limit and its ``margin``, and ``solves``.
    """
    (at_low, why_low), (at_high, why_high) = margin_at(low), margin_at(high)
    if (at_low >= 0.0) == (at_high >= 0.0):
        return {
            "found": False,
            "carried": at_low >= 0.0,
            "binding": why_low if at_low < at_high else why_high,
            "margin": min(at_low, at_high),
            "solves": 2,
        }
    good, bad = (low, high) if at_low >= 0.0 else (high, low)
    margin, why, solves = (at_low, why_high, 2) if at_low >= 0.0 else (at_high, why_low, 2)
    while abs(good - bad) > TOLERANCE * (min(good, bad) if log else high - low):
        middle = (good * bad) ** 0.5 if log else 0.5 * (good + bad)
        here, name = margin_at(middle)
        solves += 1
        if here >= 0.0:
            good, margin = middle, here
        else:
            bad, why = middle, name
    return {
        "found": True,
        "value": good,
        "beyond": bad,
        "direction": "largest" if good < bad else "smallest",
        "binding": why,
        "margin": margin,
        "solves": solves,
    }


def run_limit_search(
    path: Path,
    output: Path,
    axis_name: str,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Find the limit along one axis of a sweep file, for each combination of the other axes' values.

    Raises
    ------
    InputError
        If there is no such axis, it has no numbers, or the directory is taken.
    """
    spec = read_sweep(path)
    axis = next((each for each in spec.axis if each.name == axis_name), None)
    if axis is None:
        raise InputError(
            f"--limit {axis_name}: no such axis; {path} has {', '.join(each.name for each in spec.axis)}"
        )
    bounds(axis)
    base = base_case(spec, path.resolve().parent)
    others = [each for each in spec.axis if each is not axis]
    designs = list(_combinations(base, axis, others))
    found: dict[str, Any] = {}

    def take(rows: Sequence[Mapping[str, Any]]) -> None:
        found.update({row["key"]: row for row in rows})
        progress(f"limit of {axis_name}", len(found), len(designs))

    search: Evaluate = LimitSearch(spec, base, axis)
    directory, chosen = SweepDirectory(output), choose_engine(workers, scheduler)
    with directory.opened(resume=False, force=force), chosen as engine:
        directory.write_text(SWEEP, path.read_text(encoding="utf-8"))
        engine.solve(search, designs, take)
        limits = [_told(axis, others, design, found[design.key]) for design in designs]
        directory.write_table(
            [{k: v for k, v in limit.items() if k != "inputs"} | _prefixed(limit) for limit in limits]
        )
        answers = {
            "vascool": version("vascool"),
            "name": spec.sweep.name,
            "description": spec.sweep.description,
            "case": spec.sweep.case,
            "limit_axis": axis_name,
            "limits": limits,
        }
        directory.write_answers(answers)
    return answers


def _combinations(base: BaseCase, axis: AxisSpec, others: Sequence[AxisSpec]) -> Any:
    digest = base.digest()
    for point in itertools.product(*(axis_values(other) for other in others)):
        inputs = {
            other.name: number_of(value) if counts(other) else value
            for other, value in zip(others, point, strict=True)
        }
        key = design_key(f"{digest} limit of {axis.name}", {"point": point})
        yield Design(key, inputs, {}, point)


def _prefixed(limit: Mapping[str, Any]) -> dict[str, Any]:
    return {f"input.{name}": value for name, value in limit["inputs"].items()}


def _told(
    axis: AxisSpec, others: Sequence[AxisSpec], design: Design, row: Mapping[str, Any]
) -> dict[str, Any]:
    like = {other.name: axis_values(other)[0] for other in others}
    at = ", ".join(f"{name} {_short(value, like[name])}" for name, value in design.inputs.items())
    where = f"{at}: " if at else ""
    first = (axis.range or axis.values or ("",))[0]
    low, high = (in_unit_of(end, first) for end in bounds(axis))
    if row["status"] != "ok":
        text = f"{where}no answer: {row['reason']}"
    elif row["found"]:
        value = in_unit_of(row["value"], first)
        text = f"{where}{row['direction']} {axis.name} {value}; beyond it: {row['binding']}"
        if again := [in_unit_of(each, first) for each in row["carried_beyond"]]:
            text += f" (carried again at {', '.join(again)})"
    elif row["carried"]:
        text = (
            f"{where}no limit of {axis.name} between {low} and {high} (smallest margin {row['margin']:.3f})"
        )
    else:
        text = f"{where}the heat is carried at no {axis.name} between {low} and {high}: {row['binding']}"
    kept = {name: value for name, value in row.items() if name not in ("key", "seconds")}
    return {"axis": axis.name, "inputs": dict(design.inputs), "found": False} | kept | {"text": text}


def _short(value: Any, like: Any) -> str:
    return in_unit_of(value, like) if isinstance(value, float) else str(value)
