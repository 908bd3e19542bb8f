"""The reduced model against the field's own modes: exact in time, so that what differs is the reduction."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse

from meshes.errors import InputError
from thermal.field.reduced import build_reduced
from thermal.field.reduced_basis import _Space, rich_basis
from thermal.field.reduced_pencil import SparsePencil, TensorPencil
from thermal.field.reduced_ports import FilmLaw, Ports, plane_loads, zones_of_face
from thermal.field.reduced_store import ModelFolder, load_reduced
from thermal.field.tensor_grid import TensorGrid

STEP = 2e-3
REFERENCE = 300.0


class Module:
    """Silicon with four by four blocks under a lid of copper, cooled through ports or a film at the top.

    With a frame, air is around silicon and grease, of a cell's width.
    """

    def __init__(self, seed: int = 1, ports: int = 0, film: float = 0.0, frame: bool = False) -> None:
        random = np.random.default_rng(seed)
        x, y = (np.concatenate([[0.0], np.cumsum(random.uniform(0.6, 1.4, 8))]) * 1.5e-3 for _ in range(2))
        self.grid = TensorGrid(x, y, np.array([0.0, 1e-4, 3e-4, 3.5e-4, 1e-3, 2e-3]))
        shape = self.grid.cell_shape
        by_layer = np.array([130.0, 130.0, 4.0, 390.0, 390.0]) * random.uniform(0.5, 2.0, 5)
        self.conductivity = np.broadcast_to(by_layer[:, None, None], shape) * random.uniform(0.7, 1.3, shape)
        self.heat_capacity = np.broadcast_to(
            np.array([1.6e6, 1.6e6, 2e6, 3.4e6, 3.4e6])[:, None, None], shape
        ).copy()
        outer = np.ones(shape[1:], dtype=bool)
        outer[1:-1, 1:-1] = not frame
        gas = (np.arange(5)[:, None, None] < 3) & outer & frame
        self.conductivity = np.where(gas, 0.026, self.conductivity)
        self.heat_capacity[gas] = 1.2e3
        self.film = {"top": np.full(shape[1:], film)} if film else {}
        area = np.where(gas[0], 0.0, self.grid.face_area("top"))
        block = np.arange(8)[:, None] // 2 * 4 + np.arange(8) // 2
        self.blocks = plane_loads(
            self.grid,
            0,
            np.stack([np.where(block == n, area / area[block == n].sum(), 0.0) for n in range(16)]),
        )
        self.ports: Ports | None = None
        self.default = None
        tangent = {}
        if ports:
            zone = np.arange(8)[:, None] * ports // 8 + np.zeros(8, int)
            self.ports, tangent["top"] = zones_of_face(self.grid, "top", zone, 4e3)
        self.pencil = TensorPencil(self.grid, self.conductivity, self.heat_capacity, self.film, tangent)

    def model(self, **options):
        """The default one is built once."""
        if not options and self.default is not None:
            return self.default
        wanted = {"tolerance": 5e-3, "shortest": STEP, "power_scale": np.full(16, 2.0)} | options
        made = build_reduced(self.pencil, self.blocks, ports=self.ports, reference=REFERENCE, **wanted)
        if not options:
            self.default = made
        return made

    def exact(self, power: np.ndarray, start: float, step: float = STEP) -> np.ndarray:
        """Field by all modes of the finite-element matrices, exact for piecewise constant power, (steps, n) [K]."""
        conduction, capacity = self.pencil.conduction.toarray(), self.pencil.capacity.toarray()
        rates, modes = scipy.linalg.eigh(conduction, capacity)
        x = modes.T @ capacity @ np.full(len(rates), start - REFERENCE)
        fields = []
        for watts in power:
            forced = modes.T @ (self.blocks @ watts) / rates
            x = forced + np.exp(-rates * step) * (x - forced)
            fields.append(REFERENCE + modes @ x)
        return np.array(fields)


def bursts(steps: int, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.uniform(0.0, 2.0, (steps // 10 + 1, 16)).repeat(10, axis=0)[:steps]


@pytest.fixture(scope="module")
def cooled() -> Module:
    return Module(film=3e3)


@pytest.fixture(scope="module")
def framed() -> Module:
    return Module(film=3e3, frame=True)


@pytest.fixture(scope="module")
def boiling() -> Module:
    return Module(ports=4)


def test_blocks_follow_the_field_within_the_tolerance(cooled):
    model, power = cooled.model(), bursts(120)
    history = model.play(power, STEP, model.start())
    exact = cooled.exact(power, REFERENCE) @ cooled.blocks
    assert np.abs(history.block_temperature - exact).max() < 5e-3
    assert model.order < 0.3 * len(cooled.blocks)


def test_whole_field_and_its_peak_follow_within_the_tolerance(cooled):
    model, power = cooled.model(), bursts(60)
    history = model.play(power, STEP, model.start(), hottest_above=REFERENCE)
    exact = cooled.exact(power, REFERENCE)
    hot = np.flatnonzero(cooled.blocks.sum(axis=1))
    assert np.abs(model.field(history.state) - exact[-1]).max() < 5e-3
    assert np.abs(history.block_maximum.max(axis=1) - exact[:, hot].max(axis=1)).max() < 5e-3


def test_a_warm_start_decays_like_the_field(cooled):
    model = cooled.model()
    history = model.play(np.zeros((50, 16)), STEP, model.start(345.0))
    exact = cooled.exact(np.zeros((50, 16)), 345.0) @ cooled.blocks
    assert np.abs(history.block_temperature - exact).max() < 5e-2


def test_steady_state_is_that_of_the_field(cooled):
    model, power = cooled.model(), bursts(1)[0]
    exact = REFERENCE + scipy.linalg.solve(cooled.pencil.conduction.toarray(), cooled.blocks @ power)
    assert np.abs(model.field(model.steady(power)) - exact).max() < 1e-6


def test_one_long_step_is_many_short_ones(cooled):
    model, power = cooled.model(), bursts(1)
    once = model.play(power, 50 * STEP, model.start())
    often = model.play(power.repeat(50, axis=0), STEP, model.start())
    assert np.allclose(once.state.modes, often.state.modes, rtol=1e-9, atol=1e-9)


def test_windows_of_a_trace_make_the_trace(cooled):
    model, power = cooled.model(), bursts(80)
    whole = model.play(power, STEP, model.start())
    first = model.play(power[:33], STEP, model.start())
    second = model.play(power[33:], STEP, first.state)
    assert np.allclose(second.block_temperature, whole.block_temperature[33:], rtol=1e-12)
    assert model.error(second.state) == model.error(whole.state)


@pytest.mark.parametrize("fixture", ["cooled", "boiling"])
def test_heat_in_is_heat_out_and_heat_stored(fixture, request):
    module = request.getfixturevalue(fixture)
    model, power = module.model(), bursts(60)
    law = FilmLaw(np.array([2e3, 9e3, 5e3, 1e3]), 290.0) if module.ports else None
    history = model.play(power, STEP, model.start(320.0), law, sink_temperature=296.0)
    out = (history.port_heat.sum() + history.sink_heat.sum()) * STEP
    assert power.sum() * STEP == pytest.approx(out + history.stored_heat, rel=1e-8)


def test_nominal_film_as_a_law_changes_nothing(boiling):
    model, power = boiling.model(), bursts(40)
    plain = model.play(power, STEP, model.start())
    lawful = model.play(power, STEP, model.start(), FilmLaw(4e3, REFERENCE))
    assert np.allclose(lawful.block_temperature, plain.block_temperature, atol=1e-5)


def test_steady_ports_carry_what_the_blocks_give(boiling):
    model, power = boiling.model(), bursts(1)
    law = FilmLaw(np.array([2e3, 9e3, 5e3, 1e3]), np.array([290.0, 300.0, 305.0, 310.0]))
    state = model.steady(power[0], law)
    history = model.play(power, STEP, state, law)
    assert np.abs(history.port_heat.sum() - power.sum()) < 1e-5 * power.sum()
    assert np.allclose(history.state.modes, state.modes, atol=1e-4)
    expected = model.parts.port_area * law.flux(history.port_temperature[0])[0]
    assert np.allclose(history.port_heat[0], expected, rtol=1e-4)


class Boiling:
    """Flux growing with the cube of superheat over 310 K."""

    def flux(self, wall):
        superheat = np.maximum(wall - 310.0, 0.0)
        return 50.0 * superheat**3, 150.0 * superheat**2


def test_boiling_ports_are_implicit_and_stable_at_long_steps(boiling):
    model, power = boiling.model(), bursts(1)
    history = model.play(power.repeat(40, axis=0), 5.0, model.start(), Boiling())
    steady = model.steady(power[0], Boiling())
    assert np.abs(history.state.modes - steady.modes).max() < 1e-4 * np.abs(steady.modes).max()


def test_boiling_ports_follow_the_field_stepped_implicitly(boiling):
    """Same law on the field: excess port loads at the end of each step, exact in between, all modes kept."""
    model, power = boiling.model(), bursts(40)
    conduction, capacity = boiling.pencil.conduction.toarray(), boiling.pencil.capacity.toarray()
    rates, modes = scipy.linalg.eigh(conduction, capacity)
    ports = boiling.ports
    gain, x, wall = modes.T @ ports.loads, np.zeros(len(rates)), np.full(4, REFERENCE)
    decay, factor = np.exp(-rates * STEP), -np.expm1(-rates * STEP) / rates
    response, exact = gain.T @ (factor[:, None] * gain), []
    for watts in power:
        free = decay * x + factor * (modes.T @ (boiling.blocks @ watts))
        for _ in range(50):
            flux, slope = Boiling().flux(wall)
            load = ports.area * (4e3 * (wall - REFERENCE) - flux)
            tangent = np.eye(4) - response * (ports.area * (4e3 - slope))
            wall = wall - np.linalg.solve(tangent, wall - REFERENCE - gain.T @ free - response @ load)
        x = free + factor * (gain @ load)
        exact.append(REFERENCE + boiling.blocks.T @ (modes @ x))
    history = model.play(power, STEP, model.start(), Boiling())
    assert np.abs(history.block_temperature - np.array(exact)).max() < 5e-3


def test_order_grows_as_the_tolerance_shrinks(cooled):
    orders = [cooled.model(tolerance=tolerance).order for tolerance in (0.5, 0.05, 0.005)]
    assert orders[0] < orders[1] < orders[2]


def test_asked_order_is_kept(cooled):
    assert cooled.model(order=40).order == 40


def test_model_comes_back_from_its_file_and_only_for_its_content(cooled, tmp_path):
    model = cooled.model(folder=ModelFolder(tmp_path))
    (path,) = tmp_path.glob("reduced-*.npz")
    written = path.stat().st_ino
    again = cooled.model(folder=ModelFolder(tmp_path))
    assert path.stat().st_ino == written
    power = bursts(20)
    assert np.array_equal(
        model.play(power, STEP, model.start()).block_temperature,
        again.play(power, STEP, again.start()).block_temperature,
    )
    cooled.model(folder=ModelFolder(tmp_path), tolerance=0.05)
    assert len(list(tmp_path.glob("reduced-*.npz"))) == 2
    with pytest.raises(InputError, match="something else"):
        load_reduced(path, "another")


def test_sparse_matrices_give_the_same_model(cooled):
    sparse = SparsePencil(cooled.pencil.conduction, cooled.pencil.capacity)
    model = build_reduced(
        sparse, cooled.blocks, np.full(16, 2.0), reference=REFERENCE, shortest=STEP, tolerance=5e-3
    )
    power = bursts(30)
    ours, theirs = (
        model.play(power, STEP, model.start()),
        cooled.model().play(power, STEP, cooled.model().start()),
    )
    assert np.abs(ours.block_temperature - theirs.block_temperature).max() < 5e-3


def test_power_of_other_blocks_is_refused(cooled):
    model = cooled.model()
    with pytest.raises(InputError, match="16 blocks"):
        model.play(np.zeros((3, 5)), STEP, model.start())


def test_shorter_steps_than_it_was_made_for_are_refused(cooled):
    model = cooled.model()
    with pytest.raises(InputError, match=r"steps of 0\.001 s"):
        model.play(np.zeros((3, 16)), 0.5 * STEP, model.start())


def test_no_trace_within_the_scale_errs_by_more_than_the_tolerance(cooled):
    """The worst signs for one node: blocks that flip when their part of its error does."""
    for tolerance in (0.1, 0.01):
        model = cooled.model(tolerance=tolerance, sink_moves=False)
        for node in (0, 40):
            unit = [_impulse_difference(model, cooled, block, node) for block in range(16)]
            power = np.where(np.array(unit).T[::-1] > 0.0, 2.0, 0.0)
            history = model.play(power, STEP, model.start())
            true = abs(float(model.field(history.state)[node] - cooled.exact(power, REFERENCE)[-1, node]))
            means, nodes = model.error(history.state)
            assert true <= nodes <= tolerance
            assert means < nodes


def _impulse_difference(model, module, block, node, steps=60):
    """What a watt in one step of a block adds to a node's error at the end of it and of steps after, (steps,) [K]."""
    power = np.zeros((steps, 16))
    power[0, block] = 1.0
    state, found = model.start(), []
    for watts in power:
        state = model.play(watts[None], STEP, state).state
        found.append(float(model.field(state)[node]))
    return np.array(found) - module.exact(power, REFERENCE)[:, node]


