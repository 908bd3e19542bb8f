"""One field on two ranks of MPI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json
from pathlib import Path
import numpy as np
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
told = [*steady.block_maximum, *later.block_maximum, *later.heat_out.values()]
print("told", json.dumps([float(value) for value in told]), flush=True)
"""


def told(launcher: list[str], solver: str) -> list[list[float]]:
    environment = os.environ | {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMP_NUM_THREADS": "1",
    }
    script = SCRIPT.replace("SOLVER", repr(solver))
    said = subprocess.run(
        [*launcher, sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
    )
    return [json.loads(line[4:]) for line in said.stdout.splitlines() if line.startswith("told")]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun")
@pytest.mark.parametrize("solver", ["amg", "auto"])
def test_two_ranks_find_what_one_finds(solver):
    (alone,) = told([], solver)
    both = told(["mpirun", "--oversubscribe", "-n", "2"], solver)
    assert len(both) == 2
    assert both[0] == both[1]
    assert both[0] == pytest.approx(alone, rel=1e-8)
