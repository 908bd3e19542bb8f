"""Rows about the fluids for people: which are offered, from where, and a saturation table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.loop.fluid_list import OFFERED
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Fluid, Saturation

UNITS: dict[str, str] = {
    "pressure": "Pa",
    "temperature": "K",
    "liquid_density": "kg/m3",
    "vapour_density": "kg/m3",
    "liquid_enthalpy": "J/kg",
    "vapour_enthalpy": "J/kg",
    "latent_heat": "J/kg",
    "liquid_viscosity": "Pa s",
    "vapour_viscosity": "Pa s",
    "liquid_conductivity": "W/(m K)",
    "vapour_conductivity": "W/(m K)",
    "liquid_heat_capacity": "J/(kg K)",
    "vapour_heat_capacity": "J/(kg K)",
    "surface_tension": "N/m",
    "dT_dp": "K/Pa",
}
"""Unit of each field of a saturation table."""


@dataclass(frozen=True)
class FluidRow:
    """One offered fluid.

    Attributes
    ----------
    name, aliases, backends
        As case files may write it, and who knows it.
    temperature_range, pressure_range
        Of its tables [K], [Pa].
    critical_temperature, critical_pressure
        [K], [Pa].
    pressure_at_40_celsius
        Vapour pressure at 40 degC; ``None`` above the range [Pa].
    sources
        Property and where it comes from.
    notes
        What was estimated.
    """

    name: str
    aliases: tuple[str, ...]
    backends: tuple[str, ...]
    temperature_range: tuple[float, float]
    pressure_range: tuple[float, float]
    critical_temperature: float
    critical_pressure: float
    pressure_at_40_celsius: float | None
    sources: dict[str, str]
    notes: tuple[str, ...]


def fluid_rows() -> list[FluidRow]:
    """Return a row for every fluid that is offered, in the order of the list."""
    rows = []
    for offered in OFFERED:
        fluid = load_fluid(offered.name)
        known = fluid.temperature_range[1] >= 313.15
        rows.append(
            FluidRow(
                offered.name,
                offered.aliases,
                offered.backends,
                fluid.temperature_range,
                fluid.pressure_range,
                fluid.critical_temperature,
                fluid.critical_pressure,
                float(fluid.saturation_pressure(313.15)) if known else None,
                fluid.sources,
                fluid.notes,
            )
        )
    return rows


def saturation_rows(fluid: Fluid, low: float, high: float, step: float = 5.0) -> Saturation:
    """Return the saturation properties from ``low`` to ``high`` every ``step`` [K], arrays of one length.

    Raises
    ------
    InputError
        If the range is empty or the step is not positive.
    """
    if not (step > 0.0 and high >= low):
        raise InputError(f"need low <= high and a positive step, got {low:g} K, {high:g} K, {step:g} K")
    if (high - low) / step > 10_000:
        raise InputError(f"{(high - low) / step:.0f} rows asked for; the most is 10000")
    temperatures: NDArray[np.float64] = low + step * np.arange(int((high - low) / step + 1e-9) + 1)
    return fluid.saturation_at(temperatures)._replace(temperature=temperatures)
