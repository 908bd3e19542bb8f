"""Spikes as text: NEST ``.gdf`` and ``.dat``, comma-separated values, and address events (AER).

NEST writes sender and time in ms, since version 3 below a header; addresses of AER come with a time in
microseconds. Every sender is a neuron: those of a file are numbered in the order of their ids.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.formats.text import Array, numbered_lines, numeric_rows
from coupling.power.spikes import Spikes

LARGEST_SENDER = 2**53
"""Larger ids are no longer told apart once read as numbers."""
UNITS = {"ms": 1e-3, "us": 1e-6, "s": 1.0}


def read_nest(path: Path) -> Spikes:
    """Read a NEST spike recording: sender and time [ms]; a column of time steps is refused."""
    return _read(path, None, "ms")


def read_spike_csv(path: Path) -> Spikes:
    """Read ``neuron,time_s`` rows, in the order that the header says."""
    return _read(path, ",", "s")


def read_aer_text(path: Path) -> Spikes:
    """Read address and timestamp [us] as text."""
    return _read(path, None, "us")


def read_aedat(path: Path) -> Spikes:
    """Read a binary AEDAT 2.0 recording: big-endian pairs of 32-bit address and timestamp [us] after ``#`` lines."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from None
    start, line = 0, 0
    while content[start : start + 1] == b"#":
        end = content.find(b"\n", start)
        if end < 0:
            raise TraceError(f"{path}:{line + 1}: the header does not end")
        start, line = end + 1, line + 1
    body = content[start:]
    if not body:
        raise TraceError(f"{path}: no events follow the {line} header lines")
    if len(body) % 8:
        raise TraceError(f"{path}: truncated within event {len(body) // 8 + 1} (8 bytes each)")
    events = np.frombuffer(body, dtype=">u4").reshape(-1, 2)
    time = events[:, 1] * 1e-6
    backwards = np.flatnonzero(np.diff(time) < 0.0)
    if backwards.size:
        raise TraceError(f"{path}: event {backwards[0] + 2}: time runs backwards")
    return _spikes(path, events[:, 0].astype(np.float64), time, start=float(time[0]))


def _read(path: Path, separator: str | None, unit: str) -> Spikes:
    lines = numbered_lines(path)
    first = next(lines, None)
    if first is None:
        raise TraceError(f"{path}: the file is empty; expected rows of sender and time")
    names = [name.strip().lower() for name in first[1].split(separator)]
    if len(names) != 2:
        raise TraceError(f"{path}:{first[0]}: expected 2 columns, sender and time, found {len(names)}")
    factor, sender = UNITS[unit], 0
    if not _numbers(names):
        sender, factor = _columns(path, first[0], names, unit)
    else:
        lines = itertools.chain([first], lines)
    chunks = list(numeric_rows(lines, path, 2, separator))
    if not chunks:
        raise TraceError(f"{path}: no spike follows the header")
    table = np.vstack([rows for _, rows in chunks])
    places = [number for numbers, _ in chunks for number in numbers]
    _refuse_disorder(path, table[:, sender], table[:, 1 - sender], places)
    return _spikes(path, table[:, sender], table[:, 1 - sender] * factor, start=0.0)


def _columns(path: Path, line: int, names: list[str], unit: str) -> tuple[int, float]:
    """Which column is the sender and what a time is in seconds, from the header."""
    times = [index for index, name in enumerate(names) if name.startswith("time") or name in ("t", "ts")]
    if len(times) != 1:
        raise TraceError(f"{path}:{line}: expected a header such as sender time_ms, found {' '.join(names)}")
    suffix = names[times[0]].partition("_")[2] or unit
    if suffix not in ("ms", "us", "s"):
        raise TraceError(
            f"{path}:{line}: unit of {names[times[0]]!r} is unknown; expected time_ms, time_us or time_s"
        )
    return 1 - times[0], UNITS[suffix]


def _refuse_disorder(path: Path, sender: Array, time: Array, lines: list[int]) -> None:
    broken = np.flatnonzero(sender != np.floor(sender))
    if broken.size:
        raise TraceError(f"{path}:{lines[broken[0]]}: sender {sender[broken[0]]:g} is no whole number")
    large = np.flatnonzero(sender > LARGEST_SENDER)
    if large.size:
        raise TraceError(
            f"{path}:{lines[large[0]]}: sender {sender[large[0]]:g}, expected at most {LARGEST_SENDER}"
        )
    backwards = np.flatnonzero(np.diff(time) < 0.0)
    if backwards.size:
        raise TraceError(f"{path}:{lines[backwards[0] + 1]}: time runs backwards")


def _spikes(path: Path, sender: Array, time: Array, start: float) -> Spikes:
    ids, neuron = np.unique(sender, return_inverse=True)
    duration = float(time[-1]) - start
    return Spikes(time - start, neuron, ids.size, duration or 1e-3, f"spikes {path.name}")


def _numbers(names: list[str]) -> bool:
    try:
        [float(name) for name in names]
    except ValueError:
        return False
    return True
