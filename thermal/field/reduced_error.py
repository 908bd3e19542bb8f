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

``M^-1`` is taken at a few ``sigma`` only. In between it is bounded because the inverse is operator convex, that is
``(K + sigma C)^-1`` in ``sigma`` and ``sigma (K + sigma C)^-1`` in ``1/sigma``: both lie below their chords.

Nor is it taken exactly. Of ``X`` near ``M^-1 Q`` with ``D = Q - M X``, ``Q* M^-1 Q = Q* X + X* D + D* M^-1 D``, and
the last term, of second order, is at most ``27/sigma`` times ``D* D`` over the lumped capacity: rough solutions serve.
Residuals of a rational Krylov space differ from point to point by combinations only, so that ``Q`` has few columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from thermal.field.reduced_pencil import LUMPED, Pencil

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

ANGLE = np.radians(110.0)
"""Of the rays; the bound on nodes is least there (it changes by half between 105 and 120 degrees)."""
_POINTS_A_DECADE = 10
_SAMPLES_A_DECADE = 1.0
_SMALL = 1e-8
"""Of the residuals' squares, over the largest, below which a direction is bounded crudely instead of solved for."""
_SPLIT = 0.02
"""``(a + b)^2 <= (1 + e) a^2 + (1 + 1/e) b^2`` for what is solved for and what is bounded crudely."""
_CRUDE = 0.05
"""Share of the term of second order in the squares of the residuals."""
_ROUGHLY = 1e-3
"""Residual over load of the solutions; the same again, where the term of second order is larger."""
_REFINED = 4
"""Times that solutions are refined at most."""


@dataclass(frozen=True)
class Certificate:
    """What a rich space may differ from the field.

    Attributes
    ----------
    means
        Of the mean that belongs to input i per watt of half range of input j, shape (m, m) [K/W].
    nodes
        Of any node of a solid when every input spans its scale [K].
    rates, parts
        Where on the rays ``nodes`` comes from: ``sigma`` [1/s] and what it adds [K].
    """

    means: Array
    nodes: float
    rates: Array
    parts: Array


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
    samples = _samples(points)
    scale = np.where(half_range > 0.0, half_range, 1.0)
    residual = _Residual(pencil, rates, gain * scale, modes, points)
    held = [residual.inverse(float(sample)) for sample in samples]
    own = [pencil.point_bound(sample) for sample in samples]
    means, parts = np.zeros((gain.shape[1],) * 2), np.zeros(len(points))
    moving = half_range > 0.0
    count = max(1, int(np.count_nonzero(moving)))
    for number, (sigma, share) in enumerate(zip(points, weight, strict=True)):
        low = min(max(int(np.searchsorted(samples, sigma, side="right")) - 1, 0), len(samples) - 2)
        chords = _chords(sigma, float(samples[low]), float(samples[low + 1]))
        grams = [residual.gram(number, a * held[low] + b * held[low + 1]) for a, b in chords]
        point = min(a * own[low] + b * own[low + 1] for a, b in chords)
        size = np.sqrt(np.min([np.diagonal(gram).real for gram in grams], axis=0)) / scale
        means += share * np.outer(size, size)
        largest = min(float(scipy.linalg.eigvalsh(gram[np.ix_(moving, moving)])[-1]) for gram in grams)
        parts[number] = share * float(np.sqrt(point * count * max(largest, 0.0)))
    return Certificate(means, float(parts.sum()), points, parts)


def _points(slowest: float, shortest: float) -> Array:
    low, high = 0.03 * slowest, 40.0 / (shortest * abs(np.cos(ANGLE)))
    return np.geomspace(low, high, int(_POINTS_A_DECADE * np.log10(high / low)) + 2)


def _samples(points: Array) -> Array:
    """Where ``M`` is inverted: at the first point, then from the slowest rate to ten per shortest step, by decades."""
    low, high = points[0] / 0.03, 0.3 * points[-1]
    inner = np.geomspace(low, high, max(3, int(_SAMPLES_A_DECADE * np.log10(high / low)) + 1))
    return np.concatenate([points[:1], inner])


