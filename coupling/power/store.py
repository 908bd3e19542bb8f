"""Power traces on disk as Parquet: sparse, in chunks of time, read in bounded memory.

A row is one block in one time bin that draws power: ``bin``, ``block`` (an index into the names of the metadata),
``watts``, and where it is known ``spikes``, ``synaptic_operations`` and ``hops``. Every bin starts with a row of its
start time, so that bins without power keep their place. A row group holds whole bins; a reader keeps one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from coupling.errors import TraceError
from coupling.power.trace import Array, PowerTrace, Provenance, Share

KEY = b"vascool.power"
COUNTS = ("spikes", "synaptic_operations", "hops")
CHUNK_VALUES = 1 << 19  # watts held at a time: 4 MB


@dataclass(frozen=True)
class Chunk:
    """Consecutive time bins: edges of shape (n + 1,) [s], watts of shape (n, blocks) [W], event counts likewise."""

    time_edges: Array
    watts: Array
    counts: Mapping[str, Array]


class TraceWriter:
    """Writes a trace chunk by chunk; the file gets its name when the writer closes without an error."""

    def __init__(
        self, path: Path, blocks: tuple[str, ...], source: str = "", counts: tuple[str, ...] = ()
    ) -> None:
        self.path, self.blocks, self.source, self.counts = path, blocks, source, counts
        self.temporary = path.with_name(path.name + ".part")
        self.bins, self.end = 0, 0.0
        self.writer: Any = None

    def __enter__(self) -> Self:
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        columns = [("bin", arrow.int64()), ("start", arrow.float64()), ("block", arrow.int32())]
        columns += [(name, arrow.float64()) for name in ("watts", *self.counts)]
        self.schema = arrow.schema(columns)
        self.writer = parquet.ParquetWriter(self.temporary, self.schema, compression="zstd")
        return self

    def append(self, time_edges: Array, watts: Array, counts: Mapping[str, Array] | None = None) -> None:
        """Add bins; the first edge must be the last edge so far."""
        import pyarrow as arrow

        if self.bins and time_edges[0] != self.end:
            raise TraceError(
                f"{self.path}: a chunk starts at {time_edges[0]:g} s, the trace ends at {self.end:g} s"
            )
        used = watts != 0.0
        for values in (counts or {}).values():
            used |= values != 0.0
        used[:, 0] = True  # the row that holds the bin's start
        rows, block = np.nonzero(used)
        data = [rows + self.bins, time_edges[rows], block.astype(np.int32), watts[rows, block]]
        data += [(counts or {})[name][rows, block] for name in self.counts]
        self.writer.write_table(arrow.table(data, schema=self.schema), row_group_size=max(rows.size, 1))
        self.bins, self.end = self.bins + len(watts), float(time_edges[-1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        facts = {"blocks": self.blocks, "bins": self.bins, "end": self.end, "source": self.source}
        self.writer.add_key_value_metadata({KEY: json.dumps(facts).encode()})
        self.writer.close()
        if kind is None and self.bins:
            self.temporary.replace(self.path)
        else:
            self.temporary.unlink(missing_ok=True)


def write_store(trace: PowerTrace, path: Path) -> None:
    """Write a trace that is in memory."""
    rows = max(CHUNK_VALUES // len(trace.blocks), 1)
    with TraceWriter(path, trace.blocks, trace.provenance.source) as writer:
        for first in range(0, trace.steps, rows):
            last = min(first + rows, trace.steps)
            writer.append(trace.time_edges[first : last + 1], trace.watts[first:last])


@dataclass(frozen=True)
class TraceStore:
    """A stored trace: what is known of it without reading its watts."""

    path: Path
    blocks: tuple[str, ...]
    bins: int
    end: float
    source: str
    counts: tuple[str, ...]

    def chunks(self) -> Iterator[Chunk]:
        """Read the trace from its start, one row group at a time."""
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        done, held = 0, None
        with parquet.ParquetFile(self.path) as file:
            for group in range(file.num_row_groups):
                try:
                    table = file.read_row_group(group)
                except (arrow.ArrowException, OSError) as error:
                    raise TraceError(f"{self.path}: row group {group + 1} cannot be read ({error})") from None
                chunk = self._chunk(table, done, group)
                if held is not None:
                    yield self._closed(held, chunk.time_edges[0], group)
                held, done = chunk, done + len(chunk.watts)
        if held is None or done != self.bins:
            raise TraceError(f"{self.path}: holds {done} of {self.bins} time bins")
        yield self._closed(held, self.end, file.num_row_groups)

    def _chunk(self, table: Any, first: int, group: int) -> Chunk:
        place = f"{self.path}: row group {group + 1}"
        columns = {name: table.column(name).to_numpy() for name in table.column_names}
        index, block, watts = columns["bin"] - first, columns["block"], columns["watts"]
        if index.size == 0 or index[0] != 0 or np.any(np.diff(index) < 0) or np.any(np.diff(index) > 1):
            raise TraceError(f"{place}: time bins are not consecutive")
        if block.min() < 0 or block.max() >= len(self.blocks):
            raise TraceError(f"{place}: unknown block {block.max()}, there are {len(self.blocks)}")
        if not np.all(np.isfinite(watts)) or np.any(watts < 0.0):
            raise TraceError(f"{place}: watts must be finite and not negative")
        shape = (int(index[-1]) + 1, len(self.blocks))
        dense = {name: np.zeros(shape) for name in ("watts", *self.counts)}
        for name, values in dense.items():
            values[index, block] = columns[name]
        starts = columns["start"][np.searchsorted(index, np.arange(shape[0]))]
        return Chunk(starts, dense.pop("watts"), dense)

    def _closed(self, chunk: Chunk, end: float, group: int) -> Chunk:
        edges = np.append(chunk.time_edges, end)
        if not np.all(np.diff(edges) > 0.0):
            raise TraceError(f"{self.path}: row group {group}: time runs backwards")
        return Chunk(edges, chunk.watts, chunk.counts)

    def trace(self) -> PowerTrace:
        """Read the whole trace into memory."""
        chunks = list(self.chunks())
        edges = np.append(np.concatenate([chunk.time_edges[:-1] for chunk in chunks]), self.end)
        return self._with_provenance(edges, np.vstack([chunk.watts for chunk in chunks]))

    def averaged(self, interval: float) -> PowerTrace:
        """Average over bins of ``interval`` [s] while reading, energy kept: memory for the coarse trace only."""
        start = None
        joules: Array = np.zeros((0, len(self.blocks)))
        for chunk in self.chunks():
            if start is None:
                start = float(chunk.time_edges[0])
                bins = max(round((self.end - start) / interval), 1)
                coarse = np.linspace(start, self.end, bins + 1)
                joules = np.zeros((bins, len(self.blocks)))
            add_energy(joules, coarse, chunk)
        return self._with_provenance(coarse, joules / np.diff(coarse)[:, None])

    def _with_provenance(self, edges: Array, watts: Array) -> PowerTrace:
        mean = float((np.diff(edges) @ watts).sum() / (edges[-1] - edges[0]))
        provenance = Provenance(
            self.source or f"stored trace {self.path.name}",
            (Share("recorded", mean, "recorded", f"file {self.path.name}"),),
        )
        return PowerTrace(edges, self.blocks, watts, provenance=provenance)


def add_energy(joules: Array, coarse: Array, chunk: Chunk) -> None:
    """Add the energy of a chunk to the bins between the edges ``coarse``, split where a bin spans several [J]."""
    edges = np.union1d(
        chunk.time_edges, coarse[(coarse > chunk.time_edges[0]) & (coarse < chunk.time_edges[-1])]
    )
    middle = 0.5 * (edges[:-1] + edges[1:])
    fine = np.searchsorted(chunk.time_edges, middle) - 1
    target = np.clip(np.searchsorted(coarse, middle) - 1, 0, len(joules) - 1)
    starts = np.flatnonzero(np.diff(target, prepend=-1))
    joules[target[starts]] += np.add.reduceat(np.diff(edges)[:, None] * chunk.watts[fine], starts, axis=0)


def open_store(path: Path) -> TraceStore:
    """Open a stored trace and check that it is one."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path) as file:
            names, metadata = file.schema_arrow.names, file.metadata.metadata or {}
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except (arrow.ArrowException, OSError):
        raise TraceError(f"{path}: not a readable Parquet file, or truncated") from None
    missing = [name for name in ("bin", "start", "block", "watts") if name not in names]
    if KEY not in metadata or missing:
        raise TraceError(
            f"{path}: not a power trace of vascool" + (f", no column {missing[0]}" if missing else "")
        )
    counts = tuple(name for name in COUNTS if name in names)
    try:
        facts = json.loads(metadata[KEY])
        blocks, bins, end = tuple(map(str, facts["blocks"])), int(facts["bins"]), float(facts["end"])
        return TraceStore(path, blocks, bins, end, str(facts["source"]), counts)
    except (ValueError, TypeError, KeyError):
        raise TraceError(f"{path}: what vascool noted of the trace is damaged") from None
