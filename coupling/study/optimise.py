"""The best of a few continuous variables, the loop's margins as constraints.

The sweep's designs give the start; from the best of them SciPy's COBYQA (Ragonneau and Zhang, 2024) goes on, which
needs no derivatives and takes constraints of the same solve. Axes with values instead of a range stay as the start has
them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.errors import CaseError
from coupling.study.design import Design, Evaluate, Results, design_key
from coupling.study.engine import AnyEngine
from coupling.study.expressions import Expression, UndefinedError
from coupling.study.plan import DesignBuilder, Plan
from coupling.study.sampling import at, bounds
from coupling.study.solve import Row, solve_design
from coupling.study.spec import AxisSpec
from coupling.study.store import SweepDirectory
from coupling.study.table import OBJECTIVE, Judge

Array = NDArray[np.float64]
FIRST_STEP = 0.1
LAST_STEP = 1e-3
"""Of the axes' ranges [-]."""
PENALTY = -1.0
"""Constraint value of a design that has none: it cannot carry the heat [-]."""


@dataclass(frozen=True)
class LocalSearch:
    """An evaluator: a design is a start, its results are the best that is found from there."""

    plan: Plan
    evaluate: Evaluate

    def __call__(self, design: Design) -> Results:
        """Search from the design's point."""
        from scipy.optimize import Bounds, NonlinearConstraint, minimize

        trial = _Trial(self.plan, self.evaluate, list(design.point))
        count = len(trial.constraints(trial.start))
        settings = self.plan.spec.optimise
        evaluations = settings.evaluations if settings is not None else 60
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            minimize(
                trial.objective,
                trial.start,
                method="COBYQA",
                bounds=Bounds(np.zeros(trial.start.size), np.ones(trial.start.size)),
                constraints=[NonlinearConstraint(trial.constraints, np.zeros(count), np.full(count, np.inf))],
                options={
                    "initial_tr_radius": FIRST_STEP,
                    "final_tr_radius": LAST_STEP,
                    "maxfev": evaluations,
                },
            )
        if trial.best is None:
            return {"status": "failed", "reason": "no design that meets the constraints was found"}
        value, built, row = trial.best
        return {**row, "solves": trial.solves, "value": value, "point": dict(built.inputs), "status": "ok"}


class _Trial:
    """One solve a point, for objective and constraints alike."""

    def __init__(self, plan: Plan, evaluate: Evaluate, point: list[Any]) -> None:
        objective = plan.spec.objective[0]
        self._sign = 1.0 if objective.goal == "minimise" else -1.0
        self._column = OBJECTIVE + objective.name
        self._builder = DesignBuilder(plan.spec, plan.base)
        self._judge, self._evaluate, self._point = Judge(plan), evaluate, point
        settings = plan.spec.optimise
        self._require = [Expression(text) for text in (settings.require if settings is not None else ())]
        self._reserve = settings.reserve if settings is not None else 0.0
        self._free = [index for index, axis in enumerate(plan.spec.axis) if axis.range is not None]
        self._axes = plan.spec.axis
        self._known: dict[bytes, tuple[float, Array]] = {}
        self.start = np.array([_share(self._axes[index], float(point[index])) for index in self._free])
        self.best: tuple[float, Design, Row] | None = None
        self.solves = 0
        self._names: list[str] | None = None

    def objective(self, shares: Array) -> float:
        return self._solved(shares)[0]

    def constraints(self, shares: Array) -> Array:
        return self._solved(shares)[1]

    def _solved(self, shares: Array) -> tuple[float, Array]:
        key = np.asarray(shares, dtype=float).tobytes()
        if key not in self._known:
            self._known[key] = self._solve(np.clip(shares, 0.0, 1.0))
        return self._known[key]

    def _solve(self, shares: Array) -> tuple[float, Array]:
        point = list(self._point)
        for index, share in zip(self._free, shares.tolist(), strict=True):
            point[index] = at(self._axes[index], share)
        design = self._builder.build(point)
        if design is None:
            return self._worst(), np.full(len(self._names or [""]), PENALTY)
        self.solves += 1
        row = self._judge.row(0, design, solve_design(self._evaluate, design))
        values = self._values(row, design)
        objective = row[self._column]
        if objective is None:
            return self._worst(), values
        score = self._sign * float(objective)
        if (
            row["feasible"]
            and bool((values >= 0.0).all())
            and (self.best is None or score < self._sign * self.best[0])
        ):
            self.best = (float(objective), design, row)
        return score, values

    def _worst(self) -> float:
        known = [score for score, _ in self._known.values()]
        return max(known, default=0.0)

    def _values(self, row: Row, design: Design) -> Array:
        if self._require:
            known = dict(design.inputs) | row
            return np.array([_number(each, known) for each in self._require])
        if self._names is None:
            self._names = [name for name in row if name.startswith("loop.margins.")] or ["loop.margins"]
        carried = row.get("loop.feasible") is not False
        found = [row.get(name) for name in self._names]
        return np.array(
            [
                float(value) - self._reserve if isinstance(value, int | float) and carried else PENALTY
                for value in found
            ]
        )


