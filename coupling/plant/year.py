"""A year of hours: weather, heat rejection, fan control and electrical chain to energies and PUE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import HourlyCooling, LoopResponse, Response, condenser_cooling
from coupling.plant.pue import PowerBalance, power_balance
from coupling.plant.weather import HOURS, Weather, month_of_hour
from thermal.loop.condenser import CondenserSpec

__all__ = ["LoopResponse", "Response", "YearResult", "simulate_year", "year_of"]

Array = NDArray[np.float64]


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
    facility
        What it ran with: limits, set point, heat reuse, grid.
    warnings
        Closures used outside their range, stages overloaded.
    """

    weather: Weather
    power: PowerBalance
    loop: LoopResponse | None
    fan_speed: Array
    water_use: Array
    facility: FacilitySpec
    warnings: tuple[str, ...] = ()

    @property
    def pue(self) -> float:
        """Energy of the year at the utility over IT energy at the meter [-]."""
        return float(self.power.total.sum() / self.power.it.sum())

    @property
    def hourly_pue(self) -> Array:
        """Power at the utility over IT power in each hour; not a number while the IT is off [-]."""
        return _ratio(self.power.total, self.power.it)

    @property
    def monthly_pue(self) -> Array:
        """Monthly energies' ratio (12,) [-]."""
        return _ratio(_by_month(self.power.total), _by_month(self.power.it))

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
        return 0 if self.loop is None else int(self.loop.above(self.facility.temperature_limit).sum())

    @property
    def hours_with_hot_chip(self) -> int:
        """Hours in which the loop carries the heat and the chip is above its limit [h]."""
        if self.loop is None:
            return 0
        return int((self.loop.above(self.facility.temperature_limit) & self.loop.feasible).sum())

    @property
    def hours_unmet(self) -> int:
        """Hours in which the fans, at design speed, miss their set point [h]."""
        control = self.facility.fan_control
        if self.loop is None or control is None:
            return 0
        return int((~self.loop.holds(control)).sum())

    @property
    def partial_pue(self) -> dict[str, float]:
        """PUE of one part alone (ISO/IEC 30134-2, pPUE): IT and that part's energy over IT energy [-]."""
        losses = dict(self.power.losses)
        cooling = self.power.fan + self.power.pump + losses.pop("room_cooling") + losses.pop("chiller", 0.0)
        other = losses.pop("lighting") + losses.pop("misc")
        parts = {"cooling": cooling, "electrical": np.sum(list(losses.values()), axis=0), "other": other}
        return {name: 1.0 + float(part.sum() / self.power.it.sum()) for name, part in parts.items()}

    @property
    def erf(self) -> float:
        """Energy reused over energy at the utility (ISO/IEC 30134-6) [-]."""
        reuse = self.facility.heat_reuse
        if reuse is None or self.loop is None:
            return 0.0
        warm = self.loop.saturation_temperature >= reuse.temperature + reuse.approach
        return float(reuse.share * self.power.chips[warm].sum() / self.power.total.sum())

    @property
    def carbon(self) -> float | None:
        """CO2 equivalent of the energy at the utility [kg]."""
        factor = self.facility.grid_carbon
        return None if factor is None else factor * _energy_kwh(self.power.total)

    def summary(self) -> dict[str, Any]:
        """Section ``facility`` of a run's summary."""
        power = self.power
        return {
            "pue": self.pue,
            "pue_category": power.category,
            "pue_monthly": [None if np.isnan(value) else float(value) for value in self.monthly_pue],
            "pue_hourly_max": float(np.nanmax(self.hourly_pue)),
            "partial_pue": self.partial_pue,
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
            "stage_load_mean": {name: float(load.mean()) for name, load in power.loads.items()},
            "erf": self.erf,
            "carbon_kg": self.carbon,
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
            "hours_unmet": self.hours_unmet,
            "hours_infeasible": int((~self.loop.feasible).sum()),
            "hours_with_hot_chip": self.hours_with_hot_chip,
            "temperature_limit_K": self.facility.temperature_limit,
            "T_sat_evaporator_max_K": float(self.loop.saturation_temperature.max()),
            "fan_speed_mean": float(self.fan_speed.mean()),
        }
        if self.loop.chip_maximum is not None:
            chip = self.loop.chip_maximum
            extremes["T_max_K"] = float(chip.max())
            marks = self.facility.temperature_marks
            extremes["hours_above_K"] = {f"{mark:g}": int((chip > mark).sum()) for mark in marks}
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
        cooling = HourlyCooling(idle, idle, idle, idle, None, idle)
    else:
        cooling = condenser_cooling(condenser, weather.air, heat, facility.fan_control, response)
    return year_of(weather, heat, cooling, facility)


def year_of(weather: Weather, heat: Array, cooling: HourlyCooling, facility: FacilitySpec) -> YearResult:
    """Scale one rack's hours to the facility and carry them up the electrical chain.

    Parameters
    ----------
    heat
        Power of one rack's chips (8760,) [W].
    cooling
        Of one rack.
    """
    racks = facility.racks
    power = power_balance(
        facility,
        chips=racks * heat,
        fan=racks * cooling.fan_power,
        pump=racks * (cooling.pump_power + facility.pump_power),
        chiller=racks * cooling.chiller_power,
    )
    return YearResult(
        weather=weather,
        power=power,
        loop=cooling.loop,
        fan_speed=cooling.fan_speed,
        water_use=racks * cooling.water_use,
        facility=facility,
        warnings=(*cooling.warnings, *power.warnings),
    )


def _energy_kwh(power: Array) -> float:
    """Energy of hourly powers [kWh]."""
    return float(power.sum() / 1000.0)


def _ratio(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0.0)


def _by_month(power: Array) -> Array:
    return np.bincount(month_of_hour(), power).astype(float)
