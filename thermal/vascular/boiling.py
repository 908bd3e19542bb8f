"""A fluid that boils in branching channels, with the plate that it cools.

Outer iteration over three parts: enthalpy along the pieces at the flow and heat of now; pressure, and so the parting
of the flow, at the qualities of now; plate against the boiling curve of each piece, linearised at its wall temperature
(Newton). In the end the enthalpies are those of the heat that the plate gives, so energy closes to round-off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.errors import NotConverged
from thermal.field.coolant_transport import DIRECT_UP_TO, CoolantTransport, preconditioner, transport
from thermal.field.embedded_channels import ChannelPieces
from thermal.loop.closures.boiling import BoilingState, BoilingSurface
from thermal.loop.closures.critical_heat_flux import dry_out_quality
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.void import void_closure
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluids import Fluid, Saturation
from thermal.vascular.flow import NetworkFlow, split_by_pressure
from thermal.vascular.phase_split import phase_split
from thermal.vascular.plate import ChannelPlate

Array = NDArray[np.float64]

_OUTER = 60
_PARTING = 1e-9
_INNER = 3
_SPLIT_PASSES = 4
_RELAX = 0.9
"""Share of a new heat that is taken: pressure, quality and heat feed on each other."""


@dataclass(frozen=True)
class BoilingClosures:
    """By name; ``split`` is how phases part at forks."""

    friction: str = "muller-steinhagen-heck"
    void: str = "rouhani"
    boiling: str = "cooper"
    split: str = "equal-quality"
    roughness: float = 1e-6


@dataclass(frozen=True)
class InletState:
    """What enters: mass flow [kg/s], subcooling below saturation at the outlet's pressure [K], outlet pressure [Pa]."""

    mass_flow: float
    subcooling: float
    outlet_pressure: float


@dataclass(frozen=True)
class BoilingCooled:
    """Plate cooled by a boiling fluid.

    Attributes
    ----------
    flow
        How the fluid parts.
    temperature
        Of the solid, shape (nodes,) [K].
    heat
        That each piece takes [W].
    enthalpy, quality
        At the end of each piece [J/kg], [-]; the quality is that of equilibrium, negative in subcooled liquid.
    saturation_temperature, wall_temperature
        Of each piece [K].
    coefficient
        Heat flux over wall less saturation temperature, of each piece [W/(m2 K)].
    dry_out_margin
        1 less quality over that of incipient dry-out, least of each segment's pieces [-].
    exit_quality
        Mixed at the outlet [-].
    iterations
        Outer ones.
    """

    flow: NetworkFlow
    temperature: Array
    heat: Array
    enthalpy: Array
    quality: Array
    saturation_temperature: Array
    wall_temperature: Array
    coefficient: Array
    dry_out_margin: Array
    exit_quality: float
    iterations: int


def cool_by_boiling(
    plate: ChannelPlate,
    fluid: Fluid,
    inlet: InletState,
    closures: BoilingClosures | None = None,
    up: tuple[float, float, float] = (0.0, 1.0, 0.0),
    tolerance: float = 1e-8,
) -> BoilingCooled:
    """Solve flow, enthalpy and plate.

    Parameters
    ----------
    up
        Direction against gravity; a plate that stands has y upward.
    tolerance
        Of the change of a piece's heat, as a share of the mean [-].

    Raises
    ------
    NotConverged
        If the outer iteration does not settle, or the plate gives off no heat.
    """
    channel = BoilingChannel(plate, fluid, inlet, closures or BoilingClosures(), np.array(up))
    pieces = plate.channels.pieces
    total = float(plate.load.sum())
    heat = total * pieces.length / float(pieces.length.sum())
    pressure, flow = np.full(len(plate.network.nodes), inlet.outlet_pressure), channel.first_flow()
    wall = np.full(pieces.count, float(channel.leaving.temperature) + 5.0)
    for step in range(1, _OUTER + 1):
        local = channel.local(flow.mass_flow, pressure, heat)
        flow = channel.part(flow, local)
        pressure = flow.pressure + inlet.outlet_pressure
        local = channel.local(flow.mass_flow, pressure, heat)
        solid, new_heat, wall = channel.plate_against(local, wall)
        change = float(np.abs(new_heat - heat).max()) / (abs(total) / pieces.count)
        if change <= tolerance:
            return channel.result(flow, solid, new_heat, wall, pressure, step)
        heat = heat + _RELAX * (new_heat - heat)
    raise NotConverged(
        f"boiling in the channels: a piece's heat changes by {change:.2g} of the mean after {_OUTER} iterations"
    )


@dataclass(frozen=True)
class _Local:
    """Fluid in each piece."""

    saturation: Saturation
    enthalpy: Array
    quality: Array
    liquid_temperature: Array
    mass_flux: Array


