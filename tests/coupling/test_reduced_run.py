"""A run by a reduced model is a run by the full field, to within the error that it states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from coupling.case_file import load_case
from coupling.run import RunOutcome, run_case
from coupling.studies import STUDIES
from coupling.study_context import StudyContext
from thermal.errors import NotConverged

PACKAGE = """
[case]
name = "chip on a film"
study = ["steady", "transient"]
[package]
size = ["20 mm", "20 mm"]
cells = [8, 8]
[[package.layer]]
name = "die"
thickness = "0.5 mm"
material = "silicon"
floorplan = { grid = [2, 2] }
heat = "bottom"
[[package.layer]]
name = "lid"
thickness = "2 mm"
material = "copper"
cells = 2
[package.boundary]
top = { h = 4000, T = "20 degC" }
sides = { h = 10, T = "30 degC" }
[power]
trace = "steps.ptrace"
interval = "5 ms"
static = "4 W"
"""
CHIPS = (Path(__file__).resolve().parents[1] / "cases" / "two_thin_chips.toml").read_text()
ON_A_LOOP = (
    CHIPS[CHIPS.index("[evaporator]") : CHIPS.index("[power]")].replace("count = 2", "count = 1")
    + '[numerics]\nloop_time_step = "40 ms"\n'
)
LOOP = PACKAGE.replace('top = { h = 4000, T = "20 degC" }\n', "").replace("4 W", "16 W") + ON_A_LOOP
STEPS = 40


def write_trace(folder: Path) -> None:
    watts = np.random.default_rng(5).uniform(0.0, 8.0, (STEPS // 4, 4)).repeat(4, axis=0)
    rows = [" ".join(f"{value:.4f}" for value in row) for row in watts]
    (folder / "steps.ptrace").write_text("\n".join(["r0c0 r0c1 r1c0 r1c1", *rows]))


def run(folder: Path, text: str, name: str, *overrides: str, **options: Any) -> RunOutcome:
    write_trace(folder)
    case = folder / "case.toml"
    case.write_text(text)
    return run_case(load_case(case, overrides), folder / name, **options)


def history(folder: Path, name: str) -> dict[str, np.ndarray]:
    table = parquet.read_table(folder / name / "history.parquet")
    return {column: table.column(column).to_numpy() for column in table.column_names}


def without_time_error(folder: Path, text: str, *overrides: str) -> dict[str, np.ndarray]:
    """Temperatures of the full field at the ends of the trace's steps, extrapolated to steps of no length."""
    found = []
    for parts in (16, 32):
        step = f"numerics.time_step={5.0 / parts} ms"
        run(folder, text, f"full{parts}", "numerics.reduced=false", step, *overrides)
        found.append(
            {name: values[parts - 1 :: parts] for name, values in history(folder, f"full{parts}").items()}
        )
    return {name: 2.0 * found[1][name] - found[0][name] for name in found[0]}


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (PACKAGE, ()),
        (PACKAGE.replace('"silicon"', '"silicon_of_temperature"'), ()),
        (LOOP, ()),
        (PACKAGE, ("numerics.reduced_tolerance=0.002",)),
    ],
    ids=["film", "conductivity of temperature", "loop", "finer"],
)
def test_temperatures_are_the_full_fields_within_the_error_stated(
    tmp_path: Path, text: str, overrides: tuple[str, ...]
) -> None:
    outcome = run(tmp_path, text, "reduced", *overrides)
    assert outcome.exit_code == 0, outcome.summary.get("reason")
    reduced = outcome.summary["numerics"]["reduced"]
    exact, ours = without_time_error(tmp_path, text, *overrides), history(tmp_path, "reduced")
    assert reduced["order"] >= 2
    for name in [column for column in exact if column.startswith("T_max_K")]:
        assert np.abs(ours[name] - exact[name]).max() <= reduced["error_K"], name
    assert np.abs(ours["T_mean_K"] - exact["T_mean_K"]).max() <= reduced["block_mean_error_K"]
    assert reduced["error_K"] < 0.1


@pytest.mark.parametrize("text", [PACKAGE, LOOP], ids=["film", "loop"])
def test_heat_is_conserved_and_pictures_are_drawn(tmp_path: Path, text: str) -> None:
    outcome = run(tmp_path, text, "out")
    assert outcome.summary["energy"]["transient_storage_rel"] <= 1e-9
    with np.load(tmp_path / "out/fields/frames.npz") as frames:
        assert frames["temperature_K"].shape[0] == len(frames["time_s"]) == STEPS
        assert frames["temperature_K"].max() == pytest.approx(
            outcome.summary["chip"]["transient"]["T_max_K"], abs=1e-3
        )
    assert (tmp_path / "out/fields/fields.pvd").exists()