def _number(expression: Expression, known: Mapping[str, Any]) -> float:
    try:
        return float(expression(known))
    except UndefinedError:
        return PENALTY


def _share(axis: AxisSpec, value: float) -> float:
    low, high = bounds(axis)
    if axis.scale == "log":
        return float(np.log(value / low) / np.log(high / low))
    return (value - low) / (high - low)


def find_optimum(
    plan: Plan, evaluate: Evaluate, engine: AnyEngine, rows: Sequence[Row], directory: SweepDirectory
) -> dict[str, Any]:
    """Search for the best of the first objective from the best feasible designs of the sweep.

    Raises
    ------
    CaseError
        If there is no objective, or no axis has a range.
    """
    if not plan.spec.objective or plan.spec.optimise is None:
        raise CaseError(["optimise: needs an [[objective]]"])
    if not any(axis.range is not None for axis in plan.spec.axis):
        raise CaseError(["optimise: needs an axis with a range"])
    starts = _starts(plan, rows)
    if not starts:
        return {"found": False, "text": "optimum: no feasible design to start from"}
    found: list[Row] = []
    engine.solve(LocalSearch(plan, evaluate), starts, found.extend)
    good = [row for row in found if row["status"] == "ok"]
    objective = plan.spec.objective[0]
    if not good:
        return {"found": False, "text": f"optimum: {found[0]['reason']}"}
    sign = 1.0 if objective.goal == "minimise" else -1.0
    best = min(good, key=lambda row: sign * row["value"])
    inputs = ", ".join(
        f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in best["point"].items()
    )
    return {
        "found": True,
        "objective": objective.name,
        "value": best["value"],
        "inputs": best["point"],
        "margins": {name: value for name, value in best.items() if name.startswith("loop.margins.")},
        "solves": sum(row["solves"] for row in good),
        "starts": len(starts),
        "text": f"optimum: {objective.name} {best['value']:.6g} at {inputs}",
    }


def _starts(plan: Plan, rows: Sequence[Row]) -> list[Design]:
    objective, settings = plan.spec.objective[0], plan.spec.optimise
    sign = 1.0 if objective.goal == "minimise" else -1.0
    column = OBJECTIVE + objective.name
    ready = [row for row in rows if row["feasible"] and row.get(column) is not None]
    ready.sort(key=lambda row: (sign * row[column], row["design"]))
    digest = plan.base.digest()
    starts = []
    for row in ready[: settings.starts if settings is not None else 1]:
        design = plan.designs[row["design"]]
        point = tuple(
            value if axis.range is None else design.inputs[axis.name]
            for axis, value in zip(plan.spec.axis, design.point, strict=True)
        )
        starts.append(Design(design_key(f"{digest} start", {"point": point}), {}, {}, point))
    return starts
