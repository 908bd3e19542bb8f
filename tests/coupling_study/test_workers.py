"""What a worker of a sweep loads: no finite-element library, since the tensor grid serves every design."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, sys
from pathlib import Path

from coupling.study.plan import make_plan
from coupling.study.solve import CaseEvaluator, solve_designs

plan = make_plan(Path(sys.argv[1]))
rows = solve_designs(CaseEvaluator(plan.base), plan.designs)
unwanted = {"dolfinx", "ufl", "petsc4py", "mpi4py", "pyvista", "vtkmodules", "cantera", "CoolProp", "matplotlib"}
loaded = sorted(unwanted & set(sys.modules))
print(json.dumps({"rows": rows, "loaded": loaded}))
"""


@pytest.mark.parametrize("cells", [4, 24])
def test_a_worker_never_imports_dolfinx_whatever_the_size(chip_case: Path, cells: int) -> None:
    sweep = chip_case.with_name("sweep.toml")
    sweep.write_text(
        f"""
[sweep]
name = "coolants"
case = "{chip_case.name}"
[set]
"package.cells" = [{cells}, {cells}]
[[axis]]
name = "h"
key = "package.boundary.top.h"
values = [500, 1000]
"""
    )
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(sweep)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found = json.loads(said.stdout)
    assert [row["status"] for row in found["rows"]] == ["ok", "ok"]
    assert all(row["numerics.solver"].startswith("tensor") for row in found["rows"])
    assert found["loaded"] == []
