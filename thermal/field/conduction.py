"""Temperature of a package by finite elements: steady, and step by step in time.

``div(k grad T) + q''' = rho c dT/dt`` on a layered hexahedral mesh with trilinear elements; implicit Euler in time.
Each solve ends with the heat balance closed by a uniform shift of the free nodes, so that what iteration leaves over is
spread evenly and sums to nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh, build_mesh
from meshes.package import PackageSpec
from thermal.errors import NotConverged
from thermal.field.blocks import BlockMap, map_blocks
from thermal.field.boundary import WettedCondition, surface_of
from thermal.field.embedded_channels import EmbeddedChannels
from thermal.field.materials import cell_properties
from thermal.field.operators import Operator
from thermal.field.solver import FieldSolver, make_path
from thermal.field.system import Balance, HeatSystem, State, norm

Array = NDArray[np.float64]

_ITERATIONS = 60
_SHORTEST_STEP = 1.0 / 256.0
_FORCING = 1e-3
"""Linear residual over nonlinear one at which an iterate is good enough to linearise anew."""


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
        Of the wetted face, shape (ny, nx) [W/m2], [K], or of the channels' pieces, shape (pieces,), the second then
        the mean on the ring; empty where there is neither.
    source_power
        Heat of all blocks [W].
    stored_power
        Rate of change of the heat stored [W].
    heat_out
        Through each face that gives off heat [W].
    residual_rel
        What the balance lacks, over the largest of its parts; 0 where all of them are round-off [-].
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
    channels
        In the solid, through which a fluid takes the heat instead of at a face.
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
        channels: EmbeddedChannels | None = None,
        solver: str = "auto",
        tolerance: float = 1e-10,
    ) -> None:
        if wetted_face not in (None, "top", "bottom"):
            raise InputError(f"wetted face {wetted_face!r}: expected 'top' or 'bottom'")
        self.mesh: LayeredMesh = build_mesh(package, base)
        self.tolerance = tolerance
        self._blocks = map_blocks(self.mesh)
        surface = surface_of(self.mesh, package.boundary, wetted_face, channels)
        properties = cell_properties(self.mesh)
        operators, self._make_solver = make_path(self.mesh, surface, properties, solver)
        self._system = HeatSystem(self.mesh, surface, properties, operators)
        self._solvers: dict[float | None, FieldSolver] = {}

    @property
    def solver_name(self) -> str:
        """Of the linear solver last used."""
        latest = next(reversed(self._solvers.values()), None)
        return (latest or self._make_solver()).name

    @property
    def system(self) -> HeatSystem:
        """Operators, surface and properties."""
        return self._system

    @property
    def blocks(self) -> BlockMap:
        """Maps between blocks and nodes."""
        return self._blocks

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
        if wetted is None and not self._system.surface.sink_temperatures:
            raise InputError(
                "package.boundary: every face is insulated, so nothing takes the heat; give a face h and T, or T"
            )
        balance = Balance(self._source(block_power), wetted, None, None)
        if guess is not None:
            start = np.asarray(guess, dtype=float).ravel().copy()
        else:
            sinks = self._system.surface.sink_temperatures
            level = self._system.uniform_balance(float(np.mean(sinks)) if sinks else 300.0, balance)
            start = np.full(self.unknowns, level)
        return self._solve(start, balance)

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
        return self._solve(before.copy(), Balance(self._source(block_power), wetted, before, dt))

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

    def _solve(self, start: Array, balance: Balance) -> FieldSolution:
        """Newton's method with the tangent of the wetted face and conductivity taken as it is at the iterate."""
        system, free = self._system, self._system.surface.free
        state = system.state(np.where(free, start, system.surface.held), balance)
        linear = balance.wetted is None and system.properties.linear
        solver, total = self._solver(balance.time_step), 0
        for _ in range(_ITERATIONS):
            # by the heat of now: what a start far off, or beside a held face, lacks says nothing of what is sought
            left, target = norm(state.residual[free]), self.tolerance * state.scale
            if left <= target:
                break
            tangent = system.tangent(state, balance)
            target = max(target, _round_off(tangent, state.temperature, free))
            if left <= target:
                break
            right = np.where(free, -state.residual, 0.0)
            correction, iterations = solver.solve(
                tangent, right, absolute=0.3 * target, relative=self.tolerance if linear else _FORCING
            )
            total += iterations
            state = self._advance(state, correction, balance, tangent, damped=not linear)
        else:
            raise NotConverged(
                f"temperature field: residual {left:.2g} W after {_ITERATIONS} iterations, wanted {target:.2g} W"
            )
        return self._solution(state, balance, total)

    def _solver(self, time_step: float | None) -> FieldSolver:
        """Return the solver for a time step; those of the two latest are kept."""
        if time_step not in self._solvers:
            while len(self._solvers) > 1:
                self._solvers.pop(next(iter(self._solvers)))
            self._solvers[time_step] = self._make_solver()
        return self._solvers[time_step]

    def _advance(
        self, state: State, correction: Array, balance: Balance, tangent: Operator, *, damped: bool
    ) -> State:
        """Take the correction, or the part of it that lowers the residual, and close the heat balance."""
        system, free = self._system, self._system.surface.free
        before, share = norm(state.residual[free]), 1.0
        while True:
            temperature = system.levelled(state.temperature + share * correction, balance, tangent)
            new = system.state(temperature, balance)
            lower = norm(new.residual[free]) <= (1.0 - 1e-4 * share) * before
            if lower or not damped or share <= _SHORTEST_STEP:
                return new
            share *= 0.5

    def _solution(self, state: State, balance: Balance, iterations: int) -> FieldSolution:
        source = float(balance.source.sum())
        lacking = abs(state.imbalance(balance))
        largest = max(abs(source), abs(state.stored), *(abs(heat) for heat in state.heat_out.values()), 0.0)
        if lacking > self.tolerance * largest:
            digit = np.abs(state.conduction.diagonal() * state.temperature).sum() * np.finfo(float).eps
            lacking = lacking if largest > 2.0 * digit else 0.0  # no heat but of the temperature's last digit
        shape = self._system.wetted_shape if len(state.flux) else (0, 0)
        return FieldSolution(
            temperature=state.temperature.reshape(self.mesh.node_shape),
            block_maximum=self._blocks.maximum(state.temperature),
            block_mean=np.asarray(self._blocks.mean @ state.temperature),
            wetted_flux=state.flux.reshape(shape),
            wall_temperature=state.wall.reshape(shape),
            source_power=source,
            stored_power=state.stored,
            heat_out=state.heat_out,
            residual_rel=lacking / largest if largest > 0.0 else 0.0,
            iterations=iterations,
        )


def _round_off(tangent: Operator, temperature: Array, free: NDArray[np.bool_]) -> float:
    """Size of a residual that double precision cannot tell from nothing [W]."""
    # a temperature is known to its last digit only, and each digit of it costs the diagonal in heat
    return 2.0 * float(np.finfo(float).eps) * norm((tangent.diagonal() * np.abs(temperature))[free])
