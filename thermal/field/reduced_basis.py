"""Rich space of a reduced thermal model: block rational Krylov, enriched until its error is proven small enough.

The temperature that loads ``B u`` cause lies near the span of ``(K + s C)^-1 B`` for a few shifts ``s`` (Grimme,
Krylov projection methods for model reduction, 1997; Druskin and Simoncini, Systems and Control Letters 60 (2011) 546).
``s = 0`` is among them, so that steady states are exact; the others are spread over the rates between the slowest of
the field and that of the shortest step asked for. Where a solution of the field between two of them is missed another
is added, and all gaps are halved while the bound of :mod:`thermal.field.reduced_error` is too large.

Galerkin projection keeps symmetry and dissipation. A constant temperature lies in the space, so heat is balanced, and
so does ``K^-1 C 1``, so that what is left out stores no heat in all.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from thermal.field.reduced_error import Certificate, certify
from thermal.field.reduced_pencil import Pencil

Array = NDArray[np.float64]

_DEPENDENT = 1e-9
"""Norm over that of the largest, below which a direction adds nothing that round-off leaves."""
_POLES_A_DECADE = 1.5
_MOST_POLES = 40
_MOST_ROUNDS = 3
_FASTEST = 20.0
"""Largest pole times the shortest step: what happens within a step shapes the temperature at its end."""
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
    space = _Space(pencil)
    first = pencil.solver(0.0)
    level = np.asarray(pencil.capacity.sum(axis=1))
    space.add(_normed(first(np.column_stack([loads, level]))))
    if moving.shape[1] == 0:
        return space.modal(loads), Certificate(np.zeros((loads.shape[1],) * 2), 0.0)
    slowest = float(space.modal(loads).rates.min())
    fastest = _FASTEST / shortest
    count = max(3, round(_POLES_A_DECADE * np.log10(max(fastest / slowest, 10.0))) + 1)
    poles = np.geomspace(slowest, fastest, count).tolist()
    for pole in poles:
        space.add(pencil.solver(pole)(moving))
    _fill_gaps(space, pencil, loads, moving, poles, _RICHER * tolerance)
    for _ in range(_MOST_ROUNDS):
        basis = space.modal(loads)
        found = certify(pencil, basis.rates, basis.gain, basis.modes, half_range, shortest)
        if found.nodes <= tolerance or len(poles) > _MOST_POLES or 2 * basis.order > len(loads):
            break
        for pole in _between(sorted(poles), 1.1):
            space.add(pencil.solver(pole)(moving))
            poles.append(pole)
    return basis, found


def _fill_gaps(
    space: _Space, pencil: Pencil, loads: Array, moving: Array, poles: list[float], tolerance: float
) -> None:
    """Add poles where the response to a combination of all loads is missed."""
    signs = np.where(np.arange(moving.shape[1]) % 2 == 0, 1.0, -1.0)[:, None]
    load = moving @ signs
    unchecked = _between(sorted(poles), 1.5)
    while unchecked and len(poles) <= _MOST_POLES:
        shift = unchecked.pop(0)
        solver = pencil.solver(shift)
        basis = space.modal(load)
        guess = basis.modes @ (basis.gain[:, 0] / (basis.rates + shift))
        # a step to the same power responds 1/s of this transform at time 1/s: kelvin in kelvin
        if float(np.abs(guess - solver(load)[:, 0]).max()) > tolerance:
            space.add(solver(moving))
            poles.append(shift)
            neighbours = sorted(poles)
            place = neighbours.index(shift)
            unchecked += _between(neighbours[max(0, place - 1) : place + 2], 1.5)


class _Space:
    """Growing basis, orthonormal in the capacity."""

    def __init__(self, pencil: Pencil) -> None:
        self._conduction, self._capacity = pencil.conduction, pencil.capacity
        self._basis = np.empty((self._conduction.shape[0], 0))

    def add(self, vectors: Array) -> None:
        """Add the part of vectors that is not in the space yet."""
        largest = np.sqrt(np.einsum("nm,nm->m", vectors, self._capacity @ vectors).max())
        for _ in range(2):
            weighted = self._capacity @ vectors
            vectors = vectors - self._basis @ (self._basis.T @ weighted)
            square, turn = np.linalg.eigh(vectors.T @ (self._capacity @ vectors))
            kept = square > (_DEPENDENT * largest) ** 2
            vectors = vectors @ (turn[:, kept] / np.sqrt(square[kept]))
            largest = 1.0
        self._basis = np.concatenate([self._basis, vectors], axis=1)

    def modal(self, loads: Array) -> ModalBasis:
        """Galerkin projection in its modes."""
        stiffness = self._basis.T @ (self._conduction @ self._basis)
        mass = self._basis.T @ (self._capacity @ self._basis)
        rates, turn = scipy.linalg.eigh(0.5 * (stiffness + stiffness.T), 0.5 * (mass + mass.T))
        modes = self._basis @ turn
        return ModalBasis(rates, modes.T @ loads, modes)


def _normed(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=0))


def _between(poles: list[float], least: float) -> list[float]:
    return [float(np.sqrt(a * b)) for a, b in itertools.pairwise(poles) if b > least * a]
