"""The transient loop against the method of characteristics for a homogeneous boiling channel at constant pressure."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from thermal.loop.closures.void import void_closure
from thermal.loop.cooler import LiquidCooler
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import Floats
from thermal.loop.ring import Section, ring_network
from thermal.loop.transient import RingState, RingTransient, RingWall
from validation.loop_analytic import no_friction
from validation.loop_fluids import IdealisedFluid
from validation.registry import Row, case, within

LENGTH, AREA, HEAT = 1.0, 1.0e-4, 1000.0
BEFORE, AFTER = 0.5, 0.8
"""Inlet velocity before and after the step [m/s]."""
FLUID = IdealisedFluid(1000.0, 20.0, 1.5e5, saturation_enthalpy=0.0)
RATE = HEAT / (AREA * LENGTH) * (1.0 / FLUID.vapour_density - 1.0 / FLUID.liquid_density) / FLUID.latent_heat
"""Omega: rate at which the boiling mixture expands [1/s]."""
_SOURCE = "characteristics of the homogeneous model: dz/dt = u + Omega z, D(rho)/Dt = -Omega rho"


def exact_exit_density(time: Floats) -> Floats:
    """Density at the exit after the step of the inlet velocity [kg/m3]."""
    start = (LENGTH + AFTER / RATE) * np.exp(-RATE * time) - AFTER / RATE
    old = FLUID.liquid_density / (1.0 + RATE * np.maximum(start, 0.0) / BEFORE) * np.exp(-RATE * time)
    new = FLUID.liquid_density / (1.0 + RATE * LENGTH / AFTER)
    return np.where(start > 0.0, old, new)


def transit_time(velocity: float) -> float:
    """Time that liquid at boiling takes from inlet to exit [s]."""
    return math.log(1.0 + RATE * LENGTH / velocity) / RATE


def channel(cells: int) -> tuple[RingTransient, LiquidCooler]:
    """A flat channel with even heat through a wall that stores next to none, and saturated liquid at its inlet."""
    diameter = math.sqrt(4.0 * AREA / math.pi)
    network = ring_network([Section("channel", LENGTH, 0.0, diameter, cells=cells, heated=True)], AREA)
    mixture = MixtureModel(FLUID, no_friction, void_closure("homogeneous").function)  # type: ignore[arg-type]
    wall = RingWall(capacity=1e-9, conductance=HEAT / cells)
    return RingTransient(network, mixture, wall), LiquidCooler(FLUID.saturation_enthalpy, 1.0e6)


def step_response(cells: int) -> list[RingState]:
    """States after the step of the inlet velocity, time step in proportion to the cells."""
    model, cooler = channel(cells)
    heat = np.full(cells, HEAT / cells)
    low, high = BEFORE * AREA * FLUID.liquid_density, AFTER * AREA * FLUID.liquid_density
    settled = model.run(model.at_rest(300.0), 40.0, 0.5, lambda time: heat, cooler, lambda time: low)[-1]
    begun = settled.time
    # up to shortly before the first particle of the new inlet flow arrives: smooth there, a kink later
    last = begun + 0.7 * transit_time(AFTER)
    step = transit_time(AFTER) / (2.0 * cells)
    return model.run(
        settled, last, step, lambda time: heat, cooler, lambda time: high if time > begun else low
    )


def transit_of(state: RingState, cells: int) -> float:
    """Time from inlet to exit in a steady state of the model [s]."""
    velocity = state.flow[1:] / (AREA * state.density)
    inlet = state.flow[0] / (AREA * FLUID.liquid_density)
    ends = np.concatenate([[inlet], velocity])
    return float((LENGTH / cells * 0.5 * (1.0 / ends[1:] + 1.0 / ends[:-1])).sum())


def exit_error(states: list[RingState]) -> float:
    """Mean error of the exit density over time, relative to its whole change [-]."""
    time = np.array([state.time for state in states]) - states[0].time
    found = np.array([state.density[-1] for state in states])
    exact = exact_exit_density(time)
    whole = exact[0] - float(exact_exit_density(np.array([1e3]))[0])
    return float(np.abs(found - exact).mean() / abs(whole))


@case("A12", 1, "Boiling channel after a step of its inlet flow")
def boiling_channel(data: Path | None = None) -> list[Row]:
    """Transit time ``ln(1 + Omega L/u)/Omega`` and convergence towards the characteristic solution."""
    runs = {cells: step_response(cells) for cells in (10, 20, 40)}
    reference = transit_time(BEFORE)
    found = transit_of(runs[40][0], 40)
    errors = [exit_error(states) for states in runs.values()]
    order = math.log2(errors[1] / errors[2])
    return [
        Row("transit time", "s", found, reference, within(reference, relative=5e-3), _SOURCE, "transit"),
        Row("mean error of the exit density", "-", errors[2], 0.0, (0.0, 0.05), _SOURCE, "step"),
        Row("order of convergence", "-", order, 1.0, (0.7, 1.3), _SOURCE, "order"),
    ]
