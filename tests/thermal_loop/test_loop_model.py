from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec

SINK = HeatSink(308.15, 1050.0, 830.0)


def rack(modules=16, **changes):
    settings = {
        "fluid": "R1234ze(E)",
        "modules": {"count": modules, "lowest": 0.2, "pitch": 0.1} if isinstance(modules, int) else modules,
        "riser": {"length": 25.0, "diameter": 0.042, "K": 4.0},
        "downcomer": {"length": 25.0, "diameter": 0.028, "K": 4.0},
        "return_manifold": {"diameter": 0.076},
        "supply_manifold": {"diameter": 0.076},
        "condensing": {"passages": 120, "volume": 0.012},
        **changes,
    }
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, inlet_K=400.0)
    return LoopModel(LoopSpec(**settings), evaporator, 10.0, load_fluid("R1234ze(E)"))


@pytest.fixture(scope="module")
def loop():
    return rack()


@pytest.fixture(scope="module")
def state(loop):
    return loop.solve(np.full((16, 8), 300.0 / 8), SINK)


def test_the_rack_carries_its_heat_and_closes_its_balances(loop, state):
    assert state.feasible
    assert state.residuals.momentum_rel <= 1e-8
    assert state.residuals.energy_rel <= 1e-8
    assert state.condenser_heat == pytest.approx(4800.0, rel=1e-8)
    assert state.mass_flow.sum() == pytest.approx(state.total_mass_flow, rel=1e-12)
    assert all(0.0 < margin <= 1.0 for margin in loop.margins(state).values())


def test_condensing_temperature_is_what_the_sink_asks_for(state):
    assert SINK.heat(state.condensing_temperature) == pytest.approx(4800.0, rel=1e-8)


def test_pressure_falls_close_round_the_loop(state):
    falls = [fall for leg in state.pressure_drops.values() for fall in leg.values()]
    assert abs(sum(falls)) < 1e-4 * max(abs(fall) for fall in falls)


def test_static_head_raises_boiling_temperature_towards_the_bottom(state):
    # 0.5 K a metre of liquid for R1234ze(E)
    drift = state.saturation_temperature[0, 0] - state.condensing_temperature
    assert 0.5 * 0.35 * 10.0 < drift < 0.55 * 10.0
    assert (np.diff(state.saturation_temperature, axis=1) < 0.0).all()


def test_liquid_comes_in_subcooled_at_the_local_pressure(state):
    subcooling = state.saturation_temperature[:, 0] - state.liquid_temperature[:, 0]
    assert (subcooling > 0.0).any()
    assert (subcooling >= 0.0).all()


@pytest.mark.parametrize("length", [20.0, 25.0])
def test_a_start_that_leaves_modules_to_starve_does_not_hide_the_even_state(length):
    pipes = {"riser": {"length": length, "diameter": 0.030, "K": 4.0}}
    pipes["downcomer"] = {"length": length, "diameter": 0.020, "K": 4.0}
    loop, heat = rack(**pipes), np.full((16, 8), 300.0 / 8)
    start, found = loop.attempt(heat, SINK, patient=True), loop.solve(heat, SINK)
    assert start.static_stability < 0.0
    assert start.mass_flow.min() < 0.3 * found.mass_flow.min()
    assert found.static_stability > 0.0
    assert found.feasible
    assert found.residuals.momentum_rel <= 1e-8


def test_a_neighbouring_case_starts_from_its_neighbour(loop, state):
    again = loop.solve(1.01 * state.heat, SINK, guess=state)
    assert again.iterations <= state.iterations
    assert again.total_mass_flow == pytest.approx(state.total_mass_flow, rel=0.02)


@pytest.mark.slow
def test_a_thin_riser_says_which_limit_stops_it_and_what_it_could_carry():
    thin = rack(riser={"length": 25.0, "diameter": 0.004, "K": 4.0})
    state = thin.solve(np.full((16, 8), 300.0 / 8), SINK)
    assert not state.feasible
    assert state.limit in {"dryout", "circulation", "chf"}
    assert 0.0 <= state.largest_heat < 1000.0
    assert state.heat.sum() <= 1000.0


def test_a_loop_that_would_run_backwards_is_beyond_a_limit(loop, state):
    """Vapour up the downcomer balances too, where the riser is the narrower pipe; that is no answer."""
    assert loop.passed_limit(state) == ""
    backwards = replace(state, total_mass_flow=-state.total_mass_flow)
    assert loop.passed_limit(backwards) == "circulation"


@pytest.mark.parametrize("heat", [4799.999999999999, 4800.0])
def test_round_off_of_the_heat_does_not_decide_what_a_narrow_riser_can_do(heat):
    thin = rack(
        riser={"length": 25.0, "diameter": 0.004, "K": 4.0},
        modules={"elevations": [0.2] * 4 + [0.65] * 4 + [1.1] * 4 + [1.55] * 4},
    )
    state = thin.solve(np.full((16, 8), heat / 128), SINK)
    assert not state.feasible
    assert state.total_mass_flow > 0.0
    assert state.largest_heat < 1000.0


def test_the_largest_heat_is_carried_and_a_little_more_is_not(loop):
    shape = np.ones((16, 8))
    largest = loop.largest_heat(300.0 / 8 * shape, SINK)
    assert loop.solve(0.99 * largest / 128 * shape, SINK).feasible
    assert not loop.solve(1.02 * largest / 128 * shape, SINK).feasible


