"""The condenser, seen from its coolant: air moved by a fan or by a stack's buoyancy, or water.

Every function takes numbers or arrays (a year of hours at once). The heat path between condensing fluid and
coolant is ``1 / UA = 1 / UA_air + R_vapour + R_fouling``, with ``UA_air = UA_design (m / m_design)^n`` or
from the coil's geometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.coil import coil_conductance
from thermal.loop.condenser_spec import CondenserSpec, FanSpec, PadSpec, StackSpec, WaterSpec
from thermal.loop.humid_air import (
    STANDARD_PRESSURE,
    AirState,
    density,
    gas_constant,
    heat_capacity,
    humidity_ratio,
    wet_bulb,
)
from thermal.loop.sink import HeatSink

__all__ = [
    "LATENT_HEAT",
    "WATER_DENSITY",
    "WATER_HEAT_CAPACITY",
    "CoilInlet",
    "CondenserSpec",
    "CoolantSide",
    "FanSpec",
    "PadSpec",
    "StackSpec",
    "WaterSpec",
    "air_conductance",
    "coil_inlet",
    "coolant_side",
    "design_air",
    "draught_velocity",
    "fan_power",
    "heat_sink",
    "natural_draught",
]

Array = NDArray[np.float64]
WATER_HEAT_CAPACITY = 4181.0
"""Of liquid water at 25 °C and 1 bar [J/(kg K)] (IAPWS-95)."""
WATER_DENSITY = 997.0
"""Of liquid water at 25 °C and 1 bar [kg/m³] (IAPWS-95)."""
LATENT_HEAT = 2.442e6
"""Of water at 25 °C [J/kg] (IAPWS-95); a tower evaporates a little less, for air takes some heat dry."""
SMALLEST_DRAUGHT_HEAT = 1.0
"""A stack without heat has no flow; below this the heat that drives it is taken as this [W]."""


@dataclass(frozen=True)
class CoolantSide:
    """What the coolant does in each hour: arrays of one shape.

    Attributes
    ----------
    inlet_temperature
        Of the coolant at the coil, after a pad if there is one [K].
    mass_flow, capacity_rate
        Of the coolant [kg/s], [W/K].
    conductance
        Between condensing fluid and coolant [W/K].
    fan_power, pump_power
        Electrical [W]; of a water condenser, the fans of the cooler behind it.
    water_use
        Water evaporated by a pad or cooling tower, without blow-down [kg/s].
    """

    inlet_temperature: Array
    mass_flow: Array
    capacity_rate: Array
    conductance: Array
    fan_power: Array
    pump_power: Array
    water_use: Array

    @property
    def effective_conductance(self) -> Array:
        """Heat per kelvin from condensing fluid to coolant inlet [W/K]: ``C (1 - exp(-UA / C))``."""
        transfer_units = self.conductance / self.capacity_rate
        return np.asarray(-self.capacity_rate * np.expm1(-transfer_units), dtype=np.float64)


@dataclass(frozen=True)
class CoilInlet:
    """Outdoor air made ready for the coil: after a pad, with the properties that no fan speed changes.

    Attributes
    ----------
    air
        At the coil.
    water_gain
        Taken up in the pad, per mass of dry air [kg/kg].
    wet
        1 where the pad is wet, 0 elsewhere.
    density, heat_capacity
        Of the air at the coil [kg/m³], [J/(kg K)].
    """

    air: AirState
    water_gain: Array
    wet: Array
    density: Array
    heat_capacity: Array


def heat_sink(
    spec: CondenserSpec, air: AirState, fan_speed: float = 1.0, heat: float | None = None
) -> HeatSink:
    """Coolant stream of one condenser at one outdoor state.

    Parameters
    ----------
    spec
        The condenser.
    air
        Outdoor air (scalars).
    fan_speed
        Share of the design speed [-]; without meaning for other kinds.
    heat
        Heat carried [W]; needed for natural draught, whose flow it drives.
    """
    side = coolant_side(spec, air, fan_speed, heat)
    return HeatSink(
        temperature=float(side.inlet_temperature),
        capacity_rate=float(side.capacity_rate),
        conductance=float(side.conductance),
    )


def design_air(spec: CondenserSpec, relative_humidity: float = 0.5) -> AirState:
    """Outdoor air of the design point: the design temperature at standard pressure."""
    ratio = humidity_ratio(spec.design_temperature, relative_humidity, STANDARD_PRESSURE)
    return AirState(spec.design_temperature, float(ratio), STANDARD_PRESSURE)


def fan_power(spec: CondenserSpec, air: AirState, fan_speed: ArrayLike = 1.0) -> Array:
    """Electrical power of the fans [W]: ``V dp / efficiency`` at design, times speed³ and density."""
    return coolant_side(spec, air, fan_speed, heat=SMALLEST_DRAUGHT_HEAT).fan_power


def coolant_side(
    spec: CondenserSpec,
    air: AirState | CoilInlet,
    fan_speed: ArrayLike = 1.0,
    heat: ArrayLike | None = None,
) -> CoolantSide:
    """Flow, conductance and power of the coolant; arguments broadcast against each other.

    Parameters
    ----------
    spec
        The condenser.
    air
        Outdoors, or made ready by :func:`coil_inlet` where many speeds are tried on the same hours.
    fan_speed
        Share of the design speed [-]; without meaning for other kinds than fans.
    heat
        Heat carried [W]; needed for natural draught, whose flow it drives, and for the fans of a water cooler.

    Raises
    ------
    ValueError
        If ``heat`` is absent for natural draught.
    """
    inlet = air if isinstance(air, CoilInlet) else coil_inlet(spec, air)
    if spec.kind == "water":
        return _water_side(spec, inlet.air, fan_speed, heat)
    if spec.kind == "air-fan":
        return _fan_side(spec, inlet, np.asarray(fan_speed, dtype=np.float64))
    if heat is None:
        raise ValueError("natural draught needs the heat that drives it")
    return _draught_side(spec, inlet, np.asarray(heat, dtype=np.float64))


def coil_inlet(spec: CondenserSpec, air: AirState) -> CoilInlet:
    """Air at the coil, or the bulb that a water cooler approaches, and its properties: what the hour alone decides."""
    if spec.water is not None and spec.water.approach_to == "wet-bulb":
        air = AirState(wet_bulb(air), air.humidity_ratio, air.pressure)
    inlet, gained, wet = _through_pad(spec.pad, air)
    return CoilInlet(inlet, gained, wet, density(inlet), heat_capacity(inlet))


def _fan_side(spec: CondenserSpec, inlet: CoilInlet, speed: Array) -> CoolantSide:
    fan = spec.fan
    if fan is None or spec.air_flow is None:
        raise ValueError("kind 'air-fan' needs 'fan' and 'air_flow'")
    rho = inlet.density
    flow, rise = fan.operating_point(spec.air_flow)
    mass_flow = rho * flow * speed
    pad_drop = 0.0 if spec.pad is None else spec.pad.pressure_drop
    power = flow * (rise + inlet.wet * pad_drop) / fan.efficiency * speed**3 * rho / _design_density(spec)
    dry_flow = mass_flow / (1.0 + np.asarray(inlet.air.humidity_ratio))
    return _air_side(spec, inlet, mass_flow, power, dry_flow * inlet.water_gain)


def _draught_side(spec: CondenserSpec, inlet: CoilInlet, heat: Array) -> CoolantSide:
    if spec.stack is None:
        raise ValueError("kind 'air-natural-draught' needs 'stack'")
    mass_flow = natural_draught(spec.stack, inlet.air, heat)
    return _air_side(spec, inlet, mass_flow, np.zeros_like(mass_flow), np.zeros_like(mass_flow))


def _air_side(
    spec: CondenserSpec, inlet: CoilInlet, mass_flow: Array, fan: Array, water_use: Array
) -> CoolantSide:
    resistance = 1.0 / air_conductance(spec, mass_flow) + spec.vapour_resistance + spec.fouling_resistance
    arrays = np.broadcast_arrays(
        np.asarray(inlet.air.temperature, dtype=np.float64),
        mass_flow,
        mass_flow * inlet.heat_capacity,
        1.0 / resistance,
        fan,
        0.0,
        water_use,
    )
    return CoolantSide(*arrays)


def air_conductance(spec: CondenserSpec, mass_flow: ArrayLike) -> Array:
    """``UA`` between the coil's outside and the air [W/K], from its geometry or ``UA_design (m / m_design)^n``."""
    flow = np.asarray(mass_flow, dtype=np.float64)
    if spec.coil is not None:
        return spec.air_factor * coil_conductance(spec.coil, flow, spec.design_temperature)
    design_flow = _design_density(spec) * (spec.air_flow or 0.0)
    return np.asarray(
        spec.air_factor * (spec.conductance or 0.0) * (flow / design_flow) ** spec.flow_exponent,
        dtype=np.float64,
    )


