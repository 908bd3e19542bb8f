"""The studies of a case, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from coupling.facility_year import run_year
from coupling.steady import solve_steady
from coupling.study_context import StudyContext
from coupling.transient import play_case
from coupling.uncertainty_study import run_uncertainty

STUDIES: dict[str, Callable[[StudyContext], bool]] = {
    "steady": solve_steady,
    "transient": play_case,
    "year": run_year,
    "uncertainty": run_uncertainty,
}
"""By name; each fills its sections of the summary, writes its files and says whether the next can start from it."""
