"""Joules of events are the joules of blocks, for every placement, yield map and policy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coupling.errors import TraceError
from coupling.power.energy_models import energy_model, energy_models
from coupling.power.events import Wiring, count_events, mean_hops, spike_power
from coupling.power.placement import Placement, even_placement, filled_placement, read_placement
from coupling.power.policies import Governor
from coupling.power.spec import DeadSpec, PolicySpec
from coupling.power.spikes import Spikes
from coupling.power.trace import PowerTrace
from coupling.power.yield_map import dead_mask, without_dead

BLOCKS = ("a", "b", "c")


def noise(seed: int = 1, neurons: int = 60, count: int = 500, duration: float = 0.1) -> Spikes:
    random = np.random.default_rng(seed)
    time = np.sort(random.uniform(0.0, duration, count))
    return Spikes(time, random.integers(0, neurons, count), neurons, duration, "noise")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(energy_models())), st.floats(1e-4, 0.3))
def test_joules_in_equal_joules_out(seed: int, name: str, interval: float) -> None:
    """The energy of the blocks is the count of events times the energy of each, whoever does them where."""
    spikes, model, wiring = noise(seed), energy_model(name), Wiring(fan_out=30.0, messages=3.0)
    placement = even_placement(60, BLOCKS, 4)
    trace = spike_power(spikes, placement, model, wiring, interval)
    events = count_events(spikes, placement, wiring, interval)
    bins = len(events.spikes)
    expected = (
        model.synapse * 30.0 * spikes.count
        + model.spike * spikes.count
        + model.message * 3.0 * spikes.count
        + model.neuron_update * 60 * bins * interval / wiring.time_step
        + model.hop_x * events.hops_x.sum()
        + model.hop_y * events.hops_y.sum()
    )
    assert events.synaptic_operations.sum() == pytest.approx(30.0 * spikes.count, rel=1e-12)
    assert trace.energy().sum() == pytest.approx(expected, rel=1e-12)


def test_hops_are_the_mean_manhattan_distance() -> None:
    x, y = mean_hops(6, (3, 2))
    assert x == pytest.approx([1.0, 1.0, 2 / 3, 2 / 3, 1.0, 1.0])
    assert y == pytest.approx([0.5] * 6)
    with pytest.raises(TraceError, match="no room for 7 cores"):
        mean_hops(7, (3, 2))


def test_a_spike_warms_the_block_of_its_neuron() -> None:
    spikes = Spikes(np.array([0.0005]), np.array([7]), 9, 0.001, "one")
    wiring = Wiring(fan_out=10.0, local_share=1.0, messages=0.0)
    trace = spike_power(spikes, even_placement(9, BLOCKS, 1), energy_model("truenorth"), wiring, 1e-3)
    assert trace.energy() == pytest.approx([0.0, 0.0, 10.0 * 2.5e-12])


def test_built_in_placements_use_every_block_or_fill_the_first() -> None:
    assert np.bincount(even_placement(10, BLOCKS, 1).block).tolist() == [4, 3, 3]
    assert np.bincount(filled_placement(10, BLOCKS, 4, 2).block, minlength=3).tolist() == [8, 2, 0]
    with pytest.raises(TraceError, match="do not fit"):
        filled_placement(25, BLOCKS, 4, 2)


def test_a_placement_file_says_where_neurons_live(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("neuron,core,block\n1,5,c\n0,9,a\n2,5,c\n")
    placement = read_placement(tmp_path / "p.csv", BLOCKS)
    assert placement.block.tolist() == [0, 2, 2]
    assert placement.cores == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("neuron,core\n0,1\n", "expected the header"),
        ("neuron,core,block\n", "places no neuron"),
        ("neuron,core,block\n0,1\n", ":2: expected neuron,core,block"),
        ("neuron,core,block\n0,-1,a\n", ":2: expected"),
        ("neuron,core,block\n0,1,z\n", ":2: block 'z' is not in the floorplan"),
        ("neuron,core,block\n0,1,a\n0,1,a\n", ":3: neuron 0 is placed twice"),
        ("neuron,core,block\n0,1,a\n1,1,b\n", ":3: core 1 is already in block 'a'"),
        ("neuron,core,block\n0,1,a\n2,1,a\n", "neuron 1 is not placed"),
    ],
)
def test_a_bad_placement_file_is_one_message(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(TraceError) as caught:
        read_placement(tmp_path / "p.csv", BLOCKS)
    assert message in str(caught.value)


def test_more_neurons_recorded_than_placed_is_an_error() -> None:
    with pytest.raises(TraceError, match="60 neurons recorded, 9 placed"):
        spike_power(noise(), even_placement(9, BLOCKS), energy_model("loihi"), Wiring(), 1e-3)
    with pytest.raises(TraceError, match="every core needs a block"):
        Placement(np.array([0]), np.array([3]), BLOCKS)


def test_every_energy_model_names_its_source_and_uncertainty() -> None:
    assert {"loihi", "truenorth", "spinnaker2", "tianjic", "darwin3"} <= energy_models().keys()
    for model in energy_models().values():
        assert model.source
        assert model.uncertainty > 1.0
        assert 1e-12 < model.synapse < 1e-10
    with pytest.raises(TraceError, match="'abacus' is unknown"):
        energy_model("abacus")


def constant_parts() -> PowerTrace:
    watts = np.array([[5.0, 7.0, 9.0], [4.0, 4.0, 6.0]])
    return PowerTrace(np.array([0.0, 1.0, 3.0]), BLOCKS, watts, np.full(3, 2.0), np.full(3, 1.0))


@pytest.mark.parametrize("move", ["even", "nearest"])
def test_dead_tiles_draw_nothing_and_their_load_goes_on(move: str) -> None:
    trace, dead = constant_parts(), np.array([False, True, False])
    left = without_dead(trace, dead, move, np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]))
    activity = trace.energy().sum() - 3.0 * 9.0
    assert left.energy()[1] == 0.0
    assert left.energy().sum() == pytest.approx(activity + 3.0 * 6.0, rel=1e-12)
    taken = left.watts[0] - trace.watts[0]
    assert taken[0] == pytest.approx(4.0 if move == "nearest" else 2.0)


def test_a_yield_map_is_the_same_for_the_same_seed() -> None:
    spec = DeadSpec(blocks=("b7",), fraction=0.1)
    names = tuple(f"b{index}" for index in range(40))
    first, second = dead_mask(spec, names, 3), dead_mask(spec, names, 3)
    assert np.array_equal(first, second)
    assert first[7]
    assert first.sum() == 5
    with pytest.raises(TraceError, match="'x' is not in the floorplan"):
        dead_mask(DeadSpec(blocks=("x",)), names, 0)
    with pytest.raises(TraceError, match="no block is left"):
        dead_mask(DeadSpec(fraction=1.0), names, 0)


def test_throttling_puts_energy_off_and_none_is_lost() -> None:
    governor = Governor(PolicySpec(limit_temperature=350.0, factor=0.5, catch_up=1.0), 2)
    asked, run = np.array([10.0, 4.0]), 0.0
    for temperature in (340.0, 351.0, 352.0, 348.0, 340.0, 340.0, 340.0, 340.0):
        run += governor.activity(asked, [temperature, 300.0], 0.1).sum() * 0.1
    assert governor.throttled_time > 0.0
    assert run + governor.deferred.sum() == pytest.approx(14.0 * 0.8, rel=1e-12)
    assert governor.deferred.sum() < 1.0


def test_a_governor_holds_a_block_near_its_limit() -> None:
    """One node of 2 K/W, 0.1 J/K: 40 W would reach 380 K; the governor keeps it at 350 K within its hysteresis."""
    governor = Governor(PolicySpec(limit_temperature=350.0, hysteresis=2.0, factor=0.9), 1)
    temperature, late = 300.0, []
    for step in range(4000):
        power = governor.activity([40.0], [temperature], 1e-3)[0]
        temperature += 1e-3 / 0.1 * (power - (temperature - 300.0) / 2.0)
        if step > 2000:
            late.append(temperature)
    assert min(late) > 340.0
    assert max(late) < 353.0


def test_migration_exchanges_loads_and_keeps_their_sum() -> None:
    governor = Governor(PolicySpec(limit_temperature=400.0, migrate=True, migrate_difference=5.0), 3)
    power = governor.activity([9.0, 1.0, 2.0], [330.0, 310.0, 300.0], 1e-3)
    assert power.tolist() == [2.0, 1.0, 9.0]
    again = governor.activity([9.0, 1.0, 2.0], [300.0, 310.0, 330.0], 1e-3)
    assert again.tolist() == [2.0, 1.0, 9.0]
    assert governor.migrations == 1


def test_a_governor_that_recalls_its_memory_goes_on_as_if_nothing_had_happened() -> None:
    spec = PolicySpec(limit_temperature=350.0, hysteresis=2.0, migrate=True, migrate_difference=4.0)
    random = np.random.default_rng(2)
    asked, heat = random.uniform(0.0, 9.0, (60, 5)), random.uniform(340.0, 356.0, (60, 5))
    whole = Governor(spec, 5)
    expected = [whole.activity(*row, 1e-3) for row in zip(asked, heat, strict=True)]
    first, second = Governor(spec, 5), Governor(spec, 5)
    for row in zip(asked[:25], heat[:25], strict=True):
        first.activity(*row, 1e-3)
    memory = first.memory()
    first.activity(asked[25], heat[25], 1e-3)  # what the first does then is not the second's
    second.recall(memory)
    for index in range(25, 60):
        assert np.array_equal(second.activity(asked[index], heat[index], 1e-3), expected[index])
    assert whole.migrations > 0
    assert {name: value.tolist() for name, value in second.memory().items()} == {
        name: value.tolist() for name, value in whole.memory().items()
    }
