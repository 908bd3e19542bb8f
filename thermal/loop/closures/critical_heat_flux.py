"""Heat fluxes and qualities at which boiling fails: pool, channel, dry-out."""

from __future__ import annotations

import numpy as np

from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.fluids import Numeric, Saturation

ZUBER = 0.131
"""Factor of Zuber (1959): ``pi/24`` for an endless flat plate."""
LIENHARD_DHIR = 0.149
"""Factor of Lienhard and Dhir (1973) for a large flat plate: 1.14 times that of Zuber."""
DENSE_VAPOUR = 0.15
"""Density of vapour over that of liquid above which Katto and Ohno take other regimes [-]."""
CRITICAL_HEAT_FLUX_BAND = ErrorBand(
    0.30, "Mikielewicz et al. (2011), no share stated: read as 95 % (assumption)", share=0.95
)
"""Of critical heat fluxes, pool and channel alike."""
DRY_OUT_BAND = ErrorBand(0.125, "Kim and Mudawar (2013), over their 997 points")
"""Of the quality at which dry-out begins."""


def pool_critical_heat_flux(saturation: Saturation, factor: float = ZUBER) -> Numeric:
    """Critical heat flux of a large, horizontal, upward plate in a pool of saturated liquid [W/m2].

    Notes
    -----
    ``K h_lg rho_g^(1/2) [g sigma (rho_l - rho_g)]^(1/4)``. Equal to ``ht.boiling_nucleic.Zuber`` with the
    same K.

    References
    ----------
    N. Zuber, AECU-4439 (1959); J. H. Lienhard, V. K. Dhir, NASA CR-2270 (1973).
    """
    s = saturation
    buoyancy = GRAVITY * s.surface_tension * (s.liquid_density - s.vapour_density)
    return factor * s.latent_heat * np.sqrt(s.vapour_density) * np.sqrt(np.sqrt(buoyancy))


def gap_critical_heat_flux(saturation: Saturation, depth: Numeric, length: Numeric) -> Numeric:
    """Critical heat flux of an upright flat gap that draws its liquid by itself [W/m2].

    Parameters
    ----------
    saturation
        Properties at the gap's pressure.
    depth, length
        Of the gap across the heated wall, and of the wall along it [m].

    Notes
    -----
    Zuber's form with the factor ``0.16 / [1 + 6.7e-4 (rho_l/rho_g)^0.6 L/s]``: a pool's limit in wide gaps,
    less in narrow ones, where vapour keeps the liquid out. Water, ethanol, R113 and benzene at 1 atm,
    ``L/s`` below 120; carried to other pressures by the density ratio.

    References
    ----------
    M. Monde, H. Kusuda, H. Uehara, J. Heat Transfer 104 (1982) 300-303 (liquids, pressure and range by its abstract;
    constants as other authors quote them, not checked against the paper).
    """
    ratio = saturation.liquid_density / saturation.vapour_density
    return pool_critical_heat_flux(saturation, 1.0) * 0.16 / (1.0 + 6.7e-4 * ratio**0.6 * length / depth)


