"""Conductivity and heat capacity of every cell, as numbers or as a power law of the cell's temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.layered_mesh import LayeredMesh
from meshes.materials import ConductivityLaw

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CellProperties:
    """Properties of the cells of a mesh.

    Attributes
    ----------
    reference
        Conductivity along x, y, z at the reference temperature, shape (3, nz, ny, nx) [W/(m K)].
    reference_temperature
        Shape (nz, ny, nx) [K].
    exponent
        Of temperature, zero where conductivity is constant, shape (nz, ny, nx) [-].
    heat_capacity
        Per volume, shape (nz, ny, nx) [J/(m3 K)].
    """

    reference: Array
    reference_temperature: Array
    exponent: Array
    heat_capacity: Array

    @property
    def linear(self) -> bool:
        """Whether no conductivity depends on temperature."""
        return not self.exponent.any()

    def conductivity(self, nodal_temperature: Array) -> Array:
        """Conductivity at the mean temperature of each cell's corners, shape (3, nz, ny, nx) [W/(m K)].

        One value a cell keeps the second order of the element: the mean is exact to ``h**2`` at the cell's centre.
        What an iterate may pass through below a tenth of the reference temperature counts as that tenth.
        """
        if self.linear:
            return self.reference
        ratio = np.maximum(_cell_mean(nodal_temperature) / self.reference_temperature, 0.1)
        return np.asarray(self.reference * ratio**self.exponent)

    def mean_temperature(self, nodal_temperature: Array) -> float:
        """Mean over the cells whose conductivity depends on temperature [K]; zero where there are none."""
        own = _cell_mean(nodal_temperature)[self.exponent != 0.0]
        return float(own.mean()) if own.size else 0.0


def _cell_mean(nodal: Array) -> Array:
    mean = 0.5 * (nodal[1:] + nodal[:-1])
    mean = 0.5 * (mean[:, 1:] + mean[:, :-1])
    return np.asarray(0.5 * (mean[:, :, 1:] + mean[:, :, :-1]))


def cell_properties(mesh: LayeredMesh) -> CellProperties:
    """Look up the solids of a mesh cell by cell."""
    laws = [solid.conductivity for solid in mesh.materials]
    principal = np.array([solid.principal for solid in mesh.materials])
    temperature = np.array([law.temperature if isinstance(law, ConductivityLaw) else 300.0 for law in laws])
    exponent = np.array([law.exponent if isinstance(law, ConductivityLaw) else 0.0 for law in laws])
    capacity = np.array([solid.volumetric_heat_capacity for solid in mesh.materials])
    return CellProperties(
        reference=np.ascontiguousarray(np.moveaxis(principal[mesh.material], -1, 0)),
        reference_temperature=temperature[mesh.material],
        exponent=exponent[mesh.material],
        heat_capacity=capacity[mesh.material],
    )
