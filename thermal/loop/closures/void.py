"""Void fraction: share of a pipe's section that vapour fills.

All functions are ``(mass_flux, quality, saturation, diameter, inclination) -> alpha`` [-], for floats or arrays that
broadcast; the inclination of the pipe [degrees], upward flow positive, 0 level, enters where a law knows it. They run
from 0 at quality 0 to 1 at quality 1 and rise with it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Numeric, Saturation

SMALLEST_MASS_FLUX = 1e-3
"""Mass flux [kg/(m2 s)] at which drift-flux laws are taken below it: drift over flow has no limit at rest."""


class VoidFraction(Protocol):
    """Signature of a void closure."""

    def __call__(
        self,
        mass_flux: Numeric,
        quality: Numeric,
        saturation: Saturation,
        diameter: Numeric,
        inclination: Numeric = 90.0,
    ) -> Numeric:
        """Return the void fraction [-]."""


def homogeneous(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric = 90.0,
) -> Numeric:
    """Void fraction of phases that move at one velocity [-]: ``1 / (1 + (1-x)/x rho_g/rho_l)``."""
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    vapour = x / saturation.vapour_density
    return vapour / (vapour + (1.0 - x) / saturation.liquid_density)


def rouhani(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric = 90.0,
) -> Numeric:
    """Void fraction by the drift-flux law of Rouhani and Axelsson for vertical pipes [-].

    Notes
    -----
    ``alpha = x/rho_g / [C0 (x/rho_g + (1-x)/rho_l) + v/G]``,
    ``C0 = 1 + 0.2 (1-x) (g D)^(1/4) (rho_l/G)^(1/2)``,
    ``v = 1.18 (1-x) [g sigma (rho_l - rho_g)]^(1/4) / rho_l^(1/2)``. Equal to
    ``fluids.two_phase_voidage.Rouhani_2``.

    References
    ----------
    S. Z. Rouhani, E. Axelsson, Int. J. Heat Mass Transfer 13 (1970) 383-393.
    """
    s = saturation
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    flux = np.maximum(np.abs(mass_flux), SMALLEST_MASS_FLUX)
    distribution = 1.0 + 0.2 * (1.0 - x) * np.sqrt(np.sqrt(GRAVITY * diameter)) * np.sqrt(
        s.liquid_density / flux
    )
    buoyancy = GRAVITY * s.surface_tension * (s.liquid_density - s.vapour_density)
    drift = 1.18 * (1.0 - x) / np.sqrt(s.liquid_density) * np.sqrt(np.sqrt(buoyancy))
    vapour = x / s.vapour_density
    return vapour / (distribution * (vapour + (1.0 - x) / s.liquid_density) + drift / flux)


def woldesemayat_ghajar(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric = 90.0,
) -> Numeric:
    """Void fraction by the drift-flux law of Woldesemayat and Ghajar for any inclination [-].

    Notes
    -----
    ``alpha = j_g / {j_g [1 + (j_l/j_g)^((rho_g/rho_l)^0.1)] + v}`` with
    ``v = 2.9 [g D sigma (1 + cos i) (rho_l - rho_g) / rho_l^2]^(1/4) (1.22 + 1.22 sin i)^(101325 Pa / p)``.
    Equal to ``fluids.two_phase_voidage.Woldesemayat_Ghajar`` up to quality 0.95 and equal velocities. The law leaves
    some liquid at quality 1; from 0.95 on it is led to 1 (assumption). Below 5 kPa the power of the pressure is held
    (assumption).

    As a drift-flux law its ``C0 = b [1 + (1/b - 1)^((rho_g/rho_l)^0.1)]``, ``b = j_g / j``, is below 1 wherever
    ``j_g < j_l``: where the flow is fast, the vapour would lag behind the liquid. In level and upward pipes it cannot,
    as buoyancy speeds it: the void is held at that of equal velocities there (assumption; :func:`held_void` says by
    how much). In downward pipes the vapour does lag.

    References
    ----------
    M. A. Woldesemayat, A. J. Ghajar, Int. J. Multiphase Flow 33 (2007) 347-370.
    """
    as_published = _woldesemayat_ghajar(mass_flux, quality, saturation, diameter, inclination)
    even = homogeneous(mass_flux, quality, saturation, diameter)
    return np.where(np.asarray(inclination) < 0.0, as_published, np.minimum(as_published, even))


def held_void(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric = 90.0,
) -> Numeric:
    """How far the law of Woldesemayat and Ghajar, as published, is above :func:`woldesemayat_ghajar` [-]."""
    as_published = _woldesemayat_ghajar(mass_flux, quality, saturation, diameter, inclination)
    return as_published - woldesemayat_ghajar(mass_flux, quality, saturation, diameter, inclination)


def _woldesemayat_ghajar(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric,
) -> Numeric:
    s = saturation
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    flux = np.maximum(np.abs(mass_flux), SMALLEST_MASS_FLUX)
    vapour = np.maximum(flux * x / s.vapour_density, 1e-30)
    liquid = flux * (1.0 - x) / s.liquid_density
    angle = np.radians(inclination)
    distribution = vapour * (1.0 + (liquid / vapour) ** ((s.vapour_density / s.liquid_density) ** 0.1))
    buoyancy = GRAVITY * diameter * s.surface_tension * (s.liquid_density - s.vapour_density)
    drift = 2.9 * np.sqrt(np.sqrt(buoyancy * (1.0 + np.cos(angle)) / s.liquid_density**2))
    drift = drift * (1.22 + 1.22 * np.sin(angle)) ** np.minimum(101325.0 / s.pressure, 20.0)
    share = np.clip((x - 0.95) / 0.05, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    return (1.0 - share) * vapour / (distribution + drift) + share


def zivi(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    inclination: Numeric = 90.0,
) -> Numeric:
    """Void fraction of annular flow of least entropy production [-]: slip ratio ``(rho_l/rho_g)^(1/3)``.

    References
    ----------
    S. M. Zivi, J. Heat Transfer 86 (1964) 247-252. Equal to ``fluids.two_phase_voidage.Zivi``.
    """
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    return x / (x + (1.0 - x) * np.cbrt(saturation.vapour_density / saturation.liquid_density) ** 2)


_BHAGWAT = "Bhagwat and Ghajar, Exp. Therm. Fluid Sci. 39 (2012) 213, as others quote it"

VOID: dict[str, Closure[VoidFraction]] = {
    closure.name: closure
    for closure in (
        Closure[VoidFraction](
            "rouhani",
            "void",
            rouhani,
            "Rouhani and Axelsson, Int. J. Heat Mass Transfer 13 (1970) 383",
            "vertical pipes, boiling water and refrigerants, all qualities",
            {"mass_flux": (1.0, 4000.0)},
            band=ErrorBand(
                0.10, f"{_BHAGWAT}; vertical downward flow, taken over for upward flow", share=0.90
            ),
        ),
        Closure[VoidFraction](
            "homogeneous",
            "void",
            homogeneous,
            "equal phase velocities",
            "bubbly and mist flow, high pressure",
        ),
        Closure[VoidFraction](
            "woldesemayat-ghajar",
            "void",
            woldesemayat_ghajar,
            "Woldesemayat and Ghajar, Int. J. Multiphase Flow 33 (2007) 347",
            "2845 points, air-water, natural gas-water, air-kerosene, D 12.7-102 mm, level to vertical",
            {"diameter": (0.0127, 0.1026)},
            band=ErrorBand(
                0.10, f"{_BHAGWAT}; vertical downward flow, taken over for upward flow", share=0.90
            ),
            held=held_void,
        ),
        Closure[VoidFraction](
            "zivi", "void", zivi, "Zivi, J. Heat Transfer 86 (1964) 247", "annular flow without entrainment"
        ),
    )
}
"""Void closures by name."""


def void_closure(name: str) -> Closure[VoidFraction]:
    """Return the void closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("void", name, VOID)
