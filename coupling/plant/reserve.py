"""What happens when something fails: which limit is reached, after how many hours, and how often in a year.

Between the steady year and the loop's own transient lies the question of reserve: the rack warms as one thermal mass,

    C dT/dt = Q - G (T - T_outdoor),

where ``T`` is the saturation temperature, ``G`` the failed condenser's effective conductance and ``C`` the heat
capacity of metal and fluid. Within a step ``G`` and the outdoors are constant and the step is exact. The chip follows
at its own resistance. With no conductance left the rack warms adiabatically at ``Q / C``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from coupling.plant.facility import FanControlSpec
from coupling.plant.heat_rejection import lowest_speed, lumped_response
from coupling.plant.weather import Weather
from meshes.quantity import Fraction, PositiveNumber, Spec, Temperature, TemperatureDifference, quantity
from thermal.loop.condenser import CondenserSpec, coil_inlet, coolant_side
from thermal.loop.humid_air import AirState

Array = NDArray[np.float64]
STEP = 60.0
"""Of the warming rack [s]."""
BEYOND = 500.0
"""Nothing of a rack is left that could warm further [K] (assumption; solder melts at 490 K)."""
HORIZON = 72
"""Hours that are followed after a failure [h]."""
ThermalResistance = quantity("K/W", ge=0.0)


class ReserveSpec(Spec):
    """Limits and thermal mass of one rack."""

    heat_capacity: PositiveNumber
    """Of modules, evaporators, pipes and fluid that warm together [J/K]."""
    chip_resistance: ThermalResistance  # type: ignore[valid-type]
    """From the hottest chip to saturation, over the rack's heat [K/W]."""
    chip_limit: Temperature
    saturation_limit: Temperature | None = None
    """Saturation temperature at the design pressure [K]; None: the pressure is no limit."""
    fan_control: FanControlSpec | None = None


class FailureSpec(Spec):
    """Something that goes wrong; several may at once."""

    name: str
    fan_flow: Fraction = 1.0
    """Share of the fans' design flow that can still be had: 0.5 with one of two gone, 0.1 by draught alone."""
    conductance: Fraction = 1.0
    """Share of the condenser's conductance that is left, by fouling or by surface flooded or blanketed."""
    heat: Annotated[float, Field(gt=0.0)] = 1.0
    """Heat over the normal one: n / (n - 1) where one of n loops is out and the others take its modules."""
    heat_wave: TemperatureDifference = 0.0
    """Added to the outdoor temperature [K]."""


FAILURES = (
    FailureSpec(name="none"),
    FailureSpec(name="one of two fans", fan_flow=0.5),
    FailureSpec(name="all fans", fan_flow=0.1),
    FailureSpec(name="heat wave", heat_wave=6.0),
    FailureSpec(name="fouled condenser", conductance=0.7),
    FailureSpec(name="loss of charge", conductance=0.0),
    FailureSpec(name="one loop of four out", heat=4.0 / 3.0),
    FailureSpec(name="heat wave and one of two fans", fan_flow=0.5, heat_wave=6.0),
)
"""The usual list (assumption: shares and sizes)."""


@dataclass(frozen=True)
class ReserveRow:
    """Outcome of one failure, at the worst hour of the year and over all of it.

    Attributes
    ----------
    failure
        Its name.
    hours_to_limit
        From the failure, in the hottest hour, to the first limit [h]; infinite if none is reached.
    limit
        ``chip``, ``pressure`` or ``none``.
    chip_maximum, saturation_maximum
        Highest in the hours followed after it [K]; infinite where the rack is destroyed before they are over.
    hours_above_limit
        Of the year, if the failure lasted all of it [h].
    """

    failure: str
    hours_to_limit: float
    limit: str
    chip_maximum: float
    saturation_maximum: float
    hours_above_limit: int


def reserve(
    weather: Weather,
    heat: float,
    condenser: CondenserSpec,
    spec: ReserveSpec,
    failures: tuple[FailureSpec, ...] = FAILURES,
) -> list[ReserveRow]:
    """Let each failure happen to a rack that runs steadily, in the hottest hour of the year.

    Parameters
    ----------
    weather
        Outdoor air.
    heat
        Of the rack [W].
    condenser
        In working order.
    spec
        Limits and thermal mass.
    failures
        One row each.
    """
    start = int(np.argmax(weather.dry_bulb))
    hours = (start + np.arange(HORIZON)) % weather.dry_bulb.size
    normal = _steady_saturation(weather, heat, condenser, spec)[start]
    return [_row(failure, weather, heat, condenser, spec, hours, float(normal)) for failure in failures]


