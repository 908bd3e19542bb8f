"""A branching network of 510 channels in a plate of a hundred thousand unknowns: set up, coupled, solved.

``python benchmarks/vascular.py`` prints one JSON object a row. The ratio is to the same plate without channels, cooled
over its top, set up and solved by the same multigrid.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.vascular_layouts import Footprint, tree
from meshes.vascular_radii import apply_law, radius_law
from thermal.field.multigrid import MultigridSolver
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator
from thermal.vascular.plate import heated_plate
from thermal.vascular.single_phase import Liquid, cool_by_liquid

SIDE, THICKNESS = 0.3, 0.006
LEVELS = 6
FLUX = 2e4
"""Heat into the bottom [W/m2]."""

WATER = Liquid(997.0, 0.89e-3, 4180.0, 0.607)


def rows(cells: int = 128, layers: int = 5) -> list[dict[str, Any]]:
    """Measure one plate."""
    lines = [np.linspace(0.0, SIDE, cells + 1)] * 2 + [np.linspace(0.0, THICKNESS, layers + 1)]
    grid = TensorGrid(*lines)
    conductivity = np.full(grid.cell_shape, 390.0)
    flux = {"bottom": np.full(grid.face_shape("bottom"), FLUX)}
    _plain(grid, conductivity)  # compiles the kernels
    plain = _plain(grid, conductivity)
    area = Footprint(SIDE, SIDE)
    network = apply_law(tree(area, LEVELS, 0.0018, 0.0042), radius_law("laminar"), 8e-6)
    begun = time.perf_counter()
    plate = heated_plate(network, grid, conductivity, flux, SIDE / cells)
    laid = time.perf_counter() - begun
    cooled = cool_by_liquid(plate, WATER, 0.05, 300.0)
    seconds = time.perf_counter() - begun
    given, size = float(plate.load.sum()), f"{network.segments} segments, {plate.load.size} unknowns"
    error = abs(given - 0.05 * WATER.heat_capacity * (cooled.outlet_temperature - 300.0)) / given
    return [
        _row("vascular: lay into the grid", size, laid, plain, None),
        _row("vascular: lay, part the flow, solve", size, seconds, plain, error),
    ]


def _row(bench: str, size: str, seconds: float, plain: float, error: float | None) -> dict[str, Any]:
    return {
        "bench": bench,
        "size": size,
        "seconds": round(seconds, 3),
        "ratio_to": "plate without channels",
        "ratio": round(seconds / plain, 2),
        "error": error,
        "unit": "heat given less heat taken, over heat",
    }


def _plain(grid: TensorGrid, conductivity: NDArray[np.float64]) -> float:
    """Time to set up and solve a plate with a film on its top [s]."""
    begun = time.perf_counter()
    operator = TensorOperator(grid, conductivity, film={"top": np.full(grid.face_shape("top"), 2e3)})
    load = TensorOperator(grid, tangent={"bottom": np.full(grid.face_shape("bottom"), FLUX)})
    MultigridSolver(operator).solve(load.apply(np.ones(grid.node_shape)), rtol=1e-11)
    return time.perf_counter() - begun


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))
