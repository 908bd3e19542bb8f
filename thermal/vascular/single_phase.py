"""A liquid that does not boil in branching channels, with the plate that it cools."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.field.coolant_transport import CooledSolid, solve_cooled_solid, transport
from thermal.loop.closures.friction import single_phase
from thermal.loop.closures.single_phase import forced_nusselt
from thermal.vascular.flow import NetworkFlow, split_by_pressure
from thermal.vascular.plate import ChannelPlate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Liquid:
    """Properties, constant: density [kg/m3], viscosity [Pa s], heat capacity [J/(kg K)], conductivity [W/(m K)]."""

    density: float
    viscosity: float
    heat_capacity: float
    conductivity: float


@dataclass(frozen=True)
class LiquidCooled:
    """Plate cooled by a liquid.

    Attributes
    ----------
    flow
        How the liquid parts.
    solid
        Temperatures and heat.
    outlet_temperature
        [K].
    coefficient
        Of heat transfer at the wall, shape (pieces,) [W/(m2 K)].
    """

    flow: NetworkFlow
    solid: CooledSolid
    outlet_temperature: float
    coefficient: Array


def liquid_flow(
    network: VascularNetwork, liquid: Liquid, total: float, roughness: float = 0.0
) -> NetworkFlow:
    """Part a mass flow [kg/s] by friction in the channels; losses of bends and forks are left out (assumption)."""
    area, length = math.pi * network.radius**2, network.length

    def loss(mass_flow: Array) -> Array:
        gradient = single_phase(
            mass_flow / area, liquid.density, liquid.viscosity, 2.0 * network.radius, roughness
        )
        return np.asarray(gradient * length)

    return split_by_pressure(network, total, loss)


def wall_coefficient_of(network: VascularNetwork, liquid: Liquid, mass_flow: Array) -> Array:
    """Mean coefficient along each segment, flow developing anew in each, shape (segments,) [W/(m2 K)]."""
    diameter = 2.0 * network.radius
    reynolds = 4.0 * np.abs(mass_flow) / (math.pi * diameter * liquid.viscosity)
    prandtl = liquid.viscosity * liquid.heat_capacity / liquid.conductivity
    nusselt = forced_nusselt(reynolds, prandtl, diameter / network.length)
    return np.asarray(nusselt * liquid.conductivity / diameter)


def cool_by_liquid(plate: ChannelPlate, liquid: Liquid, total: float, inlet: float) -> LiquidCooled:
    """Solve flow, then plate and liquid together.

    Parameters
    ----------
    total
        Mass flow [kg/s].
    inlet
        Temperature of the liquid [K].
    """
    flow = liquid_flow(plate.network, liquid, total)
    capacity_flow = flow.mass_flow * liquid.heat_capacity
    pieces = plate.channels.pieces
    coefficient = wall_coefficient_of(plate.network, liquid, flow.mass_flow)[pieces.segment]
    solid = solve_cooled_solid(
        plate.grid,
        plate.matrix,
        plate.load,
        plate.channels,
        plate.channels.conductance(coefficient),
        transport(plate.network, pieces, capacity_flow),
        inlet,
    )
    forward = flow.mass_flow >= 0.0
    leaving = np.where(forward, plate.network.head, plate.network.tail) == plate.network.outlet
    ends = np.where(forward, pieces.last, pieces.first)[leaving]
    outlet = float(np.average(solid.coolant[ends], weights=np.abs(capacity_flow[leaving])))
    return LiquidCooled(flow, solid, outlet, coefficient)
