"""Spikes as arrays: ``.npz`` of Brian2 and BrainPy monitors, SONATA and NWB files (HDF5).

Brian2's ``SpikeMonitor`` gives ``i`` and ``t`` [s] (``N`` optional); BrainPy's monitor a matrix ``spike`` of steps x
neurons with the times ``ts`` [ms] of its steps (or ``dt``). SONATA keeps ``timestamps`` and ``node_ids`` in
``/spikes/<population>``, in the unit of its attribute (ms unless it says otherwise); NWB keeps ``/units/spike_times``
[s] cut at ``spike_times_index``. Layouts after Dai et al. 2020 (SONATA, doi:10.1371/journal.pcbi.1007696) and Ruebel
et al. 2022 (NWB, doi:10.7554/eLife.78362).
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.spikes import Spikes

_BAD_ZIP = (zipfile.BadZipFile, zlib.error, KeyError)
SONATA_UNITS = {"milliseconds": 1e-3, "ms": 1e-3, "seconds": 1.0, "s": 1.0}


def read_spike_npz(path: Path) -> Spikes:
    """Read a Brian2 or BrainPy monitor."""
    try:
        # opened here: on a broken archive np.load would leave the file open
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            arrays = {name: np.asarray(data[name]) for name in data.files}
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, RuntimeError, SyntaxError, MemoryError, *_BAD_ZIP) as error:
        raise TraceError(f"{path}: not a readable .npz ({error})") from None
    if "i" in arrays and "t" in arrays:
        return _indexed(path, arrays)
    if "spike" in arrays:
        return _matrix(path, arrays)
    found = ", ".join(sorted(arrays)) or "nothing"
    raise TraceError(f"{path}: expected the arrays i and t (Brian2) or spike and ts (BrainPy), found {found}")


def _indexed(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> Spikes:
    time, neuron = _real(path, "t", arrays["t"]), _real(path, "i", arrays["i"])
    if time.size == 0 and "duration" not in arrays:
        raise TraceError(f"{path}: no spikes and no duration")
    neurons = int(arrays["N"]) if "N" in arrays else int(neuron.max()) + 1
    duration = float(arrays["duration"]) if "duration" in arrays else max(float(time.max()), 0.0)
    return Spikes(time, neuron.astype(np.int64), neurons, duration or 1e-3, f"{path}")


def _matrix(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> Spikes:
    fired = arrays["spike"]
    if fired.ndim != 2 or fired.size == 0 or fired.dtype.kind not in "bfiu":
        raise TraceError(f"{path}: spike must be a matrix of steps x neurons, has shape {fired.shape}")
    if "ts" in arrays:
        ends = _real(path, "ts", arrays["ts"]) * 1e-3
    elif "dt" in arrays:
        ends = float(arrays["dt"]) * 1e-3 * np.arange(len(fired))
    else:
        raise TraceError(f"{path}: a matrix of spikes needs ts or dt [ms]")
    if ends.shape != (len(fired),) or np.any(np.diff(ends) <= 0.0):
        raise TraceError(f"{path}: ts has {ends.size} times for {len(fired)} steps, or does not increase")
    step, neuron = np.nonzero(fired)
    spacing = float(ends[1] - ends[0]) if ends.size > 1 else 1e-3
    time = ends - ends[0]
    return Spikes(time[step], neuron, fired.shape[1], float(time[-1]) + spacing, f"{path}")


def read_sonata(path: Path, population: str | None = None) -> Spikes:
    """Read the spikes of a SONATA report; ``population`` is needed where there are several."""
    with _hdf5(path) as file:
        if "spikes" not in file:
            raise TraceError(f"{path}: no group /spikes; not a SONATA spike report")
        groups = [name for name in file["spikes"] if hasattr(file["spikes"][name], "keys")]
        chosen = population or (groups[0] if len(groups) == 1 else None)
        if chosen not in groups:
            raise TraceError(f"{path}: population {chosen!r} is not one of {', '.join(groups) or 'none'}")
        group = file["spikes"][chosen]
        time, node = (_dataset(path, group, name) for name in ("timestamps", "node_ids"))
        unit = group["timestamps"].attrs.get("units", "milliseconds")
    text = unit.decode() if isinstance(unit, bytes) else str(unit)
    if text not in SONATA_UNITS:
        raise TraceError(f"{path}: unit {text!r} of /spikes/{chosen}/timestamps is unknown")
    return _sorted(path, time * SONATA_UNITS[text], node)


def read_nwb(path: Path) -> Spikes:
    """Read the sorted units of an NWB file: each unit is a neuron."""
    with _hdf5(path) as file:
        if "units" not in file:
            raise TraceError(f"{path}: no group /units; this NWB file holds no spikes")
        time, ends = (_dataset(path, file["units"], name) for name in ("spike_times", "spike_times_index"))
    counts = np.diff(ends, prepend=0.0)
    if ends.size == 0 or np.any(counts < 0.0) or ends[-1] != time.size:
        raise TraceError(f"{path}: /units/spike_times_index does not cut /units/spike_times")
    return _sorted(path, time, np.repeat(np.arange(ends.size), counts.astype(int)), ends.size)


def _sorted(path: Path, time: npt.NDArray[Any], node: npt.NDArray[Any], neurons: int | None = None) -> Spikes:
    """Put spikes in order of time: these formats may keep them by neuron."""
    if time.size != node.size:
        raise TraceError(f"{path}: {time.size} spike times but {node.size} neurons")
    if time.size == 0:
        raise TraceError(f"{path}: holds no spikes")
    if np.any(time < 0.0):
        raise TraceError(f"{path}: spike {int(np.argmax(time < 0.0)) + 1}: time is negative")
    order = np.lexsort((node, time))
    size = neurons or int(node.max()) + 1
    return Spikes(time[order], node[order].astype(np.int64), size, float(time.max()) or 1e-3, f"{path}")


def _real(path: Path, name: str, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise TraceError(
            f"{path}: {name} must be a list of numbers, has shape {values.shape} of {values.dtype}"
        )
    result = values.astype(np.float64)
    if not np.all(np.isfinite(result)):
        raise TraceError(f"{path}: {name}, entry {int(np.argmin(np.isfinite(result))) + 1} is not finite")
    return result


def _dataset(path: Path, group: Any, name: str) -> npt.NDArray[np.float64]:
    if name not in group:
        raise TraceError(f"{path}: no dataset {group.name}/{name}")
    try:
        values = np.asarray(group[name][...])
    except (OSError, TypeError, AttributeError) as error:
        raise TraceError(f"{path}: dataset {group.name}/{name} cannot be read ({error})") from None
    return _real(path, f"{group.name}/{name}", values)


@contextlib.contextmanager
def _hdf5(path: Path) -> Iterator[Any]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except OSError:
        raise TraceError(f"{path}: not a readable HDF5 file, or truncated") from None
    with file:
        try:
            yield file
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            # what h5py says of a damaged file comes in any of these
            raise TraceError(f"{path}: damaged, or not laid out as expected ({error})") from None
