"""Time of one evaluation of fluids and closures; run with ``python benchmarks/closures.py``."""

from __future__ import annotations

import functools
import time
import timeit
from collections.abc import Callable

import numpy as np

from thermal.loop.closures.boiling import BOILING, BoilingState, BoilingSurface
from thermal.loop.closures.friction import FRICTION
from thermal.loop.closures.void import VOID
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluid_sources import import_coolprop

SEGMENTS, FACES = 16, (80, 80)


def microseconds(function: Callable[[], object], calls: int) -> float:
    """Least processor time of one call over seven rounds [us]."""
    return min(timeit.repeat(function, timer=time.process_time, number=calls, repeat=7)) / calls * 1e6


def main() -> None:
    """Print a table of names and times."""
    fluid = load_fluid("R1234ze(E)")
    pressure = np.linspace(6e5, 8e5, 1000)
    s = fluid.saturation(pressure)
    coolprop = import_coolprop()
    state = coolprop.AbstractState("HEOS", "R1234ze(E)")
    rows: list[tuple[str, float]] = [
        ("equation of state itself, one property pair", microseconds(lambda: _direct(coolprop, state), 200)),
        ("all properties, one pressure", microseconds(lambda: fluid.saturation(7e5), 5000)),
        ("all properties, 16 pressures", microseconds(lambda: fluid.saturation(pressure[:16]), 5000)),
        ("all properties, 1000 pressures", microseconds(lambda: fluid.saturation(pressure), 500)),
    ]
    quality = np.linspace(0.0, 0.9, 1000)
    for friction in FRICTION.values():
        law = functools.partial(friction.function, 200.0, quality, s, 0.01)
        rows.append((f"friction {friction.name}, 1000", microseconds(law, 100)))
    for void in VOID.values():
        law = functools.partial(void.function, 200.0, quality, s, 0.01)
        rows.append((f"void {void.name}, 1000", microseconds(law, 100)))
    along = fluid.saturation(pressure[:SEGMENTS])
    wet = BoilingState(fluid, along, along.temperature - 1.0, 60.0, np.linspace(0.0, 0.2, SEGMENTS))
    surface = BoilingSurface(6e-3, 0.3, 0.5)
    segment = np.arange(FACES[0] * FACES[1]).reshape(FACES) % SEGMENTS
    wall = along.temperature[segment] + 5.0
    for name in BOILING:
        build = functools.partial(WallBoiling, wet, surface, name)
        rows.append((f"wall {name}, set-up of 16 segments", microseconds(build, 10)))
        rows.append(
            (f"wall {name}, 80 x 80 faces", microseconds(functools.partial(build().flux, wall, segment), 20))
        )
    for words, spent in rows:
        print(f"{words:<50} {spent:10.1f} us")


def _direct(coolprop: object, state: object) -> float:
    state.update(coolprop.PQ_INPUTS, 7e5, 0.0)  # type: ignore[attr-defined]
    return float(state.rhomass())  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
