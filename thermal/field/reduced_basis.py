"""Basis of a reduced thermal model: block rational Krylov space, compressed, in modes of its own.

The temperature that loads ``B u`` cause lies near the span of ``(K + s C)^-1 B`` for a few shifts ``s`` (Grimme,
Krylov projection methods for model reduction, 1997; Druskin and Simoncini, Systems and Control Letters 60 (2011) 546).
``s = 0`` is among them, so that steady states are exact; the others are spread over the rates between the slowest of
the field and that of the shortest step asked for, and more are added where a solution of the field between two of them
is missed.

Of this rich space a smaller one is kept: all steady states, and what is left of step responses in the
order of their energy ``T^T K T`` (a proper orthogonal decomposition). Galerkin projection keeps symmetry, dissipation
and, as a constant temperature lies in the space, the balance of heat.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from thermal.field.reduced_pencil import Pencil

Array = NDArray[np.float64]

_DEPENDENT = 1e-7
"""Norm over that of the largest, below which a direction adds nothing that round-off leaves."""
_POLES_A_DECADE = 1.0
_MOST_POLES = 16
_FASTEST = 20.0
"""Largest pole times the shortest step: what happens within a step shapes the temperature at its end."""
_RICHER = 0.03
"""Error of the rich space over the tolerance of the compressed one."""
_SAMPLES = 25
"""Times at which the compressed space is made from the rich one, and compared with it."""


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
    missed
        Largest difference from solutions of the field at rates not in the space, over the response [-].
    """

    rates: Array
    gain: Array
    modes: Array
    missed: float

    @property
    def order(self) -> int:
        """Number of modes."""
        return len(self.rates)


def rich_basis(
    pencil: Pencil, loads: Array, scale: Array, shortest: float, tolerance: float, seed: int = 0
) -> ModalBasis:
    """Rational Krylov space of loads (n, m) [1/m2 and the like per W], enriched until it meets a tolerance.

    Parameters
    ----------
    pencil
        Matrices and solver.
    loads
        Nodal heat per watt of each input, shape (n, m).
    scale
        Largest power of each input [W], shape (m,).
    shortest
        Shortest time step to be resolved [s].
    tolerance
        Of the responses to the inputs at their scale [K].
    seed
        Of the random combination of inputs at which the space is checked.
    """
    conduction, capacity = pencil.conduction, pencil.capacity
    scaled = loads * scale
    space = _Space(conduction, capacity)
    steady = pencil.solver(0.0)(scaled)
    space.add(steady / np.linalg.norm(steady, axis=0))
    slowest = float(space.modal(loads, 0.0).rates.min())
    fastest = _FASTEST / shortest
    count = max(3, round(_POLES_A_DECADE * np.log10(max(fastest / slowest, 10.0))) + 1)
    poles = np.geomspace(slowest, fastest, count).tolist()
    for pole in poles:
        space.add(pencil.solver(pole)(scaled))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(loads.shape[1], 1))
    missed = 0.0
    unchecked = _between(sorted(poles))
    while unchecked and len(poles) <= _MOST_POLES:
        shift = unchecked.pop(0)
        basis = space.modal(loads, 0.0)
        exact = pencil.solver(shift)(scaled @ signs)[:, 0]
        guess = basis.modes @ ((basis.gain @ (scale * signs[:, 0])) / (basis.rates + shift))
        difference, response = float(np.abs(guess - exact).max()), float(np.abs(exact).max())
        # a step to the same power responds 1/s of this transform at time 1/s: kelvin in kelvin
        if difference > _RICHER * tolerance:
            space.add(pencil.solver(shift)(scaled))
            poles.append(shift)
            neighbours = sorted(poles)
            place = neighbours.index(shift)
            unchecked += _between(neighbours[max(0, place - 1) : place + 2])
        else:
            missed = max(missed, difference / response)
    return space.modal(loads, missed)