def test_a_study_that_ends_does_not_hide_a_limit_passed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(context: StudyContext) -> bool:
        raise NotConverged("no state")

    monkeypatch.setitem(STUDIES, "transient", lambda: ends)
    outcome = run(tmp_path, PACKAGE, "out", "power.temperature_limits={'r*'='21 degC'}")
    assert outcome.exit_code == 1
    assert outcome.summary["reason"].startswith("transient: no state; limit passed: steady temperature of r")


def test_the_full_field_is_there_for_the_asking_and_says_so(tmp_path: Path) -> None:
    reduced = run(tmp_path, PACKAGE, "out", "numerics.reduced=false").summary["numerics"]["reduced"]
    assert reduced == {"order": None, "error_K": None, "reason": "numerics.reduced is false"}


def test_a_bound_beyond_the_limit_leads_to_the_full_field(tmp_path: Path) -> None:
    summary = run(tmp_path, PACKAGE, "out", "numerics.reduced_error_limit=1e-4").summary
    assert "numerics.reduced_error_limit is 0.0001 K" in summary["numerics"]["reduced"]["reason"]
    run(tmp_path, PACKAGE, "full", "numerics.reduced=false")
    ours, full = history(tmp_path, "out"), history(tmp_path, "full")
    assert all(np.array_equal(ours[name], full[name], equal_nan=True) for name in full)


def test_a_held_face_is_left_to_the_full_field(tmp_path: Path) -> None:
    held = PACKAGE.replace("top = { h = 4000, T", "top = { T")
    reduced = run(tmp_path, held, "out").summary["numerics"]["reduced"]
    assert reduced == {"order": None, "error_K": None, "reason": "a face is held at a temperature"}


def test_leakage_follows_the_temperatures_of_the_step_before(tmp_path: Path) -> None:
    leaking = "power.leakage={fraction=1.0, reference_temperature='20 degC', coefficient=0.03}"
    outcome = run(tmp_path, PACKAGE, "reduced", leaking)
    error = outcome.summary["numerics"]["reduced"]["error_K"]
    # the steady leakage that the run starts with is found to a microkelvin
    assert outcome.summary["energy"]["transient_storage_rel"] <= 1e-6
    run(tmp_path, PACKAGE, "full", leaking, "numerics.reduced=false", "numerics.time_step=0.15625 ms")
    ours, full = history(tmp_path, "reduced"), history(tmp_path, "full")
    # powers differ by what leakage changes within a step of 5 ms
    assert np.abs(ours["T_max_K"] - full["T_max_K"][31::32]).max() < error + 0.05


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (PACKAGE, ()),
        (LOOP, ()),
        (PACKAGE, ("power.policy={limit_temperature='30 degC'}",)),
        (PACKAGE, ("power.policy={limit_temperature='30 degC'}", "numerics.reduced=false")),
    ],
    ids=["film", "loop", "throttled", "throttled full field"],
)
def test_an_interrupted_run_goes_on_where_it_was(
    tmp_path: Path, text: str, overrides: tuple[str, ...]
) -> None:
    run(tmp_path, text, "whole", *overrides)

    def interrupt(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "transient" and done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, text, "out", *overrides, progress=interrupt)
    assert (tmp_path / "out/studies/transient.npz").exists()
    seen: list[int] = []
    resumed = run(
        tmp_path,
        text,
        "out",
        *overrides,
        resume=True,
        progress=lambda stage, done, total, note="": seen.append(done) if stage == "transient" else None,
    )
    assert min(seen) > 20
    assert resumed.exit_code == 0
    whole, ours = history(tmp_path, "whole"), history(tmp_path, "out")
    for name in whole:
        np.testing.assert_allclose(ours[name], whole[name], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("count", [1, 4])
def test_loop_and_chip_do_not_swing_between_answers(tmp_path: Path, count: int) -> None:
    """The loop answers to the heat of the interval before; walls that follow it closely must not overshoot."""
    run(tmp_path, LOOP, "out", f"loop.modules.count={count}")
    saturation = history(tmp_path, "out")["T_sat_evaporator_K"][::8]
    power = history(tmp_path, "out")["power_W"].reshape(-1, 8).mean(axis=1)
    assert np.ptp(saturation) < count * np.ptp(power) / 15.0


def test_a_year_by_steady_states_is_that_of_the_full_field(tmp_path: Path) -> None:
    text = LOOP + '[facility]\nclimate = "hong-kong"\n'
    ours, full = (
        run(tmp_path, text, name, "case.study=['year']", f"numerics.reduced={name}").summary
        for name in ("true", "false")
    )
    year = ours["numerics"]["reduced"]["year"]
    assert year["states"] > 0
    assert year["full_states"] == 0
    assert year["error_K"] <= 0.05
    for block, peak in full["facility"]["blocks_max_K"].items():
        error = ours["facility"]["blocks_max_K"][block]["T_max_K"] - peak["T_max_K"]
        tables = ours["numerics"]["year_table_error_K"] + full["numerics"]["year_table_error_K"]
        assert abs(error) <= year["error_K"] + tables
    assert full["numerics"]["reduced"]["year"]["reason"] == "numerics.reduced is false"
