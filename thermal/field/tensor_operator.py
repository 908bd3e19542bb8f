"""Trilinear (Q1) finite elements on a tensor grid without a mesh library.

Weak form, the matrix ``A`` of: for all v,
``(k grad u, grad v) + (s u, v) + <h u, v>_faces + sum_f g_f mean_f(u) mean_f(v) |f|``,
with conductivity ``k`` by cell and axis [W/(m K)], storage ``s = rho c / dt`` by cell [W/(m3 K)], a film ``h`` by cell
face (Robin condition) and a tangent ``g``, the slope of a heat flux that is evaluated at the mean temperature of a cell
face (boiling), both [W/(m2 K)]. On a box the element integrals factor into those of linear elements on a line,
``h/6 [[2, 1], [1, 2]]`` and ``1/h [[1, -1], [-1, 1]]`` (Zienkiewicz, Taylor and Zhu, The Finite Element Method,
7th ed., chapter 6), so that an entry depends only on whether two corners differ along x, y, z: eight numbers a cell.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import MeshError
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.tensor_grid import (
    INNER,
    Array,
    Precision,
    Reals,
    TensorGrid,
    face_axis,
    face_layer,
    with_margin,
    without_margin,
    zeros,
)
from thermal.field.tensor_kernels import load_kernels
from thermal.field.tensor_numpy import OFFSETS, by_level, shifted, stencil_matrix, stencil_of_matrix

Mask = NDArray[np.bool_]

_LINE_MASS = np.array([1.0 / 3.0, 1.0 / 6.0])
_LINE_STIFFNESS = np.array([1.0, -1.0])
_FACE_MEAN = np.array([0.25, 0.25])


def _products(z: Array, y: Array, x: Array) -> Array:
    products: Array = np.einsum("i,j,k->ijk", z, y, x).ravel()
    return products


_SHARES = np.stack(
    [
        _products(_LINE_MASS, _LINE_MASS, _LINE_STIFFNESS),
        _products(_LINE_MASS, _LINE_STIFFNESS, _LINE_MASS),
        _products(_LINE_STIFFNESS, _LINE_MASS, _LINE_MASS),
        _products(_LINE_MASS, _LINE_MASS, _LINE_MASS),
    ],
    axis=1,
)
"""Entries (8, 4) between corners that differ along z, y, x or not, of unit elements along x, y, z and of mass."""


class TensorOperator:
    """Symmetric operator on node values of a tensor grid, held as a 27-point stencil.

    Parameters
    ----------
    grid
        Lines of the box.
    conductivity
        Along x, y, z, shape (3, nz, ny, nx), or one for all axes, shape (nz, ny, nx) [W/(m K)]; ``None``: none.
    storage
        Volumetric heat capacity, over the time step if this is the matrix of a step, shape (nz, ny, nx)
        [J/(m3 K)] or [W/(m3 K)].
    film
        Heat transfer coefficient by side, each of ``grid.face_shape(side)`` [W/(m2 K)].
    tangent
        Slope of a flux at the face's mean temperature by side, each of ``grid.face_shape(side)`` [W/(m2 K)].
    """

    def __init__(
        self,
        grid: TensorGrid,
        conductivity: Array | None = None,
        storage: Array | None = None,
        film: Mapping[str, Array] | None = None,
        tangent: Mapping[str, Array] | None = None,
    ) -> None:
        self.grid = grid
        self.conductivity = _by_axis(grid, conductivity)
        self.storage = None if storage is None else _shaped("storage", storage, grid.cell_shape)
        self.film = {f: _shaped(f"film[{f}]", h, grid.face_shape(f)) for f, h in (film or {}).items()}
        self.tangent = {
            f: _shaped(f"tangent[{f}]", h, grid.face_shape(f)) for f, h in (tangent or {}).items()
        }
        self.fixed: Mask | None = None
        self._given: Array | None = None
        self.kernels = load_kernels()

    @functools.cached_property
    def stencil(self) -> Array:
        """Diagonal and couplings to the 13 following neighbours with margins, shape (ny + 3, 14, nz + 3, nx + 3)."""
        return np.asarray(self.assemble(np.float64), dtype=float)

    @functools.cached_property
    def elements(self) -> Array:
        """Of the element matrices along x, y, z, and mass where there is storage, (ny, 3 or 4, nz, nx) [W/K]."""
        hy, hz, hx = np.ix_(*(np.diff(line) for line in (self.grid.y, self.grid.z, self.grid.x)))
        nz, ny, nx = self.grid.cell_shape
        elements = zeros((ny, 3 if self.storage is None else 4, nz, nx))
        if self.conductivity is not None:
            for axis, metric in enumerate((hy * hz / hx, hx * hz / hy, hx * hy / hz)):
                np.multiply(self.conductivity[axis].transpose(1, 0, 2), metric, out=elements[:, axis])
        if self.storage is not None:
            np.multiply(self.storage.transpose(1, 0, 2), hx * hy * hz, out=elements[:, 3])
        return elements

    def assemble(self, precision: Precision) -> Reals:
        """Stencil in a precision; not kept."""
        stencil: Reals
        if self._given is not None:
            stencil = self._given.astype(precision)
        else:
            nz, ny, nx = self.grid.node_shape
            stencil = zeros((ny + 2, 14, nz + 2, nx + 2), precision)
            self.kernels.scatter(self.elements, _SHARES[:, : self.elements.shape[1]], stencil)
        for face, coefficient in self.film.items():
            self._add_face(stencil, face, coefficient, np.multiply.outer(_LINE_MASS, _LINE_MASS))
        for face, coefficient in self.tangent.items():
            self._add_face(stencil, face, coefficient, np.multiply.outer(_FACE_MEAN, _FACE_MEAN))
        if self.fixed is not None:
            free = by_level(with_margin(np.where(self.fixed, 0.0, 1.0)).astype(precision))
            levels = by_level(stencil)
            for number, offset in enumerate(OFFSETS[1:], start=1):
                levels[number][INNER] *= free[INNER] * shifted(free, offset)
            levels[0][INNER][self.fixed] = 1.0
        return stencil

    @classmethod
    def from_matrix(cls, grid: TensorGrid, matrix: DistributedMatrix) -> TensorOperator:
        """Operator of an assembled symmetric matrix; it couples the nodes of each cell, zeros stored, and no others.

        What made the matrix is not known then: it is taken to be definite and to vary laterally. Every rank gets all
        of the operator.
        """
        result = cls(grid)
        result._given = stencil_of_matrix(matrix, grid.node_shape)
        return result

    @property
    def from_given_matrix(self) -> bool:
        """Whether only a matrix is known, and not what made it."""
        return self._given is not None

    @property
    def unknowns(self) -> int:
        """Number of nodes."""
        return int(np.prod(self.grid.node_shape))

    @property
    def definite(self) -> bool:
        """Whether something holds the level of temperature: storage, a film, a tangent or fixed nodes."""
        if self._given is not None:
            return True
        parts = [self.storage, *self.film.values(), *self.tangent.values(), self.fixed]
        return any(part is not None and bool(np.any(part)) for part in parts)

    def apply(self, nodes: Array) -> Array:
        """``A u`` for node values of shape (nz + 1, ny + 1, nx + 1) or flat; the result has the same shape."""
        padded = with_margin(np.reshape(nodes, self.grid.node_shape))
        result = np.zeros_like(padded)
        self.apply_padded(padded, result)
        return without_margin(result).reshape(np.shape(nodes))

    def apply_padded(self, u: Array, v: Array) -> None:
        """``v = A u`` for arrays with margins, element by element: no matrix is read."""
        if self._given is not None:
            self.kernels.apply(self.stencil, u, v)
            return
        free = u
        if self.fixed is not None:
            fixed = self.fixed.transpose(1, 0, 2)
            free = u.copy()
            free[INNER][fixed] = 0.0
        self.kernels.apply_cells(self.elements, free, v)
        self._apply_faces(free, v)
        if self.fixed is not None:
            v[INNER][fixed] = u[INNER][fixed]

    @functools.cached_property
    def diagonal(self) -> Array:
        """Diagonal of the matrix, shape (nz + 1, ny + 1, nx + 1)."""
        if self._given is not None or self.fixed is not None:
            return np.ascontiguousarray(by_level(self.stencil)[0][INNER])
        cells = np.einsum("t,ytzx->zyx", _SHARES[0, : self.elements.shape[1]], self.elements)
        diagonal = _sum_of_corners(cells)
        for films, share in ((self.film, _LINE_MASS[0] ** 2), (self.tangent, _FACE_MEAN[0] ** 2)):
            for face, coefficient in films.items():
                diagonal[face_layer(face)] += _sum_of_corners(share * coefficient * self.grid.face_area(face))
        return diagonal

    def matrix(self) -> scipy.sparse.csr_matrix:
        """Sparse matrix, rows in the C order of the node array."""
        return stencil_matrix(self.stencil)

    def with_film(self, film: Mapping[str, Array]) -> TensorOperator:
        """Operator with more films added; the rest is shared."""
        result = self._copy()
        for face, coefficient in film.items():
            coefficient = _shaped(f"film[{face}]", coefficient, self.grid.face_shape(face))
            result.film[face] = result.film.get(face, 0.0) + coefficient
        return result

    def with_tangent(self, tangent: Mapping[str, Array]) -> TensorOperator:
        """Operator with more face tangents added; the rest is shared."""
        result = self._copy()
        for face, slope in tangent.items():
            slope = _shaped(f"tangent[{face}]", slope, self.grid.face_shape(face))
            result.tangent[face] = result.tangent.get(face, 0.0) + slope
        return result

    def with_fixed(self, fixed: Mask) -> TensorOperator:
        """Operator with rows and columns of fixed nodes eliminated (one on their diagonal).

        Parameters
        ----------
        fixed
            Where the temperature is prescribed, shape (nz + 1, ny + 1, nx + 1).
        """
        result = self._copy()
        result.fixed = np.asarray(fixed, dtype=bool).reshape(self.grid.node_shape)
        return result

    def load_with_fixed(self, load: Array, values: Array) -> Array:
        """Right-hand side of the eliminated system, from nodal heat [W] and prescribed temperatures [K]."""
        if self.fixed is None:
            return load
        prescribed = np.where(self.fixed, np.reshape(values, self.fixed.shape), 0.0)
        free = self._copy()
        free.fixed = None
        moved = np.reshape(load, self.fixed.shape) - free.apply(prescribed)
        return np.where(self.fixed, prescribed, moved).reshape(np.shape(load))

    def _copy(self) -> TensorOperator:
        """Operator of the same cells, whose faces may change."""
        if self._given is None:
            _ = self.elements  # made once for both
        result = object.__new__(TensorOperator)
        result.__dict__.update(self.__dict__)
        result.__dict__.pop("stencil", None)
        result.__dict__.pop("diagonal", None)
        result.film, result.tangent = dict(self.film), dict(self.tangent)
        return result

    def _apply_faces(self, u: Array, v: Array) -> None:
        """Add films and tangents; arrays with margins."""
        for films, exact in ((self.film, True), (self.tangent, False)):
            for face, coefficient in films.items():
                nodes = by_level(u)[INNER][face_layer(face)]
                first = nodes.__array_interface__["data"][0] - u.__array_interface__["data"][0]
                place = (first // u.itemsize, *(stride // u.itemsize for stride in nodes.strides))
                weight = coefficient * self.grid.face_area(face)
                self.kernels.apply_face(weight, exact, place, u, v)

    def _add_face(self, stencil: Reals, face: str, coefficient: Array, shares: Array) -> None:
        """Add ``coefficient * area * shares[|d1|, |d2|]`` for the pairs of corners of each face of a side."""
        weight = coefficient * self.grid.face_area(face)
        axis = face_axis(face)
        layer = (slice(None), *(s if isinstance(s, slice) else 1 - 3 * (s != 0) for s in face_layer(face)))
        steps = [(9, 3, 1)[n] for n in range(3) if n != axis]
        corners = ((0, 0), (0, 1), (1, 0), (1, 1))
        plane = by_level(stencil)[layer]
        rows, columns = weight.shape
        for n, first in enumerate(corners):
            for second in corners[n:]:
                step = [b - a for a, b in zip(first, second, strict=True)]
                place = (
                    slice(1 + first[0], 1 + first[0] + rows),
                    slice(1 + first[1], 1 + first[1] + columns),
                )
                number = steps[0] * step[0] + steps[1] * step[1]
                plane[(number, *place)] += weight * shares[abs(step[0]), abs(step[1])]


def _sum_of_corners(cells: Array) -> Array:
    """At every node, the sum over the cells around it."""
    padded = np.pad(cells, 1)
    for axis in range(cells.ndim):
        low, high = (np.take(padded, range(s, padded.shape[axis] - 1 + s), axis) for s in (0, 1))
        padded = low + high
    return padded


def _shaped(name: str, values: Array, shape: tuple[int, ...]) -> Array:
    values = np.asarray(values, dtype=float)
    if values.shape != shape:
        raise MeshError(f"{name}: shape {values.shape} given, {shape} needed")
    return values


def _by_axis(grid: TensorGrid, conductivity: Array | None) -> Array | None:
    if conductivity is None:
        return None
    conductivity = np.asarray(conductivity, dtype=float)
    if conductivity.shape == grid.cell_shape:
        conductivity = np.broadcast_to(conductivity, (3, *grid.cell_shape))
    return _shaped("conductivity", conductivity, (3, *grid.cell_shape))
