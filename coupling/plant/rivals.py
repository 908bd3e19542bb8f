"""What a passive loop is held against: pumped two-phase loop, cold plates with a dry cooler, room air with a chiller.

Each turns outdoor air and the rack's heat into hourly powers and a chip temperature, from the few numbers a designer
has at that stage. All defaults are assumptions, of the size of current practice; every one of them is an input.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from coupling.plant.facility import FanControlSpec
from coupling.plant.heat_rejection import HourlyCooling, LoopResponse, Response, condenser_cooling
from meshes.quantity import (
    Fraction,
    PositiveNumber,
    Pressure,
    Spec,
    Temperature,
    TemperatureDifference,
    quantity,
)
from thermal.loop.condenser import WATER_DENSITY, WATER_HEAT_CAPACITY, CondenserSpec, CoolantSide
from thermal.loop.humid_air import AirState, density, heat_capacity

Array = NDArray[np.float64]

PositiveFraction = Annotated[Fraction, Field(gt=0.0)]
ThermalResistance = quantity("K/W", ge=0.0)
PositiveDifference = Annotated[TemperatureDifference, Field(gt=0.0)]


class PumpSpec(Spec):
    """Pumps of a circuit; price and reliability are inputs, not results."""

    pressure: Pressure = 1.5e5
    """Rise at the design flow [Pa]."""
    efficiency: PositiveFraction = 0.35
    """Hydraulic over electrical power, small canned-motor pumps [-]."""
    count: Annotated[int, Field(ge=1, le=10)] = 1
    """Pumps a rack, redundant ones included; one at a time runs."""
    price: Annotated[float, Field(ge=0.0)] | None = None
    """Of one pump, in the user's currency; None: not given, not counted."""
    time_between_failures: Annotated[float, Field(gt=0.0)] = 50_000.0
    """Mean running time between failures of one pump [h]."""

    def power(self, volume_flow: Array) -> Array:
        """Electrical power at a volume flow [m³/s]: ``V dp / efficiency`` [W]."""
        return volume_flow * self.pressure / self.efficiency

    def failures_per_year(self, racks: int) -> float:
        """Expected pump failures of all racks in a year of 8760 running hours [1/a]."""
        return racks * 8760.0 / self.time_between_failures


class PumpedTwoPhaseSpec(Spec):
    """The same evaporators and the same condenser with fans, but the liquid is pumped."""

    pump: PumpSpec = PumpSpec()
    exit_quality: PositiveFraction = 0.3
    latent_heat: PositiveNumber = 1.6e5
    """Of the refrigerant [J/kg] (R1234ze(E) at 40 °C: 155 kJ/kg)."""
    liquid_density: PositiveNumber = 1110.0
    """Of the refrigerant [kg/m³] (R1234ze(E) at 40 °C)."""

    def cooling(
        self,
        condenser: CondenserSpec,
        air: AirState,
        heat: Array,
        control: FanControlSpec | None,
        response: Response | None,
    ) -> HourlyCooling:
        """Hours of the pumped loop; static head no longer warms the evaporator, which is not credited here."""
        passive = condenser_cooling(condenser, air, heat, control, response)
        flow = heat / (self.latent_heat * self.exit_quality * self.liquid_density)
        return HourlyCooling(
            passive.fan_power,
            passive.pump_power + self.pump.power(flow),
            passive.chiller_power,
            passive.water_use,
            passive.loop,
            passive.fan_speed,
        )


class ColdPlateSpec(Spec):
    """Water through cold plates, a heat exchanger, and a dry cooler with the passive loop's coil and fans."""

    pump: PumpSpec = PumpSpec(pressure=2.0e5, efficiency=0.45)
    """Of the rack's circuit."""
    facility_pump: PumpSpec = PumpSpec(pressure=1.5e5, efficiency=0.55)
    """Of the circuit to the dry cooler."""
    water_rise: PositiveDifference = 8.0
    """Of both circuits at the design heat [K]; the flow is constant."""
    approach: PositiveDifference = 4.0
    """Of the heat exchanger between the circuits [K]."""
    chip_resistance: ThermalResistance = 2.0e-3  # type: ignore[valid-type]
    """From the hottest chip to the water leaving it, over the rack's heat [K/W]."""

    def cooling(
        self, cooler: CondenserSpec, air: AirState, heat: Array, control: FanControlSpec | None
    ) -> HourlyCooling:
        """Hours of the water circuits; fans hold the chip, or the water that leaves it, at the set point."""

        def respond(side: CoolantSide, load: Array) -> LoopResponse:
            rise = self.water_rise * load / heat.max()
            # the coil sees water between inlet and outlet: its mean stands for an isothermal fluid
            mean = side.inlet_temperature + load / side.effective_conductance
            leaving = mean - 0.5 * rise + self.approach + rise
            return LoopResponse(leaving, leaving + self.chip_resistance * load, np.full(load.shape, True))

        dry = condenser_cooling(cooler, air, heat, control, respond)
        flow = heat.max() / (WATER_DENSITY * WATER_HEAT_CAPACITY * self.water_rise)
        pumps = self.pump.power(flow + 0.0 * heat) + self.facility_pump.power(flow + 0.0 * heat)
        return HourlyCooling(dry.fan_power, pumps, dry.chiller_power, dry.water_use, dry.loop, dry.fan_speed)


