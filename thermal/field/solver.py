"""Who assembles and who solves: DOLFINx with PETSc."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh
from thermal.field.system import Assembly

Array = NDArray[np.float64]
Matrix: TypeAlias = scipy.sparse.csr_matrix

CHOICES = ("auto", "tensor", "amg", "direct")

DIRECT_UP_TO = 12_000
"""Unknowns up to which ``auto`` keeps a Cholesky factor; beyond, multigrid is the cheaper preconditioner."""


class FieldSolver(Protocol):
    """Solver of a sequence of similar symmetric positive definite systems."""

    @property
    def name(self) -> str:
        """What the summary calls it."""
        ...

    def solve(
        self, matrix: Matrix, right_hand_side: Array, *, absolute: float, relative: float = 0.0
    ) -> tuple[Array, int]:
        """Return solution and iterations."""
        ...


def make_assembly(mesh: LayeredMesh, choice: str) -> Assembly:
    """Return what integrates the forms on a mesh."""
    if choice not in CHOICES:
        raise InputError(f"numerics.solver: {choice!r} is not one of {', '.join(CHOICES)}")
    from thermal.fem import HexahedralSpace

    return HexahedralSpace(mesh.x, mesh.y, mesh.z)


def make_solver(mesh: LayeredMesh, choice: str) -> FieldSolver:
    """Return a solver for a mesh."""
    from thermal.fem import SymmetricSolver

    kind = choice
    if choice == "auto":
        kind = "direct" if mesh.unknowns <= DIRECT_UP_TO else "amg"
    return SymmetricSolver(kind)
