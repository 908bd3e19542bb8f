"""Two hundred designs of a loop on one and on two workers, beside as many separate runs (of which a few are timed)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

DESIGNS = 200
TIMED_RUNS = 5
SWEEP = """
[sweep]
case = "loop.toml"
study = ["steady"]
[[axis]]
name = "riser"
key = "loop.riser.diameter"
range = ["16 mm", "28 mm"]
count = 20
[[axis]]
name = "power"
key = "power.total"
range = ["100 W", "500 W"]
count = 10
"""
CASE = """
[case]
name = "loop alone"
[evaporator]
gap = "3 mm"
width = "300 mm"
length = "300 mm"
inlet_K = 400
[loop]
fluid = "R134a"
modules = { count = 2, lowest = 0.2, pitch = 0.4 }
riser = { length = "25 m", diameter = "22 mm", K = 4.0 }
downcomer = { length = "25 m", diameter = "15 mm", K = 4.0 }
[condenser]
kind = "air-fan"
elevation = "10 m"
conductance = 200
air_flow = 0.3
fan = { pressure_rise = "60 Pa" }
[power]
total = "500 W"
"""


def seconds(*arguments: str) -> float:
    """Time a command of vascool [s]."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", *arguments], check=True, capture_output=True
    )
    return time.perf_counter() - began


def measure() -> list[dict[str, object]]:
    """Rows of the benchmark: whole commands, start-up of the workers included, and the engine's efficiency."""
    from coupling.study.engine import local_engine
    from coupling.study.plan import make_plan
    from coupling.study.solve import CaseEvaluator

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "loop.toml").write_text(CASE)
        (root / "sweep.toml").write_text(SWEEP)
        each = sum(
            seconds("run", str(root / "loop.toml"), "-o", str(root / f"run{index}"), "--quiet")
            for index in range(TIMED_RUNS)
        )
        separate = each / TIMED_RUNS * DESIGNS
        whole = seconds(
            "sweep", str(root / "sweep.toml"), "-o", str(root / "out"), "--workers", "2", "--quiet"
        )
        plan = make_plan(root / "sweep.toml")
        walls = {}
        for workers in (1, 2):
            with local_engine(workers) as engine:
                engine.solve(CaseEvaluator(plan.base), plan.designs[: 4 * workers], lambda rows: None)
                began = time.perf_counter()
                engine.solve(CaseEvaluator(plan.base), plan.designs, lambda rows: None)
                walls[workers] = time.perf_counter() - began
    row = {"bench": "sweep_scaling", "size": DESIGNS, "unit": "s", "error": None}
    return [
        row | {"seconds": whole, "ratio_to": f"{DESIGNS} separate runs", "ratio": whole / separate},
        row
        | {"seconds": walls[2], "ratio_to": "efficiency on two workers", "ratio": walls[1] / (2 * walls[2])},
    ]


if __name__ == "__main__":
    for found in measure():
        print(found)
