"""Fluids with constant or linear properties, for which loops have closed forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermal.loop.fluids import Numeric, Saturation


@dataclass(frozen=True)
class IdealisedFluid:
    """A fluid whose saturated properties do not change with pressure, and whose liquid expands linearly.

    It stands in for :class:`thermal.loop.fluids.Fluid`. Saturation temperature rises linearly with pressure by
    ``temperature_slope`` so that a condenser can find its pressure.

    Attributes
    ----------
    liquid_density, vapour_density
        [kg/m3]; the liquid's at ``reference_temperature``.
    latent_heat
        [J/kg].
    saturation_enthalpy
        Of saturated liquid [J/kg].
    viscosity, heat_capacity
        Of the liquid [Pa s], [J/(kg K)].
    expansion
        Of the liquid [1/K].
    """

    liquid_density: float
    vapour_density: float
    latent_heat: float
    saturation_enthalpy: float = 1.0e6
    viscosity: float = 2.0e-4
    heat_capacity: float = 1400.0
    expansion: float = 0.0
    reference_temperature: float = 300.0
    temperature_slope: float = 1.0e-6
    notes: tuple[str, ...] = ()
    pressure_range: tuple[float, float] = (1.0e3, 1.0e8)
    temperature_range: tuple[float, float] = (100.0, 1000.0)

    def saturation(self, pressure: Numeric) -> Saturation:
        """Properties at ``pressure`` [Pa]; the liquid's density is that at its own boiling enthalpy."""
        ones = np.ones_like(pressure) if isinstance(pressure, np.ndarray) else 1.0
        return self._properties(pressure, self.liquid_density * ones, ones)

    def saturation_at(self, temperature: Numeric) -> Saturation:
        """Properties of liquid at ``temperature`` [K]."""
        ones = np.ones_like(temperature) if isinstance(temperature, np.ndarray) else 1.0
        warmer = temperature - self.reference_temperature
        density = self.liquid_density * (1.0 - self.expansion * warmer)
        pressure = 1.0e6 + warmer / self.temperature_slope
        enthalpy = self.heat_capacity * warmer
        return self._properties(pressure, density, ones)._replace(liquid_enthalpy=enthalpy)

    def liquid_temperature(self, enthalpy: Numeric) -> Numeric:
        """Temperature of liquid of ``enthalpy`` [K]."""
        return self.reference_temperature + enthalpy / self.heat_capacity

    def _properties(self, pressure: Numeric, density: Numeric, ones: Numeric) -> Saturation:
        return Saturation(
            pressure=pressure,
            temperature=self.reference_temperature + self.temperature_slope * (pressure - 1.0e6),
            liquid_density=density,
            vapour_density=self.vapour_density * ones,
            liquid_enthalpy=self.saturation_enthalpy * ones,
            vapour_enthalpy=(self.saturation_enthalpy + self.latent_heat) * ones,
            latent_heat=self.latent_heat * ones,
            liquid_viscosity=self.viscosity * ones,
            vapour_viscosity=0.1 * self.viscosity * ones,
            liquid_conductivity=0.08 * ones,
            vapour_conductivity=0.015 * ones,
            liquid_heat_capacity=self.heat_capacity * ones,
            vapour_heat_capacity=0.7 * self.heat_capacity * ones,
            surface_tension=0.006 * ones,
            dT_dp=self.temperature_slope * ones,
        )
