"""A run from a checked case to a run directory: inputs first, then one study after the other."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from coupling.case_file import LoadedCase, resolved_toml
from coupling.errors import OutputError
from coupling.inputs import CaseInputs, prepare_inputs
from coupling.progress import Progress, silent
from coupling.results import SUMMARY, RanksDirectory, RunDirectory, Unwritten, to_json
from coupling.shared import Shared, unshared
from coupling.studies import STUDIES
from coupling.study.draws import check_draws
from coupling.study_context import StudyContext
from coupling.summary import failures
from meshes.errors import VascoolError
from meshes.versions import version
from thermal import ranks

log = logging.getLogger(__name__)
_PACKAGES = ("numpy", "scipy", "cantera", "CoolProp", "ht", "fluids", "pyvista", "sanafe")


@dataclass(frozen=True)
class RunOutcome:
    """What a run found, and the exit code it deserves."""

    summary: dict[str, Any]
    exit_code: int

    @property
    def summary_json(self) -> str:
        """The summary as it stands in ``summary.json``."""
        return to_json(self.summary)


def run_case(
    loaded: LoadedCase,
    path: Path,
    *,
    resume: bool = False,
    force: bool = False,
    progress: Progress = silent,
    shared: Shared = unshared,
) -> RunOutcome:
    """Run the studies of a case and write its run directory.

    Bad input is found before anything is written. A loop that cannot carry its heat, or an iteration that does not
    converge, is a result: the summary says which and the exit code is 1.

    Raises
    ------
    InputError
        If a file that the case names cannot be used, or the folder cannot be written to.
    """
    began, started = time.monotonic(), datetime.now(UTC)
    inputs = prepare_inputs(loaded, shared)
    check_draws(loaded)
    directory = RunDirectory(path) if ranks.count() == 1 else RanksDirectory(path)
    with (
        directory.opened(
            case_text=resolved_toml(loaded, path), digest=inputs.digest, resume=resume, force=force
        ),
        directory.logging_to_file(),
    ):
        context = StudyContext(loaded, inputs, directory, progress, shared)
        reason = _run_studies(context)
        summary = _head(loaded, inputs, started) | _found(context, reason)
        summary["wall_time_s"] = round(time.monotonic() - began, 3)
        directory.write_json(SUMMARY, summary)
        if "reason" in summary:
            log.error("%s", summary["reason"])
    return RunOutcome(summary, 1 if "reason" in summary else 0)


def solve_case(loaded: LoadedCase, shared: Shared = unshared) -> dict[str, Any]:
    """Run the studies of a case and return what they found, in the summary's form, without writing anything.

    Raises
    ------
    InputError
        If a file that the case names cannot be used.
    """
    context = StudyContext(loaded, prepare_inputs(loaded, shared), Unwritten(), silent, shared)
    return _found(context, _run_studies(context))


def _found(context: StudyContext, reason: str) -> dict[str, Any]:
    found = dict(context.sections)
    found["warnings"] = list(dict.fromkeys([*context.inputs.warnings, *context.warnings]))
    reasons = [*([reason] if reason else []), *failures(found)]
    found["status"] = "failed" if reasons else "ok"
    if reasons:
        found["reason"] = "; ".join(reasons)
    return found


def _run_studies(context: StudyContext) -> str:
    """Run the studies in their order; the first that cannot go on ends the run with its reason."""
    spec = context.loaded.spec
    has_steady = spec.package is not None or spec.loop is not None
    for name in STUDIES:
        # the other studies start from the steady state
        if name not in context.wanted and not (name == "steady" and has_steady):
            continue
        log.info("study %s", name)
        try:
            going_on = STUDIES[name]()(context)
        except OutputError:
            raise
        except VascoolError as error:
            return f"{name}: {error}"
        if not going_on:
            break
    return ""


def _head(loaded: LoadedCase, inputs: CaseInputs, started: datetime) -> dict[str, Any]:
    return {
        "vascool": version("vascool"),
        "case": loaded.spec.case.name,
        "description": loaded.spec.case.description,
        "case_sha256": inputs.digest,
        "started": started.isoformat(timespec="seconds"),
        "wall_time_s": 0.0,
        "studies": list(loaded.spec.case.study),
        "status": "ok",
        "assumptions": [*loaded.assumptions, *inputs.assumptions],
        "warnings": [],
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
