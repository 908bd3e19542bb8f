"""Preconditioned conjugate gradients on arrays of any shape (Hestenes and Stiefel, J. Res. NBS 49 (1952) 409)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged

Array = NDArray[np.float64]

_MAXIMUM = 500
_STALL = 1e-14


def conjugate_gradients(
    apply: Callable[[Array, Array], None],
    precondition: Callable[[Array], Array],
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
        Symmetric positive definite approximation of the inverse.
    load, guess
        Right-hand side and start, any shape.
    rtol
        Residual over load, both in the Euclidean norm.

    Raises
    ------
    NotConverged
        After 500 iterations.
    """
    solution = np.zeros_like(load) if guess is None else guess.copy()
    residual, product, scratch = load.copy(), np.zeros_like(load), np.empty_like(load)
    if guess is not None:
        apply(solution, product)
        residual -= product
    target = max(rtol, _STALL) * float(np.linalg.norm(load))
    direction, rho = np.zeros_like(load), 1.0
    size = float(np.linalg.norm(residual))
    for iteration in range(_MAXIMUM):
        if size <= target:
            return solution, iteration
        step = precondition(residual)
        new_rho = float(np.vdot(residual, step))
        direction *= 0.0 if iteration == 0 else new_rho / rho
        direction += step
        rho = new_rho
        apply(direction, product)
        alpha = rho / float(np.vdot(direction, product))
        solution += np.multiply(direction, alpha, out=scratch)
        residual -= np.multiply(product, alpha, out=scratch)
        size = float(np.linalg.norm(residual))
    raise NotConverged(
        f"conjugate gradients: residual {size:.2e} after {_MAXIMUM} iterations, target {target:.2e}"
    )
