"""From a case file to its solved field through the product's own path, and where the time of a small run goes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import thermal.field.solver
from benchmarks.rows import Row
from coupling.case_file import load_case
from coupling.fields import write_fields
from coupling.inputs import prepare_inputs
from coupling.progress import silent
from coupling.results import RunDirectory, Unwritten
from coupling.study_context import StudyContext

ROOT = Path(__file__).resolve().parents[1]
CELLS = 20
"""Along a side, of the small case."""

CASE = """
[case]
name = "die on a spreader"
study = ["steady"]
[package]
size = ["40 mm", "40 mm"]
cells = [{cells}, {cells}]
[[package.layer]]
name = "die"
thickness = "500 um"
material = "silicon"
cells = 6
fill = "void"
extent = {{ x = "14 mm", y = "14 mm", w = "12 mm", h = "12 mm" }}
floorplan = {{ grid = [4, 4] }}
heat = "bottom"
[[package.layer]]
name = "grease"
thickness = "50 um"
material = "thermal_grease"
cells = 1
fill = "void"
extent = {{ x = "14 mm", y = "14 mm", w = "12 mm", h = "12 mm" }}
[[package.layer]]
name = "spreader"
thickness = "2.5 mm"
material = "copper"
cells = 13
[package.boundary]
top = {{ h = 2000, T = "35 degC" }}
[power]
total = "100 W"
[numerics]
solver = "{solver}"
"""

SPLIT = """
import json, sys, time
marks = [("", 0.0)]

def mark(name):
    marks.append((name, time.process_time()))

mark("Python itself")
import numpy, scipy.linalg, scipy.sparse
mark("NumPy, SciPy")
from coupling.case_file import load_case
from coupling.inputs import prepare_inputs
from coupling.progress import silent
from coupling.results import RunDirectory, Unwritten
from coupling.run import run_case
import coupling.steady
from coupling.study_context import StudyContext
from pathlib import Path
mark("modules of vascool, pydantic")
case = load_case(Path(sys.argv[1]), ())
inputs = prepare_inputs(case)
mark("case file, units")
if sys.argv[2] == "auto":
    import thermal.fem
    mark("DOLFINx, PETSc")
context = StudyContext(case, inputs, Unwritten(), silent)
context.package_field()
mark("mesh, operators, kernels and forms from the cache")
context.package_steady()
mark("solve")
pairs = zip(marks, marks[1:])
print(json.dumps({name: at - before for (_, before), (name, at) in pairs}))
"""


COMMAND = """
import contextlib, json, sys, time
import cli

sys.argv = ["vascool", "run", sys.argv[1], "-o", sys.argv[2], "--force", "--quiet"]
ends = [0.0]
for _ in range(2):
    with contextlib.suppress(SystemExit):
        cli.main()
    ends.append(time.process_time())
print(json.dumps({"whole": ends[1], "work": ends[2] - ends[1]}))
"""
"""The command as a user gives it, and once more in the same process, where there is nothing left to load."""


def run_path_rows(cells: int, rounds: int) -> Iterator[Row]:
    """Case file to field, over the solver's own time; then the split of a small run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _case_to_field(folder, cells, rounds)
        for solver in ("auto", "tensor"):
            yield from _split(folder, solver, rounds)


def _case_to_field(folder: Path, cells: int, rounds: int) -> Iterator[Row]:
    small, large = folder / "small.toml", folder / "large.toml"
    small.write_text(CASE.format(cells=16, solver="tensor"))
    large.write_text(CASE.format(cells=cells, solver="auto"))
    _timed(small, folder / "first")  # imports and compiles
    times = [_timed(large, folder / f"run-{n}") for n in range(rounds)]
    whole, own, written = (statistics.median(t[n] for t in times) for n in (1, 2, 3))
    for name, seconds in (("solved", whole), ("written", whole + written)):
        bench, unit = f"case file to {name} field", "times the solve's own time"
        yield Row(bench, int(times[0][0]), seconds, "the solve's own time", seconds / own, unit=unit)


def _split(folder: Path, solver: str, rounds: int) -> Iterator[Row]:
    """Processor time of a small run: what it loads, what it works, and its parts up to the field."""
    case = folder / f"split-{solver}.toml"
    case.write_text(CASE.format(cells=CELLS, solver=solver))
    name, unit = f"small run, solver {solver}", "cells of a plane"
    command = _in_its_own_process(COMMAND, (str(case), str(folder / f"split-{solver}")), rounds)
    whole, work = command["whole"], command["work"]
    yield Row(f"{name}: the whole command", CELLS**2, whole, unit=unit)
    loading = whole - work
    yield Row(
        f"{name}: of it to load programs", CELLS**2, loading, "the whole command", loading / whole, unit=unit
    )
    for part, seconds in _in_its_own_process(SPLIT, (str(case), solver), rounds).items():
        yield Row(f"{name}: {part}", CELLS**2, seconds, unit=unit)


def _in_its_own_process(script: str, arguments: tuple[str, ...], rounds: int) -> dict[str, float]:
    """Medians of what a script says, run once before to fill the caches, Python's of compiled modules among them."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["OMP_NUM_THREADS"] = "1"
    command = [sys.executable, "-c", script, *arguments]
    said = [
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment).stdout
        for _ in range(rounds + 1)
    ]
    found = [json.loads(text.splitlines()[-1]) for text in said[1:]]
    return {part: statistics.median(one[part] for one in found) for part in found[0]}


def _timed(case: Path, folder: Path) -> tuple[float, float, float, float]:
    """Unknowns; processor time from the file to the field, of it in the solver, and of writing the field [s]."""
    own, solve = 0.0, thermal.field.solver.TensorFieldSolver.solve

    def counted(*args: object, **options: object) -> object:
        nonlocal own
        start = time.process_time()
        found = solve(*args, **options)  # type: ignore[arg-type]
        own += time.process_time() - start
        return found

    thermal.field.solver.TensorFieldSolver.solve = counted  # type: ignore[method-assign, assignment]
    try:
        start = time.process_time()
        loaded = load_case(case, ())
        context = StudyContext(loaded, prepare_inputs(loaded), Unwritten(), silent)
        package, solution = context.package_field(), context.package_steady()
        solved = time.process_time()
    finally:
        thermal.field.solver.TensorFieldSolver.solve = solve  # type: ignore[method-assign]
    directory = RunDirectory(folder)
    with directory.opened(case_text="", digest="", resume=False, force=True):
        begun = time.process_time()
        write_fields(directory, package.mesh, (solution,))
        written = time.process_time() - begun
    return package.unknowns, solved - start, own, written
