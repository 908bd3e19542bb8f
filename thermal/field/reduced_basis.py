"""Rich space of a reduced thermal model: block rational Krylov, enriched until its error is proven small enough.

The temperature that loads ``B u`` cause lies near the span of ``(K + s C)^-1 B`` for a few shifts ``s`` (Grimme,
Krylov projection methods for model reduction, 1997; Druskin and Simoncini, Systems and Control Letters 60 (2011) 546).
``s = 0`` is among them, so that steady states are exact; the others are spread over the rates between the slowest of
the field and that of the shortest step asked for. Where a solution of the field between two of them is missed another
is added, and more where the bound of :mod:`thermal.field.reduced_error` comes from while it is too large.

Galerkin projection keeps symmetry and dissipation. A constant temperature lies in the space, so heat is balanced, and
so does ``K^-1 C 1``, so that what is left out stores no heat in all.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.linalg
from numpy.typing import NDArray

from thermal.field.reduced_error import Certificate, certify
from thermal.field.reduced_pencil import Pencil

Array = NDArray[np.float64]

_DEPENDENT = 1e-9
"""Norm over that of the largest, below which a direction adds nothing that round-off leaves."""
_AT_ONCE = 1e-6
"""Norm over that of the largest down to which one Gram matrix tells directions; smaller ones have the next."""
_SPANNED = 0.5
"""Norm of a direction of length one, once more without its part in the space, below which that was all of it."""
_POLES_A_DECADE = 1.5
_MOST_POLES = 40
_MOST_ROUNDS = 6
_FASTEST = 20.0
"""Largest pole times the shortest step: what happens within a step shapes the temperature at its end."""
_CLOSELY = 1e-12
"""Residual over load of solutions: what they lack is in the residuals of the space, in directions of its own."""
_POLES_AN_E_FOLD = 1.8
"""Poles that make the bound less by a factor e, about."""
_RICHER = 0.01
"""Error of the rich space at the shifts where it is looked at, over the tolerance."""


@dataclass(frozen=True)
class ModalBasis:
    """Decaying modes: ``dx/dt = -rate x + gain u``, ``T = modes x`` above the reference temperature.

    Attributes
    ----------
    rates
        Shape (r,) [1/s].
    gain
        Shape (r, inputs), per watt.
    modes
        Shape (n, r); ``modes^T C modes = 1``.
    """

    rates: Array
    gain: Array
    modes: Array

    @property
    def order(self) -> int:
        """Number of modes."""
        return len(self.rates)


def rich_basis(
    pencil: Pencil, loads: Array, half_range: Array, shortest: float, tolerance: float
) -> tuple[ModalBasis, Certificate]:
    """Rational Krylov space of loads (n, m) [1/m2 and the like per W], enriched until it is within a tolerance.

    Parameters
    ----------
    pencil
        Matrices and solver.
    loads
        Nodal heat per watt of each input, shape (n, m).
    half_range
        Half of what each input spans [W], shape (m,); zero for one that stays, of which only steady states are kept.
        Where none moves the space is one of steady states.
    shortest
        Shortest time step to be resolved [s].
    tolerance
        Of any node's temperature while all inputs span their range [K]. The space is not enriched for ever: its
        certificate says what was reached.
    """
    moving = loads[:, half_range > 0.0] * half_range[half_range > 0.0]
    space = _Space(pencil, loads)
    first = pencil.solver(0.0)
    level = np.asarray(pencil.capacity.sum(axis=1))
    space.add(_normed(first(np.column_stack([loads, level]))))
    if moving.shape[1] == 0:
        return space.modal(), Certificate(np.zeros((loads.shape[1],) * 2), 0.0, np.empty(0), np.empty(0))
    signs = np.where(np.arange(moving.shape[1]) % 2 == 0, 1.0, -1.0)[:, None]
    probe, moving = moving @ signs, _spread(moving)
    slowest = float(space.modal().rates.min())
    fastest = _FASTEST / shortest
    count = max(3, round(_POLES_A_DECADE * np.log10(max(fastest / slowest, 10.0))) + 1)
    poles = np.geomspace(slowest, fastest, count).tolist()
    for pole in poles:
        space.add(pencil.solver(pole)(moving, _CLOSELY))
    _fill_gaps(space, pencil, (probe, moving), poles, _RICHER * tolerance)
    for _ in range(_MOST_ROUNDS):
        basis = space.modal()
        found = certify(pencil, basis.rates, basis.gain, basis.modes, half_range, shortest)
        if found.nodes <= tolerance or len(poles) > _MOST_POLES or 2 * basis.order > len(loads):
            break
        for pole in _lacking(sorted(poles), found, tolerance):
            space.add(pencil.solver(pole)(moving, _CLOSELY))
            poles.append(pole)
    return basis, found


def _lacking(poles: list[float], found: Certificate, tolerance: float) -> list[float]:
    """As many poles as the bound is likely to need, in the gaps that it mostly comes from, spread evenly there."""
    edges = np.concatenate([[0.0], poles[1:-1], [np.inf]])
    parts = [found.parts[(found.rates >= a) & (found.rates < b)].sum() for a, b in itertools.pairwise(edges)]
    added = np.zeros(len(parts), dtype=int)
    for _ in range(math.ceil(_POLES_AN_E_FOLD * math.log(found.nodes / tolerance))):
        added[int(np.argmax(np.array(parts) * np.exp(-2.0 * added)))] += 1
    return [
        float(pole)
        for (a, b), count in zip(itertools.pairwise(poles), added, strict=True)
        for pole in np.geomspace(a, b, count + 2)[1:-1]
    ]


def _fill_gaps(
    space: _Space, pencil: Pencil, loads: tuple[Array, Array], poles: list[float], tolerance: float
) -> None:
    """Add poles for all loads where the response to a combination of them, the first of ``loads``, is missed."""
    probe, moving = loads
    unchecked = _between(sorted(poles), 1.5)
    while unchecked and len(poles) <= _MOST_POLES:
        shift = unchecked.pop(0)
        solver = pencil.solver(shift)
        # a step to the same power responds 1/s of this transform at time 1/s: kelvin in kelvin
        if float(np.abs(space.solve(probe, shift) - solver(probe)).max()) > tolerance:
            space.add(solver(moving, _CLOSELY))
            poles.append(shift)
            neighbours = sorted(poles)
            place = neighbours.index(shift)
            unchecked += _between(neighbours[max(0, place - 1) : place + 2], 1.5)


class _Space:
    """Growing basis, orthonormal in the capacity, with the projection of conduction and loads."""

    def __init__(self, pencil: Pencil, loads: Array) -> None:
        self._conduction, self._capacity, self._loads = pencil.conduction, pencil.capacity, loads
        self._basis = np.empty((len(loads), 0))
        self._stiffness = np.empty((0, 0))

    def add(self, vectors: Array) -> None:
        """Add the part of vectors that is not in the space yet."""
        least = _DEPENDENT * np.sqrt(np.einsum("nm,nm->m", vectors, self._capacity @ vectors).max())
        while vectors.shape[1] > 0:
            vectors, square, turn = self._beside(vectors)
            kept = square > max(least, _AT_ONCE * np.sqrt(max(square[-1], 0.0))) ** 2
            if not kept.any():
                break
            again, own, own_turn = self._beside(vectors @ (turn[:, kept] / np.sqrt(square[kept])))
            new = own > _SPANNED**2
            self._append(again @ (own_turn[:, new] / np.sqrt(own[new])))
            vectors = vectors @ turn[:, ~kept]

    def _beside(self, vectors: Array) -> tuple[Array, Array, Array]:
        """Vectors without their part in the space, with eigenvalues and eigenvectors of their Gram matrix."""
        vectors = vectors - self._basis @ (self._basis.T @ (self._capacity @ vectors))
        square, turn = np.linalg.eigh(vectors.T @ (self._capacity @ vectors))
        return vectors, square, turn

    def _append(self, vectors: Array) -> None:
        product = self._conduction @ vectors
        beside, own = self._basis.T @ product, vectors.T @ product
        self._stiffness = np.block([[self._stiffness, beside], [beside.T, 0.5 * (own + own.T)]])
        self._basis = np.concatenate([self._basis, vectors], axis=1)

    def solve(self, load: Array, shift: float) -> Array:
        """Galerkin solution for a load (n, 1) at a shift [1/s]."""
        matrix = self._stiffness + shift * np.eye(len(self._stiffness))
        return np.asarray(self._basis @ scipy.linalg.solve(matrix, self._basis.T @ load, assume_a="pos"))

    def modal(self) -> ModalBasis:
        """Galerkin projection in its modes."""
        rates, turn = scipy.linalg.eigh(self._stiffness)
        modes = self._basis @ turn
        return ModalBasis(rates, modes.T @ self._loads, modes)


def _spread(loads: Array) -> Array:
    """Orthogonal mixture of loads: the same span, but heat everywhere.

    A fast decay around one block ends in denormal numbers, which take multigrid five times longer.
    """
    return np.asarray(loads @ scipy.fft.dct(np.eye(loads.shape[1]), norm="ortho"))


def _normed(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=0))


def _between(poles: list[float], least: float) -> list[float]:
    return [float(np.sqrt(a * b)) for a, b in itertools.pairwise(poles) if b > least * a]
