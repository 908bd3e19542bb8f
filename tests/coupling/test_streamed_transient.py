"""A trace that is never in memory heats a package just as one that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from coupling import playback
from coupling.case_file import load_case
from coupling.errors import CaseError
from coupling.power import stream
from coupling.power.module import module_trace, rack_traces, streamed_power
from coupling.power.spec import PowerSpec
from coupling.power.store import TraceWriter, open_store
from coupling.run import RunOutcome, run_case

CASE = """
[case]
name = "long trace"
study = ["steady", "transient"]
[package]
size = ["10 mm", "10 mm"]
cells = [4, 4]
[[package.layer]]
name = "die"
thickness = "1 mm"
material = "silicon"
floorplan = { grid = [2, 1] }
heat = "bottom"
[package.boundary]
top = { h = 1000, T = "20 degC" }
[power]
trace = "long.parquet"
static = "1 W"
activity = "3 W"
module_scale = [1.5]
"""
STEPS, CHUNK, STEP = 90, 12, 1e-3


def run(folder: Path, name: str, *overrides: str) -> RunOutcome:
    watts = np.random.default_rng(3).random((STEPS, 2))
    with TraceWriter(folder / "long.parquet", ("r0c0", "r0c1")) as writer:
        for first in range(0, STEPS, CHUNK):
            last = min(first + CHUNK, STEPS)
            writer.append(STEP * np.arange(first, last + 1), watts[first:last])
    case = folder / "long.toml"
    case.write_text(CASE)
    return run_case(load_case(case, overrides), folder / name, force=True)


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("power.module_shift=['17.5 ms']", "numerics.time_step=0.5 ms"),
        ("numerics.time_step=2.25 ms", "power.dead={blocks=['r0c1']}"),
    ],
)
def test_a_streamed_trace_heats_like_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    held = run(tmp_path, "held", *overrides)
    monkeypatch.setattr(stream, "LARGEST_IN_MEMORY", 1)
    monkeypatch.setattr(playback, "HISTORY_VALUES", 14)
    streamed = run(tmp_path, "streamed", *overrides)
    assert streamed.exit_code == held.exit_code == 0
    tables = [parquet.read_table(tmp_path / name / "history.parquet") for name in ("held", "streamed")]
    assert tables[0].column_names == tables[1].column_names
    for name in tables[0].column_names:
        ours, theirs = (table.column(name).to_numpy() for table in tables)
        np.testing.assert_allclose(theirs, ours, rtol=1e-8, err_msg=name)
    peaks = [outcome.summary["chip"]["transient"] for outcome in (held, streamed)]
    assert peaks[1]["T_max_K"] == pytest.approx(peaks[0]["T_max_K"], rel=1e-9)
    assert peaks[1]["hottest_block"] == peaks[0]["hottest_block"]
    assert not list((tmp_path / "streamed/studies").glob("history_*"))


def test_joules_of_a_streamed_trace_are_those_of_its_parts(tmp_path: Path) -> None:
    watts = np.random.default_rng(5).random((STEPS, 2))
    with TraceWriter(tmp_path / "t.parquet", ("a", "b")) as writer:
        for first in range(0, STEPS, CHUNK):
            last = min(first + CHUNK, STEPS)
            writer.append(STEP * np.arange(first, last + 1), watts[first:last])
    power = stream.StreamedPower(
        [stream.StoredTrace(open_store(tmp_path / "t.parquet"), lambda trace: trace)]
    )
    edges = np.linspace(0.0, STEP * STEPS, 38)
    parts = [power.watts(edges[first : first + 6]) for first in range(0, 37, 5)]
    joules = np.diff(edges) @ np.vstack(parts)
    np.testing.assert_allclose(joules, STEP * watts.sum(axis=0), rtol=1e-12)


def test_dies_of_a_package_are_streamed_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stored traces of unlike length and a constant: streamed as merged in memory, delayed as a whole."""
    blocks, random = ("wafer.a", "wafer.b", "gpu.a", "io"), np.random.default_rng(11)
    for name, columns, bins in (("w", ("a", "b"), 60), ("g", ("gpu.a",), 24)):
        with TraceWriter(tmp_path / f"{name}.parquet", columns) as writer:
            for first in range(0, bins, CHUNK):
                watts = random.random((min(CHUNK, bins - first), len(columns)))
                writer.append(STEP * np.arange(first, first + len(watts) + 1), watts)
    spec = PowerSpec.model_validate(
        {
            "dies": {
                "wafer": {
                    "covers": ["wafer.*"],
                    "trace": "w.parquet",
                    "mapping": {"a": "wafer.a", "b": "wafer.b"},
                    "activity": "3 W",
                    "static": "1 W",
                },
                "gpu": {"covers": ["gpu.*"], "trace": "g.parquet"},
                "io": {"covers": ["io"], "total": "2 W"},
            },
            "module_scale": [1.5],
            "module_shift": ["17.25 ms"],
        }
    )
    areas, centres = np.ones(4), np.zeros((4, 2))
    held = rack_traces(spec, module_trace(spec, tmp_path, blocks, areas), 1)[0]
    monkeypatch.setattr(stream, "LARGEST_IN_MEMORY", 1)
    power = streamed_power(spec, tmp_path, blocks, areas, seed=0, centres=centres)
    assert power is not None
    assert power.duration == pytest.approx(held.duration)
    assert power.finest() == pytest.approx(STEP)
    edges = np.linspace(0.0, power.duration, 52)
    watts = np.vstack([power.watts(edges[first : first + 8]) for first in range(0, 51, 7)])
    np.testing.assert_allclose(watts, held.resampled(edges).watts, rtol=1e-9, atol=1e-12)
    assert np.diff(edges) @ watts == pytest.approx(held.energy(), rel=1e-12)


def test_a_limit_of_some_blocks_fails_the_run_that_passes_it(tmp_path: Path) -> None:
    cool = run(tmp_path, "cool", "power.temperature_limits={'*c1'='200 degC', 'r0c0'='190 degC'}")
    assert cool.exit_code == 0
    limits = cool.summary["chip"]["limits"]
    assert limits["r0c0"]["margin_K"] == pytest.approx(463.15 - limits["r0c0"]["T_max_K"])
    between = 0.5 * (
        cool.summary["chip"]["limits"]["r0c0"]["T_max_K"]
        + cool.summary["chip"]["transient"]["limits"]["r0c0"]["T_max_K"]
    )
    hot = run(tmp_path, "hot", f"power.temperature_limits={{r0c0='{between} K'}}")
    assert hot.exit_code == 1
    assert "r0c0" in hot.summary["reason"]
    assert "transient" in hot.summary["reason"]
    assert hot.summary["chip"]["limits"]["r0c0"]["margin_K"] > 0.0


def test_a_limit_of_no_block_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no block is named like 'gpu"):
        run(tmp_path, "out", "power.temperature_limits={'gpu*'='90 degC'}")
