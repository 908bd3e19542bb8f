"""Largest diagonal entry of ``(K + s C)^-1`` on a tensor grid, from above: how far a watt at one node heats that node.

Leaving out films, and taking the least conductivity and heat capacity of each layer of cells all over it, makes the
matrix smaller, so its inverse larger; the layers are then uniform and the inverse is known: eigenvectors of the lines
in x and y, one tridiagonal system along z for each pair (:mod:`thermal.field.diagonalisation`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.field.diagonalisation import line_modes
from thermal.field.tensor_grid import TensorGrid, element_diagonals

Array = NDArray[np.float64]


def point_bound(grid: TensorGrid, conductivity: Array, storage: Array) -> float:
    """Bound over all nodes [K/W].

    Parameters
    ----------
    grid
        Lines of the box.
    conductivity
        Shape (3, nz, ny, nx) [W/(m K)].
    storage
        ``s`` times the volumetric heat capacity, greater than 0, shape (nz, ny, nx) [W/(m3 K)].
    """
    along_x, along_y, along_z = (k.min(axis=(1, 2)) for k in conductivity)
    least = storage.min(axis=(1, 2))
    height = np.diff(grid.z)
    fixed = _lines(along_z / height + least * height / 3.0, -along_z / height + least * height / 6.0)
    lateral_x, lateral_y = (_lines(k * height / 3.0, k * height / 6.0) for k in (along_x, along_y))
    value_x, mode_x = line_modes(grid.x)
    value_y, mode_y = line_modes(grid.y)
    found = np.zeros(grid.node_shape)
    for value, square in zip(value_y, (mode_y**2).T, strict=True):
        systems = fixed + value_x[:, None, None] * lateral_x + value * lateral_y
        diagonal = np.diagonal(np.linalg.inv(systems), axis1=1, axis2=2)
        found += (mode_x**2 @ diagonal).T[:, None, :] * square[:, None]
    return float(found.max())


def _lines(own: Array, coupling: Array) -> Array:
    """Matrix along z of elements ``[[own, coupling], [coupling, own]]``."""
    diagonal, above = element_diagonals(own, coupling)
    return np.diag(diagonal) + np.diag(above, 1) + np.diag(above, -1)
