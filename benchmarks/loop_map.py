"""Map of the loop over heat, outdoor temperature, height and fluid: what is carried, what limits it, what fails.

``python -m benchmarks.loop_map [--powers 9] [--riser 30] [--part 1/4] [--record map.jsonl]`` prints one JSON object.
Every point is a cold start without a guess. A point that is not solved counts as infeasible only with a proof:

``state``
    the equations have a solution at that heat, and it has passed the limit;
``continuation``
    the largest heat, found by following the states upward, is below the heat that is asked for, and what stopped the
    walk is a limit that a solution just above it has passed;
``pump``
    at every flow, from one that needs a pump down to the one that evaporates wholly, a pump would be needed;
``balance``
    heat and sink alone put the condensing temperature outside the fluid's two-phase range.

What is left is not converged. With ``--record`` each point is one line, and points recorded before are not run again.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NoSteadyState, NotConverged
from thermal.loop.continuation import NO_STATE, approach
from thermal.loop.fluid_list import OFFERED
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.forced_flow import search
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec

FLUIDS = tuple(fluid.name for fluid in OFFERED)
HEIGHTS = (0.5, 2.0, 5.0, 10.0, 20.0, 50.0)
"""From the modules to the condenser [m]."""
OUTDOORS = (-10.0, 20.0, 35.0, 45.0)
"""Of the air at the condenser [degC]."""
SHARES = (1.0e-3, 1.5)
"""Smallest and largest heat over the largest that the loop carries [-]."""
MODULES, SEGMENTS = 4, 6
RATED = 300.0
"""Heat of one module at which the sink is sized [W]."""

Record = dict[str, Any]


def loop(fluid: str, height: float, riser: float = 0.030) -> LoopModel:
    """Four modules at one level under a condenser ``height`` above them, with a ``riser`` of this diameter [m]."""
    spec = LoopSpec(
        fluid=fluid,
        modules={"count": MODULES, "lowest": 0.0, "pitch": 0.0},
        riser={"length": height + 2.0, "diameter": riser, "K": 3.0},
        downcomer={"length": height + 2.0, "diameter": min(riser, 0.02), "K": 3.0},
        return_manifold={"diameter": 0.05},
        supply_manifold={"diameter": 0.05},
        condensing={"passages": 60, "volume": 0.005, "height": 0.1},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=SEGMENTS, inlet_K=400.0)
    return LoopModel(spec, evaporator, height + 0.3, load_fluid(fluid))


def outdoor_sink(outdoor: float) -> HeatSink:
    """Air at ``outdoor`` [degC] that takes the rated heat with 6 K."""
    return HeatSink(outdoor + 273.15, 400.0, 300.0)


def heat_of(share: float, largest: float) -> NDArray[np.float64]:
    """Heat of all segments at ``share`` of the largest [W]; of the rated heat where nothing is carried."""
    total = share * (largest if largest > 0.0 else MODULES * RATED)
    return np.full((MODULES, SEGMENTS), total / (MODULES * SEGMENTS))


def solved(model: LoopModel, heat: NDArray[np.float64], sink: HeatSink) -> Record:
    """Outcome, limit and proof of one cold start, with its processor time [s]."""
    begun = time.process_time()
    try:
        state = model.solve(heat, sink)
        limit = "" if state.feasible else state.limit
        carried = float(state.heat.sum())
        stability: float | None = state.static_stability
    except NoSteadyState as error:
        limit, carried, stability = error.limit, 0.0, None
    except NotConverged:
        limit, carried, stability = NO_STATE, 0.0, None
    seconds = time.process_time() - begun
    if not limit:
        return {
            "outcome": "solved",
            "seconds": seconds,
            "unstable": bool(stability is None or stability < 0.0),
        }
    proof = proof_of(model, heat, sink, limit, carried)
    outcome = "infeasible" if proof else "not converged"
    return {"outcome": outcome, "limit": limit, "proof": proof, "seconds": seconds}


def proof_of(model: LoopModel, heat: NDArray[np.float64], sink: HeatSink, limit: str, carried: float) -> str:
    """Why there is no state within the limits at ``heat``, or ``""`` where that is not shown."""
    if model.absence(heat, sink):
        return "balance"
    state = model.attempt(heat, sink, patient=True) or approach(model, heat, sink)
    if state is not None and model.passed_limit(state):
        return "state"
    if limit != NO_STATE and 0.0 < carried < float(heat.sum()):
        return "continuation"
    walk = search(model.solver, model.problem(heat, sink))
    return "pump" if walk.whole and walk.root is None and walk.least_head > 0.0 else ""


def corner(
    fluid: str, height: float, outdoor: float, shares: NDArray[np.float64], riser: float
) -> list[Record]:
    """All heats of one fluid, height and outdoor temperature."""
    model, sink = loop(fluid, height, riser), outdoor_sink(outdoor)
    largest = model.largest_heat(heat_of(1.0, 0.0), sink)
    return [
        {
            "fluid": fluid,
            "height": height,
            "outdoor": outdoor,
            "share": float(share),
            "largest": largest,
            **solved(model, heat_of(share, largest), sink),
        }
        for share in shares
    ]


def summary(records: list[Record]) -> Record:
    """Counts and times of a map."""
    done = [record for record in records if record["outcome"] == "solved"]
    reasons = collections.Counter(
        f"{record['limit']}, {record['proof']}" for record in records if record["outcome"] == "infeasible"
    )
    times = 1e3 * np.array([record["seconds"] for record in done])
    return {
        "points": len(records),
        "solved": len(done),
        "of them unstable against flow excursion": sum(record["unstable"] for record in done),
        "infeasible": dict(reasons),
        "not converged": [record for record in records if record["outcome"] == "not converged"],
        "solve_ms": dict(
            zip(("median", "95 %", "largest"), np.round(np.percentile(times, (50, 95, 100)), 1), strict=True)
        )
        if done
        else None,
        "solves_per_second": round(len(done) / max(float(times.sum()) * 1e-3, 1e-9), 1),
        "seconds": round(sum(record["seconds"] for record in records), 1),
    }


def main() -> None:
    """Run the map, or one part of it, and print its counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--powers", type=int, default=9, help="heats a corner, 0.1 %% to 150 %% of the limit")
    parser.add_argument("--fluids", nargs="*", default=FLUIDS)
    parser.add_argument("--heights", nargs="*", type=float, default=HEIGHTS, help="[m]")
    parser.add_argument("--outdoors", nargs="*", type=float, default=OUTDOORS, help="[degC]")
    parser.add_argument("--riser", type=float, default=30.0, help="diameter [mm]; thin ones choke the flow")
    parser.add_argument("--part", default="1/1", help="k/n: every n-th corner, from the k-th")
    parser.add_argument("--record", type=Path, help="file of one line a point, to go on with")
    arguments = parser.parse_args()
    part, parts = (int(number) for number in arguments.part.split("/"))
    corners = list(itertools.product(arguments.fluids, arguments.heights, arguments.outdoors))[
        part - 1 :: parts
    ]
    shares = np.geomspace(*SHARES, arguments.powers)
    records: list[Record] = []
    if arguments.record is not None and arguments.record.exists():
        records = [json.loads(line) for line in arguments.record.read_text().splitlines()]
    known = {(record["fluid"], record["height"], record["outdoor"]) for record in records}
    for place in corners:
        if place in known:
            continue
        found = corner(*place, shares, arguments.riser * 1e-3)
        records += found
        if arguments.record is not None:
            with arguments.record.open("a") as file:
                file.writelines(json.dumps(record) + "\n" for record in found)
    print(json.dumps(summary(records), indent=1))


if __name__ == "__main__":
    main()