def _chords(sigma: float, low: float, high: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Weights of the inverses at the samples around ``sigma``: chords over ``sigma`` and over ``1/sigma``."""
    if sigma >= high:  # beyond the last sample the inverse goes on falling
        return (0.0, 1.0), (0.0, 1.0)
    along, inverse = (sigma - low) / (high - low), (1.0 / low - 1.0 / sigma) / (1.0 / low - 1.0 / high)
    return (1.0 - along, along), ((1.0 - inverse) * low / sigma, inverse * high / sigma)


class _Residual:
    """Residuals of all inputs at points of a ray, by their few directions, and their Gram matrices.

    ``R`` is taken over the root of the lumped capacity, each mode scaled to the largest size that inputs give it.
    """

    def __init__(self, pencil: Pencil, rates: Array, gain: Array, modes: Array, points: Array) -> None:
        self._pencil, self._points, self._inputs = pencil, points, gain.shape[1]
        self._conduction, self._capacity = pencil.conduction, pencil.capacity
        self._lumped = np.sqrt(np.asarray(self._capacity.sum(axis=1)).ravel())[:, None]
        amplitude = np.maximum(np.abs(gain).max(axis=1), np.finfo(float).tiny)
        scaled = modes * amplitude
        columns = (self._conduction @ (scaled / rates) - self._capacity @ scaled) / self._lumped
        (small,) = scipy.linalg.qr(columns, mode="r", check_finite=False)
        small = small[: len(rates)]
        response = _responses(rates, gain / amplitude[:, None], points)
        size = small @ response
        norms = np.linalg.norm(size.reshape(len(size), len(points), -1), axis=(0, 2))
        even = size / np.maximum(norms, np.finfo(float).tiny).repeat(2 * self._inputs)
        square, turn = scipy.linalg.eigh(even @ even.T)
        kept = square > _SMALL * square[-1]
        combined = columns @ (
            response @ ((even.T @ turn[:, kept]) / square[kept] / norms.repeat(2 * self._inputs)[:, None])
        )
        self._directions, _ = scipy.linalg.qr(combined, mode="economic", overwrite_a=True, check_finite=False)
        self._seen = (self._directions.T @ columns) @ response
        self._rest = size - turn[:, kept] @ (turn[:, kept].T @ size)

    def inverse(self, sigma: float) -> Array:
        """``Q^T (K + sigma C)^-1 Q`` of the directions Q, bounded by a matrix that is no smaller."""
        loads = self._lumped * self._directions
        solve = self._pencil.solver(sigma)
        solved, lacking = np.zeros_like(loads), loads
        for _ in range(1 + _REFINED):
            solved = solved + solve(lacking, _ROUGHLY)
            lacking = loads - self._conduction @ solved - sigma * (self._capacity @ solved)
            weighted = lacking / self._lumped
            seen, left = loads.T @ solved + solved.T @ lacking, LUMPED / sigma * (weighted.T @ weighted)
            if np.trace(left) <= _CRUDE * np.trace(seen):
                break
        return np.asarray(0.5 * (seen + seen.T) + left)

    def gram(self, number: int, inverse: Array) -> Complex:
        """``rho_i* rho_j`` for all inputs at a point, shape (m, m)."""
        seen, crude = self._at(self._seen, number), self._at(self._rest, number)
        crude = LUMPED / self._points[number] * (crude.conj().T @ crude)
        return np.asarray((1.0 + _SPLIT) * (seen.conj().T @ inverse @ seen) + (1.0 + 1.0 / _SPLIT) * crude)

    def _at(self, values: Array, number: int) -> Complex:
        first = 2 * self._inputs * number
        real, imaginary = values[:, first : first + self._inputs], values[:, first + self._inputs :]
        return np.asarray(real + 1j * imaginary[:, : self._inputs])


def _responses(rates: Array, gain: Array, points: Array) -> Array:
    """Change of modes for all inputs at points of a ray: real and imaginary parts by point, (R, 2 m points)."""
    found = []
    for point in points:
        change = point * gain / (rates[:, None] + point * np.exp(1j * ANGLE))
        found += [change.real, change.imag]
    return np.concatenate(found, axis=1)
