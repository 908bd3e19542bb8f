"""Section ``[condenser]`` of a case file: one rack's condenser and what moves its coolant."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from meshes.quantity import (
    Area,
    Conductance,
    Fraction,
    Length,
    MassFlow,
    Position,
    PositiveNumber,
    Pressure,
    Spec,
    Temperature,
    TemperatureDifference,
    VolumeFlow,
    quantity,
)
from thermal.loop.coil import CoilSpec

NotNegative = Annotated[float, Field(ge=0.0)]
ThermalResistance = quantity("K/W", ge=0.0)
PositiveFraction = Annotated[Fraction, Field(gt=0.0)]


class FanSpec(Spec):
    """Fans with speed control on a system curve ``dp ~ V²``: flow ~ speed, power ~ speed³."""

    pressure_rise: Pressure
    """Static pressure that coil and ducts take at the condenser's air flow [Pa]."""
    curve: Annotated[tuple[tuple[NotNegative, NotNegative], ...], Field(min_length=2)] | None = None
    """Fan curve at design speed, ``[flow [m³/s], static pressure [Pa]]``, pressure falling; None: the fan meets the
    air flow exactly. With a curve the flow at design speed is where it meets the system curve."""
    efficiency: PositiveFraction = 0.5
    """Air power over electrical power, fan, motor and drive together [-]."""
    minimum_speed: PositiveFraction = 0.2
    """Lowest speed that the drive holds, as a share of the design speed [-]."""

    @model_validator(mode="after")
    def _falling(self) -> FanSpec:
        if self.curve is not None:
            flows = [flow for flow, _ in self.curve]
            pressures = [pressure for _, pressure in self.curve]
            if flows != sorted(set(flows)) or pressures != sorted(pressures, reverse=True):
                raise ValueError("curve: flows must rise and pressures must not")
        return self

    def operating_point(self, air_flow: float) -> tuple[float, float]:
        """Flow [m³/s] and pressure rise [Pa] at design speed: the fan's curve on ``pressure_rise (V / air_flow)²``."""
        if self.curve is None:
            return air_flow, self.pressure_rise
        flows, pressures = np.array(self.curve).T
        low, high = 0.0, float(flows[-1])
        for _ in range(60):
            middle = 0.5 * (low + high)
            rises = np.interp(middle, flows, pressures) > self.pressure_rise * (middle / air_flow) ** 2
            low, high = (middle, high) if rises else (low, middle)
        return high, self.pressure_rise * (high / air_flow) ** 2


class StackSpec(Spec):
    """Shaft above a coil in which warm air rises."""

    height: Length
    """From the coil to the outlet [m]."""
    coil_area: Area
    """Face area of the coil, to which the loss coefficient refers [m²]."""
    loss_coefficient: Annotated[PositiveNumber, Field(le=1e7)]
    """All losses, inlet to outlet, in velocity heads of the coil's face [-]."""


class PadSpec(Spec):
    """Wetted pad before the coil: cools the air towards its wet bulb."""

    effectiveness: Fraction = 0.8
    pressure_drop: Annotated[float, Field(ge=0.0)] = 0.0
    """Added to the fan's pressure rise while the pad is wet [Pa]."""
    above: Temperature = 303.15
    """Dry-bulb temperature above which the pad is wet [K]."""


class WaterSpec(Spec):
    """Water on the cold side, its pump, and where it gets its temperature from."""

    mass_flow: MassFlow
    inlet_temperature: Temperature | None = None
    """Constant inlet temperature [K]; absent: ``approach`` above the outdoors, as the cooler behind it gives."""
    approach: Annotated[TemperatureDifference, Field(ge=0.0)] = 6.0
    """Of the inlet above the outdoor dry or wet bulb [K]."""
    approach_to: Literal["dry-bulb", "wet-bulb"] = "dry-bulb"
    """What the cooler approaches: a dry cooler the dry bulb, a cooling tower the wet bulb (it evaporates the heat)."""
    cooler_fan_share: Fraction = 0.015
    """Power of the cooler's fans over the heat [-] (assumption: dry coolers 0.01 to 0.02)."""
    pump_head: Pressure = 1.5e5
    """Pressure rise of the water's pump [Pa]."""
    pump_efficiency: PositiveFraction = 0.5


