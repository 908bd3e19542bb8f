"""A year of hours: weather, heat rejection, fan control and electrical chain to energies and PUE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coupling.plant.facility import FacilitySpec, FanControlSpec
from coupling.plant.pue import PowerBalance, power_balance
from coupling.plant.weather import HOURS, Weather, month_of_hour
from thermal.loop.condenser import CondenserSpec, CoolantSide, coolant_side

Array = NDArray[np.float64]
SPEED_STEPS = 12
"""Halvings of the speed range in the search for the lowest speed: 1/4096 of it."""


@dataclass(frozen=True)
class LoopResponse:
    """What a rack's loop does at given outdoor temperatures, fan speeds and heats (arrays of one shape).

    Attributes
    ----------
    saturation_temperature
        In the evaporator, hottest module [K].
    chip_maximum
        Hottest point of the hottest module [K].
    feasible
        Whether the loop carries the heat within its limits.
    """

    saturation_temperature: Array
    chip_maximum: Array
    feasible: NDArray[np.bool_]


Response = Callable[[Array, Array, Array], LoopResponse]
"""``response(air_temperature [K], fan_speed [-], heat per rack [W])``; the air temperature is at the coil's
inlet.
"""


@dataclass(frozen=True)
class YearResult:
    """A simulated year; hourly arrays are (8760,), powers are of the whole facility [W].

    Attributes
    ----------
    weather
        What it ran on.
    power
        Every named power.
    fan_speed
        Share of design speed [-].
    saturation_temperature, chip_maximum
        [K]
    feasible
        Whether the loop carries the heat.
    water_use
        Evaporated in pads [kg/s].
    temperature_limit
        Of the chip [K], or None.
    """

    weather: Weather
    power: PowerBalance
    fan_speed: Array
    saturation_temperature: Array
    chip_maximum: Array
    feasible: NDArray[np.bool_]
    water_use: Array
    temperature_limit: float | None

    @property
    def pue(self) -> float:
        """Energy of the year at the utility over IT energy at the meter [-]."""
        return float(self.power.total.sum() / self.power.it.sum())

    @property
    def hourly_pue(self) -> Array:
        """Power at the utility over IT power in each hour [-]."""
        return self.power.total / self.power.it

    @property
    def monthly_pue(self) -> Array:
        """Monthly energies' ratio (12,) [-]."""
        return _by_month(self.power.total) / _by_month(self.power.it)

    @property
    def itue(self) -> float:
        """IT equipment's input over its chips' energy [-] (Patterson et al. 2013, TUE)."""
        return float(self.power.equipment_input.sum() / self.power.chips.sum())

    @property
    def tue(self) -> float:
        """Energy at the utility over chips' energy: ITUE times PUE at category 3 [-]."""
        return float(self.power.total.sum() / self.power.chips.sum())

    @property
    def wue(self) -> float:
        """Water over IT energy, a litre taken as a kilogram [L/kWh]."""
        return float(self.water_use.sum() * 3600.0 / _energy_kwh(self.power.it))

    @property
    def hours_above_limit(self) -> int:
        """Hours in which the chip is above its limit or the loop cannot carry the heat [h]."""
        above = ~self.feasible
        if self.temperature_limit is not None:
            above = above | (self.chip_maximum > self.temperature_limit)
        return int(above.sum())

    def summary(self) -> dict[str, Any]:
        """Section ``facility`` of a run's summary."""
        power = self.power
        return {
            "pue": self.pue,
            "pue_category": power.category,
            "pue_monthly": [float(value) for value in self.monthly_pue],
            "pue_hourly_max": float(self.hourly_pue.max()),
            "itue": self.itue,
            "tue": self.tue,
            "chip_energy_kWh": _energy_kwh(power.chips),
            "ite_energy_kWh": _energy_kwh(power.it),
            "total_energy_kWh": _energy_kwh(power.total),
            "fan_kWh": _energy_kwh(power.fan),
            "pump_kWh": _energy_kwh(power.pump),
            "losses_kWh": {name: _energy_kwh(loss) for name, loss in power.losses.items()},
            "internal_losses_kWh": {name: _energy_kwh(loss) for name, loss in power.internal.items()},
            "wue_L_kWh": self.wue,
            "hours_above_limit": self.hours_above_limit,
            "hours_infeasible": int((~self.feasible).sum()),
            "T_sat_evaporator_max_K": float(self.saturation_temperature.max()),
            "T_max_K": float(self.chip_maximum.max()),
            "fan_speed_mean": float(self.fan_speed.mean()),
            "weather": self.weather.name,
            "weather_synthetic": self.weather.synthetic,
            "weather_note": self.weather.note,
        }

    def columns(self) -> dict[str, NDArray[Any]]:
        """Hourly table, by column name with unit."""
        power = self.power
        return {
            "hour": np.arange(HOURS),
            "dry_bulb_K": self.weather.dry_bulb,
            "relative_humidity": self.weather.relative_humidity,
            "it_power_W": power.it,
            "fan_power_W": power.fan,
            "pump_power_W": power.pump,
            "total_power_W": power.total,
            "pue": self.hourly_pue,
            "fan_speed": self.fan_speed,
            "T_sat_evaporator_K": self.saturation_temperature,
            "T_max_K": self.chip_maximum,
            "feasible": self.feasible,
        }


