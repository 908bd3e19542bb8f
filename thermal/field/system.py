"""The discrete heat equation of a package: residual, tangent, and heat through each face.

At the nodes ``R(T) = K(T) T + sum_faces <q_face(T), v> + C (T - T_before) / dt - S p``; the sum of ``R`` over all nodes
is the heat balance, because the rows of ``K`` add to nothing. Held nodes take no part in the solve: their ``R`` is the
heat that keeps them held.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh
from meshes.package import BoundarySpec, FaceSpec
from thermal.field.boundary import FACES, Face, WettedCondition, faces_of
from thermal.field.materials import CellProperties, cell_properties

Array = NDArray[np.float64]
Matrix: TypeAlias = scipy.sparse.csr_matrix


class Assembly(Protocol):
    """Who integrates the forms: finite elements of a library, or the tensor grid's own."""

    def conduction(self, conductivity: Array) -> Matrix:
        """Matrix of ``(k grad u, grad v)`` for conductivity (3, nz, ny, nx)."""
        ...

    def capacity(self, heat_capacity: Array) -> Matrix:
        """Matrix of ``(rho c u, v)`` for heat capacity (nz, ny, nx)."""
        ...


class HeatSystem:
    """Matrices of a package, assembled once, and what changes added to them."""

    def __init__(
        self, mesh: LayeredMesh, boundary: BoundarySpec, wetted_face: str | None, assembly: Assembly
    ) -> None:
        self.mesh = mesh
        self.properties: CellProperties = cell_properties(mesh)
        self.wetted_face = wetted_face
        self._assembly = assembly
        self.faces = faces_of(mesh)
        conditions = {name: getattr(boundary, name) for name in FACES if name != wetted_face}
        self._convecting = {
            name: face
            for name, face in conditions.items()
            if isinstance(face, FaceSpec) and face.h is not None and face.h > 0.0
        }
        self.held, self.held_faces = self._held_nodes(
            {
                name: face.T
                for name, face in conditions.items()
                if isinstance(face, FaceSpec) and face.h is None
            }
        )
        self.free = ~np.isfinite(self.held)
        self._convection = {
            name: self.faces[name].mass(float(face.h or 0.0)) for name, face in self._convecting.items()
        }
        self._fluid = {name: face.T for name, face in self._convecting.items()}
        self._conduction = assembly.conduction(self.properties.reference)
        self._capacity: Matrix | None = None
        self._scatter = {name: _Positions(self._conduction, self.faces[name]) for name in FACES}

    @property
    def sink_temperatures(self) -> list[float]:
        """Of fluids and held faces [K]; empty where only a wetted face takes heat."""
        held = self.held[~self.free]
        return [*self._fluid.values(), *([float(held.mean())] if len(held) else [])]

    @property
    def capacity(self) -> Matrix:
        """Capacity matrix [J/K]; integrated when first asked for."""
        if self._capacity is None:
            self._capacity = self._assembly.capacity(self.properties.heat_capacity)
        return self._capacity

    def conduction(self, temperature: Array) -> Matrix:
        """Conduction matrix at a temperature [W/K]."""
        if self.properties.linear:
            return self._conduction
        shape = self.mesh.node_shape
        return self._assembly.conduction(self.properties.conductivity(temperature.reshape(shape)))

    def fixed_part(self, conduction: Matrix, time_step: float | None) -> Matrix:
        """Add to a conduction matrix convection, and capacity over the time step where there is one [W/K]."""
        data = conduction.data.copy()
        for name in self._convecting:
            self._scatter[name].add(data, self._convection_entries(name))
        if time_step is not None:
            data += _aligned(self.capacity, conduction) / time_step
        return _with_data(conduction, data)

    def tangent(self, fixed: Matrix, slope: Array | None) -> Matrix:
        """Add the slope of a wetted face's flux, by rectangle [W/(m2 K)], and strike out held nodes."""
        data = fixed.data.copy()
        if slope is not None and self.wetted_face is not None:
            face = self.faces[self.wetted_face]
            entries = np.repeat((slope * face.area / 16.0)[:, None], 16, axis=1)
            self._scatter[self.wetted_face].add(data, entries)
        matrix = _with_data(fixed, data)
        return matrix if self.free.all() else self._strike_out(matrix)

    def convected(self, temperature: Array) -> dict[str, Array]:
        """Heat that each convecting face takes from the nodes [W]."""
        return {name: matrix @ (temperature - self._fluid[name]) for name, matrix in self._convection.items()}

    def wetted(self, temperature: Array, condition: WettedCondition) -> tuple[Array, Array, Array]:
        """Wall temperature [K], flux [W/m2] and slope [W/(m2 K)] of the rectangles of the wetted face."""
        if self.wetted_face is None:
            raise InputError("a wetted condition needs a package with a wetted face")
        wall = self.faces[self.wetted_face].mean(temperature)
        shape = (len(self.mesh.y) - 1, len(self.mesh.x) - 1)
        flux, slope = condition.flux(wall.reshape(shape))
        return wall, np.asarray(flux, dtype=float).ravel(), np.asarray(slope, dtype=float).ravel()

    def wetted_load(self, flux: Array) -> Array:
        """Heat that the wetted face takes from the nodes [W]."""
        return np.zeros(self.mesh.unknowns) if self.wetted_face is None else self.faces[self.wetted_face].load(flux)

    def _convection_entries(self, name: str) -> Array:
        return self.faces[name].entries(float(self._convecting[name].h or 0.0))

    def _held_nodes(self, held: dict[str, float]) -> tuple[Array, dict[str, NDArray[np.int64]]]:
        """Temperature of held nodes [K], not a number where free, and their faces; at edges the later face wins."""
        values, owner = np.full(self.mesh.unknowns, np.nan), np.full(self.mesh.unknowns, -1)
        for index, (name, temperature) in enumerate(held.items()):
            values[self.faces[name].nodes] = temperature
            owner[self.faces[name].nodes] = index
        return values, {name: np.flatnonzero(owner == index) for index, name in enumerate(held)}

    def _strike_out(self, matrix: Matrix) -> Matrix:
        """Replace rows and columns of held nodes by their diagonal: an exact elimination of zero corrections."""
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        keep = (self.free[rows] & self.free[matrix.indices]) | (rows == matrix.indices)
        return _with_data(matrix, np.where(keep, matrix.data, 0.0))


