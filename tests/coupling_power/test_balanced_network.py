"""BrainPy's balanced network fires irregularly at tens of hertz, and its spikes reach the blocks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from coupling.errors import TraceError
from coupling.power.balanced_network import balanced_spikes, brainpy_interpreter
from coupling.power.module import module_trace
from coupling.power.spec import EmulatorSpec, PowerSpec


def test_without_an_environment_the_message_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VASCOOL_BRAINPY", raising=False)
    monkeypatch.setattr("sys.prefix", "/nowhere/.venv")
    with pytest.raises(TraceError, match="no environment with BrainPy"):
        balanced_spikes(EmulatorSpec(kind="brainpy"), 1e-3, 0)


def test_an_interpreter_that_cannot_start_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VASCOOL_BRAINPY", "/nowhere/python")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(TraceError, match=r"/nowhere/python cannot be started"):
        balanced_spikes(EmulatorSpec(kind="brainpy"), 1e-3, 0)


@pytest.mark.slow
@pytest.mark.skipif(brainpy_interpreter() is None, reason="no environment with BrainPy")
def test_spikes_of_a_balanced_network_reach_the_blocks() -> None:
    assert os.environ.get("VASCOOL_BRAINPY") or brainpy_interpreter()
    spec = EmulatorSpec(kind="brainpy", neurons=1000, steps=100, warm_up=50)
    spikes = balanced_spikes(spec, 1e-3, 3)
    assert 2.0 < spikes.mean_rate < 80.0
    per_neuron = np.bincount(spikes.neuron, minlength=1000)
    assert per_neuron.std() > 0.0
    power = PowerSpec(emulator=spec, activity="30 W")
    trace = module_trace(power, Path(), tuple("abcdefgh"), seed=3)
    assert trace.mean().sum() == pytest.approx(30.0)
    assert trace.steps == 100
