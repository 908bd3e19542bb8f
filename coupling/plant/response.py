"""A rack's loop as a table of its own solutions over condensing temperature and heat, with a checked error.

The loop and the chips see the outdoors only through the condensing temperature, so two numbers name a state: where the
fluid condenses and how much heat it carries. The table is refined until the states halfway between its nodes, solved as
well, differ from the interpolated ones by less than a tolerance. Which condensing temperature a coolant leads to is the
condenser's own equation, ``Q = G(f) (T_condensing - T_inlet)``, ``f`` the share of its surface that is free of liquid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coupling.plant.heat_rejection import LoopResponse, Response
from meshes.errors import VascoolError
from thermal.loop.condenser import CoolantSide

Array = NDArray[np.float64]
SWEEPS = 12
"""At most, of the condensing temperature with the flooded share; they contract by the share's change per kelvin."""
SETTLED = 1e-6
"""Change of the condensing temperature at which the sweeps end [K]."""


STATE = slice(0, 3)
"""Of the table's values, those that make a ``RackPoint`` without its parts."""
PARTS_AT_ONCE = 512
"""Hours whose parts are interpolated together: 64 parts of them are 0.3 MB."""


class RackPoint(NamedTuple):
    """A solved state: temperatures [K] and the share of the condenser that is free of liquid [-].

    ``parts`` are maxima of parts of the chip [K], as many and in the same order in every state; none if not asked for.
    """

    saturation_temperature: float
    chip_maximum: float
    active_share: float
    parts: tuple[float, ...] = ()


Solve = Callable[[float, float], RackPoint | None]
"""``solve(condensing temperature [K], heat [W])``; None where the loop cannot carry the heat."""


