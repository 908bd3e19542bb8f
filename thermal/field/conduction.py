"""Temperature of a package by finite elements: steady, and step by step in time.

``div(k grad T) + q''' = rho c dT/dt`` on a layered hexahedral mesh with trilinear elements; implicit Euler in time.
Each solve ends with the heat balance closed by a uniform shift of the free nodes, so that what iteration leaves over is
spread evenly and sums to nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh, build_mesh
from meshes.package import PackageSpec
from thermal.errors import NotConverged
from thermal.field.blocks import map_blocks
from thermal.field.boundary import WettedCondition
from thermal.field.solver import FieldSolver, make_assembly, make_solver
from thermal.field.system import HeatSystem

Array = NDArray[np.float64]
Matrix: TypeAlias = scipy.sparse.csr_matrix

_ITERATIONS = 60
_SHORTEST_STEP = 1.0 / 256.0


@dataclass(frozen=True)
class FieldSolution:
    """A temperature field and where its heat goes.

    Attributes
    ----------
    temperature
        At the nodes, shape (nz + 1, ny + 1, nx + 1) [K].
    block_maximum
        Hottest node of each block in its heated layer, shape (blocks,) [K].
    block_mean
        Over the block's heated face or volume, shape (blocks,) [K].
    wetted_flux, wall_temperature
        Of the wetted face, shape (ny, nx) [W/m2], [K]; empty where there is none.
    source_power
        Heat of all blocks [W].
    stored_power
        Rate of change of the heat stored [W].
    heat_out
        Through each face that gives off heat [W].
    residual_rel
        What the balance lacks, over the largest of its parts [-].
    iterations
        Of the linear solver, in all.
    """

    temperature: Array
    block_maximum: Array
    block_mean: Array
    wetted_flux: Array
    wall_temperature: Array
    source_power: float
    stored_power: float
    heat_out: dict[str, float]
    residual_rel: float
    iterations: int


@dataclass(frozen=True)
class _State:
    """Residual at a temperature, and what it is made of."""

    temperature: Array
    residual: Array
    conduction: Matrix
    wall: Array
    flux: Array
    slope: Array | None
    stored: float


@dataclass(frozen=True)
class _Problem:
    source: Array
    wetted: WettedCondition | None
    before: Array | None
    time_step: float | None


class PackageField:
    """Heat conduction in one package.

    Parameters
    ----------
    package
        Layers, materials, boundary.
    base
        Folder in which floorplan files are looked for.
    wetted_face
        ``top`` or ``bottom`` where a fluid takes the heat by a :class:`WettedCondition`.
    solver
        ``auto``, ``tensor``, ``amg`` or ``direct``.
    tolerance
        Of the residual's norm over that of the heat put in [-].

    Raises
    ------
    MeshError
        If the package cannot be meshed.
    """

    def __init__(
        self,
        package: PackageSpec,
        base: Path,
        *,
        wetted_face: str | None = None,
        solver: str = "auto",
        tolerance: float = 1e-10,
    ) -> None:
        if wetted_face not in (None, "top", "bottom"):
            raise InputError(f"wetted face {wetted_face!r}: expected 'top' or 'bottom'")
        self.mesh: LayeredMesh = build_mesh(package, base)
        self.tolerance = tolerance
        self._blocks = map_blocks(self.mesh)
        self._choice = solver
        assembly = make_assembly(self.mesh, solver)
        self._system = HeatSystem(self.mesh, package.boundary, wetted_face, assembly)
        self._solvers: dict[float | None, FieldSolver] = {}
        self._fixed: dict[float | None, Matrix] = {}
        self.solver_name = make_solver(self.mesh, solver).name

    @property
    def block_names(self) -> tuple[str, ...]:
        """Of all blocks; ``layer.block`` where a name occurs in two layers."""
        return self.mesh.block_names

    @property
    def block_areas(self) -> Array:
        """Of all blocks [m2]."""
        return self.mesh.block_areas

    @property
    def unknowns(self) -> int:
        """Number of nodes."""
        return self.mesh.unknowns

    def steady(
        self, block_power: Array, wetted: WettedCondition | None = None, guess: Array | None = None
    ) -> FieldSolution:
        """Solve for the temperature that does not change.

        Parameters
        ----------
        block_power
            Shape (blocks,) [W].
        wetted
            Condition of the wetted face, insulated when absent.
        guess
            Temperature to start from, shape (nz + 1, ny + 1, nx + 1) [K].

        Raises
        ------
        InputError
            If no face can give off the heat.
        NotConverged
            If the iteration does not reach its tolerance.
        """
        if wetted is None and not self._system.sink_temperatures:
            raise InputError(
                "package.boundary: every face is insulated, so nothing takes the heat; give a face h and T, or T"
            )
        start = self._start(guess, wetted)
        return self._solve(start, _Problem(self._source(block_power), wetted, None, None))

    def step(
        self, temperature: Array, dt: float, block_power: Array, wetted: WettedCondition | None = None
    ) -> FieldSolution:
        """Advance a temperature field by one implicit Euler step of ``dt`` [s].

        Parameters
        ----------
        temperature
            At the start of the step, shape (nz + 1, ny + 1, nx + 1) [K].
        dt
            Length of the step [s].
        block_power
            Mean over the step, shape (blocks,) [W].
        wetted
            Condition of the wetted face at the end of the step.
        """
        if not (math.isfinite(dt) and dt > 0.0):
            raise InputError(f"time step must be greater than 0 s, not {dt:g}")
        before = np.asarray(temperature, dtype=float).ravel()
        return self._solve(before.copy(), _Problem(self._source(block_power), wetted, before, dt))

    def stored_energy(self, temperature_before: Array, temperature_after: Array) -> float:
        """Heat stored between two fields [J]."""
        return float((self._system.capacity @ (temperature_after - temperature_before).ravel()).sum())

    def uniform(self, temperature: float) -> Array:
        """Return a field of one temperature, shape (nz + 1, ny + 1, nx + 1) [K]."""
        return np.full(self.mesh.node_shape, temperature)

    def _source(self, block_power: Array) -> Array:
        power = np.asarray(block_power, dtype=float)
        if power.shape != (len(self.block_names),):
            raise InputError(f"power of {power.size} blocks given, the package has {len(self.block_names)}")
        if not np.isfinite(power).all():
            raise InputError("power of a block is not a finite number")
        return self._blocks.spread(power)

    def _start(self, guess: Array | None, wetted: WettedCondition | None) -> Array:
        if guess is not None:
            return np.asarray(guess, dtype=float).ravel().copy()
        sinks = self._system.sink_temperatures
        if sinks:
            return np.full(self.unknowns, float(np.mean(sinks)))
        return np.full(self.unknowns, 300.0)

    def _solve(self, start: Array, problem: _Problem) -> FieldSolution:
        """Newton's method with the tangent of the wetted face and conductivity taken as it is at the iterate."""
        system = self._system
        temperature = np.where(system.free, start, system.held)
        state = self._state(temperature, problem)
        scale = max(_norm(problem.source), _norm(state.residual[system.free]))
        linear = problem.wetted is None and system.properties.linear
        solver = self._solvers.setdefault(problem.time_step, make_solver(self.mesh, self._choice))
        total, forcing = 0, 0.0 if linear else 1e-3
        for _ in range(_ITERATIONS):
            norm = _norm(state.residual[system.free])
            target = max(self.tolerance * scale, self._round_off(state))
            if norm <= target:
                break
            tangent = system.tangent(self._fixed_part(state, problem), state.slope)
            right = np.where(system.free, -state.residual, 0.0)
            correction, iterations = solver.solve(tangent, right, absolute=0.3 * target, relative=forcing)
            total += iterations
            state = self._advance(state, correction, problem, tangent, monotone=not linear)
        else:
            raise NotConverged(
                f"temperature field: residual {norm / scale:.2g} of the heat after {_ITERATIONS} iterations, "
                f"wanted {self.tolerance:.2g}"
            )
        return self._solution(state, problem, total)

    def _advance(
        self, state: _State, correction: Array, problem: _Problem, tangent: Matrix, *, monotone: bool
    ) -> _State:
        """Take the correction, or the part of it that lowers the residual, and close the heat balance."""
        free, norm = self._system.free, _norm(state.residual[self._system.free])
        share = 1.0
        while True:
            new = self._state(state.temperature + share * correction, problem)
            if not monotone or _norm(new.residual[free]) <= (1.0 - 1e-4 * share) * norm:
                break
            share *= 0.5
            if share < _SHORTEST_STEP:
                break
        shift = -self._imbalance(new, problem) / float((tangent @ free.astype(float))[free].sum())
        closed = self._state(np.where(free, new.temperature + shift, new.temperature), problem)
        return closed if abs(self._imbalance(closed, problem)) <= abs(self._imbalance(new, problem)) else new

    def _state(self, temperature: Array, problem: _Problem) -> _State:
        system = self._system
        conduction = system.conduction(temperature)
        # rows of the conduction matrix add to nothing: taking a level off first saves digits
        residual = conduction @ (temperature - temperature.mean()) - problem.source
        for heat in system.convected(temperature).values():
            residual += heat
        wall, flux, slope = np.empty(0), np.empty(0), None
        if problem.wetted is not None:
            wall, flux, slope = system.wetted(temperature, problem.wetted)
            residual += system.wetted_load(flux)
        stored = 0.0
        if problem.before is not None and problem.time_step is not None:
            storing = system.capacity @ (temperature - problem.before) / problem.time_step
            residual += storing
            stored = float(storing.sum())
        return _State(temperature, residual, conduction, wall, flux, slope, stored)

    def _fixed_part(self, state: _State, problem: _Problem) -> Matrix:
        """Part of the tangent that neither a wetted face nor temperature changes; kept where it never does."""
        system, time_step = self._system, problem.time_step
        if not system.properties.linear:
            return system.fixed_part(state.conduction, time_step)
        if time_step not in self._fixed:
            self._fixed[time_step] = system.fixed_part(state.conduction, time_step)
        return self._fixed[time_step]

    def _round_off(self, state: _State) -> float:
        """Size of a residual that double precision cannot tell from nothing [W]."""
        # a temperature is known to its last digit only, and each digit of it costs the diagonal in heat
        return 2.0 * np.finfo(float).eps * _norm(state.conduction.diagonal() * np.abs(state.temperature))

    def _heat_out(self, state: _State) -> dict[str, float]:
        system = self._system
        out = {name: float(heat.sum()) for name, heat in system.convected(state.temperature).items()}
        if system.wetted_face is not None and len(state.flux):
            out[system.wetted_face] = float(state.flux @ system.faces[system.wetted_face].area)
        for name, nodes in system.held_faces.items():
            out[name] = out.get(name, 0.0) - float(state.residual[nodes].sum())
        return out

    def _imbalance(self, state: _State, problem: _Problem) -> float:
        """Heat that goes out or is stored beyond what comes in [W]."""
        return sum(self._heat_out(state).values()) + state.stored - float(problem.source.sum())

    def _solution(self, state: _State, problem: _Problem, iterations: int) -> FieldSolution:
        out = self._heat_out(state)
        source = float(problem.source.sum())
        largest = max(abs(source), abs(state.stored), *(abs(heat) for heat in out.values()), 0.0)
        shape = self.mesh.cell_shape[1:] if len(state.flux) else (0, 0)
        return FieldSolution(
            temperature=state.temperature.reshape(self.mesh.node_shape),
            block_maximum=self._blocks.maximum(state.temperature),
            block_mean=np.asarray(self._blocks.mean @ state.temperature),
            wetted_flux=state.flux.reshape(shape),
            wall_temperature=state.wall.reshape(shape),
            source_power=source,
            stored_power=state.stored,
            heat_out=out,
            residual_rel=abs(self._imbalance(state, problem)) / largest if largest > 0.0 else 0.0,
            iterations=iterations,
        )


def _norm(vector: Array) -> float:
    return float(np.linalg.norm(vector))
