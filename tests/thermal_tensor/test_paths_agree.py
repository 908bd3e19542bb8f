"""Both ways to the operators of a package, DOLFINx's assembly and stencils, give one matrix term by term."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from meshes.layered_mesh import build_mesh
from meshes.package import PackageSpec
from thermal.field.boundary import surface_of
from thermal.field.embedded_channels import trilinear
from thermal.field.materials import cell_properties
from thermal.field.matrices import AssembledMatrices
from thermal.field.stencils import TensorStencils
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

RANDOM = np.random.default_rng(3)
FACES = {
    "convecting": {
        "top": {"h": 3e3, "T": 310.0},
        "bottom": {"h": 40.0, "T": 300.0},
        "sides": {"h": 20.0, "T": 295.0},
    },
    "held": {"top": {"T": 310.0}, "sides": {"h": 20.0, "T": 295.0}},
    "wetted": {"bottom": {"T": 310.0}, "sides": {"h": 20.0, "T": 295.0}},
}


def both(faces: str):
    """Makers of the operators of a die island with k(T) under copper, by the library and by ourselves."""
    fem = pytest.importorskip("thermal.fem")
    package = PackageSpec.model_validate(
        {
            "size": (2e-2, 1.5e-2),
            "cells": (7, 6),
            "layer": [
                {
                    "name": "die",
                    "thickness": 2e-4,
                    "material": "silicon_of_temperature",
                    "cells": 2,
                    "fill": "void",
                    "extent": {"x": 3e-3, "y": 6e-3, "w": 8e-3, "h": 5e-3},
                },
                {"name": "plate", "thickness": 1e-3, "material": "copper", "cells": 2},
            ],
            "boundary": FACES[faces],
        }
    )
    mesh = build_mesh(package, Path())
    surface = surface_of(mesh, package.boundary, "top" if faces == "wetted" else None)
    properties = cell_properties(mesh)
    temperature = RANDOM.uniform(290.0, 390.0, mesh.node_shape)
    makers = (
        AssembledMatrices(fem.HexahedralSpace(mesh.x, mesh.y, mesh.z), surface, properties.heat_capacity),
        TensorStencils(mesh, surface, properties.heat_capacity),
    )
    return makers, properties.conductivity(temperature), mesh, surface.free


def assert_equal(library, stencil, counted):
    """To round-off of each entry's row and column; what stands on the diagonal of a held node does not matter."""
    ours, diagonal = stencil.operator.matrix(), library.diagonal()
    entries = abs(ours - library.rows).tocoo()
    entries.data[~counted[entries.row] & (entries.row == entries.col)] = 0.0
    scale = np.sqrt(np.abs(diagonal[entries.row] * diagonal[entries.col]))
    assert (entries.data / scale).max() < 1e-12


@pytest.mark.parametrize("time_step", [None, 1e-3])
@pytest.mark.parametrize("faces", FACES)
def test_conduction_films_capacity_boiling_and_held_nodes(faces, time_step):
    makers, conductivity, mesh, free = both(faces)
    everywhere = np.ones_like(free)
    slope = RANDOM.uniform(1e3, 1e5, mesh.cell_shape[1:]).ravel() if faces == "wetted" else None
    conduction = [maker.conduction(conductivity) for maker in makers]
    fixed = [maker.fixed_part(k, time_step) for maker, k in zip(makers, conduction, strict=True)]
    tangent = [maker.tangent(part, slope) for maker, part in zip(makers, fixed, strict=True)]
    for pair in (conduction, fixed, [maker.capacity() for maker in makers]):
        assert_equal(*pair, everywhere)
    assert_equal(*tangent, free)


def test_embedded_channels():
    """Heat of a channel by the mean of the solid's temperature on rings: ``P^T U P``, P from DOLFINx's own basis."""
    makers, conductivity, mesh, _ = both("convecting")
    fem = pytest.importorskip("thermal.fem")
    grid = TensorGrid(mesh.x, mesh.y, mesh.z)
    ends = np.array([[line[0], line[-1]] for line in (grid.x, grid.y, grid.z)])
    points = ends[:, 0] + RANDOM.uniform(0.02, 0.98, (40, 3)) * (ends[:, 1] - ends[:, 0])
    nodes, weights = trilinear(points, grid)
    rows = np.repeat(np.arange(len(points)) // 8, 8)
    average = scipy.sparse.coo_matrix(
        (weights.ravel() / 8.0, (rows, nodes.ravel())), shape=(5, mesh.unknowns)
    )
    theirs = basis_at(fem, grid, points).reshape(5, 8, -1).mean(axis=1)
    conductance = scipy.sparse.diags(RANDOM.uniform(0.1, 2.0, 5))
    library = makers[0].conduction(conductivity).rows + scipy.sparse.csr_matrix(
        theirs.T @ conductance @ theirs
    )
    ours = TensorOperator(grid, conductivity).matrix() + average.T @ conductance @ average
    assert abs(ours - library).max() < 1e-12 * abs(library).max()


def basis_at(fem, grid, points):
    """Values of all basis functions of the library at points, shape (points, nodes)."""
    space = fem.HexahedralSpace(grid.x, grid.y, grid.z)
    lines = (grid.x, grid.y, grid.z)
    i, j, k = (np.searchsorted(line, points[:, axis]) - 1 for axis, line in enumerate(lines))
    cell = (k * (len(grid.y) - 1) + j) * (len(grid.x) - 1) + i
    local = np.argsort(space._cell)[cell].astype(np.int32)
    function = fem.dolfinx.fem.Function(space._space)
    values = np.zeros((len(points), len(space._node_of_dof)))
    for freedom, node in enumerate(space._node_of_dof):
        function.x.array[:] = 0.0
        function.x.array[freedom] = 1.0
        values[:, node] = function.eval(points, local).ravel()
    return values
