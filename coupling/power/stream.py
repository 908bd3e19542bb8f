"""A stored trace played without ever being in memory: its power by windows of time steps.

A trace of more than ``LARGEST_IN_MEMORY`` values is held only as means over ``COARSE_BINS`` bins, of equal energy,
which the steady state and the year need. The transient reads the bins themselves, one row group at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from coupling.power.spec import SourceSpec
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
    if spec.trace is None or spec.emulator is not None or spec.average is not None:
        return None
    if spec.format not in (None, "parquet") or Path(spec.trace).suffix != ".parquet":
        return None
    store = open_store(base / spec.trace)
    return store if too_large(store) else None


class StoredTrace:
    """A stored trace read forwards in windows; beyond its end it starts over.

    Parameters
    ----------
    shape
        From watts of the trace's columns to watts of the module's blocks, bin by bin.
    """

    def __init__(self, store: TraceStore, shape: Shape) -> None:
        self.store, self.shape = store, shape
        self.start = float(next(store.chunks()).time_edges[0])
        self.duration = store.end - self.start
        self._chunks: Iterator[Chunk] = iter(())
        self._held: list[Chunk] = []
        self._reached = np.inf

    def finest(self) -> float:
        """Return the shortest bin [s]; reads the trace once."""
        return min(float(np.diff(chunk.time_edges).min()) for chunk in self.store.chunks())

    def joules(self, time_edges: Array) -> Array:
        """Energy of each block between the edges, counted from the trace's start, shape (n, blocks) [J]."""
        if time_edges[0] < self._reached:
            self._chunks, self._held = self._laps(float(time_edges[0])), []
        self._reached = float(time_edges[-1])
        self._held = [chunk for chunk in self._held if chunk.time_edges[-1] > time_edges[0]]
        while not self._held or self._held[-1].time_edges[-1] < time_edges[-1] * (1.0 - 1e-15):
            chunk = next(self._chunks)
            if chunk.time_edges[-1] > time_edges[0]:
                self._held.append(chunk)
        joules = np.zeros((time_edges.size - 1, self._held[0].watts.shape[1]))
        for chunk in self._held:
            if (part := _within(chunk, float(time_edges[0]), float(time_edges[-1]))) is not None:
                add_energy(joules, time_edges, part)
        return joules

    def _laps(self, begin: float) -> Iterator[Chunk]:
        """Chunks in the module's blocks from ``begin`` on, lap after lap."""
        for lap in itertools.count(int(begin // self.duration)):
            for chunk in self.store.chunks():
                moved = chunk.time_edges - self.start + lap * self.duration
                if moved[-1] <= begin:
                    continue
                shaped = self.shape(PowerTrace(chunk.time_edges, self.store.blocks, chunk.watts))
                yield Chunk(moved, shaped.watts, {})


class StreamedPower:
    """Power of a module in windows of equal time steps, read forwards: the sum of its sources.

    As in :func:`~coupling.power.trace.merged`, sources that end early start over until the longest ends.

    Parameters
    ----------
    stored
        Traces that are never in memory.
    held
        What is in memory of the other sources, if there are any.
    delay
        The sum comes that much later; what leaves at its end comes in at its start [s].
    """

    def __init__(
        self, stored: Sequence[StoredTrace], held: PowerTrace | None = None, delay: float = 0.0
    ) -> None:
        self.stored, self.held = tuple(stored), held
        moving = held is not None and held.steps > 1
        self.duration = max(*(one.duration for one in stored), held.duration if held and moving else 0.0)
        self.start = stored[0].start if held is None and len(stored) == 1 else 0.0
        self.delay = delay % self.duration

    def finest(self) -> float:
        """Return the shortest bin of a trace that moves [s]; reads the stored ones once."""
        bins = [one.finest() for one in self.stored]
        if self.held is not None and self.held.steps > 1:
            bins.append(float(np.diff(self.held.time_edges).min()))
        return min(bins)

    def watts(self, time_edges: Array) -> Array:
        """Mean power of each block between the edges, shape (n, blocks) [W]; energy is kept."""
        edges = time_edges - self.start
        cut = np.union1d(edges, self.delay) if edges[0] < self.delay < edges[-1] else edges
        early, late = cut[cut <= self.delay], cut[cut >= self.delay]
        shifted = [early - self.delay + self.duration, late - self.delay]
        parts = np.vstack([self._joules(part) for part in shifted if part.size > 1])
        joules = np.zeros((edges.size - 1, parts.shape[1]))
        np.add.at(joules, np.searchsorted(edges, cut[:-1], side="right") - 1, parts)
        return np.asarray(joules / np.diff(edges)[:, None])

    def _joules(self, edges: Array) -> Array:
        joules = np.sum([one.joules(edges) for one in self.stored], axis=0)
        if self.held is not None:
            held = self.held.resampled(self.held.time_edges[0] + edges)
            joules = joules + held.watts * np.diff(edges)[:, None]
        return np.asarray(joules)


def _within(chunk: Chunk, low: float, high: float) -> Chunk | None:
    """Cut a chunk to the times between ``low`` and ``high`` [s]."""
    first = max(int(np.searchsorted(chunk.time_edges, low, side="right")) - 1, 0)
    last = min(int(np.searchsorted(chunk.time_edges, high, side="left")), len(chunk.watts))
    if last <= first:
        return None
    edges = np.clip(chunk.time_edges[first : last + 1], low, high)
    return Chunk(edges, chunk.watts[first:last], {})
