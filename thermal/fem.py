"""The only door to DOLFINx, UFL and PETSc: assembly on hexahedra, and Krylov solvers for sparse systems.

Strong form: ``div(k grad T) + q''' = rho c dT/dt``. Weak form on the package: for all v,
``(k grad T, grad v) + (rho c dT/dt, v) = (q''', v) - <q'', v>``, heat flux ``q''`` counted positive outwards. Here
the two bilinear forms of the volume and the mass form of the boundary are assembled; sources and boundary fluxes are
added to the resulting matrices by those who know them. What comes in and goes out is numpy and scipy in the order of
the tensor grid: node ``(k, j, i)`` at ``(x[i], y[j], z[k])`` is row ``(k * (ny + 1) + j) * (nx + 1) + i``.

Everything that differs between DOLFINx releases belongs here.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import itertools
import logging
import math
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.cache_folder import cache_folder
from thermal.errors import NotConverged
from thermal.quiet_import import quiet_import

with quiet_import():
    import petsc4py

    petsc4py.init(["vascool", "-no_signal_handler"])  # PETSc's takes a pipe that is closed for a crash
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
Matrix: TypeAlias = scipy.sparse.csr_matrix
Preconditioner = Callable[[Array], Array]
"""From a residual to a correction, symmetric and positive definite."""

_QUADRATURE = {"quadrature_degree": 2}
"""Exact for these forms on boxes; the estimate for coefficient forms would be up to 125 points a hexahedron."""
WORLD = MPI.COMM_WORLD
"""Under ``mpirun``, all ranks: each holds the whole problem, and assembles and solves its part of it."""


@contextlib.contextmanager
def _compiler() -> Iterator[None]:
    """Give the folder of compiled forms to one process at a time; what a killed compiler left is removed first.

    Of the ranks of one run only the first compiles, so only the first locks.
    """
    folder = cache_folder("forms")
    folder.mkdir(parents=True, exist_ok=True)
    parameters = dolfinx.jit.DOLFINX_DEFAULT_JIT_PARAMETERS
    parameters["cache_dir"] = (str(folder), parameters["cache_dir"][1])
    with (folder / "lock").open("w") as lock:
        if WORLD.rank == 0:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for source in folder.glob("*.c"):
                if not source.with_suffix(".c.cached").exists():
                    source.unlink()
        with warnings.catch_warnings():
            # FFCx leaves the source that it writes to the garbage collector
            warnings.simplefilter("ignore", ResourceWarning)
            yield


class HexahedralSpace:
    """Trilinear (Q1) elements on a tensor-product grid, made and assembled by DOLFINx."""

    def __init__(self, x: Array, y: Array, z: Array) -> None:
        self.node_shape = (len(z), len(y), len(x))
        self.cell_shape = (len(z) - 1, len(y) - 1, len(x) - 1)
        with _compiler():
            self._mesh = _mesh(x, y, z)
            self._space = dolfinx.fem.FunctionSpace(self._mesh, ("Lagrange", 1))
            self._constant = dolfinx.fem.VectorFunctionSpace(self._mesh, ("DG", 0))
            self._scalar = dolfinx.fem.FunctionSpace(self._mesh, ("DG", 0))
        self._node_of_dof = self._node_order()
        self._cell = np.asarray(self._mesh.topology.original_cell_index)
        self._forms: dict[str, tuple[Any, Any, Any]] = {}
        self._layout: dict[str, tuple[Any, Any, Any]] = {}

    def conduction(self, conductivity: Array) -> Matrix:
        """Assemble ``(k grad u, grad v)`` [W/K] for conductivity (3, nz, ny, nx) along x, y, z [W/(m K)]."""

        def form(k: Any, u: Any, v: Any) -> Any:
            grad_u, grad_v = ufl.grad(u), ufl.grad(v)
            return sum(k[i] * grad_u[i] * grad_v[i] for i in range(3)) * ufl.dx(metadata=_QUADRATURE)

        return self._assemble("conduction", self._constant, form, conductivity.reshape(3, -1))

    def capacity(self, heat_capacity: Array) -> Matrix:
        """Assemble ``(rho c u, v)`` [J/K] for volumetric heat capacity (nz, ny, nx) [J/(m3 K)]."""
        return self._assemble(
            "capacity",
            self._scalar,
            lambda c, u, v: c * u * v * ufl.dx(metadata=_QUADRATURE),
            heat_capacity.reshape(1, -1),
        )

    def boundary_mass(self, coefficient: Array) -> Matrix:
        """Assemble ``<h u, v>`` over the whole surface, ``h`` given by cell (nz, ny, nx) [W/(m2 K)], to [W/K]."""
        return self._assemble(
            "boundary",
            self._scalar,
            lambda h, u, v: h * u * v * ufl.ds(metadata=_QUADRATURE),
            coefficient.reshape(1, -1),
        )

    def _assemble(self, name: str, space: Any, integrand: Callable[..., Any], values: Array) -> Matrix:
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
        return self._in_tensor_order(name, matrix)

    def _in_tensor_order(self, name: str, matrix: Any) -> Matrix:
        """Renumber DOLFINx's rows and columns; the permutation of the entries is found once."""
        starts, columns, data = matrix.getValuesCSR()
        if name not in self._layout:
            nodes = _gathered(self._node_of_dof[columns].astype(np.int32))
            begin = np.concatenate([[0], np.cumsum(_gathered(np.diff(starts)))])
            place = Matrix((np.arange(len(nodes)), nodes, begin), shape=(len(begin) - 1,) * 2)
            place = place[np.argsort(self._node_of_dof)]
            place.sort_indices()
            self._layout[name] = (place.data, place.indices, place.indptr)
        place, nodes, begin = self._layout[name]
        result = Matrix((_gathered(data)[place], nodes.copy(), begin.copy()), shape=(len(begin) - 1,) * 2)
        result.has_sorted_indices = True
        return result

    def _node_order(self) -> NDArray[np.int64]:
        """Row of the tensor grid that each of DOLFINx's degrees of freedom is, all ranks' one after another."""
        geometry = np.asarray(self._mesh.geometry.dofmap.array).reshape(-1, 8)
        freedom = np.asarray(self._space.dofmap.list.array).reshape(-1, 8)
        numbering = self._space.dofmap.index_map
        node = np.full(numbering.size_local + numbering.num_ghosts, -1, dtype=np.int64)
        node[freedom] = np.asarray(self._mesh.geometry.input_global_indices)[geometry]
        return _gathered(node[: numbering.size_local])


