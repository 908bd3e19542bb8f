"""Frictional pressure gradient of single- and two-phase flow in a pipe.

All functions are ``(mass_flux, quality, saturation, diameter, roughness) -> dp/dz`` [Pa/m], for floats or
arrays that broadcast. The gradient has the sign of the mass flux: positive where pressure falls along the
flow.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.fluids import Numeric, Saturation

LAMINAR_END, TURBULENT_START = 2040.0, 4000.0
"""Reynolds numbers between which laminar and turbulent friction are blended; the first is ``fluids``'s."""
_LOG10_PER_ROUGH = 0.12396818633541754604  # ln(10) / 18.574
_LOG_OFFSET = 0.77939748845568194061  # ln(ln(10) / 5.02)
_SCALE = 1.3254745276195995026  # (ln(10) / 2)^2
_SMALLEST_REYNOLDS = 1e-9
_LOG_LAMINAR_END = math.log(LAMINAR_END)
_PER_BLEND = 1.0 / math.log(TURBULENT_START / LAMINAR_END)
_SMALLEST_MASS_FLUX = 1e-6


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
    log_reynolds = np.log(reynolds)
    share = np.minimum(np.maximum((log_reynolds - _LOG_LAMINAR_END) * _PER_BLEND, 0.0), 1.0)
    share = share * share * (3.0 - 2.0 * share)
    fast, log_fast = np.maximum(reynolds, LAMINAR_END), np.maximum(log_reynolds, _LOG_LAMINAR_END)
    return (1.0 - share) * (64.0 / reynolds) + share * _colebrook(fast, log_fast, relative_roughness)


def _colebrook(reynolds: Numeric, log_reynolds: Numeric, relative_roughness: Numeric) -> Numeric:
    """Darcy friction factor of turbulent flow [-]: Colebrook (1939) by two iterations of Clamond (2009)."""
    x1 = relative_roughness * reynolds * _LOG10_PER_ROUGH
    x2 = log_reynolds - _LOG_OFFSET
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


def flat_channel_factor(width: float, depth: float) -> float:
    """Factor on the Reynolds number that makes laws of round pipes hold in a flat channel [-].

    Notes
    -----
    Jones' laminar equivalent: ``Re* = Re 64/(f Re)`` with the hydraulic diameter and the laminar constant of
    the rectangle, ``f Re = 96 (1 - 1.3553 b + 1.9467 b^2 - 1.7012 b^3 + 0.9564 b^4 - 0.2537 b^5)``, ``b``
    the side ratio below 1. To divide both viscosities by it does the same to every law here.

    References
    ----------
    O. C. Jones, J. Fluids Eng. 98 (1976) 173-180; R. K. Shah, A. L. London, Laminar Flow Forced Convection
    in Ducts (1978).

    Examples
    --------
    >>> round(flat_channel_factor(1.0, 0.0), 4)
    0.6667
    """
    b = min(width, depth) / max(width, depth)
    constant = 1.0 - 1.3553 * b + 1.9467 * b**2 - 1.7012 * b**3 + 0.9564 * b**4 - 0.2537 * b**5
    return 64.0 / (96.0 * constant)


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
    H. Müller-Steinhagen, K. Heck, Chem. Eng. Process. 20 (1986) 297-308.
    """
    s = saturation
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
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
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    density = 1.0 / (x / s.vapour_density + (1.0 - x) / s.liquid_density)
    viscosity = 1.0 / (x / s.vapour_viscosity + (1.0 - x) / s.liquid_viscosity)
    return single_phase(mass_flux, density, viscosity, diameter, roughness)


def friedel(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Two-phase pressure gradient by Friedel [Pa/m].

    Notes
    -----
    ``phi_lo^2 = E + 3.24 F H / (Fr^0.0454 We^0.035)`` on the gradient of all flow as liquid. Equal to
    ``fluids.two_phase.Friedel`` outside of the blend of :func:`friction_factor`.

    References
    ----------
    L. Friedel, European Two-Phase Flow Group Meeting, Ispra (1979), paper E2.
    """
    s = saturation
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    flux = np.maximum(np.abs(mass_flux), _SMALLEST_MASS_FLUX)
    relative = roughness / diameter
    liquid = friction_factor(flux * diameter / s.liquid_viscosity, relative)
    vapour = friction_factor(flux * diameter / s.vapour_viscosity, relative)
    density_ratio = s.liquid_density / s.vapour_density
    viscosity_ratio = s.vapour_viscosity / s.liquid_viscosity
    e = (1.0 - x) ** 2 + x**2 * density_ratio * vapour / liquid
    f = x**0.78 * (1.0 - x) ** 0.224
    h = density_ratio**0.91 * viscosity_ratio**0.19 * np.maximum(1.0 - viscosity_ratio, 0.0) ** 0.7
    density = 1.0 / (x / s.vapour_density + (1.0 - x) / s.liquid_density)
    froude = flux**2 / (GRAVITY * diameter * density**2)
    weber = flux**2 * diameter / (density * s.surface_tension)
    multiplier = e + 3.24 * f * h / (froude**0.0454 * weber**0.035)
    return multiplier * liquid * mass_flux * np.abs(mass_flux) / (2.0 * s.liquid_density * diameter)


