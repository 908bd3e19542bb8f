"""One design to one row; whatever goes wrong is written in the row."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coupling.errors import CaseError
from coupling.study.base_case import BaseCase
from coupling.study.design import Design, Evaluate, Results
from coupling.study.quantities import flatten
from coupling.study.shared_work import SharedWork
from meshes.cache_folder import cache_folder
from meshes.errors import VascoolError

Row = dict[str, Any]
log = logging.getLogger(__name__)


@functools.cache
def _shared() -> SharedWork:
    """Return the cache of this process."""
    return SharedWork(cache_folder("shared"))


@dataclass(frozen=True)
class CaseEvaluator:
    """Solves the base case with a design's settings in it.

    Attributes
    ----------
    runs
        Folder for a run directory of each design; ``None`` keeps no more than the row.
    """

    base: BaseCase
    runs: Path | None = None

    def __call__(self, design: Design) -> Results:
        """Return the flattened summary."""
        from coupling.run import run_case, solve_case

        loaded = self.base.case(design.settings)
        # a design is one draw at most, never a study of draws
        loaded = replace(loaded, spec=loaded.spec.model_copy(update={"uncertainty": None}))
        if self.runs is None:
            summary = solve_case(loaded, _shared())
        else:
            folder = self.runs / design.key
            summary = run_case(loaded, folder, force=True, shared=_shared()).summary
        results = dict(flatten(summary))
        for name in ("vascool", "case", "description", "case_sha256", "started", "wall_time_s"):
            results.pop(name, None)
        results = {name: value for name, value in results.items() if not name.startswith("versions.")}
        results["warnings"] = len(summary["warnings"])
        return results | {"status": summary["status"], "reason": summary.get("reason", "")}


def solve_design(evaluate: Evaluate, design: Design) -> Row:
    """Return the row of a design: ``ok``, ``failed`` (a limit), ``invalid`` (no case) or ``error`` (ours), and why."""
    began = time.perf_counter()
    row: Row = {"key": design.key, "status": "ok", "reason": ""}
    try:
        row |= evaluate(design)
    except CaseError as error:
        row |= {"status": "invalid", "reason": str(error)}
    except VascoolError as error:
        row |= {"status": "failed", "reason": str(error)}
    except Exception as error:  # one bad design never ends a sweep
        log.exception("design %s", design.key)
        row |= {"status": "error", "reason": f"{type(error).__name__}: {error}"[:500]}
    return row | {"seconds": time.perf_counter() - began}


def solve_designs(evaluate: Evaluate, designs: Sequence[Design]) -> list[Row]:
    """Rows of some designs, one after the other."""
    return [solve_design(evaluate, design) for design in designs]
