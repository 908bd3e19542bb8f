"""A fluid that boils in branching channels, with the plate that it cools.

Outer iteration over the fluid at the heat of now (:mod:`thermal.vascular.boiling_network`) and the plate against the
boiling curve of each piece, linearised at its wall temperature (Newton). In the end the enthalpies are those of the
heat that the plate gives, so energy closes to round-off.
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
from thermal.field.coolant_transport import DIRECT_UP_TO, preconditioner
from thermal.field.embedded_channels import ChannelPieces
from thermal.loop.closures.critical_heat_flux import dry_out_quality
from thermal.loop.fluids import Fluid
from thermal.vascular.boiling_network import BoilingNetwork
from thermal.vascular.boiling_state import BoilingClosures, Inlet, Inlets, LocalFluid
from thermal.vascular.flow import NetworkFlow
from thermal.vascular.plate import ChannelPlate

Array = NDArray[np.float64]

_OUTER = 60
_INNER = 3
_RELAX = 0.9
"""Share of a new heat that is taken: pressure, quality and heat feed on each other."""


@dataclass(frozen=True)
class InletState:
    """What enters: mass flow [kg/s], subcooling below saturation at the outlet's pressure [K], outlet pressure [Pa]."""

    mass_flow: float
    subcooling: float
    outlet_pressure: float

    def inlet(self, fluid: Fluid) -> Inlet:
        """The same by enthalpy."""
        leaving = fluid.saturation(self.outlet_pressure)
        enters = fluid.saturation_at(leaving.temperature - self.subcooling).liquid_enthalpy
        return Inlet(self.mass_flow, float(enters), self.outlet_pressure)


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
    channel = BoilingChannel(plate, fluid, inlet.inlet(fluid), closures or BoilingClosures(), np.array(up))
    boiling, pieces = channel.boiling, plate.channels.pieces
    total = float(plate.load.sum())
    heat = total * pieces.length / float(pieces.length.sum())
    pressure, flow = (
        np.full(len(plate.network.nodes), inlet.outlet_pressure),
        boiling.first_flow(channel.inlets),
    )
    wall = np.full(pieces.count, float(channel.leaving.temperature) + 5.0)
    for step in range(1, _OUTER + 1):
        local = boiling.local(channel.inlets, flow.mass_flow, pressure, heat)
        flow = boiling.part(channel.inlets, flow.mass_flow, local)
        pressure = flow.pressure + inlet.outlet_pressure
        local = boiling.local(channel.inlets, flow.mass_flow, pressure, heat)
        solid, new_heat, wall = channel.plate_against(local, wall)
        change = float(np.abs(new_heat - heat).max()) / (abs(total) / pieces.count)
        if change <= tolerance:
            return channel.result(flow, solid, new_heat, wall, pressure, step)
        heat = heat + _RELAX * (new_heat - heat)
    raise NotConverged(
        f"boiling in the channels: a piece's heat changes by {change:.2g} of the mean after {_OUTER} iterations"
    )


class BoilingChannel:
    """Parts of the outer iteration."""

    def __init__(
        self, plate: ChannelPlate, fluid: Fluid, inlet: Inlet, closures: BoilingClosures, up: Array
    ) -> None:
        self.plate, self.fluid, self.inlet, self.inlets = plate, fluid, inlet, Inlets.of(inlet)
        self.boiling = BoilingNetwork(plate.network, plate.channels.pieces, fluid, closures, up)
        self.leaving = fluid.saturation(inlet.outlet_pressure)
        self._solver: Any = None

    def plate_against(self, local: LocalFluid, wall: Array) -> tuple[Array, Array, Array]:
        """Temperature of the solid, heat of the pieces and their walls, by Newton on the boiling curves."""
        channels = self.plate.channels
        curve, index = self.boiling.curve(local), np.arange(channels.pieces.count)
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
        local = self.boiling.local(self.inlets, flow.mass_flow, pressure, heat)
        flux = heat / (2.0 * math.pi * pieces.radius * pieces.length)
        factor = self.boiling.closures.dryout_factor
        margin = dry_out_margins(plate.network, pieces, self.fluid, local, flux, factor)
        mixed = self.inlet.enthalpy + float(heat.sum()) / self.inlet.mass_flow
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


def dry_out_margins(
    network: VascularNetwork,
    pieces: ChannelPieces,
    fluid: Fluid,
    local: LocalFluid,
    flux: Array,
    factor: float = 1.0,
) -> Array:
    """1 less quality over that of incipient dry-out at a heat flux [W/m2], least of each segment's pieces [-].

    ``factor`` is on the quality of incipience, for studies of its error [-].
    """
    reduced = np.asarray(local.saturation.pressure) / fluid.critical_pressure
    mass_flux = np.maximum(local.mass_flux, 1e-3)
    limit = factor * dry_out_quality(mass_flux, flux, local.saturation, reduced, 2.0 * pieces.radius)
    margin = np.full(network.segments, np.inf)
    np.minimum.at(margin, pieces.segment, 1.0 - np.maximum(local.quality, 0.0) / np.maximum(limit, 1e-6))
    return margin
