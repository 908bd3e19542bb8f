"""Closed forms that the loop must reproduce through its own network and solver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from thermal.loop.closures.friction import PressureGradient
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.void import void_closure
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import NetworkState, Problem, Unknowns
from thermal.loop.fluids import Numeric, Saturation
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import cycle_basis
from thermal.loop.ring import Section, ring_network
from thermal.loop.stability import cycle_slopes
from thermal.loop.steady import SteadySolver
from validation.loop_fluids import IdealisedFluid
from validation.registry import Row, case, within

_FRICTIONLESS = "gravity and local losses only"


def no_friction(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Pressure gradient of a pipe without friction [Pa/m]."""
    return 0.0 * mass_flux * quality


@dataclass(frozen=True)
class PowerLaw:
    """Friction ``f = p Re^-b`` in all regimes."""

    factor: float
    exponent: float

    def __call__(
        self,
        mass_flux: Numeric,
        quality: Numeric,
        saturation: Saturation,
        diameter: Numeric,
        roughness: Numeric = 0.0,
    ) -> Numeric:
        """Pressure gradient [Pa/m]."""
        reynolds = np.maximum(np.abs(mass_flux) * diameter / saturation.liquid_viscosity, 1e-12)
        factor = self.factor * reynolds**-self.exponent
        return factor * mass_flux * np.abs(mass_flux) / (2.0 * saturation.liquid_density * diameter)


def solver_of(
    sections: list[Section], area: float, fluid: object, friction: PressureGradient
) -> SteadySolver:
    """Solver of a ring with the homogeneous void fraction."""
    mixture = MixtureModel(fluid, friction, void_closure("homogeneous").function)  # type: ignore[arg-type]
    return SteadySolver(SteadyEquations(ring_network(sections, area), mixture))


def ring_flow(solver: SteadySolver, heat: float, cooler: LiquidCooler) -> float:
    """Flow round a ring whose heated cells share ``heat`` [W] evenly [kg/s]."""
    cells = solver.equations.network.heated.size
    outcome = solver.solve(Problem(np.full(cells, heat / cells), (cooler,)))
    return float(outcome.unknowns.cycle_flow[0]) if outcome.converged else math.nan


def _flow_maximum() -> tuple[float, float]:
    """Heat [W] and flow [kg/s] at the greatest flow of the loop of A8, by golden section."""
    diameter, height = 0.010, 1.0
    area = math.pi / 4.0 * diameter**2
    fluid = IdealisedFluid(1146.7392430383738, 50.08502328724064, 163019.27968933046)
    sections = [
        Section("downcomer", height, -height, diameter),
        Section("inlet", 0.0, 0.0, diameter, area, loss_coefficient=10.0),
        # wide, so that acceleration, which the closed form leaves out, is none
        Section("evaporator", 1e-3, 0.0, 1.0, cells=1, heated=True),
        Section("outlet", 0.0, 0.0, diameter, area, loss_coefficient=20.0),
        Section("riser", height, height, diameter),
    ]
    solver = solver_of(sections, area, fluid, no_friction)
    cooler = LiquidCooler(fluid.saturation_enthalpy, 1.0e6)
    low, high, ratio = 200.0, 600.0, 0.5 * (math.sqrt(5.0) - 1.0)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    flows = [ring_flow(solver, heat, cooler) for heat in (left, right)]
    while high - low > 1e-3:
        if flows[0] < flows[1]:
            low, left, flows[0] = left, right, flows[1]
            right = low + ratio * (high - low)
            flows[1] = ring_flow(solver, right, cooler)
        else:
            high, right, flows[1] = right, left, flows[0]
            left = high - ratio * (high - low)
            flows[0] = ring_flow(solver, left, cooler)
    heat = 0.5 * (low + high)
    return heat, ring_flow(solver, heat, cooler)


@case("A8", 1, "Flow maximum of a homogeneous gravity loop")
def flow_maximum(data: Path | None = None) -> list[Row]:
    """``X* = (1 + K_l/K_2)^(1/2)`` and the flow and heat there; constant properties, local losses only."""
    heat, flow = _flow_maximum()
    source = "closed form: g H rho_l X/(1+X) = G^2/(2 rho_l) [K_l + K_2 (1+X)], R134a at 40 degC"
    return [
        Row(
            "greatest mass flow",
            "kg/s",
            flow,
            0.0400898729,
            within(0.0400898729, relative=1e-4),
            source,
            "flow",
        ),
        # a maximum is flat: heat is known to the root of the flow's precision
        Row(
            "heat at it",
            "W",
            heat,
            365.55897,
            within(365.55897, relative=1e-4),
            source,
            "heat",
            _FRICTIONLESS,
        ),
    ]