def katto_ohno(
    mass_flux: Numeric, saturation: Saturation, inlet_subcooling: Numeric, diameter: Numeric, length: Numeric
) -> Numeric:
    """Critical heat flux of a vertical, evenly heated channel [W/m2].

    Parameters
    ----------
    mass_flux
        [kg/(m2 s)].
    saturation
        Properties at the channel's pressure.
    inlet_subcooling
        Enthalpy of saturated liquid minus that of the inlet, at least 0 [J/kg].
    diameter, length
        Heated diameter ``4 A / P_H`` and heated length [m].

    Notes
    -----
    ``q = q_0 (1 + K dh/h_lg)``. With ``b = sigma rho_l / (G^2 L)``, ``r = rho_g/rho_l``, ``z = L/D``, ``C`` from 0.25
    (z < 50) to 0.34 (z > 150), and everything over ``G h_lg``:
    ``q1 = C b^0.043 / z``; ``q2 = 0.10 r^0.133 b^(1/3) / (1 + 0.0031 z)``;
    ``q3 = 0.098 r^0.133 b^0.433 z^0.27 / (1 + 0.0031 z)``; ``q4 = 0.0384 r^0.6 b^0.173 / (1 + 0.28 b^0.233 z)``;
    ``q5 = 0.234 r^0.513 b^0.433 z^0.27 / (1 + 0.0031 z)``;
    ``K1 = 1.043 / (4 C b^0.043)``; ``K2 = 5/6 (0.0124 + 1/z) / (r^0.133 b^(1/3))``;
    ``K3 = 1.12 (1.52 b^0.233 + 1/z) / (r^0.6 b^0.173)``.
    Up to r = 0.15, ``q_0 = min(q1, q2, q3)`` and ``K = max(K1, K2)``. Above, q_0 is q1 where ``q1 < q5`` and else
    ``max(q4, q5)``; K is K1 where ``K1 > K2`` and else ``min(K2, K3)``.
    For long channels at low flow q1 leads to evaporation of all liquid, ``q ~ G h_lg D / (4 L)``, within 4 C b^0.043.

    References
    ----------
    Y. Katto, H. Ohno, Int. J. Heat Mass Transfer 27 (1984) 1641-1648 (not read): constants as in NASA NTRS 20230009827,
    choice above r = 0.15 as an open program takes it from the VDI Heat Atlas, 2nd ed. (2010), part H3. The least of q1,
    q4, q5 with the greatest K, which is quoted too, leaps by a factor of 3 at r = 0.15 and lies up to that far below
    the look-up table of Groeneveld et al., Nucl. Eng. Des. 237 (2007) 1909, for water at 18 and 20 MPa with saturated
    inlet; this choice is 13 % off there in the mean.
    """
    s = saturation
    flux = np.maximum(np.abs(mass_flux), 1e-6)
    z = length / diameter
    b = s.surface_tension * s.liquid_density / (flux**2 * length)
    r = s.vapour_density / s.liquid_density
    c = np.clip(0.25 + 0.0009 * (z - 50.0), 0.25, 0.34)
    third, drag = np.cbrt(b), 1.0 + 0.0031 * z
    q1 = c * b**0.043 / z
    q2 = 0.10 * r**0.133 * third / drag
    q3 = 0.098 * r**0.133 * b**0.433 * z**0.27 / drag
    q4 = 0.0384 * r**0.6 * b**0.173 / (1.0 + 0.28 * b**0.233 * z)
    q5 = 0.234 * r**0.513 * b**0.433 * z**0.27 / drag
    k1 = 1.043 / (4.0 * c * b**0.043)
    k2 = (5.0 / 6.0) * (0.0124 + 1.0 / z) / (r**0.133 * third)
    k3 = 1.12 * (1.52 * b**0.233 + 1.0 / z) / (r**0.6 * b**0.173)
    dense = r > DENSE_VAPOUR
    light_flux, light_factor = np.minimum(q1, np.minimum(q2, q3)), np.maximum(k1, k2)
    dense_flux = np.where(q1 < q5, q1, np.maximum(q4, q5))
    dense_factor = np.where(k1 > k2, k1, np.minimum(k2, k3))
    saturated = flux * s.latent_heat * np.where(dense, dense_flux, light_flux)
    factor = np.where(dense, dense_factor, light_factor)
    return saturated * (1.0 + factor * np.maximum(inlet_subcooling, 0.0) / s.latent_heat)


def dry_out_quality(
    mass_flux: Numeric,
    heat_flux: Numeric,
    saturation: Saturation,
    reduced_pressure: Numeric,
    diameter: Numeric,
    heated_share: float = 1.0,
) -> Numeric:
    """Quality at which the liquid film of a mini-channel begins to dry out [-].

    Parameters
    ----------
    mass_flux, heat_flux
        [kg/(m2 s)], [W/m2] of heated wall.
    saturation
        Properties at the local pressure.
    reduced_pressure
        Pressure over critical pressure [-].
    diameter
        Hydraulic [m].
    heated_share
        Heated over wetted perimeter [-].

    Notes
    -----
    ``x = 1.4 We^0.03 p_r^0.08 - 15 (Bo P_H/P_F)^0.15 Ca^0.35 (rho_g/rho_l)^0.06``,
    ``We = G^2 D/(rho_l sigma)``, ``Ca = mu_l G/(rho_l sigma)``, bounded to 0 ... 1. From 997 points, 13
    fluids, D 0.51-6 mm, G 29-2303, p_r 0.005-0.78; mean error 12.5 %.

    References
    ----------
    S.-M. Kim, I. Mudawar, Int. J. Heat Mass Transfer 64 (2013) 1226-1238 (constants, groups and ranges as two
    independent open programs restate them; the printed page was not read).
    """
    s = saturation
    flux = np.maximum(np.abs(mass_flux), 1e-6)
    weber = flux**2 * diameter / (s.liquid_density * s.surface_tension)
    capillary = s.liquid_viscosity * flux / (s.liquid_density * s.surface_tension)
    boiling = np.maximum(heat_flux, 0.0) / (flux * s.latent_heat) * heated_share
    density_ratio = s.vapour_density / s.liquid_density
    wet = 1.4 * weber**0.03 * reduced_pressure**0.08
    return np.clip(wet - 15.0 * boiling**0.15 * capillary**0.35 * density_ratio**0.06, 0.0, 1.0)