def _water_side(
    spec: CondenserSpec, air: AirState, fan_speed: ArrayLike, heat: ArrayLike | None
) -> CoolantSide:
    water = spec.water
    if water is None:
        raise ValueError("kind 'water' needs 'water'")
    outdoor, _ = np.broadcast_arrays(np.asarray(air.temperature, dtype=np.float64), np.asarray(fan_speed))
    inlet = (
        np.full(outdoor.shape, water.inlet_temperature)
        if water.inlet_temperature
        else outdoor + water.approach
    )
    resistance = 1.0 / (spec.conductance or 0.0) + spec.vapour_resistance + spec.fouling_resistance
    pump = water.mass_flow / WATER_DENSITY * water.pump_head / water.pump_efficiency
    rejected = np.asarray(0.0 if heat is None else heat, dtype=np.float64)
    evaporated = rejected / LATENT_HEAT if water.approach_to == "wet-bulb" else 0.0
    return CoolantSide(
        *np.broadcast_arrays(
            inlet,
            water.mass_flow,
            water.mass_flow * WATER_HEAT_CAPACITY,
            1.0 / resistance,
            water.cooler_fan_share * rejected,
            pump,
            evaporated,
        )
    )


def _design_density(spec: CondenserSpec) -> float:
    return float(density(AirState(spec.design_temperature)))


