"""Memory of a transient whose trace is not held: ``python -m benchmarks.transient_streaming --steps 100000``.

A package of 4 x 4 cells plays a stored trace of 64 blocks. Run with two lengths: ``added_MB``, what the process
holds at most beyond what it held after loading its libraries, does not grow with the trace; ``trace_MB`` does.
Prints one JSON object. Measured: 133, 146 and 141 MB added for 40 000, 100 000 and 200 000 steps, whose trace and
history would hold 83, 207 and 414 MB.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from benchmarks.trace_streaming import INTERVAL, peak_memory, write
from coupling.case_file import load_case
from coupling.power import stream
from coupling.run import run_case

CASE = """
[case]
name = "long trace"
study = ["transient"]
[package]
size = ["10 mm", "10 mm"]
cells = [4, 4]
[[package.layer]]
name = "die"
thickness = "1 mm"
material = "silicon"
floorplan = "blocks.flp"
heat = "bottom"
[package.boundary]
top = { h = 1000, T = "20 degC" }
[power]
trace = "trace.parquet"
"""


def floorplan(columns: int = 8, side: float = 10e-3) -> str:
    """Return a HotSpot floorplan of ``columns`` x ``columns`` equal blocks on a square of ``side`` [m]."""
    width = side / columns
    return "".join(
        f"block{row * columns + column:02d}\t{width}\t{width}\t{column * width}\t{row * width}\n"
        for row in range(columns)
        for column in range(columns)
    )


def play(folder: Path, steps: int) -> tuple[float, float]:
    """Play a trace of ``steps``; return seconds and the largest memory so far [B]."""
    write(folder / "trace.parquet", steps, 64)
    (folder / "blocks.flp").write_text(floorplan(), encoding="ascii")
    case = folder / "case.toml"
    case.write_text(CASE, encoding="utf-8")
    begun = time.perf_counter()
    outcome = run_case(load_case(case, ()), folder / "out", force=True)
    if outcome.exit_code != 0:
        raise SystemExit(str(outcome.summary.get("reason")))
    return time.perf_counter() - begun, peak_memory()


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    given = parser.parse_args()
    stream.LARGEST_IN_MEMORY = 1  # every stored trace is streamed
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), 200)  # loads the libraries and warms the solvers
        before = peak_memory()
        seconds, most = play(Path(folder), given.steps)
    row = {
        "bench": "transient_streaming",
        "size": f"{given.steps} x 64, 4 x 4 cells",
        "seconds": seconds,
        "seconds_a_step": seconds / given.steps,
        "added_MB": (most - before) / 1e6,
        "trace_MB": 8.0 * 64 * given.steps / 1e6,
        "history_MB": 8.0 * (3 * 64 + 3) * given.steps / 1e6,
        "interval_s": INTERVAL,
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
