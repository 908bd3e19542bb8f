"""Tier 3: a water loop whose evaporator is a level tube in which slow flow stratifies.

M. Hua, X.-P. Zhang, L. Zhang, L.-W. Fan, Z.-T. Yu, Y.-C. Hu, Study of the natural circulation flow boiling heat
transfer based on partially superhydrophilic surface modification, ChinaXiv 201703.00470V1 (J. Eng. Thermophysics 38
(2017) 613). Copper evaporator of 0.8 m, 15 mm inside, 1000 W; riser and downcomer 0.8 m; jacketed condenser 1.2 m in
the shape of a U; coolant 57 degC, working pressure 0.15 MPa; liquid at 0.25 of the loop's volume.

Assumed, for the paper does not say: 15 mm in all pipes, one velocity head lost in riser and downcomer each. The
coolant's flow was set so that the pressure was held; the condenser's conductance is taken so that it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged
from thermal.loop.closures.boiling import BoilingState, BoilingSurface, boiling_closure
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import void_closure
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.model import FILLING_TEMPERATURE
from thermal.loop.ring import Section, ring_network
from thermal.loop.sink import HeatSink
from thermal.loop.specs import DRAWN_TUBE_ROUGHNESS, ClosuresSpec
from thermal.loop.steady import SteadySolver
from validation.registry import Row, case, within

Floats = NDArray[np.float64]

SOURCE = "Hua and others, ChinaXiv 201703.00470V1, table 2, plain copper, 6.7 %"
DIAMETER, LENGTH, SEGMENTS = 0.015, 0.8, 20
HEAT, PRESSURE, COOLANT, FILL = 1000.0, 1.5e5, 330.15, 0.25
FLUX = HEAT / (math.pi * DIAMETER * LENGTH)
"""At the evaporator's wall [W/m2]."""
MEAN = 2354.59
"""Measured mean coefficient of the evaporator [W/(m2 K)]."""
SECTIONS = {"B": (0.2, 2322.07), "C": (0.4, 1815.78), "D": (0.6, 2349.68)}
"""Section: its distance from the evaporator's inlet [m] and its measured coefficient [W/(m2 K)]."""
KANDLIKAR_DEVIATION = 0.159
"""Mean deviation that Kandlikar (1990) gives for his correlation against data of water [-]."""


@dataclass(frozen=True)
class Evaporator:
    """Fluid along the evaporator: mass flux [kg/(m2 s)], and state in its segments."""

    mass_flux: float
    state: BoilingState

    def coefficient(self, closure: str) -> Floats:
        """Coefficient of each segment by a boiling closure [W/(m2 K)]."""
        surface = BoilingSurface(DIAMETER, LENGTH, level=True)
        return np.broadcast_to(boiling_closure(closure).function(FLUX, self.state, surface), (SEGMENTS,))

    def mean_coefficient(self, closure: str) -> float:
        """Heat flux over the mean superheat of the wall, as measured [W/(m2 K)]."""
        return float(1.0 / np.mean(1.0 / self.coefficient(closure)))


