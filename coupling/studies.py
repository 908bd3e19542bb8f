"""The studies of a case, in the order in which they run; a run loads only those that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from coupling.study_context import StudyContext

Study: TypeAlias = Callable[[StudyContext], bool]


def _steady() -> Study:
    from coupling.steady import solve_steady

    return solve_steady


def _transient() -> Study:
    from coupling.transient import play_case

    return play_case


def _year() -> Study:
    from coupling.facility_year import run_year

    return run_year


def _uncertainty() -> Study:
    from coupling.uncertainty_study import run_uncertainty

    return run_uncertainty


STUDIES: dict[str, Callable[[], Study]] = {
    "steady": _steady,
    "transient": _transient,
    "year": _year,
    "uncertainty": _uncertainty,
}
"""How to load each, by name; it fills its sections of the summary, writes its files and says whether the next can start
from it."""
