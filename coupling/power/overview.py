"""What a trace amounts to: duration, blocks, mean and peak watts, a line of bars; read chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.formats.ptrace import stream_ptrace
from coupling.power.store import Chunk, TraceWriter
from coupling.power.trace import Array, PowerTrace
from coupling.whole_file import whole_file

BARS = "▁▂▃▄▅▆▇█"


def ptrace_chunks(path: Path, interval: float) -> tuple[tuple[str, ...], Iterator[Chunk]]:
    """Return block names and chunks of a ``.ptrace`` whose rows last ``interval`` [s]."""
    names, rows = stream_ptrace(path)

    def chunks() -> Iterator[Chunk]:
        done = 0
        for _, watts in rows:
            edges = interval * np.arange(done, done + len(watts) + 1)
            done += len(watts)
            yield Chunk(edges, watts, {})
        if not done:
            raise TraceError(f"{path}: no row of watts follows the header")

    return names, chunks()


def trace_chunks(trace: PowerTrace) -> Iterator[Chunk]:
    """Yield a trace in memory as one chunk."""
    yield Chunk(trace.time_edges, trace.watts, {})


def summarise(blocks: tuple[str, ...], chunks: Iterable[Chunk], width: int = 60) -> dict[str, object]:
    """Figures of a trace; keeps the total of each bin, never the watts of its blocks."""
    energy, peak = np.zeros(len(blocks)), np.zeros(len(blocks))
    totals: list[Array] = []
    starts: list[Array] = []
    end = 0.0
    for chunk in chunks:
        energy += np.diff(chunk.time_edges) @ chunk.watts
        np.maximum(peak, chunk.watts.max(axis=0), out=peak)
        totals.append(chunk.watts.sum(axis=1))
        starts.append(chunk.time_edges[:-1])
        end = float(chunk.time_edges[-1])
    if not totals:
        raise TraceError("the trace has no time bins")
    total = PowerTrace(np.append(np.concatenate(starts), end), ("total",), np.concatenate(totals)[:, None])
    hottest = int(np.argmax(energy))
    return {
        "steps": total.steps,
        "duration_s": total.duration,
        "blocks": len(blocks),
        "mean_W": float(energy.sum()) / total.duration,
        "peak_W": float(total.watts.max()),
        "energy_J": float(energy.sum()),
        "hottest_block": blocks[hottest],
        "hottest_block_mean_W": float(energy[hottest]) / total.duration,
        "hottest_block_peak_W": float(peak[hottest]),
        "sparkline": sparkline(total, width),
    }


def sparkline(trace: PowerTrace, width: int = 60) -> str:
    """Total power over time in one line of text, from the lowest to the highest value."""
    count = min(width, trace.steps)
    power = trace.resampled(np.linspace(trace.time_edges[0], trace.time_edges[-1], count + 1)).total
    low, high = float(power.min()), float(power.max())
    level = np.zeros(count) if high - low <= 1e-12 * high else (power - low) / (high - low)
    return "".join(BARS[min(int(value * len(BARS)), len(BARS) - 1)] for value in level)


def copy_chunks(blocks: tuple[str, ...], chunks: Iterable[Chunk], output: Path, source: str) -> None:
    """Write chunks to a ``.parquet`` or ``.ptrace`` file as they come."""
    if output.suffix == ".parquet":
        with TraceWriter(output, blocks, source) as writer:
            for chunk in chunks:
                writer.append(chunk.time_edges, chunk.watts)
        return
    step = None
    with whole_file(output) as partial, partial.open("w", encoding="utf-8") as stream:
        stream.write("\t".join(blocks) + "\n")
        for chunk in chunks:
            steps = np.diff(chunk.time_edges)
            step = steps[0] if step is None else step
            if not np.allclose(steps, step, rtol=1e-6):
                raise TraceError(f"{output}: a .ptrace has one interval; average the trace first")
            stream.writelines("\t".join(map(repr, row)) + "\n" for row in chunk.watts.tolist())
