"""The channels where chip and loop meet: fluid states per piece on one side, means on their rings on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermal.vascular.loop import ChannelLoop, ChannelLoopState

if TYPE_CHECKING:
    from thermal.field.boundary import WettedCondition
    from thermal.field.embedded_channels import EmbeddedChannels
    from thermal.loop.closures.wall_boiling import WallBoiling
    from thermal.loop.model import LoopModel
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]
_STEPS = 60
_SETTLED = 1e-13


@dataclass(frozen=True)
class ChannelWall:
    """Boiling condition of channels: a curve per piece behind what the mesh cannot resolve of the solid.

    The ring's mean drives ``q = (u - T_wall) / d`` through the unresolved resistance and ``q = f(T_wall)`` at the wall.
    """

    law: WallBoiling
    channels: EmbeddedChannels

    def flux(self, wall_temperature: Array) -> tuple[Array, Array]:
        """Heat flux [W/m2] and its slope over the ring's mean [W/(m2 K)], shapes (pieces,)."""
        ring, index = wall_temperature, np.arange(self.channels.pieces.count)
        resistance = self.channels.unresolved * self.channels.area / self.channels.pieces.length
        wall = ring
        for _ in range(_STEPS):
            flux, slope = self.law.flux(wall, index)
            step = (wall + resistance * flux - ring) / (1.0 + resistance * slope)
            wall = wall - step
            if np.abs(step).max() <= _SETTLED * np.abs(ring).max():
                break
        flux, slope = self.law.flux(wall, index)
        return flux, slope / (1.0 + resistance * slope)


@dataclass(frozen=True)
class ChannelMap:
    """Pieces of channel as parts of the evaporator.

    Attributes
    ----------
    channels
        Laid into the package's mesh.
    """

    channels: EmbeddedChannels

    @property
    def count(self) -> int:
        """Number of pieces."""
        return self.channels.pieces.count

    @property
    def area(self) -> Array:
        """Wetted, of each piece [m2]."""
        return self.channels.area

    def heat(self, flux: Array) -> Array:
        """Heat of each piece from its flux [W/m2], to [W]."""
        return np.asarray(flux * self.channels.area)

    def wall(self, loop: LoopModel, state: LoopState, module: int) -> WettedCondition:
        """Boiling condition of one module's channels at the loop's state."""
        if not isinstance(loop, ChannelLoop) or not isinstance(state, ChannelLoopState):
            raise TypeError("channels need a loop that knows them")
        return ChannelWall(loop.channels.curve(state.marched[module].local), self.channels)