def test_laws_steeper_than_twice_the_nominal_film_have_no_bound(boiling):
    model = boiling.model()
    history = model.play(bursts(5), STEP, model.start(), FilmLaw(9e3, REFERENCE))
    assert model.error(history.state)[1] == np.inf
    near = model.play(bursts(5), STEP, model.start(), FilmLaw(5e3, REFERENCE))
    assert 0.0 < model.error(near.state)[1] < 0.1


def test_a_node_s_own_response_is_bounded_by_that_of_uniform_layers(cooled):
    capacity, conduction = cooled.pencil.capacity.toarray(), cooled.pencil.conduction.toarray()
    for shift in (1.0, 100.0, 1e4):
        own = np.diagonal(np.linalg.inv(conduction + shift * capacity)).max()
        assert own <= cooled.pencil.point_bound(shift) < 3.0 * own
        sparse = SparsePencil(cooled.pencil.conduction, cooled.pencil.capacity)
        assert own <= sparse.point_bound(shift)


@pytest.mark.parametrize("fixture", ["cooled", "framed"])
def test_certificate_bounds_what_the_rich_space_misses(fixture, request):
    """Against all modes of the field: total variation of step responses, of the worst node and the worst mean."""
    cooled = request.getfixturevalue(fixture)
    loads, half = cooled.blocks, np.ones(16)
    sink = np.asarray(cooled.pencil.conduction.sum(axis=1)).ravel()
    loads, half = np.column_stack([loads, sink]), np.append(half, 0.0)
    rich, found = rich_basis(cooled.pencil, loads, half, STEP, 0.1)
    conduction, capacity = cooled.pencil.conduction.toarray(), cooled.pencil.capacity.toarray()
    rates, modes = scipy.linalg.eigh(conduction, capacity)
    total, before = np.zeros((len(loads), 16)), 0.0
    for time in STEP * np.append(np.arange(1, 20), np.geomspace(20, 1e5, 60)):
        exact = modes @ ((modes.T @ loads[:, :16]) * (-np.expm1(-rates * time) / rates)[:, None])
        ours = rich.modes @ (rich.gain[:, :16] * (-np.expm1(-rich.rates * time) / rich.rates)[:, None])
        total, before = total + np.abs(exact - ours - before), exact - ours
    assert total.sum(axis=1).max() <= found.nodes
    assert found.nodes <= 0.1


