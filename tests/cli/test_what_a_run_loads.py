"""What a small run loads: of a package alone, on the tensor grid, only what solves it and writes it down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CASE = """
[case]
name = "plate"
study = ["steady"]
[package]
size = ["10 mm", "10 mm"]
cells = [4, 4]
[[package.layer]]
name = "plate"
thickness = "1 mm"
material = "copper"
cells = 2
floorplan = { grid = [2, 2] }
heat = "bottom"
[package.boundary]
top = { h = "2000 W/(m^2*K)", T = "35 degC" }
[power]
total = "10 W"
[numerics]
solver = "tensor"
"""

SCRIPT = """
import contextlib, json, sys

import cli

sys.argv = sys.argv[1:]
with contextlib.suppress(SystemExit):
    cli.main()
print(json.dumps(sorted(sys.modules)))
"""

NEVER = {
    *("dolfinx", "ufl", "basix", "ffcx", "petsc4py", "mpi4py"),
    *("CoolProp", "cantera", "chemicals", "ht", "fluids"),
    *("dask", "distributed", "pandas", "pyarrow", "h5py"),
    *("pyvista", "vtk", "vtkmodules", "matplotlib", "jinja2", "bokeh"),
    *("mypy", "SALib"),
}
"""What no run of a package alone on the tensor grid needs."""

KEPT = {"pint", "cffi", "pycparser"}
"""What only the first run on a machine needs: later ones find in the user's cache what they made."""

ELSEWHERE = {
    "scipy.special",
    "scipy.optimize",
    "scipy.interpolate",
    "scipy.stats",
    "thermal.field.reduced_package",
}
ELSEWHERE |= {
    "thermal.loop.model",
    "thermal.loop.fluids",
    "thermal.vascular.loop",
    "coupling.cosimulation",
    "coupling.vascular_evaporator",
    "coupling.transient",
    "coupling.facility_year",
    "coupling.uncertainty_study",
    "coupling.study.plan",
}
"""Parts of what is needed that serve other studies."""


def loaded_by_a_run(folder: Path) -> set[str]:
    command = [
        sys.executable,
        "-c",
        SCRIPT,
        "vascool",
        "run",
        str(folder / "case.toml"),
        "--quiet",
        "--force",
    ]
    said = subprocess.run(
        [*command, "-o", str(folder / "out")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
    )
    return set(json.loads(said.stdout))


def test_a_package_alone_is_solved_and_written_without_the_libraries_of_the_rest(tmp_path: Path) -> None:
    (tmp_path / "case.toml").write_text(CASE)
    first, second = (loaded_by_a_run(tmp_path) for _ in range(2))
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["status"] == "ok"
    assert (tmp_path / "out" / "fields" / "module_00.vtu").exists()
    assert "scipy.linalg" in second  # the list is one of what was loaded
    assert not first & NEVER - {"dask", "jinja2"}  # pint takes dask along where it finds it
    assert not second & (NEVER | KEPT | ELSEWHERE)