def _row(
    failure: FailureSpec,
    weather: Weather,
    heat: float,
    condenser: CondenserSpec,
    spec: ReserveSpec,
    hours: NDArray[np.int64],
    normal: float,
) -> ReserveRow:
    load = failure.heat * heat
    inlet, conductance = _failed_sink(failure, weather, load, condenser)
    times, saturation = _warm(normal, load, inlet[hours], conductance[hours], spec.heat_capacity)
    chip = saturation + spec.chip_resistance * load
    reached = {"chip": _first(times, chip, spec.chip_limit)}
    if spec.saturation_limit is not None:
        reached["pressure"] = _first(times, saturation, spec.saturation_limit)
    limit = min(reached, key=lambda name: reached[name])
    above = load > conductance * (_lower_limit(spec, load) - inlet)
    return ReserveRow(
        failure=failure.name,
        hours_to_limit=reached[limit],
        limit=limit if np.isfinite(reached[limit]) else "none",
        chip_maximum=_highest(chip),
        saturation_maximum=_highest(saturation),
        hours_above_limit=int(above.sum()),
    )


def _highest(temperature: Array) -> float:
    """Highest temperature, infinite where nothing could reach it [K]."""
    highest = float(temperature.max())
    return highest if highest <= BEYOND else float("inf")


def _lower_limit(spec: ReserveSpec, load: float) -> float:
    """Saturation temperature at which the first limit is reached [K]."""
    chip = spec.chip_limit - spec.chip_resistance * load
    return chip if spec.saturation_limit is None else min(chip, spec.saturation_limit)


def _steady_saturation(weather: Weather, heat: float, condenser: CondenserSpec, spec: ReserveSpec) -> Array:
    """Saturation temperature of every hour in working order [K]."""
    load = np.full(weather.dry_bulb.size, heat)
    response = lumped_response(spec.chip_resistance)
    inlet = coil_inlet(condenser, weather.air)
    speed = lowest_speed(condenser, spec.fan_control, response, inlet, load)
    return response(coolant_side(condenser, inlet, speed, load), load).saturation_temperature


def _failed_sink(
    failure: FailureSpec, weather: Weather, load: float, condenser: CondenserSpec
) -> tuple[Array, Array]:
    """Coolant's inlet temperature [K] and effective conductance [W/K] of every hour, fans at what is left of them."""
    air = weather.air
    hot = AirState(np.asarray(air.temperature) + failure.heat_wave, air.humidity_ratio, air.pressure)
    side = coolant_side(condenser, hot, max(failure.fan_flow, 1e-3), np.full(weather.dry_bulb.size, load))
    units = failure.conductance * side.conductance / side.capacity_rate
    return side.inlet_temperature, np.asarray(-side.capacity_rate * np.expm1(-units), dtype=np.float64)


def _warm(
    start: float, load: float, inlet: Array, conductance: Array, capacity: float
) -> tuple[Array, Array]:
    """Times [h] and temperatures [K] of the thermal mass, step by step from ``start``."""
    steps = round(3600.0 / STEP)
    outdoor, conducting = np.repeat(inlet, steps), np.repeat(conductance, steps)
    temperature = np.empty(outdoor.size + 1)
    temperature[0] = start
    for step, (cold, leaving) in enumerate(zip(outdoor, conducting, strict=True)):
        present = temperature[step]
        decay = leaving * STEP / capacity
        # (1 - exp(-x)) / x tends to 1 as the conductance goes
        share = -np.expm1(-decay) / decay if decay > 0.0 else 1.0
        temperature[step + 1] = present + (load - leaving * (present - cold)) * STEP / capacity * share
    return np.arange(temperature.size) * STEP / 3600.0, temperature


def _first(times: Array, values: Array, limit: float) -> float:
    """Time at which ``values`` first pass ``limit``, linear between steps; infinite if they never do."""
    over = np.flatnonzero(values > limit)
    if over.size == 0:
        return float("inf")
    index = int(over[0])
    if index == 0:
        return 0.0
    share = (limit - values[index - 1]) / (values[index] - values[index - 1])
    return float(times[index - 1] + share * (times[index] - times[index - 1]))
