"""The only door to DOLFINx, UFL and PETSc: assembly on hexahedra, and Krylov solvers for sparse systems.

Strong form: ``div(k grad T) + q''' = rho c dT/dt``. Weak form on the package: for all v,
``(k grad T, grad v) + (rho c dT/dt, v) = (q''', v) - <q'', v>``, heat flux ``q''`` counted positive outwards. Here
the two bilinear forms of the volume and the mass form of the boundary are assembled; sources and boundary fluxes are
added to the resulting matrices by those who know them. What comes in and goes out is numpy and scipy in the order of
the tensor grid: node ``(k, j, i)`` at ``(x[i], y[j], z[k])`` is row ``(k * (ny + 1) + j) * (nx + 1) + i``.

Under ``mpirun`` each rank meshes the cells around its own nodes as a mesh of its own, and integrates the rows of these
nodes: a plane of cells between two ranks is integrated by both, and nothing is exchanged until the solve.

Everything that differs between DOLFINx releases belongs here.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import math
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal import ranks
from thermal.errors import NotConverged
from thermal.field.convergence_rate import ConvergenceRate
from thermal.field.distributed_matrix import Block, DistributedMatrix, Rows, blocks
from thermal.field.row_layout import RowLayout
from thermal.form_cache import form_cache
from thermal.quiet_import import quiet_import

with quiet_import():
    import petsc4py

    petsc4py.init(["vascool", "-no_signal_handler"])  # PETSc's takes a pipe that is closed for a crash
    import cffi
    import dolfinx
    import dolfinx.fem
    import dolfinx.fem.petsc
    import dolfinx.jit
    import dolfinx.mesh
    import ufl
    from mpi4py import MPI
    from petsc4py import PETSc

logging.getLogger("FFC").setLevel(logging.WARNING)
logging.getLogger("UFL").setLevel(logging.WARNING)

Array = NDArray[np.float64]
Preconditioner = Callable[[Array], Array]
"""From a residual to a correction, symmetric and positive definite."""

_QUADRATURE = {"quadrature_degree": 2}
"""Exact for these forms on boxes; the estimate for coefficient forms would be up to 125 points a hexahedron."""
WORLD = MPI.COMM_WORLD
"""Under ``mpirun``, all ranks: each holds whole vectors, and its own rows of the matrices."""
if ranks.count() != WORLD.size:
    raise InputError(
        f"MPI has {WORLD.size} ranks, the launcher's environment tells of {ranks.count()}: "
        "start with the mpirun of DOLFINx's own MPI (Open MPI, or MPICH's hydra)"
    )
FAILED = WORLD.Dup()
"""Where ranks that fail meet, so that nothing else that they wait in is taken for it."""


@contextlib.contextmanager
def _compiler() -> Iterator[None]:
    """Have forms compiled into their folder, which this process has to itself."""
    parameters = dolfinx.jit.DOLFINX_DEFAULT_JIT_PARAMETERS
    with form_cache() as folder, warnings.catch_warnings():
        parameters["cache_dir"] = (str(folder), parameters["cache_dir"][1])
        # FFCx leaves the source that it writes to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            yield
        except cffi.VerificationError as error:
            raise InputError(
                f"temperature field: forms cannot be compiled ({str(error).splitlines()[0]}); "
                'numerics.solver = "tensor" needs no compiler'
            ) from None


class HexahedralSpace:
    """Trilinear (Q1) elements on a tensor-product grid, made and assembled by DOLFINx.

    Raises
    ------
    InputError
        If there are more ranks than nodes, or no compiler for the forms.
    """

    def __init__(self, x: Array, y: Array, z: Array) -> None:
        shape = (len(z), len(y), len(x))
        if math.prod(shape) < WORLD.size:
            raise InputError(f"{WORLD.size} ranks have {math.prod(shape)} nodes to share: start fewer")
        self.layout = RowLayout.of(shape, WORLD.size, WORLD.rank)
        cells = self.layout.cells(shape)
        self._mesh, nodes = _mesh(
            x, y, z, cells
        )  # compiles nothing, so that ranks need not wait for each other
        with _compiler():
            self._space = dolfinx.fem.FunctionSpace(self._mesh, ("Lagrange", 1))
            self._constant = dolfinx.fem.VectorFunctionSpace(self._mesh, ("DG", 0))
            self._scalar = dolfinx.fem.FunctionSpace(self._mesh, ("DG", 0))
        self._node_of_dof = self._node_order(nodes)
        self._cell = cells[np.asarray(self._mesh.topology.original_cell_index)]
        self._forms: dict[str, tuple[Any, Any, Any]] = {}
        self._pattern: dict[str, tuple[Any, Any, Any]] = {}

    def conduction(self, conductivity: Array) -> Rows:
        """Assemble ``(k grad u, grad v)`` [W/K] for conductivity (3, nz, ny, nx) along x, y, z [W/(m K)]."""

        def form(k: Any, u: Any, v: Any) -> Any:
            grad_u, grad_v = ufl.grad(u), ufl.grad(v)
            return sum(k[i] * grad_u[i] * grad_v[i] for i in range(3)) * ufl.dx(metadata=_QUADRATURE)

        return self._assemble("conduction", self._constant, form, conductivity.reshape(3, -1))

    def capacity(self, heat_capacity: Array) -> Rows:
        """Assemble ``(rho c u, v)`` [J/K] for volumetric heat capacity (nz, ny, nx) [J/(m3 K)]."""
        return self._assemble(
            "capacity",
            self._scalar,
            lambda c, u, v: c * u * v * ufl.dx(metadata=_QUADRATURE),
            heat_capacity.reshape(1, -1),
        )

    def boundary_mass(self, coefficient: Array) -> Rows:
        """Assemble ``<h u, v>`` over the whole surface, ``h`` given by cell (nz, ny, nx) [W/(m2 K)], to [W/K].

        For one rank: where ranks share the grid, a cut between them counts as surface.
        """
        return self._assemble(
            "boundary",
            self._scalar,
            lambda h, u, v: h * u * v * ufl.ds(metadata=_QUADRATURE),
            coefficient.reshape(1, -1),
        )

    def _assemble(self, name: str, space: Any, integrand: Callable[..., Any], values: Array) -> Rows:
        if name not in self._forms:
            coefficient = dolfinx.fem.Function(space)
            u, v = ufl.TrialFunction(self._space), ufl.TestFunction(self._space)
            with _compiler():
                form = dolfinx.fem.form(integrand(coefficient, u, v))
            self._forms[name] = (coefficient, form, dolfinx.fem.petsc.create_matrix(form))
        coefficient, form, matrix = self._forms[name]
        freedom = np.asarray(space.dofmap.list.array)
        coefficient.x.array.reshape(-1, len(values))[freedom] = values[:, self._cell].T
        matrix.zeroEntries()
        dolfinx.fem.petsc.assemble_matrix(matrix, form)
        matrix.assemble()
        return self._own_rows(name, matrix)

    def _own_rows(self, name: str, matrix: Any) -> Rows:
        """Pick this rank's rows and renumber DOLFINx's columns; the permutation of the entries is found once."""
        starts, columns, data = matrix.getValuesCSR()
        size = len(self.layout.order)
        if name not in self._pattern:
            freedom = np.empty(size, dtype=np.int64)
            freedom[self._node_of_dof] = np.arange(len(self._node_of_dof))
            nodes = self._node_of_dof[columns].astype(np.int32)
            place = Rows((np.arange(len(nodes)), nodes, starts), shape=(len(starts) - 1, size))
            place = place[freedom[self.layout.own]]
            place.sort_indices()
            self._pattern[name] = (place.data, place.indices, place.indptr)
        place, nodes, begin = self._pattern[name]
        result = Rows((data[place], nodes.copy(), begin.copy()), shape=(len(begin) - 1, size))
        result.has_sorted_indices = True
        return result

    def _node_order(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Node of the tensor grid that each of DOLFINx's degrees of freedom is."""
        geometry = np.asarray(self._mesh.geometry.dofmap.array).reshape(-1, 8)
        freedom = np.asarray(self._space.dofmap.list.array).reshape(-1, 8)
        node = np.empty(self._space.dofmap.index_map.size_local, dtype=np.int64)
        node[freedom] = nodes[np.asarray(self._mesh.geometry.input_global_indices)[geometry]]
        return node


