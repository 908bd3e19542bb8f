"""What a module stands on while a trace is played: a loop that answers, or nothing but its own boundary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coupling.cosimulation import CoupledRack, RackState, SinkOfHeat
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
    latest_heat
        The last heat that was answered to, (segments,) [W].
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
        self.latest_heat: Array = np.zeros(self.segment_count)

    def wall(self) -> WettedCondition | None:
        """Return the condition on the wetted face, if there is one."""
        return None

    def segment_heat(self, field: FieldSolution) -> Array:
        """Heat to each segment (segments,) [W]."""
        return np.zeros(self.segment_count)

    def answer(self, heat: Array) -> None:
        """Take the mean heat of each segment since the last answer (segments,) [W]."""
        self.restore(heat)

    def restore(self, heat: Array) -> None:
        """Go to the answer to a heat, ``latest_heat`` of an earlier process (segments,) [W]."""
        self.latest_heat = heat


class LoopBench(Bench):
    """One module on its loop; the other modules hold their steady heat.

    The loop has no inertia of its own here, and its answer comes an interval late: where the saturation temperature
    rises by more for a watt than the wall needs to give that watt, ``g = sum(A dq/dT) / UA > 1``, heat and temperature
    would swing ever wider between intervals. It is therefore given the share ``1 / (1 + g)`` of a change at once, which
    leaves no swing, and the rest in the intervals after; no heat is lost by that.
    """

    def __init__(self, rack: CoupledRack, steady: RackState, module: int, sink_of_heat: SinkOfHeat) -> None:
        self.segment_count = rack.segments.count
        super().__init__(rack.field, steady.fields[module])
        segments = rack.segments
        self.zones = segments if wets_a_face(segments) else None
        self._rack, self._module, self._sink_of_heat = rack, module, sink_of_heat
        self._heat = steady.heat.copy()
        self.latest_heat = self._heat[module].copy()
        self._loop = steady.loop
        self._wall = rack.wall(self._loop, module)
        slope = self._wall.flux(self.start.wall_temperature)[1]
        gain = float(rack.segments.heat(slope).sum()) / steady.sink.effective_conductance()
        self._share = 1.0 / (1.0 + gain)

    def wall(self) -> WettedCondition:
        """Return the boiling condition at the loop's last answer."""
        return self._wall

    def segment_heat(self, field: FieldSolution) -> Array:
        """Heat to each segment (segments,) [W]."""
        return self._rack.segments.heat(field.wetted_flux)

    def answer(self, heat: Array) -> None:
        """Solve the loop for what it has got of the module's mean heat by now (segments,) [W]."""
        self.restore(self.latest_heat + self._share * (heat - self.latest_heat))

    def restore(self, heat: Array) -> None:
        """Solve the loop for a heat of the module (segments,) [W]."""
        self.latest_heat = heat
        self._heat[self._module] = heat
        total = float(self._heat.sum())
        self._loop = self._rack.loop.solve(self._heat, self._sink_of_heat(total), guess=self._loop)
        self._wall = self._rack.wall(self._loop, self._module)

    @property
    def saturation_temperature(self) -> float:  # type: ignore[override]
        """Highest of the module's segments [K]."""
        return float(self._loop.saturation_temperature[self._module].max())

    @property
    def mass_flow(self) -> float:  # type: ignore[override]
        """Through the condenser [kg/s]."""
        return self._loop.total_mass_flow
