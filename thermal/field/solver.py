"""Who integrates and who solves: DOLFINx with PETSc, or the tensor grid alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh
from thermal.errors import NotConverged
from thermal.field.boundary import Surface
from thermal.field.channel_stencils import ChannelStencil
from thermal.field.conjugate_gradients import conjugate_gradients
from thermal.field.convergence_rate import ConvergenceRate
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.materials import CellProperties
from thermal.field.matrices import AssembledMatrices
from thermal.field.multigrid import MultigridSolver
from thermal.field.operators import Discretisation
from thermal.field.stencils import Stencil, TensorStencils
from thermal.field.tensor_grid import TensorGrid, with_margin, without_margin
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import TensorSolver, make_solver

Array = NDArray[np.float64]

CHOICES = ("auto", "tensor", "amg", "direct")

DIRECT_UP_TO = 3_000
"""Unknowns up to which ``auto`` keeps a Cholesky factor."""

TENSOR_FROM = 200_000
"""Unknowns from which ``auto`` leaves the library out: its mesh and assembly would cost more than the solve."""

_SLOWER = 0.8
"""Digits an iteration, over those of a fresh preconditioner, below which a kept one is made anew."""


class FieldSolver(Protocol):
    """Solver of a sequence of similar symmetric positive definite systems."""

    @property
    def name(self) -> str:
        """What the summary calls it."""
        ...

    def solve(
        self, operator: Any, right_hand_side: Array, *, absolute: float, relative: float = 0.0
    ) -> tuple[Array, int]:
        """Return solution and iterations; its residual is below ``absolute`` or ``relative`` of the right-hand side."""
        ...


def make_path(
    mesh: LayeredMesh, surface: Surface, properties: CellProperties, choice: str
) -> tuple[Discretisation, Callable[[], FieldSolver]]:
    """Return what integrates the operators of a mesh, and a maker of solvers for them.

    Raises
    ------
    InputError
        If there is no such choice.
    """
    if choice not in CHOICES:
        raise InputError(f"numerics.solver: {choice!r} is not one of {', '.join(CHOICES)}")
    if surface.channels is not None and choice not in ("auto", "tensor"):
        raise InputError(
            f"numerics.solver: {choice!r} does not take channels in the solid; allowed: auto, tensor"
        )
    if (
        choice == "tensor"
        or surface.channels is not None
        or (choice == "auto" and mesh.unknowns > TENSOR_FROM)
    ):
        return TensorStencils(mesh, surface, properties.heat_capacity), TensorFieldSolver
    from thermal.fem import HexahedralSpace, SymmetricSolver

    grid = TensorGrid(mesh.x, mesh.y, mesh.z)

    def multigrid(matrix: DistributedMatrix) -> Callable[[Array], Array]:
        return MultigridSolver(TensorOperator.from_matrix(grid, matrix)).precondition

    if choice == "auto":
        choice = "direct" if mesh.unknowns <= DIRECT_UP_TO else "shell"
    assembly = HexahedralSpace(mesh.x, mesh.y, mesh.z)
    operators = AssembledMatrices(assembly, surface, properties.heat_capacity)
    return operators, lambda: SymmetricSolver(choice, multigrid)


class TensorFieldSolver:
    """Conjugate gradients on stencils; the preconditioner outlives the operator it was made for while it serves."""

    def __init__(self) -> None:
        self._kept: TensorSolver | None = None
        self._name = "tensor"
        self._rate = ConvergenceRate(_SLOWER)

    @property
    def name(self) -> str:
        """Preconditioner of the conjugate gradients, once there is one."""
        return self._name

    def solve(
        self,
        operator: Stencil | ChannelStencil,
        right_hand_side: Array,
        *,
        absolute: float,
        relative: float = 0.0,
    ) -> tuple[Array, int]:
        """Solve from zero.

        Raises
        ------
        NotConverged
            If conjugate gradients stall.
        """
        norm = float(np.linalg.norm(right_hand_side))
        if norm == 0.0:
            return np.zeros_like(right_hand_side), 0
        reduction = max(absolute / norm, relative)
        if self._kept is not None:
            try:
                return self._serve(operator, self._kept, right_hand_side, reduction, fresh=False)
            except NotConverged:
                self._kept = None
        self._kept = make_solver(operator.near)
        self._name = self._kept.name
        return self._serve(operator, self._kept, right_hand_side, reduction, fresh=True)

    def _serve(
        self,
        operator: Stencil | ChannelStencil,
        kept: TensorSolver,
        right_hand_side: Array,
        reduction: float,
        *,
        fresh: bool,
    ) -> tuple[Array, int]:
        """Solve with a preconditioner, and judge it by the digits an iteration gains."""
        solution, iterations = self._run(operator, kept, right_hand_side, reduction)
        if not self._rate.serves(-math.log10(reduction), iterations, fresh=fresh):
            self._kept = None
        return solution, iterations

    def _run(
        self,
        operator: Stencil | ChannelStencil,
        kept: TensorSolver,
        right_hand_side: Array,
        relative: float,
    ) -> tuple[Array, int]:
        right = with_margin(right_hand_side.reshape(operator.operator.grid.node_shape))
        solution, iterations = conjugate_gradients(
            operator.apply, kept.precondition_padded, right, None, relative
        )
        return without_margin(solution).ravel(), iterations
