"""Counter-current limits: the heat at which rising vapour holds up the liquid that runs down against it.

In a loop they bound the start, a downcomer that carries vapour, and any pipe that both phases share.
"""

from __future__ import annotations

import numpy as np

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.fluids import Numeric, Saturation


def bond_number(saturation: Saturation, diameter: Numeric) -> Numeric:
    """Diameter over the capillary length, ``D [g (rho_l - rho_g)/sigma]^(1/2)`` [-]."""
    s = saturation
    return diameter * np.sqrt(GRAVITY * (s.liquid_density - s.vapour_density) / s.surface_tension)


def wallis_heat(saturation: Saturation, diameter: Numeric, constant: float = 0.725) -> Numeric:
    """Heat that a vertical pipe carries at flooding by Wallis [W].

    Parameters
    ----------
    saturation
        Properties at the pipe's pressure.
    diameter
        [m].
    constant
        0.725 for sharp ends, 0.88 to 1 for round ones [-].

    Notes
    -----
    ``j_g*^(1/2) + j_l*^(1/2) = C`` with ``j* = j [rho / (g D (rho_l - rho_g))]^(1/2)``; when all liquid that
    runs down evaporates, ``Q = C^2 A h_lg [g D rho_g (rho_l - rho_g)]^(1/2) / [1 + (rho_g/rho_l)^(1/4)]^2``.

    References
    ----------
    G. B. Wallis, One-Dimensional Two-Phase Flow, McGraw-Hill (1969), chapter 11 (the constants as other authors quote
    them, not checked against the book).
    """
    s = saturation
    area = 0.25 * np.pi * diameter**2
    speed = np.sqrt(GRAVITY * diameter * s.vapour_density * (s.liquid_density - s.vapour_density))
    share = 1.0 + (s.vapour_density / s.liquid_density) ** 0.25
    return constant**2 * area * s.latent_heat * speed / share**2


def _kutateladze_heat(saturation: Saturation, diameter: Numeric) -> Numeric:
    """Heat at flooding where the sum of the roots of both Kutateladze numbers is 1 [W]."""
    s = saturation
    area = 0.25 * np.pi * diameter**2
    buoyancy = GRAVITY * s.surface_tension * (s.liquid_density - s.vapour_density)
    return area * s.latent_heat * buoyancy**0.25 / (s.vapour_density**-0.25 + s.liquid_density**-0.25) ** 2


def tien_chung_heat(saturation: Saturation, diameter: Numeric) -> Numeric:
    """Heat that a vertical pipe carries at flooding by Kutateladze, Tien and Chung [W].

    Notes
    -----
    ``K_g^(1/2) + K_l^(1/2) = C``, ``K = j rho^(1/2) / [g sigma (rho_l - rho_g)]^(1/4)``,
    ``C = 3.2^(1/2) tanh(Bo^(1/4)/2)``: independent of the diameter in wide pipes.

    References
    ----------
    C. L. Tien, K. S. Chung, AIAA J. 17 (1979) 643-646 (the constants as other authors quote them, not checked against
    the paper).
    """
    constant = 3.2 * np.tanh(0.5 * bond_number(saturation, diameter) ** 0.25) ** 2
    return constant * _kutateladze_heat(saturation, diameter)


def faghri_heat(saturation: Saturation, diameter: Numeric) -> Numeric:
    """Heat that a thermosyphon carries at flooding by Faghri, Chen and Morgan [W].

    Notes
    -----
    ``Q = K A h_lg [g sigma (rho_l - rho_g)]^(1/4) (rho_g^(-1/4) + rho_l^(-1/4))^(-2)``,
    ``K = (rho_l/rho_g)^0.14 tanh^2(Bo^(1/4))``.

    References
    ----------
    A. Faghri, M.-M. Chen, M. Morgan, J. Heat Transfer 111 (1989) 812-818 (K as an independent open program restates
    it; the printed page was not read).
    """
    s = saturation
    factor = (s.liquid_density / s.vapour_density) ** 0.14 * np.tanh(bond_number(s, diameter) ** 0.25) ** 2
    return factor * _kutateladze_heat(s, diameter)


def dimensionless_vapour_speed(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric
) -> Numeric:
    """Wallis' ``j_g* = x G / [g D rho_g (rho_l - rho_g)]^(1/2)`` of co-current flow upward [-].

    Above 1 the flow is annular; below, slugs and churning with a level that swings (Wallis 1969, section
    11.3).
    """
    s = saturation
    speed = np.sqrt(GRAVITY * diameter * s.vapour_density * (s.liquid_density - s.vapour_density))
    return np.clip(quality, 0.0, 1.0) * mass_flux / speed
