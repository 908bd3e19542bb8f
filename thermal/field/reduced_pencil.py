"""Conduction and capacity of a field, with the solver that shifted systems need: what a reduced model is made from.

Two ways in: a tensor grid with its coefficients (solved by diagonalisation or multigrid), or any two sparse matrices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from thermal.field.diagonalisation import laterally_uniform
from thermal.field.reduced_point import point_bound
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import make_solver

Array = NDArray[np.float64]

_SOLVER_TOLERANCE = 1e-10
FACTORED = 30_000
"""Unknowns up to which one factor and many right-hand sides cost less than multigrid for each of them."""
LUMPED = 27.0
"""``C^-1`` is at most this times the inverse of the lumped capacity: trilinear hexahedra, 3 along each axis."""


class Solve(Protocol):
    """Solutions for columns of loads (n, m); ``rtol``, residual over load, is what an iterative solver stops at."""

    def __call__(self, loads: Array, rtol: float = _SOLVER_TOLERANCE) -> Array:
        """Solve."""


class Pencil(Protocol):
    """Symmetric matrices of ``C dT/dt + K T = loads``, and solutions of ``(K + s C) T = load``.

    ``K`` holds all that keeps the level of temperature, the nominal films of the ports included.
    """

    @property
    def capacity(self) -> scipy.sparse.csr_matrix:
        """``C`` [J/K]."""

    @property
    def conduction(self) -> scipy.sparse.csr_matrix:
        """``K`` [W/K]."""

    def solver(self, shift: float) -> Solve:
        """Return what solves ``(K + s C) T = load`` for columns of loads (n, m) at a shift ``s`` [1/s]."""

    def point_bound(self, shift: float) -> float:
        """Return no less than the largest diagonal entry of ``(K + s C)^-1`` at nodes of solids [K/W], ``s > 0``."""

    def fingerprint(self) -> str:
        """Hash of what the matrices are made of."""


class SparsePencil:
    """Two sparse matrices, factorised for every shift."""

    def __init__(self, conduction: scipy.sparse.csr_matrix, capacity: scipy.sparse.csr_matrix) -> None:
        self.conduction = scipy.sparse.csr_matrix(conduction)
        self.capacity = scipy.sparse.csr_matrix(capacity)

    def solver(self, shift: float) -> Solve:
        """Factorise ``K + s C``."""
        return _factor(self.conduction + shift * self.capacity)

    def point_bound(self, shift: float) -> float:
        """Bound by storage alone: ``C`` is at least a 27th of the lumped capacity with trilinear hexahedra."""
        return LUMPED / (shift * float(self.capacity.sum(axis=1).min()))

    def fingerprint(self) -> str:
        """Hash of the entries of both matrices."""
        parts = [part for m in (self.conduction, self.capacity) for part in (m.indptr, m.indices, m.data)]
        return content_hash(*parts)


class TensorPencil:
    """Operators on a tensor grid.

    Parameters
    ----------
    grid
        Lines of the box.
    conductivity
        Shape (3, nz, ny, nx) or (nz, ny, nx) [W/(m K)].
    heat_capacity
        Volumetric, shape (nz, ny, nx) [J/(m3 K)].
    film, tangent
        As of :class:`TensorOperator`: films of constant coefficient, and the nominal coefficients of ports.
    """

    def __init__(
        self,
        grid: TensorGrid,
        conductivity: Array,
        heat_capacity: Array,
        film: Mapping[str, Array] | None = None,
        tangent: Mapping[str, Array] | None = None,
    ) -> None:
        self.grid = grid
        self._conductivity, self._heat_capacity = conductivity, heat_capacity
        self._film, self._tangent = dict(film or {}), dict(tangent or {})

    @property
    def capacity(self) -> scipy.sparse.csr_matrix:
        """Consistent capacity matrix."""
        return TensorOperator(self.grid, storage=self._heat_capacity).matrix()

    @property
    def conduction(self) -> scipy.sparse.csr_matrix:
        """Conduction, films and nominal port coefficients."""
        return self._operator(0.0).matrix()

    def solver(self, shift: float) -> Solve:
        """Set up the solver for ``K + s C``: diagonalisation, a factor of a small matrix, or multigrid."""
        operator = self._operator(shift)
        if not laterally_uniform(operator) and operator.unknowns <= FACTORED:
            return _factor(operator.matrix())
        solver = make_solver(operator)

        def solve(loads: Array, rtol: float = _SOLVER_TOLERANCE) -> Array:
            result = np.empty_like(loads)
            for column in range(loads.shape[1]):
                load = np.ascontiguousarray(loads[:, column])
                result[:, column] = solver.solve(load, rtol=rtol)
            return result

        return solve

    def point_bound(self, shift: float) -> float:
        """Bound by boxes of uniform layers."""
        conductivity = np.broadcast_to(self._conductivity, (3, *self.grid.cell_shape))
        return point_bound(self.grid, conductivity, shift * self._heat_capacity)

    def fingerprint(self) -> str:
        """Hash of grid, coefficients and films."""
        sides = [
            part for by in (self._film, self._tangent) for face in sorted(by) for part in (face, by[face])
        ]
        grid = self.grid
        return content_hash(grid.x, grid.y, grid.z, self._conductivity, self._heat_capacity, *sides)

    def _operator(self, shift: float) -> TensorOperator:
        storage = shift * self._heat_capacity if shift > 0.0 else None
        return TensorOperator(self.grid, self._conductivity, storage, self._film, self._tangent)


def _factor(matrix: scipy.sparse.csr_matrix) -> Solve:
    columns = scipy.sparse.csc_matrix(matrix)
    factor = scipy.sparse.linalg.splu(columns, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(loads: Array, rtol: float = _SOLVER_TOLERANCE) -> Array:
        return np.asarray(factor.solve(np.ascontiguousarray(loads)))

    return solve


def content_hash(*parts: NDArray[np.generic] | str | float) -> str:
    """Hash of numbers, words and arrays (type and shape included)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()
