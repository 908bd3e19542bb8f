"""Steady states of a reduced package corrected by the field's own residual, with a bound in kelvin of what is left.

A reduced state lacks no balance but at the wetted face, where faces differ from the mean of their segment. One step of
Newton's method on the field, a linear solve with the faces' own slopes ``S`` as films, removes that to second order:
``(K + S) c = -R``. What is left there, ``R1 = q(T1) - q(T0) - S c``, bounds the error ``e`` of ``T1``: with the least
slope ``D`` that each face has within ``h`` of ``T1``, the field of ``(K + D) w = |R1|`` is nowhere below ``|e|``
(maximum principle) if it is nowhere above ``h``, because then the solution lies where the slopes were looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermal.field.boundary import WettedCondition
from thermal.field.conjugate_gradients import conjugate_gradients
from thermal.field.reduced_model import ReducedState
from thermal.field.tensor_grid import with_margin, without_margin
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import TensorSolver, make_solver

if TYPE_CHECKING:
    from thermal.field.reduced_package import FaceBalance, ReducedPackage

Array = NDArray[np.float64]

_MOST = 3
"""Corrections of a state at most; each leaves the square of what the one before left."""
_SOLVED = 1e-6
"""Residual over load of the linear solves; of a correction it is part of what bounds the error."""
_SAFE = 1.001
"""On a bound, for its own solve: more than that residual times the root of the number of nodes."""
_ROUND_OFF = 1e-6
"""What the solves leave of a temperature, added to every bound [K]."""
_WIDER = 2.0
"""Width within which slopes are looked at, over what a uniform rise would need to make up for the residual."""


@dataclass(frozen=True)
class CorrectedState:
    """A steady state after its correction.

    Attributes
    ----------
    temperature
        Of every node, shape (n,) [K].
    error
        Bound of its distance, at any node, from the field of the same conductivity [K].
    corrections
        Linear solves that it took.
    """

    temperature: Array
    error: float
    corrections: int


def correct_steady(
    package: ReducedPackage, state: ReducedState, wetted: WettedCondition | None, largest: float
) -> CorrectedState:
    """Correct a steady state until it is within ``largest`` [K] of the field, three times at most.

    Raises
    ------
    NotConverged
        If a linear solve stalls.
    """
    temperature = package.temperature(state).ravel()
    face = package.face
    if wetted is None or face is None:
        return CorrectedState(temperature, _ROUND_OFF, 0)
    now = package.face_balance(state, wetted)
    residual, error, done = face.load(now.missing.ravel()), np.inf, 0
    while error > largest and done < _MOST:
        operator = package.operator(now.slope)
        if not operator.definite:
            break
        solver = make_solver(operator)
        change = -_solve(operator, solver, residual)
        unsolved = residual + operator.apply(change)
        temperature = temperature + change
        now = now.moved(wetted, face.mean(change).reshape(now.wall.shape))
        residual, done = face.load(now.missing.ravel()) + unsolved, done + 1
        largest_load = face.load(np.abs(now.missing).ravel()) + np.abs(unsolved)
        error = _bound(package, wetted, now, solver, largest_load)
    return CorrectedState(temperature, error, done)


def _bound(
    package: ReducedPackage,
    wetted: WettedCondition,
    now: FaceBalance,
    solver: TensorSolver,
    load: Array,
) -> float:
    """Bound of what a nodal residual of at most ``load`` [W] stands for [K]; infinite where it proves nothing."""
    wet = now.slope > 0.0
    if not wet.any():
        return np.inf
    within = _WIDER * float((np.abs(now.missing[wet]) / now.slope[wet]).max()) + _ROUND_OFF
    least = now.slope
    for edge in (-within, within):
        least = np.minimum(least, now.moved(wetted, np.full_like(now.wall, edge)).slope)
    operator = package.operator(least)
    if not operator.definite:
        return np.inf
    error = _SAFE * float(_solve(operator, solver, load).max()) + _ROUND_OFF
    return error if error <= within + _ROUND_OFF else np.inf


def _solve(operator: TensorOperator, solver: TensorSolver, load: Array) -> Array:
    right = with_margin(load.reshape(operator.grid.node_shape))
    solution, _ = conjugate_gradients(operator.apply_padded, solver.precondition_padded, right, None, _SOLVED)
    return without_margin(solution).ravel()
