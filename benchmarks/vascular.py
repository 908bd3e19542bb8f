"""A branching network of 510 channels in a plate of a hundred thousand unknowns: set up, coupled, solved.

``python -m benchmarks.vascular`` prints one JSON object a row. The ratio is to the same plate without channels, cooled
over its top, set up and solved by the same multigrid; of the coupled runs (chip, boiling channels, loop and condenser
in one steady state of :func:`coupling.run.solve_case`), to the same rack with one module.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.case_file import check_case
from coupling.run import solve_case
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
        *coupled_rows(cells, layers),
    ]


def coupled_rows(cells: int, layers: int, modules: tuple[int, ...] = (1, 4)) -> list[dict[str, Any]]:
    """Steady states of racks whose modules are such plates."""
    rows, single = [], 0.0
    for count in modules:
        begun = time.perf_counter()
        found = solve_case(check_case(_rack(cells, layers, count), Path("benchmark.toml")))
        seconds = time.perf_counter() - begun
        single = single or seconds
        network, numerics = found["network"], found["numerics"]
        rows.append(
            {
                "bench": "vascular: chip, channels and loop in one steady state",
                "size": f"{count} modules of {network['segments']} segments and {numerics['unknowns']} unknowns, "
                f"{numerics['coupling_iterations']} coupling iterations",
                "seconds": round(seconds, 3),
                "ratio_to": "one module",
                "ratio": round(seconds / single, 2),
                "error": found["energy"]["chip_to_loop_rel"],
                "unit": "heat by piece, chip less loop, over heat",
            }
        )
    return rows


def _rack(cells: int, layers: int, count: int) -> dict[str, Any]:
    """Case of a rack of ``count`` modules of 300 W each, its pipes and condenser sized to their number."""
    bore = math.sqrt(count)
    return {
        "case": {"name": "benchmark"},
        "package": {
            "size": [SIDE, SIDE],
            "cells": [cells, cells],
            "layer": [
                {
                    "name": "plate",
                    "thickness": 0.014,
                    "material": "copper",
                    "cells": layers,
                    "floorplan": {"grid": [4, 4]},
                    "heat": "bottom",
                }
            ],
        },
        "evaporator": {
            "kind": "vascular",
            "layer": "plate",
            "levels": LEVELS,
            "channel_volume": 20e-6,
            "planes": [0.27, 0.71],
            "inlet_K": 20,
            "alternative_split": "none",
        },
        "loop": {
            "fluid": "R1234ze(E)",
            "modules": {"count": count, "pitch": 0.4},
            "riser": {"length": 25.0, "diameter": 0.014 * bore, "K": 4.0},
            "downcomer": {"length": 25.0, "diameter": 0.01 * bore, "K": 4.0},
        },
        "condenser": {
            "kind": "air-fan",
            "elevation": 10.0,
            "conductance": 60.0 * count,
            "air_flow": 0.06 * count,
            "fan": {"pressure_rise": 60.0},
        },
        "power": {"total": 300.0},
    }


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
