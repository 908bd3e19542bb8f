"""Heat that a condenser with backed-up liquid gives to its sink."""

from __future__ import annotations

import math
from typing import NamedTuple

from thermal.loop.sink import HeatSink


class CondenserHeat(NamedTuple):
    """Heat of the condensing and of the flooded part of a condenser [W]."""

    condensing: float
    subcooling: float


def condenser_heat(
    sink: HeatSink, temperature: float, flow: float, heat_capacity: float, flooded: float
) -> CondenserHeat:
    """Heat of fluid that condenses at ``temperature`` [K] and cools as liquid in the flooded share [W].

    Parameters
    ----------
    flow
        Of the loop's fluid [kg/s].
    heat_capacity
        Of its liquid [J/(kg K)].
    flooded
        Share of the surface under liquid [-].

    Notes
    -----
    The flooded rows lie behind the others in the coolant's path and in counterflow to it (assumption), so the
    liquid cools towards the coolant as it leaves the condensing part. Effectiveness of counterflow: Kays and
    London 1984, eq. 2-13.

    Examples
    --------
    >>> condenser_heat(HeatSink(300.0, 1000.0, 1000.0), 310.0, 0.1, 1400.0, 0.0).subcooling
    0.0
    """
    condensing = sink.heat(temperature, 1.0 - flooded)
    if flooded <= 0.0 or flow <= 0.0:
        return CondenserHeat(condensing, 0.0)
    coolant = sink.temperature + condensing / sink.capacity_rate
    liquid = flow * heat_capacity
    smaller, larger = min(liquid, sink.capacity_rate), max(liquid, sink.capacity_rate)
    ratio = smaller / larger
    units = flooded * sink.conductance / smaller
    if 1.0 - ratio < 1e-6:
        effectiveness = units / (1.0 + units)
    else:
        decay = math.exp(-units * (1.0 - ratio))
        effectiveness = (1.0 - decay) / (1.0 - ratio * decay)
    return CondenserHeat(condensing, effectiveness * smaller * (temperature - coolant))