def kim_mudawar(
    mass_flux: Numeric,
    quality: Numeric,
    saturation: Saturation,
    diameter: Numeric,
    roughness: Numeric = 0.0,
    boiling_number: Numeric = 0.0,
) -> Numeric:
    """Two-phase pressure gradient in mini- and microchannels by Kim and Mudawar [Pa/m].

    Parameters
    ----------
    mass_flux, quality, saturation, diameter
        As everywhere here.
    roughness
        Not in the law: smooth channels.
    boiling_number
        ``q P_H / (P_F G h_lg)`` [-], 0 where no heat is taken up. Loops and channels leave it at 0: they count less
        friction under heat than the paper of 2013 has.

    Notes
    -----
    ``dp_l + C (dp_l dp_g)^(1/2) + dp_g`` with the gradients of each phase's own flow and C by the regimes of
    both Reynolds numbers, times ``1 + 60 We^0.32 Bo^0.78`` (turbulent liquid) or ``1 + 530 We^0.52 Bo^1.09``
    (laminar) when boiling. The steps at Re = 2000 and 20000
    are blended to 1.2 times that (assumption); elsewhere equal to ``fluids.two_phase.Kim_Mudawar``. Where a
    regime ends the published law falls by up to 9 % with rising mass flux.

    References
    ----------
    S.-M. Kim, I. Mudawar, Int. J. Heat Mass Transfer 55 (2012) 3246-3261 (adiabatic and condensing) and 58
    (2013) 718-734 (boiling).
    """
    s = saturation
    x = np.minimum(np.maximum(quality, 0.0), 1.0)
    flux = np.maximum(np.abs(mass_flux), _SMALLEST_MASS_FLUX)
    liquid_flux, vapour_flux = flux * (1.0 - x), flux * x
    liquid_reynolds = liquid_flux * diameter / s.liquid_viscosity
    vapour_reynolds = vapour_flux * diameter / s.vapour_viscosity
    liquid = _own_gradient(liquid_reynolds, liquid_flux, s.liquid_density, diameter)
    vapour = _own_gradient(vapour_reynolds, vapour_flux, s.vapour_density, diameter)
    all_liquid = flux * diameter / s.liquid_viscosity
    suratman = s.vapour_density * s.surface_tension * diameter / s.vapour_viscosity**2
    ratio = s.liquid_density / s.vapour_density
    fast_liquid, fast_vapour = _past(liquid_reynolds, 2000.0), _past(vapour_reynolds, 2000.0)
    slow = (1.0 - fast_vapour) * 3.5e-5 * all_liquid**0.44 * suratman**0.5 * ratio**0.48 + (
        fast_vapour * 0.0015 * all_liquid**0.59 * suratman**0.19 * ratio**0.36
    )
    fast = (1.0 - fast_vapour) * 8.7e-4 * all_liquid**0.17 * suratman**0.5 * ratio**0.14 + (
        fast_vapour * 0.39 * all_liquid**0.03 * suratman**0.10 * ratio**0.35
    )
    weber = flux**2 * diameter / (s.liquid_density * s.surface_tension)
    slow = slow * (1.0 + 530.0 * weber**0.52 * boiling_number**1.09)
    fast = fast * (1.0 + 60.0 * weber**0.32 * boiling_number**0.78)
    interaction = (1.0 - fast_liquid) * slow + fast_liquid * fast
    # below the smallest mass flux in proportion to it, as laminar flow
    scale = mass_flux / flux
    return scale * (liquid + interaction * np.sqrt(liquid * vapour) + vapour)


def _past(reynolds: Numeric, step: float) -> Numeric:
    """Share of the law above ``step``, running from 0 there to 1 at 1.2 times that."""
    share = np.clip(np.log(np.maximum(reynolds, _SMALLEST_REYNOLDS) / step) / np.log(1.2), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _own_gradient(reynolds: Numeric, mass_flux: Numeric, density: Numeric, diameter: Numeric) -> Numeric:
    """Gradient of one phase flowing alone with its share of the mass flux, Kim and Mudawar's factors."""
    bounded = np.maximum(reynolds, _SMALLEST_REYNOLDS)
    fast, faster = _past(reynolds, 2000.0), _past(reynolds, 20000.0)
    turbulent = (1.0 - faster) * 0.316 * bounded**-0.25 + faster * 0.184 * bounded**-0.2
    factor = (1.0 - fast) * 64.0 / bounded + fast * turbulent
    return factor * mass_flux**2 / (2.0 * density * diameter)


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
            band=ErrorBand(0.42, "Müller-Steinhagen and Heck (1986), over their 9300 points"),
        ),
        Closure[PressureGradient](
            "homogeneous",
            "friction",
            homogeneous,
            "McAdams, Woods and Heroman, Trans. ASME 64 (1942) 193",
            "bubbly and mist flow; low where the phases slip",
        ),
        Closure[PressureGradient](
            "friedel",
            "friction",
            friedel,
            "Friedel, European Two-Phase Flow Group Meeting, Ispra (1979) paper E2",
            "25000 points, D 1-300 mm, viscosity ratio liquid/vapour below 1000; mean deviation about 40 %",
            {"diameter": (1e-3, 0.3), "viscosity_ratio": (1.0, 1000.0)},
            band=ErrorBand(0.40, "Friedel (1979), as the documentation of fluids 1.3 states it"),
        ),
        Closure[PressureGradient](
            "kim-mudawar",
            "friction",
            kim_mudawar,
            "Kim and Mudawar, Int. J. Heat Mass Transfer 55 (2012) 3246",
            "smooth, adiabatic or condensing; 7115 points, D 0.0695-6.22 mm, G 4-8528 kg/(m2 s), p/p_c 0.0052-0.91",
            {"diameter": (6.95e-5, 6.22e-3), "mass_flux": (4.0, 8528.0), "reduced_pressure": (0.0052, 0.91)},
            band=ErrorBand(
                0.233, "Kim and Mudawar (2012), over their 7115 points (not checked against the page)"
            ),
        ),
    )
}
"""Friction closures by name."""


def friction_closure(name: str) -> Closure[PressureGradient]:
    """Return the friction closure ``name``; an ``InputError`` that lists them if there is none."""
    return find_closure("friction", name, FRICTION)
