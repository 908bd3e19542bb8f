"""Choice of the solver for an operator on a tensor grid."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from thermal.field.conjugate_gradients import conjugate_gradients
from thermal.field.diagonalisation import DiagonalisedSolver, laterally_uniform
from thermal.field.multigrid import MultigridSolver
from thermal.field.tensor_grid import Array, Reals, with_margin, without_margin
from thermal.field.tensor_operator import TensorOperator

_TANGENT_SPREAD = 4.0
"""Largest over smallest face tangent up to which their mean, as a film, preconditions well."""


class TensorSolver(Protocol):
    """A solver set up once for an operator."""

    name: str
    iterations: int

    def solve(self, load: Array, guess: Array | None = None, rtol: float = 1e-10) -> Array:
        """Solve for node values, shapes as ``load``."""

    def precondition(self, residual: Array) -> Array:
        """Symmetric positive definite approximation of the inverse."""

    def precondition_padded(self, residual: Array) -> Reals:
        """The same for an array with margins; the result is good until the next one."""


class DiagonalisedConjugateGradients:
    """Conjugate gradients preconditioned by the diagonalisation, for layered plates with tangents on a face."""

    name = "tensor-diagonalised-cg"

    def __init__(self, operator: TensorOperator) -> None:
        self.operator = operator
        self.iterations = 0
        self._direct = DiagonalisedSolver(operator)

    def solve(self, load: Array, guess: Array | None = None, rtol: float = 1e-10) -> Array:
        """Solve for node values until the residual is ``rtol`` times the load."""
        shape = self.operator.grid.node_shape
        start = None if guess is None else with_margin(np.reshape(guess, shape))

        right = with_margin(np.reshape(load, shape))
        solution, self.iterations = conjugate_gradients(
            self.operator.apply_padded, self._direct.precondition_padded, right, start, rtol
        )
        return without_margin(solution).reshape(np.shape(load))

    def precondition(self, residual: Array) -> Array:
        """Exact solution for the mean tangent."""
        return self._direct.solve(residual)

    def precondition_padded(self, residual: Array) -> Array:
        """Exact solution for the mean tangent, of an array with margins."""
        return self._direct.precondition_padded(residual)


def make_solver(operator: TensorOperator) -> TensorSolver:
    """Diagonalise where the layers are laterally uniform, else set up multigrid.

    Raises
    ------
    MeshError
        If nothing in the operator holds the level of temperature.
    """
    if laterally_uniform(operator):
        return DiagonalisedSolver(operator)
    if operator.fixed is None and laterally_uniform(operator, tangents=True):
        slopes = [slope for slope in operator.tangent.values() if np.any(slope)]
        if all(slope.min() * _TANGENT_SPREAD > slope.max() for slope in slopes):
            return DiagonalisedConjugateGradients(operator)
    return MultigridSolver(operator)
