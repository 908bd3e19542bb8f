"""Ports of a reduced model: zones of a wetted face whose heat flux is a law of their mean wall temperature.

In the matrix stands a nominal film ``h`` on the zone; the law ``q(T)`` enters as the heat by which it differs,
``s = -A (q(T_p) - h (T_p - T_ref))`` [W], spread evenly over the zone, ``T_p`` its mean wall temperature. Within a zone
the flux is thus ``q(T_p) + h (T - T_p)``: exact where the slope of the law is ``h``, else of first order in what the
temperature varies within the zone; smaller zones, or a nominal film near the law's slope, make it smaller.
The law is taken at the end of each step (implicit), the load being constant within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from meshes.errors import MeshError
from thermal.errors import NotConverged
from thermal.field.tensor_grid import TensorGrid, face_layer

Array = NDArray[np.float64]

_TOLERANCE = 1e-7
"""Of port temperatures in the implicit step [K]."""
_KEPT = 4
"""Iterations of a step with the tangent of the step before; then it is made anew in each."""
_LEAST_SLOPE = 1e-3
"""Over the nominal film: what a law that is flat (below the onset of boiling) counts for in the tangent."""
_LARGEST_MOVE = 30.0
"""Of a port in one iteration [K]: keeps Newton's method from overshooting steep laws."""
_MAXIMUM = 60


class PortLaw(Protocol):
    """What a fluid does at the ports."""

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """Heat flux into the fluid [W/m2] and its slope [W/(m2 K)] by port, from wall temperatures [K]."""


@dataclass(frozen=True)
class FilmLaw:
    """Fluid of given temperature [K] behind a film of given coefficient [W/(m2 K)], by port or the same for all."""

    coefficient: Array | float
    fluid_temperature: Array | float

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """``h (T_wall - T_fluid)`` and ``h``."""
        slope = np.broadcast_to(np.asarray(self.coefficient, dtype=float), wall_temperature.shape)
        return slope * (wall_temperature - self.fluid_temperature), slope


@dataclass(frozen=True)
class Ports:
    """Zones and their nominal films.

    Attributes
    ----------
    loads
        Nodal heat per watt spread over each zone, shape (n, ports); its transpose gives mean wall temperatures.
    area
        Shape (ports,) [m2].
    coefficient
        Nominal film that the conduction matrix holds, shape (ports,) [W/(m2 K)].
    """

    loads: Array
    area: Array
    coefficient: Array


def zones_of_face(
    grid: TensorGrid, face: str, zone: NDArray[np.int64], coefficient: float
) -> tuple[Ports, Array]:
    """Ports of a face, and the tangent that puts their nominal films into a :class:`TensorPencil`.

    Parameters
    ----------
    grid
        Lines of the box.
    face
        Which side is wetted.
    zone
        Number of the port that each cell face belongs to, -1 where dry, of ``grid.face_shape(face)``.
    coefficient
        Nominal film [W/(m2 K)]; best near the slope of the law to come.

    Raises
    ------
    MeshError
        If a zone has no cell.
    """
    area = grid.face_area(face)
    count = int(zone.max()) + 1
    zone_area = np.bincount(zone[zone >= 0], weights=area[zone >= 0], minlength=count)
    if count == 0 or np.any(zone_area == 0.0):
        raise MeshError(f"ports on the {face} face: every zone from 0 to the last needs a cell")
    shares = np.stack([np.where(zone == n, area / zone_area[n], 0.0) for n in range(count)])
    return (
        Ports(face_loads(grid, face, shares), zone_area.astype(float), np.full(count, coefficient)),
        np.where(zone >= 0, coefficient, 0.0),
    )


def face_loads(grid: TensorGrid, face: str, shares: Array) -> Array:
    """Nodal loads of heat on cell faces, a quarter to each corner: (zones, rows, columns) to (n, zones)."""
    return _corner_loads(grid, face_layer(face), shares)


def plane_loads(grid: TensorGrid, level: int, shares: Array) -> Array:
    """Nodal loads of heat on the cell faces of node plane ``level`` along z: (zones, ny, nx) to (n, zones)."""
    return _corner_loads(grid, (level, slice(None), slice(None)), shares)


def _corner_loads(grid: TensorGrid, layer: tuple[int | slice, ...], shares: Array) -> Array:
    loads = np.zeros((len(shares), *grid.node_shape))
    plane = loads[(slice(None), *layer)]
    rows, columns = shares.shape[1:]
    for y in (0, 1):
        for x in (0, 1):
            plane[:, y : y + rows, x : x + columns] += 0.25 * shares
    return np.ascontiguousarray(loads.reshape(len(shares), -1).T)


class ImplicitPorts:
    """The equations of the ports in one step: ``T = free + response s(T)``.

    Parameters
    ----------
    response
        Port temperatures at the end of a step per watt at the ports during it, shape (ports, ports) [K/W].
    ports
        Areas and nominal films.
    reference
        Temperature above which the model counts [K].
    """

    def __init__(self, response: Array, area: Array, coefficient: Array, reference: float) -> None:
        self._response, self._area, self._coefficient = response, area, coefficient
        self._reference = reference
        self._inverse: Array | None = None

    def solve(self, law: PortLaw, free: Array, guess: Array) -> tuple[Array, Array]:
        """Excess loads ``s`` [W] and wall temperatures [K] from those without excess, by Newton's method.

        The tangent is kept from step to step until it converges slowly.

        Raises
        ------
        NotConverged
            After 60 iterations.
        """
        wall = guess
        for iteration in range(_MAXIMUM):
            flux, slope = law.flux(wall)
            load = self._area * (self._coefficient * (wall - self._reference) - flux)
            change = free + self._response @ load - wall
            if np.abs(change).max() < _TOLERANCE:
                return load, wall + change
            if self._inverse is None or iteration >= _KEPT:
                slope = np.maximum(slope, _LEAST_SLOPE * self._coefficient)
                tangent = self._response * (self._area * (self._coefficient - slope))
                self._inverse = np.linalg.inv(np.eye(len(wall)) - tangent)
            wall = wall + np.clip(self._inverse @ change, -_LARGEST_MOVE, _LARGEST_MOVE)
        worst = float(np.abs(change).max())
        raise NotConverged(f"ports of the reduced model: {worst:.2e} K left after {_MAXIMUM} iterations")
