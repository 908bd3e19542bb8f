"""``python -m benchmarks [--json] [--only steady|reduced] [--sizes 44,66,154] [--rounds 5]``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator

from benchmarks.reduced import reduced_rows
from benchmarks.rows import Row
from benchmarks.steady import steady_rows

BENCHES = ("steady", "reduced")
OTHER_CODES = {"HOTSPOT": "hotspot", "ICE3D": "3D-ICE-Emulator"}


def main() -> None:
    """Print a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Ratios measured in one process.")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--only", choices=BENCHES)
    parser.add_argument("--sizes", default="44,66,154", help="cells a side; 20 cells and 21 nodes in z")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for row in _rows(options.only, tuple(int(n) for n in options.sizes.split(",")), options.rounds):
        print(json.dumps(dataclasses.asdict(row)) if options.json else _line(row), flush=True)


def _rows(only: str | None, sizes: tuple[int, ...], rounds: int) -> Iterator[Row]:
    if only in (None, "reduced"):
        yield from reduced_rows(rounds)
    if only in (None, "steady"):
        yield from steady_rows(sizes, rounds)
    yield Row(
        "largest memory of this process",
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        unit="MiB",
    )
    for variable, program in OTHER_CODES.items():
        if shutil.which(os.environ.get(variable, program)) is None:
            print(f"{program}: not found ({variable}=... names it); not compared", file=sys.stderr)
        else:
            print(f"{program}: found, but a comparison is not written yet", file=sys.stderr)


def _line(row: Row) -> str:
    seconds = "" if row.seconds is None else f"{row.seconds:.3g} s"
    ratio = "" if row.ratio is None else f"{row.ratio:.3g} x {row.ratio_to}"
    error = f"{row.error:.2g} {row.unit}" if row.error is not None else row.unit
    return f"{row.bench:<52} {row.size:>9} {seconds:>12}  {ratio:<20} {error}"


if __name__ == "__main__":
    main()
