"""The kernels of ``tensor_kernels.c`` in NumPy and SciPy: the same arithmetic where no compiler is at hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import MeshError
from thermal.field.tensor_grid import INNER, Array

Lines = NDArray[np.int32]
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


def coupling(a: Array, offset: Offset) -> Array:
    """Entry of the matrix between every node and its neighbour (a view)."""
    number = 9 * offset[0] + 3 * offset[1] + offset[2]
    return a[number][INNER] if number >= 0 else shifted(a[-number], offset)


def stencil_matrix(a: Array) -> scipy.sparse.csr_matrix:
    """Sparse matrix of a stencil, nodes in C order, neighbours outside the grid left out."""
    shape = tuple(n - 2 for n in a.shape[1:])
    columns, inside, starts = _pattern(shape)
    values = np.stack([coupling(a, offset).ravel() for offset in _NEIGHBOURS], axis=1)
    size = len(starts) - 1
    return scipy.sparse.csr_matrix((values[inside], columns[inside], starts), shape=(size, size))


def stencil_of_matrix(matrix: scipy.sparse.csr_matrix, shape: tuple[int, int, int]) -> Array:
    """Stencil with margins of a symmetric sparse matrix that couples the nodes of each cell, zeros stored."""
    columns, inside, starts = _pattern(shape)
    if matrix.nnz != starts[-1] or not np.array_equal(matrix.indices, columns[inside]):
        raise MeshError(f"matrix of {matrix.shape[0]} rows: not that of a tensor grid of {shape} nodes")
    values = np.zeros(inside.shape)
    values[inside] = matrix.data
    stencil = np.zeros((14, *(n + 2 for n in shape)))
    stencil[(slice(None), *INNER)] = values[:, 13:].T.reshape(14, *shape)
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

    def apply(self, a: Array, u: Array, v: Array) -> None:
        """``v = A u``."""
        result = a[0][INNER] * u[INNER]
        for offset in OFFSETS[1:]:
            back = (-offset[0], -offset[1], -offset[2])
            result += coupling(a, offset) * shifted(u, offset) + coupling(a, back) * shifted(u, back)
        v[INNER] = result

    def residual(self, a: Array, b: Array, u: Array, v: Array) -> None:
        """``v = b - A u``."""
        self.apply(a, u, v)
        v[INNER] = b[INNER] - v[INNER]

    def scatter(self, term: Array, share: Array, a: Array) -> None:
        """Add element entries ``share[d, t] term[t, cell]`` to the stencil."""
        corners = list(itertools.product((0, 1), repeat=3))
        nz, ny, nx = term.shape[1:]
        entry = (share @ term.reshape(len(term), -1)).reshape(2, 2, 2, nz, ny, nx)
        for first, second in itertools.combinations_with_replacement(corners, 2):
            dz, dy, dx = (s - f for f, s in zip(first, second, strict=True))
            z, y, x = (slice(1 + f, 1 + f + n) for f, n in zip(first, (nz, ny, nx), strict=True))
            a[9 * dz + 3 * dy + dx, z, y, x] += entry[abs(dz), abs(dy), abs(dx)]

    def smooth(self, a: Array, inverse: Array, b: Array, u: Array, backward: bool, from_zero: bool) -> None:
        """Sweep once over the z-lines in four colours (zeros are read like other values)."""
        for start_y, start_x in reversed(CORNERS) if backward else CORNERS:
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

    def weights(self, a: Array, fine_y: Lines, fine_x: Lines, p: Array) -> None:
        """Weights of interpolation; see the C source."""
        keep_y, keep_x = np.flatnonzero(fine_y == 0), np.flatnonzero(fine_x == 0)
        drop_y, drop_x = np.flatnonzero(fine_y), np.flatnonzero(fine_x)
        p[0][INNER][:, keep_y[:, None], keep_x] = 1.0
        three = (-1, 0, 1)
        for across, second in ((False, 1), (True, 2)):
            lines = (
                (slice(None), drop_y[:, None], keep_x) if across else (slice(None), keep_y[:, None], drop_x)
            )

            def lumped(
                dz: int, side: int, lines: tuple[slice, Index, Index] = lines, across: bool = across
            ) -> Array:
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

    def galerkin(self, a: Array, p: Array, coarse_y: Lines, coarse_x: Lines, result: Array) -> None:
        """``result += P^T A P``."""
        interpolation = _matrix(p, coarse_y, coarse_x, result.shape[1:])
        coarse = scipy.sparse.coo_matrix(interpolation.T @ stencil_matrix(a) @ interpolation)
        steps = [9 * dz + 3 * dy + dx for dz, dy, dx in OFFSETS]
        _, height, width = result.shape[1:]
        distance = [(dz * height + dy) * width + dx for dz, dy, dx in OFFSETS]
        for number, step in zip(steps, distance, strict=True):
            chosen = coarse.col - coarse.row == step
            np.add.at(result[number].reshape(-1), coarse.row[chosen], coarse.data[chosen])

    def restrict(self, p: Array, coarse_y: Lines, coarse_x: Lines, fine: Array, coarse: Array) -> None:
        """``coarse = P^T fine``."""
        coarse[...] = 0.0
        starts_y, starts_x = (np.unique(lines, return_index=True)[1] for lines in (coarse_y, coarse_x))
        for corner, (y, x) in enumerate(CORNERS):
            rows = np.add.reduceat(p[corner][INNER] * fine[INNER], starts_y, axis=1)
            total = np.add.reduceat(rows, starts_x, axis=2)
            coarse[1:-1, 1 + y : 1 + y + len(starts_y), 1 + x : 1 + x + len(starts_x)] += total

    def prolong(self, p: Array, coarse_y: Lines, coarse_x: Lines, coarse: Array, fine: Array) -> None:
        """``fine += P coarse``."""
        for corner, (y, x) in enumerate(CORNERS):
            fine[INNER] += p[corner][INNER] * coarse[1:-1, (coarse_y + 1 + y)[:, None], coarse_x + 1 + x]

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""
        before = start
        for now in states:
            now += decay * before
            before = now


def _solve_lines(diagonal: Array, above: Array, right: Array) -> Array:
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


def _matrix(
    p: Array, coarse_y: Lines, coarse_x: Lines, coarse_shape: tuple[int, ...]
) -> scipy.sparse.csr_matrix:
    """Interpolation as a matrix onto the nodes from the coarse nodes with margins."""
    nz, ny, nx = (n - 2 for n in p.shape[1:])
    k = np.arange(1, nz + 1)[:, None, None]
    rows = np.arange(nz * ny * nx)
    _, height, width = coarse_shape
    parts = []
    for corner, (y, x) in enumerate(CORNERS):
        columns = (k * height + coarse_y[:, None] + 1 + y) * width + coarse_x + 1 + x
        entries = (p[corner][INNER].ravel(), (rows, columns.ravel()))
        parts.append(scipy.sparse.csr_matrix(entries, shape=(rows.size, int(np.prod(coarse_shape)))))
    return sum(parts[1:], start=parts[0])
