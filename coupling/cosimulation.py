"""Chip, loop and coolant in one steady state.

Unknown is the heat of every evaporator segment, ``Q[module, segment]``. The loop turns it into fluid states (saturation
temperature, liquid temperature, quality, mass flux), these make the boiling condition of the wetted faces, and the
temperature fields of the modules give the heat back. The fixed point is accelerated (Anderson). What a module gives is
its power less what its other faces lose, so the iteration only moves heat between segments and contracts fast.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermal.fixed_point import fixed_point
from thermal.loop.sink import HeatSink

if TYPE_CHECKING:
    from coupling.channel_wall import ChannelMap
    from coupling.power.feedback import PowerFeedback
    from coupling.wetted_wall import SegmentMap
    from thermal.field.boundary import WettedCondition
    from thermal.field.conduction import FieldSolution, PackageField
    from thermal.loop.model import LoopModel
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]
SinkOfHeat = Callable[[float], HeatSink]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RackState:
    """Steady state of the modules on one loop.

    Attributes
    ----------
    loop
        Flow, pressures, temperatures.
    fields
        Temperature field of each module.
    block_power
        Power of each module's blocks, shape (modules, blocks) [W].
    heat
        From the field of each module to each segment of its evaporator, shape (modules, segments) [W].
    sink
        Coolant of the condenser.
    chip_to_loop_rel
        Heat that the fields give less heat that the loop was solved with, sum over all segments of the
        differences' sizes, over the heat [-].
    loop_to_ambient_rel
        Heat that enters the loop less heat that leaves it to the coolant, over the heat [-].
    iterations
        Of the fixed point.
    """

    loop: LoopState
    fields: tuple[FieldSolution, ...]
    block_power: Array
    heat: Array
    sink: HeatSink
    chip_to_loop_rel: float
    loop_to_ambient_rel: float
    iterations: int


class CoupledRack:
    """Modules with one kind of package on one loop."""

    def __init__(self, field: PackageField, loop: LoopModel, segments: SegmentMap | ChannelMap) -> None:
        self.field = field
        self.loop = loop
        self.segments = segments

    def wall(self, state: LoopState, module: int) -> WettedCondition:
        """Boiling condition on what the fluid wets of one module at the loop's state."""
        return self.segments.wall(self.loop, state, module)

    def solve(
        self,
        block_power: Array,
        sink_of_heat: SinkOfHeat,
        *,
        tolerance: float,
        iterations: int,
        feedback: Sequence[PowerFeedback] = (),
        start: Mapping[str, Array] | None = None,
        near: LoopState | None = None,
        announce: Callable[[int, float], None] = lambda done, residual: None,
    ) -> RackState:
        """Find the steady state.

        Parameters
        ----------
        block_power
            Shape (modules, blocks) [W].
        sink_of_heat
            Coolant stream when the condenser carries that heat [W].
        tolerance
            On the relative heat residual between fields and loop [-].
        feedback
            What temperature does to the power of each module; none: nothing.
        start
            ``heat`` (modules, segments) [W] and ``temperatures`` (modules, nz + 1, ny + 1, nx + 1) [K] nearby.
        near
            State of the loop nearby.
        announce
            Called with the count and the relative residual of each iteration.

        Raises
        ------
        NotConverged
            If the fixed point is not reached in ``iterations``, or the loop has no solution there.
        """
        modules = block_power.shape[0]
        temperatures: list[Array | None] = [None] * modules if start is None else list(start["temperatures"])
        fields: list[FieldSolution] = []
        latest: list[LoopState] = []
        drawn: list[Array] = []
        count = 0

        def update(heat: Array) -> Array:
            nonlocal count, fields
            guess = latest[-1] if latest else near
            loop = self.loop.solve(heat, sink_of_heat(float(heat.sum())), guess=guess)
            latest[:] = [loop]
            drawn[:] = [
                block_power[module] + feedback[module].leakage.excess(fields[module].block_mean)
                if feedback and fields
                else block_power[module]
                for module in range(modules)
            ]
            fields = [
                self.field.steady(drawn[module], wetted=self.wall(loop, module), guess=temperatures[module])
                for module in range(modules)
            ]
            temperatures[:] = [field.temperature for field in fields]
            given = np.array([self.segments.heat(field.wetted_flux) for field in fields])
            count += 1
            residual = float(np.abs(given - heat).sum() / given.sum())
            log.info("coupling %d: heat residual %.3g of %.6g W", count, residual, given.sum())
            announce(count, residual)
            return given

        first = self.even_heat(block_power) if start is None else start["heat"]
        found = fixed_point(update, first, tolerance=tolerance, iterations=iterations)
        loop, total = latest[-1], float(found.value.sum())
        return RackState(
            loop=loop,
            fields=tuple(fields),
            block_power=np.array(drawn),
            heat=found.image,
            sink=sink_of_heat(total),
            chip_to_loop_rel=found.residual,
            loop_to_ambient_rel=abs(loop.condenser_heat - total) / total,
            iterations=found.iterations,
        )

    def even_heat(self, block_power: Array) -> Array:
        """Heat of the segments if each took its share of the module by wetted area [W], (modules, segments)."""
        area = self.segments.heat(np.ones_like(self.segments.area))
        return np.outer(block_power.sum(axis=1), area / area.sum())
