"""Means along a cell from the state at its two ends, with the place where boiling or flashing begins.

Equilibrium quality is taken as straight along the cell. Where it changes its sign, liquid fills the cell up to the
place where it is zero, ``h = h_l(p)``, and only the share ``f = x+ / (x+ - x-)`` beyond carries two phases. Under a
high column this matters: flashing in the uppermost centimetres must not empty half a cell of metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.loop.network import Floats

# relative difference of two densities below which the logarithm is expanded
_ALIKE = 1.0e-3


def mean_density(density: Floats, quality: Floats, liquid_density: Floats) -> Floats:
    """Mean density along cells [kg/m3].

    Parameters
    ----------
    density, quality, liquid_density
        Of the mixture, equilibrium quality, and of its liquid at the two ends, (..., 2, cells).

    Notes
    -----
    Along two phases the specific volume is taken as straight, ``mean = ln(rho_1/rho_2) / (1/rho_2 - 1/rho_1)``:
    exact for the homogeneous model with even heat, and of second order for others.
    """
    first, second = density[..., 0, :], density[..., 1, :]
    wet = quality > 0.0
    rising = wet[..., 1, :]
    share = two_phase_share(quality)
    mixed = wet[..., 0, :] != rising
    boiling = np.where(rising, second, first)
    cold = np.where(rising, first, second)
    saturated = np.where(rising, liquid_density[..., 1, :], liquid_density[..., 0, :])
    # at the boundary; runs to what the neighbouring case has at both ends of the cell
    boundary = (1.0 - share) * saturated + share * cold
    split = (1.0 - share) * 0.5 * (cold + boundary) + share * _straight_volume(boundary, boiling)
    means: Floats = np.where(mixed, split, _straight_volume(first, second))
    return means


def mean_friction(friction: Floats, quality: Floats, even_enthalpy: NDArray[np.bool_]) -> Floats:
    """Mean frictional gradient along cells [Pa/m]; trapezoid, from the boundary on where there is one.

    ``even_enthalpy`` marks the cells whose fluid has one enthalpy: in heated ones, which are short, the boundary is
    passed over, because the liquid's own friction changes along them.
    """
    first, second = friction[..., 0, :], friction[..., 1, :]
    rising = quality[..., 1, :] > 0.0
    mixed = ((quality[..., 0, :] > 0.0) != rising) & even_enthalpy
    half = 0.5 * np.where(mixed, two_phase_share(quality), 1.0)
    means: Floats = np.where(rising, first + half * (second - first), second + half * (first - second))
    return means


def two_phase_share(quality: Floats) -> Floats:
    """Share of each cell on the two-phase side of the place where quality is zero; 1 where there is none [-]."""
    first, second = quality[..., 0, :], quality[..., 1, :]
    above, below = np.maximum(first, second), np.minimum(first, second)
    mixed = (above > 0.0) & (below <= 0.0)
    shares: Floats = np.where(mixed, above / np.where(mixed, above - below, 1.0), 1.0)
    return shares


def _straight_volume(first: Floats, second: Floats) -> Floats:
    """Mean density of a specific volume that is straight between two ends [kg/m3]."""
    excess = first / second - 1.0
    near = np.abs(excess) < _ALIKE
    safe = np.where(near, 1.0, excess)
    series = 1.0 + excess * (-0.5 + excess * (1.0 / 3.0 - 0.25 * excess))
    means: Floats = first * np.where(near, series, np.log1p(safe) / safe)
    return means
