"""Heat of whole segments of a wetted face over the mean rise of their walls, from the boiling curve of each face."""

from __future__ import annotations

from typing import Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from thermal.field.boundary import WettedCondition
from thermal.field.conduction import FieldSolution

Array = NDArray[np.float64]

_NODES = 9
_MARGIN = (0.1, 0.25)
"""Beyond the rises met so far, that the table covers: in kelvin, and as a share of what they span."""


class WettedZones(Protocol):
    """Segments of the wetted face.

    Attributes
    ----------
    segment
        Of each cell face, -1 where dry, shape (ny, nx).
    count
        Number of segments.
    """

    @property
    def segment(self) -> NDArray[np.int64]: ...  # noqa: D102 - an attribute, described above

    @property
    def count(self) -> int: ...  # noqa: D102

    def heat(self, flux: Array) -> Array:
        """Sum a heat flux [W/m2] of each cell face over each segment [W]."""
        ...


def wets_a_face(zones: object) -> TypeGuard[WettedZones]:
    """Whether the fluid wets an outer face in segments, not channels inside."""
    return hasattr(zones, "segment") and hasattr(zones, "heat")


class SegmentLaw:
    """Law of the ports of a :class:`thermal.field.reduced_package.ReducedPackage` at a state of the fluid.

    Heat beyond the steady one ``Q(rise) = sum A (q(T_s + rise) - q_s)`` of each segment, from a table of values and
    slopes between which it is cubic (Hermite); the table grows to the rises that are asked for.
    """

    def __init__(
        self, start: FieldSolution, zones: WettedZones, wetted: WettedCondition, rise: Array
    ) -> None:
        self._start, self._zones, self._wetted = start, zones, wetted
        self._area = zones.heat(np.ones_like(start.wall_temperature))
        self._cover(float(rise.min()), float(rise.max()))

    def flux(self, rise: Array) -> tuple[Array, Array]:
        """Flux beyond the steady one [W/m2] and its slope [W/(m2 K)], means over segments, shape (..., segments)."""
        low, high = float(rise.min()), float(rise.max())
        if low < self._first or high > self._first + self._step * (_NODES - 1):
            self._cover(min(low, self._first), max(high, self._first + self._step * (_NODES - 1)))
        place = (rise - self._first) / self._step
        row = np.clip(place.astype(np.int64), 0, _NODES - 2)
        t, column = place - row, np.arange(rise.shape[-1])
        below, above = self._heat[row, column], self._heat[row + 1, column]
        slope_below, slope_above = (
            self._slope[row, column] * self._step,
            self._slope[row + 1, column] * self._step,
        )
        bend = 3.0 * (above - below) - 2.0 * slope_below - slope_above
        twist = 2.0 * (below - above) + slope_below + slope_above
        heat = ((twist * t + bend) * t + slope_below) * t + below
        slope = ((3.0 * twist * t + 2.0 * bend) * t + slope_below) / self._step
        return heat / self._area, slope / self._area

    def _cover(self, low: float, high: float) -> None:
        margin = _MARGIN[0] + _MARGIN[1] * (high - low)
        self._first, self._step = low - margin, (high - low + 2.0 * margin) / (_NODES - 1)
        start = self._start
        heat, slope = [], []
        for rise in self._first + self._step * np.arange(_NODES):
            flux, steepness = self._wetted.flux(start.wall_temperature + rise)
            heat.append(self._zones.heat(flux - start.wetted_flux))
            slope.append(self._zones.heat(steepness))
        self._heat, self._slope = np.array(heat), np.array(slope)
