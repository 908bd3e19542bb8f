"""A module whose channels are solved on their own, as the loop's pipes see it."""

from __future__ import annotations

from dataclasses import dataclass

from thermal.loop.network import Floats


@dataclass(frozen=True)
class ChannelModule:
    """Channels between two ports.

    Attributes
    ----------
    flow_area
        Of the channel at the inlet, to which the module's loss refers [m2].
    outlet_area
        Of the channel at the outlet [m2].
    heated_area
        Wetted wall [m2].
    rise
        Of the outlet above the inlet [m].
    volume
        Of all channels [m3].
    inlet_K, outlet_K
        Local loss coefficients of the ports, referred to the channels at them [-].
    """

    flow_area: float
    outlet_area: float
    heated_area: float
    rise: float
    volume: float
    inlet_K: float  # noqa: N815  the field's symbol
    outlet_K: float  # noqa: N815
    segments: int = 1


@dataclass(frozen=True)
class ModuleMatch:
    """What makes the loop's cell of each module lose and hold what its channels do.

    Attributes
    ----------
    loss
        Coefficient on the head at ``flow_area``: friction, forks and bends, shape (modules,) [-].
    fall
        Weight and acceleration beyond what the cell has of them, shape (modules,) [Pa].
    volume
        That holds the mass of fluid in the channels at the cell's density, shape (modules,) [m3].
    """

    loss: Floats
    fall: Floats
    volume: Floats