@dataclass(frozen=True)
class ResponseTable:
    """Solved states of a rack over condensing temperature and heat.

    Attributes
    ----------
    condensing_temperature, heat
        Nodes, ascending (n,) [K], (m,) [W].
    values
        Saturation temperature [K], chip maximum [K], active share [-] and the maxima of the chip's parts [K] at the
        nodes (3 + parts, n, m); not a number where the loop cannot carry the heat.
    interpolation_error
        Largest difference between interpolated and solved maxima, of chip and parts, halfway between nodes [K].
    solved
        States that were solved to make and check the table.
    """

    condensing_temperature: Array
    heat: Array
    values: Array
    interpolation_error: float
    solved: int

    def at(
        self, condensing: ArrayLike, heat: ArrayLike, rows: slice = STATE
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Interpolate: values (rows, hours), and whether every node around a state is feasible, the state inside.

        Outside the table, or beside an infeasible node, the values are those of the nearest feasible states: to be
        shown, not believed.
        """
        temperature, load = np.broadcast_arrays(np.asarray(condensing, float), np.asarray(heat, float))
        i, u, in_range = _locate(self.condensing_temperature, temperature)
        j, v, in_load = _locate(self.heat, load)
        corners = (
            (i, j, (1 - u) * (1 - v)),
            (i + 1, j, u * (1 - v)),
            (i, j + 1, (1 - u) * v),
            (i + 1, j + 1, u * v),
        )
        known = np.isfinite(self.values[0])
        filled = _nearest_known(self.values)[rows]
        total = np.zeros((filled.shape[0], *temperature.shape))
        feasible = in_range & in_load
        for row, column, weight in corners:
            total += weight * filled[:, row, column]
            feasible &= known[row, column] | (weight == 0.0)
        return total, feasible

    def part_peaks(self, condensing: Array, heat: Array) -> tuple[Array, NDArray[np.int64]]:
        """Highest temperature of each part over the hours [K], and the first hour in which it is reached.

        Parameters
        ----------
        condensing, heat
            Of each hour (hours,) [K], [W].
        """
        parts = self.values.shape[0] - STATE.stop
        peak, hour = np.full(parts, -np.inf), np.zeros(parts, dtype=np.int64)
        shift = np.minimum(condensing - self.condensing_temperature[0], 0.0)
        for first in range(0, condensing.size, PARTS_AT_ONCE):
            hours = slice(first, first + PARTS_AT_ONCE)
            values = self.at(condensing[hours], heat[hours], slice(STATE.stop, None))[0] + shift[hours]
            hottest = values.argmax(axis=1)
            highest = np.take_along_axis(values, hottest[:, None], axis=1)[:, 0]
            hour = np.where(highest > peak, first + hottest, hour)
            peak = np.maximum(peak, highest)
        return peak, hour

    def response(self) -> Response:
        """Return the rack's answer to its coolant, for a year of hours; switched off it is as warm as its coolant."""

        def respond(side: CoolantSide, load: Array) -> LoopResponse:
            off = load <= 0.0
            heat = np.where(off, self.heat[0], load)
            condensing = side.inlet_temperature + heat / side.effective_conductance
            for _ in range(SWEEPS):
                before = condensing
                active = np.clip(self.at(condensing, heat)[0][2], 1e-3, 1.0)
                units = active * side.conductance / side.capacity_rate
                condensing = side.inlet_temperature - heat / (side.capacity_rate * np.expm1(-units))
                if np.max(np.abs(condensing - before)) < SETTLED:
                    break
            values, feasible = self.at(condensing, heat)
            # colder than the table: the coldest state, shifted; nothing is limited there by temperature
            shift = np.minimum(condensing - self.condensing_temperature[0], 0.0)
            colder = self.at(np.maximum(condensing, self.condensing_temperature[0]), heat)[1]
            feasible = np.where(shift < 0.0, colder, feasible)
            resting = side.inlet_temperature
            warm = (
                np.where(off, resting, found) for found in (values[0] + shift, values[1] + shift, condensing)
            )
            saturation, chip, condensing = warm
            return LoopResponse(saturation, chip, feasible | off, condensing)

        return respond


def tabulate_response(
    solve: Solve,
    temperatures: tuple[float, float],
    heats: tuple[float, ...],
    *,
    tolerance: float = 0.1,
    most_nodes: int = 33,
    edge: float = 1.0,
    announce: Callable[[int], None] = lambda solved: None,
) -> ResponseTable:
    """Solve and refine until interpolated maxima of chip and parts are within ``tolerance`` [K] of solved ones.

    Parameters
    ----------
    solve
        The rack at a condensing temperature and a heat.
    temperatures
        Coldest and hottest condensing temperature [K].
    heats
        One heat, or lowest and highest [W].
    most_nodes
        Along an axis; the error is reported as it is when they are used up.
    edge
        Share of the span of heat, and half that of temperature, within which is found where the loop carries no more; 1
        leaves it between the nodes that the maxima ask for [-].
    announce
        Called with the number of states solved.

    Raises
    ------
    VascoolError
        If the loop carries the heat at no node.
    """
    known: dict[tuple[float, float], RackPoint | None] = {}

    def state(temperature: float, heat: float) -> RackPoint | None:
        key = (temperature, heat)
        if key not in known:
            known[key] = solve(temperature, heat)
            announce(len(known))
        return known[key]

    def build(first: Array, second: Array, error: float) -> ResponseTable:
        points = [[state(float(t), float(q)) for q in second] for t in first]
        return ResponseTable(first, second, _values(points), error, len(known))

    axis_t = np.linspace(*temperatures, 3)
    axis_q = np.array(heats if len(heats) == 1 else np.linspace(heats[0], heats[-1], 3), dtype=np.float64)
    while True:
        table = build(axis_t, axis_q, np.inf)
        if not np.isfinite(table.values).any():
            raise VascoolError("the loop carries the heat at none of the condensing temperatures asked for")
        errors_t = _midpoint_errors(table, _middles(axis_t), axis_q, state)
        errors_q = _midpoint_errors(table, axis_t, _middles(axis_q), state)
        worst = float(max(errors_t.max(initial=0.0), errors_q.max(initial=0.0)))
        refine_t = (errors_t > tolerance).any(axis=1)
        refine_q = (errors_q > tolerance).any(axis=0)
        full = axis_t.size + refine_t.sum() > most_nodes or axis_q.size + refine_q.sum() > most_nodes
        if worst <= tolerance or full:
            while True:
                known_states = np.isfinite(table.values[0])
                wide_q, wide_t = (
                    _edges(known_states, axis_q, edge),
                    _edges(known_states.T, axis_t, 2.0 * edge),
                )
                if not wide_q.any() and not wide_t.any():
                    return build(axis_t, axis_q, worst)
                axis_q = np.sort(np.concatenate([axis_q, _middles(axis_q)[wide_q]]))
                axis_t = np.sort(np.concatenate([axis_t, _middles(axis_t)[wide_t]]))
                table = build(axis_t, axis_q, worst)
        axis_t = np.sort(np.concatenate([axis_t, _middles(axis_t)[refine_t]]))
        axis_q = np.sort(np.concatenate([axis_q, _middles(axis_q)[refine_q]]))


def _values(points: list[list[RackPoint | None]]) -> Array:
    """Values of the states (3 + parts, n, m), not a number where there is none."""
    parts = max((len(point.parts) for row in points for point in row if point is not None), default=0)
    values = np.full((STATE.stop + parts, len(points), len(points[0])), np.nan)
    for i, row in enumerate(points):
        for j, point in enumerate(row):
            if point is not None:
                state = (point.saturation_temperature, point.chip_maximum, point.active_share)
                values[:, i, j] = (*state, *point.parts)
    return values


def _midpoint_errors(table: ResponseTable, temperatures: Array, heats: Array, state: Solve) -> Array:
    """Interpolated against solved maxima, the worst of chip and parts [K]; 0 where one of them is infeasible."""
    errors = np.zeros((temperatures.size, heats.size))
    for i, temperature in enumerate(temperatures):
        for j, heat in enumerate(heats):
            values, feasible = table.at(temperature, heat, slice(None))
            solved = state(float(temperature), float(heat))
            if feasible and solved is not None:
                maxima = np.array((solved.chip_maximum, *solved.parts))
                errors[i, j] = np.abs(np.delete(values, (0, 2)) - maxima).max()
    return errors


def _edges(known: NDArray[np.bool_], axis: Array, edge: float) -> NDArray[np.bool_]:
    """Intervals of the second axis, wider than ``edge`` of its span, in which a state stops being carried (m - 1,)."""
    wide = np.diff(axis) > edge * (axis[-1] - axis[0]) * (1.0 + 1e-9)
    return np.asarray((known[:, 1:] != known[:, :-1]).any(axis=0) & wide)


def _middles(axis: Array) -> Array:
    return 0.5 * (axis[1:] + axis[:-1])


def _locate(axis: Array, values: Array) -> tuple[NDArray[np.int64], Array, NDArray[np.bool_]]:
    """Cell, share within it (0 to 1) and whether inside the axis, with round-off forgiven."""
    if axis.size == 1:
        index = np.zeros(values.shape, dtype=np.int64)
        return index - 1, np.ones(values.shape), np.isclose(values, axis[0], rtol=1e-9)
    index = np.clip(np.searchsorted(axis, values) - 1, 0, axis.size - 2)
    share = (values - axis[index]) / (axis[index + 1] - axis[index])
    return index, np.clip(share, 0.0, 1.0), np.asarray((share >= -1e-9) & (share <= 1.0 + 1e-9))


def _nearest_known(values: Array) -> Array:
    """Values with the gaps filled by the nearest known node, counted in nodes."""
    from scipy.ndimage import distance_transform_edt

    gaps = ~np.isfinite(values[0])
    if not gaps.any():
        return values
    nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
    return np.asarray(values[:, nearest[0], nearest[1]], dtype=np.float64)
