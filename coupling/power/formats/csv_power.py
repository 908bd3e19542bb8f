"""Power as comma-separated values, and the ``perf.csv`` of SANA-FE.

A power table has a header ``time_s,block,block...``; a row holds the start of its bin and the watts of each block; the
last row lasts as long as the one before it. A perf trace has columns ``timestep`` and ``<tile>.energy`` or
``<tile>.<core>.energy`` in joules per step.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.formats.text import Array, header, numbered_lines, numeric_rows
from coupling.power.trace import PowerTrace, Provenance, Share
from coupling.whole_file import whole_file

TIME_COLUMNS = ("time_s", "time")


def read_power_csv(path: Path, interval: float) -> PowerTrace:
    """Read a table of watts over time; ``interval`` [s] is the duration of a lone row."""
    names, starts, values = _table(path)
    if names[0] not in TIME_COLUMNS or len(names) < 2:
        raise TraceError(f"{path}:1: expected the header time_s,block,...; found {','.join(names[:4])}")
    last = starts[-1] + (starts[-1] - starts[-2] if len(starts) > 1 else interval)
    share = Share("recorded", float(values.sum(axis=1).mean()), "recorded", f"file {path.name}")
    provenance = Provenance(f"table {path.name}", (share,))
    return PowerTrace(np.append(starts, last), names[1:], values, provenance=provenance)


def read_sanafe_perf(path: Path, interval: float, level: str = "tile") -> PowerTrace:
    """Read joules per step of a SANA-FE perf trace as watts of tiles or cores; a step lasts ``interval`` [s]."""
    names, steps, values = _table(path)
    depth = {"tile": 2, "core": 3}[level]
    energy = [name.split(".") for name in names[1:]]
    chosen = [index for index, parts in enumerate(energy) if len(parts) == depth and parts[-1] == "energy"]
    if names[0] != "timestep" or not chosen:
        raise TraceError(
            f"{path}:1: expected timestep and <tile>{'.<core>' if level == 'core' else ''}.energy columns "
            "(log_energy: true in the architecture file)"
        )
    if np.any(np.diff(steps) != 1.0):
        raise TraceError(f"{path}: time steps are not consecutive")
    watts = values[:, chosen] / interval
    blocks = tuple(_plain(".".join(energy[index][:-1])) for index in chosen)
    order = sorted(range(len(blocks)), key=lambda index: _natural(blocks[index]))
    mean = float(watts.sum(axis=1).mean())
    share = Share("emulated", mean, "emulated", f"{interval:g} s a step")
    edges = interval * np.arange(len(steps) + 1)
    return PowerTrace(
        edges,
        tuple(blocks[index] for index in order),
        watts[:, order],
        provenance=Provenance(f"SANA-FE perf trace {path.name}", (share,)),
    )


def _table(path: Path) -> tuple[tuple[str, ...], Array, Array]:
    """Read names, the first column, which must increase, and the others, which must not be negative."""
    lines = numbered_lines(path)
    names = header(lines, path, ",")
    first: list[Array] = []
    rest: list[Array] = []
    before = -np.inf
    for numbers, rows in numeric_rows(lines, path, len(names), ","):
        backwards = np.flatnonzero(np.diff(rows[:, 0], prepend=before) <= 0.0)
        if backwards.size:
            raise TraceError(f"{path}:{numbers[backwards[0]]}: {names[0]} does not increase")
        before = rows[-1, 0]
        first.append(rows[:, 0])
        rest.append(rows[:, 1:])
    if not first:
        raise TraceError(f"{path}: no row follows the header")
    return names, np.concatenate(first), np.vstack(rest)


def write_power_csv(trace: PowerTrace, path: Path) -> None:
    """Write a table that :func:`read_power_csv` reads back; the last bin must last as long as the one before it."""
    steps = np.diff(trace.time_edges)
    if trace.steps > 1 and not np.isclose(steps[-1], steps[-2], rtol=1e-9):
        raise TraceError(
            f"{path}: a table cannot say that its last bin differs in length; resample the trace"
        )
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as stream:
        stream.write(",".join(("time_s", *trace.blocks)) + "\n")
        for start, row in zip(trace.time_edges.tolist(), trace.watts.tolist(), strict=False):
            stream.write(",".join(map(repr, itertools.chain((start,), row))) + "\n")


def _plain(name: str) -> str:
    return name.replace("[", "").replace("]", "")


def _natural(name: str) -> tuple[tuple[str, int], ...]:
    """Sort key that counts: tile2 before tile10."""
    parts = name.split(".")
    return tuple(
        (part.rstrip("0123456789"), int("0" + part[len(part.rstrip("0123456789")) :])) for part in parts
    )