class CondenserUnitSpec(Spec):
    """One of several condensers in parallel, on a branch of its own between riser and downcomer."""

    share: PositiveFraction
    """Of the conductance, of the tubes and of their volume [-]."""
    coolant_share: PositiveFraction | None = None
    """Of the coolant's flow [-]; left out, as ``share``."""
    warmer: Annotated[TemperatureDifference, Field(ge=0.0)] = 0.0
    """Its coolant than that of the section, as behind another unit [K]."""
    elevation: Position | None = None
    """Of its condensate outlet [m]; left out, that of the section."""
    vapour_line: Length = 0.5
    """Length of its branch from the riser's end; as wide as the riser [m]."""
    vapour_K: NotNegative = 1.0  # noqa: N815  the field's symbol
    """Local losses of that branch, referred to the riser's section [-]."""
    drop: Annotated[Length, Field(gt=0.0)] = 1.0
    """Height of its drop leg down to where the downcomer gathers the condensate, from the section's elevation; as wide
    as the downcomer [m]. Its liquid stands the higher, the less pressure the condenser has."""


class CondenserSpec(Spec):
    """Section ``[condenser]`` of a case file: one rack's condenser, or all of them together with their shares."""

    kind: Literal["air-fan", "air-natural-draught", "water"]
    elevation: Position
    """Of the condensate outlet above the same datum as the modules [m]."""
    conductance: Conductance | None = None
    """``UA`` from the outside of the condensing film to the coolant at the design flow [W/K]."""
    coil: CoilSpec | None = None
    """Geometry that gives the air-side ``UA`` at any flow, in place of ``conductance``."""
    air_flow: VolumeFlow | None = None
    """Design flow of air [m³/s], at ``design_temperature`` and standard pressure; for natural draught only the flow at
    which ``conductance`` is given."""
    flow_exponent: Annotated[PositiveNumber, Field(le=1.0)] = 0.6
    """``n`` in ``UA ~ m^n`` (assumption where not measured: finned coils lie between 0.4 and 0.7) [-]."""
    design_temperature: Annotated[Temperature, Field(ge=203.15, le=343.15)] = 308.15
    """Of the outdoor air [K]; limits as of an EPW file, -70 to 70 °C."""
    air_factor: Annotated[PositiveNumber, Field(le=10.0)] = 1.0
    """On the air-side ``UA``, for studies of its error [-]."""
    vapour_resistance: ThermalResistance = 0.0  # type: ignore[valid-type]
    """Of the condensing film and tube wall [K/W]."""
    fouling_resistance: ThermalResistance = 0.0  # type: ignore[valid-type]
    fan: FanSpec | None = None
    stack: StackSpec | None = None
    pad: PadSpec | None = None
    water: WaterSpec | None = None
    units: Annotated[tuple[CondenserUnitSpec, ...], Field(max_length=16)] = ()
    """Condensers in parallel that share all of the above; none: one condenser."""

    @model_validator(mode="after")
    def _shared_out(self) -> CondenserSpec:
        for name in ("share", "coolant_share"):
            given = [getattr(unit, name) or unit.share for unit in self.units]
            if self.units and abs(sum(given) - 1.0) > 1e-6:
                raise ValueError(f"units: the sum of {name} is {sum(given):g}; it must be 1")
        return self

    @model_validator(mode="after")
    def _complete(self) -> CondenserSpec:
        if (self.conductance is None) == (self.coil is None):
            raise ValueError("give one of 'conductance' or 'coil'")
        needed = {
            "air-fan": ["fan", "air_flow"],
            "air-natural-draught": ["stack"],
            "water": ["water", "conductance"],
        }
        allowed = {*needed[self.kind], "coil", *(["pad"] if self.kind == "air-fan" else [])}
        if self.kind == "air-natural-draught" and self.coil is None:
            needed[self.kind].append("air_flow")
            allowed.add("air_flow")
        for name in needed[self.kind]:
            if getattr(self, name) is None:
                raise ValueError(f"kind {self.kind!r} needs {name!r}")
        for name in ("fan", "stack", "pad", "water", "air_flow"):
            if name not in allowed and getattr(self, name) is not None:
                raise ValueError(f"{name!r} has no meaning for kind {self.kind!r}")
        return self