class _Positions:
    """Where the entries of a face's rectangles lie among the entries of a matrix."""

    def __init__(self, pattern: Matrix, face: Face) -> None:
        rows = np.repeat(face.nodes, 4, axis=1).ravel()
        columns = np.tile(face.nodes, (1, 4)).ravel()
        own = np.unique(face.nodes)
        begin, end = pattern.indptr[own], pattern.indptr[own + 1]
        entry = np.repeat(begin - np.concatenate([[0], np.cumsum(end - begin)[:-1]]), end - begin)
        entry = entry + np.arange(len(entry))
        size = pattern.shape[0]
        keys = np.repeat(own, end - begin) * size + pattern.indices[entry]
        place, inverse = np.unique(entry[np.searchsorted(keys, rows * size + columns)], return_inverse=True)
        self._place, self._inverse = place, inverse

    def add(self, data: Array, entries: Array) -> None:
        """Add the 4 by 4 entries of each rectangle to the entries of a matrix."""
        data[self._place] += np.bincount(self._inverse, weights=entries.ravel(), minlength=len(self._place))


def _with_data(pattern: Matrix, data: Array) -> Matrix:
    matrix = Matrix((data, pattern.indices, pattern.indptr), shape=pattern.shape)
    matrix.has_sorted_indices = True
    return matrix


def _aligned(matrix: Matrix, pattern: Matrix) -> Array:
    """Entries of a matrix, which must have the pattern of the other."""
    if matrix.nnz != pattern.nnz:
        raise ValueError("matrices of one mesh must share one pattern")
    return np.asarray(matrix.data)
