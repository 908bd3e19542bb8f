"""A rack at other condensing temperatures and heats than those it was designed for.

At a given heat pattern the loop and the chips see the outdoors only through the condensing temperature. Which one an
outdoor state and a fan speed lead to is the condenser's own equation, solved hour by hour by the table that is made of
the states here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coupling.plant.response import RackPoint, Solve
from meshes.errors import InputError, VascoolError
from thermal.errors import NoSteadyState, NotConverged
from thermal.field.reduced_correction import correct_steady
from thermal.field.reduced_law import wets_a_face

if TYPE_CHECKING:
    from coupling.cosimulation import CoupledRack, RackState
    from thermal.field.reduced_package import ReducedPackage
    from thermal.loop.sink import HeatSink
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]

log = logging.getLogger(__name__)


def rack_solver(
    rack: CoupledRack,
    design: RackState,
    *,
    parts: bool = True,
    reduced: ReducedStates | None = None,
) -> Solve:
    """Return a function that solves the rack near its design state.

    The design's coolant is shifted so that a condenser free of liquid would condense at the temperature asked for. Heat
    is the design's pattern, scaled: it is the chips' power, and moves between segments by less than the loop's
    temperatures do. The chip is the hottest module of the design, its ``parts``, if wanted, are the blocks. States that
    a reduced model serves are its own.
    """
    total = float(design.heat.sum())
    module = hottest_module(design)

    def nearby(loop: LoopState, share: float) -> Array:
        """The design's field above its saturation temperature, scaled with the heat [K]."""
        before, now = design.loop.saturation_temperature[module], loop.saturation_temperature[module]
        return float(now.mean()) + share * (design.fields[module].temperature - float(before.mean()))

    def solve(condensing: float, heat: float) -> RackPoint | None:
        share = heat / total
        try:
            loop = rack.loop.carried(share * design.heat, _sink(design, condensing, heat), design.loop)
            if loop is None:
                return None
            maxima = None if reduced is None else reduced.block_maximum(loop, share)
            if maxima is None:
                maxima = rack.field.steady(
                    share * design.block_power[module],
                    wetted=rack.wall(loop, module),
                    guess=nearby(loop, share),
                ).block_maximum
        except VascoolError as error:
            log.warning("no state at %.1f K and %.4g W: %s", condensing, heat, error)
            return None
        return RackPoint(
            float(loop.saturation_temperature.max()),
            float(maxima.max()),
            1.0 - loop.flooded_share,
            tuple(maxima.tolist()) if parts else (),
        )

    return solve


def limit_namer(rack: CoupledRack, design: RackState) -> Callable[[float, float], str]:
    """Return a function that names what stops the loop at a condensing temperature [K] and heat [W], or ``""``."""
    total = float(design.heat.sum())

    def name(condensing: float, heat: float) -> str:
        try:
            state = rack.loop.solve(heat / total * design.heat, _sink(design, condensing, heat), design.loop)
        except NoSteadyState as error:
            return error.limit
        except VascoolError:
            return ""
        return state.limit

    return name


def margin_finder(rack: CoupledRack, design: RackState) -> Callable[[float, float], dict[str, float]]:
    """Return a function that gives the loop's margins at a condensing temperature [K] and heat [W].

    Peaks of heat flux go with the heat, as its pattern does; a loop that does not carry the heat has no margins.
    """
    total = float(design.heat.sum())
    peak = np.array([field.wetted_flux.max() for field in design.fields])

    def margins(condensing: float, heat: float) -> dict[str, float]:
        share = heat / total
        try:
            loop = rack.loop.carried(share * design.heat, _sink(design, condensing, heat), design.loop)
        except VascoolError:
            return {}
        return {} if loop is None else rack.loop.margins(loop, share * peak)

    return margins


def _sink(design: RackState, condensing: float, heat: float) -> HeatSink:
    """Coolant with which a condenser free of liquid condenses at a temperature [K] when it carries a heat [W]."""
    return replace(design.sink, temperature=condensing - heat / design.sink.effective_conductance())


class ReducedStates:
    """Steady states of the hottest module around the design's by a reduced model of its package.

    Attributes
    ----------
    served, refused
        States that it gave, and those of which it might have left out more than it may.
    error
        Largest bound of what was left out in those it gave [K].
    """

    def __init__(
        self, rack: CoupledRack, design: RackState, package: ReducedPackage, largest_error: float
    ) -> None:
        self._rack, self._design, self._module = rack, design, hottest_module(design)
        self._package, self._largest = package, largest_error
        self._moving = design.block_power[self._module] if package.shares is None else np.ones(1)
        self.served, self.refused, self.error = 0, 0, 0.0

    @property
    def order(self) -> int:
        """Number of modes: steady states of the evaporator's segments; those of powers are added directly."""
        return self._package.model.order

    def block_maximum(self, loop: LoopState, share: float) -> Array | None:
        """Hottest node of each block [K] at a state of the loop and a share of the power; ``None`` if not served."""
        before, now = (one.saturation_temperature[self._module] for one in (self._design.loop, loop))
        power = (share - 1.0) * self._moving
        wall = self._rack.wall(loop, self._module)
        try:
            state = self._package.steady(power, wall, now - before)
            beside = self._package.conductivity_error(state)
            found = correct_steady(self._package, state, wall, self._largest - beside)
        except NotConverged as failure:
            # the loop stands there; whether the chip does is for the full field to say
            log.info("reduced model: %s", failure)
            self.refused += 1
            return None
        if found.error + beside > self._largest:
            self.refused += 1
            return None
        self.served, self.error = self.served + 1, max(self.error, found.error + beside)
        return self._rack.field.blocks.maximum(found.temperature)


def steady_package(rack: CoupledRack, design: RackState) -> ReducedPackage:
    """Package of the hottest module around the design's state, for steady states.

    Raises
    ------
    InputError
        If the package is of a kind that no reduced model serves.
    """
    from thermal.field.reduced_package import ReducedPackage

    module, zones = hottest_module(design), rack.segments
    power = design.block_power[module]
    # blocks move by one share; where conductivity depends on temperature each is bounded by its own response
    shares = power[:, None] if rack.field.system.properties.linear else None
    if not wets_a_face(zones):
        raise InputError("the coolant runs inside the package")
    return ReducedPackage(
        rack.field,
        design.fields[module],
        np.zeros(len(power) if shares is None else 1),
        shares=shares,
        shortest=1.0,
        tolerance=1.0,
        zones=zones,
        wetted=rack.wall(design.loop, module),
    )


def hottest_module(state: RackState) -> int:
    """Return the index of the module with the hottest block."""
    return int(np.argmax([field.block_maximum.max() for field in state.fields]))
