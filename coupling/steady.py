"""The steady study: package and loop coupled, the package alone, or the loop alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coupling.study_context import StudyContext


def solve_steady(context: StudyContext) -> bool:
    """Solve what the case has: package and loop coupled, the package alone, or the loop alone."""
    spec = context.loaded.spec
    if spec.loop is None:
        from coupling.steady_package import package_alone

        return package_alone(context)
    # what a package alone does not need is not loaded for it
    from coupling.steady_rack import coupled_rack, loop_alone

    return loop_alone(context) if spec.package is None else coupled_rack(context)
