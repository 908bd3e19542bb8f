"""Frictional pressure gradient of single- and two-phase flow in a pipe.

All functions are ``(mass_flux, quality, saturation, diameter, roughness) -> dp/dz`` [Pa/m], for floats or
arrays that broadcast. The gradient has the sign of the mass flux: positive where pressure falls along the
flow.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Numeric, Saturation

LAMINAR_END, TURBULENT_START = 2040.0, 4000.0
"""Reynolds numbers between which laminar and turbulent friction are blended; the first is ``fluids``'s."""
_LOG10_PER_ROUGH = 0.12396818633541754604  # ln(10) / 18.574
_LOG_OFFSET = 0.77939748845568194061  # ln(ln(10) / 5.02)
_SCALE = 1.3254745276195995026  # (ln(10) / 2)^2
_SMALLEST_REYNOLDS = 1e-9


class PressureGradient(Protocol):
    """Signature of a friction closure."""

    def __call__(
        self,
        mass_flux: Numeric,
        quality: Numeric,
        saturation: Saturation,
        diameter: Numeric,
        roughness: Numeric = 0.0,
    ) -> Numeric:
        """Return the frictional pressure gradient [Pa/m]."""


def friction_factor(reynolds: Numeric, relative_roughness: Numeric = 0.0) -> Numeric:
    """Darcy friction factor of a pipe [-].

    Notes
    -----
    ``64/Re`` to Re = 2040, the Colebrook law (solved by Clamond 2009 to round-off) from 4000, and a cubic
    blend in ln Re between them (assumption): a jump there would leave a network without a solution.

    Examples
    --------
    >>> round(friction_factor(1e5, 1e-4), 10)
    0.0185138661
    """
    reynolds = np.maximum(reynolds, _SMALLEST_REYNOLDS)
    share = np.clip(np.log(reynolds / LAMINAR_END) / np.log(TURBULENT_START / LAMINAR_END), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    turbulent = colebrook(np.maximum(reynolds, LAMINAR_END), relative_roughness)
    return (1.0 - share) * (64.0 / reynolds) + share * turbulent


def colebrook(reynolds: Numeric, relative_roughness: Numeric = 0.0) -> Numeric:
    """Darcy friction factor of turbulent flow [-]: Colebrook (1939), solved by Clamond (2009)."""
    x1 = relative_roughness * reynolds * _LOG10_PER_ROUGH
    x2 = np.log(reynolds) - _LOG_OFFSET
    guess = x2 - 0.2
    total = x1 + guess
    error = (np.log(total) - 0.2) / (1.0 + total)
    guess = guess - (1.0 + total + 0.5 * error) * error * total / (1.0 + total + error * (1.0 + error / 3.0))
    total = x1 + guess
    error = (np.log(total) + guess - x2) / (1.0 + total)
    bottom = 1.0 + total + error * (1.0 + error / 3.0)
    root = bottom / (bottom * guess - (1.0 + total + 0.5 * error) * error * total)
    return _SCALE * root * root


def single_phase(
    mass_flux: Numeric, density: Numeric, viscosity: Numeric, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Pressure gradient of one phase alone [Pa/m]: ``f G |G| / (2 rho D)``."""
    reynolds = np.abs(mass_flux) * diameter / viscosity
    factor = friction_factor(reynolds, roughness / diameter)
    return factor * mass_flux * np.abs(mass_flux) / (2.0 * density * diameter)


def muller_steinhagen_heck(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Two-phase pressure gradient by Müller-Steinhagen and Heck [Pa/m].

    Notes
    -----
    ``[A + 2 (B - A) x] (1 - x)^(1/3) + B x^3`` with A and B the gradients of all flow as liquid and as
    vapour. Smooth from pure liquid to pure vapour. Equal to ``fluids.two_phase.Muller_Steinhagen_Heck``
    outside of the blend of :func:`friction_factor`.

    References
    ----------
    H. Müller-Steinhagen, K. Heck, Chem. Eng. Process. 20 (1986) 297-308, eqs. 8-12.
    """
    s = saturation
    x = np.clip(quality, 0.0, 1.0)
    liquid = single_phase(mass_flux, s.liquid_density, s.liquid_viscosity, diameter, roughness)
    vapour = single_phase(mass_flux, s.vapour_density, s.vapour_viscosity, diameter, roughness)
    return (liquid + 2.0 * (vapour - liquid) * x) * np.cbrt(1.0 - x) + vapour * x**3


def homogeneous(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Two-phase pressure gradient of the homogeneous model [Pa/m].

    Notes
    -----
    One fluid of the mixture's density, with McAdams' viscosity ``1/mu = x/mu_g + (1-x)/mu_l``.

    References
    ----------
    W. H. McAdams, W. K. Woods, L. C. Heroman, Trans. ASME 64 (1942) 193-200.
    """
    s = saturation
    x = np.clip(quality, 0.0, 1.0)
    density = 1.0 / (x / s.vapour_density + (1.0 - x) / s.liquid_density)
    viscosity = 1.0 / (x / s.vapour_viscosity + (1.0 - x) / s.liquid_viscosity)
    return single_phase(mass_flux, density, viscosity, diameter, roughness)


FRICTION: dict[str, Closure[PressureGradient]] = {
    closure.name: closure
    for closure in (
        Closure[PressureGradient](
            "muller-steinhagen-heck",
            "friction",
            muller_steinhagen_heck,
            "Müller-Steinhagen and Heck, Chem. Eng. Process. 20 (1986) 297",
            "9300 points, D 4-392 mm, air-water, steam, R11, R12, R22, hydrocarbons; mean deviation 42 %",
            {"diameter": (4e-3, 0.392)},
        ),
        Closure[PressureGradient](
            "homogeneous",
            "friction",
            homogeneous,
            "McAdams, Woods and Heroman, Trans. ASME 64 (1942) 193",
            "bubbly and mist flow; low where the phases slip",
        ),
    )
}
"""Friction closures by name."""


def friction_closure(name: str) -> Closure[PressureGradient]:
    """Return the friction closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("friction", name, FRICTION)
