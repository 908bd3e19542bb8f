"""Reduced models serve other runs, studies and designs, and what a run says does not tell whether it found one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from coupling import reduced_choice
from coupling.case_file import load_case
from coupling.study.shared_work import SharedWork
from tests.coupling.test_reduced_run import LOOP, PACKAGE, history, run, without_time_error, write_trace
from thermal.field import reduced
from thermal.field.reduced_rounding import RoundedState, rounded_state
from thermal.field.reduced_store import ModelFolder

OF_TEMPERATURE = LOOP.replace('"silicon"', '"silicon_of_temperature"')


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep models in a folder of the test's own."""
    path = tmp_path / "models"
    monkeypatch.setattr(reduced_choice, "machine_folder", lambda: ModelFolder(path, path))
    return path


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each model that is made."""
    found: list[int] = []
    build = reduced.rich_basis

    def counted(pencil, loads, *rest):
        found.append(loads.shape[1])
        return build(pencil, loads, *rest)

    monkeypatch.setattr(reduced, "rich_basis", counted)
    return found


def other_trace(folder: Path) -> str:
    watts = np.random.default_rng(8).uniform(0.0, 7.5, (15, 4)).repeat(3, axis=0)
    rows = [" ".join(f"{value:.4f}" for value in row) for row in watts]
    (folder / "other.ptrace").write_text("\n".join(["r0c0 r0c1 r1c0 r1c1", *rows]))
    return "power.trace='other.ptrace'"


@pytest.mark.parametrize("text", [PACKAGE, OF_TEMPERATURE], ids=["film", "loop"])
def test_another_trace_finds_the_model_and_gives_what_it_would_have_given(
    tmp_path: Path, models: Path, made: list[int], text: str
) -> None:
    run(tmp_path, text, "first")
    assert len(made) == 1
    other = other_trace(tmp_path)
    found = run(tmp_path, text, "found", other, "power.static='15 W'").summary["numerics"]["reduced"]
    assert len(made) == 1
    shutil.rmtree(models)
    fresh = run(tmp_path, text, "fresh", other, "power.static='15 W'").summary["numerics"]["reduced"]
    assert len(made) == 2
    assert found == fresh
    assert (tmp_path / "found/history.parquet").read_bytes() == (
        tmp_path / "fresh/history.parquet"
    ).read_bytes()


def test_designs_of_a_sweep_share_a_model(tmp_path: Path, made: list[int]) -> None:
    from coupling.run import solve_case

    write_trace(tmp_path)
    case, shared, hottest = tmp_path / "case.toml", SharedWork(), set()
    case.write_text(OF_TEMPERATURE)
    for diameter in (9.0, 9.5, 10.0, 11.0):
        summary = solve_case(load_case(case, [f"loop.riser.diameter='{diameter} mm'"]), shared)
        assert summary["numerics"]["reduced"]["order"] >= 2
        hottest.add(summary["chip"]["transient"]["T_max_K"])
    assert len(hottest) == 4
    assert len(made) == 1


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("numerics.reduced_tolerance=0.01", 2),
        ("package.cells=[10, 8]", 2),
        ("power.interval='1 ms'", 2),
        ("package.boundary.sides.h=20", 2),
        ("power.interval='6 ms'", 1),
    ],
)
def test_a_model_of_something_else_is_none(tmp_path: Path, made: list[int], change: str, count: int) -> None:
    run(tmp_path, PACKAGE, "first")
    run(tmp_path, PACKAGE, "second", change)
    assert len(made) == count


def test_the_error_stated_holds_for_a_model_made_around_another_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*state: object) -> RoundedState:
        own = rounded_state(*state)  # type: ignore[arg-type]
        assert own is not None
        return RoundedState(own.temperature + 60.0, 1.7 * own.film)

    near = run(tmp_path, OF_TEMPERATURE, "near").summary["numerics"]["reduced"]
    monkeypatch.setattr(reduced_choice, "rounded_state", elsewhere)
    far = run(tmp_path, OF_TEMPERATURE, "far", "numerics.reduced_error_limit=1").summary["numerics"][
        "reduced"
    ]
    exact, ours = without_time_error(tmp_path, OF_TEMPERATURE), history(tmp_path, "far")
    for name in [column for column in exact if column.startswith("T_max_K")]:
        assert np.abs(ours[name] - exact[name]).max() <= far["error_K"], name
    assert np.abs(ours["T_mean_K"] - exact["T_mean_K"]).max() <= far["block_mean_error_K"]
    assert far["wall_law_error_K"] + far["conductivity_error_K"] > 2.0 * (
        near["wall_law_error_K"] + near["conductivity_error_K"]
    )


@pytest.mark.parametrize(
    ("text", "tolerance", "error", "share"),
    [
        (PACKAGE.replace('"silicon"', '"silicon_of_temperature"'), 0.02, "error_K", 0.95),
        (LOOP, 0.005, "wall_law_error_K", 1.9),
    ],
    ids=["all of the limit", "half of it for the laws"],
)
def test_a_rounded_model_that_may_err_too_much_gives_way_to_the_run_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, tolerance: float, error: str, share: float
) -> None:
    fine = f"numerics.reduced_tolerance={tolerance}"
    rounded = run(tmp_path, text, "rounded", fine).summary["numerics"]["reduced"]
    limit = f"numerics.reduced_error_limit={share * rounded[error]:.6f}"
    ours = run(tmp_path, text, "out", fine, limit).summary["numerics"]["reduced"]
    assert ours["order"] >= 2
    assert ours[error] < rounded[error]
    monkeypatch.setattr(reduced_choice, "rounded_state", lambda *state: None)
    own = run(tmp_path, text, "own", fine).summary["numerics"]["reduced"]
    assert ours == own


def test_runs_begun_around_their_own_state_go_on_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[int]
) -> None:
    with monkeypatch.context() as before:
        before.setattr(reduced_choice, "rounded_state", lambda *state: None)
        run(tmp_path, LOOP, "whole")
        interrupted(tmp_path, LOOP)
    del made[:]
    assert min(resumed(tmp_path, LOOP)) > 20
    assert made == []
    same_history(tmp_path)


def test_a_run_whose_model_is_gone_makes_it_anew_and_goes_on(
    tmp_path: Path, models: Path, made: list[int]
) -> None:
    run(tmp_path, OF_TEMPERATURE, "whole")
    interrupted(tmp_path, OF_TEMPERATURE)
    shutil.rmtree(models)
    assert min(resumed(tmp_path, OF_TEMPERATURE)) > 20
    assert len(made) == 2
    same_history(tmp_path)


def interrupted(folder: Path, text: str) -> None:
    def interrupt(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "transient" and done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, text, "out", progress=interrupt)


def resumed(folder: Path, text: str) -> list[int]:
    seen: list[int] = []

    def note(stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "transient":
            seen.append(done)

    assert run(folder, text, "out", resume=True, progress=note).exit_code == 0
    return seen


def same_history(folder: Path) -> None:
    whole, ours = history(folder, "whole"), history(folder, "out")
    for name in whole:
        np.testing.assert_allclose(ours[name], whole[name], rtol=1e-9, err_msg=name)
