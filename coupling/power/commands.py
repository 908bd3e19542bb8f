"""What ``vascool trace`` does: each function returns plain data for printing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.balanced_network import balanced_spikes
from coupling.power.emulators import emulate, tile_names
from coupling.power.energy_models import energy_models
from coupling.power.formats.ptrace import write_ptrace
from coupling.power.formats.registry import FORMATS, find_format
from coupling.power.module import power_of_spikes
from coupling.power.overview import copy_chunks, ptrace_chunks, summarise, trace_chunks
from coupling.power.spec import EmulatorSpec, SpikeSpec
from coupling.power.store import Chunk, open_store
from coupling.power.trace import PowerTrace
from coupling.whole_file import whole_file

WRITABLE = (".ptrace", ".parquet", ".csv")


def trace_info(
    path: Path,
    interval: float = 1e-3,
    width: int = 60,
    *,
    kind: str | None = None,
    spikes: SpikeSpec | None = None,
    floorplan: Path | None = None,
    blocks: int = 32,
) -> dict[str, object]:
    """Duration, blocks, mean and peak watts of a trace or spike file, and a sparkline of its total power.

    ``kind`` is one of :func:`format_names`; spikes are turned to watts by ``spikes`` on the blocks of ``floorplan``
    or on ``blocks`` equal ones.
    """
    form = find_format(path, kind)
    info: dict[str, object] = {"file": str(path), "format": form.title}
    if form.spikes is not None:
        recording = form.spikes(path)
        info |= {"spikes": recording.count, "neurons": recording.neurons, "mean_rate_Hz": recording.mean_rate}
    names, chunks = _chunks(path, interval, kind, spikes, floorplan, blocks)
    return info | summarise(names, chunks, width)


def convert_trace(
    path: Path,
    output: Path,
    interval: float = 1e-3,
    *,
    kind: str | None = None,
    average: float | None = None,
    spikes: SpikeSpec | None = None,
    floorplan: Path | None = None,
    blocks: int = 32,
) -> dict[str, object]:
    """Write a trace of any format as ``.ptrace``, ``.parquet`` or ``.csv``; return what was written.

    Between ``.ptrace`` and ``.parquet`` the trace passes through in chunks; ``average`` [s] makes coarser bins.
    """
    if output.suffix not in WRITABLE:
        raise TraceError(f"{output}: traces are written as {', '.join(WRITABLE)}")
    _refuse_unwritable(output)
    if output.resolve() == path.resolve():
        raise TraceError(f"{output}: is the input itself")
    names, chunks = _chunks(path, interval, kind, spikes, floorplan, blocks, average)
    if output.suffix == ".csv":
        writer = FORMATS["csv"].write
        if writer is not None:
            writer(_joined(names, chunks), output)
    else:
        copy_chunks(names, chunks, output, f"from {path.name}")
    return trace_info(output, interval if average is None else average)


def format_names() -> dict[str, str]:
    """Formats that can be read: name and title."""
    return {item.name: item.title for item in FORMATS.values()}


def energy_model_rows() -> list[dict[str, object]]:
    """The table of energy models: energies in pJ, uncertainty as a factor, source."""
    return [
        {
            "name": model.name,
            "title": model.title,
            "synapse_pJ": 1e12 * model.synapse,
            "neuron_update_pJ": 1e12 * model.neuron_update,
            "spike_pJ": 1e12 * model.spike,
            "message_pJ": 1e12 * model.message,
            "hop_x_pJ": 1e12 * model.hop_x,
            "hop_y_pJ": 1e12 * model.hop_y,
            "uncertainty_factor": model.uncertainty,
            "source": model.source,
        }
        for model in energy_models().values()
    ]


def emulate_trace(
    spec: EmulatorSpec,
    output: Path,
    *,
    interval: float = 1e-3,
    neurons: float | None = None,
    size: tuple[float, float] = (0.3, 0.3),
    seed: int = 0,
    base: Path = Path(),
) -> dict[str, object]:
    """Run an emulator and write its activity as ``output`` (.ptrace) and the tiles as a ``.flp`` beside it.

    Parameters
    ----------
    interval
        Duration of a time step [s].
    neurons
        Neurons for which the trace shall stand: the emulated watts times this over the emulated neurons.
    size
        Width and height that the mesh of tiles covers [m].
    """
    if output.suffix != ".ptrace":
        raise TraceError(f"{output}: expected a file name that ends in .ptrace")
    _refuse_unwritable(output)
    if spec.kind == "brainpy":
        return _emulate_spikes(spec, output, interval, neurons, size, seed)
    emulation = emulate(spec, base, seed)
    factor = 1.0 if neurons is None else neurons / emulation.neurons
    write_ptrace(emulation.trace(interval).scaled(factor), output)
    write_tile_floorplan(emulation.tiles, emulation.columns, output.with_suffix(".flp"), size)
    facts = {"source": emulation.source, "emulated_neurons": emulation.neurons, "scale": factor}
    return trace_info(output, interval) | facts


def _emulate_spikes(
    spec: EmulatorSpec,
    output: Path,
    interval: float,
    neurons: float | None,
    size: tuple[float, float],
    seed: int,
) -> dict[str, object]:
    """Spikes of BrainPy on a wafer of ``columns`` x ``rows`` tiles, by the energies of the spec's model."""
    spikes = balanced_spikes(spec, interval, seed)
    names = tile_names(spec.columns * spec.rows)
    events = SpikeSpec(energy_model=spec.energy_model, cores_per_block=spec.cores_per_tile)
    trace = power_of_spikes(events, spikes, Path(), names, interval)
    factor = 1.0 if neurons is None else neurons / spikes.neurons
    write_ptrace(trace.scaled(factor), output)
    write_tile_floorplan(names, spec.columns, output.with_suffix(".flp"), size)
    facts = {"source": trace.provenance.source, "emulated_neurons": spikes.neurons, "scale": factor}
    return trace_info(output, interval) | facts


