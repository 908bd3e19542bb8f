"""What a rack can carry outdoors: chip temperature over dry bulb and power, and the lines where limits are reached."""

from __future__ import annotations

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

    Returns
    -------
    dict
        ``dry_bulb_K`` (n), ``power_W`` (m), ``T_max_K`` (m, n) with None where the loop cannot carry the heat,
        ``limits``: for each limit the largest power at those dry bulbs at which it is not yet reached, and ``racks``.
    """
    temperature, heat = (grid.ravel() for grid in np.meshgrid(dry_bulb, power))
    ratio = humidity_ratio(temperature, HUMIDITY, STANDARD_PRESSURE)
    air = AirState(temperature, ratio, STANDARD_PRESSURE)
    loop = condenser_cooling(condenser, air, heat, facility.fan_control, response).loop
    if loop is None or loop.chip_maximum is None:
        raise ValueError("an operating map needs a response with a chip")
    shape = (power.size, dry_bulb.size)
    chip = np.where(loop.feasible, loop.chip_maximum, np.nan).reshape(shape)
    limits = {"loop": np.where(loop.feasible, -1.0, 1.0).reshape(shape)}
    if facility.temperature_limit is not None:
        limits["T_max"] = chip - facility.temperature_limit
    return {
        "dry_bulb_K": dry_bulb.tolist(),
        "power_W": power.tolist(),
        "T_max_K": [[None if np.isnan(value) else value for value in row] for row in chip.tolist()],
        "limits": [line for name, excess in limits.items() if (line := _line(name, excess, dry_bulb, power))],
        "racks": facility.racks,
    }


def _line(name: str, excess: Array, dry_bulb: Array, power: Array) -> dict[str, Any] | None:
    """Largest power before ``excess`` (m, n) first turns positive at each dry bulb; None if it does nowhere."""
    temperatures, powers = [], []
    for column, temperature in enumerate(dry_bulb):
        values = excess[:, column]
        over = np.flatnonzero(values > 0.0)
        if over.size == 0 or over[0] == 0:
            continue
        first = int(over[0])
        low, high = values[first - 1], values[first]
        # a limit that only says yes or no is put at the last power that is known to be carried
        share = 0.0 if name == "loop" else float(-low / (high - low))
        temperatures.append(float(temperature))
        powers.append(float(power[first - 1] + share * (power[first] - power[first - 1])))
    return {"name": name, "dry_bulb_K": temperatures, "power_W": powers} if powers else None