def _gathered(part: NDArray[Any]) -> NDArray[Any]:
    """Parts of all ranks, one after another."""
    if WORLD.size == 1:
        return part
    sizes = WORLD.allgather(len(part))
    whole = np.empty(sum(sizes), part.dtype)
    WORLD.Allgatherv(np.ascontiguousarray(part), (whole, sizes))
    return whole


def _mesh(x: Array, y: Array, z: Array) -> Any:
    # "equispaced" spelled out: otherwise forms get a new name, and are compiled anew, in every process
    element = ufl.VectorElement(ufl.FiniteElement("Lagrange", ufl.hexahedron, 1, variant="equispaced"))
    nodes = np.stack(np.meshgrid(z, y, x, indexing="ij")[::-1], axis=-1).reshape(-1, 3)
    index = np.arange(len(nodes), dtype=np.int64).reshape(len(z), len(y), len(x))
    corners = [
        index[k : k + len(z) - 1, j : j + len(y) - 1, i : i + len(x) - 1].ravel()
        for k in (0, 1)
        for j in (0, 1)
        for i in (0, 1)
    ]
    cells = np.ascontiguousarray(np.column_stack(corners))
    if WORLD.rank > 0:  # the first rank hands out: the same arrays from every rank would corrupt the mesh
        cells, nodes = cells[:0], nodes[:0]
    return dolfinx.mesh.create_mesh(WORLD, cells, nodes, ufl.Mesh(element))


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

_FEW = 3
"""Iterations that tell nothing about a rate."""