def compress(
    rich: ModalBasis, scale: Array, outputs: Array, shortest: float, tolerance: float, order: int | None
) -> ModalBasis:
    """Smallest space with all steady states whose step responses differ by less than a tolerance from the rich one's.

    Parameters
    ----------
    rich
        What to compress.
    scale
        Largest power of each input [W].
    outputs
        Rows that give the temperatures that count from the rich modes, shape (outputs, R).
    shortest
        Shortest time step to be resolved [s].
    tolerance
        For the sum over all inputs stepping to their scale at once [K].
    order
        Number of modes instead of what the tolerance asks for.
    """
    static = rich.gain * scale / rich.rates[:, None]
    directions = np.concatenate(
        [static / np.linalg.norm(static, axis=0), _left_over(rich, scale, static, shortest)], axis=1
    )
    orthogonal = _independent(directions, rich.order)
    least = min(_rank(static), orthogonal.shape[1])
    if order is not None:
        return _project(rich, orthogonal[:, : max(least, order)])
    low, high = least, orthogonal.shape[1]
    while low < high:
        middle = (low + high) // 2
        smaller = _project(rich, orthogonal[:, :middle])
        if _step_difference(rich, smaller, orthogonal[:, :middle], scale, outputs, shortest) <= tolerance:
            high = middle
        else:
            low = middle + 1
    return _project(rich, orthogonal[:, :high])


class _Space:
    """Growing basis, orthonormal in the capacity."""

    def __init__(self, conduction: scipy.sparse.csr_matrix, capacity: scipy.sparse.csr_matrix) -> None:
        self._conduction, self._capacity = conduction, capacity
        self._basis = np.empty((conduction.shape[0], 0))

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

    def modal(self, loads: Array, missed: float) -> ModalBasis:
        """Galerkin projection in its modes."""
        stiffness = self._basis.T @ (self._conduction @ self._basis)
        mass = self._basis.T @ (self._capacity @ self._basis)
        rates, turn = scipy.linalg.eigh(0.5 * (stiffness + stiffness.T), 0.5 * (mass + mass.T))
        modes = self._basis @ turn
        return ModalBasis(rates, modes.T @ loads, modes, missed)


def _between(poles: list[float]) -> list[float]:
    return [float(np.sqrt(a * b)) for a, b in itertools.pairwise(poles) if b > 1.5 * a]


def _left_over(rich: ModalBasis, scale: Array, static: Array, shortest: float) -> Array:
    """Step responses at many times less their part in the steady states, in the order of energy; rich coordinates.

    Snapshots in time gave half the error of snapshots at many rates, at the same number of modes.
    """
    energy = np.sqrt(rich.rates)[:, None]
    times = np.geomspace(shortest, max(1.0 / rich.rates.min(), 10.0 * shortest), _SAMPLES)
    steady = rich.gain * scale / rich.rates[:, None]
    responses = [energy * steady * -np.expm1(-rich.rates * time)[:, None] for time in times]
    snapshots = np.concatenate(responses, axis=1)
    held, _ = np.linalg.qr(energy * static / np.linalg.norm(energy * static, axis=0))
    snapshots -= held @ (held.T @ snapshots)
    left, _, _ = np.linalg.svd(snapshots, full_matrices=False)
    return np.asarray(left / energy)


def _independent(directions: Array, most: int) -> Array:
    """Orthonormalise columns in their order; what round-off leaves of dependent ones is left out."""
    basis, kept = np.empty((len(directions), most), order="F"), 0
    for vector in directions.T:
        size = np.linalg.norm(vector)
        for _ in range(2):
            vector = vector - basis[:, :kept] @ (basis[:, :kept].T @ vector)
        remaining = np.linalg.norm(vector)
        if remaining > _DEPENDENT * size and kept < most:
            basis[:, kept] = vector / remaining
            kept += 1
    return basis[:, :kept]


def _rank(static: Array) -> int:
    return int(np.linalg.matrix_rank(static / np.linalg.norm(static, axis=0), tol=_DEPENDENT))


def _project(rich: ModalBasis, directions: Array) -> ModalBasis:
    rates, turn = np.linalg.eigh(directions.T @ (rich.rates[:, None] * directions))
    weights = directions @ turn
    return ModalBasis(rates, weights.T @ rich.gain, rich.modes @ weights, rich.missed)


def _step_difference(
    rich: ModalBasis, small: ModalBasis, directions: Array, scale: Array, outputs: Array, shortest: float
) -> float:
    """Largest difference of an output, summed over inputs stepping to their scale [K]."""
    turn = np.linalg.eigh(directions.T @ (rich.rates[:, None] * directions))[1]
    small_outputs = outputs @ (directions @ turn)
    worst = 0.0
    for time in np.geomspace(shortest, max(3.0 / rich.rates.min(), 10.0 * shortest), _SAMPLES):
        exact = outputs @ (rich.gain * (-np.expm1(-rich.rates * time) / rich.rates)[:, None])
        found = small_outputs @ (small.gain * (-np.expm1(-small.rates * time) / small.rates)[:, None])
        worst = max(worst, float((np.abs(found - exact) @ scale).max()))
    return worst
