"""The face where chip and loop meet: fluid states per segment on one side, wall temperatures per cell on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.loop.closures.boiling import BoilingState, BoilingSurface
from thermal.loop.closures.single_phase import ONE_SIDED_NUSSELT
from thermal.loop.closures.wall_boiling import WallBoiling

if TYPE_CHECKING:
    from thermal.field.boundary import WettedCondition
    from thermal.loop.model import LoopModel
    from thermal.loop.specs import EvaporatorSpec
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SegmentMap:
    """Which segment of the evaporator wets which cell face of the package.

    The fluid flows along +y; segments are equal parts of the evaporator's length, laid centrally over the face.

    Attributes
    ----------
    segment
        Of each cell face, -1 where the wall is dry, shape (ny, nx).
    area
        Of each cell face [m2], shape (ny, nx).
    count
        Number of segments.
    """

    segment: NDArray[np.int64]
    area: Array
    count: int

    def heat(self, flux: Array) -> Array:
        """Sum a heat flux [W/m2] over the faces of each segment [W]."""
        wet = self.segment >= 0
        heat = np.bincount(self.segment[wet], weights=(flux * self.area)[wet], minlength=self.count)
        return heat.astype(np.float64)

    def wall(self, loop: LoopModel, state: LoopState, module: int) -> WettedCondition:
        """Boiling condition on the wetted face of one module at the loop's state."""
        return SegmentedWall(wall_law(loop, state, module), self.segment)


def map_segments(x: Array, y: Array, evaporator: EvaporatorSpec) -> SegmentMap:
    """Lay the evaporator centrally over the face spanned by the node coordinates ``x`` and ``y`` [m].

    Raises
    ------
    InputError
        If the evaporator is larger than the face, or a segment wets no cell.
    """
    width, height = x[-1] - x[0], y[-1] - y[0]
    for key, extent, available in (("width", evaporator.width, width), ("length", evaporator.length, height)):
        if extent > available * (1.0 + 1e-9):
            raise InputError(f"evaporator.{key}: {extent:g} m is more than the package's {available:g} m")
    across = np.abs(0.5 * (x[1:] + x[:-1]) - 0.5 * (x[0] + x[-1])) < 0.5 * evaporator.width
    along = (0.5 * (y[1:] + y[:-1]) - 0.5 * (y[0] + y[-1])) / evaporator.length + 0.5
    index = np.floor(along * evaporator.segments).astype(np.int64)
    rows = np.where((along > 0.0) & (along < 1.0), index, -1)
    missing = sorted(set(range(evaporator.segments)) - set(rows.tolist()))
    if missing:
        raise InputError(
            f"evaporator.segments: {evaporator.segments} is too fine for the mesh; "
            f"segment {missing[0]} wets no cell (package.cells has {len(y) - 1} along the flow)"
        )
    segment = np.where(across[None, :], rows[:, None], -1)
    return SegmentMap(segment, np.outer(np.diff(y), np.diff(x)), evaporator.segments)


@dataclass(frozen=True)
class SegmentedWall:
    """Boiling condition of a package face: a law per segment, evaluated face by face; dry faces give nothing."""

    law: WallBoiling
    segment: NDArray[np.int64]

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """Heat flux into the fluid [W/m2] and its slope over wall temperature [W/(m2 K)], shapes (ny, nx)."""
        wet = self.segment >= 0
        heat_flux, slope = np.zeros_like(wall_temperature), np.zeros_like(wall_temperature)
        heat_flux[wet], slope[wet] = self.law.flux(wall_temperature[wet], self.segment[wet])
        return heat_flux, slope


def wall_law(loop: LoopModel, state: LoopState, module: int) -> WallBoiling:
    """Boiling law of one module's segments at a state of the loop, by the case's closure."""
    evaporator = loop.gap
    surface = BoilingSurface(
        hydraulic_diameter=evaporator.hydraulic_diameter,
        length=evaporator.length,
        heated_share=evaporator.width / (2.0 * (evaporator.width + evaporator.gap)),
        peak_roughness=evaporator.roughness,
        laminar_nusselt=ONE_SIDED_NUSSELT,
    )
    fluid = BoilingState(
        fluid=loop.fluid,
        saturation=loop.fluid.saturation(state.pressure[module]),
        liquid_temperature=state.liquid_temperature[module],
        mass_flux=np.full(loop.segments, state.mass_flux[module]),
        quality=state.quality[module],
    )
    closures = loop.loop.closures
    return WallBoiling(fluid, surface, closure=closures.boiling, factor=closures.boiling_factor)
