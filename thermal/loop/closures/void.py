"""Void fraction: share of a pipe's section that vapour fills.

All functions are ``(mass_flux, quality, saturation, diameter) -> alpha`` [-], for floats or arrays that
broadcast. They run from 0 at quality 0 to 1 at quality 1 and rise with it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Numeric, Saturation

GRAVITY = 9.80665
"""Standard acceleration of free fall [m/s2] (CGPM 1901), as in ``fluids``."""
SMALLEST_MASS_FLUX = 1e-3
"""Mass flux [kg/(m2 s)] at which drift-flux laws are taken below it: drift over flow has no limit at rest."""


class VoidFraction(Protocol):
    """Signature of a void closure."""

    def __call__(
        self, mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric
    ) -> Numeric:
        """Return the void fraction [-]."""


def homogeneous(mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric) -> Numeric:
    """Void fraction of phases that move at one velocity [-]: ``1 / (1 + (1-x)/x rho_g/rho_l)``."""
    x = np.clip(quality, 0.0, 1.0)
    vapour = x / saturation.vapour_density
    return vapour / (vapour + (1.0 - x) / saturation.liquid_density)


def rouhani(mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric) -> Numeric:
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
    x = np.clip(quality, 0.0, 1.0)
    flux = np.maximum(np.abs(mass_flux), SMALLEST_MASS_FLUX)
    distribution = 1.0 + 0.2 * (1.0 - x) * np.sqrt(np.sqrt(GRAVITY * diameter)) * np.sqrt(
        s.liquid_density / flux
    )
    buoyancy = GRAVITY * s.surface_tension * (s.liquid_density - s.vapour_density)
    drift = 1.18 * (1.0 - x) / np.sqrt(s.liquid_density) * np.sqrt(np.sqrt(buoyancy))
    vapour = x / s.vapour_density
    return vapour / (distribution * (vapour + (1.0 - x) / s.liquid_density) + drift / flux)


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
        ),
        Closure[VoidFraction](
            "homogeneous",
            "void",
            homogeneous,
            "equal phase velocities",
            "bubbly and mist flow, high pressure",
        ),
    )
}
"""Void closures by name."""


def void_closure(name: str) -> Closure[VoidFraction]:
    """Return the void closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("void", name, VOID)
