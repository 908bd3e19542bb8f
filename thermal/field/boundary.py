"""Surfaces of a package: convection, held temperature, and faces or channels that a boiling fluid wets.

A face is a set of rectangles with four nodes each. Convection is integrated exactly, ``<h (T - T_fluid), v>`` with the
bilinear mass matrix of a rectangle; on a wetted face the flux of a rectangle depends on the mean of its four
temperatures, so that the heat that leaves is the sum of flux times area and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.layered_mesh import LayeredMesh
from meshes.package import BoundarySpec, FaceSpec
from thermal.field.embedded_channels import EmbeddedChannels

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Matrix: TypeAlias = scipy.sparse.csr_matrix

FACES = ("bottom", "top", "sides")

_MASS: Array = np.array([[4, 2, 2, 1], [2, 4, 1, 2], [2, 1, 4, 2], [1, 2, 2, 4]]) / 36.0
"""Integrals of products of the four bilinear functions over a unit square; corners in the order of nodes."""


class WettedCondition(Protocol):
    """Heat flux from a wall into the fluid that wets it."""

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """Heat flux [W/m2] and its slope [W/(m2 K)] over the mean temperature of a part of the surface [K].

        Parts are cell faces, shape (ny, nx), or the rings of the pieces of channels, shape (pieces,).
        """
        ...


@dataclass(frozen=True)
class FixedCoefficient:
    """Convection with one coefficient, or one for each cell face, to a fluid at one temperature or one for each.

    Attributes
    ----------
    coefficient
        [W/(m2 K)].
    fluid_temperature
        [K].
    """

    coefficient: float | Array
    fluid_temperature: float | Array

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """Heat flux [W/m2] and its slope [W/(m2 K)]."""
        slope = np.broadcast_to(np.asarray(self.coefficient, dtype=float), wall_temperature.shape)
        return slope * (wall_temperature - self.fluid_temperature), slope


@dataclass(frozen=True)
class Face:
    """Rectangles of an outer face.

    Attributes
    ----------
    nodes
        Rows of the four corners, shape (rectangles, 4).
    area
        Shape (rectangles,) [m2].
    size
        Number of nodes of the mesh.
    """

    nodes: Index
    area: Array
    size: int

    def mass(self, coefficient: Array | float) -> Matrix:
        """Matrix of ``<h u, v>`` for ``h`` of each rectangle [W/(m2 K)], to [W/K]."""
        rows = np.repeat(self.nodes, 4, axis=1).ravel()
        columns = np.tile(self.nodes, (1, 4)).ravel()
        entries = self.entries(coefficient).ravel()
        return scipy.sparse.coo_matrix((entries, (rows, columns)), shape=(self.size, self.size)).tocsr()

    def entries(self, coefficient: Array | float) -> Array:
        """Entries of :meth:`mass` by rectangle, shape (rectangles, 4, 4) [W/K]."""
        return np.asarray(
            (np.broadcast_to(coefficient, self.area.shape) * self.area)[:, None, None] * _MASS, dtype=float
        )

    def load(self, flux: Array | float) -> Array:
        """Heat into the nodes from a flux uniform on each rectangle [W/m2], to [W]."""
        share = 0.25 * np.broadcast_to(flux, self.area.shape) * self.area
        weights: Array = np.repeat(share, 4)
        return np.bincount(self.nodes.ravel(), weights, minlength=self.size).astype(np.float64)

    def mean(self, nodal: Array) -> Array:
        """Mean over the corners of each rectangle."""
        return np.asarray(nodal[self.nodes].mean(axis=1))


class WettedSurface(Protocol):
    """Parts of a solid's surface through which a fluid takes heat."""

    @property
    def area(self) -> Array:
        """Of each part [m2]."""
        ...

    def mean(self, nodal: Array) -> Array:
        """Mean over each part."""
        ...

    def load(self, flux: Array) -> Array:
        """Heat into the nodes [W] from a flux [W/m2]."""
        ...


