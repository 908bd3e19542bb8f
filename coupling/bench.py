"""What a module stands on while a trace is played: a loop that answers, or nothing but its own boundary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coupling.rack_loop import RackLoop
from thermal.field.boundary import WettedCondition
from thermal.field.conduction import FieldSolution, PackageField
from thermal.field.reduced_law import WettedZones, wets_a_face

Array = NDArray[np.float64]


class Bench:
    """A package with a fixed boundary: there is no loop to answer.

    Attributes
    ----------
    field
        The package.
    start
        Steady field before the first step.
    zones
        Segments of the wetted face; none here, or where the fluid runs inside the package.
    segment_count
        Of the evaporator; none here.
    saturation_temperature, mass_flow
        Of the loop; NaN without one [K], [kg/s].
    """

    segment_count = 0
    saturation_temperature = float("nan")
    mass_flow = float("nan")

    def __init__(self, field: PackageField, start: FieldSolution) -> None:
        self.field = field
        self.start = start
        self.zones: WettedZones | None = None

    def wall(self) -> WettedCondition | None:
        """Return the condition on the wetted face, if there is one."""
        return None

    def segment_heat(self, field: FieldSolution) -> Array:
        """Heat to each segment (segments,) [W]."""
        return np.zeros(self.segment_count)


class LoopBench(Bench):
    """The representative of one group of modules on the loop of the rack."""

    def __init__(self, loop: RackLoop, group: int) -> None:
        segments = loop.rack.segments
        self.segment_count = segments.count
        self._loop, self._group = loop, group
        self._module = loop.groups[group].representative
        super().__init__(loop.rack.field, loop.steady.fields[self._module])
        self.zones = segments if wets_a_face(segments) else None

    def wall(self) -> WettedCondition:
        """Return the boiling condition at the loop's last answer."""
        return self._loop.walls[self._group]

    def segment_heat(self, field: FieldSolution) -> Array:
        """Heat to each segment (segments,) [W]."""
        return self._loop.rack.segments.heat(field.wetted_flux)

    @property
    def saturation_temperature(self) -> float:  # type: ignore[override]
        """Highest of the module's segments [K]."""
        return float(self._loop.state.saturation_temperature[self._module].max())

    @property
    def mass_flow(self) -> float:  # type: ignore[override]
        """Through the condenser [kg/s]."""
        return self._loop.state.total_mass_flow
