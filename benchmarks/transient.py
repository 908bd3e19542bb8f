"""One implicit step of a transient: the tensor grid's solver against CG with hypre on the matrix, both set up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, interleaved
from benchmarks.steady import HYPRE, TOLERANCE, plate
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.multigrid import MultigridSolver
from thermal.field.row_layout import RowLayout
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]

STEP = 1e-3
CAPACITY = 2e6
"""Volumetric heat capacity of everything [J/(m3 K)] (assumption)."""


def transient_rows(cells: int, rounds: int) -> Iterator[Row]:
    """Second step after a switch-on, from the state after the first; operators and preconditioners set up before."""
    from thermal.fem import SymmetricSolver

    case = plate(cells, 1e5)
    shape = case.grid.face_shape("top")
    storage = np.full(case.grid.cell_shape, CAPACITY / STEP)
    film = {"top": np.full(shape, 2e3)}
    capacity = TensorOperator(case.grid, storage=storage)
    step = TensorOperator(case.grid, case.conductivity, storage, film)
    solver, hypre = MultigridSolver(step), SymmetricSolver("amg")
    matrix = DistributedMatrix(step.matrix(), RowLayout.of(case.grid.node_shape))
    before = solver.solve(case.load, rtol=TOLERANCE)
    load = case.load + capacity.apply(before)
    # both solve for the change, to the same residual
    rest = load - step.apply(before)
    target = TOLERANCE * float(np.linalg.norm(load))
    answers: dict[str, Array] = {}

    def theirs() -> None:
        answers[HYPRE] = hypre.solve(matrix, rest.ravel(), absolute=target)[0]

    def ours() -> None:
        answers["ours"] = solver.solve(rest, rtol=target / float(np.linalg.norm(rest)))

    ours()
    theirs()
    times = interleaved({HYPRE: theirs, "ours": ours}, rounds)
    error = float(np.abs(answers["ours"].ravel() - answers[HYPRE]).max())
    ratio = times[HYPRE] / times["ours"]
    unit = "K from hypre's answer"
    yield Row(f"transient step, die island: {HYPRE}", rest.size, times[HYPRE])
    yield Row("transient step, die island: multigrid", rest.size, times["ours"], HYPRE, ratio, error, unit)
