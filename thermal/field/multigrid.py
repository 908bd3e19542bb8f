"""Multigrid for conduction on tensor grids: z-lines smoothed exactly, grid lines dropped in x and y only.

Packages are thin plates of strongly different layers: coupling along z is the strong one, and layers must not be
merged. So every level keeps all nodes along z, relaxes z-lines by Gauss-Seidel in four colours, and drops lines in x
and y. Interpolation follows the coefficients (Schaffer, SIAM J. Sci. Comput. 20 (1998) 228, "A semicoarsening multigrid
method for elliptic partial differential equations with highly discontinuous and anisotropic coefficients"): values on a
dropped line are those that solve its own equations, couplings along the kept direction lumped as in black-box multigrid
(Dendy, J. Comput. Phys. 48 (1982) 366), for kept neighbours at constant temperature. The coarse operators are
Galerkin's, again of 27 points. Lines are dropped where they are close, until spacing is even, then everywhere.

One V-cycle (forward sweep, coarse correction, backward sweep) is symmetric: it preconditions conjugate gradients. It is
held in single precision, half the memory to read, where that tells from nothing what holds the level of temperature
and what couples neighbouring z-lines beside the coupling within a line; in double precision elsewhere. The operator
of the conjugate gradients is always in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from meshes.errors import MeshError
from thermal.errors import NotConverged
from thermal.field.coarsening import Coarsening, lines_to_drop
from thermal.field.conjugate_gradients import conjugate_gradients
from thermal.field.tensor_grid import INNER, Array, Precision, Reals, with_margin, without_margin, zeros
from thermal.field.tensor_kernels import Kernels
from thermal.field.tensor_numpy import by_level, stencil_matrix
from thermal.field.tensor_operator import TensorOperator

COARSEST_PLANE = 80
"""Nodes in x and y at which a level is solved directly, by banded Cholesky factorisation."""

LARGEST_SPAN = 1e6
"""Coupling within a z-line, over what holds it from outside, up to which single precision serves (of seven digits)."""


@dataclass
class _Level:
    """Operator of a level, its line factors, and the way to the next one."""

    stencil: Reals
    inverse: Reals
    weights: Reals
    coarsening: Coarsening
    correction: Reals
    coarse: Reals


class MultigridSolver:
    """Conjugate gradients with a multigrid preconditioner, set up once for an operator.

    Parameters
    ----------
    operator
        With storage, a film or fixed temperatures somewhere.
    precision
        Of the preconditioner; :func:`choose_precision` where not given.

    Attributes
    ----------
    iterations
        Of the last solution.

    Raises
    ------
    MeshError
        If nothing in the operator holds the level of temperature.
    NotConverged
        If the operator is not positive definite to working precision.
    """

    name = "tensor-multigrid"

    def __init__(self, operator: TensorOperator, precision: Precision | None = None) -> None:
        if not operator.definite:
            raise MeshError("conduction without storage, film or fixed temperature has no single solution")
        self.operator = operator
        self.iterations = 0
        self._kernels: Kernels = operator.kernels
        self._levels: list[_Level] = []
        x, y = operator.grid.x, operator.grid.y
        self.precision = precision or choose_precision(operator)
        stencil = operator.assemble(self.precision)
        self._right = zeros(stencil[:, 0].shape, self.precision)
        spacing = min(np.diff(x).min(), np.diff(y).min())
        while len(x) * len(y) > COARSEST_PLANE:
            spacing *= 2.0
            drop_y, drop_x = lines_to_drop(y, spacing), lines_to_drop(x, spacing)
            if drop_y.any() or drop_x.any():
                stencil = self._add_level(stencil, Coarsening.of(drop_y, drop_x))
                x, y = x[drop_x == 0], y[drop_y == 0]
        self._coarsest = _BandedCholesky(stencil)

    @property
    def levels(self) -> int:
        """Number of grids."""
        return len(self._levels) + 1

    def _add_level(self, stencil: Reals, coarsening: Coarsening) -> Reals:
        rows, _, height, width = stencil.shape
        weights = zeros((rows, 4, height, width), self.precision)
        self._kernels.weights(stencil, coarsening, weights)
        coarse_rows, coarse_width = (n + 2 for n in coarsening.shape)
        coarse = zeros((coarse_rows, 14, height, coarse_width), self.precision)
        self._kernels.galerkin(stencil, weights, coarsening, coarse)
        inverse = zeros((rows, height, width), self.precision)
        self._kernels.pivots(stencil, inverse)
        buffers = (zeros(inverse.shape, self.precision), zeros(coarse[:, 0].shape, self.precision))
        self._levels.append(_Level(stencil, inverse, weights, coarsening, *buffers))
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
        apply = self.operator.apply_padded
        solution, self.iterations = conjugate_gradients(apply, self.precondition_padded, right, start, rtol)
        return without_margin(solution).reshape(np.shape(load))

    def precondition(self, residual: Array) -> Array:
        """One V-cycle: a correction for a residual, shapes as ``residual``."""
        padded = with_margin(np.reshape(residual, self.operator.grid.node_shape))
        return without_margin(self.precondition_padded(padded)).reshape(np.shape(residual))

    def precondition_padded(self, residual: Array) -> Reals:
        """One V-cycle for an array with margins; the result is good until the next one."""
        np.copyto(self._right, residual, casting="same_kind")
        return self._cycle(self._right)

    def _cycle(self, right: Reals, depth: int = 0) -> Reals:
        """V-cycle from zero; the result is a level's buffer, good until the next cycle."""
        if depth == len(self._levels):
            return self._coarsest.solve(right)
        level, kernels = self._levels[depth], self._kernels
        parts = (level.stencil, level.inverse, level.weights, level.coarsening, right)
        kernels.descend(*parts, level.correction, level.coarse)
        coarse = self._cycle(level.coarse, depth + 1)
        kernels.ascend(*parts, coarse, level.correction)
        return level.correction


