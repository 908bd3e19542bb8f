"""Memory of a steady solve, each way in a process of its own: the most it held beyond what it held before."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.rows import Row
from benchmarks.steady import HYPRE, TOLERANCE, Plate, plate
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.row_layout import RowLayout

SMALL = 8
"""Cells a side of the plate that is solved first, so that programs and kernels are loaded."""


def memory_rows(cells: int) -> Iterator[Row]:
    """Diagonalisation, multigrid, and hypre on the assembled matrix of the same die."""
    processes = multiprocessing.get_context("spawn")
    for way in ("diagonalised", "multigrid", HYPRE):
        contrast = None if way == "diagonalised" else 1e5
        with processes.Pool(1) as pool:
            held, unknowns = pool.apply(_held, (way, cells, contrast))
        yield Row(
            f"memory: {way}", unknowns, error=held / unknowns, unit=f"bytes an unknown, {held >> 20} MiB"
        )


def _held(way: str, cells: int, contrast: float | None) -> tuple[int, int]:
    """Most memory held while solving beyond that before [B], and the unknowns; programs are loaded by a small solve."""
    _solve(way, plate(SMALL, contrast))
    case = plate(cells, contrast)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = _memory("VmRSS")
    _solve(way, case)
    return _memory("VmHWM") - before, case.load.size


def _solve(way: str, case: Plate) -> None:
    if way != HYPRE:
        getattr(case, way)()
        return
    from thermal.fem import SymmetricSolver

    matrix = DistributedMatrix(case.operator().matrix(), RowLayout.of(case.grid.node_shape))
    load = case.load.ravel()
    SymmetricSolver("amg").solve(matrix, load, absolute=TOLERANCE * float(np.linalg.norm(load)))


def _memory(entry: str) -> int:
    """What the system says of this process [B]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{entry}:"))
