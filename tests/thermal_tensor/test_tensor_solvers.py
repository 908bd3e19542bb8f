"""Solvers on the tensor grid: right for layered plates and die islands, in a bounded number of iterations."""

from __future__ import annotations

import platform

import numpy as np
import pytest
import scipy.sparse.linalg

from meshes.errors import MeshError
from thermal.field.coarsening import lines_to_drop
from thermal.field.diagonalisation import DiagonalisedSolver, line_modes
from thermal.field.multigrid import MultigridSolver, choose_precision
from thermal.field.tensor_grid import TensorGrid, mass_matrix, stiffness_matrix
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import make_solver

RANDOM = np.random.default_rng(11)
GRADED = np.cumsum(RANDOM.uniform(0.3, 1.5, 14)) * 1e-3
EVEN = np.linspace(0.0, 10e-3, 12)
Z = np.array([0.0, 2e-4, 4e-4, 5e-4, 2e-3, 3e-3])


def layered(x=GRADED, y=EVEN, **terms) -> TensorOperator:
    grid = TensorGrid(x, y, Z)
    by_layer = np.array(
        [
            [150.0, 140.0, 4.0, 390.0, 380.0],
            [150.0, 120.0, 4.0, 390.0, 380.0],
            [150.0, 150.0, 0.5, 390.0, 400.0],
        ]
    )
    conductivity = np.broadcast_to(by_layer[:, :, None, None], (3, *grid.cell_shape))
    return TensorOperator(grid, conductivity, **terms)


