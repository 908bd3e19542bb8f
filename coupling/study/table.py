"""The table of a sweep: one row a design, in the order of the plan, whatever the order in which they were solved."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from coupling.study.design import Design
from coupling.study.expressions import Expression, UndefinedError
from coupling.study.plan import Plan

Row = dict[str, Any]
INPUT = "input."
OBJECTIVE = "objective."


def table_rows(plan: Plan, solved: Mapping[str, Row]) -> list[Row]:
    """Put inputs, objectives and results of each solved design in one row."""
    judge = Judge(plan)
    return [
        judge.row(index, design, solved[design.key])
        for index, design in enumerate(plan.designs)
        if design.key in solved
    ]


def unknown_results(plan: Plan, rows: Sequence[Row]) -> list[str]:
    """Faults of expressions whose names no solved design has a result for; none where no design was solved."""
    solved = [row for row in rows if row["status"] == "ok"]
    known = {name for row in solved for name in row} | set(plan.axes)
    texts = [*plan.spec.constraints, *(each.quantity for each in plan.spec.objective)]
    missing = {name: text for text in texts for name in Expression(text).names if name not in known}
    faults = []
    for name, text in missing.items() if solved else ():
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        faults.append(f"expression {text!r}: {name} is not among the results of any design{hint}")
    return faults


class Judge:
    """Works out objectives and constraints of solved designs."""

    def __init__(self, plan: Plan) -> None:
        axes = set(plan.axes)
        parsed = [Expression(text) for text in plan.spec.constraints]
        self._constraints = [each for each in parsed if not axes.issuperset(each.names)]
        self._objectives = {each.name: Expression(each.quantity) for each in plan.spec.objective}

    def row(self, index: int, design: Design, solved: Row) -> Row:
        """Row of one design; ``feasible`` where it is solved, within its limits, and meets the constraints."""
        results = {name: value for name, value in solved.items() if name not in _HEAD}
        known = dict(design.inputs) | results
        reason = str(solved.get("reason", ""))
        unmet = [text for each in self._constraints if (text := _unmet(each, known))]
        feasible = solved["status"] == "ok" and not unmet
        if solved["status"] == "ok" and unmet:
            reason = "; ".join(unmet)
        return {
            "design": index,
            "key": design.key,
            **{INPUT + name: value for name, value in design.inputs.items()},
            **{OBJECTIVE + name: _known(each, known) for name, each in self._objectives.items()},
            "feasible": feasible,
            "status": solved["status"],
            "reason": reason,
            **results,
            "seconds": solved["seconds"],
        }


_HEAD = frozenset({"key", "status", "reason", "seconds"})


def _unmet(constraint: Expression, known: Mapping[str, Any]) -> str:
    try:
        return "" if constraint(known) else f"not {constraint.text}"
    except UndefinedError as error:
        return str(error)


def _known(expression: Expression, known: Mapping[str, Any]) -> float | None:
    try:
        return float(expression(known))
    except (UndefinedError, ValueError):
        return None
