"""Heat-transfer liquids that are known by formulas of temperature and not by an equation of state.

They carry heat as liquid. So that a loop of them is computed by the same code, a coarse vapour goes with
them: vapour pressure through the boiling and the critical point, ideal gas, latent heat of the slope. That
puts boiling where it belongs, out of reach, and serves nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.loop.fluids import TABULATED, SaturationTable

Array = NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""[J/(mol K)] (CODATA 2018)."""
ZERO_CELSIUS = 273.15
NODES = 200


@dataclass(frozen=True)
class FormulaLiquid:
    """A liquid by formulas of its temperature in degrees Celsius.

    Attributes
    ----------
    name, source
        What and from where.
    valid
        Range of the formulas [degC]; the tables go on to ``upper``.
    upper
        Upper end of the tables [K].
    density, viscosity, conductivity, heat_capacity, enthalpy
        [kg/m3], [Pa s], [W/(m K)], [J/(kg K)], [J/kg].
    molar_mass
        [kg/mol].
    boiling_point, critical_temperature, critical_pressure
        At 101325 Pa [K], [K], [Pa].
    vapour_viscosity, vapour_conductivity, vapour_heat_capacity
        Constant (assumption) [Pa s], [W/(m K)], [J/(kg K)].
    surface_tension
        At 20 degC [N/m]; falls with ``(1 - T/T_c)^1.2`` (assumption).
    """

    name: str
    source: str
    valid: tuple[float, float]
    upper: float
    density: Callable[[Array], Array]
    viscosity: Callable[[Array], Array]
    conductivity: Callable[[Array], Array]
    heat_capacity: Callable[[Array], Array]
    enthalpy: Callable[[Array], Array]
    molar_mass: float
    boiling_point: float
    critical_temperature: float
    critical_pressure: float
    vapour_viscosity: float
    vapour_conductivity: float
    vapour_heat_capacity: float
    surface_tension: float

    def table(self) -> SaturationTable:
        """Sample the formulas."""
        slope = math.log(self.critical_pressure / 101325.0) / (
            1.0 / self.boiling_point - 1.0 / self.critical_temperature
        )
        lower = self.valid[0] + ZERO_CELSIUS

        def variable(temperature: float) -> float:
            return float((slope * (1.0 / temperature - 1.0 / self.critical_temperature)) ** (1.0 / 3.0))

        ends = (variable(self.upper), variable(lower))
        even = np.linspace(*ends, NODES)
        temperature = 1.0 / (even**3 / slope + 1.0 / self.critical_temperature)
        pressure = self.critical_pressure * np.exp(-(even**3))
        celsius = temperature - ZERO_CELSIUS
        latent = np.full(NODES, slope * GAS_CONSTANT / self.molar_mass)
        tension = (
            (1.0 - temperature / self.critical_temperature) / (1.0 - 293.15 / self.critical_temperature)
        ) ** 1.2
        columns = {
            "temperature": temperature,
            "liquid_density": self.density(celsius),
            "vapour_density": pressure * self.molar_mass / (GAS_CONSTANT * temperature),
            "liquid_enthalpy": self.enthalpy(celsius),
            "vapour_enthalpy": self.enthalpy(celsius) + latent,
            "latent_heat": latent,
            "liquid_viscosity": self.viscosity(celsius),
            "vapour_viscosity": np.full(NODES, self.vapour_viscosity),
            "liquid_conductivity": self.conductivity(celsius),
            "vapour_conductivity": np.full(NODES, self.vapour_conductivity),
            "liquid_heat_capacity": self.heat_capacity(celsius),
            "vapour_heat_capacity": np.full(NODES, self.vapour_heat_capacity),
            "surface_tension": self.surface_tension * tension,
        }
        low, high = self.valid
        return SaturationTable(
            self.name,
            "formulas",
            self.molar_mass,
            self.critical_temperature,
            self.critical_pressure,
            ends,
            np.stack([columns[name] for name in TABULATED], axis=1),
            {
                "liquid": self.source,
                "vapour": "ideal gas, for the place of the boiling point only (assumption)",
            },
            (f"{self.name}: formulas of the liquid hold from {low:.0f} to {high:.0f} degC; vapour assumed",),
        )


DOWTHERM_A = FormulaLiquid(
    name="Dowtherm A",
    source="formulas of the CIET facility: Zou, Hu, O'Grady and Hu, ANL/NSE-19/11 (2019)",
    valid=(20.0, 180.0),
    upper=600.0,
    density=lambda t: 1078.0 - 0.85 * t,
    viscosity=lambda t: 0.130 / t**1.072,
    conductivity=lambda t: 0.142 - 0.00016 * t,
    heat_capacity=lambda t: 1518.0 + 2.82 * t,
    enthalpy=lambda t: 1518.0 * t + 1.41 * t**2,
    molar_mass=0.166,
    boiling_point=530.25,
    critical_temperature=770.15,
    critical_pressure=3.134e6,
    vapour_viscosity=1.0e-5,
    vapour_conductivity=0.024,
    vapour_heat_capacity=2000.0,
    surface_tension=0.040,
)
"""Eutectic of biphenyl and diphenyl oxide; boiling and critical point and vapour as rounded by Dow."""

FORMULA_LIQUIDS: dict[str, FormulaLiquid] = {liquid.name: liquid for liquid in (DOWTHERM_A,)}
"""Liquids by formulas, by name."""
