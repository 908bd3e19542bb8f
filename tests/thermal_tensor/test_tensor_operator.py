"""The tensor grid's operator is the finite-element matrix: DOLFINx's for every term, Gauss points for face tangents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from meshes.errors import MeshError
from thermal.field.tensor_grid import FACES, TensorGrid, face_layer
from thermal.field.tensor_numpy import NumpyKernels
from thermal.field.tensor_operator import TensorOperator

RANDOM = np.random.default_rng(5)
GRID = TensorGrid(
    np.cumsum(RANDOM.uniform(1.0, 4.0, 6)) * 1e-3,
    np.cumsum(RANDOM.uniform(1.0, 4.0, 5)) * 1e-3,
    np.array([0.0, 2e-4, 3e-4, 1.3e-3]),
)
CONDUCTIVITY = 10.0 ** RANDOM.uniform(-2.0, 3.0, (3, *GRID.cell_shape))
STORAGE = RANDOM.uniform(1e6, 4e6, GRID.cell_shape)


def relative_distance(a: scipy.sparse.csr_matrix, b: scipy.sparse.csr_matrix) -> float:
    return float(abs(a - b).max() / abs(b).max())


@pytest.fixture(scope="module")
def space():
    fem = pytest.importorskip("thermal.fem")
    return fem.HexahedralSpace(GRID.x, GRID.y, GRID.z)


def test_anisotropic_conduction_equals_dolfinx(space):
    assert (
        relative_distance(TensorOperator(GRID, CONDUCTIVITY).matrix(), space.conduction(CONDUCTIVITY)) < 1e-12
    )


def test_every_entry_of_conduction_equals_dolfinx_to_round_off_of_its_row(space):
    ours, theirs = TensorOperator(GRID, CONDUCTIVITY).matrix(), space.conduction(CONDUCTIVITY)
    scale = np.sqrt(np.outer(theirs.diagonal(), theirs.diagonal()))
    assert np.abs((ours - theirs).toarray() / scale).max() < 1e-12


def test_capacity_equals_dolfinx(space):
    assert relative_distance(TensorOperator(GRID, storage=STORAGE).matrix(), space.capacity(STORAGE)) < 1e-12


def test_film_on_all_sides_equals_dolfinx(space):
    by_cell = RANDOM.uniform(10.0, 1e4, GRID.cell_shape)
    film = {face: by_cell[face_layer(face)] for face in FACES}
    assert relative_distance(TensorOperator(GRID, film=film).matrix(), space.boundary_mass(by_cell)) < 1e-12


def test_one_operator_holds_the_sum_of_its_terms(space):
    film = {"top": RANDOM.uniform(1.0, 9.0, GRID.face_shape("top"))}
    whole = TensorOperator(GRID, CONDUCTIVITY, STORAGE, film).matrix()
    parts = (
        space.conduction(CONDUCTIVITY) + space.capacity(STORAGE) + TensorOperator(GRID, film=film).matrix()
    )
    assert relative_distance(whole, parts) < 1e-12


@pytest.mark.parametrize("face", FACES)
def test_tangent_acts_on_the_mean_of_each_cell_face(face):
    slope = RANDOM.uniform(1e3, 1e5, GRID.face_shape(face))
    nodes = np.arange(np.prod(GRID.node_shape)).reshape(GRID.node_shape)[face_layer(face)]
    area = GRID.face_area(face)
    expected = np.zeros((int(np.prod(GRID.node_shape)),) * 2)
    for j, i in itertools.product(*(range(n) for n in slope.shape)):
        corners = nodes[j : j + 2, i : i + 2].ravel()
        expected[np.ix_(corners, corners)] += slope[j, i] * area[j, i] / 16.0
    assert np.allclose(
        TensorOperator(GRID, tangent={face: slope}).matrix().toarray(), expected, rtol=1e-13, atol=0.0
    )


def test_added_tangent_equals_tangent_from_the_start():
    slope = {"top": RANDOM.uniform(1e3, 1e5, GRID.face_shape("top"))}
    added = TensorOperator(GRID, CONDUCTIVITY).with_tangent(slope)
    assert (
        relative_distance(added.matrix(), TensorOperator(GRID, CONDUCTIVITY, tangent=slope).matrix()) < 1e-15
    )


def test_apply_is_the_matrix_times_the_nodes():
    operator = TensorOperator(GRID, CONDUCTIVITY, STORAGE)
    nodes = RANDOM.normal(size=GRID.node_shape)
    assert np.allclose(
        operator.apply(nodes).ravel(), operator.matrix() @ nodes.ravel(), rtol=1e-11, atol=1e-11
    )


def test_operator_comes_back_from_its_matrix():
    operator = TensorOperator(GRID, CONDUCTIVITY, STORAGE)
    assert np.array_equal(TensorOperator.from_matrix(GRID, operator.matrix()).stencil, operator.stencil)


def test_matrix_of_another_grid_is_refused():
    with pytest.raises(MeshError, match="tensor grid"):
        TensorOperator.from_matrix(GRID, scipy.sparse.eye(7, format="csr"))


def test_constant_temperature_drives_no_heat():
    operator = TensorOperator(GRID, CONDUCTIVITY)
    assert np.abs(operator.apply(np.ones(GRID.node_shape))).max() < 1e-13 * operator.stencil[0].max()


def test_fixed_nodes_keep_their_temperature_and_the_rest_balances():
    operator = TensorOperator(GRID, CONDUCTIVITY)
    fixed = np.zeros(GRID.node_shape, dtype=bool)
    fixed[0] = True
    held = operator.with_fixed(fixed)
    load = held.load_with_fixed(np.zeros(GRID.node_shape), np.full(GRID.node_shape, 300.0))
    solution = scipy.sparse.linalg.spsolve(held.matrix().tocsc(), load.ravel())
    assert np.allclose(solution, 300.0, rtol=1e-10)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(MeshError, match="conductivity"):
        TensorOperator(GRID, np.ones((3, 2, 2, 2)))
    with pytest.raises(MeshError, match="face 'lid'"):
        TensorOperator(GRID, film={"lid": np.ones((2, 2))})
    with pytest.raises(MeshError, match="increasing"):
        TensorGrid(np.array([0.0, 1.0, 1.0]), GRID.y, GRID.z)


class TestNumpyKernels:
    """The stand-in does the arithmetic of the compiled kernels."""

    operator = TensorOperator(GRID, CONDUCTIVITY, STORAGE)
    drop_y, drop_x = np.array([0, 1, 0, 1, 0], np.int32), np.array([0, 1, 0, 0, 1, 0], np.int32)
    coarse_y, coarse_x = np.array([0, 0, 1, 1, 2], np.int32), np.array([0, 0, 1, 2, 2, 3], np.int32)

    def both(self):
        return self.operator.kernels, NumpyKernels()

    def nodes(self):
        values = np.zeros(self.operator.stencil.shape[1:])
        values[1:-1, 1:-1, 1:-1] = RANDOM.normal(size=GRID.node_shape)
        return values

    def test_apply(self):
        u, results = self.nodes(), []
        for kernels in self.both():
            results.append(np.zeros_like(u))
            kernels.apply(self.operator.stencil, u, results[-1])
        assert np.allclose(*results, rtol=1e-12, atol=1e-10)

    def test_scatter(self):
        term, share = RANDOM.normal(size=(2, *GRID.cell_shape)), RANDOM.normal(size=(8, 2))
        results = [np.zeros_like(self.operator.stencil) for _ in range(2)]
        for kernels, result in zip(self.both(), results, strict=True):
            kernels.scatter(term, share, result)
        assert np.allclose(*results, rtol=1e-12, atol=1e-13)

    @pytest.mark.parametrize("backward", [False, True])
    def test_smooth(self, backward):
        from thermal.field.multigrid import line_pivots

        b, start = self.nodes(), self.nodes()
        results = [start.copy(), start.copy()]
        for kernels, result in zip(self.both(), results, strict=True):
            kernels.smooth(
                self.operator.stencil, line_pivots(self.operator.stencil), b, result, backward, False
            )
        assert np.allclose(*results, rtol=1e-11, atol=1e-12)

    def test_coarse_operator_and_transfer(self):
        fine, coarse = self.nodes(), RANDOM.normal(size=(6, 5, 6))
        coarse[0] = coarse[-1] = coarse[:, 0] = coarse[:, -1] = coarse[..., 0] = coarse[..., -1] = 0.0
        results = []
        for kernels in self.both():
            p, a = np.zeros((4, *fine.shape)), np.zeros((14, 6, 5, 6))
            kernels.weights(self.operator.stencil, self.drop_y, self.drop_x, p)
            kernels.galerkin(self.operator.stencil, p, self.coarse_y, self.coarse_x, a)
            down, up = np.zeros((6, 5, 6)), np.zeros_like(fine)
            kernels.restrict(p, self.coarse_y, self.coarse_x, fine, down)
            kernels.prolong(p, self.coarse_y, self.coarse_x, coarse, up)
            assert np.vdot(down, coarse) == pytest.approx(np.vdot(fine, up), rel=1e-10)
            results.append((p, a / self.operator.stencil.max(), down, up))
        for compiled, plain in zip(*results, strict=True):
            assert np.allclose(compiled, plain, rtol=1e-10, atol=1e-11)

    def test_weights_reproduce_a_constant(self):
        conduction = TensorOperator(GRID, CONDUCTIVITY)
        p = np.zeros((4, *conduction.stencil.shape[1:]))
        conduction.kernels.weights(conduction.stencil, self.drop_y, self.drop_x, p)
        assert np.allclose(p.sum(axis=0)[1:-1, 1:-1, 1:-1], 1.0, rtol=1e-10)
