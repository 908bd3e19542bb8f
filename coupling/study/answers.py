"""What a sweep's table says: counts, front, sensitivities, spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.study.pareto import pareto_front
from coupling.study.plan import Plan
from coupling.study.sensitivity import sobol_indices, tornado
from coupling.study.table import OBJECTIVE, Row
from coupling.study.uncertainty import spread

Array = NDArray[np.float64]
REASONS = 5
"""Reasons of designs that are not feasible, the commonest first, that the answers name."""
USUAL = (
    "chip.T_max_K",
    "chip.runaway_margin",
    "loop.T_sat_evaporator_K",
    "loop.mass_flow_kg_s",
    "facility.pue",
    "facility.T_max_K",
    "facility.hours_above_limit",
)


def answers(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what is asked of the sweep's kind of sampling."""
    header = plan.spec.sweep
    found: dict[str, Any] = {
        "name": header.name,
        "description": header.description,
        "case": header.case,
        "sampling": "uncertainty" if plan.spec.uncertainty is not None else header.sampling,
        "designs": len(plan.designs),
        "excluded": plan.excluded,
        "solved": len(rows),
        "feasible": sum(row["feasible"] for row in rows),
        "status": dict(sorted(Counter(row["status"] for row in rows).items())),
        "reasons": dict(Counter(row["reason"] for row in rows if not row["feasible"]).most_common(REASONS)),
        "axes": list(plan.axes),
        "objectives": [each.model_dump(mode="json") for each in plan.spec.objective],
        "solve_seconds": float(sum(row["seconds"] for row in rows)),
    }
    if plan.spec.objective:
        found["pareto"] = front(plan, rows)
    quantities = {name: column(rows, name) for name in quantities_of(rows)}
    if header.sampling == "saltelli":
        found["sobol"] = {
            name: sobol_indices(plan.axes, header.samples, values, header.seed)
            for name, values in quantities.items()
        }
    if header.sampling == "one-at-a-time":
        found["tornado"] = {name: tornado(plan.axes, rows, values) for name, values in quantities.items()}
    if plan.spec.uncertainty is not None:
        found["uncertainty"] = spread(plan.sources, plan.unknown, rows, quantities)
    return found


def quantities_of(rows: Sequence[Row]) -> list[str]:
    """Names of the columns that answers are given about: objectives, the usual results, margins."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    wanted = [name for name in names if name.startswith(OBJECTIVE)]
    wanted += [name for name in names if name in USUAL or name.startswith("loop.margins.")]
    return [name for name in wanted if np.isfinite(column(rows, name)).any()]


def column(rows: Sequence[Mapping[str, Any]], name: str) -> Array:
    """Numbers of a column, NaN where a row has none."""
    values = [row.get(name) for row in rows]
    return np.array([float(value) if isinstance(value, int | float) else np.nan for value in values])


def front(plan: Plan, rows: Sequence[Row]) -> list[str]:
    """Keys of the feasible designs on the Pareto front, by the first objective."""
    signs = [1.0 if each.goal == "minimise" else -1.0 for each in plan.spec.objective]
    values = np.column_stack([column(rows, OBJECTIVE + each.name) for each in plan.spec.objective]) * signs
    values[[not row["feasible"] for row in rows]] = np.nan
    on_front = np.flatnonzero(pareto_front(values))
    ordered = on_front[np.argsort(values[on_front, 0], kind="stable")]
    return [rows[index]["key"] for index in ordered]