@dataclass(frozen=True)
class Surface:
    """Outer faces of a package with their conditions.

    Attributes
    ----------
    faces
        ``bottom``, ``top`` and ``sides``.
    film
        Heat transfer coefficient of each convecting face [W/(m2 K)].
    fluid
        Temperature of the fluid of each convecting face [K].
    held
        Temperature of held nodes, not a number where free, shape (nodes,) [K].
    held_nodes
        By face; at edges the later face has them.
    wetted_face
        Name of the face whose flux a :class:`WettedCondition` gives.
    channels
        Inside the solid, whose flux such a condition gives instead.
    """

    faces: dict[str, Face]
    film: dict[str, float]
    fluid: dict[str, float]
    held: Array
    held_nodes: dict[str, Index]
    wetted_face: str | None
    channels: EmbeddedChannels | None = None

    @property
    def wetted(self) -> tuple[str, WettedSurface] | None:
        """Name and parts of what a fluid wets."""
        if self.channels is not None:
            return "channels", self.channels
        return None if self.wetted_face is None else (self.wetted_face, self.faces[self.wetted_face])

    @property
    def free(self) -> NDArray[np.bool_]:
        """Whether each node's temperature is sought."""
        return np.isnan(self.held)

    @property
    def sink_temperatures(self) -> list[float]:
        """Of fluids and held faces [K]; empty where only a wetted face takes heat."""
        held = self.held[~self.free]
        return [*self.fluid.values(), *([float(held.mean())] if len(held) else [])]


def surface_of(
    mesh: LayeredMesh,
    boundary: BoundarySpec,
    wetted_face: str | None,
    channels: EmbeddedChannels | None = None,
) -> Surface:
    """Lay a package's conditions on the faces of its mesh; the wetted face has none of its own."""
    faces = faces_of(mesh)
    film: dict[str, float] = {}
    fluid: dict[str, float] = {}
    held, owner = np.full(mesh.unknowns, np.nan), np.full(mesh.unknowns, -1)
    for index, name in enumerate(FACES):
        condition = getattr(boundary, name)
        if name == wetted_face or not isinstance(condition, FaceSpec):
            continue
        if condition.h is None:
            held[faces[name].nodes] = condition.T
            owner[faces[name].nodes] = index
        elif condition.h > 0.0:
            film[name], fluid[name] = condition.h, condition.T
    nodes = {name: np.flatnonzero(owner == index) for index, name in enumerate(FACES)}
    held_nodes = {name: found for name, found in nodes.items() if len(found)}
    return Surface(faces, film, fluid, held, held_nodes, wetted_face, channels)


def faces_of(mesh: LayeredMesh) -> dict[str, Face]:
    """Return the bottom, the top and the four sides of a mesh; rectangles of bottom and top count along x first."""
    nodes = np.arange(mesh.unknowns).reshape(mesh.node_shape)
    dx, dy, dz = np.diff(mesh.x), np.diff(mesh.y), np.diff(mesh.z)
    sides = [
        (nodes[:, 0, :], np.outer(dz, dx)),
        (nodes[:, -1, :], np.outer(dz, dx)),
        (nodes[:, :, 0], np.outer(dz, dy)),
        (nodes[:, :, -1], np.outer(dz, dy)),
    ]
    return {
        "bottom": Face(_corners(nodes[0]), np.outer(dy, dx).ravel(), mesh.unknowns),
        "top": Face(_corners(nodes[-1]), np.outer(dy, dx).ravel(), mesh.unknowns),
        "sides": Face(
            np.concatenate([_corners(grid) for grid, _ in sides]),
            np.concatenate([area.ravel() for _, area in sides]),
            mesh.unknowns,
        ),
    }


def _corners(grid: Index) -> Index:
    return np.column_stack(
        [grid[:-1, :-1].ravel(), grid[:-1, 1:].ravel(), grid[1:, :-1].ravel(), grid[1:, 1:].ravel()]
    )
