"""The steady state of a package with a boundary of its own, and what the summary says of a chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coupling.fields import write_fields
from coupling.summary import chip_section, limits_section

if TYPE_CHECKING:
    from coupling.study_context import StudyContext
    from thermal.field.conduction import FieldSolution


def package_alone(context: StudyContext) -> bool:
    """Solve a package without a loop."""
    solution = context.package_steady()
    context.progress("steady", 1, 1)
    report_chip(context, (solution,), 0)
    context.sections["energy"] = {"chip_to_ambient_rel": solution.residual_rel}
    return True


def report_chip(context: StudyContext, fields: tuple[FieldSolution, ...], coupling_iterations: int) -> None:
    """Add the sections on the chip and the numerics, and write the fields of all modules."""
    package = context.package_field()
    context.sections["chip"] = chip_section(fields, package.block_names)
    power = context.loaded.spec.power
    if power is not None and power.temperature_limits:
        hottest = np.max([field.block_maximum for field in fields], axis=0)
        context.sections["chip"]["limits"] = limits_section(
            power.temperature_limits, package.block_names, hottest
        )
    context.sections["numerics"] = {
        "unknowns": package.unknowns,
        "solver": package.solver_name,
        "iterations": int(sum(field.iterations for field in fields)),
        "coupling_iterations": coupling_iterations,
        "field_residual_rel": max(field.residual_rel for field in fields),
        "reduced": {"order": None, "error_K": None},
    }
    if context.directory.keeps:
        write_fields(context.directory, package.mesh, fields)
