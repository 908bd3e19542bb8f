"""The rack's loop as a network: modules on two manifolds, riser, condenser, downcomer."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from thermal.loop.channel_module import ChannelModule
from thermal.loop.closures.friction import flat_channel_factor
from thermal.loop.network import Indices, Network, NetworkBuilder
from thermal.loop.specs import EvaporatorSpec, LoopSpec, ManifoldSpec, PipeSpec


@dataclass(frozen=True)
class RackLoop:
    """The network of a rack and where its parts lie in it.

    Attributes
    ----------
    network
        All pipes.
    module_cells
        Cells of each module along the flow, (modules, segments).
    above
        The cell that leaves each module's outlet upward, (modules,).
    """

    network: Network
    module_cells: Indices
    above: Indices


def rack_loop(
    loop: LoopSpec, evaporator: EvaporatorSpec | ChannelModule, condenser_elevation: float
) -> RackLoop:
    """Lay out one loop: its modules in parallel, one riser, one condenser, one downcomer.

    Liquid comes down to the highest module first and vapour of the lowest passes all others, as pipes along a
    rack run.

    Parameters
    ----------
    condenser_elevation
        Of the condenser's outlet [m].

    Raises
    ------
    InputError
        If the condenser is not above the modules, or a pipe is shorter than its rise.
    """
    builder = NetworkBuilder()
    bottoms = loop.modules.inlet_elevations
    height = evaporator.rise
    if condenser_elevation <= bottoms[-1] + height:
        raise InputError(
            f"condenser.elevation {condenser_elevation:g} m is not above the highest module's outlet at "
            f"{bottoms[-1] + height:g} m: gravity cannot drive the loop"
        )
    inlets = [builder.point(z) for z in bottoms]
    outlets = [builder.point(z + height) for z in bottoms]
    vapour_in = builder.point(condenser_elevation + loop.condensing.height)
    liquid_out = builder.point(condenser_elevation)
    drop = _fall(builder, loop, inlets, liquid_out)
    modules = [
        _module(builder, evaporator, inlet, outlet) for inlet, outlet in zip(inlets, outlets, strict=True)
    ]
    manifold = loop.return_manifold or _as_manifold(loop.riser)
    rising = _manifold(builder, outlets, "return manifold", manifold)
    riser = _pipe(builder, outlets[-1], vapour_in, "riser", loop.riser)
    tubes = math.pi / 4.0 * loop.condensing.diameter**2 * loop.condensing.passages
    builder.condenser(
        vapour_in,
        liquid_out,
        "condenser",
        area=tubes,
        volume=loop.condensing.volume,
        loss=loop.condensing.K,
        drop_leg=drop,
    )
    return RackLoop(
        builder.build(), np.array(modules, dtype=np.intp), np.array([*rising, riser[0]], dtype=np.intp)
    )


def _module(
    builder: NetworkBuilder, evaporator: EvaporatorSpec | ChannelModule, inlet: int, outlet: int
) -> list[int]:
    """Add the gap or the channels of one module between the two manifolds; its ports carry the local losses."""
    gap = [builder.point(builder.elevation[end]) for end in (inlet, outlet)]
    for tail, head, area, loss in (
        (inlet, gap[0], evaporator.flow_area, evaporator.inlet_K),
        (gap[1], outlet, evaporator.outlet_area, evaporator.outlet_K),
    ):
        builder.port(tail, head, "evaporator", area=area, loss=loss)
    if isinstance(evaporator, ChannelModule):
        volume = evaporator.volume
        return [
            builder.component(
                gap[0], gap[1], "evaporator", area=evaporator.flow_area, volume=volume, heated=True
            )
        ]
    return builder.pipe(
        gap[0],
        gap[1],
        "evaporator",
        length=evaporator.length,
        diameter=evaporator.hydraulic_diameter,
        area=evaporator.flow_area,
        roughness=evaporator.roughness,
        channel_factor=flat_channel_factor(evaporator.width, evaporator.gap),
        cells=evaporator.segments,
        heated=True,
    )


def _fall(builder: NetworkBuilder, loop: LoopSpec, inlets: list[int], liquid_out: int) -> list[int]:
    """Add downcomer and supply manifold; return their cells from the top down."""
    downcomer = _pipe(builder, liquid_out, inlets[-1], "downcomer", loop.downcomer)
    manifold = loop.supply_manifold or _as_manifold(loop.downcomer)
    return downcomer + _manifold(builder, inlets[::-1], "supply manifold", manifold)


def _as_manifold(pipe: PipeSpec) -> ManifoldSpec:
    return ManifoldSpec(diameter=pipe.diameter, roughness=pipe.roughness)


def _manifold(builder: NetworkBuilder, points: list[int], leg: str, spec: ManifoldSpec) -> list[int]:
    cells: list[int] = []
    for tail, head in itertools.pairwise(points):
        length = abs(builder.elevation[head] - builder.elevation[tail])
        cells += builder.pipe(
            tail,
            head,
            leg,
            length=max(length, spec.diameter),
            diameter=spec.diameter,
            roughness=spec.roughness,
            inlet_loss=spec.K,
        )
    return cells


def _pipe(builder: NetworkBuilder, tail: int, head: int, leg: str, spec: PipeSpec) -> list[int]:
    """Add a pipe whose rise the elevations of its ends fix."""
    rise = builder.elevation[head] - builder.elevation[tail]
    if spec.rise is not None and abs(abs(spec.rise) - abs(rise)) > 1e-6 * max(1.0, abs(rise)):
        raise InputError(
            f"loop.{leg}.rise {spec.rise:g} m does not fit the elevations of modules and condenser, "
            f"which leave {rise:g} m"
        )
    if spec.length < abs(rise) * (1.0 - 1e-9):
        raise InputError(f"loop.{leg}.length {spec.length:g} m is less than its rise of {abs(rise):g} m")
    return builder.pipe(
        tail,
        head,
        leg,
        length=spec.length,
        diameter=spec.diameter,
        roughness=spec.roughness,
        inlet_loss=0.5 * spec.K,
        outlet_loss=0.5 * spec.K,
        cells=spec.cells,
    )
