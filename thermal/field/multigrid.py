"""Multigrid for conduction on tensor grids: z-lines smoothed exactly, grid lines dropped in x and y only.

Packages are thin plates of strongly different layers: coupling along z is the strong one, and layers must not be
merged. So every level keeps all nodes along z, relaxes z-lines by Gauss-Seidel in four colours, and drops lines in x
and y. Interpolation follows the coefficients (Schaffer, SIAM J. Sci. Comput. 20 (1998) 228, "A semicoarsening multigrid
method for elliptic partial differential equations with highly discontinuous and anisotropic coefficients"): values on a
dropped line are those that solve its own equations, couplings along the kept direction lumped as in black-box multigrid
(Dendy, J. Comput. Phys. 48 (1982) 366), for kept neighbours at constant temperature. The coarse operators are
Galerkin's, again of 27 points. Lines are dropped where they are close, until spacing is even, then everywhere.

One V-cycle (forward sweep, coarse correction, backward sweep) is symmetric: it preconditions conjugate gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from meshes.errors import MeshError
from thermal.field.conjugate_gradients import conjugate_gradients
from thermal.field.tensor_grid import INNER, Array, with_margin
from thermal.field.tensor_kernels import Kernels
from thermal.field.tensor_numpy import Lines, stencil_matrix
from thermal.field.tensor_operator import TensorOperator

COARSEST_PLANE = 80
"""Nodes in x and y at which a level is solved directly, by banded Cholesky factorisation."""


@dataclass
class _Level:
    """Operator of a level, its line factors, and the way to the next one."""

    stencil: Array
    inverse: Array
    weights: Array
    coarse_y: Lines
    coarse_x: Lines
    residual: Array
    correction: Array
    coarse: Array


class MultigridSolver:
    """Conjugate gradients with a multigrid preconditioner, set up once for an operator.

    Parameters
    ----------
    operator
        With storage, a film or fixed temperatures somewhere.
    sweeps
        Of the smoother before and after the coarse correction.

    Attributes
    ----------
    iterations
        Of the last solution.

    Raises
    ------
    MeshError
        If nothing in the operator holds the level of temperature.
    """

    name = "tensor-multigrid"

    def __init__(self, operator: TensorOperator, sweeps: int = 1) -> None:
        if not operator.definite:
            raise MeshError("conduction without storage, film or fixed temperature has no single solution")
        self.operator = operator
        self.sweeps = sweeps
        self.iterations = 0
        self._kernels: Kernels = operator.kernels
        self._levels: list[_Level] = []
        x, y, stencil = operator.grid.x, operator.grid.y, operator.stencil
        spacing = min(np.diff(x).min(), np.diff(y).min())
        while len(x) * len(y) > COARSEST_PLANE:
            spacing *= 2.0
            drop_y, drop_x = lines_to_drop(y, spacing), lines_to_drop(x, spacing)
            if drop_y.any() or drop_x.any():
                stencil = self._add_level(stencil, drop_y, drop_x)
                x, y = x[drop_x == 0], y[drop_y == 0]
        self._coarsest = _BandedCholesky(stencil)

    @property
    def levels(self) -> int:
        """Number of grids."""
        return len(self._levels) + 1

    def _add_level(self, stencil: Array, drop_y: Lines, drop_x: Lines) -> Array:
        weights = np.zeros((4, *stencil.shape[1:]))
        self._kernels.weights(stencil, drop_y, drop_x, weights)
        coarse_y, coarse_x = _coarse_lines(drop_y), _coarse_lines(drop_x)
        coarse = np.zeros((14, stencil.shape[1], coarse_y[-1] + 3, coarse_x[-1] + 3))
        self._kernels.galerkin(stencil, weights, coarse_y, coarse_x, coarse)
        pivots = line_pivots(stencil)
        buffers = (np.zeros_like(pivots), np.zeros_like(pivots), np.zeros(coarse.shape[1:]))
        self._levels.append(_Level(stencil, pivots, weights, coarse_y, coarse_x, *buffers))
        return coarse

    def solve(self, load: Array, guess: Array | None = None, rtol: float = 1e-10) -> Array:
        """Solve for node values until the residual is ``rtol`` times the load; shapes as ``load``.

        Raises
        ------
        NotConverged
            If conjugate gradients stall.
        """
        shape = self.operator.grid.node_shape
        right = with_margin(np.reshape(load, shape))
        start = None if guess is None else with_margin(np.reshape(guess, shape))

        def apply(u: Array, v: Array) -> None:
            self._kernels.apply(self.operator.stencil, u, v)

        solution, self.iterations = conjugate_gradients(apply, self._cycle, right, start, rtol)
        return solution[INNER].reshape(np.shape(load))

    def precondition(self, residual: Array) -> Array:
        """One V-cycle: a correction for a residual, shapes as ``residual``."""
        padded = with_margin(np.reshape(residual, self.operator.grid.node_shape))
        return self._cycle(padded)[INNER].reshape(np.shape(residual))

    def _cycle(self, right: Array, depth: int = 0) -> Array:
        """V-cycle from zero; the result is a level's buffer, good until the next cycle."""
        if depth == len(self._levels):
            return self._coarsest.solve(right)
        level, kernels = self._levels[depth], self._kernels
        correction = level.correction
        correction[...] = 0.0
        for sweep in range(self.sweeps):
            kernels.smooth(level.stencil, level.inverse, right, correction, False, sweep == 0)
        kernels.residual(level.stencil, right, correction, level.residual)
        kernels.restrict(level.weights, level.coarse_y, level.coarse_x, level.residual, level.coarse)
        coarse = self._cycle(level.coarse, depth + 1)
        kernels.prolong(level.weights, level.coarse_y, level.coarse_x, coarse, correction)
        for _ in range(self.sweeps):
            kernels.smooth(level.stencil, level.inverse, right, correction, True, False)
        return correction


