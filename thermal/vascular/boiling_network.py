"""A fluid that boils in branching channels at a heat given by piece: enthalpy, pressure and the parting of the flow.

Two parts in turn: enthalpy along the pieces at the flow of now; pressure, and so the parting of the flow, at the
qualities of now (accelerated). Saturation goes by the local pressure.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse.linalg
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork, repeated
from thermal.errors import NotConverged
from thermal.field.coolant_transport import CoolantTransport, transport
from thermal.field.embedded_channels import ChannelPieces
from thermal.fixed_point import fixed_point
from thermal.loop.closures.boiling import BoilingState, BoilingSurface
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.closures.void import void_closure
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluids import Fluid, Saturation
from thermal.vascular.boiling_state import BoilingClosures, Inlet, Inlets, LocalFluid, Marched
from thermal.vascular.flow import NetworkFlow, split_by_pressure
from thermal.vascular.fork_losses import loss_coefficients, mixture_volume, require_forks
from thermal.vascular.phase_split import phase_split, split_exponent

Array = NDArray[np.float64]

_PARTING = 1e-9
_PASSES = 40
_CAUTIOUS = 0.2
"""Mixing of the second try, where flow that weight drives swings between branches."""


class BoilingNetwork:
    """Channels, fluid and closures.

    Parameters
    ----------
    network, pieces
        Channels, and what they are divided into.
    fluid
        With its tables.
    closures
        By name.
    up
        Against gravity; its share of the whole for a plate that leans, shape (3,) [-].
    copies
        Of the network, solved at once: the modules of a rack.

    Attributes
    ----------
    one, pieces_of_one
        A single network and its pieces; ``network`` and ``pieces`` are those of all copies.
    """

    def __init__(
        self,
        network: VascularNetwork,
        pieces: ChannelPieces,
        fluid: Fluid,
        closures: BoilingClosures,
        up: Array,
        copies: int = 1,
    ) -> None:
        require_forks(closures.forks)
        split_exponent(closures.split)
        self.one, self.pieces_of_one, self.copies = network, pieces, copies
        self.network, self.pieces = repeated(network, copies), pieces.repeated(copies)
        self.fluid, self.closures = fluid, closures
        network, pieces = self.network, self.pieces
        self.area = math.pi * network.radius**2
        self.rise = (network.nodes[network.head] - network.nodes[network.tail]) @ up
        self.inclination = np.degrees(np.arcsin(np.clip(self.rise / network.length, -1.0, 1.0)))
        self.friction: Any = friction_closure(closures.friction).function
        self.void: Any = void_closure(closures.void).function
        number = np.arange(pieces.count) - pieces.first[pieces.segment] + 0.5
        self.share = number / (pieces.last - pieces.first + 1)[pieces.segment]
        self.coldest = float(fluid.saturation(fluid.pressure_range[0]).liquid_enthalpy)

    def with_split(self, split: str) -> BoilingNetwork:
        """Network whose phases part by another closure."""
        split_exponent(split)
        changed = copy.copy(self)
        changed.closures = replace(self.closures, split=split)
        return changed

    def march(
        self,
        inlets: Sequence[Inlet],
        heat: Array,
        start: Sequence[Marched] = (),
        tolerance: float = 1e-10,
    ) -> tuple[Marched, ...]:
        """Find flow, pressure and quality of each copy at a heat of its pieces.

        Parameters
        ----------
        inlets
            Of the copies.
        heat
            Shape (copies, pieces) [W].
        start
            States nearby.
        tolerance
            Of the change of the flows in a pass, over their sum [-].

        Raises
        ------
        NotConverged
            If the flow finds no parting.
        """
        given, by_piece = Inlets.of(*inlets), np.asarray(heat, dtype=float).ravel()
        latest: list[NetworkFlow] = []
        flows = self.copies * self.one.segments

        def update(state: Array) -> Array:
            mass_flow = state[:flows] * self._by_flow(given.mass_flow)
            over = state[flows:] * self._by_node(given.outlet_pressure)
            local = self.local(given, mass_flow, over + self._by_node(given.outlet_pressure), by_piece)
            latest[:] = [self.part(given, mass_flow, local)]
            return self._scaled(latest[0], given)

        guess = self._scaled(self.first_flow(given), given)
        if start:
            near = NetworkFlow(
                np.concatenate([one.flow.mass_flow for one in start]),
                np.concatenate([one.flow.pressure for one in start]),
                0,
            )
            guess = self._scaled(near, Inlets.of(*(one.inlet for one in start)))
        try:
            found = fixed_point(update, guess, tolerance=tolerance, iterations=_PASSES)
        except NotConverged:
            found = fixed_point(
                update, guess, tolerance=tolerance, iterations=_PASSES, memory=10, mixing=_CAUTIOUS
            )
        flow = latest[0]
        pressure = flow.pressure + self._by_node(given.outlet_pressure)
        local = self.local(given, flow.mass_flow, pressure, by_piece)
        falls, masses = self._falls_and_masses(flow.mass_flow, local)
        return tuple(
            self._copy(k, inlet, flow, local, by_piece, falls, masses, found.iterations)
            for k, inlet in enumerate(inlets)
        )

    def _by_flow(self, values: Array) -> Array:
        return np.repeat(values, self.one.segments)

    def _by_node(self, values: Array) -> Array:
        return np.repeat(values, len(self.one.nodes))

    def _scaled(self, flow: NetworkFlow, inlets: Inlets) -> Array:
        """Flows over the whole flow, and pressures over the outlet's, as one array."""
        shares = flow.mass_flow / self._by_flow(inlets.mass_flow)
        return np.concatenate([shares, flow.pressure / self._by_node(inlets.outlet_pressure)])

    def _copy(
        self,
        number: int,
        inlet: Inlet,
        flow: NetworkFlow,
        local: LocalFluid,
        heat: Array,
        falls: dict[str, Array],
        masses: Array,
        iterations: int,
    ) -> Marched:
        """State of one of the copies."""

        def cut(values: Any) -> Any:
            return np.asarray(values).reshape(self.copies, -1)[number]

        fluid = LocalFluid(
            Saturation._make(cut(value) for value in local.saturation),
            *(
                cut(value)
                for value in (
                    local.enthalpy,
                    local.quality,
                    local.entering,
                    local.liquid_temperature,
                    local.mass_flux,
                )
            ),
        )
        own = NetworkFlow(cut(flow.mass_flow), cut(flow.pressure), flow.iterations)
        parts = {cause: cut(values) for cause, values in falls.items()}
        mass = float(cut(masses).sum())
        return Marched(inlet, own, fluid, cut(heat), parts, mass, iterations)

    def first_flow(self, inlets: Inlets) -> NetworkFlow:
        """Part the flow as liquid."""
        leaving = self.fluid.saturation(self._by_flow(inlets.outlet_pressure))
        zero = np.zeros(self.network.segments)

        weight = self.weight(zero, leaving, zero)

        def loss(mass_flow: Array) -> Array:
            return weight + self.losses(mass_flow, leaving, zero, zero, zero)["friction"]

        return split_by_pressure(self.network, inlets.mass_flow, loss, copies=self.copies)

    def local(self, inlets: Inlets, mass_flow: Array, pressure: Array, heat: Array) -> LocalFluid:
        """State of the fluid in each piece at a flow, pressures of the nodes [Pa] and heat [W]."""
        network, pieces = self.network, self.pieces
        tail, head = pressure[network.tail[pieces.segment]], pressure[network.head[pieces.segment]]
        low, high = self.fluid.pressure_range
        saturation = self.fluid.saturation(np.clip(tail + self.share * (head - tail), low, high))
        moved = transport(network, pieces, mass_flow)
        enters = np.repeat(inlets.enthalpy, self.pieces_of_one.count)
        enthalpy = enthalpies(moved, heat, enters)
        if self.closures.split != "equal-quality":
            moved, extra = phase_split(
                self.closures.split, network, pieces, mass_flow, moved, enthalpy, saturation, enters
            )
            enthalpy = enthalpies(moved, heat + extra, enters)
        flow = np.maximum(np.abs(mass_flow), 1e-300)[pieces.segment]
        quality = (enthalpy - saturation.liquid_enthalpy) / saturation.latent_heat
        # iterates may pass the table's end; answers do not
        liquid = np.maximum(np.minimum(enthalpy, saturation.liquid_enthalpy), self.coldest)
        temperature = np.minimum(self.fluid.liquid_temperature(liquid), saturation.temperature)
        flux = np.abs(mass_flow / self.area)[pieces.segment]
        return LocalFluid(
            saturation, enthalpy, quality, enthalpy - heat / flow, np.asarray(temperature), flux
        )

    def part(self, inlets: Inlets, mass_flow: Array, local: LocalFluid) -> NetworkFlow:
        """Part the flow by pressure at the qualities of now."""
        mean, quality, expansion = self._by_segment(mass_flow, local)
        coefficient = self._coefficients(mass_flow)
        # held over the pass: it can fall with the flow, which Newton's method would not bear
        weight = self.weight(mass_flow, mean, quality)
        viscosity = mean.liquid_viscosity / mean.liquid_density
        return split_by_pressure(
            self.network,
            inlets.mass_flow,
            lambda m: weight + sum(self.losses(m, mean, quality, expansion, coefficient).values()),
            start=mass_flow,
            tolerance=_PARTING,
            least_slope=8.0 * viscosity * self.network.length / (math.pi * self.network.radius**4),
            copies=self.copies,
        )

    def losses(
        self, mass_flow: Array, saturation: Saturation, quality: Array, expansion: Array, coefficient: Array
    ) -> dict[str, Array]:
        """Falls of pressure from tail to head that rise with the flow: friction, local, acceleration [Pa].

        Parameters
        ----------
        quality, expansion
            Mean of each segment [-], and its homogeneous specific volume at exit less that at entry [m3/kg].
        coefficient
            Of the local losses on the segment's own head [-].
        """
        network, closures = self.network, self.closures
        flux, diameter = mass_flow / self.area, 2.0 * network.radius
        friction = self.friction(flux, quality, saturation, diameter, closures.roughness) * network.length
        void = self._void(flux, quality, saturation) if closures.forks == "separated" else quality
        volume = mixture_volume(closures.forks, quality, void, saturation)
        head = flux * np.abs(flux)
        return {
            "friction": np.asarray(closures.friction_factor * friction),
            "local": np.asarray(0.5 * head * coefficient * volume),
            "acceleration": head * expansion,
        }

    def weight(self, mass_flow: Array, saturation: Saturation, quality: Array) -> Array:
        """Fall of pressure from tail to head by the weight of what is in the segments [Pa]."""
        return self.density(mass_flow, saturation, quality) * GRAVITY * self.rise

    def density(self, mass_flow: Array, saturation: Saturation, quality: Array) -> Array:
        """Of what is in the segments, with slip [kg/m3]."""
        void = self._void(mass_flow / self.area, quality, saturation)
        return np.asarray(void * saturation.vapour_density + (1.0 - void) * saturation.liquid_density)

    def curve(self, local: LocalFluid) -> WallBoiling:
        """Boiling curve of each piece of one network."""
        pieces = self.pieces_of_one
        diameter: Any = 2.0 * pieces.radius
        length: Any = self.one.length[pieces.segment]
        surface = BoilingSurface(diameter, length, peak_roughness=self.closures.roughness)
        wet = np.clip(local.quality, 0.0, 0.99)
        state = BoilingState(
            self.fluid, local.saturation, local.liquid_temperature, np.maximum(local.mass_flux, 1e-3), wet
        )
        return WallBoiling(state, surface, self.closures.boiling, factor=self.closures.boiling_factor)

    def _void(self, flux: Array, quality: Array, saturation: Saturation) -> Array:
        upward = np.where(flux >= 0.0, self.inclination, -self.inclination)
        void = self.void(
            np.maximum(np.abs(flux), 1e-3), quality, saturation, 2.0 * self.network.radius, upward
        )
        return np.asarray(void / (void + self.closures.slip_factor * (1.0 - void)))

    def _coefficients(self, mass_flow: Array) -> Array:
        if self.closures.forks == "none":
            return np.zeros(self.network.segments)
        return loss_coefficients(self.network, mass_flow)

    def _by_segment(self, mass_flow: Array, local: LocalFluid) -> tuple[Saturation, Array, Array]:
        """Mean saturation and quality of the segments, and their expansion along the flow."""
        pieces = self.pieces
        count = (pieces.last - pieces.first + 1).astype(float)
        mean = Saturation._make(pieces.by_segment(np.asarray(value)) / count for value in local.saturation)
        quality = pieces.by_segment(np.clip(local.quality, 0.0, 1.0)) / count
        forward = mass_flow >= 0.0
        entry, leave = (
            np.where(forward, pieces.first, pieces.last),
            np.where(forward, pieces.last, pieces.first),
        )
        s = local.saturation
        entering = (local.entering[entry] - np.asarray(s.liquid_enthalpy)[entry]) / np.asarray(s.latent_heat)[
            entry
        ]
        step = 1.0 / np.asarray(s.vapour_density) - 1.0 / np.asarray(s.liquid_density)
        expansion = (
            np.clip(local.quality[leave], 0.0, 1.0) * step[leave] - np.clip(entering, 0.0, 1.0) * step[entry]
        )
        return mean, quality, np.asarray(expansion)

    def _falls_and_masses(self, mass_flow: Array, local: LocalFluid) -> tuple[dict[str, Array], Array]:
        mean, quality, expansion = self._by_segment(mass_flow, local)
        falls = self.losses(mass_flow, mean, quality, expansion, self._coefficients(mass_flow))
        falls["gravity"] = self.weight(mass_flow, mean, quality)
        density = self.density(mass_flow, mean, quality)
        return falls, np.asarray(density * self.area * self.network.length)


def enthalpies(moved: CoolantTransport, heat: Array, inlet: Array | float) -> Array:
    """At the end of each piece, from heat [W] and the inlet's enthalpy [J/kg]."""
    system = moved.matrix.tocsc()
    # relative to the inlet, which saves digits
    return np.asarray(scipy.sparse.linalg.spsolve(system, heat)) + inlet
