"""A year of hours from monthly normals: synthetic, repeatable, and with exactly the normals it was made from.

Method
------
1. Daily mean and daily range run through the year as the derivative of a periodic cubic spline through
   their cumulative sums, so that every month keeps its mean exactly.
2. Days deviate by a first-order autoregressive process (lag-one correlation 0.7, assumption) of the month's
   standard deviation, shifted to zero mean in each month. The seed is fixed by the caller.
3. Hours follow the standardised daily course of Erbs, Klein and Beckman (1983), ASHRAE J. 25(6):60, scaled
   by the range.
4. Water content is constant over a day: that of the month's relative humidity at the daily mean, scaled in
   each month until the hours' mean relative humidity is the normal. Pressure is that of the standard
   atmosphere.

What such a year lacks: extremes, and days whose temperature and humidity move together. Lay a heat wave
over it.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.errors import WeatherError
from coupling.plant.weather import DAYS_OF_MONTH, HOURS, Weather, month_of_hour
from thermal.loop.humid_air import saturation_pressure, standard_pressure

Array = NDArray[np.float64]
LAG_ONE = 0.7
"""Correlation of one day's deviation with the next's (assumption; station records give 0.6 to 0.8) [-]."""
NORMALS = ("maximum", "mean", "minimum", "relative_humidity", "daily_deviation")


@functools.cache
def _climates() -> dict[str, dict[str, Any]]:
    table = tomllib.loads(Path(__file__).with_name("climates.toml").read_text(encoding="utf-8"))
    for entry in table.values():
        if "same_as" in entry:
            entry.update({**table[entry["same_as"]], **entry})
        middle = 0.5 * (np.array(entry["maximum"], dtype=np.float64) + entry["minimum"])
        entry.setdefault("mean", middle.tolist())
    return table


def climate_names() -> tuple[str, ...]:
    """Places whose normals are known."""
    return tuple(sorted(_climates()))


def climate_year(name: str, seed: int = 0) -> Weather:
    """Generate a year of hours from the monthly normals of a place.

    Parameters
    ----------
    name
        One of :func:`climate_names`.
    seed
        Of the days' deviations.

    Raises
    ------
    WeatherError
        If the place is not known.
    """
    if name not in _climates():
        raise WeatherError(f"climate {name!r} is not known; known are {', '.join(climate_names())}")
    entry = _climates()[name]
    maximum, mean, minimum, humidity, deviation = (np.array(entry[key], dtype=np.float64) for key in NORMALS)
    daily = _through_the_year(mean) + _deviations(deviation, np.random.default_rng(seed))
    # the daily course keeps its own mean at zero: the range is scaled to span maximum and minimum
    course = _daily_course()
    spread = _through_the_year(maximum - minimum) / np.ptp(course)
    dry_bulb = (daily[:, None] + spread[:, None] * course).ravel() + 273.15
    pressure = np.full(HOURS, float(standard_pressure(entry["elevation"])))
    return Weather(
        name=entry["name"],
        dry_bulb=dry_bulb,
        relative_humidity=_humidity(dry_bulb, daily + 273.15, humidity / 100.0),
        pressure=pressure,
        synthetic=True,
        note=f"Synthetic year from monthly normals ({entry['source']}); {entry['assumption']}.",
        latitude=entry["latitude"],
        longitude=entry["longitude"],
        elevation=entry["elevation"],
    )


def _through_the_year(monthly: Array) -> Array:
    """Daily values (365,) whose mean in each month is ``monthly`` (12,)."""
    from scipy.interpolate import CubicSpline

    edges = np.concatenate([[0], np.cumsum(DAYS_OF_MONTH)]).astype(float)
    annual = float(np.average(monthly, weights=DAYS_OF_MONTH))
    sums = np.concatenate([[0.0], np.cumsum((monthly - annual) * DAYS_OF_MONTH)])
    sums[-1] = 0.0
    cumulative = CubicSpline(edges, sums, bc_type="periodic")
    return np.asarray(annual + np.diff(cumulative(np.arange(366.0))), dtype=np.float64)


def _deviations(monthly: Array, generator: np.random.Generator) -> Array:
    """Deviation of each day's mean [K] (365,), zero on average in every month."""
    shocks = generator.standard_normal(365) * np.sqrt(1.0 - LAG_ONE**2)
    days = np.empty(365)
    state = float(generator.standard_normal())
    for day, shock in enumerate(shocks):
        state = LAG_ONE * state + shock
        days[day] = state
    start = 0
    for length, deviation in zip(DAYS_OF_MONTH, monthly, strict=True):
        part = days[start : start + length]
        days[start : start + length] = (part - part.mean()) / part.std() * deviation
        start += length
    return days


def _daily_course() -> Array:
    """Hourly temperature about the daily mean over the daily amplitude (24,), hours ending at 1 to 24 [-].

    Notes
    -----
    ``0.4632 cos(t - 3.805) + 0.0984 cos(2t - 0.360) + 0.0168 cos(3t - 0.822) + 0.0138 cos(4t - 3.513)`` with
    ``t = 2 pi (hour - 1) / 24``, Erbs, Klein and Beckman (1983).
    """
    t = 2.0 * np.pi * np.arange(24) / 24.0
    terms = ((0.4632, 3.805), (0.0984, 0.360), (0.0168, 0.822), (0.0138, 3.513))
    return np.asarray(
        sum(a * np.cos((k + 1) * t - phase) for k, (a, phase) in enumerate(terms)), dtype=np.float64
    )


def _humidity(dry_bulb: Array, daily_mean: Array, monthly: Array) -> Array:
    """Relative humidity (8760,) with daily constant vapour pressure and the given monthly means [-]."""
    month = month_of_hour()
    vapour = monthly[month] * saturation_pressure(np.repeat(daily_mean, 24)) / saturation_pressure(dry_bulb)
    low, high = np.zeros(12), np.full(12, 4.0)
    hours = np.bincount(month)
    for _ in range(50):
        factor = 0.5 * (low + high)
        mean = np.bincount(month, np.minimum(factor[month] * vapour, 1.0)) / hours
        low, high = np.where(mean < monthly, factor, low), np.where(mean < monthly, high, factor)
    return np.asarray(np.minimum(factor[month] * vapour, 1.0), dtype=np.float64)
