"""Spiking emulators, each run in a process of its own that hands over a file.

SANA-FE [1]_ gives joules per tile and time step from energy per event; the watts of a step are
those joules over the step's duration. Nothing of SANA-FE is imported here.

References
----------
.. [1] J. A. Boyle et al., "SANA-FE: Simulating Advanced Neuromorphic Architectures for Fast Exploration",
   IEEE TCAD, 2025, doi:10.1109/TCAD.2025.3537971.
"""

from __future__ import annotations

import importlib.metadata
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.architecture import INPUT_UNITS, truenorth_changes, wafer_architecture
from coupling.power.energy_models import energy_model
from coupling.power.spec import EmulatorSpec
from coupling.power.trace import Array, PowerTrace, Provenance, Share
from coupling.power.worker import worker_result

WORKER = Path(__file__).with_name("sanafe_worker.py")
LEAKY_NEURON = {"threshold": 1.0, "leak_decay": 0.85, "reset_mode": "hard", "refractory_delay": 2}
TRUENORTH_NEURON = {"threshold": 1.0, "leak": 0.02, "leak_towards_zero": True, "reset_mode": "hard"}


@dataclass(frozen=True)
class Emulation:
    """What an emulator hands over.

    Parameters
    ----------
    energy
        Energy of each tile in each time step, shape (steps, tiles) [J].
    columns, rows
        The mesh of tiles; tile ``i`` sits at column ``i // rows`` and row ``i % rows``.
    spikes, synaptic_operations, hops
        Events of the whole chip in each time step, shape (steps,).
    """

    energy: Array
    columns: int
    rows: int
    neurons: int
    spikes: Array
    synaptic_operations: Array
    hops: Array
    source: str

    @property
    def tiles(self) -> tuple[str, ...]:
        """Names of the tiles, by number: those of the columns of the trace."""
        return tile_names(self.energy.shape[1])

    def trace(self, interval: float) -> PowerTrace:
        """Watts per tile when a time step lasts ``interval`` [s]."""
        watts = self.energy / interval
        edges = interval * np.arange(len(watts) + 1)
        mean = float(watts.sum(axis=1).mean())
        rate = float(self.spikes.mean()) / self.neurons
        note = f"{self.neurons} neurons, {rate:.3f} spikes per neuron and step, {interval:g} s a step"
        return PowerTrace(
            edges,
            self.tiles,
            watts,
            provenance=Provenance(self.source, (Share("emulated", mean, "emulated", note),)),
        )


def tile_names(count: int) -> tuple[str, ...]:
    """Return the names of ``count`` tiles, ``tile00`` and on."""
    digits = max(2, len(str(count - 1)))
    return tuple(f"tile{index:0{digits}d}" for index in range(count))


def sanafe_version() -> str | None:
    """Version of the installed SANA-FE, or ``None``; the package is not imported."""
    try:
        return importlib.metadata.version("sanafe")
    except importlib.metadata.PackageNotFoundError:
        return None


def emulate(spec: EmulatorSpec, base: Path, seed: int) -> Emulation:
    """Run the emulator, or take the stored result of the very same run.

    Parameters
    ----------
    base
        Folder from which the path of an architecture file counts.
    seed
        Used where the spec has none.
    """
    version = sanafe_version()
    if version is None:
        raise TraceError("power.emulator: SANA-FE is not installed (pip install 'vascool[emulators]')")
    request = _request(spec, base, seed)
    stored = worker_result("SANA-FE", sys.executable, WORKER, request, version)
    return _read_result(stored, f"SANA-FE {version}, {spec.architecture}, {spec.network} network")


def _request(spec: EmulatorSpec, base: Path, seed: int) -> dict[str, object]:
    request: dict[str, object] = spec.model_dump(
        include={"architecture", "network", "neurons_per_core", "fan_out", "steps", "warm_up"}
    )
    request |= {"seed": seed if spec.seed is None else spec.seed, "neuron": LEAKY_NEURON}
    if spec.architecture == "loihi":
        # 1024 input units a core, almost all unused and free of charge, are most of the loading time
        units = INPUT_UNITS if spec.network == "dvs" else 8
        fewer = [["loihi_inputs[0..1023]", f"loihi_inputs[0..{max(units, spec.neurons_per_core) - 1}]"]]
        return request | {"input": "loihi_inputs[{}]", "replace": fewer}
    if spec.architecture == "truenorth":
        changes = truenorth_changes(energy_model("truenorth"))
        return request | {"input": "core_input[{}]", "replace": changes, "neuron": TRUENORTH_NEURON}
    if spec.architecture == "wafer":
        model = energy_model(spec.energy_model)
        text = wafer_architecture(spec.columns, spec.rows, spec.cores_per_tile, model)
        return request | {"input": "input[{}]", "text": text}
    path = base / spec.architecture
    if not path.is_file():
        known = "'loihi', 'truenorth' or 'wafer'"
        raise TraceError(f"power.emulator.architecture: {path} is no file; give one, or {known}")
    text = path.read_text(encoding="utf-8", errors="replace")
    return request | {"input": "input[{}]", "text": text}


def _read_result(path: Path, source: str) -> Emulation:
    with np.load(path) as data:
        counts = {
            name: np.asarray(data[name], dtype=np.float64)
            for name in ("spikes", "synaptic_operations", "hops")
        }
        return Emulation(
            np.asarray(data["energy"], dtype=np.float64),
            int(data["columns"]),
            int(data["rows"]),
            int(data["neurons"]),
            source=source,
            **counts,
        )
