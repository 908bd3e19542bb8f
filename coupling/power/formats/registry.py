"""Formats by name, and which a file is by its ending and first line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coupling.errors import TraceError
from coupling.power.formats.csv_power import TIME_COLUMNS, read_power_csv, read_sanafe_perf, write_power_csv
from coupling.power.formats.ptrace import read_ptrace, write_ptrace
from coupling.power.formats.spike_arrays import read_nwb, read_sonata, read_spike_npz
from coupling.power.formats.spike_text import read_aedat, read_aer_text, read_nest, read_spike_csv
from coupling.power.formats.text import numbered_lines
from coupling.power.formats.threedice import read_threedice
from coupling.power.spikes import Spikes
from coupling.power.store import open_store, write_store
from coupling.power.trace import PowerTrace


@dataclass(frozen=True)
class Format:
    """A format: of power (watts are in it) or of spikes (an energy model makes the watts)."""

    name: str
    title: str
    endings: tuple[str, ...]
    power: Callable[[Path, float], PowerTrace] | None = None
    spikes: Callable[[Path], Spikes] | None = None
    write: Callable[[PowerTrace, Path], None] | None = None


def _read_cores(path: Path, interval: float) -> PowerTrace:
    return read_sanafe_perf(path, interval, "core")


def _read_store(path: Path, interval: float) -> PowerTrace:
    return open_store(path).trace()


FORMATS = {
    item.name: item
    for item in (
        Format("ptrace", "HotSpot power trace", (".ptrace",), power=read_ptrace, write=write_ptrace),
        Format("parquet", "stored trace of vascool", (".parquet",), power=_read_store, write=write_store),
        Format("csv", "table time_s,block,...", (), power=read_power_csv, write=write_power_csv),
        Format(
            "3d-ice", "3D-ICE stack or floorplan with power values", (".stk", ".flp"), power=read_threedice
        ),
        Format("sanafe", "SANA-FE perf trace, tiles", (), power=read_sanafe_perf),
        Format("sanafe-cores", "SANA-FE perf trace, cores", (), power=_read_cores),
        Format("nest", "NEST spike recording", (".gdf", ".dat"), spikes=read_nest),
        Format("spike-csv", "table neuron,time_s", (), spikes=read_spike_csv),
        Format("npz", "Brian2 or BrainPy monitor", (".npz",), spikes=read_spike_npz),
        Format("sonata", "SONATA spike report", (".h5", ".hdf5", ".sonata"), spikes=read_sonata),
        Format("nwb", "NWB units", (".nwb",), spikes=read_nwb),
        Format("aer", "address events as text, address and us", (".aer",), spikes=read_aer_text),
        Format("aedat", "AEDAT 2.0 address events", (".aedat",), spikes=read_aedat),
    )
}


def find_format(path: Path, name: str | None = None) -> Format:
    """Return the named format, or the one that the file's ending and first line tell."""
    if name is not None:
        if name not in FORMATS:
            raise TraceError(f"format {name!r} is unknown; known are {', '.join(FORMATS)}")
        return FORMATS[name]
    if path.suffix == ".csv":
        return FORMATS[_csv_kind(path)]
    for item in FORMATS.values():
        if path.suffix in item.endings:
            return item
    raise TraceError(f"{path}: no format has the ending {path.suffix!r}; name one of {', '.join(FORMATS)}")


def _csv_kind(path: Path) -> str:
    if not path.exists():
        return "csv"
    _, text = next(numbered_lines(path), (0, ""))
    names = [name.strip().lower() for name in text.split(",")]
    if names[0] == "timestep":
        return "sanafe"
    senders = {"neuron", "sender", "i", "id", "address"}
    if len(names) == 2 and senders.intersection(names) and names[0] not in TIME_COLUMNS:
        return "spike-csv"
    return "spike-csv" if len(names) == 2 and names[1] in senders else "csv"
