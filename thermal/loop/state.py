"""What a solved loop reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from thermal.loop.equations import Problem, Unknowns
from thermal.loop.network import Floats


@dataclass(frozen=True)
class LoopResiduals:
    """Closure errors: momentum over the static head, energy over the heat, mass over the charge [-]."""

    momentum_rel: float
    energy_rel: float
    mass_rel: float


@dataclass(frozen=True)
class CondenserState:
    """One condenser of a loop, alone or in parallel with others.

    Attributes
    ----------
    heat
        To its coolant [W].
    mass_flow
        Through it [kg/s].
    pressure, temperature
        At its inlet [Pa], of condensation there [K].
    flooded_share
        Of its surface [-].
    liquid_level
        As that of the loop, for this condenser [m].
    level_margin
        Room left above backed-up liquid, or in its drop leg below a level that has sunk [-].
    """

    heat: float
    mass_flow: float
    pressure: float
    temperature: float
    flooded_share: float
    liquid_level: float
    level_margin: float


@dataclass(frozen=True)
class LoopState:
    """A steady loop, or the last one that it can hold.

    Attributes
    ----------
    feasible
        Whether the loop carries the heat that was asked for. Where not, all that follows is its state at
        ``largest_heat``.
    limit
        What stops it: ``""``, or the name of the limit.
    largest_heat
        It could carry, spread as asked for [W]; NaN where it was not looked for.
    heat
        To each segment [W], (modules, segments).
    mass_flow, mass_flux
        Of each module [kg/s], [kg/(m2 s)], (modules,).
    total_mass_flow
        Through the condensers [kg/s].
    saturation_temperature, liquid_temperature
        Mean of each segment [K], (modules, segments).
    quality, equilibrium_quality
        Mean of each segment [-], (modules, segments); the second is below 0 in subcooled liquid.
    exit_quality
        Of each module, below 0 where it leaves subcooled [-], (modules,).
    void_above
        Vapour share of the pipe above each module's outlet [-], (modules,).
    pressure
        Mean of each segment [Pa], (modules, segments).
    condensers
        Each of them.
    condenser_pressure, condensing_temperature
        At the inlet of the condenser with the highest pressure [Pa], [K].
    condenser_heat
        To all sinks [W].
    subcooling
        Of the liquid that leaves the condensers, at the highest pressure [K].
    flooded_share
        Of the surface of the condenser that is flooded most [-].
    liquid_level
        Highest of the condensers: above the outlet where one floods, below it (negative) where no drop leg is
        full [m].
    charge
        Mass in the loop [kg]: the given one, or the one that this state needs.
    charge_bounds
        Masses at which liquid would leave the drop legs and fill the condensers, at these flows and temperatures [kg].
    pressure_drops
        By leg and cause: friction, acceleration, gravity, local [Pa], along the way through the lowest
        module.
    regime
        ``single-phase``, ``gravity-dominated`` (more heat, more flow) or ``friction-dominated`` (more heat,
        less flow).
    flow_response
        Relative change of flow over relative change of heat [-].
    static_stability
        Smallest ratio of the cycles' whole resistance slope to its frictional part [-]: 1 far from flow
        excursion, 0 at the threshold.
    critical_flow_share
        Largest mass flux over the critical one in the pipes [-].
    residuals
        Closure errors.
    warnings
        For the reader of the results.
    iterations
        Linear solves.
    problem
        That the network was solved for.
    unknowns
        To start a neighbouring case from.
    """

    feasible: bool
    limit: str
    largest_heat: float
    heat: Floats
    mass_flow: Floats
    mass_flux: Floats
    total_mass_flow: float
    saturation_temperature: Floats
    liquid_temperature: Floats
    quality: Floats
    equilibrium_quality: Floats
    exit_quality: Floats
    void_above: Floats
    pressure: Floats
    condensers: tuple[CondenserState, ...]
    condenser_pressure: float
    condensing_temperature: float
    condenser_heat: float
    subcooling: float
    flooded_share: float
    liquid_level: float
    charge: float
    charge_bounds: tuple[float, float]
    pressure_drops: dict[str, dict[str, float]]
    regime: str
    flow_response: float
    static_stability: float
    critical_flow_share: float
    residuals: LoopResiduals
    warnings: tuple[str, ...]
    iterations: int
    problem: Problem = field(repr=False)
    unknowns: Unknowns = field(repr=False)
