from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.thermal_loop.test_loop_transient import mixture, ring
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.oscillation import Oscillation, growth_rates
from thermal.loop.ring import Section
from thermal.loop.steady import SteadySolver
from thermal.loop.transient import RingTransient, RingWall
from validation.loop_analytic import no_friction, solver_of
from validation.loop_fluids import IdealisedFluid

DIAMETER, HEIGHT, HEATER, LOSS, HEAT = 0.02, 2.0, 0.5, 30.0, 500.0
AREA = math.pi / 4.0 * DIAMETER**2


def liquid_loop(fineness):
    """A loop of liquid: heated at the bottom, cooled to one temperature at the top, local losses only."""
    fluid = IdealisedFluid(1000.0, 20.0, 1.5e5, expansion=1e-5)
    sections = [
        Section("downcomer", HEIGHT, -HEIGHT, DIAMETER, cells=4 * fineness),
        Section("inlet", 0.0, 0.0, DIAMETER, AREA, loss_coefficient=LOSS),
        Section("heater", HEATER, 0.0, DIAMETER, cells=4 * fineness, heated=True),
        Section("riser", HEIGHT, HEIGHT, DIAMETER, cells=4 * fineness),
    ]
    solver = solver_of(sections, AREA, fluid, no_friction)
    cells = solver.equations.network.heated.size
    problem = Problem(np.full(cells, HEAT / cells), (LiquidCooler(0.0, 1.0e6),))
    outcome = solver.solve(problem)
    assert outcome.converged
    return solver.equations, outcome.unknowns, problem


def characteristic_root(flow, start):
    """Root of ``s I/F' + 1 + E(s t_heater) E(s t_riser) / 2``, ``E(x) = (1 - exp(-x)) / x``.

    Flow balances ``g H rho beta dh/cp`` against ``K m^2 / (2 rho A^2)``; heat of the heater and of the riser follow a
    change of the flow with their transit times.
    """
    transit = {length: 1000.0 * AREA * length / flow for length in (HEATER, HEIGHT)}
    inertia = (2.0 * HEIGHT + HEATER) / AREA / (LOSS * flow / (1000.0 * AREA**2))

    def excess(s):
        lags = [(1.0 - cmath.exp(-s * t)) / (s * t) for t in transit.values()]
        return s * inertia + 1.0 + 0.5 * lags[0] * lags[1]

    root = start
    for _ in range(50):
        slope = (excess(root * (1.0 + 1e-6)) - excess(root)) / (root * 1e-6)
        root -= excess(root) / slope
    return root


def test_a_liquid_loop_swings_as_its_characteristic_equation_says():
    errors = []
    for fineness in (2, 4, 8):
        equations, unknowns, problem = liquid_loop(fineness)
        rates = growth_rates(equations, unknowns, problem)
        swinging = rates[rates.imag > 1e-6]
        slowest = complex(swinging[np.argmax(swinging.real)])
        exact = characteristic_root(float(unknowns.cycle_flow[0]), slowest)
        errors.append(abs(slowest / exact - 1.0))
    assert errors[-1] < 0.005
    # cells pass enthalpy on to second order
    assert errors[2] < 0.3 * errors[1] < 0.09 * errors[0]


def prony(samples, spacing):
    """Slowest swinging rate in evenly spaced samples [1/s]."""
    order = 4
    rows = np.array([samples[k : k + order] for k in range(len(samples) - order)])
    weights = np.linalg.lstsq(rows, samples[order:], rcond=1e-8)[0]
    rates = np.log(np.roots(np.r_[1.0, -weights[::-1]]).astype(complex)) / spacing
    swinging = rates[rates.imag > 0.1]
    return complex(swinging[np.argmax(swinging.real)])


def stepped_rate(fineness, step):
    """Rate at which the transient of a boiling ring returns from a disturbed flow; without the steps' own damping."""
    network, fluid = ring(fineness), load_fluid("R134a")
    heat, cooler = boiling(network, fluid)
    wall = RingWall(1e-3 / network.heated.size, 1000.0 / network.heated.size)
    model = RingTransient(network, mixture(), wall)
    steady = SteadySolver(SteadyEquations(network, mixture())).solve(Problem(heat, (cooler,)))
    settled = model.run(model.from_steady(steady, heat), 40.0, 2.0, lambda time: heat, cooler)[-1]
    disturbed = replace(settled, time=0.0, flow=1.02 * settled.flow)
    flows = np.array([state.flow[0] for state in model.run(disturbed, 6.0, step, lambda time: heat, cooler)])
    apart = round(0.3 / step)
    seen = prony((flows / settled.flow[0] - 1.0)[round(1.0 / step) :: apart], apart * step)
    # implicit Euler turns exp(s t) into (1 - s dt)^(-t/dt)
    return (1.0 - cmath.exp(-seen * step)) / step


def boiling(network, fluid):
    heat = np.full(network.heated.size, 300.0 / network.heated.size)
    pressure = float(fluid.saturation_pressure(313.15))
    return heat, LiquidCooler(fluid.saturation_at(311.15).liquid_enthalpy, pressure)


@pytest.mark.slow
def test_the_slowest_mode_is_what_the_transient_shows():
    network, fluid = ring(8), load_fluid("R134a")
    heat, cooler = boiling(network, fluid)
    equations, problem = SteadyEquations(network, mixture()), Problem(heat, (cooler,))
    steady = SteadySolver(equations).solve(problem)
    rates = growth_rates(equations, steady.unknowns, problem)
    slowest = complex(rates[np.argmax(rates.real)])
    # steps and donor cells of the transient are of first order both
    at = {fineness: 2.0 * stepped_rate(fineness, 0.025) - stepped_rate(fineness, 0.05) for fineness in (2, 4)}
    seen = 2.0 * at[4] - at[2]
    assert abs(slowest.imag) == pytest.approx(seen.imag, rel=0.05)
    assert slowest.real == pytest.approx(seen.real, rel=0.1)


def test_a_growing_mode_is_said_in_words():
    growing = Oscillation(0.05, 12.0)
    assert not growing.stable
    assert growing.warning.endswith("grow e-fold in 20 s and swing with a period of 12 s")
    assert Oscillation(-0.05, math.inf).stable