def evaporator(void: str) -> Evaporator:
    """Solve the loop with a void closure.

    Raises
    ------
    NotConverged
        If the loop has no steady state.
    """
    fluid, area = load_fluid("water"), math.pi / 4.0 * DIAMETER**2

    def pipe(name: str, rise: float, **rest: object) -> Section:
        return Section(name, LENGTH, rise, DIAMETER, roughness=DRAWN_TUBE_ROUGHNESS, **rest)  # type: ignore[arg-type]

    network = ring_network(
        [
            pipe("downcomer", -0.8, loss_coefficient=1.0, cells=40),
            pipe("evaporator", 0.0, cells=SEGMENTS, heated=True),
            pipe("riser", 0.8, loss_coefficient=1.0, cells=20),
        ],
        area,
        condenser_volume=1.2 * area,
    )
    friction = friction_closure(ClosuresSpec().friction).function
    solver = SteadySolver(
        SteadyEquations(network, MixtureModel(fluid, friction, void_closure(void).function))
    )
    charge = FILL * 3.6 * area * float(fluid.saturation_at(FILLING_TEMPERATURE).liquid_density)
    capacity = 418.0  # 0.1 kg/s of water; with the conductance below it does not enter
    per_kelvin = HEAT / (float(fluid.saturation(PRESSURE).temperature) - COOLANT)
    sink = HeatSink(COOLANT, capacity, -capacity * math.log1p(-per_kelvin / capacity))
    outcome = solver.solve(Problem(np.full(SEGMENTS, HEAT / SEGMENTS), (sink,), charge))
    if not outcome.converged:
        raise NotConverged(f"loop: no steady state found with void closure {void!r}")
    cells, ends = network.heated, outcome.ends.state.equilibrium_quality[0].reshape(2, -1)
    at = fluid.saturation(outcome.unknowns.pressure[network.head[cells]])
    flux = float(outcome.unknowns.cycle_flow[0]) / area
    quality = np.clip(ends[:, cells].mean(axis=0), 0.0, 1.0)
    return Evaporator(flux, BoilingState(fluid, at, at.temperature, np.full(SEGMENTS, flux), quality))


@case("C2", 3, "water loop with a level evaporator, coefficient of boiling")
def level_evaporator(data: Path | None = None) -> list[Row]:
    """Flow from the loop's balance and charge, coefficient by Kandlikar (1990) with his factor for level tubes.

    Judged is the mean coefficient against the deviation that Kandlikar's paper gives for water, 15.9 % (mean of his
    data); of the boiling closures offered his alone knows level tubes. The void fraction is that of Woldesemayat and
    Ghajar, whose range holds the pipes' diameter and both inclinations; the condenser holds what an upright tube would
    (a level one: 2720 W/(m2 K)). The flow was not measured, so the coefficient with other void closures and other
    boiling closures is shown.
    """
    found = evaporator("woldesemayat-ghajar")
    local = found.coefficient("kandlikar")
    places = (np.arange(SEGMENTS) + 0.5) * LENGTH / SEGMENTS
    flow = f"mass flux {found.mass_flux:.0f} kg/(m2 s), quality at the outlet {found.state.quality[-1]:.3f}"
    words = "mean coefficient of the evaporator"
    rows = [
        Row(
            words,
            "W/(m2 K)",
            found.mean_coefficient("kandlikar"),
            MEAN,
            within(MEAN, relative=KANDLIKAR_DEVIATION),
            SOURCE,
            "mean",
            f"{flow}; band: mean deviation from data of water in Kandlikar, J. Heat Transfer 112 (1990) 219",
        )
    ]
    rows += [
        Row(
            f"coefficient at section {name}",
            "W/(m2 K)",
            float(np.interp(place, places, local)),
            reference,
            None,
            SOURCE,
            name,
        )
        for name, (place, reference) in SECTIONS.items()
    ]
    rows += [
        Row(
            f"{words} by {name}",
            "W/(m2 K)",
            found.mean_coefficient(name),
            MEAN,
            None,
            SOURCE,
            name,
            "not judged: knows nothing of the tube's dry top",
        )
        for name in ("cooper", "gorenflo", "liu-winterton")
    ]
    return rows + [_with_void(void, words) for void in ("rouhani", "zivi", "homogeneous")]


def _with_void(void: str, words: str) -> Row:
    """The same with another void closure, which finds another flow or none."""
    row = Row(f"{words}, void by {void}", "W/(m2 K)", None, MEAN, None, SOURCE, void)
    try:
        found = evaporator(void)
    except NotConverged as error:
        return replace(row, note=f"not judged; {error}")
    note = f"not judged; mass flux {found.mass_flux:.0f} kg/(m2 s)"
    return replace(row, computed=found.mean_coefficient("kandlikar"), note=note)
