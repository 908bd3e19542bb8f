"""A wall beyond the incipience of dry-out, cooled by what liquid is left and by the vapour."""

from __future__ import annotations

import numpy as np

from thermal.loop.closures.single_phase import forced_nusselt
from thermal.loop.fluids import Numeric, Saturation


def dry_share(quality: Numeric, incipience: Numeric) -> Numeric:
    """Share of the wall without liquid, 0 at the incipience of dry-out and 1 at a quality of 1 [-]."""
    return np.clip((quality - incipience) / np.maximum(1.0 - incipience, 1e-6), 0.0, 1.0)


def vapour_coefficient(mass_flux: Numeric, saturation: Saturation, diameter: float, length: float) -> Numeric:
    """Coefficient of all flow as vapour in a tube, laminar or turbulent [W/(m2 K)]."""
    s = saturation
    reynolds = np.abs(mass_flux) * diameter / s.vapour_viscosity
    prandtl = s.vapour_heat_capacity * s.vapour_viscosity / s.vapour_conductivity
    return forced_nusselt(reynolds, prandtl, diameter / length) * s.vapour_conductivity / diameter


def drying_coefficient(wet: Numeric, vapour: Numeric, share: Numeric) -> Numeric:
    """Coefficient of a wall of which ``share`` is dry [W/(m2 K)].

    Parameters
    ----------
    wet
        Of the boiling liquid, where there is one [W/(m2 K)].
    vapour
        Of the vapour [W/(m2 K)].
    share
        Of the wall that is dry [-].

    Notes
    -----
    Straight in the quality from the incipience of dry-out to its end, the form of L. Wojtan, T. Ursenbacher, J. R.
    Thome, Int. J. Heat Mass Transfer 48 (2005) 2970-2985; the end is taken at a quality of 1 (assumption).
    """
    return (1.0 - share) * wet + share * vapour