class SymmetricSolver:
    """Conjugate gradients of PETSc for a sequence of similar symmetric positive definite matrices.

    The preconditioner outlives the matrix it was made for, as long as it serves.

    Parameters
    ----------
    kind
        ``"direct"`` (a Cholesky factor), ``"amg"`` (BoomerAMG) or ``"shell"`` (what ``make_preconditioner`` returns).
    make_preconditioner
        From a matrix to its preconditioner.
    """

    def __init__(
        self, kind: str, make_preconditioner: Callable[[Matrix], Preconditioner] | None = None
    ) -> None:
        # multigrid of the tensor grid runs in one process
        self.kind = "amg" if kind == "shell" and WORLD.size > 1 else kind
        self._make_preconditioner = make_preconditioner
        self._solver: Any = None
        self._matrix: Any = None
        self._entries = 0
        self._own = slice(0, 0)
        self._fresh_rate = 0.0
        self._stale = False
        _ALIVE[next(_SERIAL)] = self

    @property
    def name(self) -> str:
        """Krylov method and preconditioner."""
        return {"direct": "CG + Cholesky", "amg": "CG + BoomerAMG", "shell": "CG + tensor-grid multigrid"}[
            self.kind
        ]

    def solve(
        self, matrix: Matrix, right_hand_side: Array, *, absolute: float, relative: float = 0.0
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
        self, matrix: Matrix, right_hand_side: Array, absolute: float, relative: float
    ) -> tuple[Array, int]:
        fresh = self._set_matrix(matrix)
        norm = float(np.linalg.norm(right_hand_side))
        target = max(absolute, relative * norm)
        solution, iterations, converged = self._run(right_hand_side, target)
        if not converged and not fresh:
            self._renew()
            fresh = True
            more, extra, converged = self._run(right_hand_side - matrix @ solution, target)
            solution, iterations = solution + more, iterations + extra
        if not converged:
            norm = float(np.linalg.norm(right_hand_side - matrix @ solution))
            if norm > 10.0 * target:
                raise NotConverged(
                    f"temperature field: linear residual {norm:.3g} W after {iterations} iterations, "
                    f"wanted {target:.3g} W"
                )
        rate = math.log10(max(norm / target, 1.0)) / max(iterations, 1)
        if fresh:
            self._fresh_rate = rate
        self._stale = iterations > _FEW and rate < _SLOWER * self._fresh_rate
        return solution, iterations

    def release(self) -> None:
        """Give back what PETSc holds; the solver can be used again and then sets up anew."""
        if self._solver is not None:
            for item in (self._solver, *self._vectors, self._matrix):
                item.destroy()
        self._solver = self._matrix = None

    def _run(self, right_hand_side: Array, target: float) -> tuple[Array, int, bool]:
        right, solution = self._vectors
        right.array[:] = right_hand_side[self._own]
        self._solver.setTolerances(rtol=1e-300, atol=target, max_it=500)
        self._solver.solve(right, solution)
        return (
            _gathered(solution.array.copy()),
            int(self._solver.getIterationNumber()),
            bool(self._solver.getConvergedReason() > 0),
        )

    def _set_matrix(self, matrix: Matrix) -> bool:
        """Take the entries of a matrix; return whether the preconditioner is made for them."""
        if self._matrix is not None and matrix.nnz == self._entries:
            self._put(matrix)
            if self._stale:
                self._renew()
            return self._stale
        rows, self._entries = matrix.shape[0], matrix.nnz
        self._own = slice(rows * WORLD.rank // WORLD.size, rows * (WORLD.rank + 1) // WORLD.size)
        part = self._part(matrix)
        sizes = (len(part[0]) - 1, rows)
        if WORLD.size == 1:
            self._shared = part
            self._matrix = PETSc.Mat().createAIJWithArrays((sizes, sizes), part, comm=WORLD)
        else:
            self._matrix = PETSc.Mat().createAIJ((sizes, sizes), csr=part, comm=WORLD)
        self._matrix.setOption(PETSc.Mat.Option.SPD, True)
        self._matrix.assemble()
        self._vectors = self._matrix.createVecs()
        self._renew()
        return True

    def _put(self, matrix: Matrix) -> None:
        """Replace the entries of the matrix that PETSc holds."""
        if WORLD.size == 1:
            self._shared[2][:] = matrix.data
        else:
            self._matrix.setValuesCSR(*self._part(matrix))
        self._matrix.assemble()

    def _part(self, matrix: Matrix) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
        """Rows of this rank: where they start, columns, entries."""
        starts = matrix.indptr[self._own.start : self._own.stop + 1].astype(np.int32)
        entries = slice(starts[0], starts[-1])
        columns = matrix.indices[entries].astype(np.int32)
        return starts - starts[0], columns, matrix.data[entries].astype(np.float64)

    def _renew(self) -> None:
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
            starts, columns, entries = self._shared
            matrix = Matrix((entries, columns, starts), shape=(len(starts) - 1,) * 2)
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

    def __init__(self, make: Callable[[Matrix], Preconditioner] | None, matrix: Matrix) -> None:
        if make is None:
            raise ValueError("a shell preconditioner needs its maker")
        self._precondition = make(matrix)

    def apply(self, _: Any, residual: Any, correction: Any) -> None:
        correction.array[:] = self._precondition(residual.array_r)
