"""The draws of a run's study of uncertainty: the case as their base, on a coarse package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coupling.case_file import LoadedCase
from coupling.study.base_case import BaseCase
from thermal.loop.specs import EvaporatorSpec
from thermal.vascular.spec import NO_ALTERNATIVE, VascularSpec

if TYPE_CHECKING:
    from coupling.study.plan import Plan

COARSE = 16
"""Cells along a side of the package in the draws, where the case has more and nothing asks for finer."""


def check_draws(loaded: LoadedCase) -> None:
    """Lay out the draws that a case asks for, if any, and forget them again.

    Raises
    ------
    CaseError
        If nothing of the case is uncertain, or a source has no number in it.
    """
    if loaded.spec.uncertainty is not None and loaded.spec.uncertainty.samples > 0:
        draw_plan(loaded)


def draw_plan(loaded: LoadedCase, chain_power: float | None = None) -> Plan:
    """Lay out the draws of a case: steady state and year, on a coarse package.

    Parameters
    ----------
    chain_power
        Power of all chips that the electrical chain is built for, where the case does not give it [W].

    Raises
    ------
    CaseError
        If nothing of the case is uncertain, or a source has no number in it.
    """
    from coupling.study.plan import uncertainty_plan
    from coupling.study.spec import SweepHeader, SweepSpec

    spec = loaded.spec
    if spec.uncertainty is None:
        raise ValueError("the case has no section [uncertainty]")
    data = spec.model_dump(mode="json", exclude_none=True, exclude={"uncertainty", "comparison", "reserve"})
    studies = ["steady"] if spec.package is not None or spec.loop is not None else []
    studies += [study for study in spec.case.study if study == "year"]
    data["case"]["study"] = studies
    if spec.package is not None:
        gap = spec.evaporator if isinstance(spec.evaporator, EvaporatorSpec) else None
        least = COARSE if gap is None else max(COARSE, 2 * gap.segments)
        data["package"]["cells"] = spec.uncertainty.cells or [min(least, own) for own in spec.package.cells]
    if isinstance(spec.evaporator, VascularSpec):
        data["evaporator"]["alternative_split"] = NO_ALTERNATIVE
    if chain_power:
        data["facility"]["design_power"] = chain_power
    header = SweepHeader(name=spec.case.name, case=loaded.path.name, seed=spec.case.seed)
    base = BaseCase(data, loaded.path, loaded.assumptions)
    return uncertainty_plan(SweepSpec(sweep=header, uncertainty=spec.uncertainty), base)
