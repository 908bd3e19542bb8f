"""Operators as sparse matrices that a finite-element library assembled, each rank its own rows."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from thermal.field.boundary import Face, Surface
from thermal.field.distributed_matrix import DistributedMatrix, Rows
from thermal.field.row_layout import RowLayout

Array = NDArray[np.float64]


class Assembly(Protocol):
    """Library's side: rows of this rank, all matrices of one pattern."""

    @property
    def layout(self) -> RowLayout:
        """Who holds which rows of the tensor grid."""
        ...

    def conduction(self, conductivity: Array) -> Rows:
        """Matrix of ``(k grad u, grad v)`` for conductivity (3, nz, ny, nx)."""
        ...

    def capacity(self, heat_capacity: Array) -> Rows:
        """Matrix of ``(rho c u, v)`` for heat capacity (nz, ny, nx)."""
        ...


class AssembledMatrices:
    """Matrices integrated once; films and tangents of faces are added to their entries in place."""

    def __init__(self, assembly: Assembly, surface: Surface, heat_capacity: Array) -> None:
        self._assembly = assembly
        self._surface = surface
        self._heat_capacity = heat_capacity
        self._capacity: DistributedMatrix | None = None
        self._places: dict[str, _Places] = {}

    def conduction(self, conductivity: Array) -> DistributedMatrix:
        """``(k grad u, grad v)`` [W/K]."""
        return DistributedMatrix(self._assembly.conduction(conductivity), self._assembly.layout)

    def capacity(self) -> DistributedMatrix:
        """``(rho c u, v)`` [J/K]; integrated when first asked for."""
        if self._capacity is None:
            rows = self._assembly.capacity(self._heat_capacity)
            self._capacity = DistributedMatrix(rows, self._assembly.layout)
        return self._capacity

    def fixed_part(self, conduction: DistributedMatrix, time_step: float | None) -> DistributedMatrix:
        """Conduction with films, and with capacity over the time step where there is one [W/K]."""
        data = conduction.rows.data.copy()
        for name, coefficient in self._surface.film.items():
            self._add(data, conduction, name, self._surface.faces[name].entries(coefficient))
        if time_step is not None:
            data += self.capacity().rows.data / time_step
        return conduction.with_entries(data)

    def tangent(self, fixed: DistributedMatrix, slope: Array | None) -> DistributedMatrix:
        """Fixed part with the slope of the wetted face's flux, held nodes struck out [W/K]."""
        name, data = self._surface.wetted_face, fixed.rows.data.copy()
        if slope is not None and name is not None:
            entries = np.repeat((slope * self._surface.faces[name].area / 16.0)[:, None], 16, axis=1)
            self._add(data, fixed, name, entries)
        free = self._surface.free
        if not free.all():
            # exact elimination: held nodes are corrected by nothing
            own, columns = np.repeat(fixed.layout.own, np.diff(fixed.rows.indptr)), fixed.rows.indices
            data = np.where((free[own] & free[columns]) | (own == columns), data, 0.0)
        return fixed.with_entries(data)

    def _add(self, data: Array, pattern: DistributedMatrix, name: str, entries: Array) -> None:
        if name not in self._places:
            self._places[name] = _Places(pattern, self._surface.faces[name])
        self._places[name].add(data, entries)


class _Places:
    """Where the entries of a face's rectangles lie among the entries of this rank's rows."""

    def __init__(self, pattern: DistributedMatrix, face: Face) -> None:
        layout, (count, size) = pattern.layout, pattern.rows.shape
        rows = layout.place[np.repeat(face.nodes, 4, axis=1).ravel()] - layout.begin
        self._own = np.flatnonzero((rows >= 0) & (rows < count))
        rows, columns = rows[self._own], np.tile(face.nodes, (1, 4)).ravel()[self._own]
        wanted = np.unique(rows)
        begin, end = pattern.rows.indptr[wanted], pattern.rows.indptr[wanted + 1]
        entry = np.repeat(begin - np.concatenate([[0], np.cumsum(end - begin)[:-1]]), end - begin)
        entry = entry + np.arange(len(entry))
        keys = np.repeat(wanted, end - begin) * size + pattern.rows.indices[entry]
        found = entry[np.searchsorted(keys, rows * size + columns)]
        self._place, self._inverse = np.unique(found, return_inverse=True)

    def add(self, data: Array, entries: Array) -> None:
        """Add the 4 by 4 entries of each rectangle to the entries of the rows."""
        weights = entries.ravel()[self._own]
        data[self._place] += np.bincount(self._inverse, weights=weights, minlength=len(self._place))