class _BandedCholesky:
    """Direct solver of the coarsest grid."""

    def __init__(self, stencil: Reals) -> None:
        stencil = stencil.astype(float)
        matrix = stencil_matrix(stencil).tocoo()
        lower = matrix.row >= matrix.col
        row, col = matrix.row[lower], matrix.col[lower]
        band = np.zeros((int((row - col).max()) + 1, matrix.shape[0]))
        band[row - col, col] = matrix.data[lower]
        try:
            self._factor = scipy.linalg.cholesky_banded(band, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            raise NotConverged(
                "temperature field: the operator is not positive definite to working precision"
            ) from None

    def solve(self, right: Reals) -> Reals:
        solution = np.zeros_like(right)
        levels = by_level(right)[INNER]
        solved = scipy.linalg.cho_solve_banded((self._factor, True), levels.ravel(), check_finite=False)
        by_level(solution)[INNER] = solved.reshape(levels.shape)
        return solution


def choose_precision(operator: TensorOperator) -> Precision:
    """Single where :data:`LARGEST_SPAN` is kept on every level; double where too little is known of the operator.

    Dropping lines in x and y multiplies the coupling along z by the area that a node stands for, and leaves that
    between neighbouring lines as it is.
    """
    if operator.from_given_matrix:
        return np.float64
    elements, (_, ny, nx) = operator.elements, operator.grid.cell_shape
    along_z, mass = elements[:, 2].max(axis=1), elements[:, 3:].sum(axis=(1, 2))
    beside = elements[:, 0].sum(axis=1) + elements[:, 1].sum(axis=1) + mass
    films = [
        h * operator.grid.face_area(f) for part in (operator.film, operator.tangent) for f, h in part.items()
    ]
    holding = np.inf if operator.fixed is not None else sum(float(f.sum()) for f in films) + float(mass.sum())
    coarsest = max(ny * nx / COARSEST_PLANE, 1.0)
    span = max(coarsest * float((along_z / beside).max()), ny * nx * float(along_z.max()) / holding)
    return np.float32 if span <= LARGEST_SPAN else np.float64
