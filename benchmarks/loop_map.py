"""Map of the loop over heat, outdoor temperature, height and fluid: what is carried, what limits, what fails.

``python benchmarks/loop_map.py [--points N]`` prints one JSON object: points, feasible, infeasible by limit,
not converged, and solves per second. Every point is a cold start.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import time

import numpy as np

from meshes.errors import VascoolError
from thermal.loop.fluids import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec

FLUIDS = ("R1234ze(E)", "R134a", "R1233zd(E)", "R245fa", "ammonia", "water", "R600a")
HEIGHTS = (0.5, 2.0, 5.0, 10.0, 20.0, 50.0)
OUTDOORS = (-10.0, 10.0, 30.0, 45.0)
MODULES, SEGMENTS = 4, 6
RATED = 300.0
"""Heat of one module at which the sink is sized [W]."""


def loop(fluid: str, height: float) -> LoopModel:
    """Four modules at one level under a condenser ``height`` above them [m]."""
    spec = LoopSpec(
        fluid=fluid,
        modules={"count": MODULES, "lowest": 0.0, "pitch": 0.0},
        riser={"length": height + 2.0, "diameter": 0.03, "K": 3.0},
        downcomer={"length": height + 2.0, "diameter": 0.02, "K": 3.0},
        return_manifold={"diameter": 0.05},
        supply_manifold={"diameter": 0.05},
        condensing={"passages": 60, "volume": 0.005, "height": 0.1},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=SEGMENTS, inlet_K=400.0)
    return LoopModel(spec, evaporator, height + 0.3, load_fluid(fluid))


def points_of(model: LoopModel, outdoor: float, shares: np.ndarray) -> list[tuple[str, float]]:
    """Outcome and time [s] of each share of the limit, from cold starts."""
    sink = HeatSink(outdoor + 273.15, 400.0, 300.0)
    shape = np.full((MODULES, SEGMENTS), RATED / SEGMENTS)
    rated = MODULES * RATED
    try:
        largest = model.largest_heat(shape, sink) / rated
    except VascoolError as error:
        return [(f"error: {error}", 0.0)] * len(shares)
    outcomes = []
    for share in shares:
        begun = time.perf_counter()
        try:
            state = model.solve(share * max(largest, 1e-3) * shape, sink)
            outcome = "feasible" if state.feasible else state.limit
            if state.limit == "circulation" and share < 1.0:
                outcome = "not converged"
        except VascoolError as error:
            condensing = outdoor + 273.15 + share * largest * rated / sink.effective_conductance()
            frozen = condensing < model.fluid.temperature_range[0] + 0.5
            outcome = "freezes" if frozen else f"error: {type(error).__name__}"
        outcomes.append((outcome, time.perf_counter() - begun))
    return outcomes


def main() -> None:
    """Run the map and print its count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2016, help="about how many")
    parser.add_argument("--fluids", nargs="*", default=FLUIDS)
    parser.add_argument(
        "--seconds", type=float, default=3600.0, help="stop after this time with what is done"
    )
    arguments = parser.parse_args()
    corners = list(itertools.product(arguments.fluids, HEIGHTS, OUTDOORS))
    # in an order that covers all axes even where time runs out
    np.random.default_rng(1).shuffle(corners)
    begun = time.perf_counter()
    shares = np.geomspace(1e-3, 1.5, max(1, round(arguments.points / len(corners))))
    counts: collections.Counter[str] = collections.Counter()
    missing, seconds, quick = [], 0.0, []
    for fluid, height_text, outdoor_text in corners:
        if time.perf_counter() - begun > arguments.seconds:
            break
        height, outdoor = float(height_text), float(outdoor_text)
        for share, (outcome, took) in zip(
            shares, points_of(loop(fluid, height), outdoor, shares), strict=True
        ):
            counts[outcome] += 1
            seconds += took
            if outcome == "feasible":
                quick.append(took)
            if outcome.startswith(("error", "not")):
                missing.append([fluid, height, outdoor, round(float(share), 4), outcome])
    print(
        json.dumps(
            {
                "points": sum(counts.values()),
                "outcomes": dict(counts),
                "not_converged": missing,
                "seconds": round(seconds, 1),
                "median_feasible_ms": round(1e3 * float(np.median(quick)), 1) if quick else None,
                "solves_per_second": round(len(quick) / max(sum(quick), 1e-9), 1),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
