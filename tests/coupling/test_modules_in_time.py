"""Modules of a rack in time: those that play the same swing together, the others against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from coupling import playback
from coupling.case_file import load_case
from coupling.inputs import prepare_inputs
from coupling.loop_limits import LoopLimits
from coupling.module_groups import ModuleGroup, group_modules
from coupling.power import stream
from coupling.power.spec import PowerSpec
from coupling.power.store import TraceWriter
from coupling.power.trace import PowerTrace
from coupling.rack_loop import RackLoop
from coupling.results import Unwritten
from coupling.run import RunOutcome, run_case
from coupling.steady import solve_steady
from coupling.study_context import StudyContext

RACK = (Path(__file__).resolve().parents[1] / "cases" / "two_thin_chips.toml").read_text()
APART = 'module_traces = ["square.ptrace", "same.ptrace"]'
TWO_GROUPS = RACK.replace('trace = "square.ptrace"', APART)
FULL = "numerics.reduced=false"
SLOW = ("power.interval=2 s", "numerics.time_step=20 ms", "numerics.loop_time_step=80 ms")
"""Half periods in which chips and loop come to rest."""
HALF_A_PERIOD = "power.module_shift=[0, '200 ms']"


def run(
    folder: Path, text: str, name: str, *overrides: str, exit_code: int = 0, **options: Any
) -> RunOutcome:
    for trace in ("square", "same"):
        (folder / f"{trace}.ptrace").write_text("r0c0 r0c1\n8 4\n2 1\n8 4\n2 1\n")
    (folder / "short.ptrace").write_text("r0c0 r0c1\n9 9\n6 6\n7 7\n")
    (folder / "idle.ptrace").write_text("r0c0 r0c1\n1 1\n")
    case = folder / "case.toml"
    case.write_text(text)
    outcome = run_case(load_case(case, overrides), folder / name, **options)
    assert outcome.exit_code == exit_code, outcome.summary.get("reason")
    return outcome


def history(folder: Path, name: str) -> dict[str, np.ndarray]:
    table = parquet.read_table(folder / name / "history.parquet")
    return {column: table.column(column).to_numpy() for column in table.column_names}


@pytest.mark.parametrize("overrides", [(), (FULL,)], ids=["reduced", "full field"])
def test_twins_in_one_group_are_twins_each_followed_alone(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    """But for the manifold between them, which moves the steady state of the second by less than 0.1 mK."""
    one = run(tmp_path, RACK, "one", *overrides).summary
    two = run(tmp_path, TWO_GROUPS, "two", *overrides).summary
    assert [len(each["chip"]["transient"]["groups"]) for each in (one, two)] == [1, 2]
    peaks = [group["T_max_K"] for group in two["chip"]["transient"]["groups"].values()]
    assert peaks[0] == pytest.approx(one["chip"]["transient"]["T_max_K"], abs=1e-5)
    assert peaks[1] == pytest.approx(peaks[0], abs=1e-4)
    together, apart = history(tmp_path, "one"), history(tmp_path, "two")
    for name in together:
        np.testing.assert_allclose(apart[name], together[name], rtol=2e-6, err_msg=name)
    np.testing.assert_allclose(apart["group_T_max_K[module_00]"], apart["T_max_K"], rtol=1e-12)
    assert all(each["energy"]["transient_storage_rel"] <= 1e-9 for each in (one, two))


@pytest.mark.parametrize("count", [2, 5])
def test_the_loop_sees_the_swing_of_the_whole_rack(tmp_path: Path, count: int) -> None:
    run(tmp_path, RACK, "out", f"loop.modules.count={count}", *SLOW)
    found = history(tmp_path, "out")
    assert np.ptp(found["rack_heat_to_loop_W"]) == pytest.approx(
        count * np.ptp(found["heat_to_loop_W"]), rel=1e-6
    )
    # the trace's 12 W and 3 W, and what a thin chip stores and gives when the loop moves it
    assert np.ptp(found["heat_to_loop_W"]) == pytest.approx(9.0, rel=0.02)


def test_modules_half_a_period_apart_leave_the_loop_still(tmp_path: Path) -> None:
    """A square wave has odd harmonics alone; half a period later each of them has changed its sign.

    The heat of two modules that are linear would be constant; what is left is of second order in the swing, by the
    boiling law's curvature.
    """
    run(tmp_path, RACK, "step")
    run(tmp_path, RACK, "apart", HALF_A_PERIOD)
    together, apart = history(tmp_path, "step"), history(tmp_path, "apart")
    for name, most in (("rack_heat_to_loop_W", 0.1), ("T_sat_evaporator_K", 0.02)):
        assert np.ptp(apart[name]) < most * np.ptp(together[name]), name
    assert np.ptp(together["T_sat_evaporator_K"]) > 0.5
    assert np.ptp(apart["heat_to_loop_W"]) > 8.0


def test_a_quarter_period_apart_swings_are_half_as_large(tmp_path: Path) -> None:
    """Two square waves a quarter period apart add up to levels of 2, 1, 0 and 1 of them: as wide, but for half as long.

    Mean absolute deviation from the mean: 1/2 of a swing each way in step, 1/2 for half of the time apart.
    """
    run(tmp_path, RACK, "step", *SLOW)
    run(tmp_path, RACK, "apart", "power.module_shift=[0, '1 s']", *SLOW)
    spread = []
    for name in ("step", "apart"):
        heat = history(tmp_path, name)["rack_heat_to_loop_W"]
        last = heat[heat.size // 2 :]
        spread.append(float(np.abs(last - last.mean()).mean()))
    assert spread[1] / spread[0] == pytest.approx(0.5, abs=0.05)


def test_a_weaker_module_swings_in_proportion(tmp_path: Path) -> None:
    """Followed by itself it gives the heat that it is taken to give in a group, and all come to rest at the same.

    In between the heat that the loop's own swing moves goes with a module's conductance more than with its heat.
    """
    scale = "power.module_scale=[1.0, 0.5]"
    one = run(tmp_path, RACK, "one", scale, *SLOW).summary["chip"]["transient"]
    two = run(tmp_path, TWO_GROUPS, "two", scale, *SLOW).summary["chip"]["transient"]
    assert [len(each["groups"]) for each in (one, two)] == [1, 2]
    together, apart = history(tmp_path, "one"), history(tmp_path, "two")
    swing = np.ptp(together["rack_heat_to_loop_W"])
    assert swing == pytest.approx(1.5 * 9.0, rel=0.02)
    difference = together["rack_heat_to_loop_W"] - apart["rack_heat_to_loop_W"]
    assert np.abs(difference).mean() < 0.02 * swing
    rest = slice(99, None, 100)
    assert np.abs(together["T_max_K"] - apart["T_max_K"])[rest].max() < 1e-3


def test_a_module_of_constant_power_holds_its_heat(tmp_path: Path) -> None:
    idle = RACK.replace('trace = "square.ptrace"', 'module_traces = ["idle.ptrace", "square.ptrace"]')
    found = run(tmp_path, idle, "out").summary["chip"]["transient"]
    assert found["module"] == found["history_module"] == 1
    assert list(found["groups"]) == ["module_01", "module_00"]
    assert found["groups"]["module_00"]["T_max_K"] < found["T_max_K"] - 0.1
    assert found["steps"] == 160
    columns = history(tmp_path, "out")
    np.testing.assert_allclose(columns["power_W"], np.tile(np.repeat([28.0, 19.0], 40), 2), rtol=1e-9)
    others = columns["rack_heat_to_loop_W"] - columns["heat_to_loop_W"]
    assert others.mean() == pytest.approx(18.0, rel=0.01)


def test_a_shorter_trace_starts_over_until_the_longest_ends(tmp_path: Path) -> None:
    own = RACK.replace('trace = "square.ptrace"', 'module_traces = ["square.ptrace", "short.ptrace"]')
    found = run(tmp_path, own, "out").summary["chip"]["transient"]
    assert (found["history_module"], found["steps"]) == (1, 160)
    power = np.repeat([34.0, 28.0, 30.0, 34.0], 40)
    np.testing.assert_allclose(history(tmp_path, "out")["power_W"], power, rtol=1e-9)


@pytest.mark.parametrize("overrides", [(), (FULL,)], ids=["reduced", "full field"])
def test_an_interrupted_run_of_two_groups_goes_on_where_it_was(
    tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    shifted = (*overrides, "power.module_shift=[0, '130 ms']")
    whole = run(tmp_path, RACK, "whole", *shifted)

    def interrupt(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "transient" and done >= 81:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, RACK, "out", *shifted, progress=interrupt)
    seen: list[int] = []

    def watch(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "transient":
            seen.append(done)

    resumed = run(tmp_path, RACK, "out", *shifted, resume=True, progress=watch)
    assert min(seen) > 81
    ours, theirs = history(tmp_path, "out"), history(tmp_path, "whole")
    for name in theirs:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, err_msg=name)
    assert resumed.summary["energy"]["transient_storage_rel"] <= 1e-6
    peaks = [
        [group["T_max_K"] for group in outcome.summary["chip"]["transient"]["groups"].values()]
        for outcome in (whole, resumed)
    ]
    assert peaks[1] == pytest.approx(peaks[0], rel=1e-9)
    near = [outcome.summary["loop"]["transient"] for outcome in (whole, resumed)]
    assert near[1]["margins"] == pytest.approx(near[0]["margins"], rel=1e-6)


def test_the_loop_is_judged_by_a_trace_shorter_than_its_interval(tmp_path: Path) -> None:
    found = run(tmp_path, RACK, "out", "numerics.loop_time_step=60 s").summary["loop"]
    assert found["transient"]["margins"].keys() == found["margins"].keys()


def test_limits_passed_are_counted_from_interval_to_interval_and_over_a_resume() -> None:
    limits, later = LoopLimits(), LoopLimits()
    limits.note({"chf": 0.2, "charge": 0.5}, 0.0, 1.0)
    limits.note({"chf": -0.1, "charge": 0.4}, 1.0, 2.0)
    later.recall(limits.memory())
    for margin, start in ((0.3, 2.0), (-0.2, 3.0)):
        later.note({"chf": margin, "charge": 0.6}, start, start + 1.0)
    assert later.section() == {
        "margins": {"chf": -0.2, "charge": 0.4},
        "limits_passed": {"chf": {"margin": -0.2, "first_s": 1.0, "duration_s": 2.0}},
    }


def test_streamed_traces_play_apart_like_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TraceWriter(tmp_path / "long.parquet", ("r0c0", "r0c1")) as writer:
        for first in range(0, 60, 20):
            watts = np.random.default_rng(first).uniform(2.0, 8.0, (20, 2))
            writer.append(5e-3 * np.arange(first, first + 21), watts)
    text = RACK.replace("square.ptrace", "long.parquet")
    run(tmp_path, text, "held", "power.module_shift=[0, '110 ms']")
    monkeypatch.setattr(stream, "LARGEST_IN_MEMORY", 1)
    monkeypatch.setattr(playback, "HISTORY_VALUES", 14)
    run(tmp_path, text, "streamed", "power.module_shift=[0, '110 ms']")
    held, streamed = history(tmp_path, "held"), history(tmp_path, "streamed")
    assert len(held["time_s"]) == 60
    for name in held:
        np.testing.assert_allclose(streamed[name], held[name], rtol=1e-7, err_msg=name)


def test_a_loop_that_cannot_carry_the_swing_of_all_says_so(tmp_path: Path) -> None:
    """It carries the mean heat, and the peak of one module beside the mean of the other, but not both peaks."""
    thin = (
        *SLOW,
        "loop.riser.diameter=3 mm",
        "power.activity=60 W",
        "power.static=4 W",
        "numerics.loop_time_step=0.5 s",
    )
    told = "transient: past a limit of the loop"
    outcome = run(tmp_path, RACK, "out", *thin, exit_code=1)
    loop = outcome.summary["loop"]
    assert loop["margins"]["chf"] > 0.3
    assert any(warning.startswith(told) for warning in outcome.summary["warnings"])
    ((name, passed),) = loop["transient"]["limits_passed"].items()
    assert passed["margin"] == loop["transient"]["margins"][name] < 0.0
    # two peaks of 2 s, the first at the beginning; chips and loop take the better part of one to follow
    assert 0.0 <= passed["first_s"] < 2.0
    assert 0.5 <= passed["duration_s"] <= 4.0
    assert f"transient {name} (margin {passed['margin']:.3f}), first at" in outcome.summary["reason"]
    apart = run(tmp_path, RACK, "apart", *thin, "power.module_shift=[0, '2 s']").summary
    assert not any(warning.startswith(told) for warning in apart["warnings"])
    assert apart["loop"]["transient"]["limits_passed"] == {}
    assert min(apart["loop"]["transient"]["margins"].values()) > 0.0


def test_modules_group_by_trace_and_shift_within_its_period() -> None:
    moving = PowerTrace(np.array([0.0, 0.5, 1.0]), ("a",), np.array([[1.0], [2.0]]))
    spec = PowerSpec.model_validate(
        {
            "module_traces": ["x", "x", "y", "x"],
            "module_shift": [0.0, 0.25, 0.0, 1.0],
            "module_scale": [1.0, 1.0, 1.0, 2.0],
        }
    )
    hottest = [300.0, 310.0, 305.0, 308.0]
    assert group_modules(spec, [moving] * 4, hottest, answers=False) == (
        ModuleGroup(1, (1,)),
        ModuleGroup(3, (0, 3)),
        ModuleGroup(2, (2,)),
    )
    # where power answers to temperature, modules of other power take another way
    assert len(group_modules(spec, [moving] * 4, hottest, answers=True)) == 4


def solved(folder: Path, *overrides: str) -> StudyContext:
    (folder / "square.ptrace").write_text("r0c0 r0c1\n8 4\n2 1\n")
    case = folder / "case.toml"
    case.write_text(RACK)
    loaded = load_case(case, overrides)
    context = StudyContext(loaded, prepare_inputs(loaded), Unwritten(), lambda *told: None)
    assert solve_steady(context)
    return context


def test_a_rack_at_rest_leaves_the_loop_at_its_coolant(tmp_path: Path) -> None:
    context = solved(tmp_path)
    rack, steady = context.rack, context.steady
    assert rack is not None
    assert steady is not None
    loop = RackLoop(rack, steady, [ModuleGroup(0, (0, 1))], context.sink_of_heat())
    rise = steady.loop.condensing_temperature - steady.sink.temperature
    loop.restore(np.zeros_like(loop.latest_heat))
    assert loop.state.feasible
    assert abs(loop.state.condensing_temperature - steady.sink.temperature) < 2e-5 * rise


@pytest.mark.parametrize("shares", [(1.0,) * 6, (1.0, 0.5, 0.8, 1.0, 1.0, 1.0)], ids=["alike", "unlike"])
@pytest.mark.parametrize("apart", [False, True], ids=["one group", "three groups"])
def test_a_disturbance_of_the_rack_dies_away(tmp_path: Path, shares: tuple[float, ...], apart: bool) -> None:
    """Walls that keep their temperature answer the loop, the loop answers them: deviations shrink in every interval."""
    context = solved(tmp_path, "loop.modules.count=6", f"power.module_scale={list(shares)}")
    rack, steady = context.rack, context.steady
    assert rack is not None
    assert steady is not None
    alone = RackLoop(rack, steady, [ModuleGroup(0, (0,))], context.sink_of_heat())
    members = [(0, 1), (2,), (3, 4, 5)] if apart else [(0, 1, 2, 3, 4, 5)]
    loop = RackLoop(rack, steady, [ModuleGroup(each[0], each) for each in members], context.sink_of_heat())
    assert loop.share < 0.5 < 1.2 * alone.share
    rest = loop.latest_heat
    np.testing.assert_allclose(loop.module_heat(rest), steady.heat, rtol=1e-12)
    start = float(loop.module_heat(rest).sum())
    loop.restore(1.05 * rest)
    assert loop.module_heat(1.05 * rest).sum() == pytest.approx(1.05 * start, rel=1e-12)
    deviation = 0.05
    for _ in range(4):
        given = [
            rack.segments.heat(wall.flux(steady.fields[group.representative].wall_temperature)[0])
            for wall, group in zip(loop.walls, loop.groups, strict=True)
        ]
        loop.answer(np.array(given), 0.0, 1.0)
        now = abs(float(loop.module_heat(loop.latest_heat).sum()) / start - 1.0)
        assert now < 0.3 * deviation + 1e-6
        deviation = now
