"""The compiled kernels in NumPy and SciPy: the same arithmetic where no compiler is at hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import MeshError
from thermal.field.coarsening import Coarsening
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.tensor_grid import INNER, Array, Reals

Index = NDArray[np.signedinteger[Any]]
Offset = tuple[int, int, int]

_NEIGHBOURS: tuple[Offset, ...] = tuple(itertools.product((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)))
OFFSETS: tuple[Offset, ...] = _NEIGHBOURS[13:]
"""(dz, dy, dx) of each of the 14 arrays of a stencil."""
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""(y, x) of the coarse lines that a weight belongs to: south-west, south-east, north-west, north-east."""


def shifted(nodes: NDArray[Any], offset: Offset) -> NDArray[Any]:
    """Values at the neighbour that lies ``offset`` away, for every node of an array with margins (a view)."""
    z, y, x = (slice(1 + d, n - 1 + d) for d, n in zip(offset, nodes.shape[-3:], strict=True))
    return nodes[..., z, y, x]


def by_level(stored: NDArray[Any]) -> NDArray[Any]:
    """View (..., z, y, x) of what is stored by y, ..., z, x."""
    return np.moveaxis(stored, 0, -2)


def coupling(a: Reals, offset: Offset) -> Reals:
    """Entry of the matrix between every node and its neighbour (a view)."""
    number = 9 * offset[0] + 3 * offset[1] + offset[2]
    return a[number][INNER] if number >= 0 else shifted(a[-number], offset)


def stencil_matrix(a: Reals) -> scipy.sparse.csr_matrix:
    """Sparse matrix of a stored stencil, nodes in C order, neighbours outside the grid left out."""
    a = by_level(a)
    shape = tuple(n - 2 for n in a.shape[1:])
    columns, inside, starts = _pattern(shape)
    values = np.stack([coupling(a, offset).ravel() for offset in _NEIGHBOURS], axis=1)
    size = len(starts) - 1
    return scipy.sparse.csr_matrix((values[inside], columns[inside], starts), shape=(size, size))


def stencil_of_matrix(matrix: DistributedMatrix, shape: tuple[int, int, int]) -> Array:
    """Stored stencil with margins of a symmetric sparse matrix that couples the nodes of each cell, zeros stored.

    It is whole on every rank.
    """
    columns, inside, _ = _pattern(shape)
    rows, layout = matrix.rows, matrix.layout
    if not layout.alone:
        columns, inside = columns[layout.own], inside[layout.own]
    if not np.array_equal(rows.indices, columns[inside]):
        raise MeshError(f"matrix of {rows.shape[1]} rows: not that of a tensor grid of {shape} nodes")
    values = np.zeros(inside.shape)
    values[inside] = rows.data
    nz, ny, nx = shape
    stencil = np.zeros((ny + 2, 14, nz + 2, nx + 2))
    for number, part in enumerate(values[:, 13:].T):
        by_level(stencil)[(number, *INNER)] = layout.whole(part).reshape(shape)
    return stencil


def _pattern(shape: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64]]:
    """Columns (nodes, 27) of every row, which of them lie in the grid, and where the rows start among those."""
    padded = np.full(tuple(n + 2 for n in shape), -1, dtype=np.int32)
    padded[INNER] = np.arange(np.prod(shape)).reshape(shape)
    columns = np.stack([shifted(padded, offset).ravel() for offset in _NEIGHBOURS], axis=1)
    inside = columns >= 0
    return columns, inside, np.concatenate([[0], np.cumsum(inside.sum(axis=1))])


