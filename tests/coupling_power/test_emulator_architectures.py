"""The wafer that vascool builds for SANA-FE costs per event what the table says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coupling.errors import TraceError
from coupling.power.architecture import wafer_architecture
from coupling.power.emulators import Emulation, emulate, sanafe_version, tile_names
from coupling.power.energy_models import energy_model
from coupling.power.spec import EmulatorSpec

NEEDS_SANAFE = pytest.mark.skipif(sanafe_version() is None, reason="SANA-FE is not installed")


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: object) -> Emulation:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    size = {"neurons_per_core": 8, "fan_out": 8, "steps": 20, "warm_up": 5, "columns": 3, "rows": 2}
    return emulate(EmulatorSpec.model_validate({**size, **changes}), tmp_path, seed=2)


@pytest.mark.slow
@NEEDS_SANAFE
def test_a_wafer_run_costs_what_its_events_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With energy per synaptic operation alone, joules are operations times 2.5 pJ, step by step."""
    result = run(tmp_path, monkeypatch, architecture="wafer", energy_model="truenorth", cores_per_tile=2)
    assert (result.columns, result.rows, result.neurons) == (3, 2, 96)
    assert result.synaptic_operations.sum() > 0.0
    assert result.energy.sum(axis=1) == pytest.approx(2.5e-12 * result.synaptic_operations, rel=1e-5)


@pytest.mark.slow
@NEEDS_SANAFE
@pytest.mark.parametrize("network", ["recurrent", "dvs"])
def test_networks_warm_tiles_unevenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    result = run(tmp_path, monkeypatch, architecture="loihi", network=network, steps=6)
    mean = result.energy.mean(axis=0)
    assert mean.std() > 0.05 * mean.mean()


@NEEDS_SANAFE
def test_an_architecture_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TraceError, match=r"mine\.yaml is no file"):
        run(tmp_path, monkeypatch, architecture="mine.yaml")
    (tmp_path / "mine.yaml").write_text("nonsense: [")
    with pytest.raises(TraceError, match="SANA-FE ended with code"):
        run(tmp_path, monkeypatch, architecture="mine.yaml")


def test_the_wafer_file_holds_the_energies_of_its_model() -> None:
    text = wafer_architecture(12, 10, 4, energy_model("loihi"))
    assert "tile[0..119]" in text
    assert "energy_process_spike: 3.360000e-11" in text
    assert "energy_east_hop: 3.000000e-12" in text
    assert "energy_north_hop: 4.200000e-12" in text


def test_emulated_joules_become_watts_over_the_step() -> None:
    energy = np.array([[1e-3, 2e-3], [3e-3, 0.0]])
    events = np.ones(2)
    trace = Emulation(energy, 2, 1, 10, events, events, events, "test").trace(0.5)
    assert trace.energy() == pytest.approx(energy.sum(axis=0))
    assert trace.blocks == tile_names(2)