def test_a_hotter_module_draws_from_the_same_manifolds(loop):
    heat = np.full((16, 8), 300.0 / 8)
    heat[3] *= 2.0
    state = loop.solve(heat, SINK)
    assert state.exit_quality[3] > state.exit_quality[2]
    assert state.residuals.energy_rel <= 1e-8


@pytest.mark.parametrize("share", [0.75, 1.05])
def test_charge_moves_the_liquid_level(state, share):
    charged = rack(charge=share * state.charge)
    found = charged.solve(state.heat, SINK)
    assert found.charge == pytest.approx(share * state.charge, rel=1e-8)
    if share < 1.0:
        assert found.liquid_level < 0.0
        assert found.total_mass_flow < state.total_mass_flow
    else:
        assert found.flooded_share > 0.0
        assert found.subcooling > 0.0
        assert found.condensing_temperature > state.condensing_temperature


@pytest.mark.slow
def test_too_much_or_too_little_charge_is_a_limit(state):
    for charge in (0.05 * state.charge, 2.0 * state.charge):
        found = rack(charge=charge).solve(state.heat, SINK)
        assert not found.feasible
        assert found.limit == "charge"


@pytest.mark.parametrize("level", [0.0, -0.4, 0.04])
def test_derivative_is_that_of_the_residual(loop, state, level):
    equations = loop.equations
    problem = Problem(state.heat.ravel(), (SINK,), None if level == 0.0 else state.charge)
    start = state.unknowns
    off = Unknowns(
        start.pressure * 1.001, start.enthalpy + 50.0, start.cycle_flow * 1.01, start.level * 0.0 + level
    )
    no_inertia = np.zeros(equations.network.cells)

    def residual(unknowns):
        ends = equations.state.ends(unknowns)
        return equations.residual(unknowns, problem, ends, equations.state.condensing(unknowns, problem))

    ends, heats = equations.state.ends(off), equations.state.condensing(off, problem)
    matrix = equations.derivative(off, problem, ends, heats, no_inertia).toarray()
    points, cycles = equations.network.points, equations.cycle_count
    size = np.repeat([1.0, 0.5, 1e-6, 1e-6], [points, points, cycles, 1])
    condenser = int(equations.network.tail[equations.network.condensers[0]])
    charged = [] if level == 0.0 else [condenser, points + condenser, equations.size - 1]
    for column in [*range(0, equations.size, 11), *charged]:
        step = np.zeros(equations.size)
        step[column] = size[column]
        slope = (residual(off.moved(step)) - residual(off.moved(step, -1.0))) / (2.0 * size[column])
        assert matrix[:, column] == pytest.approx(slope, abs=2e-2 * np.abs(slope).max())
        if column in charged:
            assert matrix[-1, column] == pytest.approx(slope[-1], rel=2e-2)


@pytest.mark.parametrize("share", [0.85, 1.03])
def test_the_response_to_heat_is_that_of_the_solved_loop_at_its_charge(state, share):
    charged = rack(charge=share * state.charge)
    found = charged.solve(state.heat, SINK)
    less, more = (charged.attempt(factor * state.heat, SINK, found) for factor in (0.999, 1.001))
    slope = np.log(more.total_mass_flow / less.total_mass_flow) / np.log(1.001 / 0.999)
    assert found.flow_response == pytest.approx(slope, rel=1e-2)


@pytest.mark.parametrize("slip", [1.0, 2.0])
def test_what_condenses_is_as_dense_as_it_is_in_a_pipe(state, slip):
    """Even fall of quality from the inlet to 0: mean of the mixture's density by the midpoints of 2000 parts."""
    model = rack(closures={"void_factor": slip})
    network, unknowns = model.rack.network, state.unknowns
    cell = int(network.condensers[0])
    pressure, flow = unknowns.pressure[network.tail[cell]], state.total_mass_flow
    at = model.saturation(float(pressure))
    inlet = (unknowns.enthalpy[network.tail[cell]] - at.liquid_enthalpy) / at.latent_heat
    quality = inlet * (np.arange(2000) + 0.5) / 2000.0
    mixture, flux = model.equations.state.mixture, flow / network.area[cell] * np.ones(2000)
    enthalpy = at.liquid_enthalpy + quality * at.latent_heat
    own = mixture.own_liquid(enthalpy)
    density = mixture.mix(at, enthalpy, own, flux, network.diameter[cell], 0.0).density
    ends = model.equations.state.ends(unknowns)
    dry = model.equations.state.condenser_densities(unknowns, ends, cell)[0, 0]
    assert dry == pytest.approx(density.mean(), rel=0.05)


def test_a_heat_that_is_no_number_has_no_state(loop, state):
    assert loop.attempt(np.full((16, 8), np.nan), SINK, state) is None


def test_a_condenser_below_the_modules_is_refused():
    spec = LoopSpec(
        fluid="R134a",
        riser={"length": 1.0, "diameter": 0.01},
        downcomer={"length": 1.0, "diameter": 0.01},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.1, length=0.3)
    with pytest.raises(InputError, match="gravity cannot drive"):
        LoopModel(spec, evaporator, 0.2, load_fluid("R134a"))
