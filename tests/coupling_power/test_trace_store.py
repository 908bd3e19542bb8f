"""Stored traces come back bit by bit, in chunks, and broken files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from coupling.errors import TraceError
from coupling.power.formats.ptrace import read_ptrace, write_ptrace
from coupling.power.store import KEY, TraceWriter, open_store, write_store
from coupling.power.trace import PowerTrace


def sparse_trace(steps: int = 40, blocks: int = 5) -> PowerTrace:
    random = np.random.default_rng(2)
    watts = random.uniform(0.0, 3.0, (steps, blocks)) * (random.random((steps, blocks)) < 0.3)
    edges = np.concatenate([[0.5], 0.5 + np.cumsum(random.uniform(0.1, 1.0, steps))])
    return PowerTrace(edges, tuple(f"b{index}" for index in range(blocks)), watts)


def test_ptrace_to_parquet_and_back_keeps_every_bit(tmp_path: Path) -> None:
    watts = np.random.default_rng(4).uniform(0.0, 1.0, (300, 7)) / 3.0
    first = PowerTrace(1e-3 * np.arange(301), tuple("abcdefg"), watts)
    write_ptrace(first, tmp_path / "a.ptrace")
    write_store(read_ptrace(tmp_path / "a.ptrace", 1e-3), tmp_path / "a.parquet")
    write_ptrace(open_store(tmp_path / "a.parquet").trace(), tmp_path / "b.ptrace")
    assert (tmp_path / "a.ptrace").read_bytes() == (tmp_path / "b.ptrace").read_bytes()


def test_uneven_bins_and_silent_bins_keep_their_place(tmp_path: Path) -> None:
    trace = sparse_trace()
    write_store(trace, tmp_path / "t.parquet")
    again = open_store(tmp_path / "t.parquet").trace()
    assert np.array_equal(again.watts, trace.watts)
    assert np.array_equal(again.time_edges, trace.time_edges)


def test_chunks_join_to_the_whole_and_carry_event_counts(tmp_path: Path) -> None:
    trace = sparse_trace()
    spikes = np.round(10.0 * trace.watts[:, ::-1])
    with TraceWriter(tmp_path / "t.parquet", trace.blocks, counts=("spikes",)) as writer:
        for first in range(0, 40, 7):
            rows = slice(first, min(first + 7, 40))
            writer.append(
                trace.time_edges[first : rows.stop + 1], trace.watts[rows], {"spikes": spikes[rows]}
            )
    chunks = list(open_store(tmp_path / "t.parquet").chunks())
    assert len(chunks) == 6
    assert np.array_equal(np.vstack([chunk.watts for chunk in chunks]), trace.watts)
    assert np.array_equal(np.vstack([chunk.counts["spikes"] for chunk in chunks]), spikes)


@pytest.mark.parametrize("interval", [0.07, 0.5, 3.0, 1e3])
def test_averaging_while_reading_keeps_every_joule(tmp_path: Path, interval: float) -> None:
    trace = sparse_trace()
    write_store(trace, tmp_path / "t.parquet")
    coarse = open_store(tmp_path / "t.parquet").averaged(interval)
    assert coarse.energy() == pytest.approx(trace.energy(), rel=1e-12)
    assert coarse.duration == pytest.approx(trace.duration)
    assert coarse.watts == pytest.approx(trace.resampled(coarse.time_edges).watts, abs=1e-9)


def test_a_failed_writer_leaves_no_file(tmp_path: Path) -> None:
    trace = sparse_trace()
    with (
        pytest.raises(TraceError, match="a chunk starts at"),
        TraceWriter(tmp_path / "t.parquet", trace.blocks) as writer,
    ):
        writer.append(trace.time_edges[:11], trace.watts[:10])
        writer.append(trace.time_edges[20:], trace.watts[20:])
    assert list(tmp_path.iterdir()) == []


def foreign(path: Path, bins: list[int], block: list[int], watts: list[float], count: int = 2) -> None:
    start = [0.1 * value for value in bins]
    table = arrow.table(
        {"bin": bins, "start": start, "block": arrow.array(block, arrow.int32()), "watts": watts}
    )
    facts = {"blocks": ["a", "b"], "bins": count, "end": 9.0, "source": ""}
    parquet.write_table(table.replace_schema_metadata({KEY: json.dumps(facts).encode()}), path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (([0, 1], [0, 2], [1.0, 1.0]), "unknown block 2"),
        (([0, 1], [0, 0], [1.0, -1.0]), "not negative"),
        (([0, 1], [0, 0], [1.0, np.nan]), "finite"),
        (([0, 2], [0, 0], [1.0, 1.0]), "not consecutive"),
        (([1, 0], [0, 0], [1.0, 1.0]), "not consecutive"),
        (([0], [0], [1.0]), "holds 1 of 2 time bins"),
    ],
)
def test_bad_contents_are_one_message(
    tmp_path: Path, rows: tuple[list[int], list[int], list[float]], message: str
) -> None:
    foreign(tmp_path / "bad.parquet", *rows)
    with pytest.raises(TraceError, match=message):
        open_store(tmp_path / "bad.parquet").trace()


def test_files_that_are_no_stored_trace_are_refused(tmp_path: Path) -> None:
    write_store(sparse_trace(), tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    for part in (b"", b"hello", content[: len(content) // 2]):
        (tmp_path / "bad.parquet").write_bytes(part)
        with pytest.raises(TraceError, match="not a readable Parquet"):
            open_store(tmp_path / "bad.parquet")
    parquet.write_table(arrow.table({"x": [1]}), tmp_path / "other.parquet")
    with pytest.raises(TraceError, match="not a power trace"):
        open_store(tmp_path / "other.parquet")