def test_air_beside_a_die_does_not_count_for_what_a_watt_does_to_a_node(framed):
    """A watt in the air would heat it by 10 000 K; the nodes of solids alone are bounded, and closely."""
    capacity, conduction = framed.pencil.capacity.toarray(), framed.pencil.conduction.toarray()
    inside = np.zeros(framed.grid.node_shape, dtype=bool)
    inside[:, 1:-1, 1:-1], inside[3:] = True, True
    for shift in (1.0, 100.0, 1e4):
        own = np.diagonal(np.linalg.inv(conduction + shift * capacity))
        assert own[inside.ravel()].max() <= framed.pencil.point_bound(shift) < 3.0 * own[inside.ravel()].max()
        assert own.max() > 100.0 * framed.pencil.point_bound(shift)


@pytest.mark.slow
def test_error_bound_covers_the_true_error_and_is_not_far_above_it():
    """Seeds of their own: none had a part in the making of the bound, which has no constant that was fitted."""
    ratios = []
    for seed in range(7000, 7050):
        random = np.random.default_rng(seed)
        module = Module(seed, film=float(10.0 ** random.uniform(2.5, 4.5)))
        step = float(10.0 ** random.uniform(-3.5, -1.5))
        tolerance = float(10.0 ** random.uniform(-3.0, -0.5))
        model = module.model(tolerance=tolerance, shortest=step, sink_moves=False)
        power = bursts(60, seed)
        state, true = model.start(), 0.0
        for watts, exact in zip(power, module.exact(power, REFERENCE, step), strict=True):
            state = model.play(watts[None], step, state).state
            true = max(true, float(np.abs(model.field(state) - exact).max()))
        ratios.append(model.error(state)[1] / true)
    assert min(ratios) >= 1.0
    assert max(ratios) <= 20.0


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-10, 3e-9, 1e-6])
def test_what_a_space_holds_already_adds_no_mode(apart: float) -> None:
    """A direction made of round-off, brought to length one, would be a mode of any rate, zero among them."""
    random = np.random.default_rng(3)
    chain = scipy.sparse.diags([2.0, -1.0, -1.0], [0, 1, -1], shape=(60, 60), format="csr")
    pencil = SparsePencil(chain, scipy.sparse.identity(60, format="csr"))
    loads = random.standard_normal((60, 6))
    space = _Space(pencil, loads)
    space.add(pencil.solver(0.0)(loads))
    for _ in range(3):
        again = pencil.solver(0.0)(loads @ random.standard_normal((6, 6)))
        space.add(again + apart * np.abs(again).max() * random.standard_normal((60, 6)))
    modal = space.modal()
    assert modal.order == (6 if apart <= 1e-10 else 24)
    np.testing.assert_allclose(modal.modes.T @ modal.modes, np.eye(modal.order), atol=1e-12)
    # Rayleigh's quotient is nowhere below the slowest rate of all
    assert modal.rates.min() >= 4.0 * np.sin(0.5 * np.pi / 61.0) ** 2 * (1.0 - 1e-9)


def test_directions_that_depend_on_each_other_add_no_mode() -> None:
    random = np.random.default_rng(4)
    chain = scipy.sparse.diags([2.0, -1.0, -1.0], [0, 1, -1], shape=(60, 60), format="csr")
    space = _Space(SparsePencil(chain, scipy.sparse.identity(60, format="csr")), np.eye(60, 1))
    space.add(random.standard_normal((60, 6)) @ random.standard_normal((6, 40)))
    modal = space.modal()
    assert modal.order == 6
    np.testing.assert_allclose(modal.modes.T @ modal.modes, np.eye(6), atol=1e-12)
    assert modal.rates.min() > 0.0
