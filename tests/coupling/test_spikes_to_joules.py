"""Spikes of an emulator become watts and then heat in one call, and no joule is lost on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from coupling.case_file import load_case
from coupling.power.emulators import emulate, sanafe_version
from coupling.power.spec import EmulatorSpec
from coupling.run import run_case

SIZE = {"neurons_per_core": 8, "fan_out": 8, "steps": 20, "warm_up": 5, "columns": 3, "rows": 2}
CASE = """
[case]
name = "spikes"
study = ["transient"]
seed = 2
[package]
size = ["30 mm", "20 mm"]
cells = [7, 5]
[[package.layer]]
name = "wafer"
thickness = "0.775 mm"
material = "silicon"
floorplan = {{ grid = [3, 2] }}
heat = "bottom"
[package.boundary]
top = {{ h = 1000, T = "20 degC" }}
[power]
interval = "1 ms"
emulator = {{ kind = "sanafe", architecture = "wafer", {size} }}
mapping = {{ {mapping} }}
"""


@pytest.mark.slow
@pytest.mark.skipif(sanafe_version() is None, reason="SANA-FE is not installed")
def test_joules_of_a_sanafe_run_are_the_joules_of_the_transient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Floorplan and mesh do not align: 3 x 2 tiles on 7 x 5 cells."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    spec = EmulatorSpec.model_validate({"architecture": "wafer", **SIZE})
    emulation = emulate(spec, tmp_path, seed=2)
    columns = emulation.trace(1e-3).blocks
    mapping = ", ".join(f'{name} = "r{i // 3}c{i % 3}"' for i, name in enumerate(columns))
    size = ", ".join(f"{name} = {value}" for name, value in SIZE.items())
    case = tmp_path / "spikes.toml"
    case.write_text(CASE.format(size=size, mapping=mapping))
    outcome = run_case(load_case(case, ()), tmp_path / "out")
    assert outcome.exit_code == 0, outcome.summary.get("reason")
    history = parquet.read_table(tmp_path / "out/history.parquet")
    time, watts = (history.column(name).to_numpy() for name in ("time_s", "power_W"))
    joules = float(np.diff(time, prepend=0.0) @ watts)
    assert joules > 0.0
    assert joules == pytest.approx(float(emulation.energy.sum()), rel=1e-9)
    assert outcome.summary["energy"]["transient_storage_rel"] < 1e-6
    scaled = run_case(
        load_case(case, ("power.activity=60 W", "numerics.field_tolerance=1e-12")), tmp_path / "scaled"
    )
    assert scaled.summary["energy"]["transient_storage_rel"] < 1e-9
