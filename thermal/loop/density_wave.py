"""Density waves, suppressed boiling and geysering: where a loop may swing though its steady state is stable."""

from __future__ import annotations

import numpy as np

from thermal.loop.fluids import Numeric, Saturation


def phase_change_number(heat: Numeric, mass_flow: Numeric, saturation: Saturation) -> Numeric:
    """Heat over what the flow's latent heat can take, times the density ratio less one [-].

    Notes
    -----
    ``N_pch = Q / (m h_lg) (rho_l/rho_g - 1)`` (Ishii and Zuber, AIChE-ASME Heat Transfer Conf. 1970).
    """
    s = saturation
    return heat / (mass_flow * s.latent_heat) * (s.liquid_density / s.vapour_density - 1.0)


def subcooling_number(inlet_subcooling: Numeric, saturation: Saturation) -> Numeric:
    """Inlet subcooling [J/kg] over latent heat, times the density ratio less one [-]."""
    s = saturation
    return inlet_subcooling / s.latent_heat * (s.liquid_density / s.vapour_density - 1.0)


def ishii_limit(inlet_loss: Numeric, outlet_loss: Numeric, friction: Numeric) -> Numeric:
    """Greatest ``N_pch - N_sub`` without density waves [-].

    Parameters
    ----------
    inlet_loss, outlet_loss
        Loss coefficients before and behind the heated length [-].
    friction
        Darcy factor times heated length over diameter [-].

    Notes
    -----
    ``2 [K_i + f/(2 D*) + K_e] / {1 + [f/(2 D*) + 2 K_e]/2}``: the simplified criterion for high subcooling, which
    inlet throttling widens and outlet losses narrow.

    References
    ----------
    M. Ishii, PhD thesis, Georgia Institute of Technology (1971).

    Examples
    --------
    >>> ishii_limit(10.0, 0.0, 0.0)
    20.0
    """
    half = 0.5 * friction
    return 2.0 * (inlet_loss + half + outlet_loss) / (1.0 + 0.5 * (half + 2.0 * outlet_loss))


def density_wave_margin(
    heat: Numeric,
    mass_flow: Numeric,
    inlet_subcooling: Numeric,
    saturation: Saturation,
    losses: tuple[Numeric, Numeric, Numeric],
) -> Numeric:
    """Margin of ``N_pch - N_sub`` to Ishii's limit: 1 far from density waves, 0 at their onset [-].

    ``losses`` are those of :func:`ishii_limit`.
    """
    boiled = phase_change_number(heat, mass_flow, saturation) - subcooling_number(
        inlet_subcooling, saturation
    )
    return 1.0 - np.maximum(boiled, 0.0) / np.maximum(ishii_limit(*losses), 1e-300)


def geysering_period(
    volume: Numeric, saturation: Saturation, inlet_subcooling: Numeric, heat: Numeric
) -> Numeric:
    """Time that the liquid of an evaporator takes to reach boiling, the incubation of a geyser [s].

    Notes
    -----
    ``rho_l V dh_sub / Q``: a lower bound of the period, to which the venting adds.
    """
    return saturation.liquid_density * volume * np.maximum(inlet_subcooling, 0.0) / heat
