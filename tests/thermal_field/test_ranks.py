"""One field on several ranks of MPI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, os
from pathlib import Path
import numpy as np
from thermal import ranks
from meshes.package import PackageSpec
from thermal.field.boundary import FixedCoefficient
from thermal.field.conduction import PackageField

class Boiling:
    def flux(self, wall):
        rise = np.maximum(wall - 305.0, 0.1)
        return 50.0 * rise**2, 100.0 * rise

told = []
for sides in ({"h": 20.0, "T": 295.0}, {"T": 295.0}):
  package = PackageSpec.model_validate({
    "size": (2e-2, 2e-2), "cells": (20, 20),
    "layer": [
        {"name": "die", "thickness": 2e-4, "material": "silicon_of_temperature", "cells": 2, "fill": "air",
         "extent": {"x": 3e-3, "y": 6e-3, "w": 8e-3, "h": 7e-3}, "floorplan": {"grid": (2, 3)}, "heat": "bottom"},
        {"name": "plate", "thickness": 1e-3, "material": "copper", "cells": 3},
    ],
    "boundary": {"sides": sides},
  })
  field = PackageField(package, Path(), wetted_face="top", solver=SOLVER)
  power = np.array([1.0, 0.0, 4.0, 2.0, 0.5, 3.0])
  steady = field.steady(power, FixedCoefficient(3e3, 310.0))
  boiling = field.steady(power, Boiling())
  later = field.step(boiling.temperature, 0.1, 2.0 * power, Boiling())
  latest = field.step(later.temperature, 0.1, power, FixedCoefficient(3e3, 310.0))
  for found in (steady, boiling, later, latest):
    told += [float(value) for value in (*found.block_maximum, *found.heat_out.values())]
  told.append(field.stored_energy(steady.temperature, latest.temperature))
same = ranks.from_first(lambda: told) == told
Path(f"{OUT}/{os.environ.get('OMPI_COMM_WORLD_RANK', '0')}.json").write_text(json.dumps({"told": told, "same": same}))
"""


OWN_ROWS = """
import json
from pathlib import Path
import numpy as np
from types import SimpleNamespace
from thermal.fem import WORLD, HexahedralSpace, PETSc, SymmetricSolver
from thermal.field.boundary import Face, Surface, faces_of
from thermal.field.matrices import AssembledMatrices
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

random = np.random.default_rng(7)
x, y, z = (np.concatenate([[0.0], np.cumsum(random.uniform(0.5, 2.0, n))]) for n in (12, 19, 5))
grid = TensorGrid(x, y, z)
conductivity, capacity = random.uniform(1.0, 9.0, (3, *grid.cell_shape)), random.uniform(1.0, 9.0, grid.cell_shape)
slope = random.uniform(1.0, 9.0, grid.face_shape("top"))
size = int(np.prod(grid.node_shape))
faces = faces_of(SimpleNamespace(x=x, y=y, z=z, node_shape=grid.node_shape, unknowns=size))
held = np.full(size, np.nan)
held[faces["bottom"].nodes] = 300.0
surface = Surface(faces, {"sides": 3.0}, {"sides": 290.0}, held, {}, "top")
matrices = AssembledMatrices(HexahedralSpace(x, y, z), surface, capacity)
found = matrices.tangent(matrices.fixed_part(matrices.conduction(conductivity), 0.5), slope.ravel())
sides = {side: np.full(grid.face_shape(side), 3.0) for side in ("south", "north", "west", "east")}
whole = TensorOperator(grid, conductivity, capacity / 0.5, sides, {"top": slope}).matrix()
own, free = found.layout.own, np.isnan(held)
expected = whole[own].toarray() * free[own][:, None] * free
expected[np.arange(len(own)), own] = whole.diagonal()[own]
away = np.abs(found.rows.toarray() - expected).max() / np.abs(expected).max()
nodal = random.uniform(size=size)
product = np.abs(found @ nodal - np.where(free, whole @ np.where(free, nodal, 0.0), whole.diagonal() * nodal)).max()
diagonal = np.abs(found.diagonal() - whole.diagonal()).max()
solver = SymmetricSolver("amg")
solution, _ = solver.solve(found, nodal, absolute=1e-12)
left = np.abs(found @ solution - nodal).max()
given = int(solver._matrix.getInfo(PETSc.Mat.InfoType.LOCAL)["nz_used"])
told = {"held": [found.rows.nnz, given], "all": whole.nnz,
        "away": away, "product": product, "diagonal": diagonal, "left": left}
Path(f"{OUT}/{WORLD.rank}.json").write_text(json.dumps(told))
"""


def mpirun(count: int) -> list[str]:
    return ["mpirun", "--oversubscribe", "-n", str(count)]


ENVIRONMENT = os.environ | {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_NUM_THREADS": "1",
}
PATIENCE = 600
"""A stuck run must end the test; a busy machine must not [s]."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")]


def told(launcher: list[str], script: str, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    script = script.replace("{OUT}", str(folder))
    subprocess.run(
        [*launcher, sys.executable, "-c", script], check=True, cwd=ROOT, env=ENVIRONMENT, timeout=PATIENCE
    )
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize(("solver", "count"), [("amg", 2), ("amg", 3), ("auto", 2), ("direct", 2)])
def test_several_ranks_find_what_one_finds(solver, count, tmp_path):
    script = SCRIPT.replace("SOLVER", repr(solver))
    (alone,) = told([], script, tmp_path / "alone")
    shared = told(mpirun(count), script, tmp_path / "shared")
    assert [rank["same"] for rank in shared] == [True] * count
    assert shared[0]["told"] == pytest.approx(alone["told"], rel=1e-8)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_rank_holds_its_own_rows_and_no_more(count, tmp_path):
    """Entry by entry those of the tensor grid's matrix; neither numpy nor PETSc has others."""
    shared = told(mpirun(count), OWN_ROWS, tmp_path / "shared")
    entries = shared[0]["all"]
    assert sum(rank["held"][0] for rank in shared) == entries
    for rank in shared:
        assert rank["held"][0] == rank["held"][1]
        assert rank["held"][0] == pytest.approx(entries / count, rel=0.08)
        assert max(rank[name] for name in ("away", "product", "diagonal")) < 1e-12
        assert rank["left"] < 1e-11


