"""Condensation on walls and in tubes.

Closures are ``(state, surface) -> h`` [W/(m2 K)] referred to saturation minus wall temperature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Fluid, Numeric, Saturation

_SMALLEST_MASS_FLUX = 1e-3


@dataclass(frozen=True)
class CondensingState:
    """Fluid at a cold wall; numbers or arrays that broadcast.

    Attributes
    ----------
    fluid
        Working fluid.
    saturation
        Properties at the local pressure.
    mass_flux
        [kg/(m2 s)].
    quality
        Vapour mass share [-].
    subcooling
        Of the wall: saturation minus wall temperature [K].
    """

    fluid: Fluid
    saturation: Saturation
    mass_flux: Numeric
    quality: Numeric
    subcooling: Numeric


@dataclass(frozen=True)
class CondensingSurface:
    """The cold wall.

    Attributes
    ----------
    diameter
        Of the tube [m].
    length
        Along the run of the film [m].
    inclination
        Of the wall against the level: 90 is vertical [degrees].
    """

    diameter: float
    length: float
    inclination: float = 90.0


class CondensationCoefficient(Protocol):
    """Signature of a condensation closure."""

    def __call__(self, state: CondensingState, surface: CondensingSurface) -> Numeric:
        """Return the heat transfer coefficient [W/(m2 K)]."""


def nusselt(state: CondensingState, surface: CondensingSurface) -> Numeric:
    """Mean coefficient of a laminar film running down a plane or a wide tube [W/(m2 K)].

    Notes
    -----
    ``(2 2^(1/2)/3) [k^3 rho_l (rho_l - rho_g) g sin(i) h_lg / (mu_l dT L)]^(1/4)``: no waves, no shear of
    the vapour. Equal to ``ht.Nusselt_laminar``.

    References
    ----------
    W. Nusselt, Z. VDI 60 (1916) 541-546, 569-575.
    """
    s = state.saturation
    gravity = GRAVITY * np.sin(np.radians(surface.inclination))
    weight = s.liquid_density * (s.liquid_density - s.vapour_density) * gravity * s.latent_heat
    subcooling = np.maximum(state.subcooling, 1e-6)
    inner = s.liquid_conductivity**3 * weight / (s.liquid_viscosity * subcooling * surface.length)
    return 2.0 * np.sqrt(2.0) / 3.0 * np.sqrt(np.sqrt(inner))


def shah(state: CondensingState, surface: CondensingSurface) -> Numeric:
    """Local coefficient of condensation in tubes by Shah [W/(m2 K)].

    Notes
    -----
    ``h_l [(1-x)^0.8 + 3.8 x^0.76 (1-x)^0.04 p_r^-0.38]``, h_l by Dittus and Boelter
    (``0.023 Re^0.8 Pr^0.4``) of all flow as liquid. Equal to ``ht.Shah``.

    References
    ----------
    M. M. Shah, Int. J. Heat Mass Transfer 22 (1979) 547-556.
    """
    s = state.saturation
    x = np.clip(state.quality, 0.0, 1.0)
    flux = np.maximum(np.abs(state.mass_flux), _SMALLEST_MASS_FLUX)
    prandtl = s.liquid_heat_capacity * s.liquid_viscosity / s.liquid_conductivity
    reynolds = flux * surface.diameter / s.liquid_viscosity
    liquid = 0.023 * reynolds**0.8 * prandtl**0.4 * s.liquid_conductivity / surface.diameter
    reduced = s.pressure / state.fluid.critical_pressure
    return liquid * ((1.0 - x) ** 0.8 + 3.8 * x**0.76 * (1.0 - x) ** 0.04 / reduced**0.38)


def cavallini(state: CondensingState, surface: CondensingSurface) -> Numeric:
    """Local coefficient of annular condensation in tubes by Cavallini and Zecchin [W/(m2 K)].

    Notes
    -----
    ``0.05 Re_eq^0.8 Pr^0.33 k/D``, ``Re_eq = Re_g (mu_g/mu_l) (rho_l/rho_g)^0.5 + Re_l`` with the Reynolds
    number of each phase's own flow. Equal to ``ht.Cavallini_Smith_Zecchin``.

    References
    ----------
    A. Cavallini, J. R. Smith, R. Zecchin, 6th Int. Heat Transfer Conf., Tokyo (1974) 309-313.
    """
    s = state.saturation
    x = np.clip(state.quality, 0.0, 1.0)
    flux = np.maximum(np.abs(state.mass_flux), _SMALLEST_MASS_FLUX)
    prandtl = s.liquid_heat_capacity * s.liquid_viscosity / s.liquid_conductivity
    share = x * np.sqrt(s.liquid_density / s.vapour_density) + 1.0 - x
    equivalent = flux * surface.diameter / s.liquid_viscosity * share
    return 0.05 * equivalent**0.8 * prandtl**0.33 * s.liquid_conductivity / surface.diameter


CONDENSATION: dict[str, Closure[CondensationCoefficient]] = {
    closure.name: closure
    for closure in (
        Closure[CondensationCoefficient](
            "nusselt",
            "condensation",
            nusselt,
            "Nusselt, Z. VDI 60 (1916) 541",
            "laminar film, film Reynolds number 4 G/mu below about 30 without waves, 1800 with",
            {"film_reynolds": (0.0, 1800.0)},
        ),
        Closure[CondensationCoefficient](
            "shah",
            "condensation",
            shah,
            "Shah, Int. J. Heat Mass Transfer 22 (1979) 547",
            "474 points, D 7-40 mm, G 10.8-1599 kg/(m2 s), p/p_c 0.002-0.44, T_sat 21-310 °C",
            {"diameter": (7e-3, 0.04), "mass_flux": (10.8, 1599.0), "reduced_pressure": (0.002, 0.44)},
            band=ErrorBand(0.154, "Shah (1979), over his 474 points (not checked against the page)"),
        ),
        Closure[CondensationCoefficient](
            "cavallini",
            "condensation",
            cavallini,
            "Cavallini, Smith and Zecchin, 6th Int. Heat Transfer Conf. (1974) 309",
            "annular flow, liquid Reynolds number 7000-53000, Prandtl 0.8-20, rho_l/rho_g 11-314",
            {"density_ratio": (11.0, 314.0), "liquid_reynolds": (7e3, 5.3e4)},
        ),
    )
}
"""Condensation closures by name."""


def condensation_closure(name: str) -> Closure[CondensationCoefficient]:
    """Return the condensation closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("condensation", name, CONDENSATION)


def mean_coefficient(
    closure: Closure[CondensationCoefficient],
    state: CondensingState,
    surface: CondensingSurface,
    entering: float = 1.0,
    leaving: float = 0.0,
) -> float:
    """Mean coefficient of a tube along which the quality falls evenly [W/(m2 K)].

    The numbers in ``state`` are those of one tube; its quality is not used. Gauss and Legendre's rule of 16
    points.
    """
    from scipy.special import roots_legendre  # takes longer to load than a small package to solve

    nodes, weights = roots_legendre(16)
    quality = 0.5 * (entering + leaving) + 0.5 * (entering - leaving) * nodes
    at = CondensingState(state.fluid, state.saturation, state.mass_flux, quality, state.subcooling)
    values = np.broadcast_to(closure.function(at, surface), quality.shape)
    return float(0.5 * weights @ values)