class NumpyKernels:
    """Stand-in for the compiled kernels."""

    name = "numpy"

    def apply(self, a: Reals, u: Reals, v: Reals) -> None:
        """``v = A u``."""
        a, u, v = by_level(a), by_level(u), by_level(v)
        result = a[0][INNER] * u[INNER]
        for offset in OFFSETS[1:]:
            back = (-offset[0], -offset[1], -offset[2])
            result += coupling(a, offset) * shifted(u, offset) + coupling(a, back) * shifted(u, back)
        v[INNER] = result

    def apply_cells(self, terms: Array, u: Array, v: Array) -> None:
        """``v = A u`` for element coefficients: diagonal for sums and differences of corners along z, y, x."""
        v[...] = 0.0
        u, v, terms = by_level(u), by_level(v), by_level(terms)
        kx, ky, kz = terms[:3]
        mass = terms[3] / 12.0 if len(terms) > 3 else np.zeros_like(kx)
        for signs in itertools.product((1.0, -1.0), repeat=3):
            z, y, x = (sign < 0.0 for sign in signs)
            weight = z * kz + y * ky + x * kx + (mass if x or y or z else 3.0 * mass)
            part = weight / (16.0 * 3.0 ** max(z + y + x - 1, 0))
            cells = u[INNER]
            for axis, sign in enumerate(signs):
                low, high = _neighbours(cells, axis)
                cells = high + sign * low
            part = part * cells
            for axis, sign in enumerate(signs):
                ends = [(int(a == axis), int(a == axis)) for a in range(3)]
                before, after = _neighbours(np.pad(part, ends), axis)
                part = before + sign * after
            v[INNER] += part

    def apply_face(self, weight: Array, exact: bool, place: tuple[int, int, int], u: Array, v: Array) -> None:
        """``v += A u`` for coefficients times areas of a face's rectangles; by the mean of corners where not exact."""
        start, *strides = place
        shape = tuple(n + 1 for n in weight.shape)
        plane, to = (
            np.lib.stride_tricks.as_strided(
                nodes.reshape(-1)[start:], shape, [nodes.itemsize * stride for stride in strides]
            )
            for nodes in (u, v)
        )
        for y, x in itertools.product((1.0, -1.0), repeat=2) if exact else ((1.0, 1.0),):
            rows = plane[1:] + y * plane[:-1]
            part = weight / (16.0 * 3.0 ** ((y < 0.0) + (x < 0.0))) * (rows[:, 1:] + x * rows[:, :-1])
            for axis, sign in enumerate((y, x)):
                before, after = _neighbours(np.pad(part, [(int(a == axis),) * 2 for a in range(2)]), axis)
                part = before + sign * after
            to += part

    def scatter(self, term: Array, share: Array, a: Reals) -> None:
        """Add element entries ``share[d, t] term[t, cell]`` to the stencil."""
        a, term = by_level(a), by_level(term)
        corners = list(itertools.product((0, 1), repeat=3))
        nz, ny, nx = term.shape[1:]
        entry = (share @ term.reshape(len(term), -1)).reshape(2, 2, 2, nz, ny, nx)
        for first, second in itertools.combinations_with_replacement(corners, 2):
            dz, dy, dx = (s - f for f, s in zip(first, second, strict=True))
            z, y, x = (slice(1 + f, 1 + f + n) for f, n in zip(first, (nz, ny, nx), strict=True))
            a[9 * dz + 3 * dy + dx, z, y, x] += entry[abs(dz), abs(dy), abs(dx)]

    def pivots(self, a: Reals, inverse: Reals) -> None:
        """Reciprocal pivots of the tridiagonal systems along z."""
        a, inverse = by_level(a), by_level(inverse)
        lines = (slice(1, -1), slice(1, -1))
        for k in range(1, inverse.shape[0] - 1):
            pivot = a[0][k][lines] - a[9][k - 1][lines] ** 2 * inverse[k - 1][lines]
            inverse[k][lines] = 1.0 / pivot

    def descend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, u: Reals, coarse: Reals
    ) -> None:
        """One sweep from zero; ``coarse = P^T (b - A u)``."""
        u[...] = 0.0
        _sweep(a, inverse, b, u, CORNERS)
        product = np.zeros_like(u)
        self.apply(a, u, product)
        rest, p, coarse = by_level(b - product), by_level(p), by_level(coarse)
        coarse[...] = 0.0
        height, width = coarsening.shape
        for corner, (y, x) in enumerate(CORNERS):
            rows = np.add.reduceat(p[corner][INNER] * rest[INNER], coarsening.kept_y, axis=1)
            total = np.add.reduceat(rows, coarsening.kept_x, axis=2)
            coarse[1:-1, 1 + y : 1 + y + height, 1 + x : 1 + x + width] += total

    def ascend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, coarse: Reals, u: Reals
    ) -> None:
        """``u += P coarse``, then one sweep in the opposite order."""
        for corner, (y, x) in enumerate(CORNERS):
            lines = (slice(1, -1), (coarsening.coarse_y + 1 + y)[:, None], coarsening.coarse_x + 1 + x)
            by_level(u)[INNER] += by_level(p)[corner][INNER] * by_level(coarse)[lines]
        _sweep(a, inverse, b, u, CORNERS[::-1])

    def weights(self, a: Reals, coarsening: Coarsening, p: Reals) -> None:
        """Weights of interpolation; see the C source."""
        keep_y: Index = coarsening.kept_y
        keep_x: Index = coarsening.kept_x
        drop_y: Index = np.flatnonzero(coarsening.drop_y)
        drop_x: Index = np.flatnonzero(coarsening.drop_x)
        a, p = by_level(a), by_level(p)
        p[0][INNER][:, keep_y[:, None], keep_x] = 1.0
        three = (-1, 0, 1)
        for across, second in ((False, 1), (True, 2)):
            lines = (
                (slice(None), drop_y[:, None], keep_x) if across else (slice(None), keep_y[:, None], drop_x)
            )

            def lumped(
                dz: int, side: int, lines: tuple[slice, Index, Index] = lines, across: bool = across
            ) -> Reals:
                picked = [coupling(a, (dz, side, d) if across else (dz, d, side))[lines] for d in three]
                return np.asarray(sum(picked))

            low, high = (-sum(lumped(dz, side) for dz in three) for side in (-1, 1))
            solved = _solve_lines(lumped(0, 0), lumped(1, 0), np.stack([low, high]))
            p[0][INNER][lines], p[second][INNER][lines] = solved
        lines = (slice(None), drop_y[:, None], drop_x)
        right = np.zeros((4, p.shape[1] - 2, len(drop_y), len(drop_x)))
        for dz in three:
            sides = {step: coupling(a, (dz, *step))[lines] for step in ((0, -1), (0, 1), (-1, 0), (1, 0))}
            for corner, (y, x) in enumerate(CORNERS):
                step_y, step_x = 2 * y - 1, 2 * x - 1
                right[corner] -= coupling(a, (dz, step_y, step_x))[lines]
                right[corner] -= sides[0, step_x] * shifted(p[2 * y], (dz, 0, step_x))[lines]
                right[corner] -= sides[step_y, 0] * shifted(p[x], (dz, step_y, 0))[lines]
        solved = _solve_lines(coupling(a, (0, 0, 0))[lines], coupling(a, (1, 0, 0))[lines], right)
        for corner in range(4):
            p[corner][INNER][lines] = solved[corner]

    def galerkin(self, a: Reals, p: Reals, coarsening: Coarsening, result: Reals) -> None:
        """``result += P^T A P``."""
        result = by_level(result)
        interpolation = _matrix(by_level(p), coarsening, result.shape[1:])
        coarse = scipy.sparse.coo_matrix(interpolation.T @ stencil_matrix(a) @ interpolation)
        steps = [9 * dz + 3 * dy + dx for dz, dy, dx in OFFSETS]
        _, height, width = result.shape[1:]
        distance = [(dz * height + dy) * width + dx for dz, dy, dx in OFFSETS]
        for number, step in zip(steps, distance, strict=True):
            chosen = coarse.col - coarse.row == step
            place = np.unravel_index(coarse.row[chosen], result.shape[1:])
            np.add.at(result[number], place, coarse.data[chosen])

    def dot(self, z: Reals, r: Array) -> float:
        """``z.r``."""
        return float(np.vdot(z, r))

    def follow(self, beta: float, z: Reals, p: Array) -> None:
        """``p = z + beta p``."""
        p *= beta
        p += z

    def advance(self, alpha: float, p: Array, q: Array, x: Array, r: Array) -> float:
        """``x += alpha p``, ``r -= alpha q``; returns ``r.r``."""
        x += alpha * p
        r -= alpha * q
        return float(np.vdot(r, r))

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""
        before = start
        for now in states:
            now += decay * before
            before = now