class BoilingChannel:
    """Parts of the outer iteration."""

    def __init__(
        self, plate: ChannelPlate, fluid: Fluid, inlet: InletState, closures: BoilingClosures, up: Array
    ) -> None:
        self.plate, self.fluid, self.inlet, self.closures = plate, fluid, inlet, closures
        network = plate.network
        self.area = math.pi * network.radius**2
        self.rise = (network.nodes[network.head] - network.nodes[network.tail]) @ up
        self.friction: Any = friction_closure(closures.friction).function
        self.void: Any = void_closure(closures.void).function
        self.leaving = fluid.saturation(inlet.outlet_pressure)
        self.enters = float(fluid.saturation_at(self.leaving.temperature - inlet.subcooling).liquid_enthalpy)
        pieces = plate.channels.pieces
        number = np.arange(pieces.count) - pieces.first[pieces.segment] + 0.5
        self.share = number / (pieces.last - pieces.first + 1)[pieces.segment]
        self.coldest = float(fluid.saturation(fluid.pressure_range[0]).liquid_enthalpy)
        viscosity = self.leaving.liquid_viscosity / self.leaving.liquid_density
        self.laminar = 8.0 * viscosity * network.length / (math.pi * network.radius**4)
        self._solver: Any = None

    def first_flow(self) -> NetworkFlow:
        """Part the flow as liquid."""
        zero = np.zeros(self.plate.network.segments)
        return split_by_pressure(
            self.plate.network, self.inlet.mass_flow, lambda m: self._loss(m, self.leaving, zero, zero)
        )

    def local(self, mass_flow: Array, pressure: Array, heat: Array) -> _Local:
        """State of the fluid in each piece at a flow, pressures and heat."""
        network, pieces = self.plate.network, self.plate.channels.pieces
        tail, head = pressure[network.tail[pieces.segment]], pressure[network.head[pieces.segment]]
        low, high = self.fluid.pressure_range
        saturation = self.fluid.saturation(np.clip(tail + self.share * (head - tail), low, high))
        moved = transport(network, pieces, mass_flow)
        enthalpy = enthalpies(moved, heat, self.enters)
        if self.closures.split != "equal-quality":
            moved, extra = phase_split(
                self.closures.split, network, pieces, mass_flow, moved, enthalpy, saturation
            )
            enthalpy = enthalpies(moved, heat + extra, self.enters)
        quality = (enthalpy - saturation.liquid_enthalpy) / saturation.latent_heat
        # iterates may pass the table's end; answers do not
        liquid = np.maximum(np.minimum(enthalpy, saturation.liquid_enthalpy), self.coldest)
        temperature = np.minimum(self.fluid.liquid_temperature(liquid), saturation.temperature)
        flux = np.abs(mass_flow / self.area)[pieces.segment]
        return _Local(saturation, enthalpy, quality, np.asarray(temperature), flux)

    def part(self, flow: NetworkFlow, local: _Local) -> NetworkFlow:
        """Part the flow by pressure at the qualities of now."""
        pieces = self.plate.channels.pieces
        count = (pieces.last - pieces.first + 1).astype(float)
        mean = Saturation._make(pieces.by_segment(np.asarray(value)) / count for value in local.saturation)
        wet = np.clip(local.quality, 0.0, 1.0)
        quality = pieces.by_segment(wet) / count
        volume = 1.0 / local.saturation.liquid_density + wet * (
            1.0 / local.saturation.vapour_density - 1.0 / local.saturation.liquid_density
        )
        expansion = volume[pieces.last] - volume[pieces.first]
        return split_by_pressure(
            self.plate.network,
            self.inlet.mass_flow,
            lambda m: self._loss(m, mean, quality, expansion),
            start=flow.mass_flow,
            tolerance=_PARTING,
            least_slope=self.laminar,
        )

    def _loss(self, mass_flow: Array, saturation: Saturation, quality: Array, expansion: Array) -> Array:
        """Friction, acceleration of homogeneous flow and weight, tail to head [Pa]; forks and bends left out."""
        network = self.plate.network
        flux = mass_flow / self.area
        diameter = 2.0 * network.radius
        friction = (
            self.friction(flux, quality, saturation, diameter, self.closures.roughness) * network.length
        )
        void = self.void(np.maximum(np.abs(flux), 1e-3), quality, saturation, diameter)
        density = void * saturation.vapour_density + (1.0 - void) * saturation.liquid_density
        return np.asarray(friction + flux * np.abs(flux) * expansion + density * GRAVITY * self.rise)

    def plate_against(self, local: _Local, wall: Array) -> tuple[Array, Array, Array]:
        """Temperature of the solid, heat of the pieces and their walls, by Newton on the boiling curves."""
        channels = self.plate.channels
        curve, index = self._curve(local), np.arange(channels.pieces.count)
        for _ in range(_INNER):
            flux, slope = curve.flux(wall, index)
            conductance = channels.conductance(slope)
            reference = wall - flux / slope
            solid = self._solve(conductance, reference)
            heat = conductance * (channels.average @ solid - reference)
            new = np.asarray(channels.wall_temperature(solid, heat))
            change = float(np.abs(new - wall).max())
            wall = new
            if change < 1e-9 * float(wall.mean()):
                break
        return solid, heat, wall

    def _curve(self, local: _Local) -> WallBoiling:
        pieces = self.plate.channels.pieces
        diameter: Any = 2.0 * pieces.radius
        length: Any = self.plate.network.length[pieces.segment]
        surface = BoilingSurface(diameter, length, peak_roughness=self.closures.roughness)
        wet = np.clip(local.quality, 0.0, 0.99)
        state = BoilingState(
            self.fluid, local.saturation, local.liquid_temperature, np.maximum(local.mass_flux, 1e-3), wet
        )
        return WallBoiling(state, surface, self.closures.boiling)

    def _solve(self, conductance: Array, reference: Array) -> Array:
        """Solid against pieces at given temperatures."""
        plate, average = self.plate, self.plate.channels.average
        level = float(reference.mean())
        above = plate.load - level * np.asarray(plate.matrix.sum(axis=1)).ravel()
        right = above + average.T @ (conductance * (reference - level))
        if plate.matrix.shape[0] <= DIRECT_UP_TO:
            system = plate.matrix + average.T @ scipy.sparse.diags(conductance) @ average
            return np.asarray(scipy.sparse.linalg.spsolve(system.tocsc(), right)) + level
        if self._solver is None:
            self._solver = preconditioner(plate.grid, plate.matrix, plate.channels, conductance)
        near = scipy.sparse.linalg.LinearOperator(plate.matrix.shape, self._solver.precondition, dtype=float)
        whole = scipy.sparse.linalg.LinearOperator(
            plate.matrix.shape,
            lambda u: plate.matrix @ u + average.T @ (conductance * (average @ u)),
            dtype=float,
        )
        solution, failed = scipy.sparse.linalg.cg(whole, right, rtol=1e-12, atol=0.0, M=near, maxiter=400)
        if failed:
            raise NotConverged("solid with channels: conjugate gradients stalled")
        return np.asarray(solution) + level

    def result(
        self, flow: NetworkFlow, solid: Array, heat: Array, wall: Array, pressure: Array, iterations: int
    ) -> BoilingCooled:
        """Put the answer together, enthalpies from the heat that the plate gives."""
        plate, pieces = self.plate, self.plate.channels.pieces
        local = self.local(flow.mass_flow, pressure, heat)
        flux = heat / (2.0 * math.pi * pieces.radius * pieces.length)
        reduced = local.saturation.pressure / self.fluid.critical_pressure
        mass_flux = np.maximum(local.mass_flux, 1e-3)
        limit = dry_out_quality(mass_flux, flux, local.saturation, reduced, 2.0 * pieces.radius)
        margin = np.full(plate.network.segments, np.inf)
        np.minimum.at(margin, pieces.segment, 1.0 - np.maximum(local.quality, 0.0) / np.maximum(limit, 1e-6))
        mixed = self.enters + float(heat.sum()) / self.inlet.mass_flow
        exit_quality = (mixed - self.leaving.liquid_enthalpy) / self.leaving.latent_heat
        superheat = wall - local.saturation.temperature
        return BoilingCooled(
            flow=replace(flow, pressure=pressure),
            temperature=solid,
            heat=heat,
            enthalpy=local.enthalpy,
            quality=local.quality,
            saturation_temperature=np.asarray(local.saturation.temperature),
            wall_temperature=wall,
            coefficient=np.divide(flux, superheat, out=np.full_like(flux, np.nan), where=superheat > 0.0),
            dry_out_margin=margin,
            exit_quality=float(exit_quality),
            iterations=iterations,
        )


def enthalpies(moved: CoolantTransport, heat: Array, inlet: float) -> Array:
    """At the end of each piece, from heat [W] and the inlet's enthalpy [J/kg]."""
    system = moved.matrix.tocsc()
    # relative to the inlet, which saves digits
    return np.asarray(scipy.sparse.linalg.spsolve(system, heat)) + inlet


def specific_volumes(
    network: VascularNetwork, pieces: ChannelPieces, state: BoilingCooled, fluid: Fluid
) -> Array:
    """Homogeneous specific volume of each segment over that of the liquid, for the two-phase law of radii [-]."""
    saturation = fluid.saturation_at(state.saturation_temperature)
    ratio = saturation.liquid_density / saturation.vapour_density
    local = 1.0 + np.clip(state.quality, 0.0, 1.0) * (ratio - 1.0)
    return pieces.by_segment(local * pieces.length) / network.length
