"""Margins: how far an operating point is from a limit, 1 far away, 0 at it, negative beyond."""

from __future__ import annotations

import numpy as np

from thermal.loop.closures.critical_heat_flux import (
    ZUBER,
    dry_out_quality,
    gap_critical_heat_flux,
    katto_ohno,
    pool_critical_heat_flux,
)
from thermal.loop.closures.flooding import faghri_heat, tien_chung_heat, wallis_heat
from thermal.loop.fluids import Fluid, Numeric, Saturation


def margin(actual: Numeric, limit: Numeric) -> Numeric:
    """Share of the limit that is left, ``1 - actual/limit`` [-]."""
    return 1.0 - np.asarray(actual) / np.maximum(limit, 1e-300)


def critical_heat_flux_margin(
    peak_flux: Numeric,
    mean_flux: Numeric,
    mass_flux: Numeric,
    saturation: Saturation,
    inlet_subcooling: Numeric,
    heated_diameter: Numeric,
    length: Numeric,
    pool_factor: float = ZUBER,
    gap: float | None = None,
) -> Numeric:
    """Margin of an evaporator's wall to its critical heat flux [-].

    Parameters
    ----------
    peak_flux, mean_flux
        Greatest and mean heat flux at the heated wall [W/m2].
    mass_flux, saturation, inlet_subcooling, heated_diameter, length
        As :func:`thermal.loop.closures.critical_heat_flux.katto_ohno` takes them.
    pool_factor
        Of the pool's limit: 0.131 (Zuber; the lower one, for a vertical wall) or 0.149 (Lienhard and Dhir).
    gap
        Depth of an upright flat gap that draws its liquid by itself; lowers the pool's limit to that of
        Monde, Kusuda and Uehara [m].

    Notes
    -----
    The lesser of two: the mean flux against the channel's limit, which counts the heat of its whole length,
    and the peak against that of a pool or of the channel, whichever is higher, because a hot spot is short
    (assumption).
    """
    channel = katto_ohno(mass_flux, saturation, inlet_subcooling, heated_diameter, length)
    pool = pool_critical_heat_flux(saturation, pool_factor)
    if gap is not None:
        pool = np.minimum(pool, gap_critical_heat_flux(saturation, gap, length))
    local = np.maximum(channel, pool)
    return np.minimum(margin(mean_flux, channel), margin(peak_flux, local))


def dry_out_margin(
    exit_quality: Numeric,
    mass_flux: Numeric,
    heat_flux: Numeric,
    saturation: Saturation,
    fluid: Fluid,
    diameter: float,
    heated_share: float = 1.0,
) -> Numeric:
    """Margin of the exit quality to the incipience of dry-out [-]."""
    reduced = saturation.pressure / fluid.critical_pressure
    limit = dry_out_quality(mass_flux, heat_flux, saturation, reduced, diameter, heated_share)
    return margin(np.maximum(exit_quality, 0.0), limit)


def flooding_margin(heat: Numeric, saturation: Saturation, diameter: Numeric) -> Numeric:
    """Margin of the heat through a pipe in counter-current flow to the least of three flooding limits [-]."""
    limits = (wallis_heat, tien_chung_heat, faghri_heat)
    least = np.minimum.reduce([np.asarray(limit(saturation, diameter)) for limit in limits])
    return margin(heat, least)


def pressure_margin(pressure: Numeric, design_pressure: float) -> Numeric:
    """Margin of the pressure to what the parts are made for [-]."""
    return margin(pressure, design_pressure)