def _neighbours(values: Array, axis: int) -> tuple[Array, Array]:
    """All but the last along an axis, and all but the first."""
    count = values.shape[axis]
    return np.take(values, range(count - 1), axis), np.take(values, range(1, count), axis)


def _sweep(a: Reals, inverse: Reals, b: Reals, u: Reals, colours: tuple[tuple[int, int], ...]) -> None:
    """Solve the z-lines of one colour after the other for all others at their latest values."""
    a, inverse, b, u = by_level(a), by_level(inverse), by_level(b), by_level(u)
    for start_y, start_x in colours:
        lines = (slice(None), slice(start_y, None, 2), slice(start_x, None, 2))
        right = b[INNER][lines].copy()
        for offset in OFFSETS[1:]:
            if offset == (1, 0, 0):
                continue
            back = (-offset[0], -offset[1], -offset[2])
            right -= coupling(a, offset)[lines] * shifted(u, offset)[lines]
            right -= coupling(a, back)[lines] * shifted(u, back)[lines]
        above, pivot = a[9][INNER][lines], inverse[INNER][lines]
        for k in range(1, right.shape[0]):
            right[k] -= above[k - 1] * pivot[k - 1] * right[k - 1]
        right[-1] *= pivot[-1]
        for k in range(right.shape[0] - 2, -1, -1):
            right[k] = pivot[k] * (right[k] - above[k] * right[k + 1])
        u[INNER][lines] = right


