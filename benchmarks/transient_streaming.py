"""A long trace in one run, never held: ``python -m benchmarks.transient_streaming --steps 1000000``.

A package of 64 blocks on a loop plays a stored trace, by its reduced model; the loop answers every second of it.
``added_MB``, what the process holds at most beyond what it held after a short run, does not grow with the trace;
``trace_MB`` and ``history_MB`` do. Processor time beside that of the clock: where others use the machine only the first
says what the run costs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rows import Row
from benchmarks.trace_streaming import INTERVAL, peak_memory, write
from coupling.case_file import load_case
from coupling.power import stream
from coupling.run import run_case

CASE = Path(__file__).resolve().parents[1] / "tests" / "cases" / "two_modules.toml"
CHANGES = (
    "case.study=['transient']",
    "package.cells=[16, 16]",
    "package.layer.die.material=silicon",
    "package.layer.die.floorplan=blocks.flp",
    "power.trace=trace.parquet",
    "power.activity=100 W",
    "numerics.loop_time_step=1 s",
    "numerics.reduced_tolerance=0.1",
)
"""Of the small case: 64 blocks, a long trace, a loop that answers every second."""


def floorplan(columns: int = 8, side: float = 80e-3) -> str:
    """Return a HotSpot floorplan of ``columns`` x ``columns`` equal blocks on a square of ``side`` [m]."""
    width = side / columns
    return "".join(
        f"block{row * columns + column:02d}\t{width}\t{width}\t{column * width}\t{row * width}\n"
        for row in range(columns)
        for column in range(columns)
    )


def play(folder: Path, steps: int) -> tuple[float, float, dict[str, Any]]:
    """Play a trace of ``steps``; return seconds by the clock and of the processor, and the summary."""
    write(folder / "trace.parquet", steps, 64)
    (folder / "blocks.flp").write_text(floorplan(), encoding="ascii")
    case = folder / "case.toml"
    case.write_bytes(CASE.read_bytes())
    begun, used = time.perf_counter(), time.process_time()
    outcome = run_case(load_case(case, CHANGES), folder / "out", force=True)
    if outcome.exit_code != 0:
        raise SystemExit(str(outcome.summary.get("reason")))
    return time.perf_counter() - begun, time.process_time() - used, outcome.summary


def play_long(steps: int) -> Row:
    """Play a streamed trace of 64 blocks on a loop that answers every second."""
    held, stream.LARGEST_IN_MEMORY = stream.LARGEST_IN_MEMORY, 1  # every stored trace is streamed
    try:
        with tempfile.TemporaryDirectory() as folder:
            clock, processor, summary = play(Path(folder), steps)
    finally:
        stream.LARGEST_IN_MEMORY = held
    reduced = summary["numerics"]["reduced"]
    return Row(
        f"run of {steps} steps x 64 blocks on a loop, {reduced['order']} states",
        steps,
        seconds=processor,
        ratio_to="its time by the clock over that of the processor",
        ratio=clock / processor,
        error=reduced["error_K"],
        unit="K bound",
    )


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    given = parser.parse_args()
    play_long(2000)  # loads the libraries and warms the solvers
    before = peak_memory()
    row = dataclasses.asdict(play_long(given.steps)) | {
        "added_MB": (peak_memory() - before) / 1e6,
        "trace_MB": 8.0 * 64 * given.steps / 1e6,
        "history_MB": 8.0 * (2 * 64 + 7) * given.steps / 1e6,
        "interval_s": INTERVAL,
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