class RoomAirSpec(Spec):
    """Room air blown through the racks, cooled by chilled water; the chiller stops when it is cold enough outdoors."""

    supply_temperature: Temperature = 297.15
    """Of the air that the racks get [K] (24 °C, inside ASHRAE TC 9.9's recommended 18 to 27 °C)."""
    air_rise: PositiveDifference = 12.0
    fan_pressure: Pressure = 500.0
    """Of the room units [Pa]."""
    fan_efficiency: PositiveFraction = 0.6
    pump: PumpSpec = PumpSpec(pressure=2.5e5, efficiency=0.6)
    """Of the chilled water."""
    water_rise: PositiveDifference = 6.0
    evaporator_approach: PositiveDifference = 10.0
    """Of the refrigerant below the supply air [K]."""
    condenser_approach: PositiveDifference = 12.0
    """Of the refrigerant above the outdoor dry bulb [K]."""
    carnot_share: PositiveFraction = 0.5
    """Of Carnot's coefficient of performance [-]."""
    lowest_lift: PositiveDifference = 15.0
    """Between condensing and evaporating temperature; the chiller does not go lower [K]."""
    free_cooling_approach: PositiveDifference = 10.0
    """Outdoor dry bulb this far below the supply air cools without the chiller; none above the supply air [K]."""
    rejection_share: Fraction = 0.02
    """Power of the fans that reject the heat outdoors, over that heat [-]."""
    rack_fan_share: Fraction = 0.05
    """Fans inside the IT equipment, over its chips' power [-]: in its ITUE, hidden from the PUE."""
    chip_resistance: ThermalResistance = 5.0e-3  # type: ignore[valid-type]
    """From the hottest chip to the air that leaves the rack, over the rack's heat [K/W]."""

    def cooling(self, air: AirState, heat: Array) -> HourlyCooling:
        """Hours of room units, chilled water and chiller; heat includes that of the racks' own fans."""
        load = heat * (1.0 + self.rack_fan_share)
        supply = AirState(self.supply_temperature)
        blown = load / (density(supply) * heat_capacity(supply) * self.air_rise)
        room_fans = blown * self.fan_pressure / self.fan_efficiency
        chilled = load + room_fans
        chiller = (1.0 - self._free_share(air)) * chilled / self.coefficient_of_performance(air)
        outdoor_fans = self.rejection_share * (chilled + chiller)
        flow = chilled / (WATER_DENSITY * WATER_HEAT_CAPACITY * self.water_rise)
        outlet = np.full(heat.shape, self.supply_temperature + self.air_rise)
        return HourlyCooling(
            fan_power=room_fans + outdoor_fans,
            pump_power=self.pump.power(flow),
            chiller_power=chiller,
            water_use=np.zeros_like(heat),
            loop=LoopResponse(outlet, outlet + self.chip_resistance * heat, np.full(heat.shape, True)),
            fan_speed=np.ones_like(heat),
        )

    def coefficient_of_performance(self, air: AirState) -> Array:
        """Heat over compressor power: a share of Carnot's, at a lift that does not fall below the lowest [-]."""
        evaporating = self.supply_temperature - self.evaporator_approach
        condensing = np.asarray(air.temperature) + self.condenser_approach
        lift = np.maximum(condensing - evaporating, self.lowest_lift)
        return np.asarray(self.carnot_share * evaporating / lift, dtype=np.float64)

    def _free_share(self, air: AirState) -> Array:
        """Share of the heat that goes outdoors without the chiller: 1 when cold, falling to 0 at the supply air."""
        colder = self.supply_temperature - np.asarray(air.temperature, dtype=np.float64)
        return np.clip(colder / self.free_cooling_approach, 0.0, 1.0)
