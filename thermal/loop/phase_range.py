"""Heat at which a loop's fluid would freeze or pass its critical point: no steady two-phase loop exists there.

The sinks alone decide it. Each takes ``Q_k = G_k (T_k - T_sink,k)`` from fluid that condenses at ``T_k`` with its
whole surface, so that heat and sinks fix the mean condensing temperature, weighted with the conductances:
``sum(G_k T_k) / sum(G_k) = (Q + sum(G_k T_sink,k)) / sum(G_k)``. Below the fluid's lowest temperature at least one
condenser is colder than that, above its highest at least one is hotter. Liquid that floods a condenser lowers
``G_k``: then this mean is the least that is possible, and proves nothing on the cold side.
"""

from __future__ import annotations

from thermal.loop.cold_start import condensing_temperature
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem
from thermal.loop.fluids import Fluid

FREEZING, CRITICAL = "freezing", "critical"
"""Names of the limits: below the lowest temperature of the fluid's tables (its triple point, or 200 K), above their
highest (0.998 of the critical one), be it at a condenser or in pressure at the foot of a liquid column."""


def phase_limit(fluid: Fluid, problem: Problem) -> str:
    """Name of the end of the two-phase range that heat and sinks alone lead beyond, or ``""``."""
    if any(isinstance(sink, LiquidCooler) for sink in problem.sinks):
        return ""
    low, high = fluid.temperature_range
    mean = condensing_temperature(problem)
    if mean < low and problem.charge is None:
        return FREEZING
    return CRITICAL if mean > high else ""


def phase_limit_message(fluid: Fluid, problem: Problem, limit: str) -> str:
    """One line on a limit found by :func:`phase_limit`."""
    low, high = fluid.temperature_range
    bound = (
        f"below {low:.2f} K it is no liquid" if limit == FREEZING else f"above {high:.2f} K it does not boil"
    )
    return f"{fluid.name} would condense at {condensing_temperature(problem):.2f} K, and {bound}"
