"""Heat transfer from a wall to liquid that does not boil: forced and natural convection.

The two are combined as ``(h_forced^3 + h_natural^3)^(1/3)`` (Churchill 1977, assisting flow), the form that
is right in both limits.
"""

from __future__ import annotations

import numpy as np

from thermal.loop.closures.friction import friction_factor
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.fluids import Numeric, Saturation

LAMINAR_END, TURBULENT_START = 2300.0, 4000.0
"""Reynolds numbers between which laminar and turbulent heat transfer are blended (Gnielinski 2013)."""
ONE_SIDED_NUSSELT = 4.861
"""Laminar flow between plates, one insulated, the other with constant flux [-] (Shah and London 1978)."""


def forced_nusselt(
    reynolds: Numeric, prandtl: Numeric, diameter_over_length: Numeric, laminar_limit: float = 3.66
) -> Numeric:
    """Mean Nusselt number of flow in a heated channel [-].

    Notes
    -----
    Laminar: developing, wall at one temperature, ``3.66 + 0.0668 Gz / (1 + 0.04 Gz^(2/3))``,
    ``Gz = Re Pr D/L`` (Hausen 1943). Turbulent:
    ``(f/8)(Re - 1000) Pr / (1 + 12.7 (f/8)^(1/2) (Pr^(2/3) - 1))`` (Gnielinski 1976). Between them linear in
    Re (Gnielinski, Int. J. Heat Mass Transfer 63 (2013) 134).
    """
    reynolds = np.maximum(np.abs(reynolds), 1e-9)
    share = np.clip((reynolds - LAMINAR_END) / (TURBULENT_START - LAMINAR_END), 0.0, 1.0)
    graetz = np.minimum(reynolds, LAMINAR_END) * prandtl * diameter_over_length
    laminar = laminar_limit + 0.0668 * graetz / (1.0 + 0.04 * np.cbrt(graetz) ** 2)
    fast = np.maximum(reynolds, TURBULENT_START)
    eighth = friction_factor(fast) / 8.0
    turbulent = (
        eighth * (fast - 1000.0) * prandtl / (1.0 + 12.7 * np.sqrt(eighth) * (np.cbrt(prandtl) ** 2 - 1.0))
    )
    return (1.0 - share) * laminar + share * turbulent


def natural_nusselt(rayleigh: Numeric, prandtl: Numeric) -> Numeric:
    """Mean Nusselt number of natural convection on a vertical plate [-].

    Notes
    -----
    ``(0.825 + 0.387 Ra^(1/6) / [1 + (0.492/Pr)^(9/16)]^(8/27))^2``, all Ra to 1e12; equal to
    ``ht.conv_free_immersed.Nu_vertical_plate_Churchill``.

    References
    ----------
    S. W. Churchill, H. H. S. Chu, Int. J. Heat Mass Transfer 18 (1975) 1323-1329.
    """
    bottom = (1.0 + (0.492 / prandtl) ** (9.0 / 16.0)) ** (8.0 / 27.0)
    return (0.825 + 0.387 * np.maximum(rayleigh, 0.0) ** (1.0 / 6.0) / bottom) ** 2


def wall_coefficient(
    mass_flux: Numeric,
    liquid: Saturation,
    expansion: Numeric,
    temperature_difference: Numeric,
    diameter: float,
    length: float,
    laminar_limit: float = 3.66,
) -> Numeric:
    """Coefficient from a vertical wall to liquid in a channel, forced and natural [W/(m2 K)].

    Parameters
    ----------
    mass_flux
        [kg/(m2 s)].
    liquid
        Its properties.
    expansion
        Of the liquid's volume [1/K].
    temperature_difference
        Wall minus liquid, for the buoyancy [K].
    diameter, length
        Hydraulic diameter and heated length of the channel [m].
    laminar_limit
        Nusselt number of developed laminar flow [-].

    Notes
    -----
    The law of the free plate is faded out where its boundary layer ``2 L/Nu`` fills the channel (assumption):
    the flow through the whole channel is the network's to find.
    """
    prandtl = liquid.liquid_heat_capacity * liquid.liquid_viscosity / liquid.liquid_conductivity
    reynolds = np.abs(mass_flux) * diameter / liquid.liquid_viscosity
    nusselt = forced_nusselt(reynolds, prandtl, diameter / length, laminar_limit)
    forced = nusselt * liquid.liquid_conductivity / diameter
    buoyancy = GRAVITY * expansion * np.maximum(temperature_difference, 0.0) * length**3
    kinematic = liquid.liquid_viscosity / liquid.liquid_density
    plate = natural_nusselt(buoyancy / kinematic**2 * prandtl, prandtl)
    room = 1.0 / (1.0 + (2.0 * length / (plate * diameter)) ** 4)
    natural = room * plate * liquid.liquid_conductivity / length
    return np.cbrt(forced**3 + natural**3)
