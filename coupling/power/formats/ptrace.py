"""HotSpot power traces: a header of block names, then one row of watts per sampling interval.

The format is that of HotSpot [1]_: fields are separated by blanks or tabs and the interval
is not in the file.

References
----------
.. [1] R. Zhang, M. R. Stan, K. Skadron, "HotSpot 6.0: Validation, Acceleration and Extension", University of
   Virginia, Tech. Report CS-2015-04, 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.formats.text import Array, header, numbered_lines, numeric_rows
from coupling.power.trace import PowerTrace, Provenance, Share
from coupling.whole_file import whole_file


def read_ptrace(path: Path, interval: float) -> PowerTrace:
    """Read a whole ``.ptrace`` whose rows last ``interval`` [s] each."""
    names, chunks = stream_ptrace(path)
    rows = [chunk for _, chunk in chunks]
    if not rows:
        raise TraceError(f"{path}: no row of watts follows the header")
    watts = np.vstack(rows)
    edges = interval * np.arange(len(watts) + 1)
    share = Share("recorded", float(watts.sum(axis=1).mean()), "recorded", f"file {path.name}")
    return PowerTrace(edges, names, watts, provenance=Provenance(f"HotSpot trace {path.name}", (share,)))


def stream_ptrace(path: Path) -> tuple[tuple[str, ...], Iterator[tuple[list[int], Array]]]:
    """Open a ``.ptrace``; return its block names and its rows in chunks of bounded size."""
    lines = numbered_lines(path)
    names = header(lines, path)
    return names, numeric_rows(lines, path, len(names))


def write_ptrace(trace: PowerTrace, path: Path) -> None:
    """Write a ``.ptrace`` of equal intervals; every number reads back to the same bits."""
    steps = np.diff(trace.time_edges)
    if not np.allclose(steps, steps[0], rtol=1e-6):
        raise TraceError(
            f"{path}: a .ptrace has one interval, the trace has steps of {steps.min():g} to {steps.max():g} s"
        )
    for name in trace.blocks:
        if not name or any(letter.isspace() for letter in name):
            raise TraceError(f"{path}: block name {name!r} cannot stand in a .ptrace header")
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as stream:
        stream.write("\t".join(trace.blocks) + "\n")
        for row in trace.watts.tolist():
            stream.write("\t".join(map(repr, row)) + "\n")
