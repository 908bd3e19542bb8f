"""Hourly outdoor air over a year."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from coupling.errors import WeatherError
from thermal.loop.humid_air import AirState, humidity_ratio, saturation_pressure, wet_bulb

Array = NDArray[np.float64]
HOURS = 8760
DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_of_hour() -> NDArray[np.int64]:
    """Month (0 to 11) of each hour of a year without a leap day (8760,)."""
    return np.repeat(np.arange(12), 24 * np.asarray(DAYS_OF_MONTH))


@dataclass(frozen=True)
class Weather:
    """A year of outdoor air, hour by hour, local standard time, no leap day.

    Attributes
    ----------
    name
        Of the place or file.
    dry_bulb
        (8760,) [K].
    relative_humidity
        (8760,) share of saturation [-].
    pressure
        (8760,) [Pa].
    synthetic
        True where the hours were generated, not measured: to be said wherever they are shown.
    note
        Source and method, in a sentence or two.
    latitude, longitude, elevation
        Of the place [degree], [degree], [m].
    """

    name: str
    dry_bulb: Array
    relative_humidity: Array
    pressure: Array
    synthetic: bool
    note: str
    latitude: float = float("nan")
    longitude: float = float("nan")
    elevation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("dry_bulb", "relative_humidity", "pressure"):
            values = getattr(self, name)
            if values.shape != (HOURS,) or not np.all(np.isfinite(values)):
                raise WeatherError(f"weather {self.name!r}: {name} must be {HOURS} finite numbers")

    @property
    def air(self) -> AirState:
        """Outdoor air of every hour."""
        ratio = humidity_ratio(self.dry_bulb, self.relative_humidity, self.pressure)
        return AirState(self.dry_bulb, ratio, self.pressure)

    @property
    def wet_bulb(self) -> Array:
        """Thermodynamic wet bulb of every hour (8760,) [K]."""
        return wet_bulb(self.air)

    def statistics(self) -> dict[str, float]:
        """Mean, 99.6th percentile and extremes of both bulbs [K], and hours above 30, 35 and 40 °C [h]."""
        dry, wet = self.dry_bulb, self.wet_bulb
        numbers = {f"hours_above_{limit}_degC": float(np.sum(dry > limit + 273.15)) for limit in (30, 35, 40)}
        for name, bulb in (("dry_bulb", dry), ("wet_bulb", wet)):
            numbers |= {
                f"{name}_mean_K": float(bulb.mean()),
                f"{name}_p99_6_K": float(np.percentile(bulb, 99.6)),
                f"{name}_max_K": float(bulb.max()),
                f"{name}_min_K": float(bulb.min()),
            }
        return numbers

    def with_heat_wave(self, rise: float, days: int, first_day: int | None = None) -> Weather:
        """Lay a heat wave over the year: ``rise`` kelvin for ``days`` days at constant water content.

        Parameters
        ----------
        rise
            Added to the dry bulb [K].
        days
            Length [d], 1 to 365.
        first_day
            0 to 364; the wave wraps past New Year. Absent: centred on the hottest day.
        """
        if not 1 <= days <= 365:
            raise WeatherError(f"a heat wave lasts 1 to 365 days, not {days}")
        if first_day is None:
            hottest = int(np.argmax(self.dry_bulb.reshape(365, 24).mean(axis=1)))
            first_day = hottest - days // 2
        hours = (24 * first_day + np.arange(24 * days)) % HOURS
        dry = self.dry_bulb.copy()
        dry[hours] += rise
        vapour = self.relative_humidity * saturation_pressure(self.dry_bulb)
        return replace(
            self,
            dry_bulb=dry,
            relative_humidity=np.minimum(vapour / saturation_pressure(dry), 1.0),
            synthetic=True,
            note=f"{self.note} With a heat wave of {rise:+g} K for {days} days laid over it.",
        )
