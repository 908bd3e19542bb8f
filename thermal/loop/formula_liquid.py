"""Heat-transfer liquids that are known by formulas of temperature and not by an equation of state.

They carry heat as liquid. So that a loop of them is computed by the same code, a coarse vapour goes with
them: vapour pressure through the boiling and the critical point, ideal gas, latent heat of the slope. That
puts boiling where it belongs, out of reach, and serves nothing else.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, field_validator, model_validator

from meshes.errors import InputError
from meshes.quantity import PositiveNumber, Pressure, Spec, Temperature, ThermalConductivity
from thermal.errors import FluidError
from thermal.loop.fluids import TABULATED, Fluid, SaturationTable
from thermal.loop.formulas import compile_formula

Array = NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""[J/(mol K)] (CODATA 2018)."""
ZERO_CELSIUS = 273.15
NODES = 200

PropertyFormula = Annotated[str, Field(min_length=1, max_length=500)]


class LiquidSpec(Spec):
    """A liquid by formulas of its temperature ``T`` in degrees Celsius.

    Attributes
    ----------
    name, source
        What and from where.
    lowest, highest
        Where the formulas hold [K].
    upper
        Upper end of the tables, above ``highest`` by what static pressure needs [K].
    density, viscosity, conductivity, heat_capacity
        Formulas [kg/m3], [Pa s], [W/(m K)], [J/(kg K)].
    molar_mass
        [kg/mol].
    boiling_point, critical_temperature, critical_pressure
        At 101325 Pa [K], [K], [Pa].
    vapour_viscosity, vapour_conductivity, vapour_heat_capacity
        Constant (assumption) [Pa s], [W/(m K)], [J/(kg K)].
    surface_tension
        At 20 degC [N/m]; falls with ``(1 - T/T_c)^1.2`` (assumption).
    """

    name: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    lowest: Temperature
    highest: Temperature
    upper: Temperature | None = None
    density: PropertyFormula
    viscosity: PropertyFormula
    conductivity: PropertyFormula
    heat_capacity: PropertyFormula
    molar_mass: PositiveNumber
    boiling_point: Temperature
    critical_temperature: Temperature
    critical_pressure: Pressure
    vapour_viscosity: PositiveNumber = 1.0e-5
    vapour_conductivity: ThermalConductivity = 0.02
    vapour_heat_capacity: PositiveNumber = 2000.0
    surface_tension: PositiveNumber = 0.03

    @field_validator("density", "viscosity", "conductivity", "heat_capacity")
    @classmethod
    def _reads(cls, text: str) -> str:
        try:
            compile_formula(text, "T")
        except InputError as error:
            raise ValueError(str(error)) from None
        return text

    @model_validator(mode="after")
    def _ordered(self) -> LiquidSpec:
        top = self.upper or max(self.highest, self.boiling_point)
        if not self.lowest < self.highest <= top < self.critical_temperature:
            raise ValueError("temperatures must ascend: lowest, highest, upper, critical_temperature")
        if not self.boiling_point < self.critical_temperature or self.critical_pressure <= 101325.0:
            raise ValueError(
                "boiling_point must lie below critical_temperature, critical_pressure above 101325 Pa"
            )
        return self


def read_liquid(path: Path) -> LiquidSpec:
    """Read a liquid from a TOML file.

    Raises
    ------
    FluidError
        If the file cannot be read or a key is missing, unknown or out of range; the message names it.
    """
    try:
        with path.open("rb") as file:
            return LiquidSpec.model_validate(tomllib.load(file))
    except OSError as error:
        raise FluidError(f"{path}: {error.strerror or error}") from None
    except tomllib.TOMLDecodeError as error:
        raise FluidError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise FluidError(f"{path}: {key + ': ' if key else ''}{first['msg']}") from None


