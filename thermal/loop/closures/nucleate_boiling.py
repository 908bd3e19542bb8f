"""Nucleate pool boiling, and the superheat at which it sets in."""

from __future__ import annotations

import functools

import numpy as np

from thermal.loop.closures.boiling_state import BoilingState, BoilingSurface
from thermal.loop.fluid_list import find_offered
from thermal.loop.fluids import Numeric, Saturation

_GORENFLO_FLUX = 2e4
_GORENFLO_ROUGHNESS = 0.4e-6
_GORENFLO_REDUCED_PRESSURE = 0.1


def cooper_factor(reduced_pressure: Numeric, molar_mass: float, peak_roughness: float) -> Numeric:
    """Factor ``C`` of Cooper's ``h = C q^0.67``; molar mass in [kg/mol], roughness in [m]."""
    minus_log = -np.log10(reduced_pressure)
    exponent = 0.12 - 0.2 * np.log10(peak_roughness * 1e6)
    return 55.0 * reduced_pressure**exponent * minus_log**-0.55 * (molar_mass * 1e3) ** -0.5


def cooper(heat_flux: Numeric, state: BoilingState, surface: BoilingSurface) -> Numeric:
    """Coefficient of nucleate pool boiling by Cooper [W/(m2 K)].

    Notes
    -----
    ``h = 55 p_r^(0.12 - 0.2 lg Rp) (-lg p_r)^-0.55 M^-0.5 q^0.67`` with Rp in micrometre and M in g/mol.
    Equal to ``ht.Cooper``.

    References
    ----------
    M. G. Cooper, Adv. Heat Transfer 16 (1984) 157-239; IChemE Symp. Ser. 86 (1984) 785.
    """
    fluid = state.fluid
    reduced = state.saturation.pressure / fluid.critical_pressure
    return (
        cooper_factor(reduced, fluid.molar_mass, surface.peak_roughness) * np.maximum(heat_flux, 0.0) ** 0.67
    )


@functools.cache
def gorenflo_reference(fluid_name: str) -> float | None:
    """Coefficient at 20 kW/m2, p_r = 0.1 and Ra = 0.4 um, ``None`` if not listed [W/(m2 K)].

    References
    ----------
    VDI-Wärmeatlas (1993), section Ha, as ``ht`` lists it.
    """
    from ht.boiling_nucleic import h0_Gorenflow_1993

    value = h0_Gorenflow_1993.get(find_offered(fluid_name).cas)
    return None if value is None else float(value)


def gorenflo(heat_flux: Numeric, state: BoilingState, surface: BoilingSurface) -> Numeric:
    """Coefficient of nucleate pool boiling by Gorenflo [W/(m2 K)].

    Notes
    -----
    ``h = h_0 F_p (q/20 kW m-2)^n (Ra/0.4 um)^0.133`` with F_p and n of the reduced pressure, other ones for
    water. Equal to
    ``ht.Gorenflo`` for the fluids that are listed there; for others h_0 is Cooper's (Rp = 1 um) at the
    reference state (assumption).

    References
    ----------
    D. Gorenflo, in VDI-Wärmeatlas (1993), section Ha.
    """
    reduced = state.saturation.pressure / state.fluid.critical_pressure
    reference = gorenflo_reference(state.fluid.name)
    if reference is None:
        factor = cooper_factor(_GORENFLO_REDUCED_PRESSURE, state.fluid.molar_mass, 1e-6)
        reference = float(factor * _GORENFLO_FLUX**0.67)
    if state.fluid.name == "water":
        exponent = 0.9 - 0.3 * reduced**0.15
        pressure = 1.73 * reduced**0.27 + (6.1 + 0.68 / (1.0 - reduced)) * reduced**2
    else:
        exponent = 0.9 - 0.3 * reduced**0.3
        pressure = 1.2 * reduced**0.27 + (2.5 + 1.0 / (1.0 - reduced)) * reduced
    roughness = (surface.mean_roughness / _GORENFLO_ROUGHNESS) ** 0.133
    return reference * roughness * pressure * (np.maximum(heat_flux, 0.0) / _GORENFLO_FLUX) ** exponent


def onset_superheat(
    saturation: Saturation, convection: Numeric, subcooling: Numeric, cavity_radius: float | None = None
) -> Numeric:
    """Wall superheat at which bubbles begin to grow [K].

    Parameters
    ----------
    saturation
        Properties at the local pressure.
    convection
        Single-phase coefficient to the liquid [W/(m2 K)].
    subcooling
        Saturation minus liquid temperature [K].
    cavity_radius
        Of the largest cavities that hold vapour [m]; ``None`` takes every size as present.

    Notes
    -----
    A bubble on a mouth of radius r lives where the liquid at its top is superheated by ``2 B k/r``,
    ``B = sigma T_sat (1/rho_g - 1/rho_l) / (k_l h_lg)``; with the linear profile of conduction the wall has
    ``dT = 2 B k/r + q r/k``, ``q = h (dT + dT_sub)``. The least over r is ``dT^2 = 8 B q``. Well-wetting
    liquids on smooth walls have small cavities only and start at 10-30 K.

    References
    ----------
    Y. Y. Hsu, J. Heat Transfer 84 (1962) 207-213; E. J. Davis, G. H. Anderson, AIChE J. 12 (1966) 774-780.
    """
    s = saturation
    specific_volume = 1.0 / s.vapour_density - 1.0 / s.liquid_density
    b = s.surface_tension * s.temperature * specific_volume / (s.liquid_conductivity * s.latent_heat)
    subcooling = np.maximum(subcooling, 0.0)
    linear = 8.0 * b * convection
    free = 0.5 * (linear + np.sqrt(linear**2 + 4.0 * linear * subcooling))
    if cavity_radius is None:
        return free
    radius = np.sqrt(2.0 * b / np.maximum(convection * (free + subcooling), 1e-30)) * s.liquid_conductivity
    biot = convection * cavity_radius / s.liquid_conductivity
    curvature = 2.0 * b * s.liquid_conductivity / cavity_radius
    limited = (curvature + biot * subcooling) / np.maximum(1.0 - biot, 1e-3)
    return np.where(radius > cavity_radius, limited, free)
