"""Steady conduction: tensor-grid solvers against conjugate gradients with hypre, the same matrix, set-up included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, interleaved
from thermal.field.diagonalisation import DiagonalisedSolver
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.multigrid import MultigridSolver
from thermal.field.row_layout import RowLayout
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]

TOLERANCE = 1e-8
HYPRE = "CG + hypre"
DESIGNS = 200
LARGE, FEW = 700_000, 2
"""Unknowns from which hypre takes many seconds, and the rounds that are enough then."""


@dataclass(frozen=True)
class Plate:
    """Package of the bench: 20 cells in z; a die of 150 W/(m K) in a void, or silicon all over, under copper."""

    grid: TensorGrid
    conductivity: Array
    load: Array

    def operator(self) -> TensorOperator:
        """Fresh operator: nothing assembled yet."""
        shape = self.grid.face_shape("top")
        return TensorOperator(self.grid, self.conductivity, film={"top": np.full(shape, 2e3)})

    def multigrid(self) -> Array:
        """Assemble, set up, solve."""
        return MultigridSolver(self.operator()).solve(self.load, rtol=TOLERANCE)

    def diagonalised(self) -> Array:
        """Set up, solve."""
        return DiagonalisedSolver(self.operator()).solve(self.load)


def plate(cells: int, contrast: float | None) -> Plate:
    """Square of 40 mm; with a ``contrast`` a die of 12 mm stands in a void of so much less conductivity."""
    x = np.linspace(0.0, 40e-3, cells + 1)
    z = np.concatenate([np.linspace(0.0, 5e-4, 7), [5.5e-4], np.linspace(5.5e-4, 3e-3, 14)[1:]])
    grid = TensorGrid(x, x, z)
    middle = np.abs(0.5 * (x[1:] + x[:-1]) - 20e-3) < 6e-3
    inside = middle[:, None] & middle if contrast else np.ones((cells, cells), dtype=bool)
    outside = 150.0 / (contrast or 1.0)
    conductivity = np.full(grid.cell_shape, 390.0)
    conductivity[:6] = np.where(inside, 150.0, outside)
    conductivity[6] = np.where(inside, 4.0, outside)
    load = np.zeros(grid.node_shape)
    heated = np.abs(x - 20e-3) < 5e-3
    load[0][heated[:, None] & heated] = 100.0 / np.count_nonzero(heated) ** 2
    return Plate(grid, conductivity, load)


def steady_rows(sizes: tuple[int, ...], rounds: int) -> Iterator[Row]:
    """Uniform plate and die island at several sizes, the cost exponents, and a family of designs."""
    for name, contrast, solver in (("uniform plate", None, "diagonalised"), ("die island", 1e5, "multigrid")):
        times, unknowns = [], []
        for cells in sizes:
            case = plate(cells, contrast)
            row, hypre = _compare(name, case, solver, rounds if case.load.size < LARGE else min(rounds, FEW))
            yield hypre
            yield row
            times.append(row.seconds or 0.0)
            unknowns.append(row.size)
        if len(sizes) > 1:
            exponent = float(np.polyfit(np.log(unknowns), np.log(times), 1)[0])
            yield Row(f"{name}: cost exponent", unknowns[-1], ratio=exponent, unit="slope of log time")
    designs = [plate(44, None) for _ in range(DESIGNS)]
    seconds = interleaved({"designs": lambda: [design.diagonalised() for design in designs]}, 1)["designs"]
    yield Row(f"{DESIGNS} designs of a uniform plate", designs[0].load.size, seconds)


def _compare(name: str, case: Plate, solver: str, rounds: int) -> tuple[Row, Row]:
    from thermal.fem import SymmetricSolver

    matrix = DistributedMatrix(case.operator().matrix(), RowLayout.of(case.grid.node_shape))
    load = case.load.ravel()
    norm = float(np.linalg.norm(load))
    answers: dict[str, Array] = {}

    def hypre() -> None:
        amg = SymmetricSolver("amg")
        answers[HYPRE] = amg.solve(matrix, load, absolute=TOLERANCE * norm)[0]
        amg.release()

    def ours() -> None:
        answers[solver] = getattr(case, solver)()

    ours()
    times = interleaved({HYPRE: hypre, solver: ours}, rounds)
    error = float(np.abs(answers[solver].ravel() - answers[HYPRE]).max())
    ratio = times[HYPRE] / times[solver]
    return (
        Row(f"{name}: {solver}", load.size, times[solver], HYPRE, ratio, error, "K from hypre's answer"),
        Row(f"{name}: {HYPRE}", load.size, times[HYPRE]),
    )