def liquid_fluid(spec: LiquidSpec) -> Fluid:
    """Return the liquid as a fluid with tables.

    Raises
    ------
    FluidError
        If a formula gives something that is not positive within the range.
    """
    slope = math.log(spec.critical_pressure / 101325.0) / (
        1.0 / spec.boiling_point - 1.0 / spec.critical_temperature
    )
    upper = spec.upper or max(spec.highest, spec.boiling_point)

    def variable(temperature: float) -> float:
        return float((slope * (1.0 / temperature - 1.0 / spec.critical_temperature)) ** (1.0 / 3.0))

    ends = (variable(upper), variable(spec.lowest))
    even = np.linspace(*ends, NODES)
    temperature = 1.0 / (even**3 / slope + 1.0 / spec.critical_temperature)
    columns = _liquid_columns(spec, temperature) | _vapour_columns(spec, temperature, slope, even)
    columns["vapour_enthalpy"] = columns["liquid_enthalpy"] + columns["latent_heat"]
    span = f"{spec.lowest - ZERO_CELSIUS:.0f} to {spec.highest - ZERO_CELSIUS:.0f} degC"
    return Fluid(
        SaturationTable(
            spec.name,
            "formulas",
            spec.molar_mass,
            spec.critical_temperature,
            spec.critical_pressure,
            ends,
            np.stack([columns[name] for name in TABULATED], axis=1),
            {
                "liquid": spec.source,
                "vapour": "ideal gas, for the place of the boiling point only (assumption)",
            },
            (f"{spec.name}: formulas of the liquid hold from {span}; its vapour is a stand-in (assumption)",),
        )
    )


def _liquid_columns(spec: LiquidSpec, temperature: Array) -> dict[str, Array]:
    """Properties of the liquid; enthalpy is the integral of the heat capacity from ``lowest``."""
    from scipy.interpolate import CubicSpline

    columns = {"temperature": temperature}
    for name in ("density", "viscosity", "conductivity", "heat_capacity"):
        with np.errstate(all="ignore"):
            values = np.array(compile_formula(getattr(spec, name), "T")(temperature - ZERO_CELSIUS))
        if not np.all(np.isfinite(values) & (values > 0.0)):
            worst = float(temperature[np.argmin(np.where(np.isfinite(values), values, -np.inf))])
            raise FluidError(f"{spec.name}: {name.replace('_', ' ')} is not positive at {worst:.1f} K")
        columns[f"liquid_{name}"] = values
    rising = temperature[::-1]
    integral = CubicSpline(rising, columns["liquid_heat_capacity"][::-1]).antiderivative()
    columns["liquid_enthalpy"] = np.asarray(integral(temperature) - integral(rising[0]))
    return columns


def _vapour_columns(spec: LiquidSpec, temperature: Array, slope: float, even: Array) -> dict[str, Array]:
    pressure = spec.critical_pressure * np.exp(-(even**3))
    ones = np.ones_like(temperature)
    left = (1.0 - temperature / spec.critical_temperature) / (1.0 - 293.15 / spec.critical_temperature)
    return {
        "vapour_density": pressure * spec.molar_mass / (GAS_CONSTANT * temperature),
        "latent_heat": slope * GAS_CONSTANT / spec.molar_mass * ones,
        "vapour_viscosity": spec.vapour_viscosity * ones,
        "vapour_conductivity": spec.vapour_conductivity * ones,
        "vapour_heat_capacity": spec.vapour_heat_capacity * ones,
        "surface_tension": spec.surface_tension * left**1.2,
    }


def dowtherm_a() -> LiquidSpec:
    """Return the eutectic of biphenyl and diphenyl oxide; boiling and critical point as its maker rounds them."""
    return LiquidSpec(
        name="Dowtherm A",
        source="formulas of the CIET facility: Zou, Hu, O'Grady and Hu, ANL/NSE-19/11 (2019)",
        lowest=20.0 + ZERO_CELSIUS,
        highest=180.0 + ZERO_CELSIUS,
        upper=600.0,
        density="1078 - 0.85*T",
        viscosity="0.130 / T**1.072",
        conductivity="0.142 - 0.00016*T",
        heat_capacity="1518 + 2.82*T",
        molar_mass=0.166,
        boiling_point=530.25,
        critical_temperature=770.15,
        critical_pressure=3.134e6,
        vapour_conductivity=0.024,
        surface_tension=0.040,
    )
