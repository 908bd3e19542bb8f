"""Finite-element matrices against closed forms, and the door to the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from thermal.errors import NotConverged
from thermal.fem import HexahedralSpace, SymmetricSolver
from thermal.field.boundary import faces_of
from thermal.field.distributed_matrix import DistributedMatrix

X = np.array([0.0, 1e-3, 1.5e-3, 4e-3])
Y = np.array([0.0, 2e-3, 5e-3])
Z = np.array([0.0, 1e-5, 2e-4, 3e-4])
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def space() -> HexahedralSpace:
    return HexahedralSpace(X, Y, Z)


def line_matrices(nodes):
    """Stiffness and mass of linear elements on a line."""
    size = len(nodes)
    stiffness, mass = np.zeros((size, size)), np.zeros((size, size))
    for i, h in enumerate(np.diff(nodes)):
        stiffness[i : i + 2, i : i + 2] += np.array([[1.0, -1.0], [-1.0, 1.0]]) / h
        mass[i : i + 2, i : i + 2] += np.array([[2.0, 1.0], [1.0, 2.0]]) * h / 6.0
    return stiffness, mass


def product(along_z, along_y, along_x):
    return np.kron(along_z, np.kron(along_y, along_x))


def test_conduction_is_the_sum_of_products_of_line_matrices(space):
    (kx, mx), (ky, my), (kz, mz) = line_matrices(X), line_matrices(Y), line_matrices(Z)
    exact = 2.0 * product(mz, my, kx) + 3.0 * product(mz, ky, mx) + 5.0 * product(kz, my, mx)
    conductivity = np.array([2.0, 3.0, 5.0])[:, None, None, None] * np.ones((3, 3, 2, 3))
    found = space.conduction(conductivity).toarray()
    assert np.abs(found - exact).max() <= 1e-13 * np.abs(exact).max()


def test_capacity_is_the_product_of_line_masses(space):
    exact = 7.0 * product(line_matrices(Z)[1], line_matrices(Y)[1], line_matrices(X)[1])
    found = space.capacity(np.full((3, 2, 3), 7.0)).toarray()
    assert np.abs(found - exact).max() <= 1e-13 * exact.max()


def test_each_cell_has_its_own_coefficient(space):
    capacity = np.random.default_rng(1).uniform(1.0, 9.0, (3, 2, 3))
    volume = np.diff(Z)[:, None, None] * np.diff(Y)[:, None] * np.diff(X)
    assert space.capacity(capacity).sum() == pytest.approx((capacity * volume).sum(), rel=1e-13)
    conductivity = np.random.default_rng(2).uniform(1.0, 9.0, (3, 3, 2, 3))
    slope = np.broadcast_to(X, (4, 3, 4)).ravel()
    energy = slope @ space.conduction(conductivity) @ slope
    assert energy == pytest.approx((conductivity[0] * volume).sum(), rel=1e-12)


def test_faces_have_the_mass_of_the_librarys_boundary_form(space):
    mesh = SimpleNamespace(x=X, y=Y, z=Z, node_shape=(4, 3, 4), unknowns=48)
    faces = faces_of(mesh)
    whole = sum(face.mass(11.0) for face in faces.values()).toarray()
    assert np.abs(whole - space.boundary_mass(np.full((3, 2, 3), 11.0)).toarray()).max() <= 1e-15 * 11.0


@pytest.mark.parametrize("kind", ["direct", "amg"])
def test_a_kept_preconditioner_serves_a_matrix_that_changed(space, kind):
    conduction = space.conduction(np.ones((3, 3, 2, 3)))
    capacity = space.capacity(np.full((3, 2, 3), 1e6))
    solver = SymmetricSolver(kind)
    load = np.linspace(0.0, 1.0, 48)
    for factor in (1.0, 2.0, 50.0):
        matrix = (conduction + factor * capacity).tocsr()
        matrix.sort_indices()
        solution, _ = solver.solve(DistributedMatrix(matrix, space.layout), load, absolute=1e-12)
        assert np.abs(matrix @ solution - load).max() < 1e-11


def test_a_matrix_that_is_not_definite_is_told_in_words(space):
    conduction = DistributedMatrix(space.conduction(np.full((3, 3, 2, 3), -1.0)), space.layout)
    with pytest.raises(NotConverged):
        SymmetricSolver("direct").solve(conduction, np.linspace(0.0, 1.0, 48), absolute=1e-12)


def test_the_import_leaves_loader_and_log_alone():
    """Debian's library makes every later extension's symbols global (RTLD_GLOBAL, 256) and configures the log."""
    script = (
        "import sys, logging, thermal.fem;"
        "print(sys.getdlopenflags() & 256, logging.getLogger().handlers, logging.getLogger().level)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout.split() == ["0", "[]", "30"]
