"""What cools a rack in each hour: a condenser under fan control, and what the loop makes of its coolant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coupling.plant.facility import FanControlSpec
from thermal.loop.coil import coil_warnings
from thermal.loop.condenser import CoilInlet, CondenserSpec, CoolantSide, coil_inlet, coolant_side
from thermal.loop.humid_air import AirState

Array = NDArray[np.float64]
SPEED_STEPS = 12
"""Halvings of the speed range in the search for the lowest speed: 1/4096 of it."""


@dataclass(frozen=True)
class LoopResponse:
    """What a rack's loop does in each hour (arrays of one shape).

    Attributes
    ----------
    saturation_temperature
        In the evaporator, hottest module [K].
    chip_maximum
        Hottest point of the hottest module [K]; None where no chip is modelled.
    feasible
        Whether the loop carries the heat within its limits.
    condensing_temperature
        In the condenser [K]; None where it is not told apart from saturation in the evaporator.
    """

    saturation_temperature: Array
    chip_maximum: Array | None
    feasible: NDArray[np.bool_]
    condensing_temperature: Array | None = None

    def above(self, limit: float | None) -> NDArray[np.bool_]:
        """Hours in which the chip is above ``limit`` [K] or the loop cannot carry the heat."""
        infeasible = ~self.feasible
        if limit is None or self.chip_maximum is None:
            return infeasible
        return np.asarray(infeasible | (self.chip_maximum > limit))

    def holds(self, control: FanControlSpec) -> NDArray[np.bool_]:
        """Hours in which the loop carries the heat and the controlled temperature is at most its set point."""
        chip = self.chip_maximum if control.variable == "chip" else None
        controlled = self.saturation_temperature if chip is None else chip
        return np.asarray((controlled <= control.setpoint) & self.feasible)


Response = Callable[[CoolantSide, Array], LoopResponse]
"""``response(coolant, heat per rack [W])``: what the loop does with the coolant that its condenser gets."""


@dataclass(frozen=True)
class HourlyCooling:
    """Cooling of one rack, hour by hour.

    Attributes
    ----------
    fan_power, pump_power, chiller_power
        Electrical [W].
    water_use
        Evaporated [kg/s].
    loop
        Temperatures and feasibility; None where nothing is known of them.
    fan_speed
        Share of design speed [-].
    warnings
        Closures used outside their range.
    """

    fan_power: Array
    pump_power: Array
    chiller_power: Array
    water_use: Array
    loop: LoopResponse | None
    fan_speed: Array
    warnings: tuple[str, ...] = ()


def condenser_cooling(
    condenser: CondenserSpec,
    air: AirState,
    heat: Array,
    control: FanControlSpec | None = None,
    response: Response | None = None,
) -> HourlyCooling:
    """Hours of a loop with a condenser outdoors, its fans at the lowest speed that holds the set point.

    Parameters
    ----------
    air
        Outdoors, one state an hour.
    heat
        Of the rack (hours,) [W].
    control
        Of the fans; None: design speed.
    response
        The rack's loop; None for an ideal one, without a chip.
    """
    response = response or lumped_response()
    inlet = coil_inlet(condenser, air)
    speed = lowest_speed(condenser, control, response, inlet, heat)
    side = coolant_side(condenser, inlet, speed, heat)
    return HourlyCooling(
        fan_power=side.fan_power,
        pump_power=side.pump_power,
        chiller_power=np.zeros_like(heat),
        water_use=side.water_use,
        loop=response(side, heat),
        fan_speed=speed,
        warnings=() if condenser.coil is None else coil_warnings(condenser.coil, side.mass_flow),
    )


def lumped_response(chip_resistance: float | None = None) -> Response:
    """Response of an ideal loop: saturation at the condensing temperature, a fixed resistance to the chip.

    Parameters
    ----------
    chip_resistance
        From the hottest chip to saturation, over the rack's heat [K/W]; None: no chip.
    """

    def respond(side: CoolantSide, heat: Array) -> LoopResponse:
        saturation = side.inlet_temperature + heat / side.effective_conductance
        chip = None if chip_resistance is None else saturation + chip_resistance * heat
        return LoopResponse(saturation, chip, np.full(heat.shape, True))

    return respond


def lowest_speed(
    condenser: CondenserSpec,
    control: FanControlSpec | None,
    response: Response,
    inlet: CoilInlet,
    heat: Array,
) -> Array:
    """Lowest fan speed that holds the set point in a feasible state; design speed where none does [-]."""
    full = np.ones_like(heat)
    if condenser.kind != "air-fan" or condenser.fan is None or control is None:
        return full

    def holds(speed: Array) -> NDArray[np.bool_]:
        return response(coolant_side(condenser, inlet, speed, heat), heat).holds(control)

    low, high = condenser.fan.minimum_speed * full, full
    high = np.where(holds(low), low, high)
    for _ in range(SPEED_STEPS):
        middle = 0.5 * (low + high)
        held = holds(middle)
        high, low = np.where(held, middle, high), np.where(held, low, middle)
    return high
