"""The house stands: imports run downhill, and DOLFINx has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {"meshes": 0, "thermal": 1, "coupling": 2, "validation": 3, "reports": 3, "cli": 4}
FINITE_ELEMENTS = {"dolfinx", "ufl", "basix", "petsc4py", "mpi4py", "ffcx"}
SOURCES = sorted(
    path for room in FLOORS for path in [*ROOT.glob(f"{room}/**/*.py"), *ROOT.glob(f"{room}.py")]
)


def imported_roots(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downhill(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    uphill = {
        name for name in imported_roots(path) & FLOORS.keys() if name != room and FLOORS[name] >= FLOORS[room]
    }
    assert not uphill


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_one_door_leads_to_the_finite_element_library(path: Path) -> None:
    if path.relative_to(ROOT) != Path("thermal/fem.py"):
        assert not imported_roots(path) & FINITE_ELEMENTS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 420


@pytest.mark.parametrize(
    "heavy", ["numpy", "dolfinx", "pyvista", "cantera", "CoolProp", "pint", "pydantic", "scipy"]
)
def test_help_does_not_load(heavy: str) -> None:
    code = f"import sys, cli; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
