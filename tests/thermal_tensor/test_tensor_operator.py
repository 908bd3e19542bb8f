"""The tensor grid's operator is the finite-element matrix: DOLFINx's for every term, Gauss points for face tangents."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from meshes.errors import MeshError
from thermal.field.coarsening import Coarsening
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.row_layout import RowLayout
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


def test_operator_comes_back_from_its_matrix():
    operator = TensorOperator(GRID, CONDUCTIVITY, STORAGE)
    matrix = DistributedMatrix(operator.matrix(), RowLayout.of(GRID.node_shape))
    assert np.array_equal(TensorOperator.from_matrix(GRID, matrix).stencil, operator.stencil)


def test_matrix_of_another_grid_is_refused():
    with pytest.raises(MeshError, match="tensor grid"):
        other = DistributedMatrix(scipy.sparse.eye(7, format="csr"), RowLayout.of((1, 1, 7)))
        TensorOperator.from_matrix(GRID, other)


def test_constant_temperature_drives_no_heat():
    operator = TensorOperator(GRID, CONDUCTIVITY)
    assert np.abs(operator.apply(np.ones(GRID.node_shape))).max() < 1e-13 * operator.stencil.max()


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


def test_element_by_element_is_the_matrix_times_the_nodes_for_every_term():
    films = {face: RANDOM.uniform(10.0, 1e4, GRID.face_shape(face)) for face in FACES}
    slopes = {face: RANDOM.uniform(10.0, 1e4, GRID.face_shape(face)) for face in FACES}
    nodes = RANDOM.normal(size=GRID.node_shape)
    for operator in (
        TensorOperator(GRID, CONDUCTIVITY),
        TensorOperator(GRID, storage=STORAGE),
        TensorOperator(GRID, film=films),
        TensorOperator(GRID, tangent=slopes),
        TensorOperator(GRID, CONDUCTIVITY, STORAGE, films, slopes),
        TensorOperator(GRID, CONDUCTIVITY, film=films).with_fixed(RANDOM.random(GRID.node_shape) < 0.3),
    ):
        matrix = operator.matrix()
        scale = abs(matrix) @ np.abs(nodes.ravel())
        assert np.abs(operator.apply(nodes).ravel() - matrix @ nodes.ravel()).max() < 1e-13 * scale.max()
        assert np.allclose(operator.diagonal.ravel(), matrix.diagonal(), rtol=1e-13, atol=0.0)


def test_constant_temperature_drives_no_heat_however_thin_a_layer_is():
    thin = TensorGrid(GRID.x, GRID.y, np.array([0.0, 1e-9, 1e-3]))
    operator = TensorOperator(thin, np.full(thin.cell_shape, 400.0))
    assert np.abs(operator.apply(np.full(thin.node_shape, 300.0))).max() == 0.0


class TestNumpyKernels:
    """The stand-in does the arithmetic of the compiled kernels, in both precisions."""

    operator = TensorOperator(GRID, CONDUCTIVITY, STORAGE)
    lines = Coarsening.of(np.array([0, 1, 0, 1, 0], np.int32), np.array([0, 1, 0, 0, 1, 0], np.int32))
    shape = operator.stencil[:, 0].shape
    coarse_shape = (5, shape[1], 6)

    def both(self):
        return self.operator.kernels, NumpyKernels()

    def nodes(self, precision=np.float64, shape=shape):
        values = np.zeros(shape, precision)
        values[1:-1, 1:-1, 1:-1] = RANDOM.normal(size=[n - 2 for n in shape])
        return values

    def interpolation(self, kernels, precision):
        p = np.zeros((self.shape[0], 4, *self.shape[1:]), precision)
        kernels.weights(self.operator.assemble(precision), self.lines, p)
        return p

    def test_apply(self, precision):
        u, results = self.nodes(precision), []
        for kernels in self.both():
            results.append(np.zeros_like(u))
            kernels.apply(self.operator.assemble(precision), u, results[-1])
        assert distance(*results) < tolerance(precision)

    def test_apply_cells(self):
        u, results = self.nodes(), []
        for kernels in self.both():
            results.append(np.full_like(u, 7.0))
            kernels.apply_cells(self.operator.elements, u, results[-1])
        inner = (slice(1, -1),) * 3
        assert distance(*(result[inner] for result in results)) < 1e-14

    @pytest.mark.parametrize("exact", [True, False])
    def test_apply_face(self, exact):
        u, results = self.nodes(), []
        place = (u.strides[0] // 8 + u.strides[1] // 8 + 1, u.strides[1] // 8, 1)
        weight = RANDOM.uniform(size=GRID.face_shape("south"))
        for kernels in self.both():
            results.append(np.full_like(u, 7.0))
            kernels.apply_face(weight, exact, place, u, results[-1])
        assert distance(*results) < 1e-14

    def test_scatter(self, precision):
        term, share = RANDOM.normal(size=(4, 2, 3, 5)), RANDOM.normal(size=(8, 2))
        results = [np.zeros_like(self.operator.assemble(precision)) for _ in range(2)]
        for kernels, result in zip(self.both(), results, strict=True):
            kernels.scatter(term, share, result)
        assert distance(*results) < tolerance(precision)

    def test_weights_and_coarse_operator(self, precision):
        results = []
        for kernels in self.both():
            p = self.interpolation(kernels, precision)
            a = np.zeros((5, 14, *self.coarse_shape[1:]), precision)
            kernels.galerkin(self.operator.assemble(precision), p, self.lines, a)
            results.append((p, a))
        for compiled, plain in zip(*results, strict=True):
            assert distance(compiled, plain) < 10.0 * tolerance(precision)

    def test_descend_and_ascend(self, precision):
        a, b = self.operator.assemble(precision), self.nodes(precision)
        correction, results = self.nodes(precision, self.coarse_shape), []
        for kernels in self.both():
            inverse, u, coarse = (np.zeros(n, precision) for n in (self.shape, self.shape, self.coarse_shape))
            p = self.interpolation(kernels, precision)
            kernels.pivots(a, inverse)
            kernels.descend(a, inverse, p, self.lines, b, u, coarse)
            down = u.copy()
            kernels.ascend(a, inverse, p, self.lines, b, correction, u)
            results.append((inverse, down, coarse, u))
        for compiled, plain in zip(*results, strict=True):
            assert distance(compiled, plain) < 10.0 * tolerance(precision)

    def test_steps_of_conjugate_gradients(self, precision):
        z, r, p, q, x = (self.nodes() for _ in range(5))
        z, results = z.astype(precision), []
        for kernels in self.both():
            arrays = [array.copy() for array in (p, q, x, r)]
            kernels.follow(0.3, z, arrays[0])
            results.append((*arrays, kernels.dot(z, r), kernels.advance(0.7, *arrays)))
        for compiled, plain in zip(*results, strict=True):
            assert np.allclose(compiled, plain, rtol=1e-13, atol=1e-14)

    def test_weights_reproduce_a_constant(self):
        conduction = TensorOperator(GRID, CONDUCTIVITY)
        p = np.zeros((self.shape[0], 4, *self.shape[1:]))
        conduction.kernels.weights(conduction.stencil, self.lines, p)
        assert np.allclose(p.sum(axis=1)[1:-1, 1:-1, 1:-1], 1.0, rtol=1e-10)

    def test_restriction_is_the_transpose_of_interpolation(self):
        """Without coupling the sweeps do nothing: what is left is P^T b on the way down, and P c on the way up."""
        a, none = np.zeros_like(self.operator.stencil), np.zeros(self.shape)
        b, correction = self.nodes(), self.nodes(shape=self.coarse_shape)
        kernels = NumpyKernels()
        p, u, down = self.interpolation(kernels, np.float64), none.copy(), np.zeros(self.coarse_shape)
        kernels.descend(a, none, p, self.lines, b, u, down)
        up = np.zeros(self.shape)
        for corner, (y, x) in enumerate(itertools.product((0, 1), repeat=2)):
            rows, columns = self.lines.coarse_y + 1 + y, self.lines.coarse_x + 1 + x
            up[1:-1, :, 1:-1] += p[1:-1, corner, :, 1:-1] * correction[rows][:, :, columns]
        assert np.vdot(down, correction) == pytest.approx(np.vdot(b, up), rel=1e-10)


@pytest.fixture(params=[np.float32, np.float64], ids=["single", "double"])
def precision(request):
    return request.param


def tolerance(precision) -> float:
    return 16.0 * float(np.finfo(precision).eps)


def distance(a, b) -> float:
    """Largest difference over the largest value."""
    return float(np.abs(a - b).max() / np.abs(b).max())
