"""Section ``[facility]`` of a case file: racks, what feeds them, what else draws power, where it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from coupling.plant.electrical import ConverterSpec
from meshes.quantity import Fraction, Power, Spec, Temperature, TemperatureDifference

if TYPE_CHECKING:
    from coupling.plant.weather import Weather

Category = Literal[1, 2, 3]
Feed = Literal["utility", "transformer", "ups", "pdu"]


class FanControlSpec(Spec):
    """Fan speed: the lowest at which a temperature stays at or below its set point."""

    variable: Literal["saturation", "chip"] = "saturation"
    setpoint: Temperature
    """[K]; absent the whole section: fans run at design speed all year."""


class HeatWaveSpec(Spec):
    """Heat wave laid over the year at constant water content."""

    rise: TemperatureDifference
    days: Annotated[int, Field(ge=1, le=365)] = 7
    first_day: Annotated[int, Field(ge=0, le=364)] | None = None


class HeatReuseSpec(Spec):
    """Heat handed over at a stated temperature, in the hours in which the loop is warm enough."""

    temperature: Temperature
    """Of the water that is handed over [K]."""
    approach: Annotated[TemperatureDifference, Field(ge=0.0)] = 5.0
    """Between the loop's saturation temperature and that water [K]."""
    share: Fraction = 1.0
    """Of the chips' heat that finds a taker in such an hour [-]."""


class FacilitySpec(Spec):
    """Racks, electrical chain, other consumers, weather and boundary."""

    racks: Annotated[int, Field(ge=1, le=1000000)] = 1
    design_power: Power | None = None
    """Power of all chips that the chain is built for [W]; absent: the year's highest."""
    it_power: Annotated[Power, Field(gt=0.0)] | None = None
    """Power of one rack's chips [W], for a facility without a package or loop."""
    load_profile: tuple[Fraction, ...] | None = None
    """Share of the IT power hour by hour: of a day (24), a week from Monday (168) or the year (8760) [-]."""
    vrm: ConverterSpec = ConverterSpec(preset="none")
    psu: ConverterSpec = ConverterSpec(preset="psu-80plus-titanium", design_load=0.5)
    cable: ConverterSpec = ConverterSpec(preset="none")
    """From the PDU's output to the inlet of the IT equipment."""
    pdu: ConverterSpec = ConverterSpec(preset="pdu")
    ups: ConverterSpec = ConverterSpec(preset="ups-double-conversion")
    transformer: ConverterSpec = ConverterSpec(preset="transformer-dry")
    auxiliary_feed: Feed = "transformer"
    """Output at which fans, pumps, lighting and misc are connected; ``utility`` is before the transformer."""
    rack_fan_share: Fraction = 0.0
    """Fans and pumps inside the IT equipment, over its chips' power [-]: inside the PUE's IT energy,
    outside the ITUE's.
    """
    pump_power: Power = 0.0
    """Pumps of one rack's loop [W]."""
    room_cooling_share: Fraction = 0.05
    """Power that removes heat lost indoors, over that heat [-] (assumption: ventilation; a chiller takes
    0.2 to 0.4).
    """
    lighting_share: Fraction = 0.002
    """Over design IT power, all hours [-]."""
    misc_share: Fraction = 0.005
    """Controls, security, standby: over design IT power, all hours [-]."""
    weather: str | None = None
    """EPW file, relative to the case file."""
    climate: str | None = None
    """Place whose monthly normals make a synthetic year."""
    year_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """Of the synthetic year; absent: the case's."""
    year_shift: TemperatureDifference = 0.0
    """Added to the dry bulb of every hour at constant water content [K]."""
    heat_wave: HeatWaveSpec | None = None
    pue_category: Category = 2
    """ISO/IEC 30134-2: IT energy metered at the output of 1 the UPS, 2 the PDU, 3 at the IT equipment's
    input.
    """
    fan_control: FanControlSpec | None = None
    temperature_limit: Temperature | None = None
    """Of the chip; hours above it are counted, and fail the run [K]."""
    temperature_marks: tuple[Temperature, ...] = ()
    """Further chip temperatures above which hours are counted [K]."""
    heat_reuse: HeatReuseSpec | None = None
    grid_carbon: Annotated[float, Field(ge=0.0)] | None = None
    """Of the utility's energy, CO2 equivalent [kg/kWh]; None: no carbon figure."""

    @model_validator(mode="after")
    def _one_weather(self) -> Self:
        if (self.weather is None) == (self.climate is None):
            raise ValueError("give one of weather (an EPW file) or climate (a place)")
        if self.load_profile is not None and len(self.load_profile) not in (24, 168, 8760):
            raise ValueError(f"load_profile: 24, 168 or 8760 hours, not {len(self.load_profile)}")
        if self.load_profile is not None and not any(self.load_profile):
            raise ValueError("load_profile: the load is 0 in every hour, so there is no PUE")
        return self

    def hourly_load(self) -> NDArray[np.float64]:
        """Share of the IT power in each hour of the year (8760,) [-]; the year begins on a Monday."""
        if self.load_profile is None:
            return np.ones(8760)
        return np.resize(np.array(self.load_profile, dtype=np.float64), 8760)

    def outdoor(self, base: Path, seed: int = 0) -> Weather:
        """Hourly weather that this section names.

        Parameters
        ----------
        base
            Folder that a relative EPW path starts from.
        seed
            Of a synthetic year without ``year_seed``.

        Raises
        ------
        WeatherError
            If file or place cannot be used.
        """
        from coupling.plant.climate import climate_year
        from coupling.plant.epw import read_epw

        if self.weather is None:
            weather = climate_year(self.climate or "", seed if self.year_seed is None else self.year_seed)
        else:
            weather = read_epw(base / self.weather)
        if self.year_shift != 0.0:
            weather = weather.with_heat_wave(self.year_shift, 365, 0)
        wave = self.heat_wave
        return weather if wave is None else weather.with_heat_wave(wave.rise, wave.days, wave.first_day)
