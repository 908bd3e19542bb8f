"""Flow over heat of an R134a loop with flashing and real closures, against an independent computation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.cooler import LiquidCooler
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Saturation
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import Mixture, MixtureModel
from thermal.loop.network import Floats
from thermal.loop.ring import Section, ring_network
from thermal.loop.steady import SteadySolver
from validation.loop_analytic import ring_flow
from validation.registry import Row, case

HEATS = (25.0, 50.0, 100.0, 200.0, 300.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0)
FLOWS = {
    "homogeneous": (
        7.7077,
        14.4639,
        25.9533,
        41.2026,
        50.1336,
        59.1306,
        62.9543,
        63.2407,
        59.8095,
        54.8155,
        45.1518,
    ),
    "rouhani": (
        7.4038,
        13.8448,
        24.4270,
        38.1657,
        46.2041,
        54.2763,
        57.6064,
        57.7165,
        54.3827,
        49.8005,
        41.3908,
    ),
}
"""Mass flow at the heats above [g/s]: explicit marching of the same loop with CoolProp and ``fluids``."""
_SOURCE = (
    "independent marching with CoolProp and fluids; R134a at 40 degC, D 10 mm, riser 1 m, horizontals 0.5 and 1 m, "
    "K 3 and 3"
)


@dataclass(frozen=True)
class PlainMixture(MixtureModel):
    """A mixture as the reference has it: liquid that does not expand, no acceleration."""

    def own_liquid(self, enthalpy: Floats) -> tuple[Floats, Floats]:
        """Density [kg/m3] and viscosity [Pa s] of liquid at 40 degC."""
        at = self.fluid.saturation_at(313.15)
        return np.full_like(enthalpy, at.liquid_density), np.full_like(enthalpy, at.liquid_viscosity)

    def mix(
        self,
        at: Saturation,
        enthalpy: Floats,
        own: tuple[Floats, Floats],
        mass_flux: Floats,
        diameter: Floats,
        roughness: Floats,
        channel_factor: Floats | float = 1.0,
        inclination: Floats | float = 90.0,
    ) -> Mixture:
        """State without momentum flux."""
        state = super().mix(at, enthalpy, own, mass_flux, diameter, roughness, channel_factor, inclination)
        return replace(state, momentum=np.zeros_like(state.momentum))


def curve(void: str) -> list[float]:
    """Mass flow at each of ``HEATS`` [kg/s]."""
    fluid = load_fluid("R134a")
    diameter, area = 0.010, math.pi / 4.0 * 0.010**2
    sections = [
        Section("downcomer", 1.0, -1.0, diameter, cells=20),
        Section("liquid line", 1.0, 0.0, diameter, cells=4, loss_coefficient=3.0),
        Section("evaporator", 0.1, 0.0, diameter, cells=20, heated=True),
        Section("riser", 1.0, 1.0, diameter, cells=40),
        Section("vapour line", 0.5, 0.0, diameter, cells=10),
        Section("outlet", 0.0, 0.0, diameter, area, loss_coefficient=3.0),
    ]
    friction = friction_closure("muller-steinhagen-heck").function
    mixture = PlainMixture(fluid, friction, void_closure(void).function)
    solver = SteadySolver(SteadyEquations(ring_network(sections, area), mixture))
    condensing = fluid.saturation_at(313.15)
    cold = fluid.saturation_at(311.15)
    cooler = LiquidCooler(float(cold.liquid_enthalpy), float(condensing.pressure))
    return [ring_flow(solver, heat, cooler) for heat in HEATS]


@case("A8-curve", 1, "Flow over heat of an R134a loop")
def r134a_curve(data: Path | None = None) -> list[Row]:
    """Largest deviation over eleven heats from 25 W to 3 kW, with each void closure."""
    rows = []
    for void, references in FLOWS.items():
        found = np.array(curve(void))
        worst = float(np.abs(1e3 * found / np.array(references) - 1.0).max())
        note = "the reference leaves out acceleration and the liquid's expansion; so does this run"
        rows.append(Row("largest deviation of flow", "-", worst, 0.0, (0.0, 0.02), _SOURCE, void, note))
    return rows
