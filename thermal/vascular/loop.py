"""A loop whose modules are branching channels: pipes and channels solved in turn until they agree.

The loop has one cell a module; what it loses and holds is matched to the channels' own solution
(:class:`thermal.loop.channel_module.ModuleMatch`). At the fixed point the cell falls by the same pressure, holds the
same mass and leaves the same enthalpy as the channels do, and the channels stand at the loop's flow and pressures.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.errors import FluidError, NotConverged
from thermal.field.embedded_channels import ChannelPieces
from thermal.fixed_point import fixed_point
from thermal.loop.channel_module import ChannelModule, ModuleMatch
from thermal.loop.closures.boiling import boiling_closure
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.validity import range_warnings
from thermal.loop.closures.void import void_closure
from thermal.loop.cold_start import condensing_temperature
from thermal.loop.condenser_spec import CondenserUnitSpec
from thermal.loop.equations import Problem
from thermal.loop.fluids import Saturation
from thermal.loop.limits import critical_heat_flux_margin
from thermal.loop.margins import loop_side_margins
from thermal.loop.model import LoopModel
from thermal.loop.oscillation import Oscillation
from thermal.loop.sink import HeatSink
from thermal.loop.specs import LoopSpec
from thermal.loop.state import LoopState
from thermal.vascular.boiling import dry_out_margins
from thermal.vascular.boiling_network import BoilingNetwork
from thermal.vascular.boiling_state import BoilingClosures, Inlet, LocalFluid, Marched

Array = NDArray[np.float64]

_MATCHINGS = 40
_TOLERANCE = 1e-10
_FIRST_QUALITY = 0.05
"""At the exit, with which the channels are first asked what they lose [-]."""
_NO_VAPOUR = 1e-6
"""Quality up to which a piece counts as liquid [-]."""
_HEAD = 1e4
"""Pressure by which falls are weighed against coefficients [Pa]."""


@dataclass(frozen=True)
class ChannelLoopState(LoopState):
    """Steady loop with the channels of its modules; what is by segment in a loop is by piece of channel here.

    Attributes
    ----------
    marched
        Channels of each module.
    match
        With which the loop was solved.
    """

    marched: tuple[Marched, ...]
    match: ModuleMatch


def channel_closures(loop: LoopSpec, split: str, forks: str, roughness: float) -> BoilingClosures:
    """Closures of the loop, carried into the channels."""
    names = loop.closures
    return BoilingClosures(
        friction=names.friction,
        void=names.void,
        boiling=names.boiling,
        split=split,
        forks=forks,
        roughness=roughness,
        friction_factor=names.friction_factor,
        slip_factor=names.void_factor,
        boiling_factor=names.boiling_factor,
        dryout_factor=names.dryout_factor,
    )


def channel_module(
    network: VascularNetwork, up: Array, inlet_loss: float, outlet_loss: float
) -> ChannelModule:
    """Channels as the loop sees them."""
    inner, outer = (
        float(np.pi * network.radius[(network.tail == port) | (network.head == port)].max() ** 2)
        for port in (network.inlet, network.outlet)
    )
    rise = float((network.nodes[network.outlet] - network.nodes[network.inlet]) @ up)
    return ChannelModule(inner, outer, network.wetted_area, rise, network.volume, inlet_loss, outlet_loss)


class ChannelLoop(LoopModel):
    """The steady loop of a case with channels.

    Parameters
    ----------
    loop, module, condenser_elevation
        Section of the case file, what the loop sees of a module, elevation of the condenser's outlet [m].
    channels
        Of one module; all are alike.
    units
        Condensers in parallel; none is a single one.
    """

    def __init__(
        self,
        loop: LoopSpec,
        module: ChannelModule,
        condenser_elevation: float,
        channels: BoilingNetwork,
        units: Sequence[CondenserUnitSpec] = (),
    ) -> None:
        super().__init__(loop, module, condenser_elevation, channels.fluid, units)
        self.channels = channels

    @property
    def segments(self) -> int:
        """Number of pieces of channel of each module."""
        return self.channels.pieces_of_one.count

    def with_split(self, split: str) -> ChannelLoop:
        """Loop whose phases part by another closure."""
        other = copy.copy(self)
        other.channels = self.channels.with_split(split)
        return other

    def attempt(
        self,
        heat: Array,
        sink: HeatSink,
        guess: LoopState | None = None,
        *,
        patient: bool = False,
        charge: float | Literal["of the case"] | None = "of the case",
    ) -> LoopState | None:
        """Steady state without a look at limits; ``None`` where loop or channels find none."""
        totals = heat.sum(axis=1, keepdims=True)
        latest: list[tuple[LoopState, tuple[Marched, ...]]] = []

        def update(values: Array) -> Array:
            match = ModuleMatch(*values)
            model = self.matched(match)
            before = latest[0][0] if latest else guess
            state = LoopModel.attempt(model, totals, sink, before, patient=patient, charge=charge)
            if state is None:
                raise NotConverged("loop: no state at what the channels lose")
            marched = self._march(model, state, heat, latest[0][1] if latest else _marched(guess))
            latest[:] = [(state, marched)]
            return _scaled(self._match(model, state, marched))

        try:
            start = guess.match if isinstance(guess, ChannelLoopState) else self._first_match(totals, sink)
            found = fixed_point(
                lambda x: update(_unscaled(x)), _scaled(start), tolerance=_TOLERANCE, iterations=_MATCHINGS
            )
        except (NotConverged, FluidError):
            # the search may pass the fluid's tables; a state there is none
            return None
        state, marched = latest[0]
        return self._joined(state, marched, heat, ModuleMatch(*_unscaled(found.value)), found.iterations)

    def carried(self, heat: Array, sink: HeatSink, near: LoopState) -> LoopState | None:
        """Steady state with a heat [W] from one nearby or from none; ``None`` where the loop cannot carry it."""
        state = self.attempt(heat, sink, near) or self.attempt(heat, sink, patient=True)
        return None if state is None or self.passed_limit(state) else state

    def margins(self, state: LoopState, peak_flux: Array | None = None) -> dict[str, float]:
        """Distance to each limit: 1 far, 0 at it, below 0 passed [-]; those of the channels over all pieces."""
        if not isinstance(state, ChannelLoopState):
            raise TypeError("margins of channels need their state")
        by_module = [self.segment_margins(state, module) for module in range(self.modules)]
        flux = state.heat / self.wetted
        return {
            name: float(min(margins[name].min() for margins in by_module)) for name in ("chf", "dryout")
        } | loop_side_margins(self, state, flux.max(axis=1))

    def oscillation(self, state: LoopState) -> Oscillation | None:
        """Mode of the loop that grows fastest or dies out last; what the channels lose stays what it is."""
        if not isinstance(state, ChannelLoopState):
            raise TypeError("modes of channels need their state")
        return LoopModel.oscillation(self.matched(state.match), state)

    def profile(self, state: LoopState, module: int) -> tuple[Array, Array]:
        """Saturation temperature [K] and quality [-] at the ends of the segments on the way of the greatest flow."""
        if not isinstance(state, ChannelLoopState):
            raise TypeError("a profile of channels needs their state")
        pieces, marched = self.channels.pieces_of_one, state.marched[module]
        way = greatest_way(marched, self.channels.one)
        ends = np.where(marched.flow.mass_flow >= 0.0, pieces.last, pieces.first)[way]
        return state.saturation_temperature[module, ends], state.quality[module, ends]

    @property
    def wetted(self) -> Array:
        """Wall of each piece [m2]."""
        return np.asarray(
            2.0 * math.pi * self.channels.pieces_of_one.radius * self.channels.pieces_of_one.length
        )

    def segment_margins(self, state: ChannelLoopState, module: int) -> dict[str, Array]:
        """Margins to dry-out and to critical heat flux of one module's segments, each (segments,) [-]."""
        network, pieces = self.channels.one, self.channels.pieces_of_one
        local, heat = state.marched[module].local, state.heat[module]
        flux = heat / self.wetted
        peak = np.full(network.segments, -np.inf)
        np.maximum.at(peak, pieces.segment, flux)
        mean = pieces.by_segment(heat) / pieces.by_segment(self.wetted)
        forward = state.marched[module].flow.mass_flow >= 0.0
        entry = np.where(forward, pieces.first, pieces.last)
        at = type(local.saturation)._make(np.asarray(value)[entry] for value in local.saturation)
        critical = critical_heat_flux_margin(
            peak,
            mean,
            np.maximum(local.mass_flux[entry], 1e-3),
            at,
            np.maximum(at.liquid_enthalpy - local.entering[entry], 0.0),
            2.0 * network.radius,
            network.length,
        )
        factors = self.loop.closures
        return {
            "dryout": dry_out_margins(network, pieces, self.fluid, local, flux, factors.dryout_factor),
            "chf": np.asarray(1.0 - (1.0 - critical) / factors.chf_factor),
        }

    def _first_match(self, totals: Array, sink: HeatSink) -> ModuleMatch:
        """From channels that evaporate a little at the condensing temperature, each module on its own."""
        boiling, lowest, highest = self.channels, *self.fluid.temperature_range
        expected = condensing_temperature(Problem(totals.ravel(), (sink,)))
        at = self.fluid.saturation_at(min(max(expected, lowest + 0.5), highest - 0.5))
        share = boiling.pieces_of_one.length / boiling.pieces_of_one.length.sum()
        flow = np.maximum(totals[:, 0], 1e-6) / float(_FIRST_QUALITY * at.latent_heat)
        marched = boiling.march(
            [Inlet(each, float(at.liquid_enthalpy), float(at.pressure)) for each in flow.tolist()],
            totals * share,
        )
        flux = flow / self.evaporator.flow_area
        volume = 1.0 / at.liquid_density + 0.5 * _FIRST_QUALITY * (
            1.0 / at.vapour_density - 1.0 / at.liquid_density
        )
        resisted = np.array([_along(one, boiling.one)[0] for one in marched])
        return ModuleMatch(
            resisted / (0.5 * flux**2 * float(volume)),
            np.zeros(self.modules),
            np.full(self.modules, boiling.one.volume),
        )

    def _march(
        self, model: LoopModel, state: LoopState, heat: Array, before: tuple[Marched, ...]
    ) -> tuple[Marched, ...]:
        """Solve the channels of every module at the loop's flow and pressure."""
        n, cells, unknowns = model.rack.network, model.rack.module_cells[:, 0], state.unknowns
        if (state.mass_flow <= 0.0).any():
            backwards = int(np.argmin(state.mass_flow))
            raise NotConverged(f"flow runs backwards through the channels of module {backwards}")
        enters, leaves = unknowns.enthalpy[n.tail[cells]], unknowns.pressure[n.head[cells]]
        columns = zip(state.mass_flow.tolist(), enters.tolist(), leaves.tolist(), strict=True)
        return self.channels.march([Inlet(*column) for column in columns], heat, before)

    def _match(self, model: LoopModel, state: LoopState, marched: tuple[Marched, ...]) -> ModuleMatch:
        """What the cells need to lose and hold what the channels do at this flow."""
        network, cells = self.channels.one, model.rack.module_cells[:, 0]
        equations = model.equations.state
        ends = equations.ends(state.unknowns)
        terms = equations.momentum_terms(state.unknowns, ends)
        own = (terms["gravity"] + terms["acceleration"])[cells]
        density = ends.density[0].mean(axis=0)[cells]
        head = ends.loss[0].mean(axis=0)[cells]
        falls = np.array([_along(one, network) for one in marched])
        return ModuleMatch(
            falls[:, 0] / head, falls[:, 1] - own, np.array([one.mass for one in marched]) / density
        )

    def _joined(
        self,
        state: LoopState,
        marched: tuple[Marched, ...],
        heat: Array,
        match: ModuleMatch,
        matchings: int,
    ) -> ChannelLoopState:
        """State of the loop with that of the channels in place of its cells'."""
        known = {item.name: getattr(state, item.name) for item in fields(LoopState)}
        local = [one.local for one in marched]
        quality = np.array([one.quality for one in local])
        known |= {
            "heat": heat,
            "saturation_temperature": np.array([one.saturation.temperature for one in local]),
            "liquid_temperature": np.array([one.liquid_temperature for one in local]),
            "quality": np.clip(quality, 0.0, 1.0),
            "equilibrium_quality": quality,
            "pressure": np.array([one.saturation.pressure for one in local]),
            "warnings": state.warnings + self._outside(local, heat),
            "pressure_drops": self._drops_with_channels(state, marched[0], float(match.fall[0])),
            "iterations": matchings,
        }
        return ChannelLoopState(**known, marched=marched, match=match)

    def _outside(self, local: list[LocalFluid], heat: Array) -> tuple[str, ...]:
        """Warnings of closures that are used outside of their ranges where the channels boil."""
        names, pieces = self.loop.closures, self.channels.pieces_of_one
        closures = (
            friction_closure(names.friction),
            void_closure(names.void),
            boiling_closure(names.boiling),
        )
        boils = np.array([one.quality for one in local]) > _NO_VAPOUR
        if not boils.any():
            return ()
        parts = zip(*(one.saturation for one in local), strict=True)
        at = Saturation._make(np.array(values)[boils] for values in parts)
        diameter = np.broadcast_to(2.0 * pieces.radius, heat.shape)[boils]
        flux, mass_flux = (heat / self.wetted)[boils], np.array([one.mass_flux for one in local])[boils]
        found = range_warnings(closures, self.fluid, at, mass_flux, diameter, flux)
        return tuple(f"channels: {warning}" for warning in found)

    def _drops_with_channels(
        self, state: LoopState, marched: Marched, given: float
    ) -> dict[str, dict[str, float]]:
        """Falls by leg and cause, the lowest module's channels in place of its cell."""
        causes = falls_by_cause(marched, self.channels.one)
        drops = {leg: dict(parts) for leg, parts in state.pressure_drops.items()}
        ports = sum(drops["evaporator"].values()) + given - sum(causes.values())
        drops["evaporator"] = causes | {"local": causes["local"] + ports}
        return drops