def _solve_lines(diagonal: Reals, above: Reals, right: Reals) -> Reals:
    """Solve tridiagonal systems along z, right-hand sides stacked in front."""
    inverse = np.empty_like(diagonal)
    inverse[0] = 1.0 / diagonal[0]
    for k in range(1, len(diagonal)):
        inverse[k] = 1.0 / (diagonal[k] - above[k - 1] ** 2 * inverse[k - 1])
        right[:, k] -= above[k - 1] * inverse[k - 1] * right[:, k - 1]
    right[:, -1] *= inverse[-1]
    for k in range(len(diagonal) - 2, -1, -1):
        right[:, k] = inverse[k] * (right[:, k] - above[k] * right[:, k + 1])
    return right


def _matrix(p: Reals, coarsening: Coarsening, coarse_shape: tuple[int, ...]) -> scipy.sparse.csr_matrix:
    """Interpolation as a matrix onto the nodes from the coarse nodes with margins."""
    nz, ny, nx = (n - 2 for n in p.shape[1:])
    k = np.arange(1, nz + 1)[:, None, None]
    rows = np.arange(nz * ny * nx)
    _, height, width = coarse_shape
    parts = []
    for corner, (y, x) in enumerate(CORNERS):
        columns = (k * height + coarsening.coarse_y[:, None] + 1 + y) * width + coarsening.coarse_x + 1 + x
        entries = (p[corner][INNER].ravel(), (rows, columns.ravel()))
        parts.append(scipy.sparse.csr_matrix(entries, shape=(rows.size, int(np.prod(coarse_shape)))))
    return sum(parts[1:], start=parts[0])
