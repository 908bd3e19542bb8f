"""How far a rich space is from the field itself: a bound in kelvin from residuals, valid for every trace.

``C dT/dt + K T = B u`` is projected on a space that holds ``K^-1 B``, so that its residual is ``R dx/dt`` with
``R = K V / rate - C V``, orthogonal to the space. For ``s = sigma e^(i phi)``, ``|phi| < pi``, and ``M = K + sigma C``
the matrix ``A = K + s C`` is coercive, ``|v* A v| >= cos(phi/2) v* M v``, because
``|a + s b| >= cos(phi/2) (a + |s| b)`` for ``a, b >= 0``. With ``rho_j(s) = |s| |R (rate + s)^-1 g_j|`` in the norm of
``M^-1``, the transfer functions differ by

- at most ``rho_i rho_j / cos(phi/2)`` from input j to the mean that belongs to input i: means are the adjoints of the
  inputs, so that both sides' residuals count (dual-weighted residual, Becker and Rannacher, Acta Numerica 10 (2001) 1);
- at most ``|l| rho_j / cos(phi/2)``, ``|l|`` in the norm of ``M^-1``, to a functional ``l``, a node's temperature for
  one, and for all m inputs at once, with amplitudes ``H_j``, at most ``|l| sqrt(m) lambda_max(H P H)^(1/2)`` over the
  same, ``P`` the Gram matrix of the residuals.

A step response is ``1/(2 pi i)`` times the integral of ``e^(s t) / s`` times the transfer function along the two rays
``arg s = +-phi``, ``phi > pi/2``, on which ``|e^(s t)|`` decays. Inputs are constant over steps of at least ``dt`` and
steady states are exact, so the error is at most ``H_j (|S_j(dt)| + total variation of S_j after dt)``, and both are
bounded by the same integral: ``(1 + 1/|cos phi|) / pi int e^(-sigma dt |cos phi|) bound(sigma) d sigma / sigma``.

``M^-1`` is taken at a few ``sigma`` only: in between it is bounded because ``(K + sigma C)^-1`` falls and
``sigma (K + sigma C)^-1`` rises with ``sigma``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from thermal.field.reduced_pencil import LUMPED, Pencil

Array = NDArray[np.float64]

ANGLE = np.radians(110.0)
"""Of the rays; the bound on nodes is least there (it changes by half between 105 and 120 degrees)."""
_POINTS_A_DECADE = 10
_SAMPLES_A_DECADE = 1.0
_SMALL = 1e-9
"""Part of the residuals' directions, over the largest, that is bounded crudely instead of solved for."""


@dataclass(frozen=True)
class Certificate:
    """What a rich space may differ from the field.

    Attributes
    ----------
    means
        Of the mean that belongs to input i per watt of half range of input j, shape (m, m) [K/W].
    nodes
        Of any heated node when every input spans its scale [K].
    """

    means: Array
    nodes: float


def certify(
    pencil: Pencil, rates: Array, gain: Array, modes: Array, half_range: Array, shortest: float
) -> Certificate:
    """Bound the error of a Galerkin space with all steady states.

    Parameters
    ----------
    pencil
        Matrices of the field.
    rates, gain, modes
        Of the space, shapes (R,) [1/s], (R, m), (n, R).
    half_range
        Half of what each input spans [W], shape (m,), zero for one that stays.
    shortest
        Shortest step over which inputs are constant [s].
    """
    slope = abs(np.cos(ANGLE))
    points = _points(float(rates.min()), shortest)
    step = np.log(points[1] / points[0])
    weight = np.exp(-points * shortest * slope) * step * (1.0 + 1.0 / slope) / np.pi / np.cos(0.5 * ANGLE)
    # below the first point the integrand falls at least like sigma^(1/2)
    weight[0] *= 0.5 + 2.0 / step
    residual = _Residual(pencil, rates, gain, modes, half_range)
    samples = np.append(0.0, _samples(points))
    held = [residual.at(sample) for sample in samples]
    means, nodes = np.zeros((gain.shape[1],) * 2), 0.0
    count = max(1, int(np.count_nonzero(half_range)))
    for sigma, share in zip(points, weight, strict=True):
        below = int(np.searchsorted(samples, sigma, side="right")) - 1
        found = []
        for index in {below, min(below + 1, len(samples) - 1)}:
            growth = max(1.0, samples[index] / sigma)
            inverse, point = held[index]
            gram = residual.gram(sigma, inverse) * growth
            found.append((gram, point * growth))
        size = np.sqrt(np.min([np.diagonal(gram).real for gram, _ in found], axis=0))
        means += share * np.outer(size, size)
        largest = min(
            float(scipy.linalg.eigvalsh(half_range[:, None] * gram * half_range)[-1]) for gram, _ in found
        )
        point = min(point for _, point in found)
        nodes += share * float(np.sqrt(point * count * max(largest, 0.0)))
    return Certificate(means, nodes)


def _points(slowest: float, shortest: float) -> Array:
    low, high = 0.03 * slowest, 40.0 / (shortest * abs(np.cos(ANGLE)))
    return np.geomspace(low, high, int(_POINTS_A_DECADE * np.log10(high / low)) + 2)


def _samples(points: Array) -> Array:
    """Where ``M`` is inverted: between the slowest rate and ten per shortest step, by decades."""
    low, high = points[0] / 0.03, 0.3 * points[-1]
    return np.geomspace(low, high, max(3, int(_SAMPLES_A_DECADE * np.log10(high / low)) + 1))


class _Residual:
    """``R`` by its few directions, and the Gram matrices of the residuals of all inputs."""

    def __init__(self, pencil: Pencil, rates: Array, gain: Array, modes: Array, half_range: Array) -> None:
        self._pencil, self._rates, self._gain = pencil, rates, gain
        capacity = pencil.capacity
        lumped = np.sqrt(np.asarray(capacity.sum(axis=1)).ravel())
        amplitude = np.abs(gain * np.where(half_range > 0.0, half_range, 1.0)).max(axis=1)
        residual = (pencil.conduction @ modes / rates - capacity @ modes) * amplitude / lumped[:, None]
        left, small = scipy.linalg.qr(residual, mode="economic", overwrite_a=True)
        directions, size, rest = np.linalg.svd(small)
        kept = size > _SMALL * size[0]
        self._directions = lumped[:, None] * (left @ directions[:, kept])
        self._weights = size[kept, None] * rest[kept] / amplitude
        self._rest = size[~kept, None] * rest[~kept] / amplitude

    def at(self, sigma: float) -> tuple[Array, float]:
        """``Q^T (K + sigma C)^-1 Q`` of the directions Q, and the largest diagonal entry of the inverse, bounded."""
        solved = self._pencil.solver(sigma)(self._directions)
        inverse = self._directions.T @ solved
        return 0.5 * (inverse + inverse.T), self._pencil.point_bound(sigma)

    def gram(self, sigma: float, inverse: Array) -> NDArray[np.complex128]:
        """``rho_i* rho_j`` for all inputs, shape (m, m) [K/W]."""
        response = sigma * self._gain / (self._rates[:, None] + sigma * np.exp(1j * ANGLE))
        seen, crude = self._weights @ response, self._rest @ response
        return np.asarray(seen.conj().T @ inverse @ seen + LUMPED / sigma * (crude.conj().T @ crude))
