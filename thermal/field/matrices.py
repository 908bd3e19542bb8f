"""Operators as sparse matrices that a finite-element library assembled."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from thermal.field.boundary import Face, Surface

Array = NDArray[np.float64]
Matrix: TypeAlias = scipy.sparse.csr_matrix


class Assembly(Protocol):
    """Library's side: matrices of one pattern, rows in the order of the tensor grid."""

    def conduction(self, conductivity: Array) -> Matrix:
        """Matrix of ``(k grad u, grad v)`` for conductivity (3, nz, ny, nx)."""
        ...

    def capacity(self, heat_capacity: Array) -> Matrix:
        """Matrix of ``(rho c u, v)`` for heat capacity (nz, ny, nx)."""
        ...


class AssembledMatrices:
    """Matrices integrated once; films and tangents of faces are added to their entries in place."""

    def __init__(self, assembly: Assembly, surface: Surface, heat_capacity: Array) -> None:
        self._assembly = assembly
        self._surface = surface
        self._heat_capacity = heat_capacity
        self._capacity: Matrix | None = None
        self._places: dict[str, _Places] = {}

    def conduction(self, conductivity: Array) -> Matrix:
        """``(k grad u, grad v)`` [W/K]."""
        return self._assembly.conduction(conductivity)

    def capacity(self) -> Matrix:
        """``(rho c u, v)`` [J/K]; integrated when first asked for."""
        if self._capacity is None:
            self._capacity = self._assembly.capacity(self._heat_capacity)
        return self._capacity

    def fixed_part(self, conduction: Matrix, time_step: float | None) -> Matrix:
        """Conduction with films, and with capacity over the time step where there is one [W/K]."""
        data = conduction.data.copy()
        for name, coefficient in self._surface.film.items():
            self._add(data, conduction, name, self._surface.faces[name].entries(coefficient))
        if time_step is not None:
            data += self.capacity().data / time_step
        return _with_data(conduction, data)

    def tangent(self, fixed: Matrix, slope: Array | None) -> Matrix:
        """Fixed part with the slope of the wetted face's flux, held nodes struck out [W/K]."""
        name, data = self._surface.wetted_face, fixed.data.copy()
        if slope is not None and name is not None:
            entries = np.repeat((slope * self._surface.faces[name].area / 16.0)[:, None], 16, axis=1)
            self._add(data, fixed, name, entries)
        free = self._surface.free
        if not free.all():
            # exact elimination: held nodes are corrected by nothing
            rows = np.repeat(np.arange(len(free)), np.diff(fixed.indptr))
            keep = (free[rows] & free[fixed.indices]) | (rows == fixed.indices)
            data = np.where(keep, data, 0.0)
        return _with_data(fixed, data)

    def _add(self, data: Array, pattern: Matrix, name: str, entries: Array) -> None:
        if name not in self._places:
            self._places[name] = _Places(pattern, self._surface.faces[name])
        self._places[name].add(data, entries)


class _Places:
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
        found = entry[np.searchsorted(keys, rows * size + columns)]
        self._place, self._inverse = np.unique(found, return_inverse=True)

    def add(self, data: Array, entries: Array) -> None:
        """Add the 4 by 4 entries of each rectangle to the entries of a matrix."""
        data[self._place] += np.bincount(self._inverse, weights=entries.ravel(), minlength=len(self._place))


def _with_data(pattern: Matrix, data: Array) -> Matrix:
    matrix = Matrix((data, pattern.indices, pattern.indptr), shape=pattern.shape)
    matrix.has_sorted_indices = True
    return matrix
