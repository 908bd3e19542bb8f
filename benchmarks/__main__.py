"""``python -m benchmarks [--json] [--quick] [--only NAME]... [--sizes 44,66,154,217,308] [--rounds 5]``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
from collections.abc import Callable, Iterator

from benchmarks.accuracy import accuracy_rows
from benchmarks.designs import design_rows
from benchmarks.loop_solves import loop_rows
from benchmarks.memory import memory_rows
from benchmarks.nonlinear import nonlinear_rows
from benchmarks.other_codes import other_rows
from benchmarks.ranks import ranks_rows
from benchmarks.reduced import reduced_rows
from benchmarks.rows import Row
from benchmarks.run_path import run_path_rows
from benchmarks.steady import steady_rows
from benchmarks.transient import transient_rows


@dataclasses.dataclass(frozen=True)
class Options:
    """How much is measured: cells a side of the steady plates, the side of about half a million unknowns, rounds."""

    sizes: tuple[int, ...]
    large: int
    other: tuple[int, ...]
    rounds: int


BENCHES: dict[str, Callable[[Options], Iterator[Row]]] = {
    "steady": lambda o: steady_rows(o.sizes, o.rounds),
    "nonlinear": lambda o: nonlinear_rows(64, min(o.rounds, 5)),
    "accuracy": lambda o: accuracy_rows(o.rounds),
    "transient": lambda o: transient_rows(66, o.rounds),
    "run": lambda o: run_path_rows(o.large, o.rounds),
    "designs": lambda _: design_rows(),
    "reduced": lambda o: reduced_rows(o.rounds),
    "memory": lambda o: memory_rows(o.large),
    "loop": lambda o: loop_rows(o.rounds),
    "ranks": lambda o: ranks_rows(min(o.rounds, 3)),
    "other": lambda o: other_rows(o.other, min(o.rounds, 3)),
}


def main() -> None:
    """Print a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Ratios measured in one process.")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--only", choices=tuple(BENCHES), action="append", help="may be given more than once")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, two rounds: whether all of it runs"
    )
    parser.add_argument("--sizes", help="cells a side of the steady plates; 20 cells and 21 nodes in z")
    parser.add_argument(
        "--rounds", type=int, help="that a median is of; five unless given, fewer from 700 k unknowns"
    )
    given = parser.parse_args()
    options = (
        Options((44, 66), 66, (32,), 2) if given.quick else Options((44, 66, 154, 217, 308), 154, (32, 64), 5)
    )
    if given.sizes:
        options = dataclasses.replace(options, sizes=tuple(int(n) for n in given.sizes.split(",")))
    options = dataclasses.replace(options, rounds=given.rounds or options.rounds)
    for row in _rows(given.only or tuple(BENCHES), options):
        print(json.dumps(dataclasses.asdict(row)) if given.json else _line(row), flush=True)


def _rows(names: tuple[str, ...], options: Options) -> Iterator[Row]:
    for name in names:
        yield from BENCHES[name](options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield Row("largest memory of this process", peak, unit="MiB")


def _line(row: Row) -> str:
    seconds = "" if row.seconds is None else f"{row.seconds:.3g} s"
    ratio = "" if row.ratio is None else f"{row.ratio:.3g} x {row.ratio_to}"
    error = f"{row.error:.2g} {row.unit}" if row.error is not None else row.unit
    return f"{row.bench:<52} {row.size:>9} {seconds:>12}  {ratio:<20} {error}"


if __name__ == "__main__":
    main()
