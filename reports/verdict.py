"""What a run comes to in one sentence, and which limit is nearest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeGuard

from reports.language import Words
from reports.run_directory import RunDirectory

Level = Literal["good", "close", "passed", "unclosed", "unknown"]

CLOSURE_BOUND = 1e-6
"""Largest relative energy residual of a run that counts as closed."""

CLOSE = 0.2
"""Margins below this are called close to the limit (1 = far, 0 = at the limit)."""

MARKS: dict[Level, str] = {"good": "✓", "close": "!", "passed": "✕", "unclosed": "✕", "unknown": "?"}

LIMITS = {
    "chf": "critical heat flux",
    "dryout": "dry-out",
    "flooding": "flooding",
    "choking": "critical flow",
    "ledinegg": "Ledinegg instability",
    "charge": "charge",
    "start_up": "start-up",
    "design_pressure": "pressure rating",
    "circulation": "circulation",
    "freezing": "freezing",
    "critical": "critical point",
    "loop": "the loop carries no more",
    "T_max": "chip temperature",
}


@dataclass(frozen=True)
class Verdict:
    """A level, a headline and the sentence under it."""

    level: Level
    headline: str
    detail: str

    @property
    def mark(self) -> str:
        """A sign that says the level without colour."""
        return MARKS[self.level]


def verdict(run: RunDirectory, tr: Words) -> Verdict:
    """Judge a run by its residuals and margins."""
    if not run.summary:
        return Verdict("unknown", tr("No result"), tr("The summary is missing or cannot be read."))
    unclosed = {
        name: value for name, value in numbers(run.result("energy")).items() if abs(value) > CLOSURE_BOUND
    }
    limits = margins(run)
    nearest = min(limits, key=lambda name: limits[name], default=None)
    if run.result("loop").get("feasible") is False:
        return Verdict("passed", tr("The loop cannot carry the heat"), str(run.summary.get("reason", "")))
    if nearest is not None and limits[nearest] < 0.0:
        passed = ", ".join(tr(LIMITS.get(name, name)) for name in limits if limits[name] < 0.0)
        return Verdict(
            "passed", tr("A limit is passed"), tr("The loop cannot run like this: {limits}.", limits=passed)
        )
    year = _year_passed(run, tr)
    if year:
        return Verdict("passed", tr("A limit is passed"), year)
    if run.summary.get("status") == "failed":
        return Verdict("passed", tr("The run failed"), str(run.summary.get("reason", "")))
    if unclosed:
        worst = max(unclosed, key=lambda name: abs(unclosed[name]))
        text = tr("{name} is {value:.1e}; a closed run stays below 1e-6.", name=worst, value=unclosed[worst])
        return Verdict("unclosed", tr("The energy balance is not closed"), text)
    if nearest is None:
        return Verdict("good", tr("Done"), tr("No loop limits were asked for in this run."))
    text = tr(
        "Nearest limit: {name}, margin {value:.2f}.",
        name=tr(LIMITS.get(nearest, nearest)),
        value=limits[nearest],
    )
    if limits[nearest] < CLOSE:
        return Verdict("close", tr("Carries its heat, close to a limit"), text)
    return Verdict("good", tr("Carries its heat"), text)


def _year_passed(run: RunDirectory, tr: Words) -> str:
    """Say in how many hours of the year the loop or the chip is beyond a limit, ``""`` where in none."""
    facility, told = run.result("facility"), []
    stopped, above = (
        int(number(facility.get(key), 0.0)) for key in ("hours_infeasible", "hours_above_limit")
    )
    if stopped:
        name = str(facility.get("limit") or "loop")
        told.append(
            tr(
                "In {hours} hours of the year the loop cannot carry the heat: {limit}.",
                hours=stopped,
                limit=tr(LIMITS.get(name, name)),
            )
        )
    if above > stopped:
        told.append(tr("In {hours} hours of the year the chip is above its limit.", hours=above - stopped))
    return " ".join(told)


def margins(run: RunDirectory) -> dict[str, float]:
    """Return the margins of the loop, nearest limit first."""
    found = numbers(run.result("loop").get("margins"))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def numbers(section: object) -> dict[str, float]:
    """Return the finite numbers of a mapping; everything else is left out."""
    if not isinstance(section, dict):
        return {}
    return {str(key): float(value) for key, value in section.items() if is_number(value)}


def number(value: object, absent: float) -> float:
    """Return a finite real number as it is, anything else as ``absent``."""
    return float(value) if is_number(value) else absent


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite real number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
