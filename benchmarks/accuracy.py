"""Time to accuracy: a die on a spreader through the product's own field, against the finest of its refinements."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, interleaved
from meshes.package import PackageSpec
from thermal.field.conduction import FieldSolution, PackageField

POWER = 100.0
LEVELS = ((32, 1), (50, 2), (64, 3), (96, 3), (128, 4))
"""Cells of the smallest width along a side of the spreader, and how often each layer's cells are divided."""
REFERENCE = (192, 6), (256, 8)


def package(cells: int, divisions: int, outside: float = 1.15) -> PackageSpec:
    """Die of 12 mm, of which 10 mm are heated, grease and a copper spreader of 40 mm cooled from above.

    Around the die cells grow by ``outside``; the void beside it has 1e-5 of silicon's conductivity, about.
    """
    island = {"fill": "void", "extent": {"x": 14e-3, "y": 14e-3, "w": 12e-3, "h": 12e-3}}
    heated = {"x": 15e-3, "y": 15e-3, "w": 10e-3, "h": 10e-3}
    layers = [
        {
            "name": "active",
            "thickness": 2e-5,
            "cells": 1,
            "material": "silicon",
            "fill": "void",
            "extent": heated,
        },
        {"name": "die", "thickness": 4.8e-4, "material": "silicon", "cells": 3 * divisions, **island},
        {"name": "grease", "thickness": 5e-5, "material": "thermal_grease", "cells": divisions, **island},
        {"name": "spreader", "thickness": 2.5e-3, "material": "copper", "cells": 4 * divisions},
    ]
    layers[0] |= {"floorplan": {"grid": (1, 1)}, "heat": "bottom"}
    return PackageSpec.model_validate(
        {
            "size": (40e-3, 40e-3),
            "cells": (cells, cells),
            "growth": outside,
            "layer": layers,
            "boundary": {"top": {"h": 2000.0, "T": 300.0}},
        }
    )


def accuracy_rows(rounds: int) -> Iterator[Row]:
    """Each level: time from the description to the field, and the distance of its hottest node from the limit."""
    coarse, finest = (peak(solve(*level)) for level in REFERENCE)
    yield Row(
        "die on spreader: reference by refinement",
        field(*REFERENCE[1]).unknowns,
        error=abs(finest - coarse),
        unit="K between the two finest",
    )
    sides = {str(level): functools.partial(solve, *level) for level in LEVELS}
    times = interleaved(sides, rounds)
    for level in LEVELS:
        error = abs(peak(solve(*level)) - finest)
        yield Row(
            "die on spreader: description to field",
            field(*level).unknowns,
            times[str(level)],
            error=error,
            unit="K from the finest",
        )


def field(cells: int, divisions: int) -> PackageField:
    """Field of one level, on the tensor grid."""
    return PackageField(package(cells, divisions), Path(), solver="tensor", tolerance=1e-9)


def solve(cells: int, divisions: int) -> FieldSolution:
    """From the description to the temperature."""
    return field(cells, divisions).steady(np.array([POWER]))


def peak(solution: FieldSolution) -> float:
    """Hottest node [K]."""
    return float(solution.temperature.max())