def simulate_year(
    weather: Weather,
    it_power: ArrayLike,
    condenser: CondenserSpec,
    facility: FacilitySpec,
    response: Response,
) -> YearResult:
    """Run a facility of equal racks through a year, hour by hour in steady states.

    Parameters
    ----------
    weather
        Outdoor air.
    it_power
        Power of one rack's chips [W], one number or one an hour; all of it is carried by the loop.
    condenser
        Of one rack.
    facility
        Chain, control, limit, boundary.
    response
        The rack's loop.
    """
    heat = np.array(np.broadcast_to(np.asarray(it_power, dtype=np.float64), (HOURS,)))
    coil_air = coolant_side(condenser, weather.air, np.ones(HOURS), heat).inlet_temperature
    speed = _fan_speed(condenser, facility.fan_control, response, coil_air, heat)
    state = response(coil_air, speed, heat)
    side: CoolantSide = coolant_side(condenser, weather.air, speed, heat)
    power = power_balance(
        facility,
        chips=facility.racks * heat,
        fan=facility.racks * side.fan_power,
        pump=facility.racks * (side.pump_power + facility.pump_power),
    )
    return YearResult(
        weather=weather,
        power=power,
        fan_speed=speed,
        saturation_temperature=state.saturation_temperature,
        chip_maximum=state.chip_maximum,
        feasible=state.feasible,
        water_use=facility.racks * side.water_use,
        temperature_limit=facility.temperature_limit,
    )


def lumped_response(condenser: CondenserSpec, chip_resistance: float = 0.0) -> Response:
    """Response of an ideal loop: saturation at the condensing temperature, a fixed resistance to the chip.

    Parameters
    ----------
    condenser
        Meets standard dry air.
    chip_resistance
        From the hottest chip to saturation, over the rack's heat [K/W].
    """
    from thermal.loop.humid_air import AirState

    def respond(air_temperature: Array, fan_speed: Array, heat: Array) -> LoopResponse:
        side = coolant_side(condenser, AirState(air_temperature), fan_speed, heat)
        saturation = side.inlet_temperature + heat / side.effective_conductance
        return LoopResponse(saturation, saturation + chip_resistance * heat, np.full(heat.shape, True))

    return respond


def _fan_speed(
    condenser: CondenserSpec,
    control: FanControlSpec | None,
    response: Response,
    air_temperature: Array,
    heat: Array,
) -> Array:
    """Lowest speed that holds the set point in a feasible state; design speed where none does."""
    full = np.ones_like(heat)
    if condenser.kind != "air-fan" or condenser.fan is None or control is None:
        return full

    def holds(speed: Array) -> NDArray[np.bool_]:
        state = response(air_temperature, speed, heat)
        chip = control.variable == "chip"
        held = (state.chip_maximum if chip else state.saturation_temperature) <= control.setpoint
        return np.asarray(held & state.feasible)

    low, high = condenser.fan.minimum_speed * full, full
    high = np.where(holds(low), low, high)
    for _ in range(SPEED_STEPS):
        middle = 0.5 * (low + high)
        held = holds(middle)
        high, low = np.where(held, middle, high), np.where(held, low, middle)
    return high


def _energy_kwh(power: Array) -> float:
    """Energy of hourly powers [kWh]."""
    return float(power.sum() / 1000.0)


def _by_month(power: Array) -> Array:
    return np.bincount(month_of_hour(), power).astype(float)
