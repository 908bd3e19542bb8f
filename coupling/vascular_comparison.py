"""Branching channels beside straight ones and a serpentine: equal channel volume, equal heat, equal driving head."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError

from coupling.errors import CaseError
from meshes.quantity import (
    Fraction,
    Length,
    Power,
    Spec,
    Temperature,
    TemperatureDifference,
    ThermalConductivity,
    Volume,
)
from meshes.vascular_checks import ManufactureSpec

if TYPE_CHECKING:
    from meshes.vascular import VascularNetwork
    from thermal.loop.fluids import Fluid
    from thermal.vascular.passive import Head
    from thermal.vascular.plate import ChannelPlate

Layout = Literal["tree", "straight", "serpentine", "u-channel"]


class PlateSpec(Spec):
    """Square plate: side, thickness [m], conductivity [W/(m K)], cells along x and y, and along z."""

    side: Length
    thickness: Length
    conductivity: ThermalConductivity
    cells: Annotated[int, Field(ge=4, le=200)] = 24
    layers: Annotated[int, Field(ge=2, le=20)] = 4


class HeatSpec(Spec):
    """Heat into the bottom [W] over ``grid`` squared equal blocks; ``hot_share`` of it into one of the middle ones."""

    total: Power
    grid: Annotated[int, Field(ge=1, le=40)] = 4
    hot_share: Fraction = 0.0


class DriveSpec(Spec):
    """Fluid, saturation at the outlet [K], subcooling at the inlet [K], and the head that drives: liquid column [m]."""

    fluid: str
    saturation: Temperature
    subcooling: TemperatureDifference = 2.0
    head: Length


class NetworkSpec(Spec):
    """One network: its course, how many levels, channels or passes, and the law of its radii."""

    name: str
    kind: Layout
    count: Annotated[int, Field(ge=1, le=400)]
    law: str = "uniform"


class ComparisonSpec(Spec):
    """Networks compared at one volume of channels [m3]."""

    name: str
    channel_volume: Volume
    plate: PlateSpec
    heat: HeatSpec
    drive: DriveSpec
    manufacture: ManufactureSpec = ManufactureSpec()
    network: Annotated[tuple[NetworkSpec, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Compared:
    """One row of the comparison; ``fault`` says what could not be made or did not settle.

    Attributes
    ----------
    hottest, spread
        Of the heated face: greatest temperature [K], greatest less least [K].
    mass_flow, pressure_drop
        That the head drives [kg/s], and what it spends in the network, its weight with it [Pa].
    exit_quality, dry_out_margin
        At the heat of the comparison [-].
    largest_heat
        That the head carries before a channel dries [W].
    """

    name: str
    segments: int
    hottest: float
    spread: float
    mass_flow: float
    pressure_drop: float
    exit_quality: float
    dry_out_margin: float
    largest_heat: float
    fault: str


def read_comparison(path: Path) -> ComparisonSpec:
    """Read a comparison.

    Raises
    ------
    CaseError
        With the key that is not as it should be.
    """
    try:
        return ComparisonSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CaseError([f"{path}: {error}"]) from None
    except ValidationError as error:
        faults = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise CaseError(faults) from None


def compare(spec: ComparisonSpec) -> list[Compared]:
    """Compute a row for each network."""
    from thermal.loop.closures.gravity import GRAVITY
    from thermal.loop.fluid_loading import load_fluid
    from thermal.vascular.passive import Head

    fluid = load_fluid(spec.drive.fluid)
    leaving = fluid.saturation_at(spec.drive.saturation)
    pressure = float(leaving.liquid_density) * GRAVITY * spec.drive.head
    head = Head(pressure, float(leaving.pressure), spec.drive.subcooling)
    return [_row(spec, item, fluid, head) for item in spec.network]


def _row(spec: ComparisonSpec, item: NetworkSpec, fluid: Fluid, head: Head) -> Compared:
    from meshes.vascular_checks import manufacture_faults
    from thermal.errors import NotConverged
    from thermal.vascular.boiling import InletState, cool_by_boiling
    from thermal.vascular.boiling_state import BoilingClosures
    from thermal.vascular.passive import driven_flow, largest_heat

    closures, up = BoilingClosures(), np.array([0.0, 1.0, 0.0])
    plate = _sized(spec, item, fluid, head)
    network, total = plate.network, spec.heat.total
    size = (spec.plate.side, spec.plate.side, spec.plate.thickness)
    faults = manufacture_faults(network, spec.manufacture, size)[:1]
    most = largest_heat(plate, fluid, head, total, closures, up)
    found = driven_flow(plate, fluid, head, total, closures, up)
    nothing = float("nan")
    if found is None:
        values = (nothing, nothing, nothing, nothing, nothing, nothing)
        return Compared(
            item.name, network.segments, *values, most, "; ".join([*faults, "heat is not carried"])
        )
    flow, marched = found
    loss = marched.flow.loss(network)
    try:
        state = cool_by_boiling(
            plate, fluid, InletState(flow, head.subcooling, head.outlet_pressure), closures, tolerance=1e-6
        )
    except NotConverged as error:
        values = (nothing, nothing, flow, loss, nothing, marched.dry_out_margin)
        return Compared(item.name, network.segments, *values, most, "; ".join([*faults, str(error)]))
    bottom = state.temperature.reshape(plate.grid.node_shape)[0]
    return Compared(
        name=item.name,
        segments=network.segments,
        hottest=float(bottom.max()),
        spread=float(bottom.max() - bottom.min()),
        mass_flow=flow,
        pressure_drop=state.flow.loss(network),
        exit_quality=state.exit_quality,
        dry_out_margin=float(state.dry_out_margin.min()),
        largest_heat=most,
        fault="; ".join(faults),
    )


def _sized(spec: ComparisonSpec, item: NetworkSpec, fluid: Fluid, head: Head) -> ChannelPlate:
    """Plate with a network sized by its law; a law that knows vapour is met at the driven flow, in three passes."""
    from meshes.vascular_layouts import Footprint, lay_out
    from meshes.vascular_radii import apply_law, radius_law
    from thermal.vascular.boiling_state import BoilingClosures
    from thermal.vascular.passive import driven_flow

    law = radius_law(item.law)
    area, thick = Footprint(spec.plate.side, spec.plate.side), spec.plate.thickness
    course = lay_out(item.kind, area, item.count, (0.3 * thick, 0.7 * thick))
    network = apply_law(course, law, spec.channel_volume)
    plate = _plate(spec, network)
    for _ in range(3 if law.volume else 0):
        found = driven_flow(plate, fluid, head, spec.heat.total, BoilingClosures(), np.array([0.0, 1.0, 0.0]))
        if found is None:
            break
        network = apply_law(network, law, spec.channel_volume, specific_volume=found[1].volume)
        plate = _plate(spec, network)
    return plate


def _plate(spec: ComparisonSpec, network: VascularNetwork) -> ChannelPlate:
    from thermal.field.tensor_grid import TensorGrid
    from thermal.vascular.plate import heated_plate

    plate, heat = spec.plate, spec.heat
    line = np.linspace(0.0, plate.side, plate.cells + 1)
    grid = TensorGrid(line, line, np.linspace(0.0, plate.thickness, plate.layers + 1))
    share: Any = np.full((heat.grid, heat.grid), (1.0 - heat.hot_share) / heat.grid**2)
    share[heat.grid // 2, heat.grid // 2] += heat.hot_share
    block = (np.arange(plate.cells) * heat.grid) // plate.cells
    cells_in = np.bincount(block)
    per_cell = share[np.ix_(block, block)] / np.outer(cells_in[block], cells_in[block])
    flux = {"bottom": heat.total * per_cell / grid.face_area("bottom")}
    return heated_plate(
        network, grid, np.full(grid.cell_shape, plate.conductivity), flux, plate.side / plate.cells
    )