def _mesh(x: Array, y: Array, z: Array, cells: NDArray[np.int64]) -> tuple[Any, NDArray[np.int64]]:
    """Mesh of some cells of the grid, of this process alone, and the nodes that it was given."""
    # "equispaced" spelled out: otherwise forms get a new name, and are compiled anew, in every process
    element = ufl.VectorElement(ufl.FiniteElement("Lagrange", ufl.hexahedron, 1, variant="equispaced"))
    shape = (len(z), len(y), len(x))
    k, j, i = np.unravel_index(cells, tuple(n - 1 for n in shape))
    corners = [
        np.ravel_multi_index((k + up, j + back, i + right), shape)
        for up in (0, 1)
        for back in (0, 1)
        for right in (0, 1)
    ]
    touched = np.zeros(len(z) * len(y) * len(x), dtype=bool)
    for corner in corners:
        touched[corner] = True
    nodes, number = np.flatnonzero(touched), np.cumsum(touched) - 1
    k, j, i = np.unravel_index(nodes, shape)
    points = np.column_stack([x[i], y[j], z[k]])
    given = np.column_stack([number[corner] for corner in corners])
    return dolfinx.mesh.create_mesh(MPI.COMM_SELF, given, points, ufl.Mesh(element)), nodes


_HYPRE = {
    "pc_hypre_boomeramg_strong_threshold": 0.5,
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_agg_nl": 1,
    "pc_hypre_boomeramg_P_max": 4,
}
"""BoomerAMG as it is good in three dimensions; its defaults are those of two."""

