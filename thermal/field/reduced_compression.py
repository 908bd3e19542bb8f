"""Compression of a rich space: few modes, a direct part, and temperatures read from them by a fitted map.

A step in power answers with its steady field less decays. The steady field is taken as it is, so a space is needed for
decays only, and from the shortest step on: what has decayed by then is in the direct part exactly. The space is a
proper orthogonal decomposition of decays at many times. Galerkin projection gives its modes. Their own shapes are not
the best way to read temperatures from their amplitudes (18 mK at 64 modes of a chip with 16 blocks, where amplitudes
know the field to 2 mK), so the map is fitted to the decays of the rich space by least squares.

Steady states of ports and sink and ``K^-1 C 1`` are kept in the space, and the fit changes neither port temperatures
nor heat stored: what the modes balance stays balanced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.field.reduced_basis import ModalBasis

Array = NDArray[np.float64]

_DEPENDENT = 1e-8
_SAMPLES = 30
"""Times at which decays make the space."""
_FITTED = 60
"""Times at which the map is fitted."""
_COMPARED = 40
"""Times at which the decays of both spaces are compared."""


@dataclass(frozen=True)
class Compressed:
    """Few modes in the coordinates of a rich space.

    Attributes
    ----------
    rates, gain
        Shapes (r,) [1/s], (r, m).
    galerkin
        Modes as projected, that heat balances with, shape (R, r).
    reading
        What temperatures are read with, shape (R, r).
    """

    rates: Array
    gain: Array
    galerkin: Array
    reading: Array


def compress(
    rich: ModalBasis,
    half_range: Array,
    kept: Array,
    outputs: Array,
    shortest: float,
    tolerance: float,
    order: int | None,
) -> Compressed:
    """Fewest modes of which outputs differ by less than a tolerance from the rich space's, whatever the inputs do.

    Parameters
    ----------
    rich
        What to compress.
    half_range
        Half of what each input spans [W].
    kept
        Loads whose steady states are to be in the space, in rich coordinates, shape (R, k).
    outputs
        Rows that give the temperatures that count from rich coordinates, shape (outputs, R).
    shortest
        Shortest time step to be resolved [s].
    tolerance
        While every input does its worst within its range [K].
    order
        Number of modes instead of what the tolerance asks for.
    """
    space = _directions(rich, half_range, kept, shortest)
    least = min(kept.shape[1], space.shape[1])
    if order is not None:
        return _fitted(rich, half_range, kept, shortest, space[:, : max(least, order)])
    low, high = least, space.shape[1]
    while low < high:
        middle = (low + high) // 2
        made = _fitted(rich, half_range, kept, shortest, space[:, :middle])
        if float((worst_case(rich, made, outputs, shortest) @ half_range).max()) <= tolerance:
            high = middle
        else:
            low = middle + 1
    return _fitted(rich, half_range, kept, shortest, space[:, :high])


def worst_case(rich: ModalBasis, small: Compressed, outputs: Array, shortest: float) -> Array:
    """Largest difference of outputs per watt of half range, by input, shape (outputs, m) [K/W].

    ``|S(dt)|`` and the total variation of ``S`` after it, ``S`` the difference of step responses: at multiples of the
    step first, then at times growing evenly.
    """
    few = shortest * np.arange(1.0, 9.0)
    last = max(20.0 / rich.rates.min(), 20.0 * shortest)
    times = np.append(few, np.geomspace(few[-1], last, _COMPARED)[1:])
    total, before = np.zeros((len(outputs), rich.gain.shape[1])), None
    for time in times:
        now = outputs @ (
            _decays(rich.rates, rich.gain, time) - small.reading @ _decays(small.rates, small.gain, time)
        )
        total += np.abs(now if before is None else now - before)
        before = now
    return np.asarray(total + np.abs(now))


def _decays(rates: Array, gain: Array, time: float) -> Array:
    """What a step of one watt is short of its steady state after a time, shape (r, m)."""
    return np.asarray(gain * (np.exp(-rates * time) / rates)[:, None])


def _directions(rich: ModalBasis, half_range: Array, kept: Array, shortest: float) -> Array:
    """Orthonormal: the kept steady states, then decays in the order of what they weigh."""
    held = kept / rich.rates[:, None]
    basis, _ = np.linalg.qr(held / np.linalg.norm(held, axis=0))
    times = np.geomspace(shortest, max(3.0 / rich.rates.min(), 10.0 * shortest), _SAMPLES)
    decays = np.concatenate([_decays(rich.rates, rich.gain * half_range, time) for time in times], axis=1)
    for _ in range(2):
        decays -= basis @ (basis.T @ decays)
    left, size, _ = np.linalg.svd(decays, full_matrices=False)
    return np.concatenate([basis, left[:, size > _DEPENDENT * size[0]]], axis=1)


def _fitted(rich: ModalBasis, half_range: Array, kept: Array, shortest: float, space: Array) -> Compressed:
    rates, turn = np.linalg.eigh(space.T @ (rich.rates[:, None] * space))
    galerkin = space @ turn
    gain = galerkin.T @ rich.gain
    times = np.geomspace(shortest, max(5.0 / rich.rates.min(), 10.0 * shortest), _FITTED)
    own = np.concatenate([_decays(rates, gain * half_range, time) for time in times], axis=1)
    wanted = np.concatenate([_decays(rich.rates, rich.gain * half_range, time) for time in times], axis=1)
    left, size, right = np.linalg.svd(own, full_matrices=False)
    kept_size = size > _DEPENDENT * size[0]
    lacking = ((wanted - galerkin @ own) @ right[kept_size].T) / size[kept_size]
    change = lacking @ left[:, kept_size].T
    fixed, _ = np.linalg.qr(kept / np.linalg.norm(kept, axis=0))
    return Compressed(rates, gain, galerkin, galerkin + change - fixed @ (fixed.T @ change))
