"""Loops that were built and measured, run through the project's own network."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.ring import Section, ring_network
from thermal.loop.steady import SteadySolver
from validation.registry import Row, case


@dataclass(frozen=True)
class Component:
    """A component of the DRACS loop: length [m], slope [degree], section, and its loss ``a + b Re^c``."""

    leg: str
    length: float
    slope: float
    loss: float
    diameter: float = 0.0279
    area: float = 6.11e-4
    loss_factor: float = 0.0
    loss_power: float = -1.0
    heat: int = 0

    @property
    def rise(self) -> float:
        """Upward along the flow [m]."""
        return self.length * math.sin(math.radians(self.slope))

    def coefficient(self, flow: float, viscosity: float) -> float:
        """Loss coefficient at a mass flow [kg/s] [-]."""
        reynolds = max(flow * self.diameter / (self.area * viscosity), 1.0)
        return float(self.loss + self.loss_factor * reynolds**self.loss_power)


# from the outlet of the cooler round to its end; the heat of the cooler is spread over 35a and 35b
DRACS = (
    Component("mixer 36", 0.33, -58.99728, 21.0, loss_factor=4000.0),
    Component("pipe 36a", 0.2034, -58.99728, 3.75),
    Component("pipe 37", 1.7736, -90.0, 14.0),
    Component("meter 37a", 0.36, -90.0, 18.1, loss_factor=93006.9, loss_power=-1.3476),
    Component("pipe 38", 0.33655, -52.41533, 0.8),
    Component("pipe 39", 1.91135, -80.64882, 2.65),
    Component("tubes 30a", 0.111125, 90.0, 0.0, 6.35e-3, 6.0172e-4),
    Component("tubes 30", 1.18745, 90.0, 3.3, 6.35e-3, 6.0172e-4, heat=1),
    Component("tubes 30b", 0.18415, 90.0, 0.0, 6.35e-3, 6.0172e-4),
    Component("pipe 31a", 0.143075, 90.0, 1.35),
    Component("mixer 31", 0.33, 90.0, 21.0, loss_factor=4000.0),
    Component("pipe 32", 0.238125, 54.422897, 0.8),
    Component("pipe 33", 3.0099, 90.0, 2.75),
    Component("pipe 34", 0.55245, 0.0, 4.25),
    Component("cooler 35a", 1.148475, 0.0, 400.0, 0.0119, 1.33e-3, 52000.0, heat=-1),
    Component("cooler 35b", 0.415925, -90.0, 5.8, 0.0119, 1.33e-3, heat=-1),
)
# case, outlet of the cooler [degC], heat [W], flow [kg/s] by SAM and measured
DRACS_CASES = (
    ("A1", 46.0, 931.8, 0.035019, 0.03341),
    ("A2", 46.0, 1088.3, 0.037275, 0.03544),
    ("A3", 46.0, 1338.4, 0.040598, 0.03877),
    ("A4", 46.0, 1470.6, 0.042127, 0.04011),
    ("A5", 46.0, 1699.9, 0.044674, 0.04277),
    ("A6", 46.0, 1876.5, 0.046411, 0.04465),
    ("A7", 46.0, 2137.0, 0.048867, 0.0471),
    ("B1", 35.0, 454.4, 0.024343, 0.02329),
    ("B2", 35.0, 766.0, 0.030558, 0.02952),
    ("B3", 35.0, 1004.4, 0.034364, 0.03324),
    ("B4", 35.0, 1211.2, 0.037117, 0.03611),
    ("B5", 35.0, 1409.0, 0.039599, 0.03841),
    ("B6", 35.0, 1607.4, 0.041851, 0.04063),
    ("B7", 35.0, 1804.6, 0.043913, 0.0427),
    ("B8", 35.0, 2004.9, 0.045834, 0.04456),
    ("B9", 35.0, 2211.0, 0.047704, 0.04636),
)
_DRACS_SOURCE = (
    "N. Zweibaum, PhD thesis, UC Berkeley (2015); SAM: L. Zou et al., ANL/NSE-19/11 (2019); figures as in "
    "theodoreOnzGit/tuas_boussinesq_solver"
)
# absolute pressure of the loop (assumption: open to the room under a gas blanket) [Pa]
DRACS_PRESSURE = 1.2e5


def dracs_flow(outlet: float, heat: float, fluid: Fluid) -> float:
    """Flow of the DRACS loop [kg/s] with the cooler's outlet [K] and the heat [W] as measured."""
    cold = fluid.saturation_at(outlet)
    cooler = LiquidCooler(float(cold.liquid_enthalpy), DRACS_PRESSURE)
    friction = friction_closure("muller-steinhagen-heck").function
    mixture = MixtureModel(fluid, friction, void_closure("homogeneous").function)
    flow, warm = 0.035, outlet + 20.0
    for _ in range(8):
        # loss coefficients fall with the Reynolds number of each leg
        hot = fluid.saturation_at(warm).liquid_viscosity
        sections, shares = [], []
        total = sum(part.length for part in DRACS if part.heat < 0)
        for part in DRACS:
            viscosity = hot if DRACS.index(part) > 7 else float(cold.liquid_viscosity)
            cells = max(2, math.ceil(part.length / 0.15))
            loss = part.coefficient(flow, viscosity)
            sections.append(
                Section(
                    part.leg,
                    part.length,
                    part.rise,
                    part.diameter,
                    part.area,
                    1.5e-5,
                    loss,
                    cells,
                    part.heat != 0,
                )
            )
            if part.heat:
                share = 1.0 if part.heat > 0 else -part.length / total
                shares += [share / cells] * cells
        closing = sum(section.rise for section in sections)
        sections[2] = replace(sections[2], rise=sections[2].rise - closing)
        network = ring_network(sections, DRACS[-1].area)
        solver = SteadySolver(SteadyEquations(network, mixture))
        solver.tolerance = 1e-11
        outcome = solver.solve(Problem(heat * np.array(shares), (cooler,)))
        found = float(outcome.unknowns.cycle_flow[0]) if outcome.converged else math.nan
        warm = float(fluid.liquid_temperature(float(cold.liquid_enthalpy) + heat / found))
        if abs(found - flow) < 1e-7:
            return found
        flow = found
    return flow


@case("B7", 2, "CIET DRACS single-phase natural circulation")
def ciet_dracs(data: Path | None = None) -> list[Row]:
    """Sixteen heats and two cooler temperatures against the SAM code and the experiment."""
    fluid = load_fluid("Dowtherm A")
    found = np.array([dracs_flow(outlet + 273.15, heat, fluid) for _, outlet, heat, _, _ in DRACS_CASES])
    code = np.array([row[3] for row in DRACS_CASES])
    measured = np.array([row[4] for row in DRACS_CASES])
    error = float(np.abs(found / code - 1.0).mean())
    off = found / measured - 1.0
    bias, largest = float(off.mean()), float(off[np.abs(off).argmax()])
    return [
        Row("mean absolute error of flow against SAM", "-", error, 0.0, (0.0, 0.03), _DRACS_SOURCE, "code"),
        Row("bias of flow against experiment", "-", bias, 0.0, (-0.08, 0.08), _DRACS_SOURCE, "experiment"),
        Row("largest error against experiment", "-", largest, 0.0, (-0.08, 0.08), _DRACS_SOURCE, "largest"),
    ]
