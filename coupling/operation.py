"""A rack at other condensing temperatures and heats than those it was designed for.

At a given heat pattern the loop and the chips see the outdoors only through the condensing temperature. Which one an
outdoor state and a fan speed lead to is the condenser's own equation, solved hour by hour by the table that is made of
the states here.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from coupling.cosimulation import CoupledRack, RackState
from coupling.plant.response import RackPoint, Solve
from meshes.errors import VascoolError
from thermal.loop.state import LoopState

Array = NDArray[np.float64]

log = logging.getLogger(__name__)


def rack_solver(rack: CoupledRack, design: RackState, *, parts: bool = True) -> Solve:
    """Return a function that solves the rack near its design state.

    The design's coolant is shifted so that a condenser free of liquid would condense at the temperature asked for. Heat
    is the design's pattern, scaled: it is the chips' power, and moves between segments by less than the loop's
    temperatures do. The chip is the hottest module of the design, its ``parts``, if wanted, are the blocks.
    """
    total = float(design.heat.sum())
    module = hottest_module(design)

    def nearby(loop: LoopState, share: float) -> Array:
        """The design's field above its saturation temperature, scaled with the heat [K]."""
        before, now = design.loop.saturation_temperature[module], loop.saturation_temperature[module]
        return float(now.mean()) + share * (design.fields[module].temperature - float(before.mean()))

    def solve(condensing: float, heat: float) -> RackPoint | None:
        share = heat / total
        inlet = condensing - heat / design.sink.effective_conductance()
        try:
            sink = replace(design.sink, temperature=inlet)
            loop = rack.loop.carried(share * design.heat, sink, design.loop)
            if loop is None:
                return None
            field = rack.field.steady(
                share * design.block_power[module],
                wetted=rack.wall(loop, module),
                guess=nearby(loop, share),
            )
        except VascoolError as error:
            log.warning("no state at %.1f K and %.4g W: %s", condensing, heat, error)
            return None
        return RackPoint(
            float(loop.saturation_temperature.max()),
            float(field.block_maximum.max()),
            1.0 - loop.flooded_share,
            tuple(field.block_maximum.tolist()) if parts else (),
        )

    return solve


def hottest_module(state: RackState) -> int:
    """Return the index of the module with the hottest block."""
    return int(np.argmax([field.block_maximum.max() for field in state.fields]))