def island(cells: int, contrast: float, graded: bool = False) -> TensorOperator:
    """Die of 150 W/(m K) beneath a copper spreader, surrounded by a void of ``150 / contrast``."""
    x = np.linspace(0.0, 40e-3, cells + 1)
    if graded:
        inner = np.linspace(14e-3, 26e-3, cells // 2 + 1)
        outer = np.linspace(0.0, 14e-3, cells // 4 + 1)
        x = np.concatenate([outer[:-1], inner, 40e-3 - outer[-2::-1]])
    z = np.concatenate([np.linspace(0.0, 5e-4, 4), [5.5e-4], np.linspace(5.5e-4, 3e-3, 6)[1:]])
    grid = TensorGrid(x, x, z)
    middle = np.abs(0.5 * (x[1:] + x[:-1]) - 20.1e-3) < 6e-3
    inside = middle[:, None] & middle
    conductivity = np.full(grid.cell_shape, 390.0)
    conductivity[:3] = np.where(inside, 150.0, 150.0 / contrast)
    conductivity[3] = np.where(inside, 4.0, 150.0 / contrast)
    return TensorOperator(grid, conductivity, film={"top": np.full(grid.face_shape("top"), 1e3)})


def heated_island(operator: TensorOperator) -> np.ndarray:
    load = np.zeros(operator.grid.node_shape)
    inside = np.abs(operator.grid.x - 20e-3) < 5e-3
    load[0][inside[:, None] & inside] = 1.0
    return load


@pytest.mark.parametrize("line", [EVEN, GRADED], ids=["even", "graded"])
def test_modes_diagonalise_mass_and_stiffness(line):
    values, vectors = line_modes(line)
    assert np.allclose(vectors.T @ mass_matrix(line) @ vectors, np.eye(len(line)), atol=1e-11)
    stiffness = vectors.T @ stiffness_matrix(line) @ vectors
    assert np.allclose(stiffness, np.diag(values), atol=1e-11 * values.max())


@pytest.mark.parametrize(
    "terms",
    [
        {"film": {"top": np.full((11, 13), 2e3)}},
        {"film": {"top": np.full((11, 13), 2e3), "bottom": np.full((11, 13), 50.0)}},
        {"storage": np.full((5, 11, 13), 2e6)},
    ],
    ids=["top", "both", "storage"],
)
def test_layered_plate_is_solved_exactly(terms):
    operator = layered(**terms)
    solver = make_solver(operator)
    load = RANDOM.normal(size=operator.grid.node_shape)
    expected = scipy.sparse.linalg.spsolve(operator.matrix().tocsc(), load.ravel()).reshape(load.shape)
    assert solver.name == "tensor-diagonalised"
    assert np.abs(solver.solve(load) - expected).max() < 1e-11 * np.abs(expected).max()


def test_layered_plate_on_a_held_face_is_solved_exactly():
    operator = layered()
    fixed = np.zeros(operator.grid.node_shape, dtype=bool)
    fixed[-1] = True
    held = operator.with_fixed(fixed)
    load = held.load_with_fixed(RANDOM.normal(size=fixed.shape), np.full(fixed.shape, 320.0))
    solution = make_solver(held).solve(load)
    assert np.allclose(solution[-1], 320.0)
    assert np.abs(held.apply(solution) - load).max() < 1e-9 * np.abs(load).max()


def test_heat_that_enters_leaves_through_the_film():
    operator = layered(film={"top": np.full((11, 13), 2e3)})
    load = np.zeros(operator.grid.node_shape)
    load[0, 3:6, 4:9] = 0.7
    solution = make_solver(operator).solve(load)
    film = TensorOperator(operator.grid, film=operator.film)
    assert film.apply(solution).sum() == pytest.approx(load.sum(), rel=1e-11)


def test_boiling_tangent_on_a_layered_plate_keeps_the_diagonalisation_as_preconditioner():
    tangent = {"top": RANDOM.uniform(4e3, 9e3, (11, 13))}
    operator = layered(tangent=tangent)
    solver = make_solver(operator)
    load = RANDOM.normal(size=operator.grid.node_shape)
    solution = solver.solve(load, rtol=1e-10)
    assert solver.name == "tensor-diagonalised-cg"
    assert np.linalg.norm(operator.apply(solution) - load) < 1.1e-10 * np.linalg.norm(load)
    assert solver.iterations <= 12


@pytest.mark.parametrize("order", ["even", "graded"])
def test_manufactured_plate_converges_at_second_order(order):
    """``T = cos(pi x / L) cos(2 pi y / L) cosh(m z)`` is harmonic for anisotropic k; its flux leaves at the top."""
    length, height, kx, ky, kz = 1.0, 0.4, 3.0, 0.5, 2.0
    m = np.pi * np.sqrt((kx + 4.0 * ky) / kz)
    errors, sizes = [], (8, 16, 32)
    for n in sizes:
        s = np.linspace(0.0, 1.0, n + 1)
        line = length * (s if order == "even" else s + 0.1 * np.sin(2.0 * np.pi * s) / 2.0)
        grid = TensorGrid(line, line, height * np.linspace(0.0, 1.0, n + 1))
        conductivity = np.empty((3, *grid.cell_shape))
        conductivity[:] = np.array([kx, ky, kz])[:, None, None, None]
        operator = TensorOperator(grid, conductivity, film={"top": np.full((n, n), 1.0)})
        flux = kz * m * np.sinh(m * height) + np.cosh(m * height)
        plane = np.outer(np.cos(2.0 * np.pi * line), np.cos(np.pi * line))
        load = np.zeros(grid.node_shape)
        load[-1] = flux * (mass_matrix(line) @ plane @ mass_matrix(line))
        exact = np.cosh(m * grid.z)[:, None, None] * plane
        errors.append(np.abs(make_solver(operator).solve(load) - exact).max() / np.abs(exact).max())
    rate = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert rate == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 6e-3


@pytest.mark.parametrize("graded", [False, True], ids=["even", "graded"])
@pytest.mark.parametrize("contrast", [1.0, 1e2, 1e3, 1e4, 1e5])
def test_iterations_are_bounded_for_a_die_in_a_void(contrast, graded):
    operator = island(48, contrast, graded)
    solver = MultigridSolver(operator)
    load = heated_island(operator)
    solution = solver.solve(load, rtol=1e-8)
    assert np.linalg.norm(operator.apply(solution) - load) < 1.01e-8 * np.linalg.norm(load)
    assert solver.iterations <= 16


def test_iterations_do_not_grow_with_refinement():
    counts = []
    for cells in (16, 32, 64):
        operator = island(cells, 1e5)
        solver = MultigridSolver(operator)
        solver.solve(heated_island(operator), rtol=1e-8)
        counts.append(solver.iterations)
    assert counts[-1] <= counts[0] + 3


def test_multigrid_agrees_with_a_direct_solution_of_anisotropic_noise():
    grid = TensorGrid(GRADED, EVEN, Z)
    operator = TensorOperator(
        grid,
        10.0 ** RANDOM.uniform(-1.0, 2.0, (3, *grid.cell_shape)),
        RANDOM.uniform(1e5, 1e6, grid.cell_shape),
    )
    load = RANDOM.normal(size=grid.node_shape)
    expected = scipy.sparse.linalg.spsolve(operator.matrix().tocsc(), load.ravel()).reshape(load.shape)
    solution = MultigridSolver(operator).solve(load, rtol=1e-12)
    assert np.abs(solution - expected).max() < 1e-9 * np.abs(expected).max()


def test_held_nodes_are_left_alone_by_multigrid():
    operator = island(32, 1e3)
    fixed = np.zeros(operator.grid.node_shape, dtype=bool)
    fixed[-1, :8] = True
    held = operator.with_fixed(fixed)
    load = held.load_with_fixed(heated_island(operator), np.full(fixed.shape, 5.0))
    solution = MultigridSolver(held).solve(load, rtol=1e-10)
    assert np.allclose(solution[fixed], 5.0, rtol=1e-7)


@pytest.mark.parametrize(("precision", "accuracy"), [(np.float64, 1e-9), (np.float32, 1e-5)])
def test_preconditioner_is_symmetric_to_its_precision(precision, accuracy):
    operator = island(24, 1e4)
    solver = MultigridSolver(operator, precision)
    a, b = RANDOM.normal(size=(2, *operator.grid.node_shape))
    assert np.vdot(a, solver.precondition(b)) == pytest.approx(
        np.vdot(solver.precondition(a), b), rel=accuracy
    )


@pytest.mark.parametrize("film", [1e3, 10.0, 0.1], ids=["forced", "natural", "hardly held"])
@pytest.mark.parametrize("thinnest", [1e-4, 1e-6], ids=["100 um", "1 um"])
def test_the_precision_chosen_costs_two_iterations_at_most(film, thinnest):
    """Thin layers and small films are what single precision cannot tell from nothing: there it is not chosen."""
    wide = island(32, 1e3)
    z = np.concatenate([wide.grid.z, [wide.grid.z[-1] + thinnest]])
    grid = TensorGrid(wide.grid.x, wide.grid.y, z)
    conductivity = np.concatenate([wide.conductivity, np.full((3, 1, 32, 32), 390.0)], axis=1)
    operator = TensorOperator(grid, conductivity, film={"top": np.full(grid.face_shape("top"), film)})
    chosen, double = MultigridSolver(operator), MultigridSolver(operator, np.float64)
    solutions = [solver.solve(heated_island(operator), rtol=1e-8) for solver in (chosen, double)]
    assert np.allclose(*solutions, rtol=1e-6)
    assert chosen.iterations <= double.iterations + 2
    if film >= 1e3:
        assert choose_precision(operator) is np.float32
    if film < 1.0:
        assert choose_precision(operator) is np.float64


def test_good_guess_saves_iterations():
    operator = island(32, 1e3)
    solver, load = MultigridSolver(operator), heated_island(operator)
    solution = solver.solve(load, rtol=1e-8)
    first = solver.iterations
    solver.solve(load * 1.001, guess=solution, rtol=1e-8)
    assert solver.iterations < first


def test_level_of_temperature_must_be_held():
    operator = layered()
    with pytest.raises(MeshError, match="no single solution"):
        make_solver(operator)
    with pytest.raises(MeshError, match="no single solution"):
        MultigridSolver(operator)
    with pytest.raises(MeshError, match="vary laterally"):
        DiagonalisedSolver(island(8, 10.0))


def test_lines_are_dropped_where_they_are_close():
    line = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 8.0, 12.0, 13.0, 14.0])
    assert lines_to_drop(line, 2.0).tolist() == [0, 1, 0, 1, 0, 0, 0, 1, 0]


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the control word is that of SSE")
def test_a_correction_that_fades_from_a_local_load_ends_in_zeros_and_leaves_arithmetic_as_it_was():
    operator = island(64, 1e5)
    quick = 1e6 * np.full(operator.grid.cell_shape, 1.7e6)
    solver = MultigridSolver(
        TensorOperator(operator.grid, operator.conductivity, quick, operator.film), precision=np.float32
    )
    if operator.kernels.name != "c":
        pytest.skip("no compiled kernels")
    load = np.zeros(operator.grid.node_shape)
    load[0, 32, 32] = 1.0
    correction = np.abs(solver.precondition(load))
    smallest = np.finfo(np.float32).tiny
    assert correction.max() > 0.0
    assert not np.any((correction > 0.0) & (correction < smallest))
    assert np.float32(0.5) * np.array([smallest], dtype=np.float32)[0] > 0.0
