"""A stored trace played without ever being in memory: its power by windows of time steps.

A trace of more than ``LARGEST_IN_MEMORY`` values is held only as means over ``COARSE_BINS`` bins, of equal energy,
which the steady state and the year need. The transient reads the bins themselves, one row group at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from coupling.power.spec import PowerSpec, SourceSpec
from coupling.power.store import Chunk, TraceStore, add_energy, open_store
from coupling.power.trace import Array, PowerTrace

LARGEST_IN_MEMORY = 1 << 24
"""Values of a trace that are held at once; 128 MB of watts."""
COARSE_BINS = 1024
"""Bins of the means of a trace that is not held."""
Shape = Callable[[PowerTrace], PowerTrace]


def too_large(store: TraceStore) -> bool:
    """Whether the trace is streamed."""
    return store.bins * len(store.blocks) > LARGEST_IN_MEMORY


def streamed_store(spec: SourceSpec, base: Path) -> TraceStore | None:
    """Return the stored trace of a source that is streamed, or ``None``."""
    if isinstance(spec, PowerSpec) and spec.dies:
        return None
    if spec.trace is None or spec.emulator is not None or spec.average is not None:
        return None
    if spec.format not in (None, "parquet") or Path(spec.trace).suffix != ".parquet":
        return None
    store = open_store(base / spec.trace)
    return store if too_large(store) else None


class StreamedPower:
    """Power of a module in windows of equal time steps, read forwards.

    Parameters
    ----------
    shape
        From watts of the trace's columns to watts of the module's blocks, bin by bin.
    delay
        The trace comes that much later; what leaves at its end comes in at its start [s].
    """

    def __init__(self, store: TraceStore, shape: Shape, delay: float = 0.0) -> None:
        self.store, self.shape = store, shape
        first = next(store.chunks())
        self.start = float(first.time_edges[0])
        self.duration = store.end - self.start
        self.delay = delay % self.duration
        self._chunks: Iterator[Chunk] = iter(())
        self._held: list[Chunk] = []
        self._reached = np.inf

    def finest(self) -> float:
        """Return the shortest bin [s]; reads the trace once."""
        return min(float(np.diff(chunk.time_edges).min()) for chunk in self.store.chunks())

    def watts(self, time_edges: Array) -> Array:
        """Mean power of each block between the edges, shape (n, blocks) [W]; energy is kept."""
        if time_edges[0] < self._reached:
            self._chunks, self._held = self._laps(), []
        self._reached = float(time_edges[-1])
        self._held = [chunk for chunk in self._held if chunk.time_edges[-1] > time_edges[0]]
        while not self._held or self._held[-1].time_edges[-1] < time_edges[-1] * (1.0 - 1e-15):
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            if chunk.time_edges[-1] > time_edges[0]:
                self._held.append(chunk)
        joules = np.zeros((time_edges.size - 1, self._held[0].watts.shape[1]))
        for chunk in self._held:
            if (part := _within(chunk, float(time_edges[0]), float(time_edges[-1]))) is not None:
                add_energy(joules, time_edges, part)
        return np.asarray(joules / np.diff(time_edges)[:, None])

    def _laps(self) -> Iterator[Chunk]:
        """Chunks in the module's blocks; a delayed trace begins with its end."""
        for lap in (-1.0, 0.0) if self.delay else (0.0,):
            for chunk in self.store.chunks():
                moved = chunk.time_edges + (lap * self.duration + self.delay)
                if moved[-1] <= self.start:
                    continue
                shaped = self.shape(PowerTrace(chunk.time_edges, self.store.blocks, chunk.watts))
                yield Chunk(moved, shaped.watts, {})


def _within(chunk: Chunk, low: float, high: float) -> Chunk | None:
    """Cut a chunk to the times between ``low`` and ``high`` [s]."""
    first = max(int(np.searchsorted(chunk.time_edges, low, side="right")) - 1, 0)
    last = min(int(np.searchsorted(chunk.time_edges, high, side="left")), len(chunk.watts))
    if last <= first:
        return None
    edges = np.clip(chunk.time_edges[first : last + 1], low, high)
    return Chunk(edges, chunk.watts[first:last], {})
