"""The inside of a coil's tubes: the boiling wall of an evaporator that air heats, the film of a condenser.

The air crosses the tubes once, so every part of their length meets fresh air: a tube cut into segments is a set of
exchangers side by side, each with its share of the air and an isothermal fluid inside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thermal.loop.closures.boiling import BoilingClosure, BoilingState, BoilingSurface
from thermal.loop.closures.condensation import CondensingState, CondensingSurface, nusselt
from thermal.loop.closures.critical_heat_flux import dry_out_quality
from thermal.loop.closures.dry_wall import dry_share, drying_coefficient, vapour_coefficient
from thermal.loop.fluids import Fluid, Saturation
from thermal.loop.sink import HeatSink

Floats = NDArray[np.float64]
_SMALLEST_FLUX = 1.0
"""Closures of boiling have no coefficient without heat; below this flux it is held [W/m2]."""


@dataclass(frozen=True)
class TubeBank:
    """Upright channels in parallel.

    Attributes
    ----------
    flow_area, perimeter
        Of all channels together, perimeters on the fluid's side [m2], [m].
    length
        Of a channel [m].
    """

    flow_area: float
    perimeter: float
    length: float

    @property
    def hydraulic_diameter(self) -> float:
        """Of a channel [m]."""
        return 4.0 * self.flow_area / self.perimeter

    @property
    def surface(self) -> float:
        """Wetted by the fluid [m2]."""
        return self.perimeter * self.length

    @property
    def volume(self) -> float:
        """Of the channels [m3]."""
        return self.flow_area * self.length


@dataclass(frozen=True)
class TubeFlow:
    """What flows in the segments of an evaporator's tubes, arrays (segments,).

    Attributes
    ----------
    fluid
        Working fluid.
    saturation
        At the local pressure.
    mass_flux
        [kg/(m2 s)].
    equilibrium_quality
        Below 0 in subcooled liquid, above 1 in superheated vapour [-].
    """

    fluid: Fluid
    saturation: Saturation
    mass_flux: Floats
    equilibrium_quality: Floats

    @property
    def temperature(self) -> Floats:
        """To which the coefficients refer: of saturation, or of superheated vapour [K]."""
        s = self.saturation
        superheat = np.maximum(self.equilibrium_quality - 1.0, 0.0) * s.latent_heat / s.vapour_heat_capacity
        return np.asarray(s.temperature + superheat, dtype=np.float64)


def dry_segments(heat: Floats, flow: TubeFlow, bank: TubeBank) -> Floats:
    """Share of the wall of each segment that is dry at ``heat`` [W], by Kim and Mudawar's incipience [-]."""
    flux = np.maximum(heat * heat.size / bank.surface, _SMALLEST_FLUX)
    reduced = flow.saturation.pressure / flow.fluid.critical_pressure
    begins = dry_out_quality(flow.mass_flux, flux, flow.saturation, reduced, bank.hydraulic_diameter)
    return np.asarray(dry_share(flow.equilibrium_quality, begins), dtype=np.float64)


def tube_coefficient(heat: Floats, flow: TubeFlow, bank: TubeBank, closure: BoilingClosure) -> Floats:
    """Coefficient from the wall to the fluid in each segment at ``heat`` [W], dry-out included [W/(m2 K)]."""
    flux = np.maximum(heat * heat.size / bank.surface, _SMALLEST_FLUX)
    quality = np.clip(flow.equilibrium_quality, 0.0, 1.0)
    state = BoilingState(flow.fluid, flow.saturation, flow.saturation.temperature, flow.mass_flux, quality)
    diameter = bank.hydraulic_diameter
    wet = closure.function(flux, state, BoilingSurface(diameter, bank.length))
    vapour = vapour_coefficient(flow.mass_flux, flow.saturation, diameter, bank.length)
    return np.asarray(drying_coefficient(wet, vapour, dry_segments(heat, flow, bank)), dtype=np.float64)


def heat_from_air(air: HeatSink, flow: TubeFlow, bank: TubeBank, coefficient: Floats) -> Floats:
    """Heat that air gives to the fluid in each segment [W].

    Parameters
    ----------
    air
        The warm stream: its conductance is that from the air to the inside of the tubes' wall, of the whole coil.
    coefficient
        From that wall to the fluid, (segments,) [W/(m2 K)].

    Notes
    -----
    Each of n segments has ``C/n`` of the air and ``1/UA = n/UA_air + n/(h A)``.
    """
    n = coefficient.size
    inside = coefficient * bank.surface
    parts = [
        HeatSink(air.temperature, air.capacity_rate / n, 1.0 / (n / air.conductance + n / wall))
        for wall in inside
    ]
    taken = [part.heat(float(warm)) for part, warm in zip(parts, flow.temperature, strict=True)]
    return -np.array(taken)


def with_film(air: HeatSink, heat: float, fluid: Fluid, bank: TubeBank) -> HeatSink:
    """Return the cold stream with the resistance of the condensing film added.

    Parameters
    ----------
    air
        The cold stream: its conductance is that from the wall's inside to the air.
    heat
        That condenses [W].

    Notes
    -----
    Laminar film that runs down by gravity (Nusselt), its subcooling ``Q/(h A)`` and the temperature at which it
    condenses found with it.
    """
    surface = CondensingSurface(bank.hydraulic_diameter, bank.length)
    sink, film = air, air.conductance / bank.surface
    lowest, highest = fluid.temperature_range
    for _ in range(60):
        temperature = air.temperature + heat / sink.effective_conductance()
        at = fluid.saturation_at(float(np.clip(temperature, lowest, highest)))
        state = CondensingState(fluid, at, 0.0, 0.0, heat / (film * bank.surface))
        before, film = film, float(nusselt(state, surface))
        sink = replace(air, conductance=1.0 / (1.0 / air.conductance + 1.0 / (film * bank.surface)))
        if abs(film - before) < 1e-12 * film:
            break
    return sink