def write_tile_floorplan(tiles: tuple[str, ...], columns: int, path: Path, size: tuple[float, float]) -> None:
    """Write the mesh of tiles as a HotSpot floorplan: name, width, height, left, bottom [m]."""
    rows = len(tiles) // columns
    width, height = size[0] / columns, size[1] / rows
    lines = ["# name\twidth\theight\tleft\tbottom   [m]"]
    for index, name in enumerate(tiles):
        column, row = divmod(index, rows)
        numbers = (width, height, column * width, row * height)
        lines.append("\t".join([name, *(f"{number:.9g}" for number in numbers)]))
    with whole_file(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _refuse_unwritable(output: Path) -> None:
    """Refuse an output before the work for it is done."""
    if not output.parent.is_dir():
        raise TraceError(f"{output}: the folder {output.parent} does not exist")
    if not os.access(output.parent, os.W_OK) or output.is_dir():
        raise TraceError(f"{output}: cannot be written")


def _chunks(
    path: Path,
    interval: float,
    kind: str | None,
    spikes: SpikeSpec | None,
    floorplan: Path | None,
    blocks: int,
    average: float | None = None,
) -> tuple[tuple[str, ...], Iterator[Chunk]]:
    form = find_format(path, kind)
    if form.name == "ptrace" and average is None:
        return ptrace_chunks(path, interval)
    if form.name == "parquet":
        store = open_store(path)
        return store.blocks, store.chunks() if average is None else trace_chunks(store.averaged(average))
    if form.spikes is not None:
        names = tile_names(blocks) if floorplan is None else _block_names(floorplan)
        trace = power_of_spikes(spikes or SpikeSpec(), form.spikes(path), Path(), names, interval)
    elif form.power is not None:
        trace = form.power(path, interval)
    else:
        raise TraceError(f"{path}: {form.title} cannot be read")
    if average is not None:
        bins = max(round(trace.duration / average), 1)
        trace = trace.resampled(np.linspace(trace.time_edges[0], trace.time_edges[-1], bins + 1))
    return trace.blocks, trace_chunks(trace)


def _block_names(path: Path) -> tuple[str, ...]:
    from meshes.floorplan import read_flp

    return read_flp(path).names


def _joined(names: tuple[str, ...], chunks: Iterator[Chunk]) -> PowerTrace:
    parts = list(chunks)
    edges = np.append(np.concatenate([part.time_edges[:-1] for part in parts]), parts[-1].time_edges[-1])
    return PowerTrace(edges, names, np.vstack([part.watts for part in parts]))
