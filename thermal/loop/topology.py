"""The rack's loop as a network: modules on two manifolds, riser, condenser, downcomer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from meshes.errors import InputError
from thermal.loop.channel_module import ChannelModule
from thermal.loop.closures.friction import flat_channel_factor
from thermal.loop.condenser_spec import CondenserUnitSpec
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
    loop: LoopSpec,
    evaporator: EvaporatorSpec | ChannelModule,
    condenser_elevation: float,
    units: Sequence[CondenserUnitSpec] = (),
) -> RackLoop:
    """Lay out one loop: its modules in parallel, one riser, its condensers in parallel, one downcomer.

    Liquid comes down to the highest module first and vapour of the lowest passes all others, as pipes along a
    rack run. Several condensers hang between the riser's end and the downcomer's beginning, each on a branch of its
    own.

    Parameters
    ----------
    condenser_elevation
        Of the condensers' outlets, where a unit has none of its own [m].
    units
        Condensers in parallel; none is a single one right between riser and downcomer.

    Raises
    ------
    InputError
        If a condenser is not above the modules, or a pipe is shorter than its rise.
    """
    builder = NetworkBuilder()
    bottoms = loop.modules.inlet_elevations
    height = evaporator.rise
    gathered = condenser_elevation - max((unit.drop for unit in units), default=0.0)
    if gathered <= bottoms[-1] + height:
        below = f" less its drop leg of {condenser_elevation - gathered:g} m" if units else ""
        raise InputError(
            f"condenser.elevation {condenser_elevation:g} m{below} is not above the highest module's outlet at "
            f"{bottoms[-1] + height:g} m: gravity cannot drive the loop"
        )
    inlets = [builder.point(z) for z in bottoms]
    outlets = [builder.point(z + height) for z in bottoms]
    spread = builder.point(condenser_elevation + loop.condensing.inlet_height)
    joint = builder.point(gathered)
    drop = _fall(builder, loop, inlets, joint)
    modules = [
        _module(builder, evaporator, inlet, outlet) for inlet, outlet in zip(inlets, outlets, strict=True)
    ]
    manifold = loop.return_manifold or _as_manifold(loop.riser)
    rising = _manifold(builder, outlets, "return manifold", manifold)
    riser = _pipe(builder, outlets[-1], spread, "riser", loop.riser)
    if units:
        for unit in units:
            _unit(builder, loop, unit, condenser_elevation, (spread, joint))
    else:
        _condenser(builder, loop, (spread, joint), drop)
    return RackLoop(
        builder.build(), np.array(modules, dtype=np.intp), np.array([*rising, riser[0]], dtype=np.intp)
    )


def _unit(
    builder: NetworkBuilder,
    loop: LoopSpec,
    unit: CondenserUnitSpec,
    elevation: float,
    between: tuple[int, int],
) -> None:
    """Add one of several condensers with its branch of vapour line and its drop leg."""
    spread, joint = between
    own = elevation if unit.elevation is None else unit.elevation
    fall = own - builder.elevation[joint]
    if fall <= 0.0:
        raise InputError(
            f"condenser.units: an outlet at {own:g} m is not above the downcomer's beginning at "
            f"{builder.elevation[joint]:g} m"
        )
    inlet, outlet = builder.point(own + loop.condensing.inlet_height), builder.point(own)
    climb = abs(builder.elevation[inlet] - builder.elevation[spread])
    builder.pipe(
        spread,
        inlet,
        "vapour branches",
        length=max(unit.vapour_line, climb),
        diameter=loop.riser.diameter,
        roughness=loop.riser.roughness,
        inlet_loss=unit.vapour_K,
        cells=2,
    )
    leg = builder.pipe(
        outlet,
        joint,
        "drop legs",
        length=fall,
        diameter=loop.downcomer.diameter,
        roughness=loop.downcomer.roughness,
        cells=4,
    )
    _condenser(builder, loop, (inlet, outlet), leg, unit.share)


def _condenser(
    builder: NetworkBuilder, loop: LoopSpec, between: tuple[int, int], drop_leg: list[int], share: float = 1.0
) -> None:
    """Add a condenser with ``share`` of the tubes."""
    spec = loop.condensing
    builder.condenser(
        *between,
        "condenser",
        area=share * math.pi / 4.0 * spec.diameter**2 * spec.passages,
        volume=share * spec.volume,
        loss=spec.K,
        drop_leg=drop_leg,
        height=spec.height,
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
