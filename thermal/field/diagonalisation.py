"""Exact solution of layered plates by diagonalisation in x and y, and a tridiagonal system in z for every mode.

Where conductivity and storage depend on z alone, the matrix is
``sum of (k_x M_z) x M_y x K_x + (k_y M_z) x K_y x M_x + (k_z K_z + s M_z + h) x M_y x M_x``. Eigenvectors ``V`` of the
1-D problems ``K V = M V diag(lambda)``, ``V^T M V = 1``, take it to one tridiagonal system along z for each pair of
modes (Lynch, Rice and Thomas, Numer. Math. 6 (1964) 185, "Direct solution of partial difference equations by tensor
product methods"). On evenly spaced lines the eigenvectors are cosines, even or odd about the middle: a field's even and
odd part in y are taken to their own modes, which halves the products along y.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from meshes.errors import MeshError
from thermal.field.tensor_grid import (
    INNER,
    Array,
    element_diagonals,
    mass_matrix,
    stiffness_matrix,
    with_margin,
)
from thermal.field.tensor_operator import TensorOperator

_EVEN = 1e-10
"""Relative variation of the spacing up to which lines count as evenly spaced."""


def laterally_uniform(operator: TensorOperator, *, tangents: bool = False) -> bool:
    """Whether the diagonalisation is exact for an operator; with ``tangents``, whether it is but for these."""
    conductivity = operator.conductivity
    if conductivity is not None and conductivity.strides[0] == 0:
        conductivity = conductivity[:1]  # one array for all axes: looked at once
    fields = [operator.storage, *(conductivity if conductivity is not None else ())]
    films = operator.film if tangents else operator.film | operator.tangent
    if not tangents and any(np.any(slope) for slope in operator.tangent.values()):
        return False
    if any(face not in ("bottom", "top") and np.any(film) for face, film in films.items()):
        return False
    if operator.fixed is not None:
        planes = operator.fixed.reshape(operator.grid.node_shape[0], -1)
        if not np.all(planes.all(axis=1) == planes.any(axis=1)):
            return False
    even = [np.all(f == f[:, :1, :1]) for f in fields if f is not None]
    even += [np.all(film == film[0, 0]) for film in operator.film.values()]
    return bool(all(even))


class DiagonalisedSolver:
    """Direct solver of an operator that is laterally uniform; with face tangents, of one that has their mean as a film.

    Raises
    ------
    MeshError
        If the operator varies laterally, or nothing in it holds the level of temperature.
    """

    name = "tensor-diagonalised"
    iterations = 1

    def __init__(self, operator: TensorOperator) -> None:
        if not laterally_uniform(operator, tangents=True):
            raise MeshError("diagonalisation in x and y: the layers vary laterally")
        if not operator.definite:
            raise MeshError("conduction without storage, film or fixed temperature has no single solution")
        self.operator = operator
        grid = operator.grid
        self._fixed = np.zeros(len(grid.z), bool)
        if operator.fixed is not None:
            self._fixed = operator.fixed[:, 0, 0]
        along_x = line_modes(grid.x)
        self._parts = [_ModeBlock(operator, self._fixed, along_y, along_x) for along_y in _parities(grid.y)]

    def solve(self, load: Array, guess: Array | None = None, rtol: float = 0.0) -> Array:
        """Solve for node values; ``guess`` and ``rtol`` are there for the interface, the solution is exact."""
        shape = self.operator.grid.node_shape
        nodes = np.reshape(np.asarray(load, dtype=float), shape)
        fixed_load = nodes[self._fixed]
        parts = [part.nodes for part in self._parts]
        _fold(nodes, parts)
        for part in self._parts:
            part.solve()
        result = np.empty(shape)
        _unfold(parts, result)
        result[self._fixed] = fixed_load
        return result.reshape(np.shape(load))

    def precondition(self, residual: Array) -> Array:
        """Correction for a residual (the exact one where there are no tangents)."""
        return self.solve(residual)

    def precondition_padded(self, residual: Array) -> Array:
        """The same for an array with margins."""
        return with_margin(self.solve(residual[INNER].transpose(1, 0, 2)))


class _ModeBlock:
    """Modes of one parity in y with all in x, and the system along z of each pair; ``nodes`` is solved in place."""

    def __init__(
        self,
        operator: TensorOperator,
        fixed: NDArray[np.bool_],
        along_y: tuple[Array, Array],
        along_x: tuple[Array, Array],
    ) -> None:
        (value_y, self._mode_y), (value_x, self._mode_x) = along_y, along_x
        shape = (operator.grid.node_shape[0], len(value_y), len(value_x))
        self.nodes, self._half = np.empty(shape), np.empty(shape)
        diagonal, above = _line_systems(operator, value_y[:, None], value_x)
        diagonal[fixed] = 1.0
        above[fixed[1:] | fixed[:-1]] = 0.0
        self._factorise(diagonal, above)

    def _factorise(self, diagonal: Array, above: Array) -> None:
        """LDL^T of all lines at once; ``multiplier`` is the sub-diagonal of L."""
        multiplier = above
        for k in range(len(above)):
            row = above[k] / diagonal[k]
            diagonal[k + 1] -= above[k] * row
            multiplier[k] = row
        self._inverse, self._multiplier = np.reciprocal(diagonal, out=diagonal), multiplier

    def solve(self) -> None:
        """Take the nodes to their modes, solve along z, and take them back."""
        modes, multiplier = self.nodes, self._multiplier
        _transform(modes, self._mode_y, self._mode_x, self._half, modes)
        scratch = np.empty(modes.shape[1:])
        for k in range(1, len(modes)):
            modes[k] -= np.multiply(multiplier[k - 1], modes[k - 1], out=scratch)
        modes *= self._inverse
        for k in range(len(modes) - 2, -1, -1):
            modes[k] -= np.multiply(multiplier[k], modes[k + 1], out=scratch)
        _transform(modes, self._mode_y.T, self._mode_x.T, self._half, modes)


def _parities(line: Array) -> list[tuple[Array, Array]]:
    """Eigenvalues and eigenvectors on half an even line, of even and of odd modes; of all together on another line."""
    values, vectors = line_modes(line)
    width = np.diff(line)
    if np.ptp(width) > _EVEN * width.mean():
        return [(values, vectors)]
    n = len(line)
    return [
        (values[0::2], np.ascontiguousarray(vectors[: (n + 1) // 2, 0::2])),
        (values[1::2], np.ascontiguousarray(vectors[: n // 2, 1::2])),
    ]


def _fold(nodes: Array, parts: list[Array]) -> None:
    """Write the sum with the mirror image in y, and the difference, or all where there is one part."""
    if len(parts) == 1:
        parts[0][:] = nodes
        return
    even, odd = parts
    k = odd.shape[1]
    np.add(nodes[:, :k], nodes[:, : -k - 1 : -1], out=even[:, :k])
    np.subtract(nodes[:, :k], nodes[:, : -k - 1 : -1], out=odd)
    even[:, k:] = nodes[:, k:-k]


def _unfold(parts: list[Array], nodes: Array) -> None:
    """Undo :func:`_fold` for parts that were solved."""
    if len(parts) == 1:
        nodes[:] = parts[0]
        return
    even, odd = parts
    k = odd.shape[1]
    np.add(even[:, :k], odd, out=nodes[:, :k])
    np.subtract(even[:, :k], odd, out=nodes[:, : -k - 1 : -1])
    nodes[:, k:-k] = even[:, k:]


def line_modes(line: Array) -> tuple[Array, Array]:
    """Eigenvalues (n,) [1/m2] and eigenvectors (n, n) of linear elements on a line, ``V^T M V = 1``."""
    width = np.diff(line)
    n = len(width)
    if np.ptp(width) > _EVEN * width.mean():
        values, vectors = scipy.linalg.eigh(stiffness_matrix(line), mass_matrix(line), check_finite=False)
        return np.maximum(values, 0.0), vectors
    h = (line[-1] - line[0]) / n
    cosine = np.cos(np.pi * np.arange(n + 1) / n)
    values = 6.0 / h**2 * (1.0 - cosine) / (2.0 + cosine)
    # cos(pi m i / n) by periodicity from one table
    vectors = np.concatenate([cosine, cosine[-2:0:-1]])[
        np.outer(np.arange(n + 1), np.arange(n + 1)) % (2 * n)
    ]
    half = np.full(n + 1, 0.5)
    half[[0, -1]] = 1.0
    return values, vectors / np.sqrt(n * half * h * (2.0 + cosine) / 3.0)


def _transform(nodes: Array, along_y: Array, along_x: Array, half: Array, result: Array) -> None:
    """``result = along_y^T nodes along_x`` for every plane, through ``half``; ``nodes`` and ``result`` may be one.

    SciPy's BLAS knows newer processors than that of NumPy 1, and takes the memory for its result: touching fresh memory
    can cost more than the product.
    """
    multiply = scipy.linalg.blas.dgemm
    width = nodes.shape[-1]
    rows, between = nodes.reshape(-1, width), half.reshape(-1, width)
    multiply(1.0, np.asfortranarray(along_x.T), rows.T, 0.0, c=between.T, overwrite_c=True)
    factor = np.asfortranarray(along_y)
    for plane, to in zip(half, result, strict=True):
        multiply(1.0, plane.T, factor, 0.0, c=to.T, overwrite_c=True)


def _line_systems(operator: TensorOperator, value_y: Array, value_x: Array) -> tuple[Array, Array]:
    """Diagonal and upper diagonal along z for each pair of modes, shapes (nz + 1, ny + 1, nx + 1) and one less."""
    grid = operator.grid
    dz = np.diff(grid.z)
    zero = np.zeros((3, len(dz)))
    kx, ky, kz = zero if operator.conductivity is None else operator.conductivity[:, :, 0, 0]
    storage = zero[0] if operator.storage is None else operator.storage[:, 0, 0]
    lateral = [element_diagonals(k * dz / 3.0, k * dz / 6.0) for k in (kx, ky)]
    diagonal, above = element_diagonals(kz / dz + storage * dz / 3.0, -kz / dz + storage * dz / 6.0)
    for face, index in (("bottom", 0), ("top", -1)):
        for films in (operator.film, operator.tangent):
            if face in films:
                diagonal[index] += films[face].mean()
    return (
        _combine(diagonal, lateral[0][0], value_x, lateral[1][0], value_y),
        _combine(above, lateral[0][1], value_x, lateral[1][1], value_y),
    )


def _combine(own: Array, along_x: Array, value_x: Array, along_y: Array, value_y: Array) -> Array:
    """``own + along_x lambda_x + along_y lambda_y`` for all z and modes."""
    result = np.empty((len(own), len(value_y), len(value_x)))
    for k, plane in enumerate(result):
        np.add(own[k] + along_x[k] * value_x, along_y[k] * value_y, out=plane)
    return result
