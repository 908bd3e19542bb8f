"""One big field on one rank and on two: mesh and assembly, and the solve.

Wall time, and processor time of the slowest rank, which other processes on the machine disturb less.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.rows import Row

Made = TypeVar("Made")

CELLS = 104
PARTS = (
    "mesh and assembly",
    "solve",
    "mesh and assembly, processor time",
    "solve, processor time",
)


def ranks_rows(rounds: int) -> Iterator[Row]:
    """Run both sides in turn; nothing where there is no ``mpirun``."""
    if shutil.which("mpirun") is None:
        print("mpirun: not found; ranks not compared", file=sys.stderr)
        return
    found: dict[int, list[list[float]]] = {1: [], 2: []}
    unknowns = 0
    for _ in range(rounds):
        for count, times in found.items():
            unknowns, *parts = _measured(count)
            times.append(parts)
    for index, part in enumerate(PARTS):
        one, two = (min(times[index] for times in found[count]) for count in (1, 2))
        yield Row(f"field on one rank: {part}", int(unknowns), one)
        yield Row(f"field on two ranks: {part}", int(unknowns), two, "one rank", one / two)


def _measured(count: int) -> list[float]:
    """Unknowns, and times of the parts on so many ranks [s]."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "times.json"
        environment = os.environ | {
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMP_NUM_THREADS": "1",
            # a rank that waits for another leaves its core to others, which disturb it less then
            "OMPI_MCA_mpi_yield_when_idle": "1",
        }
        command = [
            "mpirun",
            "--oversubscribe",
            "-n",
            str(count),
            sys.executable,
            "-m",
            "benchmarks.ranks",
            str(result),
        ]
        subprocess.run(command, check=True, env=environment)
        times: list[float] = json.loads(result.read_text())
    return times


def _measure(result: Path) -> None:
    """Measure on this rank; the slowest rank of each part is written by the first one."""
    import numpy as np

    from meshes.package import PackageSpec
    from thermal import ranks
    from thermal.fem import WORLD
    from thermal.field.boundary import FixedCoefficient
    from thermal.field.conduction import PackageField

    package = PackageSpec.model_validate(
        {
            "size": (4e-2, 4e-2),
            "cells": (CELLS, CELLS),
            "layer": [
                {
                    "name": "die",
                    "thickness": 5e-4,
                    "material": "silicon",
                    "cells": 6,
                    "floorplan": {"grid": (4, 4)},
                },
                {"name": "plate", "thickness": 3e-3, "material": "copper", "cells": 14},
            ],
        }
    )
    wall, power = FixedCoefficient(2e3, 310.0), np.full(16, 6.0)
    PackageField(
        package.model_copy(update={"cells": (8, 8)}), Path(), wetted_face="top", solver="amg"
    ).steady(power, wall)

    def field() -> PackageField:
        return PackageField(package, Path(), wetted_face="top", solver="amg")

    made, *making = _timed(WORLD, field)
    _, *solving = _timed(WORLD, lambda: made.steady(power, wall))
    if ranks.is_first():
        result.write_text(json.dumps([made.unknowns, making[0], solving[0], making[1], solving[1]]))


def _timed(world: Any, make: Callable[[], Made]) -> tuple[Made, float, float]:
    """Return what is made, wall time until all ranks have it, and processor time of the slowest [s]."""
    world.barrier()
    start, used = time.perf_counter(), time.process_time()
    made = make()
    slowest = max(world.allgather(time.process_time() - used))
    return made, time.perf_counter() - start, slowest


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
