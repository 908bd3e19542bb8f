"""A module's watts are static + clock + activity, and each part is labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from coupling.errors import TraceError
from coupling.power import module as module_file
from coupling.power.emulators import emulate, sanafe_version
from coupling.power.module import module_trace, rack_traces
from coupling.power.spec import EmulatorSpec, PowerSpec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TILES = tuple(f"tile{index:02d}" for index in range(32))


def wafer_spec(**changes: object) -> PowerSpec:
    values = {"trace": "traces/loihi_wafer.ptrace", "static": "40 W", "clock": "25 W", "activity": "60 W"}
    return PowerSpec.model_validate({**values, **changes})


def test_the_three_parts_add_up_and_each_is_labelled() -> None:
    trace = module_trace(wafer_spec(), EXAMPLES, TILES)
    assert trace.mean().sum() == pytest.approx(125.0, rel=1e-12)
    assert trace.static.sum() == pytest.approx(40.0)
    assert trace.clock.sum() == pytest.approx(25.0)
    known = {share.name: share.known for share in trace.provenance.shares}
    assert known == {
        "recorded": "recorded",
        "activity scaling": "assumption",
        "static": "assumption",
        "clock": "assumption",
    }


def test_constant_parts_are_spread_by_area() -> None:
    areas = np.arange(1.0, 33.0)
    trace = module_trace(wafer_spec(activity=None), EXAMPLES, TILES, areas)
    assert trace.static == pytest.approx(40.0 * areas / areas.sum())


def test_total_power_is_uniform_by_area() -> None:
    trace = module_trace(PowerSpec(total="300 W"), EXAMPLES, ("a", "b"), [1.0, 2.0])
    assert trace.mean() == pytest.approx([100.0, 200.0])


def test_modules_differ_by_scale_and_shift_only() -> None:
    spec = wafer_spec(module_scale=(1.0, 0.5), module_shift=("0 s", "100 ms"))
    first, second = rack_traces(spec, module_trace(spec, EXAMPLES, TILES), 2)
    assert second.energy() == pytest.approx(0.5 * first.energy(), rel=1e-9)
    assert second.at(0.1505) == pytest.approx(0.5 * first.at(0.0505))
    with pytest.raises(TraceError, match="module_scale: has 2 values for 3 modules"):
        rack_traces(spec, first, 3)


def test_without_the_emulator_the_recorded_trace_is_used_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_file, "sanafe_version", lambda: None)
    trace = module_trace(wafer_spec(emulator={"kind": "sanafe"}), EXAMPLES, TILES)
    assert "not installed" in trace.provenance.warnings[0]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"total": "10 W", "blocks": {"a": "1 W"}},
        {"total": "-3 W"},
        {"total": "10 kg"},
        {"total": "10 W", "activity": "3 W"},
        {"trace": "a.ptrace", "interval": "0 s"},
        {"trace": "a.ptrace", "columns": 3},
        {"emulator": {"kind": "nest"}},
    ],
)
def test_a_wrong_power_section_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PowerSpec.model_validate(values)


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(TraceError, match="'ghost' is not in the floorplan"):
        module_trace(PowerSpec(blocks={"ghost": "1 W"}), EXAMPLES, ("a", "b"))


@pytest.mark.slow
@pytest.mark.skipif(sanafe_version() is None, reason="SANA-FE is not installed")
def test_the_same_seed_gives_the_same_joules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = EmulatorSpec(neurons_per_core=8, fan_out=8, steps=20, warm_up=5)
    results = []
    for run in ("first", "second"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / run))
        results.append(emulate(spec, tmp_path, seed=5))
    assert np.array_equal(results[0].energy, results[1].energy)
    assert results[0].energy.sum(axis=0).std() > 0.0
    assert results[0].spikes.sum() > 0.0
    assert np.array_equal(emulate(spec, tmp_path, seed=5).energy, results[0].energy)


def test_a_block_without_a_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.ptrace").write_text("a b\n1 2\n")
    trace = module_trace(PowerSpec(trace="t.ptrace"), tmp_path, ("a", "b", "c"))
    (warning,) = trace.provenance.warnings
    assert "no column for c" in warning
    assert module_trace(PowerSpec(trace="t.ptrace"), tmp_path, ("a", "b")).provenance.warnings == ()
