"""State of the flowing mixture from pressure and enthalpy, with slip between the phases.

The marching variable is enthalpy and the quality follows from the local pressure, ``x = (h - h_l(p)) /
h_lg(p)``: flashing on the way up and subcooling on the way down come out of it and need no model of their
own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermal.loop.closures.friction import PressureGradient
from thermal.loop.closures.void import VoidFraction
from thermal.loop.fluids import Fluid, Numeric, Saturation
from thermal.loop.network import Floats

# width of the rounding of quality at the two ends of the two-phase region [-]; changes a density by less than
# 1e-4
ROUNDING = 1.0e-7
SMALLEST = 1.0e-12
# quality below 0 over which the liquid's properties pass from its own temperature to saturation at the pressure [-]
JOINT = 1.0e-6


@dataclass(frozen=True)
class Mixture:
    """What a section of a pipe carries; arrays of one shape.

    Attributes
    ----------
    quality
        Flowing vapour share of the mass, 0 to 1 [-].
    equilibrium_quality
        The same, below 0 in subcooled liquid and above 1 in superheated vapour [-].
    void
        Vapour share of the section [-].
    density
        Of what fills the section [kg/m3].
    friction
        Pressure gradient against the flow, with its sign [Pa/m].
    loss
        Pressure fall of a local loss coefficient of 1, with the flow's sign [Pa].
    momentum
        Flux of momentum [Pa].
    saturation
        At the local pressure, with the liquid's properties at its own temperature.
    """

    quality: Floats
    equilibrium_quality: Floats
    void: Floats
    density: Floats
    friction: Floats
    loss: Floats
    momentum: Floats
    saturation: Saturation


@dataclass(frozen=True)
class MixtureModel:
    """A fluid with the friction and void closures of the case.

    Attributes
    ----------
    fluid, friction, void
        Properties and closures.
    friction_factor, slip_factor
        Multiply the frictional gradient and the slip ratio of the phases, for studies of the closures' error
        [-].
    """

    fluid: Fluid
    friction: PressureGradient
    void: VoidFraction
    friction_factor: float = 1.0
    slip_factor: float = 1.0

    def clip_pressure(self, pressure: Numeric) -> Numeric:
        """Return ``pressure`` within the fluid's tables [Pa]."""
        low, high = self.fluid.pressure_range
        return np.clip(pressure, low, high)

    def clip_liquid_enthalpy(self, enthalpy: Floats) -> Floats:
        """Return ``enthalpy`` within the span of saturated liquid in the fluid's tables [J/kg]."""
        low, high = self.fluid.temperature_range
        bottom = self.fluid.saturation_at(low).liquid_enthalpy
        top = self.fluid.saturation_at(high).liquid_enthalpy
        return np.clip(enthalpy, bottom, top)

    def own_liquid(self, enthalpy: Floats) -> tuple[Floats, Floats]:
        """Density [kg/m3] and viscosity [Pa s] of liquid at the temperature that its enthalpy gives it."""
        temperature = self.fluid.liquid_temperature(self.clip_liquid_enthalpy(enthalpy))
        at = self.fluid.saturation_at(np.clip(temperature, *self.fluid.temperature_range))
        return at.liquid_density, at.liquid_viscosity

    def void_fraction(
        self,
        mass_flux: Numeric,
        quality: Numeric,
        saturation: Saturation,
        diameter: Numeric,
        inclination: Numeric = 90.0,
    ) -> Floats:
        """Void fraction of the closure with ``slip_factor`` times its slip ratio [-].

        ``inclination`` is that of the pipe; where the flow runs backwards, it goes the other way up or down.
        """
        flown = np.where(mass_flux < 0.0, -inclination, inclination)
        alpha = self.void(mass_flux, quality, saturation, diameter, flown)
        return np.asarray(alpha / (alpha + self.slip_factor * (1.0 - alpha)))

    def mix(
        self,
        at: Saturation,
        enthalpy: Floats,
        own: tuple[Floats, Floats],
        mass_flux: Floats,
        diameter: Floats,
        roughness: Floats,
        channel_factor: Floats | float = 1.0,
        inclination: Floats | float = 90.0,
    ) -> Mixture:
        """State from saturation at the local pressure and ``own`` density and viscosity of the liquid.

        ``inclination`` of the pipe in [degrees], upward flow positive, for void closures that know it.
        """
        equilibrium = (enthalpy - at.liquid_enthalpy) / at.latent_heat
        # tables by enthalpy and by pressure agree to 1e-8: a step of that size would stop Newton's method
        boiling = np.clip(1.0 + equilibrium / JOINT, 0.0, 1.0)
        superheat = np.maximum(equilibrium - 1.0, 0.0) * at.latent_heat / at.vapour_heat_capacity
        s = at._replace(
            liquid_density=own[0] + boiling * (at.liquid_density - own[0]),
            liquid_viscosity=own[1] + boiling * (at.liquid_viscosity - own[1]),
            vapour_density=at.vapour_density * at.temperature / (at.temperature + superheat),
        )
        x = between_zero_and_one(equilibrium)
        alpha = self.void_fraction(mass_flux, x, s, diameter, inclination)
        rounded = s._replace(
            liquid_viscosity=s.liquid_viscosity / channel_factor,
            vapour_viscosity=s.vapour_viscosity / channel_factor,
        )
        friction = self.friction(mass_flux, x, rounded, diameter, roughness)
        vapour = x * x / (np.maximum(alpha, SMALLEST) * s.vapour_density)
        liquid = (1.0 - x) ** 2 / (np.maximum(1.0 - alpha, SMALLEST) * s.liquid_density)
        homogeneous = x / s.vapour_density + (1.0 - x) / s.liquid_density
        return Mixture(
            quality=x,
            equilibrium_quality=equilibrium,
            void=alpha,
            density=alpha * s.vapour_density + (1.0 - alpha) * s.liquid_density,
            friction=self.friction_factor * friction,
            loss=0.5 * mass_flux * np.abs(mass_flux) * homogeneous,
            momentum=mass_flux * mass_flux * (vapour + liquid),
            saturation=s,
        )


def between_zero_and_one(quality: Floats) -> Floats:
    """Return equilibrium quality limited to the two-phase region, with its two corners rounded [-]."""
    above = 0.5 * (quality + np.sqrt(quality * quality + ROUNDING**2))
    rest = 1.0 - above
    limited: Floats = np.clip(1.0 - 0.5 * (rest + np.sqrt(rest * rest + ROUNDING**2)), 0.0, 1.0)
    return limited
