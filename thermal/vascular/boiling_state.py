"""What boils in branching channels: closures, what enters, the fluid in each piece, a network in balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.field.embedded_channels import ChannelPieces
from thermal.loop.fluids import Saturation
from thermal.vascular.flow import NetworkFlow

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BoilingClosures:
    """By name; ``split`` is how phases part at forks, ``forks`` how much they lose there.

    Factors are on the frictional gradient, the slip ratio, the coefficient of boiling and the quality at which dry-out
    begins, for studies of the closures' error [-].
    """

    friction: str = "muller-steinhagen-heck"
    void: str = "rouhani"
    boiling: str = "cooper"
    split: str = "equal-quality"
    forks: str = "homogeneous"
    roughness: float = 1e-6
    friction_factor: float = 1.0
    slip_factor: float = 1.0
    boiling_factor: float = 1.0
    dryout_factor: float = 1.0


@dataclass(frozen=True)
class Inlet:
    """What enters and what it leaves against: mass flow [kg/s], enthalpy [J/kg], pressure at the outlet [Pa]."""

    mass_flow: float
    enthalpy: float
    outlet_pressure: float


@dataclass(frozen=True)
class Inlets:
    """The same of several copies of a network, arrays of shape (copies,)."""

    mass_flow: Array
    enthalpy: Array
    outlet_pressure: Array

    @classmethod
    def of(cls, *inlets: Inlet) -> Inlets:
        """Collect."""
        columns = np.array([(i.mass_flow, i.enthalpy, i.outlet_pressure) for i in inlets]).T
        return cls(*columns)


@dataclass(frozen=True)
class LocalFluid:
    """Fluid in each piece.

    Attributes
    ----------
    saturation
        At the pressure in the middle of the piece.
    enthalpy, quality
        At its end [J/kg], [-]; the quality is that of equilibrium, negative in subcooled liquid.
    entering
        Enthalpy at its start [J/kg].
    liquid_temperature
        Of what liquid there is [K].
    mass_flux
        Shape (pieces,) [kg/(m2 s)].
    """

    saturation: Saturation
    enthalpy: Array
    quality: Array
    entering: Array
    liquid_temperature: Array
    mass_flux: Array


@dataclass(frozen=True)
class Marched:
    """Network in balance at a given heat.

    Attributes
    ----------
    inlet
        That it was solved for.
    flow
        How the fluid parts; pressures over the outlet's.
    local
        Fluid in each piece.
    heat
        Given, shape (pieces,) [W].
    falls
        By cause (friction, local, acceleration, gravity): from tail to head of each segment [Pa].
    mass
        Of fluid in the channels [kg].
    iterations
        Of the parting with the quality.
    """

    inlet: Inlet
    flow: NetworkFlow
    local: LocalFluid
    heat: Array
    falls: dict[str, Array]
    mass: float
    iterations: int


def volume_ratios(network: VascularNetwork, pieces: ChannelPieces, local: LocalFluid) -> Array:
    """Homogeneous specific volume of each segment over that of the liquid, for the two-phase law of radii [-]."""
    ratio = np.asarray(local.saturation.liquid_density) / np.asarray(local.saturation.vapour_density)
    volume = 1.0 + np.clip(local.quality, 0.0, 1.0) * (ratio - 1.0)
    return pieces.by_segment(volume * pieces.length) / network.length
