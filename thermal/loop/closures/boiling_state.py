"""What a boiling closure is told of the fluid and of the wall.

Closures are ``(heat_flux, state, surface) -> h`` [W/(m2 K)] referred to wall minus saturation temperature,
for arrays that broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from thermal.loop.fluids import Fluid, Numeric, Saturation


@dataclass(frozen=True)
class BoilingSurface:
    """The wetted wall and its channel.

    Attributes
    ----------
    hydraulic_diameter, length
        Of the channel, along the flow for ``length`` [m].
    heated_share
        Heated over wetted perimeter [-].
    peak_roughness
        ``Rp`` of DIN 4762, as Cooper uses it [m].
    mean_roughness
        ``Ra`` [m].
    laminar_nusselt
        Of developed laminar flow: 3.66 round, 4.861 between plates with one of them heated (Shah and London
        1978, walls at one temperature) [-].
    cavity_radius
        Of the largest cavities that hold vapour, at the mouth [m]; ``None`` takes every size as present.
    level
        Whether the channel is a level tube, in which slow flow stratifies.
    """

    hydraulic_diameter: float
    length: float
    heated_share: float = 1.0
    peak_roughness: float = 1.0e-6
    mean_roughness: float = 0.4e-6
    laminar_nusselt: float = 3.66
    cavity_radius: float | None = None
    level: bool = False


@dataclass(frozen=True)
class BoilingState:
    """Fluid along the wetted wall, one value for each segment.

    Attributes
    ----------
    fluid
        Working fluid.
    saturation
        Properties at the local pressure.
    liquid_temperature
        Of the bulk liquid, at most that of saturation [K].
    mass_flux
        [kg/(m2 s)].
    quality
        Vapour mass share, 0 where subcooled [-].
    """

    fluid: Fluid
    saturation: Saturation
    liquid_temperature: Numeric
    mass_flux: Numeric
    quality: Numeric


class BoilingCoefficient(Protocol):
    """Signature of a boiling closure."""

    def __call__(self, heat_flux: Numeric, state: BoilingState, surface: BoilingSurface) -> Numeric:
        """Return the heat transfer coefficient [W/(m2 K)]."""
