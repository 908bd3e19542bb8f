"""What a rack can carry outdoors: chip temperature over dry bulb and power, and the lines where limits are reached."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import Response, condenser_cooling
from thermal.loop.condenser import CondenserSpec
from thermal.loop.humid_air import STANDARD_PRESSURE, AirState, humidity_ratio

Array = NDArray[np.float64]
HUMIDITY = 0.5
"""Relative humidity of the map's outdoor air [-]."""


def operating_map(
    response: Response,
    condenser: CondenserSpec,
    facility: FacilitySpec,
    dry_bulb: Array,
    power: Array,
    limit_of: Callable[[float, float], str] | None = None,
    margins_of: Callable[[float, float], Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """Chip temperature of one rack over outdoor temperature and power, fans as the facility controls them.

    Parameters
    ----------
    response
        The rack's loop, good for every heat in ``power``.
    condenser
        Of one rack.
    facility
        Its fan control, limit and number of racks.
    dry_bulb, power
        Axes, ascending (n,) [K], (m,) [W].
    limit_of
        Name of the limit that stops the loop at a condensing temperature [K] and a heat [W], ``""`` where none does;
        where it is not given, the response's own word is taken.
    margins_of
        Margins of the loop at a condensing temperature [K] and a heat [W] that it carries, none where it does not: some
        of them may be used up and the loop go on.

    Returns
    -------
    dict
        ``dry_bulb_K`` (n), ``power_W`` (m), ``T_max_K`` (m, n) with None where the loop cannot carry the heat,
        ``limits``: for each limit the largest power at those dry bulbs at which it is not yet reached (``loop``: what
        stops the loop has no name; of a margin that is used up without that, the power at which it passes zero), and
        ``racks``.
    """
    temperature, heat = (grid.ravel() for grid in np.meshgrid(dry_bulb, power))
    ratio = humidity_ratio(temperature, HUMIDITY, STANDARD_PRESSURE)
    air = AirState(temperature, ratio, STANDARD_PRESSURE)
    loop = condenser_cooling(condenser, air, heat, facility.fan_control, response).loop
    if loop is None or loop.chip_maximum is None:
        raise ValueError("an operating map needs a response with a chip")
    shape = (power.size, dry_bulb.size)
    chip = np.where(loop.feasible, loop.chip_maximum, np.nan).reshape(shape)
    limits = _loop_lines(loop.feasible.reshape(shape), loop.condensing_temperature, dry_bulb, power, limit_of)
    if loop.condensing_temperature is not None and margins_of is not None:
        at = loop.condensing_temperature.reshape(shape)
        limits += _margin_lines(loop.feasible.reshape(shape), at, dry_bulb, power, margins_of)
    if facility.temperature_limit is not None:
        limits += _chip_line(chip - facility.temperature_limit, dry_bulb, power)
    return {
        "dry_bulb_K": dry_bulb.tolist(),
        "power_W": power.tolist(),
        "T_max_K": [[None if np.isnan(value) else value for value in row] for row in chip.tolist()],
        "limits": limits,
        "racks": facility.racks,
    }


def _loop_lines(
    feasible: NDArray[np.bool_],
    condensing: Array | None,
    dry_bulb: Array,
    power: Array,
    limit_of: Callable[[float, float], str] | None,
) -> list[dict[str, Any]]:
    """Largest power that is known to be carried at each dry bulb, a line for each limit that stops what is beyond.

    The response knows states between its nodes as carried where all nodes around them are; beyond, the loop is asked.
    """
    places: dict[str, tuple[list[float], list[float]]] = {}
    for column, temperature in enumerate(dry_bulb):
        over = np.flatnonzero(~feasible[:, column])
        if over.size == 0 or over[0] == 0:
            continue
        first, name = int(over[0]), "loop"
        if condensing is not None and limit_of is not None:
            at = condensing.reshape(feasible.shape)[:, column]
            named = ((row, limit_of(float(at[row]), float(power[row]))) for row in range(first, power.size))
            first, name = next((found for found in named if found[1]), (0, ""))
        if name:
            temperatures, powers = places.setdefault(name, ([], []))
            temperatures.append(float(temperature))
            powers.append(float(power[first - 1]))
    return [{"name": name, "dry_bulb_K": t, "power_W": q} for name, (t, q) in places.items()]


def _margin_lines(
    feasible: NDArray[np.bool_],
    condensing: Array,
    dry_bulb: Array,
    power: Array,
    margins_of: Callable[[float, float], Mapping[str, float]],
) -> list[dict[str, Any]]:
    """Power at which each margin passes zero between the least and the greatest power carried at each dry bulb.

    A margin is taken to pass zero once at most: between ends of one sign nothing is looked for.
    """
    places: dict[str, tuple[list[float], list[float]]] = {}
    for column, temperature in enumerate(dry_bulb):
        carried = np.flatnonzero(feasible[:, column])
        if carried.size < 2:
            continue
        states = zip(condensing[:, column].tolist(), power.tolist(), strict=True)
        known = _Margins(margins_of, tuple(states))
        first, last = int(carried[0]), int(carried[-1])
        for name in known.at(first):
            row = _crossing(functools.partial(known.margin, name), first, last)
            if row is not None:
                temperatures, powers = places.setdefault(name, ([], []))
                temperatures.append(float(temperature))
                powers.append(float(np.interp(row, np.arange(power.size), power)))
    return [{"name": name, "dry_bulb_K": t, "power_W": q} for name, (t, q) in places.items()]


class _Margins:
    """Margins along a column of the map, each state asked for once."""

    def __init__(
        self,
        margins_of: Callable[[float, float], Mapping[str, float]],
        states: tuple[tuple[float, float], ...],
    ) -> None:
        self._margins_of, self._states = margins_of, states
        self._known: dict[int, Mapping[str, float]] = {}

    def at(self, row: int) -> Mapping[str, float]:
        """All margins of a row."""
        if row not in self._known:
            self._known[row] = self._margins_of(*self._states[row])
        return self._known[row]

    def margin(self, name: str, row: int) -> float:
        """One margin of a row, not a number where it has none."""
        return self.at(row).get(name, np.nan)


def _crossing(margin: Callable[[int], float], low: int, high: int) -> float | None:
    """Where a margin passes zero between two rows, linear between neighbours; ``None`` where it does not."""
    below, above = margin(low), margin(high)
    while not (np.isnan(below) or np.isnan(above) or (below < 0.0) == (above < 0.0)):
        if high - low == 1:
            return low + below / (below - above)
        middle = (low + high) // 2
        value = margin(middle)
        if (value < 0.0) == (below < 0.0):
            low, below = middle, value
        else:
            high, above = middle, value
    return None


def _chip_line(excess: Array, dry_bulb: Array, power: Array) -> list[dict[str, Any]]:
    """Power at which the excess over the chip's limit (m, n) first turns positive at each dry bulb."""
    temperatures, powers = [], []
    for column, temperature in enumerate(dry_bulb):
        over = np.flatnonzero(excess[:, column] > 0.0)
        if over.size == 0 or over[0] == 0:
            continue
        first = int(over[0])
        low, high = excess[first - 1 : first + 1, column]
        temperatures.append(float(temperature))
        powers.append(float(power[first - 1] - low / (high - low) * (power[first] - power[first - 1])))
    return [{"name": "T_max", "dry_bulb_K": temperatures, "power_W": powers}] if powers else []
