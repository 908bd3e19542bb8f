"""Largest diagonal entry of ``(K + s C)^-1`` on a tensor grid, from above: how far a watt at one node heats that node.

Leaving out films and all cells beside a box of the grid, and taking the least conductivity and heat capacity of each
layer of cells all over the box, makes the matrix smaller, so its inverse larger at the nodes of the box; the layers are
then uniform and the inverse is known: eigenvectors of the lines in x and y, one tridiagonal system along z for each
pair (:mod:`thermal.field.diagonalisation`). A node has the least of what the boxes that hold it give.

Boxes are the whole grid and what solids fill: the rectangle of each layer's solids through all layers that fill it.
Nodes within a gas beside a smaller layer are not looked at. Heat neither enters there nor is stored to speak of, so
that an error there is a weighted mean of errors of the solids around (maximum principle), whatever a watt would do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from thermal.field.diagonalisation import line_modes
from thermal.field.tensor_grid import TensorGrid, element_diagonals

Array = NDArray[np.float64]
Box = tuple[slice, slice, slice]

_GAS = 1e-2
"""Heat capacity by volume, over the largest of the package, below which a cell is gas (air: 7e-4 of silicon's)."""


def point_bound(grid: TensorGrid, conductivity: Array, storage: Array) -> float:
    """Bound over all nodes of solids [K/W].

    Parameters
    ----------
    grid
        Lines of the box.
    conductivity
        Shape (3, nz, ny, nx) [W/(m K)].
    storage
        ``s`` times the volumetric heat capacity, greater than 0, shape (nz, ny, nx) [W/(m3 K)].
    """
    solid = storage > _GAS * storage.max()
    found = np.full(grid.node_shape, np.inf)
    touched = np.zeros(grid.node_shape, dtype=bool)
    for corner in np.ndindex(2, 2, 2):
        place = tuple(slice(c, c + n) for c, n in zip(corner, solid.shape, strict=True))
        touched[place] |= solid
    for box in _boxes(solid):
        nodes = tuple(slice(part.start, part.stop + 1) for part in box)
        part = TensorGrid(grid.x[nodes[2]], grid.y[nodes[1]], grid.z[nodes[0]])
        own = _own_response(part, conductivity[(slice(None), *box)], storage[box])
        found[nodes] = np.minimum(found[nodes], own)
    return float(found[touched].max())


def _boxes(solid: NDArray[np.bool_]) -> Iterator[Box]:
    """Cells of the whole grid, and of each rectangle of solids the layers around that fill it."""
    whole = tuple(slice(0, n) for n in solid.shape)
    made: set[tuple[int, ...]] = set()
    for level, layer in enumerate(solid):
        if not layer.any():
            continue
        (rows, columns) = (np.flatnonzero(layer.any(axis=axis)) for axis in (1, 0))
        y, x = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        full = solid[:, y, x].all(axis=(1, 2))
        if not full[level]:
            continue
        hollow = np.flatnonzero(~full)
        low = int(hollow[hollow < level].max(initial=-1)) + 1
        high = int(hollow[hollow > level].min(initial=len(solid)))
        key = (low, high, y.start, y.stop, x.start, x.stop)
        if key not in made:
            made.add(key)
            yield slice(low, high), y, x
    if not solid.all():
        yield whole[0], whole[1], whole[2]


def _own_response(grid: TensorGrid, conductivity: Array, storage: Array) -> Array:
    """Of every node of a box, each layer taken as its least cell [K/W]."""
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
    return found


def _lines(own: Array, coupling: Array) -> Array:
    """Matrix along z of elements ``[[own, coupling], [coupling, own]]``."""
    diagonal, above = element_diagonals(own, coupling)
    return np.diag(diagonal) + np.diag(above, 1) + np.diag(above, -1)