CASE = (Path(__file__).resolve().parents[1] / "cases" / "two_modules.toml").read_text()
FINE = ("--set", "package.cells=[32, 32]")
"""Enough unknowns for conjugate gradients."""


TRACE = "r0c0 r0c1 r1c0 r1c1\n" + "4 2 8 1\n5 2 7 1\n6 2 8 1\n"


def vascool(launcher: list[str], case: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        *launcher,
        sys.executable,
        "-c",
        "import cli; cli.main()",
        "run",
        str(case),
        "-o",
        str(out),
        *options,
    ]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, timeout=PATIENCE, text=True, capture_output=True, check=False
    )


def numbers(value: Any, key: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        return {k: v for name, item in value.items() for k, v in numbers(item, f"{key}.{name}").items()}
    if isinstance(value, list):
        return {k: v for i, item in enumerate(value) for k, v in numbers(item, f"{key}.{i}").items()}
    return {key: value} if isinstance(value, float) else {}


def test_a_run_on_two_ranks_is_the_run_on_one(tmp_path):
    case = tmp_path / "case.toml"
    case.write_text(CASE)
    (tmp_path / "two.ptrace").write_text(TRACE)
    one = vascool([], case, tmp_path / "one", "--json", *FINE)
    both = vascool(mpirun(2), case, tmp_path / "both", "--json", *FINE)
    assert (one.returncode, both.returncode) == (0, 0), one.stderr + both.stderr
    alone, shared = json.loads(one.stdout), json.loads(both.stdout)
    for section in ("chip", "loop", "facility"):
        expected = numbers(alone[section])
        assert expected
        # what is nothing but round-off has no digits to compare
        assert numbers(shared[section]) == pytest.approx(expected, rel=1e-8, abs=1e-9), section
    assert max(shared["energy"].values()) < 1e-6
    assert {path.name for path in (tmp_path / "one").rglob("*")} == {
        path.name for path in (tmp_path / "both").rglob("*")
    }


def test_what_stops_one_rank_stops_all_with_one_message(tmp_path):
    case, out = tmp_path / "case.toml", tmp_path / "out"
    case.write_text(CASE)
    (tmp_path / "two.ptrace").write_text(TRACE)
    out.mkdir()
    (out / "mine.txt").write_text("not a run's")
    refused = vascool(mpirun(2), case, out)
    assert refused.returncode == 2
    assert refused.stderr.count("Error: ") == 1
    assert "mine.txt" in refused.stderr
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


LONE = """
import os, cli
from thermal.field import conduction

steady = conduction.PackageField.steady

def fails_here(*arguments, **options):
    if os.environ["OMPI_COMM_WORLD_RANK"] == "{RANK}":
        raise {FAULT}
    return steady(*arguments, **options)

conduction.PackageField.steady = fails_here
cli.main()
"""


@pytest.mark.parametrize("rank", ["0", "1"])
@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("OSError(28, 'No space left on device')", 2, "No space left on device"),
        ("ZeroDivisionError('a fault of ours')", 1, "ZeroDivisionError: a fault of ours"),
    ],
)
def test_a_rank_that_fails_alone_ends_the_others_that_wait_for_it(rank, fault, code, said, tmp_path):
    (tmp_path / "case.toml").write_text((ROOT / "examples" / "bench_chip.toml").read_text())
    script = LONE.replace("{RANK}", rank).replace("{FAULT}", fault)
    command = [*mpirun(2), sys.executable, "-c", script, "run"]
    ended = subprocess.run(
        [*command, str(tmp_path / "case.toml"), "-o", str(tmp_path / "out")],
        cwd=ROOT,
        env=ENVIRONMENT,
        timeout=120,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == code
    assert said in ended.stderr


def test_a_launcher_that_does_not_tell_of_its_ranks_is_refused(tmp_path):
    """Each of them would take itself for the first, and all would write the same files."""
    untold = ["env", "-u", "OMPI_COMM_WORLD_SIZE", "-u", "OMPI_COMM_WORLD_RANK"]
    command = [*mpirun(2), *untold, sys.executable, "-c", "import thermal.fem"]
    refused = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, timeout=120, text=True, capture_output=True, check=False
    )
    assert refused.returncode != 0
    assert "MPI has 2 ranks, the launcher's environment tells of 1" in refused.stderr


def test_more_ranks_than_nodes_are_refused(tmp_path):
    few = "import numpy as np; from thermal.fem import HexahedralSpace as H; H(*[np.array([0.0, 1.0])] * 3)"
    refused = subprocess.run(
        [*mpirun(9), sys.executable, "-c", few],
        cwd=ROOT,
        env=ENVIRONMENT,
        timeout=120,
        text=True,
        capture_output=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "9 ranks have 8 nodes to share" in refused.stderr
