"""Preconditioned conjugate gradients on arrays of any shape (Hestenes and Stiefel, J. Res. NBS 49 (1952) 409)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged
from thermal.field.tensor_grid import Reals, zeros
from thermal.field.tensor_kernels import load_kernels

Array = NDArray[np.float64]

_MAXIMUM = 500
_STALL = 1e-14


def conjugate_gradients(
    apply: Callable[[Array, Array], None],
    precondition: Callable[[Array], Reals],
    load: Array,
    guess: Array | None,
    rtol: float,
) -> tuple[Array, int]:
    """Solve a symmetric positive definite system; returns the solution and the number of iterations.

    Parameters
    ----------
    apply
        ``apply(u, v)`` writes ``A u`` to ``v``.
    precondition
        Symmetric positive definite approximation of the inverse, in either precision.
    load, guess
        Right-hand side and start, any shape.
    rtol
        Residual over load, both in the Euclidean norm.

    Raises
    ------
    NotConverged
        After 500 iterations.
    """
    kernels = load_kernels()
    solution = zeros(load.shape) if guess is None else guess.copy()
    residual, product, direction = load.copy(), zeros(load.shape), zeros(load.shape)
    if guess is not None:
        apply(solution, product)
        residual -= product
    target = max(rtol, _STALL) * float(np.linalg.norm(load))
    size, rho = float(np.linalg.norm(residual)), math.inf
    for iteration in range(_MAXIMUM):
        if size <= target:
            return solution, iteration
        step = precondition(residual)
        before, rho = rho, kernels.dot(step, residual)
        kernels.follow(rho / before, step, direction)
        apply(direction, product)
        alpha = rho / float(np.vdot(direction, product))
        size = math.sqrt(kernels.advance(alpha, direction, product, solution, residual))
    raise NotConverged(
        f"conjugate gradients: residual {size:.2e} after {_MAXIMUM} iterations, target {target:.2e}"
    )
