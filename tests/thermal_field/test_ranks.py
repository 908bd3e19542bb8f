"""One field on two ranks of MPI."""

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

package = PackageSpec.model_validate({
    "size": (2e-2, 2e-2), "cells": (20, 20),
    "layer": [
        {"name": "die", "thickness": 2e-4, "material": "silicon_of_temperature", "cells": 2, "fill": "air",
         "extent": {"x": 3e-3, "y": 6e-3, "w": 8e-3, "h": 7e-3}, "floorplan": {"grid": (2, 3)}, "heat": "bottom"},
        {"name": "plate", "thickness": 1e-3, "material": "copper", "cells": 3},
    ],
    "boundary": {"sides": {"h": 20.0, "T": 295.0}},
})
field = PackageField(package, Path(), wetted_face="top", solver=SOLVER)
power = np.array([1.0, 0.0, 4.0, 2.0, 0.5, 3.0])
steady = field.steady(power, FixedCoefficient(3e3, 310.0))
later = field.step(steady.temperature, 0.1, 2.0 * power, FixedCoefficient(3e3, 310.0))
told = [float(value) for value in (*steady.block_maximum, *later.block_maximum, *later.heat_out.values())]
same = ranks.from_first(lambda: told) == told
Path(f"{OUT}/{os.environ.get('OMPI_COMM_WORLD_RANK', '0')}.json").write_text(json.dumps({"told": told, "same": same}))
"""


MPIRUN = ["mpirun", "--oversubscribe", "-n", "2"]
ENVIRONMENT = os.environ | {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_NUM_THREADS": "1",
}
PATIENCE = 600
"""A stuck run must end the test; a busy machine must not [s]."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")]


def told(launcher: list[str], solver: str, folder: Path) -> list[dict[str, Any]]:
    folder.mkdir()
    script = SCRIPT.replace("SOLVER", repr(solver)).replace("{OUT}", str(folder))
    subprocess.run(
        [*launcher, sys.executable, "-c", script], check=True, cwd=ROOT, env=ENVIRONMENT, timeout=PATIENCE
    )
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("solver", ["amg", "auto"])
def test_two_ranks_find_what_one_finds(solver, tmp_path):
    (alone,) = told([], solver, tmp_path / "alone")
    both = told(MPIRUN, solver, tmp_path / "both")
    assert [rank["same"] for rank in both] == [True, True]
    assert both[0]["told"] == pytest.approx(alone["told"], rel=1e-8)


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
    both = vascool(MPIRUN, case, tmp_path / "both", "--json", *FINE)
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
    refused = vascool(MPIRUN, case, out)
    assert refused.returncode == 2
    assert refused.stderr.count("Error: ") == 1
    assert "mine.txt" in refused.stderr
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
