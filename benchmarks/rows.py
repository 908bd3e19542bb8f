"""A line of the table, and how times are taken: processor time, sides interleaved, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Number = float | None


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes
    ----------
    bench
        What was done, and by whom.
    size
        Unknowns, steps or designs.
    seconds
        Processor time of one.
    ratio_to
        The other side, in the same process and interleaved.
    ratio
        Its time over ours [-].
    error
        In ``unit``.
    unit
        Of the error, or of ``ratio`` where that is no ratio of times.
    """

    bench: str
    size: int
    seconds: Number = None
    ratio_to: str = ""
    ratio: Number = None
    error: Number = None
    unit: str = ""


def interleaved(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median processor time of each side over rounds in which all take their turn [s]."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in times.items()}