def falls_by_cause(marched: Marched, network: VascularNetwork) -> dict[str, float]:
    """Along the way of the greatest flow, by cause [Pa]; they add up to the network's fall."""
    way = greatest_way(marched, network)
    sign = np.where(marched.flow.mass_flow[way] >= 0.0, 1.0, -1.0)
    return {cause: float(sign @ falls[way]) for cause, falls in marched.falls.items()}


def heat_taken(marched: Marched, network: VascularNetwork, pieces: ChannelPieces) -> float:
    """Enthalpy that flows out of the network less what flows in [W]."""
    flow = marched.flow.mass_flow
    forward = flow >= 0.0
    out = np.where(forward, network.head, network.tail) == network.outlet
    end = np.where(forward, pieces.last, pieces.first)[out]
    gained = marched.local.enthalpy[end] - marched.inlet.enthalpy
    return float(np.abs(flow[out]) @ gained)


def greatest_way(marched: Marched, network: VascularNetwork) -> list[int]:
    """Segments from inlet to outlet, at every fork that of the greatest flow."""
    flow = np.abs(marched.flow.mass_flow)
    forward = marched.flow.mass_flow >= 0.0
    source = np.where(forward, network.tail, network.head)
    sink = np.where(forward, network.head, network.tail)
    node, way = network.inlet, list[int]()
    while node != network.outlet and len(way) < network.segments:
        out = np.flatnonzero(source == node)
        way.append(int(out[flow[out].argmax()]))
        node = int(sink[way[-1]])
    return way


def _along(marched: Marched, network: VascularNetwork) -> tuple[float, float]:
    """Fall by friction and local losses, and the rest of the network's whole fall [Pa]."""
    causes = falls_by_cause(marched, network)
    resisted = causes["friction"] + causes["local"]
    return resisted, marched.flow.loss(network) - resisted


def _marched(guess: LoopState | None) -> tuple[Marched, ...]:
    return guess.marched if isinstance(guess, ChannelLoopState) else ()


def _scaled(match: ModuleMatch) -> Array:
    """As numbers of like size; coefficients by their logarithm, which spans decades."""
    return np.array([np.log(np.maximum(match.loss, 1e-12)), match.fall / _HEAD, 1e3 * match.volume])


def _unscaled(values: Array) -> Array:
    return np.array([np.exp(values[0]), values[1] * _HEAD, 1e-3 * values[2]])
