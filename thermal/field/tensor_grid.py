"""Tensor-product grids of nodes: layout of arrays with a margin, faces, and 1-D matrices of linear elements.

Node arrays have shape (nz + 1, ny + 1, nx + 1). Inside the solvers they are stored by y, z, x, so that a row of z-lines
lies together, and carry a margin of one node of zeros on every side, so that no kernel asks where the grid ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from meshes.errors import MeshError

Array = NDArray[np.float64]
Reals: TypeAlias = NDArray[np.floating[Any]]
"""Of single or double precision."""
Precision: TypeAlias = type[np.float32] | type[np.float64]
Shape = tuple[int, int, int]

FACES = ("bottom", "top", "south", "north", "west", "east")
"""Sides of the box: low and high z, y, x."""

INNER = (slice(1, -1),) * 3
"""The nodes themselves within an array with margins."""


@dataclass(frozen=True)
class TensorGrid:
    """Grid lines of a box.

    Attributes
    ----------
    x, y, z
        Increasing coordinates, shapes (nx + 1,), (ny + 1,), (nz + 1,) [m].
    """

    x: Array
    y: Array
    z: Array

    def __post_init__(self) -> None:
        for name in "xyz":
            line = np.asarray(getattr(self, name), dtype=float)
            if line.ndim != 1 or line.size < 2 or not np.all(np.diff(line) > 0.0):
                raise MeshError(f"grid lines along {name}: at least two, increasing")
            object.__setattr__(self, name, line)

    @property
    def cell_shape(self) -> Shape:
        """Cells along z, y, x."""
        return len(self.z) - 1, len(self.y) - 1, len(self.x) - 1

    @property
    def node_shape(self) -> Shape:
        """Nodes along z, y, x."""
        return len(self.z), len(self.y), len(self.x)

    def face_shape(self, face: str) -> tuple[int, int]:
        """Cell faces of a side: (ny, nx), (nz, nx) or (nz, ny)."""
        shape = list(self.cell_shape)
        del shape[face_axis(face)]
        return shape[0], shape[1]

    def face_area(self, face: str) -> Array:
        """Of each cell face of a side [m2]."""
        widths = [np.diff(self.z), np.diff(self.y), np.diff(self.x)]
        del widths[face_axis(face)]
        return np.outer(*widths)


def face_axis(face: str) -> int:
    """Axis (0 z, 1 y, 2 x) that a side's normal is along."""
    if face not in FACES:
        raise MeshError(f"face {face!r}: one of {', '.join(FACES)}")
    return FACES.index(face) // 2


def face_layer(face: str) -> tuple[int | slice, ...]:
    """Index of the nodes (or cells) that lie at a side."""
    index: list[int | slice] = [slice(None)] * 3
    index[face_axis(face)] = -(FACES.index(face) % 2)
    return tuple(index)


def zeros(shape: tuple[int, ...], precision: Precision = np.float64) -> NDArray[Any]:
    """Zeros written at once: memory that is asked for as zeros comes in small pages, which cost more."""
    result: NDArray[Any] = np.empty(shape, precision)
    result.fill(0.0)
    return result


def with_margin(nodes: Array) -> Array:
    """Copy node values into an array with a margin of zeros, stored by y, z, x."""
    nz, ny, nx = nodes.shape
    result = zeros((ny + 2, nz + 2, nx + 2))
    result[INNER] = nodes.transpose(1, 0, 2)
    return result


def without_margin(padded: NDArray[Any]) -> Array:
    """Copy of the node values, shape (nz + 1, ny + 1, nx + 1)."""
    return np.ascontiguousarray(padded[INNER].transpose(1, 0, 2), dtype=float)


def mass_matrix(line: Array) -> Array:
    """``(u, v)`` of linear elements on a line, dense, shape (n + 1, n + 1) [m]."""
    width = np.diff(line)
    return _tridiagonal(width / 3.0, width / 6.0)


def stiffness_matrix(line: Array) -> Array:
    """``(u', v')`` of linear elements on a line, dense, shape (n + 1, n + 1) [1/m]."""
    width = np.diff(line)
    return _tridiagonal(1.0 / width, -1.0 / width)


def element_diagonals(own: Array, coupling: Array) -> tuple[Array, Array]:
    """Diagonal and upper diagonal of elements ``[[own, coupling], [coupling, own]]`` along the first axis."""
    diagonal = np.zeros((own.shape[0] + 1, *own.shape[1:]))
    diagonal[:-1] += own
    diagonal[1:] += own
    return diagonal, coupling


def _tridiagonal(own: Array, coupling: Array) -> Array:
    diagonal, upper = element_diagonals(own, coupling)
    return np.asarray(np.diag(diagonal) + np.diag(upper, 1) + np.diag(upper, -1))
