"""Nucleate boiling: heat transfer coefficient over heat flux, and the superheat at which it sets in.

Closures are ``(heat_flux, state, surface) -> h`` [W/(m2 K)] referred to wall minus saturation temperature,
for arrays that broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Fluid, Numeric, Saturation


@dataclass(frozen=True)
class BoilingSurface:
    """The wetted wall and its channel.

    Attributes
    ----------
    hydraulic_diameter, length
        Of the channel, along the flow for ``length`` [m].
    heated_share
        Heated over wetted perimeter [-].
    peak_roughness
        ``Rp`` of DIN 4762, as Cooper uses it [m].
    mean_roughness
        ``Ra`` [m].
    """

    hydraulic_diameter: float
    length: float
    heated_share: float = 1.0
    peak_roughness: float = 1.0e-6
    mean_roughness: float = 0.4e-6


@dataclass(frozen=True)
class BoilingState:
    """Fluid along the wetted wall, one value for each segment.

    Attributes
    ----------
    fluid
        Working fluid.
    saturation
        Properties at the local pressure.
    liquid_temperature
        Of the bulk liquid, at most that of saturation [K].
    mass_flux
        [kg/(m2 s)].
    quality
        Vapour mass share, 0 where subcooled [-].
    """

    fluid: Fluid
    saturation: Saturation
    liquid_temperature: Numeric
    mass_flux: Numeric
    quality: Numeric


class BoilingCoefficient(Protocol):
    """Signature of a boiling closure."""

    def __call__(self, heat_flux: Numeric, state: BoilingState, surface: BoilingSurface) -> Numeric:
        """Return the heat transfer coefficient [W/(m2 K)]."""


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


BOILING: dict[str, Closure[BoilingCoefficient]] = {
    closure.name: closure
    for closure in (
        Closure[BoilingCoefficient](
            "cooper",
            "boiling",
            cooper,
            "Cooper, Adv. Heat Transfer 16 (1984) 157",
            "pool boiling, 0.001 <= p/p_c <= 0.9, 2 <= M <= 200 g/mol",
            {"reduced_pressure": (0.001, 0.9), "molar_mass": (2e-3, 0.2)},
        ),
    )
}
"""Boiling closures by name."""


def boiling_closure(name: str) -> Closure[BoilingCoefficient]:
    """Return the boiling closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("boiling", name, BOILING)


def onset_superheat(saturation: Saturation, convection: Numeric, subcooling: Numeric) -> Numeric:
    """Wall superheat at which bubbles begin to grow [K].

    Parameters
    ----------
    saturation
        Properties at the local pressure.
    convection
        Single-phase coefficient to the liquid [W/(m2 K)].
    subcooling
        Saturation minus liquid temperature [K].

    Notes
    -----
    ``dT^2 = B q`` with ``B = 8 sigma T_sat (1/rho_g - 1/rho_l) / (k_l h_lg)``, the point where the liquid's
    linear temperature profile touches the curve of bubble equilibrium (cavities of every size present), and
    ``q = h (dT + dT_sub)``. A well-wetting fluid on a smooth wall starts later, by 10-30 K.

    References
    ----------
    E. J. Davis, G. H. Anderson, AIChE J. 12 (1966) 774-780; Y. Y. Hsu, J. Heat Transfer 84 (1962) 207-213.
    """
    s = saturation
    specific_volume = 1.0 / s.vapour_density - 1.0 / s.liquid_density
    b = 8.0 * s.surface_tension * s.temperature * specific_volume / (s.liquid_conductivity * s.latent_heat)
    linear = b * convection
    return 0.5 * (linear + np.sqrt(linear**2 + 4.0 * linear * np.maximum(subcooling, 0.0)))
