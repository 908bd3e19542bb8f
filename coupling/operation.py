"""A rack at any outdoor state, looked up in a table of its own solutions.

At a given heat pattern the loop and the chips see the outdoors only through the condensing temperature, so the table is
one-dimensional: a state per condensing temperature. Which condensing temperature an outdoor temperature and a fan speed
lead to is the condenser's own equation, ``Q = G(f) (T_condensing - T_inlet)`` with ``G(f)`` the effective conductance
at the share ``f`` of its surface that is free of liquid.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from coupling.cosimulation import CoupledRack, RackState
from coupling.plant.year import LoopResponse, Response
from meshes.errors import VascoolError
from thermal.loop.condenser import CoolantSide

Array = NDArray[np.float64]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OperatingTable:
    """States of a rack over its condensing temperature.

    Attributes
    ----------
    condensing_temperature
        Nodes, ascending (n,) [K].
    saturation_temperature
        In the hottest evaporator (n,) [K].
    chip_maximum
        Of the hottest block of the hottest module (n,) [K].
    active_share
        Of the condenser's surface that is not flooded (n,) [-].
    heat
        That the rack's loop carries [W].
    interpolation_error
        Largest difference between interpolated and solved chip maximum halfway between nodes [K].
    """

    condensing_temperature: Array
    saturation_temperature: Array
    chip_maximum: Array
    active_share: Array
    heat: float
    interpolation_error: float

    def response(self) -> Response:
        """Return the rack's answer to the coolant of its condenser, for a year of hours."""

        def respond(side: CoolantSide, heat: Array) -> LoopResponse:
            condensing = self._condensing(side)
            return LoopResponse(
                saturation_temperature=self._at(condensing, self.saturation_temperature),
                chip_maximum=self._at(condensing, self.chip_maximum),
                feasible=condensing <= self.condensing_temperature[-1],
            )

        return respond

    def _condensing(self, side: CoolantSide) -> Array:
        """Condensing temperature that rejects the table's heat; the flooded share lags one sweep behind [K]."""
        condensing = np.asarray(side.inlet_temperature, dtype=float)
        for _ in range(4):
            active = np.interp(condensing, self.condensing_temperature, self.active_share)
            effective = -side.capacity_rate * np.expm1(-active * side.conductance / side.capacity_rate)
            condensing = side.inlet_temperature + self.heat / effective
        return condensing

    def _at(self, condensing: Array, values: Array) -> Array:
        """Interpolate; beyond the table go on at the slope of its ends, so that nothing is flattered."""
        from scipy.interpolate import PchipInterpolator

        nodes = self.condensing_temperature
        inside = PchipInterpolator(nodes, values)(np.clip(condensing, nodes[0], nodes[-1]))
        below = np.minimum(condensing - nodes[0], 0.0) * (values[1] - values[0]) / (nodes[1] - nodes[0])
        above = np.maximum(condensing - nodes[-1], 0.0) * (values[-1] - values[-2]) / (nodes[-1] - nodes[-2])
        return np.asarray(inside + below + above)


def tabulate(
    rack: CoupledRack,
    design: RackState,
    coldest: float,
    hottest: float,
    *,
    nodes: int = 7,
    announce: Callable[[int, int], None] = lambda done, total: None,
) -> OperatingTable:
    """Solve the rack at condensing temperatures from ``coldest`` to ``hottest`` [K] and check between them.

    Nodes at which the loop cannot carry the heat are left out at the warm end; the year then counts those hours as
    infeasible.

    Raises
    ------
    VascoolError
        If fewer than two nodes can be solved.
    """
    grid = np.linspace(coldest, hottest, 2 * nodes - 1)
    rows: list[tuple[float, float, float, float]] = []
    for index, temperature in enumerate(grid):
        try:
            rows.append(_solve_at(rack, design, float(temperature)))
        except VascoolError as error:
            log.warning("operating table: no state at %.1f K: %s", temperature, error)
        announce(index + 1, grid.size)
    if len(rows) < 3:
        raise VascoolError("year: the loop carries the heat at none of the year's condensing temperatures")
    columns = np.array(rows).T
    every_other = OperatingTable(*columns[:, ::2], heat=float(design.heat.sum()), interpolation_error=0.0)
    between = columns[:, 1::2]
    inside = between[0] <= every_other.condensing_temperature[-1]
    error = np.abs(every_other._at(between[0], every_other.chip_maximum) - between[2])[inside].max()
    return OperatingTable(*columns, heat=float(design.heat.sum()), interpolation_error=float(error))


def _solve_at(rack: CoupledRack, design: RackState, wanted: float) -> tuple[float, float, float, float]:
    """Condensing temperature, hottest saturation temperature, chip maximum and active share near ``wanted`` [K].

    The design's coolant is shifted so that a condenser free of liquid would condense at ``wanted``; what the loop
    makes of it is what counts. The heat of each segment is that of the design state: it is the chips' power, and moves
    between segments by less than the loop's temperatures do.
    """
    heat = float(design.heat.sum())
    inlet = wanted - heat / design.sink.effective_conductance()
    loop = rack.loop.solve(design.heat, replace(design.sink, temperature=inlet), guess=design.loop)
    if not loop.feasible:
        raise VascoolError(f"the loop cannot carry {heat:.4g} W: {loop.limit}")
    module = hottest_module(design)
    field = rack.field.steady(
        design.block_power[module], wetted=rack.wall(loop, module), guess=design.fields[module].temperature
    )
    return (
        loop.condensing_temperature,
        float(loop.saturation_temperature.max()),
        float(field.block_maximum.max()),
        1.0 - loop.flooded_share,
    )


def hottest_module(state: RackState) -> int:
    """Return the index of the module with the hottest block."""
    return int(np.argmax([field.block_maximum.max() for field in state.fields]))