class _BandedCholesky:
    """Direct solver of the coarsest grid."""

    def __init__(self, stencil: Array) -> None:
        matrix = stencil_matrix(stencil).tocoo()
        lower = matrix.row >= matrix.col
        row, col = matrix.row[lower], matrix.col[lower]
        band = np.zeros((int((row - col).max()) + 1, matrix.shape[0]))
        band[row - col, col] = matrix.data[lower]
        self._shape = stencil.shape[1:]
        self._factor = scipy.linalg.cholesky_banded(band, lower=True, check_finite=False)

    def solve(self, right: Array) -> Array:
        solution = np.zeros(self._shape)
        flat = right[INNER].ravel()
        solved = scipy.linalg.cho_solve_banded((self._factor, True), flat, check_finite=False)
        solution[INNER] = solved.reshape(right[INNER].shape)
        return solution


def lines_to_drop(line: Array, spacing: float) -> Lines:
    """Mark lines that may go without any gap wider than ``spacing``, no two neighbours, never the outermost."""
    drop = np.zeros(len(line), dtype=np.int32)
    limit = spacing * (1.0 + 1e-6)
    index = 1
    while index < len(line) - 1:
        if line[index + 1] - line[index - 1] <= limit:
            drop[index] = 1
            index += 1
        index += 1
    return drop


def _coarse_lines(drop: Lines) -> Lines:
    """Number of the kept line at or before each line."""
    return np.asarray(np.cumsum(drop == 0) - 1, dtype=np.int32)


def line_pivots(stencil: Array) -> Array:
    """Reciprocal pivots of the tridiagonal systems along z, with margins."""
    inverse = np.zeros(stencil.shape[1:])
    diagonal, above = stencil[0], stencil[9]
    lines = (slice(1, -1), slice(1, -1))
    for k in range(1, inverse.shape[0] - 1):
        pivot = diagonal[k][lines] - above[k - 1][lines] ** 2 * inverse[k - 1][lines]
        inverse[k][lines] = 1.0 / pivot
    return inverse
