"""A power trace keeps its joules whatever is done to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coupling.errors import TraceError
from coupling.power.formats.ptrace import read_ptrace, write_ptrace
from coupling.power.trace import PowerTrace


def uneven_trace(seed: int = 1, steps: int = 17, blocks: int = 3) -> PowerTrace:
    random = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum(random.uniform(0.1, 2.0, steps))])
    names = tuple(f"b{index}" for index in range(blocks))
    return PowerTrace(edges, names, random.uniform(0.0, 50.0, (steps, blocks)))


def test_mean_times_duration_is_energy() -> None:
    trace = PowerTrace(np.array([0.0, 1.0, 4.0]), ("a", "b"), np.array([[2.0, 0.0], [6.0, 1.0]]))
    assert trace.energy() == pytest.approx([20.0, 3.0])
    assert trace.mean() == pytest.approx([5.0, 0.75])
    assert trace.peak() == pytest.approx([6.0, 1.0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 60))
def test_resampling_over_whole_laps_keeps_every_joule(seed: int, bins: int) -> None:
    trace = uneven_trace(seed)
    other = trace.resampled(np.linspace(0.0, 3.0 * trace.duration, bins + 1))
    assert other.energy() == pytest.approx(3.0 * trace.energy(), rel=1e-12)


@pytest.mark.parametrize("delay", [0.0, 0.3, 1.7, 40.0])
def test_a_shifted_trace_has_the_same_energy_and_comes_later(delay: float) -> None:
    trace = uneven_trace()
    moved = trace.shifted(delay)
    assert moved.energy() == pytest.approx(trace.energy(), rel=1e-12)
    assert moved.at(0.25 + delay) == pytest.approx(trace.at(0.25))


def test_columns_of_one_block_add_up_and_other_blocks_get_nothing() -> None:
    trace = uneven_trace()
    moved = trace.mapped({"b0": "core", "b1": "core", "b2": "cache"}, ("cache", "pads", "core"))
    assert moved.energy() == pytest.approx([trace.energy()[2], 0.0, trace.energy()[:2].sum()])


def test_a_column_without_a_block_is_an_error_that_names_it() -> None:
    with pytest.raises(TraceError, match="column 'b1' goes to block 'b1'"):
        uneven_trace().mapped({"b0": "core"}, ("core",))
    with pytest.raises(TraceError, match="no column 'nobody'"):
        uneven_trace().mapped({"nobody": "core"}, ("core",))


def test_a_ptrace_reads_back_to_the_same_bits(tmp_path: Path) -> None:
    watts = np.random.default_rng(3).uniform(0.0, 1.0, (50, 4)) / 3.0
    trace = PowerTrace(0.01 * np.arange(51), ("a", "b", "c", "d"), watts)
    write_ptrace(trace, tmp_path / "t.ptrace")
    again = read_ptrace(tmp_path / "t.ptrace", 0.01)
    assert np.array_equal(again.watts, watts)
    assert again.blocks == trace.blocks


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# only a comment\n\n", "the file is empty"),
        ("a b c\n", "no row of watts"),
        ("a b c\n1 2 3\n1 2\n", ":3: expected 3 values, found 2"),
        ("a b c\n1 2 3\n1 2 3 4\n", ":3: expected 3 values, found 4"),
        ("a b\n1 2\n1 nan\n", ":3: column 2 is nan, expected a finite"),
        ("a b\n1 inf\n", ":2: column 2 is inf"),
        ("a b\n\n# note\n-1 2\n", ":4: column 1 is -1, expected at least 0"),
        ("a b\n1 two\n", ":2: column 2 is 'two', expected a number"),
        ("1 2 3\n1 2 3\n", ":1: expected a header of names"),
        ("a b a\n1 2 3\n", ":1: column 'a' occurs twice"),
        (" ".join(f"b{index}" for index in range(1_000_000)) + "\n1\n", ":1: header names 1000000 columns"),
    ],
    ids=lambda value: value[:24].replace("\n", "|") if isinstance(value, str) else None,
)
def test_a_bad_ptrace_is_one_message_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.ptrace"
    path.write_text(text)
    with pytest.raises(TraceError) as caught:
        read_ptrace(path, 1e-3)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.ptrace").write_bytes(b"a b\n\xff\xfe\x00 1\n")
    with pytest.raises(TraceError, match="not a text file"):
        read_ptrace(tmp_path / "bad.ptrace", 1e-3)
    with pytest.raises(TraceError, match="no such file"):
        read_ptrace(tmp_path / "none.ptrace", 1e-3)
