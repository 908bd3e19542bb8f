"""What a trilinear mesh cannot see of a channel thinner than its cells: a resistance in series with the film.

A channel of radius R gives heat along a ring and feels the solid's mean on the same ring. The ring is its circle,
or, where cells are wider than the channel, an ellipse of half a cell's width in the plane normal to the channel. The
exact response of the circle's mean to heat of 1 W/m from an endless channel, less what the mesh returns for the ring,
is local and never negative, because a wider ring and Galerkin's method are both stiffer than what they stand for. On
a uniform grid it is, for an axis along ``t``, in the mean over all positions within a cell,

``d = (2 pi)^-2 int_{kappa normal to t} J0(|kappa| R)^2 / (kappa.K kappa) - J0(|S kappa|)^2 phi^2 / lambda d2kappa``

with ``phi(kappa)`` the transform of the trilinear function, ``lambda(kappa)`` the symbol of the stiffness matrix by
volume, and ``S`` the semi-axes of the ring. It is a well index as of Peaceman (SPE J. 18 (1978) 183), for circle
averages, boxes of any aspect, anisotropic conductivity and any direction. It takes the solid as alike for some cells
around: faces and layers nearer than that are in the mesh's response only.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RING_SHARE = 0.5
"""Semi-axis of a ring over the width of the cells that it lies in: from there on positions within a cell agree."""

_ANGLES = 16
_WAVE_NUMBERS = 400


def normal_frame(direction: Array) -> tuple[Array, Array]:
    """Two unit vectors normal to unit vectors and to each other, the second as near to z as can be, (pieces, 3)."""
    steep = np.abs(direction[:, 2:]) > 1.0 - 1e-9
    up = np.where(steep, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    second = up - (up * direction).sum(axis=1)[:, None] * direction
    second /= np.linalg.norm(second, axis=1)[:, None]
    return np.cross(second, direction), second


def ring_axes(direction: Array, radius: Array, spacing: Array, clearance: Array) -> Array:
    """Semi-axes of the rings along the two normals, shape (pieces, 2) [m].

    Parameters
    ----------
    direction, radius, spacing
        As of :func:`unresolved_resistance`.
    clearance
        From the axis to the nearest face of the solid along x, y, z, shape (pieces, 3) [m]; a ring keeps within.
    """
    axes = []
    for normal in normal_frame(direction):
        share = np.abs(normal)
        width = RING_SHARE * (share * spacing).sum(axis=1)
        room = (clearance / np.maximum(share, 1e-9)).min(axis=1)
        # in steps of an eighth of an octave, so that pieces alike share one integral
        wider = np.maximum(np.minimum(width, room) / radius, 1.0)
        axes.append(radius * 2.0 ** (np.floor(np.log2(wider) * 8.0 + 1e-6) / 8.0))
    return np.column_stack(axes)


def unresolved_resistance(
    direction: Array, radius: Array, spacing: Array, conductivity: Array, ring: Array
) -> NDArray[np.float64]:
    """Resistance that the mesh lacks, times length [m K/W].

    Parameters
    ----------
    direction
        Unit vectors along the channels, shape (pieces, 3).
    radius
        Shape (pieces,) [m].
    spacing
        Of the cells around each piece along x, y, z, shape (pieces, 3) [m].
    conductivity
        Around each piece along x, y, z, shape (pieces, 3) [W/(m K)].
    ring
        Semi-axes of :func:`ring_axes`, shape (pieces, 2) [m].
    """
    level = np.cbrt(conductivity.prod(axis=1))
    # rounded so that pieces alike share one integral
    course = np.round(direction * 16.0) / 16.0
    lengths = np.hstack([spacing, ring]) / radius[:, None]
    lengths = 2.0 ** (np.round(np.log2(lengths) * 16.0) / 16.0)
    ratio = np.round(conductivity / level[:, None], 3)
    kinds, which = np.unique(np.hstack([course, lengths, ratio]), axis=0, return_inverse=True)
    values = np.array([_integral(*(tuple(kind[p].tolist()) for p in _PARTS)) for kind in kinds])
    return np.asarray(values[which.ravel()] / level)


_PARTS = (slice(0, 3), slice(3, 6), slice(8, 11), slice(6, 8))


@functools.lru_cache(maxsize=20_000)
def _integral(
    direction: tuple[float, ...],
    spacing: tuple[float, ...],
    conductivity: tuple[float, ...],
    ring: tuple[float, ...],
) -> float:
    """Resistance times conductivity times length for a channel of radius 1 [-]."""
    from scipy.special import j0  # takes longer to load than a small package to solve

    unit = np.array([direction]) / np.linalg.norm(direction)
    first, second = (normal[0] for normal in normal_frame(unit))
    angle = (np.arange(_ANGLES) + 0.5) * (math.pi / _ANGLES)
    largest = 40.0 * max(1.0, 1.0 / min(spacing))
    wave = np.geomspace(1e-3 / max(spacing), largest, _WAVE_NUMBERS)
    course = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    vector = wave[:, None, None] * course
    exact = (np.array(conductivity) * vector**2).sum(axis=2)
    spread = np.hypot(ring[0] * np.cos(angle), ring[1] * np.sin(angle))
    seen = j0(wave[:, None] * spread) ** 2 * _mesh_response(vector, spacing, conductivity)
    lacking = j0(wave[:, None]) ** 2 / exact - seen
    integrand = wave**2 * lacking.mean(axis=1)
    log_step = math.log(wave[-1] / wave[0]) / (_WAVE_NUMBERS - 1)
    body = float((integrand[1:] + integrand[:-1]).sum() * 0.5 * log_step) / (2.0 * math.pi)
    # beyond the largest wave number J0^2 is 1 / (pi kappa) in the mean and the mesh answers nothing
    slowest = float((1.0 / exact[-1]).mean() * wave[-1] ** 2)
    return max(body + slowest / (2.0 * math.pi**2 * largest), 0.0)


def _mesh_response(
    vector: Array, spacing: tuple[float, ...], conductivity: tuple[float, ...]
) -> NDArray[np.float64]:
    """``phi^2 / lambda`` of trilinear elements at wave vectors of shape (..., 3)."""
    half = 0.5 * vector * np.array(spacing)
    sine = np.sin(half) ** 2
    mass = 1.0 - 2.0 / 3.0 * sine
    steep = np.array(conductivity) * 4.0 * sine / np.array(spacing) ** 2
    symbol = (
        steep[..., 0] * mass[..., 1] * mass[..., 2]
        + steep[..., 1] * mass[..., 0] * mass[..., 2]
        + steep[..., 2] * mass[..., 0] * mass[..., 1]
    )
    hat = (np.sinc(half / math.pi) ** 4).prod(axis=-1)
    return np.asarray(hat / np.maximum(symbol, 1e-300))
