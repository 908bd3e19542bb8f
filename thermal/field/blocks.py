"""Where the power of floorplan blocks enters a package, and how a block's temperature is read from the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.layered_mesh import LayeredMesh, MeshLayer

Array = NDArray[np.float64]
Matrix: TypeAlias = scipy.sparse.csr_matrix


@dataclass(frozen=True)
class BlockMap:
    """Maps between blocks and nodes.

    Attributes
    ----------
    mean
        Weights of nodes in a block's mean temperature, (blocks, nodes): over the heated face, or over the layer's
        volume where that is heated. Its transpose spreads a block's power over the nodes: what is uniform over the
        block has the same weights.
    """

    mean: Matrix
    _members: NDArray[np.int64]
    _starts: NDArray[np.int64]

    @property
    def members(self) -> list[NDArray[np.int64]]:
        """Nodes among which each block's hottest is sought."""
        return np.split(self._members, self._starts[1:])

    def spread(self, power: Array) -> Array:
        """Heat into each node from the power of each block [W]."""
        return np.asarray(self.mean.T @ power)

    def maximum(self, nodal: Array) -> Array:
        """Largest value over the nodes of the heated layer within each block."""
        if len(self._starts) == 0:
            return np.empty(0)
        return np.asarray(np.maximum.reduceat(nodal[self._members], self._starts))


def map_blocks(mesh: LayeredMesh) -> BlockMap:
    """Lay the blocks of all heated layers over the nodes of the mesh."""
    means: list[Matrix] = []
    members: list[NDArray[np.int64]] = []
    for layer in mesh.layers:
        if layer.floorplan is None:
            continue
        shared = layer.floorplan.overlap(mesh.x, mesh.y)
        share = shared.copy()
        share.data /= np.repeat(np.asarray(shared.sum(axis=1)).ravel(), np.diff(shared.indptr))
        lateral = share @ _cell_mean(mesh)
        means.append(_on_planes(_through(layer, mesh), lateral))
        members += _members(shared, layer, mesh)
    lengths = [len(block) for block in members]
    return BlockMap(
        mean=scipy.sparse.vstack(means, format="csr") if means else Matrix((0, mesh.unknowns)),
        _members=np.concatenate(members) if members else np.empty(0, dtype=np.int64),
        _starts=np.cumsum([0, *lengths[:-1]]) if members else np.empty(0, dtype=np.int64),
    )


def _cell_mean(mesh: LayeredMesh) -> Matrix:
    """Mean of the four corners of each lateral cell, (ny * nx, nodes of one plane)."""
    _, ny, nx = mesh.cell_shape
    corner = (np.arange(ny)[:, None] * (nx + 1) + np.arange(nx)).ravel()
    corners = corner[:, None] + np.array([0, 1, nx + 1, nx + 2])
    starts = 4 * np.arange(ny * nx + 1)
    return Matrix(
        (np.full(corners.size, 0.25), corners.ravel(), starts), shape=(ny * nx, (ny + 1) * (nx + 1))
    )


def _through(layer: MeshLayer, mesh: LayeredMesh) -> Array:
    """Weights of the planes of nodes, (nz + 1,): the heated face, or the layer's volume by the trapezoidal rule."""
    weights = np.zeros(len(mesh.z))
    cells = layer.z_cells
    if layer.heat == "volume":
        thickness = np.diff(mesh.z)[cells]
        weights[cells.start : cells.stop] += 0.5 * thickness
        weights[cells.start + 1 : cells.stop + 1] += 0.5 * thickness
        weights /= thickness.sum()
    else:
        weights[cells.start if layer.heat == "bottom" else cells.stop] = 1.0
    return weights


def _on_planes(weights: Array, lateral: Matrix) -> Matrix:
    """Lateral weights (blocks, nodes of one plane) on all planes, (blocks, nodes)."""
    rows, plane = lateral.shape
    entries = lateral.tocoo()
    planes = np.flatnonzero(weights)
    values = np.outer(weights[planes], entries.data).ravel()
    columns = np.add.outer(plane * planes, entries.col).ravel()
    return Matrix((values, (np.tile(entries.row, len(planes)), columns)), shape=(rows, plane * len(weights)))


def _members(shared: Matrix, layer: MeshLayer, mesh: LayeredMesh) -> list[NDArray[np.int64]]:
    """Nodes of the cells that lie for the most part in each block, or of the one that holds most of it."""
    _, ny, nx = mesh.cell_shape
    face_area = mesh.face_area.ravel()
    plane = (ny + 1) * (nx + 1)
    planes = plane * np.arange(layer.z_cells.start, layer.z_cells.stop + 1)
    members = []
    for block in range(shared.shape[0]):
        row = slice(shared.indptr[block], shared.indptr[block + 1])
        touched, area = shared.indices[row], shared.data[row]
        cells = touched[area >= 0.5 * face_area[touched]]
        if len(cells) == 0:
            cells = touched[[int(np.argmax(area))]]
        corner = cells // nx * (nx + 1) + cells % nx
        nodes = np.unique(np.concatenate([corner, corner + 1, corner + nx + 1, corner + nx + 2]))
        members.append((planes[:, None] + nodes[None, :]).ravel().astype(np.int64))
    return members
