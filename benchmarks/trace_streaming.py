"""Memory and time of a stored trace that is larger than what is held of it: ``python -m benchmarks.trace_streaming``.

Writes a trace of 10^6 steps x 64 blocks (a quarter of the values non-zero), then reads it back twice in a fresh
process: summed up, and averaged to bins of a thousand steps. Prints one JSON object a row; ``ratio`` is the
memory that the reading added over that of the watts in memory, ``error`` the relative difference of the energies.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np

from coupling.power.overview import summarise
from coupling.power.store import CHUNK_VALUES, TraceWriter, open_store

INTERVAL = 1e-3
SHARE = 0.25


def write(path: Path, steps: int, blocks: int) -> float:
    """Write the trace in chunks; return its energy [J]."""
    random = np.random.default_rng(1)
    energy, rows = 0.0, CHUNK_VALUES // blocks
    with TraceWriter(path, tuple(f"block{index:02d}" for index in range(blocks))) as writer:
        for first in range(0, steps, rows):
            last = min(first + rows, steps)
            watts = random.random((last - first, blocks))
            watts[random.random(watts.shape) > SHARE] = 0.0
            writer.append(INTERVAL * np.arange(first, last + 1), watts)
            energy += INTERVAL * float(watts.sum())
    return energy


def peak_memory() -> float:
    """Most memory that this process has held since it was started [B]."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024.0 * float(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def read(path: Path, how: str, answers: multiprocessing.Queue[tuple[float, float, float]]) -> None:
    """Read the trace in this process; answer with energy [J], added memory [B] and time [s]."""
    open_store(path)  # loads the libraries, which is not what is measured
    before = peak_memory()
    begun = time.perf_counter()
    store = open_store(path)
    if how == "summary":
        energy = float(str(summarise(store.blocks, store.chunks())["energy_J"]))
    else:
        energy = float(store.averaged(1000.0 * INTERVAL).energy().sum())
    spent = time.perf_counter() - begun
    answers.put((energy, peak_memory() - before, spent))


def rows(steps: int = 1_000_000, blocks: int = 64) -> list[dict[str, object]]:
    """Run the benchmark; one row for writing, one for each way of reading."""
    result: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.parquet"
        begun = time.perf_counter()
        energy = write(path, steps, blocks)
        size, dense = f"{steps} x {blocks}", 8.0 * steps * blocks
        spent = time.perf_counter() - begun
        row = {
            "bench": "trace_streaming:write",
            "size": size,
            "seconds": spent,
            "ratio_to": "8 bytes a value",
        }
        result.append({**row, "ratio": path.stat().st_size / dense, "error": 0.0, "unit": "file bytes"})
        context = multiprocessing.get_context("spawn")
        for how in ("summary", "average"):
            answers = context.Queue()
            process = context.Process(target=read, args=(path, how, answers))
            process.start()
            found, memory, spent = answers.get()
            process.join()
            row = {
                "bench": f"trace_streaming:{how}",
                "size": size,
                "seconds": spent,
                "ratio_to": "watts in memory",
            }
            error = abs(found / energy - 1.0)
            result.append(
                {**row, "ratio": memory / dense, "error": error, "unit": f"bytes ({memory / 1e6:.0f} MB)"}
            )
    return result


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=64)
    given = parser.parse_args()
    for row in rows(given.steps, given.blocks):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
