"""Whether the closures of a case are used inside the ranges that their papers give."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from thermal.loop.closures.registry import Closure
from thermal.loop.fluids import Fluid, Numeric, Saturation


def range_warnings(
    closures: Iterable[Closure[Callable[..., Any]]],
    fluid: Fluid,
    saturation: Saturation,
    mass_flux: Numeric,
    diameter: Numeric,
    heat_flux: Numeric | None = None,
) -> list[str]:
    """Return a warning for each closure and quantity that lies outside of its range.

    Parameters
    ----------
    closures
        Those in use at this place.
    fluid, saturation
        Working fluid and its properties there.
    mass_flux, diameter
        [kg/(m2 s)], hydraulic [m]; numbers or arrays.
    heat_flux
        At the wall, where there is one [W/m2].
    """
    s = saturation
    values: dict[str, Numeric] = {
        "mass_flux": abs(mass_flux),
        "diameter": diameter,
        "reduced_pressure": s.pressure / fluid.critical_pressure,
        "molar_mass": fluid.molar_mass,
        "viscosity_ratio": s.liquid_viscosity / s.vapour_viscosity,
        "density_ratio": s.liquid_density / s.vapour_density,
        "liquid_reynolds": abs(mass_flux) * diameter / s.liquid_viscosity,
        "saturation_temperature": s.temperature,
    }
    if heat_flux is not None:
        values["heat_flux"] = heat_flux
    return [warning for closure in closures for warning in closure.outside(**values)]


def held_warning(closure: Closure[Callable[..., Any]], held: float) -> str:
    """Return the warning for a closure whose formula would be ``held`` [-] beyond what is physical."""
    return (
        f"{closure.role} closure {closure.name}: held at equal velocities, up to {held:.2g} below its formula"
    )
