"""A sweep from its file to its directory: plan, solve what is missing, table, answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coupling.errors import CaseError
from coupling.inputs import prepare_inputs
from coupling.progress import Progress, silent
from coupling.study.answers import answers
from coupling.study.design import Design, Evaluate
from coupling.study.engine import AnyEngine, local_engine, remote_engine
from coupling.study.plan import Plan, checked_plan
from coupling.study.shared_work import SharedWork
from coupling.study.solve import CaseEvaluator, Row, solve_design
from coupling.study.store import SWEEP, SweepDirectory
from coupling.study.table import table_rows, unknown_results
from meshes.errors import InputError
from meshes.versions import version

Say = Callable[[str], object]
CHECKED = 2000
"""Designs that a preview checks; of larger sweeps it takes evenly spaced ones."""


@dataclass(frozen=True)
class Preview:
    """What a sweep would do.

    Attributes
    ----------
    designs, excluded
        To be solved; left out by constraints on the axes.
    faults
        Of designs that are no valid cases: their inputs and the fault.
    checked
        Designs that were looked at for faults.
    seconds
        That one design took [s]; ``None`` where none could be solved.
    """

    designs: int
    excluded: int
    faults: tuple[str, ...]
    checked: int
    seconds: float | None


@dataclass(frozen=True)
class SweepOutcome:
    """What a sweep found."""

    answers: dict[str, Any]
    rows: tuple[Row, ...]

    @property
    def exit_code(self) -> int:
        """1 where no design can be used, else 0: a failed design is a row."""
        return 0 if any(row["feasible"] for row in self.rows) else 1


def choose_engine(workers: int | None, scheduler: str | None) -> AbstractContextManager[AnyEngine]:
    """Workers here, or those of a scheduler, which is asked at once: one that is not there costs no file.

    Raises
    ------
    InputError
        If both were asked for, or no scheduler answers.
    """
    if workers is not None and scheduler is not None:
        raise InputError("--workers and --scheduler exclude each other")
    if scheduler is None:
        return local_engine(workers)
    with remote_engine(scheduler):
        return remote_engine(scheduler)


def preview(path: Path) -> Preview:
    """Lay out the designs of a sweep, check them, and solve one to see how long they take.

    Raises
    ------
    CaseError
        If the sweep file or its base case cannot be used.
    """
    plan = checked_plan(path)
    step = max(1, len(plan.designs) // CHECKED)
    faults, good, shared = [], [], SharedWork()
    for design in plan.designs[::step]:
        try:
            prepare_inputs(plan.base.case(design.settings), shared)
        except InputError as error:
            faults.append(f"{_shown(design.inputs)}: {'; '.join(str(error).splitlines())}")
        else:
            good.append(design)
    seconds = None
    if good:
        # the first design also pays for imports and tables, which the workers pay once
        evaluate = CaseEvaluator(plan.base)
        solve_design(evaluate, good[0])
        row = solve_design(evaluate, good[len(good) // 2])
        seconds = float(row["seconds"])
        faults += unknown_results(plan, [row])
    checked = len(plan.designs[::step])
    return Preview(len(plan.designs), plan.excluded, tuple(faults), checked, seconds)


def _shown(inputs: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} = {value:.6g}" if isinstance(value, float) else f"{name} = {value}"
        for name, value in inputs.items()
    )


def run_sweep(
    path: Path,
    output: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
    say: Say = lambda text: None,
) -> SweepOutcome:
    """Solve all designs of a sweep file into a sweep directory.

    Raises
    ------
    InputError
        If the sweep file, its base case or the directory cannot be used.
    """
    plan = checked_plan(path)
    runs = output.resolve() / "runs" if plan.spec.sweep.keep_runs else None
    outcome = solve_plan(
        plan,
        CaseEvaluator(plan.base, runs),
        SweepDirectory(output),
        choose_engine(workers, scheduler),
        text=path.read_text(encoding="utf-8"),
        resume=resume,
        force=force,
        progress=progress,
        say=say,
    )
    if faults := unknown_results(plan, outcome.rows):
        raise CaseError([f"{path}: {fault} (the rows are kept: correct it and --resume)" for fault in faults])
    return outcome


def solve_plan(
    plan: Plan,
    evaluate: Evaluate,
    directory: SweepDirectory,
    engine: AbstractContextManager[AnyEngine],
    *,
    text: str = "",
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
    say: Say = lambda text: None,
) -> SweepOutcome:
    """Solve the designs of a plan that the directory has no rows of, then write table and answers."""
    began = time.monotonic()
    with directory.opened(resume=resume, force=force), contextlib.ExitStack() as stack:
        rows = directory.rows()
        missing = [design for design in plan.designs if design.key not in rows]
        if rows and len(missing) == len(plan.designs):
            raise InputError(
                f"{directory.path}: holds none of this sweep's designs (its case, its axes or vascool have changed); "
                "--force starts anew"
            )
        directory.write_text(SWEEP, text)
        running: AnyEngine | None = None
        if missing or plan.spec.optimise is not None:
            running = stack.enter_context(engine)
            count = f"{running.workers} worker{'s' * (running.workers != 1)}"
            say(f"{count}{f', dashboard {running.dashboard}' if running.dashboard else ''}")
            solve_missing(running, evaluate, missing, plan.designs, directory, progress)
        solved = directory.rows()
        table = table_rows(plan, solved)
        found = answers(plan, table)
        if plan.spec.optimise is not None and running is not None:
            from coupling.study.optimise import find_optimum

            found["optimum"] = find_optimum(plan, evaluate, running, table, directory)
        directory.write_table(table)
        found = {"vascool": version("vascool")} | found | {"wall_time_s": round(time.monotonic() - began, 3)}
        directory.write_answers(found)
    return SweepOutcome(found, tuple(table))


def solve_missing(
    engine: AnyEngine,
    evaluate: Evaluate,
    missing: Sequence[Design],
    designs: Sequence[Design],
    directory: SweepDirectory,
    progress: Progress,
) -> None:
    """Solve designs and append their rows as they come."""
    done, failed = len(designs) - len(missing), 0
    progress("designs", done, len(designs))

    def take(rows: list[Row]) -> None:
        nonlocal done, failed
        directory.append(rows)
        done += len(rows)
        failed += sum(row["status"] != "ok" for row in rows)
        progress("designs", done, len(designs), f"{failed} failed" if failed else "")

    engine.solve(evaluate, missing, take)
