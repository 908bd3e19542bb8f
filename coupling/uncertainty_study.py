"""The study of uncertainty: draws of what is uncertain in a case, each solved as a design of a sweep is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from coupling.study.design import Design, design_key
from coupling.study.draws import draw_plan
from coupling.study.engine import AnyEngine, InPlace, local_engine
from coupling.study.plan import Plan
from coupling.study.quantities import flatten
from coupling.study.solve import CaseEvaluator, Row, solve_design
from coupling.study.store import SweepDirectory
from coupling.study.sweep import solve_plan
from coupling.study.uncertainty import DIGITS
from coupling.study_context import StudyContext
from meshes.errors import VascoolError
from thermal import ranks

FOLDER = "uncertainty"
"""Of the draws in the run directory: a sweep directory of its own."""
WORTH_WORKERS = 20.0
"""Work below which starting workers costs more than they save [s]."""
PERCENTILES = ("p05", "p50", "p95")


def run_uncertainty(context: StudyContext) -> bool:
    """Draw what is uncertain, solve the draws on all cores, and say how sure the results are and what rules them."""
    if not context.directory.keeps:
        return True
    if ranks.count() > 1:
        context.warnings.append("uncertainty: not drawn under mpirun; --resume without it draws")
        return True
    plan = draw_plan(context.loaded, _chain_power(context))
    evaluate = CaseEvaluator(plan.base)
    key = design_key(plan.base.digest(), {})
    undrawn = solve_design(evaluate, Design(key, {}, {}))
    if undrawn["status"] in ("error", "invalid"):
        raise VascoolError(f"the case cannot be solved as a draw: {undrawn['reason']}")
    outcome = solve_plan(
        plan,
        evaluate,
        SweepDirectory(context.directory.path / FOLDER),
        _engine(len(plan.designs) * float(undrawn["seconds"])),
        text=_sweep_text(plan),
        resume=True,
        progress=lambda stage, done, total, note="": context.progress("uncertainty", done, total, note),
    )
    section = levelled(outcome.answers["uncertainty"], undrawn, dict(flatten(context.sections)))
    section["status"] = outcome.answers["status"]
    section["cells"] = plan.base.data.get("package", {}).get("cells")
    context.sections["uncertainty"] = section
    if plan.unknown:
        parts = ", ".join(each.what for each in plan.unknown)
        context.warnings.append(f"uncertainty: not drawn, for no band is known: {parts}")
    broken = section["status"].get("error", 0) + section["status"].get("invalid", 0)
    if broken:
        context.warnings.append(f"uncertainty: {broken} of {len(plan.designs)} draws could not be solved")
    return True


def _chain_power(context: StudyContext) -> float | None:
    """Power of all chips that the electrical chain is built for [W]: it stays while draws take more or less."""
    facility = context.loaded.spec.facility
    if facility is None or facility.design_power is not None:
        return None
    rack = facility.it_power or float(context.inputs.mean_power.sum())
    return float(facility.racks * rack * facility.hourly_load().max())


def levelled(found: Mapping[str, Any], undrawn: Row, run: Mapping[str, Any]) -> dict[str, Any]:
    """Lift the percentiles to the level of the run.

    Parameters
    ----------
    found
        Of the draws, on their mesh.
    undrawn
        Results of the case itself on that mesh.
    run
        Results of the run, on the case's own mesh.

    Returns
    -------
    ``found`` with ``base`` and ``mesh_shift`` of each quantity: what the run found, and how much it lies above the same
    case on the draws' mesh, which is added to the percentiles.
    """
    quantities = {}
    for name, scatter in found["quantities"].items():
        base, shift = run.get(name), _difference(run.get(name), undrawn.get(name))
        moved = {each: float(f"{scatter[each] + shift:.{DIGITS}g}") for each in PERCENTILES}
        quantities[name] = {"base": base, **scatter, **moved, "mesh_shift": shift}
    return dict(found) | {"quantities": quantities}


def _difference(fine: Any, coarse: Any) -> float:
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in (fine, coarse)):
        return 0.0
    shift = float(fine - coarse)
    return float(f"{shift:.3g}") if abs(shift) > 10.0**-DIGITS * abs(fine) else 0.0


def _engine(work: float) -> AbstractContextManager[AnyEngine]:
    """Workers on all cores, or this process where the work [s] is soon done."""
    return local_engine(None) if work > WORTH_WORKERS else nullcontext(InPlace())


def _sweep_text(plan: Plan) -> str:
    import tomli_w

    return tomli_w.dumps(plan.spec.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