def _through_pad(pad: PadSpec | None, air: AirState) -> tuple[AirState, Array, Array]:
    """Air after the pad, water gained per mass of dry air [kg/kg], and 1 where the pad is wet."""
    dry = np.asarray(air.temperature, dtype=np.float64)
    if pad is None:
        return air, np.zeros_like(dry), np.zeros_like(dry)
    wet = np.where(dry > pad.above, 1.0, 0.0)
    bulb = wet_bulb(air)
    share = wet * pad.effectiveness
    temperature = dry - share * (dry - bulb)
    ratio = np.asarray(air.humidity_ratio, dtype=np.float64)
    gained = share * np.maximum(humidity_ratio(bulb, 1.0, air.pressure) - ratio, 0.0)
    return AirState(temperature, ratio + gained, air.pressure), gained, wet


def natural_draught(stack: StackSpec, air: AirState, heat: ArrayLike) -> Array:
    """Mass flow of air that the heat draws through coil and stack [kg/s].

    Notes
    -----
    Buoyancy equals loss, ideal gas at one pressure, loss at the mean air temperature::

        g H (rho_in - rho_out) = K m² / (2 rho_mean A²),   Q = m cp (T_out - T_in)

    which is one equation for the air's rise ``theta``, solved as the fixed point of
    ``theta³ = K Q² (T + theta) (T + theta / 2) / (2 g H rho_in² T A² cp²)``; it contracts by about ``theta
    / 2 T``.
    """
    Q = np.maximum(np.asarray(heat, dtype=np.float64), SMALLEST_DRAUGHT_HEAT)
    T, rho, cp = np.asarray(air.temperature, dtype=np.float64), density(air), heat_capacity(air)
    factor = (
        stack.loss_coefficient * Q**2 / (2.0 * GRAVITY * stack.height * T * (rho * stack.coil_area * cp) ** 2)
    )
    theta = np.cbrt(factor * T**2)
    for _ in range(40):
        theta = np.cbrt(factor * (T + theta) * (T + 0.5 * theta))
    return np.asarray(Q / (cp * theta), dtype=np.float64)


def draught_velocity(stack: StackSpec, air: AirState, mass_flow: ArrayLike, rise: ArrayLike) -> Array:
    """Face velocity in the coil at the mean air temperature, inlet plus half the rise [m/s]."""
    mean = np.asarray(air.temperature, dtype=np.float64) + 0.5 * np.asarray(rise, dtype=np.float64)
    rho = np.asarray(air.pressure) / (gas_constant(air.humidity_ratio) * mean)
    return np.asarray(np.asarray(mass_flow, dtype=np.float64) / (rho * stack.coil_area), dtype=np.float64)
