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
from thermal.loop.humid_air import AirState

Array = NDArray[np.float64]
SPEED_STEPS = 12
"""Halvings of the speed range in the search for the lowest speed: 1/4096 of it."""


@dataclass(frozen=True)
class LoopResponse:
    """What a rack's loop does in each hour (arrays of one shape).

    Attributes
    ----------
    saturation_temperature
        In the evaporator, hottest module [K].
    chip_maximum
        Hottest point of the hottest module [K]; None where no chip is modelled.
    feasible
        Whether the loop carries the heat within its limits.
    """

    saturation_temperature: Array
    chip_maximum: Array | None
    feasible: NDArray[np.bool_]

    def above(self, limit: float | None) -> NDArray[np.bool_]:
        """Hours in which the chip is above ``limit`` [K] or the loop cannot carry the heat."""
        infeasible = ~self.feasible
        if limit is None or self.chip_maximum is None:
            return infeasible
        return np.asarray(infeasible | (self.chip_maximum > limit))


Response = Callable[[CoolantSide, Array], LoopResponse]
"""``response(coolant, heat per rack [W])``: what the loop does with the coolant that its condenser gets."""


@dataclass(frozen=True)
class YearResult:
    """A simulated year; hourly arrays are (8760,), powers are of the whole facility [W].

    Attributes
    ----------
    weather
        What it ran on.
    power
        Every named power.
    loop
        Temperatures and feasibility; None for a facility without a condenser.
    fan_speed
        Share of design speed [-].
    water_use
        Evaporated in pads [kg/s].
    temperature_limit
        Of the chip [K], or None.
    """

    weather: Weather
    power: PowerBalance
    loop: LoopResponse | None
    fan_speed: Array
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
        return 0 if self.loop is None else int(self.loop.above(self.temperature_limit).sum())

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
            **self._extremes(),
            "weather": self.weather.name,
            "weather_synthetic": self.weather.synthetic,
            "weather_note": self.weather.note,
        }

    def _extremes(self) -> dict[str, Any]:
        """Worst hours of the loop, as far as there is one."""
        if self.loop is None:
            return {}
        extremes: dict[str, Any] = {
            "hours_infeasible": int((~self.loop.feasible).sum()),
            "T_sat_evaporator_max_K": float(self.loop.saturation_temperature.max()),
            "fan_speed_mean": float(self.fan_speed.mean()),
        }
        if self.loop.chip_maximum is not None:
            extremes["T_max_K"] = float(self.loop.chip_maximum.max())
        return extremes

    def columns(self) -> dict[str, NDArray[Any]]:
        """Hourly table, by column name with unit."""
        power = self.power
        columns: dict[str, NDArray[Any]] = {
            "hour": np.arange(HOURS),
            "dry_bulb_K": self.weather.dry_bulb,
            "relative_humidity": self.weather.relative_humidity,
            "it_power_W": power.it,
            "fan_power_W": power.fan,
            "pump_power_W": power.pump,
            "total_power_W": power.total,
            "pue": self.hourly_pue,
            "fan_speed": self.fan_speed,
        }
        if self.loop is not None:
            columns["T_sat_evaporator_K"] = self.loop.saturation_temperature
            columns["feasible"] = self.loop.feasible
            if self.loop.chip_maximum is not None:
                columns["T_max_K"] = self.loop.chip_maximum
        return columns


def simulate_year(
    weather: Weather,
    it_power: ArrayLike,
    condenser: CondenserSpec | None,
    facility: FacilitySpec,
    response: Response | None = None,
) -> YearResult:
    """Run a facility of equal racks through a year, hour by hour in steady states.

    Parameters
    ----------
    weather
        Outdoor air.
    it_power
        Power of one rack's chips [W], one number or one an hour; all of it is carried by the loop.
    condenser
        Of one rack; None for a facility without one: no fans, no temperatures.
    facility
        Chain, control, limit, boundary.
    response
        The rack's loop; None for an ideal one, without a chip.
    """
    heat = np.array(np.broadcast_to(np.asarray(it_power, dtype=np.float64), (HOURS,)))
    if condenser is None:
        idle = np.zeros(HOURS)
        power = power_balance(
            facility, facility.racks * heat, idle, idle + facility.racks * facility.pump_power
        )
        return YearResult(weather, power, None, idle, idle, facility.temperature_limit)
    response = response or lumped_response()
    speed = _fan_speed(condenser, facility.fan_control, response, weather.air, heat)
    side = coolant_side(condenser, weather.air, speed, heat)
    power = power_balance(
        facility,
        chips=facility.racks * heat,
        fan=facility.racks * side.fan_power,
        pump=facility.racks * (side.pump_power + facility.pump_power),
    )
    return YearResult(
        weather=weather,
        power=power,
        loop=response(side, heat),
        fan_speed=speed,
        water_use=facility.racks * side.water_use,
        temperature_limit=facility.temperature_limit,
    )


def lumped_response(chip_resistance: float | None = None) -> Response:
    """Response of an ideal loop: saturation at the condensing temperature, a fixed resistance to the chip.

    Parameters
    ----------
    chip_resistance
        From the hottest chip to saturation, over the rack's heat [K/W]; None: no chip.
    """

    def respond(side: CoolantSide, heat: Array) -> LoopResponse:
        saturation = side.inlet_temperature + heat / side.effective_conductance
        chip = None if chip_resistance is None else saturation + chip_resistance * heat
        return LoopResponse(saturation, chip, np.full(heat.shape, True))

    return respond


def _fan_speed(
    condenser: CondenserSpec,
    control: FanControlSpec | None,
    response: Response,
    air: AirState,
    heat: Array,
) -> Array:
    """Lowest speed that holds the set point in a feasible state; design speed where none does."""
    full = np.ones_like(heat)
    if condenser.kind != "air-fan" or condenser.fan is None or control is None:
        return full

    def holds(speed: Array) -> NDArray[np.bool_]:
        state = response(coolant_side(condenser, air, speed, heat), heat)
        chip = state.chip_maximum if control.variable == "chip" else None
        controlled = state.saturation_temperature if chip is None else chip
        return np.asarray((controlled <= control.setpoint) & state.feasible)

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
