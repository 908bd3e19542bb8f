"""Nonlinear steady field: k(T), a boiling law on a face, leakage; against Newton's method of DOLFINx with hypre.

Both sides solve ``-div(k(T) grad T) = 0`` on a die under a grease and a copper plate, heat
``P (1 - l) + P l exp(b (T - T0))`` into the die's lower face and a flux ``q(T)`` out of the plate's upper face, until
the residual is 1e-8 of the heat. Theirs is the weak form in UFL, its exact derivative, degree 2, GMRES and BoomerAMG;
mesh, space and compiled forms are given to it for nothing. Ours is all of it, from the package's description on.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Row, interleaved
from coupling.power.leakage import Leakage, settle
from meshes.layered_mesh import LayeredMesh, build_mesh
from meshes.package import PackageSpec
from thermal.field.conduction import PackageField
from thermal.field.materials import cell_properties

Array = NDArray[np.float64]

SIDE, DIE = 40e-3, 12e-3
POWER, LEAKING = 100.0, 0.2
GROWTH, WARM = 0.012, 330.0
"""Of leakage with temperature [1/K], and where it is a fifth of the power [K] (assumption)."""
START = 320.0
TOLERANCE = 1e-8
NEWTON = "DOLFINx Newton + hypre"
_LINEAR, _ITERATIONS = 1e-6, 30


class CubicBoiling:
    """Flux of the cube of superheat over 305 K, 20 kW/m2 at 5 K (assumption), and some convection below."""

    def flux(self, wall: Array) -> tuple[Array, Array]:
        """Flux [W/m2] and slope [W/(m2 K)]."""
        superheat = np.maximum(wall - 305.0, 0.0)
        return 160.0 * superheat**3 + 300.0 * (wall - 305.0), 480.0 * superheat**2 + 300.0


def package(cells: int) -> PackageSpec:
    """Die of silicon with k(T) in a void, grease, copper; 20 cells through."""
    die = {"x": 0.5 * (SIDE - DIE), "y": 0.5 * (SIDE - DIE), "w": DIE, "h": DIE}
    island = {"fill": "void", "extent": die}
    return PackageSpec.model_validate(
        {
            "size": (SIDE, SIDE),
            "cells": (cells, cells),
            "layer": [
                {
                    "name": "die",
                    "thickness": 5e-4,
                    "material": "silicon_of_temperature",
                    "cells": 6,
                    "floorplan": {"grid": (4, 4)},
                    "heat": "bottom",
                    **island,
                },
                {"name": "grease", "thickness": 5e-5, "material": "thermal_grease", "cells": 1, **island},
                {"name": "plate", "thickness": 2.5e-3, "material": "copper", "cells": 13},
            ],
        }
    )


def nonlinear_rows(cells: int, rounds: int) -> Iterator[Row]:
    """Both sides in turn; the difference of their hottest nodes is that of two discretisations."""
    spec = package(cells)
    mesh = build_mesh(spec, Path())
    newton = Newton.of(mesh)
    hottest: dict[str, float] = {}

    def ours() -> None:
        hottest["ours"] = float(solve(spec).max())

    def theirs() -> None:
        hottest[NEWTON] = float(newton.solve().max())

    ours()
    theirs()
    times = interleaved({NEWTON: theirs, "ours": ours}, rounds)
    yield Row(f"nonlinear steady: {NEWTON}", mesh.unknowns, times[NEWTON])
    yield Row(
        "nonlinear steady: inexact Newton on one hierarchy",
        mesh.unknowns,
        times["ours"],
        NEWTON,
        times[NEWTON] / times["ours"],
        abs(hottest["ours"] - hottest[NEWTON]),
        "K between the hottest nodes",
    )


def solve(spec: PackageSpec) -> Array:
    """Temperatures of the nodes: field and leakage in turn, on one hierarchy [K]."""
    field = PackageField(spec, Path(), wetted_face="top", solver="tensor", tolerance=TOLERANCE)
    power = np.full(len(field.block_names), POWER / len(field.block_names))
    latest = [field.uniform(START)]

    def temperature_of(watts: Array) -> Array:
        solution = field.steady(watts, CubicBoiling(), guess=latest[-1])
        latest[:] = [solution.temperature]
        return solution.block_mean

    settle(power, Leakage(LEAKING * power, WARM, GROWTH), temperature_of)
    return latest[-1]


@dataclass(frozen=True)
class Newton:
    """The weak form in UFL, compiled, and PETSc's objects around it."""

    door: Any
    space: Any
    temperature: Any
    residual: Any
    jacobian: Any

    @classmethod
    def of(cls, mesh: LayeredMesh) -> Newton:
        """Write and compile the form of a mesh."""
        door: Any = importlib.import_module("thermal.fem")
        ufl, fem = door.ufl, door.dolfinx.fem
        made = door.HexahedralSpace(mesh.x, mesh.y, mesh.z)
        properties = cell_properties(mesh)

        def by_cell(values: Array) -> Any:
            function = fem.Function(made._scalar)
            function.x.array[np.asarray(made._scalar.dofmap.list.array)] = values.ravel()[made._cell]
            return function

        source = np.zeros(mesh.cell_shape)
        middle = [0.5 * (line[1:] + line[:-1]) for line in (mesh.x, mesh.y)]
        inside = [np.abs(line - 0.5 * SIDE) < 0.5 * DIE for line in middle]
        source[0] = np.outer(inside[1], inside[0]) * POWER / DIE**2
        k, exponent, heat = by_cell(properties.reference[0]), by_cell(properties.exponent), by_cell(source)
        u, v = fem.Function(made._space), ufl.TestFunction(made._space)
        faces = _faces(door, made._mesh, mesh.z)
        through = ufl.Measure("ds", domain=made._mesh, subdomain_data=faces, metadata=door._QUADRATURE)
        superheat = ufl.max_value(u - 305.0, 0.0)
        leaking = 1.0 - LEAKING + LEAKING * ufl.exp(GROWTH * (u - WARM))
        form = (
            k
            * (u / 300.0) ** exponent
            * ufl.inner(ufl.grad(u), ufl.grad(v))
            * ufl.dx(metadata=door._QUADRATURE)
        )
        form += (160.0 * superheat**3 + 300.0 * (u - 305.0)) * v * through(2)
        form -= (heat * leaking) * v * through(1)
        with door._compiler():
            return cls(door, made, u, fem.form(form), fem.form(ufl.derivative(form, u)))

    def solve(self) -> Array:
        """Newton's method from one temperature; nodes in the library's order [K]."""
        petsc, fem = self.door.PETSc, self.door.dolfinx.fem.petsc
        u = self.temperature
        u.x.array[:] = START
        matrix, residual = fem.create_matrix(self.jacobian), fem.create_vector(self.residual)
        step = residual.duplicate()
        solver = petsc.KSP().create(matrix.comm)
        solver.setOperators(matrix)
        solver.setType("gmres")
        solver.getPC().setType("hypre")
        options = petsc.Options()
        for name, value in self.door._HYPRE.items():
            options[name] = value
        solver.setFromOptions()
        solver.setTolerances(rtol=_LINEAR)
        first = 0.0
        for _ in range(_ITERATIONS):
            residual.set(0.0)
            fem.assemble_vector(residual, self.residual)
            first = first or residual.norm()
            if residual.norm() <= TOLERANCE * first:
                break
            matrix.zeroEntries()
            fem.assemble_matrix(matrix, self.jacobian)
            matrix.assemble()
            solver.solve(residual, step)
            u.x.array[:] -= step.array
        for item in (solver, matrix, residual, step):
            item.destroy()
        return np.asarray(u.x.array).copy()


def _faces(door: Any, mesh: Any, z: Array) -> Any:
    """Facets of the bottom (1) and of the top (2)."""
    find = door.dolfinx.mesh.locate_entities_boundary
    near = 1e-9 * (z[-1] - z[0])
    bottom = find(mesh, 2, lambda x: np.abs(x[2] - z[0]) < near)
    top = find(mesh, 2, lambda x: np.abs(x[2] - z[-1]) < near)
    facets = np.concatenate([bottom, top]).astype(np.int32)
    marks = np.concatenate([np.full(len(bottom), 1), np.full(len(top), 2)]).astype(np.int32)
    order = np.argsort(facets)
    return door.dolfinx.mesh.meshtags(mesh, 2, facets[order], marks[order])
