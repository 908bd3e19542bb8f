"""Operators as stencils of the tensor grid, without a mesh library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.layered_mesh import LayeredMesh
from thermal.field.boundary import Surface
from thermal.field.channel_stencils import ChannelStencil
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]

SIDES = {"bottom": ("bottom",), "top": ("top",), "sides": ("south", "north", "west", "east")}
"""Sides of the box that each outer face of a package is made of."""


@dataclass(frozen=True)
class Stencil:
    """A tensor-grid operator on flat nodal values."""

    operator: TensorOperator

    def __matmul__(self, nodal: Array) -> Array:
        """Apply."""
        return self.operator.apply(nodal)

    def diagonal(self) -> Array:
        """Diagonal entries."""
        return self.operator.diagonal.ravel()

    def apply(self, nodes: Array, result: Array) -> None:
        """Write the product with node values to ``result``, both with margins."""
        self.operator.apply_padded(nodes, result)

    @property
    def near(self) -> TensorOperator:
        """Stencil to precondition by: its own."""
        return self.operator


class TensorStencils:
    """Maker of stencils on one mesh with one surface."""

    def __init__(self, mesh: LayeredMesh, surface: Surface, heat_capacity: Array) -> None:
        self._grid = TensorGrid(mesh.x, mesh.y, mesh.z)
        self._surface = surface
        self._heat_capacity = heat_capacity
        self._capacity: Stencil | None = None

    def conduction(self, conductivity: Array) -> Stencil:
        """``(k grad u, grad v)`` [W/K]."""
        return Stencil(TensorOperator(self._grid, conductivity))

    def capacity(self) -> Stencil:
        """``(rho c u, v)`` [J/K]; integrated when first asked for."""
        if self._capacity is None:
            self._capacity = Stencil(TensorOperator(self._grid, storage=self._heat_capacity))
        return self._capacity

    def fixed_part(self, conduction: Stencil, time_step: float | None) -> Stencil:
        """Conduction with films, and with capacity over the time step where there is one [W/K]."""
        film = {
            side: np.full(self._grid.face_shape(side), coefficient)
            for name, coefficient in self._surface.film.items()
            for side in SIDES[name]
        }
        if time_step is None:
            return Stencil(conduction.operator.with_film(film))
        storage = self._heat_capacity / time_step
        return Stencil(TensorOperator(self._grid, conduction.operator.conductivity, storage, film))

    def tangent(self, fixed: Stencil, slope: Array | None) -> Stencil | ChannelStencil:
        """Fixed part with the slope of the wetted surface's flux, held nodes struck out [W/K]."""
        name, operator, channels = self._surface.wetted_face, fixed.operator, self._surface.channels
        if slope is not None and channels is not None:
            return ChannelStencil(operator, channels, slope * channels.area, self._surface.free)
        if slope is not None and name is not None:
            operator = operator.with_tangent({name: slope.reshape(self._grid.face_shape(name))})
        if not self._surface.free.all():
            operator = operator.with_fixed(~self._surface.free)
        return Stencil(operator)
