"""What the heat equation asks of its discrete operators, whoever integrates them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Operator(Protocol):
    """Symmetric linear map of nodal values, flat arrays."""

    def __matmul__(self, nodal: Array) -> Array:
        """Apply."""
        ...

    def diagonal(self) -> Array:
        """Diagonal entries."""
        ...


class Discretisation(Protocol):
    """Maker of operators on one mesh with one surface; it takes back only operators that it made itself."""

    def conduction(self, conductivity: Array) -> Operator:
        """``(k grad u, grad v)`` [W/K] for conductivity (3, nz, ny, nx) along x, y, z."""
        ...

    def capacity(self) -> Operator:
        """``(rho c u, v)`` [J/K]."""
        ...

    def fixed_part(self, conduction: Any, time_step: float | None) -> Operator:
        """Conduction with the films of convecting faces, and with capacity over the time step where there is one."""
        ...

    def tangent(self, fixed: Any, slope: Array | None) -> Operator:
        """Fixed part with the slope of the wetted face's flux by rectangle [W/(m2 K)], held nodes struck out."""
        ...
