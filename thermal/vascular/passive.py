"""What a given head drives through a boiling network: flow at a heat, and the largest heat before a channel dries."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged
from thermal.loop.fluids import Fluid
from thermal.vascular.boiling import InletState, dry_out_margins
from thermal.vascular.boiling_network import BoilingNetwork
from thermal.vascular.boiling_state import BoilingClosures, volume_ratios
from thermal.vascular.flow import NetworkFlow
from thermal.vascular.plate import ChannelPlate

Array = NDArray[np.float64]

_TOLERANCE = 1e-6
_HALVINGS = 14


@dataclass(frozen=True)
class Head:
    """What drives the flow: pressure between the outlet and the inlet [Pa], outlet pressure [Pa], subcooling [K]."""

    pressure: float
    outlet_pressure: float
    subcooling: float


@dataclass(frozen=True)
class Driven:
    """Network at a given heat by length of channel, without the solid.

    Attributes
    ----------
    flow
        How the fluid parts; pressures over the outlet's.
    volume
        Homogeneous specific volume of each segment over the liquid's [-].
    dry_out_margin
        Least of all pieces [-].
    """

    flow: NetworkFlow
    volume: Array
    dry_out_margin: float


def march(
    plate: ChannelPlate, fluid: Fluid, inlet: InletState, heat: float, closures: BoilingClosures, up: Array
) -> Driven:
    """Part the flow and boil it with heat spread evenly over the length of all channels [W]."""
    pieces, network = plate.channels.pieces, plate.network
    boiling = BoilingNetwork(network, pieces, fluid, closures, up)
    by_piece = heat * pieces.length / float(pieces.length.sum())
    marched = boiling.march([inlet.inlet(fluid)], by_piece[None], tolerance=_TOLERANCE)[0]
    flux = by_piece / (2.0 * math.pi * pieces.radius * pieces.length)
    margin = dry_out_margins(network, pieces, fluid, marched.local, flux, closures.dryout_factor)
    return Driven(marched.flow, volume_ratios(network, pieces, marched.local), float(margin.min()))


def driven_flow(
    plate: ChannelPlate, fluid: Fluid, head: Head, heat: float, closures: BoilingClosures, up: Array
) -> tuple[float, Driven] | None:
    """Mass flow [kg/s] at which the network loses just the head, and the state there; ``None`` if there is none.

    By bisection on the logarithm of the flow, from 1.02 to 1020 times that which evaporates wholly. Where the loss
    falls with the flow at great qualities, more than one flow may fit; one beyond such a hump can be missed.
    """
    leaving = fluid.saturation(head.outlet_pressure)
    least = 1.02 * heat / float(leaving.latent_heat)
    low, high, found = math.log(least), math.log(1000.0 * least), None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        try:
            state = march(
                plate,
                fluid,
                InletState(math.exp(middle), head.subcooling, head.outlet_pressure),
                heat,
                closures,
                up,
            )
            fits = state.flow.loss(plate.network) <= head.pressure
        except NotConverged:
            fits = False
        if fits:
            low, found = middle, (math.exp(middle), state)
        else:
            high = middle
    return found


def largest_heat(
    plate: ChannelPlate, fluid: Fluid, head: Head, guess: float, closures: BoilingClosures, up: Array
) -> float:
    """Greatest heat that the head carries with no channel past incipient dry-out [W]."""

    def carried(heat: float) -> bool:
        found = driven_flow(plate, fluid, head, heat, closures, up)
        return found is not None and found[1].dry_out_margin >= 0.0

    low, high = 0.0, guess
    for _ in range(8):
        if not carried(high):
            break
        low, high = high, 2.0 * high
    for _ in range(7):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if carried(middle) else (low, middle)
    return low