_SLOWER = 0.6
"""Digits an iteration, over those of a fresh preconditioner, below which a kept one is made anew."""


class SymmetricSolver:
    """Conjugate gradients of PETSc for a sequence of similar symmetric positive definite matrices.

    The preconditioner outlives the matrix it was made for, as long as it serves.

    Parameters
    ----------
    kind
        ``"direct"`` (a Cholesky factor), ``"amg"`` (BoomerAMG) or ``"shell"`` (what ``make_preconditioner`` returns).
    make_preconditioner
        From a matrix to its preconditioner, which every rank applies to the whole residual.
    """

    def __init__(
        self, kind: str, make_preconditioner: Callable[[DistributedMatrix], Preconditioner] | None = None
    ) -> None:
        self.kind = kind
        self._make_preconditioner = make_preconditioner
        self._solver: Any = None
        self._matrix: Any = None
        self._blocks: list[Block] = []
        self._rate = ConvergenceRate(_SLOWER)
        self._stale = False
        _ALIVE[next(_SERIAL)] = self

    @property
    def name(self) -> str:
        """Krylov method and preconditioner."""
        return {"direct": "CG + Cholesky", "amg": "CG + BoomerAMG", "shell": "CG + tensor-grid multigrid"}[
            self.kind
        ]

    def solve(
        self, matrix: DistributedMatrix, right_hand_side: Array, *, absolute: float, relative: float = 0.0
    ) -> tuple[Array, int]:
        """Solve from zero until the residual's norm is below ``absolute`` or ``relative`` of the right-hand side's.

        Returns
        -------
        The solution, and the iterations it took.

        Raises
        ------
        NotConverged
            If it does not get there with a fresh preconditioner either, or the matrix is not positive definite.
        """
        try:
            return self._solve(matrix, right_hand_side, absolute, relative)
        except PETSc.Error as error:
            reason = str(error).splitlines()[0]
            raise NotConverged(f"temperature field: the linear solver gave up ({reason})") from None

    def _solve(
        self, matrix: DistributedMatrix, right_hand_side: Array, absolute: float, relative: float
    ) -> tuple[Array, int]:
        fresh = self._set_matrix(matrix)
        norm = float(np.linalg.norm(right_hand_side))
        target = max(absolute, relative * norm)
        layout = matrix.layout
        solution, iterations, converged = self._run(layout, right_hand_side, target)
        if not converged and not fresh:
            self._renew(matrix)
            fresh = True
            more, extra, converged = self._run(layout, right_hand_side - matrix @ solution, target)
            solution, iterations = solution + more, iterations + extra
        if not converged:
            norm = float(np.linalg.norm(right_hand_side - matrix @ solution))
            if norm > 10.0 * target:
                raise NotConverged(
                    f"temperature field: linear residual {norm:.3g} W after {iterations} iterations, "
                    f"wanted {target:.3g} W"
                )
        digits = math.log10(max(norm / target, 1.0))
        self._stale = not self._rate.serves(digits, iterations, fresh=fresh)
        return solution, iterations

    def release(self) -> None:
        """Give back what PETSc holds; the solver can be used again and then sets up anew."""
        if self._solver is not None:
            for item in (self._solver, *self._vectors, self._matrix):
                item.destroy()
        self._solver = self._matrix = None

    def _run(self, layout: RowLayout, right_hand_side: Array, target: float) -> tuple[Array, int, bool]:
        right, solution = self._vectors
        right.array[:] = layout.part(right_hand_side)
        self._solver.setTolerances(rtol=1e-300, atol=target, max_it=500)
        self._solver.solve(right, solution)
        return (
            layout.whole(solution.array.copy()),
            int(self._solver.getIterationNumber()),
            bool(self._solver.getConvergedReason() > 0),
        )

    def _set_matrix(self, matrix: DistributedMatrix) -> bool:
        """Take the entries of a matrix; return whether the preconditioner is made for them."""
        if self._matrix is None:
            self._create(matrix)
            self._renew(matrix)
            return True
        for block in self._blocks:
            block.take(matrix)
        self._matrix.assemble()
        if self._stale:
            self._renew(matrix)
        return self._stale

    def _create(self, matrix: DistributedMatrix) -> None:
        """Hand this rank's rows to PETSc, which works on the blocks' own arrays."""
        self._blocks = blocks(matrix)
        arrays = [(block.starts, block.columns, block.entries) for block in self._blocks]
        sizes = matrix.rows.shape
        self._matrix = PETSc.Mat().createAIJWithArrays(
            (sizes, sizes), arrays if len(arrays) > 1 else arrays[0], comm=WORLD
        )
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        self._matrix.assemble()
        self._vectors = self._matrix.createVecs()

    def _renew(self, matrix: DistributedMatrix) -> None:
        if self._solver is not None:
            self._solver.destroy()
        self._solver = PETSc.KSP().create(WORLD)
        self._solver.setOperators(self._matrix)
        self._solver.setType("cg")
        self._solver.setNormType(PETSc.KSP.NormType.UNPRECONDITIONED)
        preconditioner = self._solver.getPC()
        if self.kind == "direct":
            preconditioner.setType("cholesky")
            preconditioner.setFactorSolverType("cholmod" if WORLD.size == 1 else "mumps")
        elif self.kind == "shell":
            preconditioner.setType("python")
            preconditioner.setPythonContext(_Shell(self._make_preconditioner, matrix))
        else:
            preconditioner.setType("hypre")
            self._set_options(_HYPRE)
        self._solver.setUp()
        preconditioner.setReusePreconditioner(True)

    def _set_options(self, options: dict[str, Any]) -> None:
        prefix = f"vascool_{id(self)}_"
        database = PETSc.Options(prefix)
        for key, value in options.items():
            database[key] = value
        self._solver.setOptionsPrefix(prefix)
        self._solver.setFromOptions()
        for key in options:
            database.delValue(key)


def _release_all() -> None:
    # in the order they were made: ranks give back together, and wait for each other in every one
    for _, solver in sorted(_ALIVE.items()):
        solver.release()


_ALIVE: weakref.WeakValueDictionary[int, SymmetricSolver] = weakref.WeakValueDictionary()
_SERIAL = itertools.count()
# PETSc closes after the interpreter; what it still holds then crashes the process on its way out
atexit.register(_release_all)


class _Shell:
    """What PETSc calls to precondition, in numpy."""

    def __init__(
        self, make: Callable[[DistributedMatrix], Preconditioner] | None, matrix: DistributedMatrix
    ) -> None:
        if make is None:
            raise ValueError("a shell preconditioner needs its maker")
        self._precondition, self._layout = make(matrix), matrix.layout

    def apply(self, _: Any, residual: Any, correction: Any) -> None:
        whole = self._precondition(self._layout.whole(residual.array_r))
        correction.array[:] = self._layout.part(whole)
