"""Two hundred designs of a plate in one process, each a whole case: from its settings to its summary."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.rows import Row
from coupling.study.plan import make_plan
from coupling.study.solve import CaseEvaluator, solve_designs

UNKNOWNS = 45 * 45 * 21
SWEEP = """
[sweep]
case = "plate.toml"
study = ["steady"]
[[axis]]
name = "film"
key = "package.boundary.top.h"
range = [1000, 5000]
count = 20
[[axis]]
name = "lid"
key = "package.layer.lid.thickness"
range = ["1 mm", "4 mm"]
count = 10
"""
CASE = """
[case]
name = "plate"
[package]
size = ["40 mm", "40 mm"]
cells = [44, 44]
[[package.layer]]
name = "die"
thickness = "500 um"
material = "silicon"
cells = 7
floorplan = { grid = [4, 4] }
heat = "bottom"
[[package.layer]]
name = "lid"
thickness = "2.5 mm"
material = "copper"
cells = 13
[package.boundary]
top = { h = 2000, T = "35 degC" }
[power]
total = "50 W"
"""


def design_rows() -> Iterator[Row]:
    """Processor time of all designs after a first one, as a worker of a sweep has it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "plate.toml").write_text(CASE)
        (root / "sweep.toml").write_text(SWEEP)
        plan = make_plan(root / "sweep.toml")
        evaluate = CaseEvaluator(plan.base)
        solve_designs(evaluate, plan.designs[:1])
        began = time.process_time()
        rows = solve_designs(evaluate, plan.designs)
        seconds = time.process_time() - began
    solved = sum(row["status"] == "ok" for row in rows)
    yield Row(f"{solved} designs of a uniform plate, each a whole case", UNKNOWNS, seconds)
