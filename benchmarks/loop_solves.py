"""Steady loops of a rack of 16 modules: cold starts, neighbours, and what the check of small disturbances adds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.rows import Row, interleaved
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec

MODULES, SEGMENTS = 16, 8
POWERS = (3.0, 30.0, 100.0, 300.0, 600.0)
"""Of a module [W]: 0.003 to 0.7 W/cm2."""
FLUIDS = ("R1234ze(E)", "R1233zd(E)", "water")


def rack_loop(fluid: str) -> LoopModel:
    """Sixteen shelves under a condenser 10 m up, as the reference rack."""
    spec = LoopSpec(
        fluid=fluid,
        modules={"count": MODULES, "lowest": 0.2, "pitch": 0.1},
        riser={"length": 25.0, "diameter": 0.042, "K": 4.0},
        downcomer={"length": 25.0, "diameter": 0.028, "K": 4.0},
        return_manifold={"diameter": 0.076},
        supply_manifold={"diameter": 0.076},
        condensing={"passages": 120, "volume": 0.012},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=SEGMENTS, inlet_K=400.0)
    return LoopModel(spec, evaporator, 10.0, load_fluid(fluid))


def loop_rows(rounds: int) -> Iterator[Row]:
    """A row for each fluid and power, then the two that stand beside a cold start."""
    sink = HeatSink(308.15, 1050.0, 830.0)
    medians = []
    for fluid in FLUIDS:
        model = rack_loop(fluid)
        for power in POWERS:
            heat = np.full((MODULES, SEGMENTS), power / SEGMENTS)
            state = model.solve(heat, sink)
            times = interleaved(
                {
                    "cold": lambda: model.solve(heat, sink),  # noqa: B023  called in this round of the loop
                    "near": lambda: model.solve(1.01 * heat, sink, state),  # noqa: B023
                    "swing": lambda: model.oscillation(state),  # noqa: B023
                },
                rounds,
            )
            medians.append(times)
            yield Row(
                f"loop of 16 modules, {fluid}, {power:g} W each",
                model.equations.size,
                times["cold"],
                "a neighbour of it",
                times["cold"] / times["near"],
                1.0 / times["cold"],
                "solves/s",
            )
    cold = float(np.median([times["cold"] for times in medians]))
    yield Row(
        "median of these cold starts",
        len(medians),
        cold,
        "the slowest",
        cold / max(t["cold"] for t in medians),
        1.0 / cold,
        "solves/s",
    )
    swing = float(np.median([times["swing"] for times in medians]))
    yield Row("eigenvalues of small disturbances", len(medians), swing, "a cold start", swing / cold)
