"""Spikes of BrainPy's balanced network, run by the interpreter of an environment of its own.

BrainPy [1]_ needs NumPy 2. The interpreter is ``$VASCOOL_BRAINPY``, or ``.venv-brainpy/bin/python`` beside the
environment that runs, made by ``python3 -m venv .venv-brainpy`` and its ``pip install "brainpy[cpu]==2.8.2"``.

References
----------
.. [1] C. Wang et al., "BrainPy, a flexible, integrative, efficient, and extensible framework for general-purpose brain
   dynamics programming", eLife 12 (2023) e86365.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from coupling.errors import TraceError
from coupling.power.formats.spike_arrays import read_spike_npz
from coupling.power.spec import EmulatorSpec
from coupling.power.spikes import Spikes
from coupling.power.worker import worker_result

WORKER = Path(__file__).with_name("brainpy_worker.py")


def brainpy_interpreter() -> str | None:
    """Python that can import BrainPy, or ``None``."""
    given = os.environ.get("VASCOOL_BRAINPY")
    beside = Path(sys.prefix).parent / ".venv-brainpy" / "bin" / "python"
    if given:
        return given
    return str(beside) if beside.exists() else None


def balanced_spikes(spec: EmulatorSpec, time_step: float, seed: int) -> Spikes:
    """Run the network for ``spec.steps`` steps of ``time_step`` [s], or take the stored spikes of the same run."""
    interpreter = brainpy_interpreter()
    if interpreter is None:
        raise TraceError(
            "power.emulator: no environment with BrainPy: set VASCOOL_BRAINPY to its python, or make .venv-brainpy"
        )
    request = {
        "neurons": spec.neurons,
        "steps": spec.steps,
        "warm_up": spec.warm_up,
        "time_step": time_step,
        "seed": seed if spec.seed is None else spec.seed,
    }
    spikes = read_spike_npz(worker_result("BrainPy", interpreter, WORKER, request, "2"))
    return replace(spikes, source="BrainPy, balanced network", known="emulated")