def vijayan_coefficient(law: PowerLaw) -> float:
    """``Re / (Gr_m / N_G)^(1/(3-b))`` of a ring with one heater at its bottom and one cooler at its top [-]."""
    diameter, height, heat = 0.01, 1.0, 0.1
    area = math.pi / 4.0 * diameter**2
    # so little expansion that the mean density is that of the reference
    fluid = IdealisedFluid(1000.0, 10.0, 1.0e5, expansion=1.0e-7, viscosity=1.0e-3, heat_capacity=4000.0)
    sections = [
        Section("downcomer", height, -height, diameter, cells=1),
        Section("heater", 0.2, 0.0, diameter, cells=1, heated=True),
        Section("riser", height, height, diameter, cells=1),
    ]
    solver = solver_of(sections, area, fluid, law)
    solver.tolerance = 1e-13
    flow = ring_flow(solver, heat, LiquidCooler(0.0, 1.0e5))
    buoyancy = fluid.liquid_density**2 * fluid.expansion * GRAVITY * heat * height
    grashof = diameter**3 * buoyancy / (area * fluid.viscosity**3 * fluid.heat_capacity)
    losses = (2.0 * height + 0.2) / diameter
    reynolds = flow * diameter / (area * fluid.viscosity)
    return float(reynolds / (grashof / losses) ** (1.0 / (3.0 - law.exponent)))


@case("A7", 1, "Single-phase natural circulation")
def single_phase_circulation(data: Path | None = None) -> list[Row]:
    """Vijayan's ``Re = C (Gr_m/N_G)^r``, ``C = (2/p)^r``, ``r = 1/(3-b)`` for friction ``p Re^-b``."""
    source = "P. K. Vijayan, Nucl. Eng. Des. 215 (2002) 139"
    rows = []
    for part, law, reference in (
        ("laminar", PowerLaw(64.0, 1.0), 0.1767766953),
        ("turbulent", PowerLaw(0.316, 0.25), 1.9561286906),
    ):
        found = vijayan_coefficient(law)
        rows.append(Row("coefficient", "-", found, reference, within(reference, relative=1e-6), source, part))
    return rows


def homogeneous_gradient(
    mass_flux: Numeric, quality: Numeric, saturation: Saturation, diameter: Numeric, roughness: Numeric = 0.0
) -> Numeric:
    """Homogeneous friction with a constant factor of 0.02 [Pa/m]."""
    volume = quality / saturation.vapour_density + (1.0 - quality) / saturation.liquid_density
    return 0.02 * mass_flux * np.abs(mass_flux) * volume / (2.0 * diameter)


def smallest_slope(subcooling_number: float, cells: int = 1600) -> float:
    """Least slope of a heated channel's pressure fall with its flow, over the mean slope [-]."""
    fluid = IdealisedFluid(1000.0, 10.0, 1.0e5)
    ratio = fluid.liquid_density / fluid.vapour_density - 1.0
    inlet = fluid.saturation_enthalpy - subcooling_number * fluid.latent_heat / ratio
    diameter, area, heat = 0.01, math.pi / 4.0 * 0.01**2, 1000.0
    network = ring_network([Section("channel", 1.0, 0.0, diameter, cells=cells, heated=True)], area)
    void = void_closure("homogeneous").function
    state = NetworkState(network, MixtureModel(fluid, homogeneous_gradient, void))  # type: ignore[arg-type]
    # flow over that which boils nowhere, around the inflection at 2/3 - 2/(3 N_sub)
    shares = np.linspace(0.56, 0.60, 17)
    flows = shares * heat / (fluid.saturation_enthalpy - inlet)
    falls = []
    for flow in flows:
        enthalpy = np.empty(network.points)
        enthalpy[network.tail[0]] = inlet
        for cell in range(cells):
            enthalpy[network.head[cell]] = enthalpy[network.tail[cell]] + heat / cells / flow
        unknowns = Unknowns(np.full(network.points, 1.0e6), enthalpy, np.array([flow]), np.zeros(1))
        falls.append(state.momentum_terms(unknowns, state.ends(unknowns))["friction"].sum())
    slopes = np.gradient(np.array(falls), flows)
    return float(slopes.min() / (falls[-1] / flows[-1]))


@case("A9", 1, "Ledinegg threshold of a heated channel")
def ledinegg_threshold(data: Path | None = None) -> list[Row]:
    """Subcooling number above which pressure fall has a falling branch: friction only, ``4 + 2 3^(1/2)``."""
    reference = 4.0 + 2.0 * math.sqrt(3.0)
    found = float(brentq(smallest_slope, 7.0, 8.0, xtol=1e-5))
    source = "closed form: y^2 + N_sub/2 y (1-y)^2 is monotone"
    return [Row("subcooling number", "-", found, reference, within(reference, relative=1e-4), source)]


@case("A15", 1, "Static stability of parallel channels")
def parallel_stability(data: Path | None = None) -> list[Row]:
    """Eigenvalues of the resistance slopes on the cycle space of three channels between two headers."""
    ends = np.zeros(3, dtype=np.intp)
    cycles = cycle_basis(2, ends, ends + 1, last=np.array([0, 1], dtype=np.intp))
    source = "eigenvalues of [[s1 + s3, s3], [s3, s2 + s3]]"
    rows = []
    for part, slopes, references in (
        ("stable", (1.0, 1.0, -0.3), (0.4, 1.0)),
        ("unstable", (1.0, -0.3, -0.3), (-0.665891053, 0.765891053)),
    ):
        found = cycle_slopes(cycles, np.array(slopes))
        for name, value, reference in zip(("smallest", "largest"), found, references, strict=True):
            band = within(reference, absolute=1e-8)
            quantity = f"{name} eigenvalue"
            rows.append(Row(quantity, "Pa s/kg", float(value), reference, band, source, f"{part}-{name}"))
    return rows
