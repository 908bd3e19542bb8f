"""A loop between two air streams: one heats its evaporator, the other cools its condenser.

Unknown is the heat of every segment of the evaporator. The loop turns it into pressures, qualities and temperatures,
and these decide what the warm air gives; the fixed point is accelerated (Anderson).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged
from thermal.fixed_point import fixed_point
from thermal.loop.closures.boiling import boiling_closure
from thermal.loop.coil_tubes import (
    TubeBank,
    TubeFlow,
    dry_segments,
    heat_from_air,
    tube_coefficient,
    with_film,
)
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import Network
from thermal.loop.sink import HeatSink
from thermal.loop.steady import SteadyOutcome, SteadySolver

Array = NDArray[np.float64]
TOLERANCE = 1.0e-8
"""On the relative heat residual between air and loop [-]."""
MAX_ITERATIONS = 80


@dataclass(frozen=True)
class AirHeatedState:
    """Steady state of a loop between two air streams.

    Attributes
    ----------
    heat
        From the warm air to each segment of the evaporator [W].
    flow
        Fluid in the segments.
    dry
        Share of each segment's wall that is dry [-].
    mass_flow
        Round the loop [kg/s].
    exit_quality
        Where the evaporator's tubes end, above 1 if superheated [-].
    level
        Liquid above the condenser's outlet, negative where the downcomer is not full [m].
    air_to_loop_rel
        Heat that the air gives less heat that the loop was solved with, over the heat [-].
    outcome
        Of the loop.
    iterations
        Of the fixed point.
    """

    heat: Array
    flow: TubeFlow
    dry: Array
    mass_flow: float
    exit_quality: float
    level: float
    air_to_loop_rel: float
    outcome: SteadyOutcome
    iterations: int


class AirHeatedLoop:
    """A loop with one evaporator and one condenser, both coils in air.

    Parameters
    ----------
    network
        Pipes; its heated cells are the evaporator's tubes, in the direction of the flow.
    mixture
        Fluid with its closures.
    evaporator, condenser
        Tubes of the coils.
    boiling
        Name of the boiling closure.
    """

    def __init__(
        self,
        network: Network,
        mixture: MixtureModel,
        evaporator: TubeBank,
        condenser: TubeBank,
        boiling: str = "cooper",
    ) -> None:
        self.network, self.fluid = network, mixture.fluid
        self.evaporator, self.condenser = evaporator, condenser
        self.closure = boiling_closure(boiling)
        self.solver = SteadySolver(SteadyEquations(network, mixture))

    def solve(
        self, warm: HeatSink, cold: HeatSink, charge: float | None, start: AirHeatedState | None = None
    ) -> AirHeatedState:
        """Find the heat that warm air, loop and cold air agree on.

        Parameters
        ----------
        warm, cold
            Air streams, with their conductances to the inside of the tubes' walls.
        charge
            Of fluid [kg]; ``None`` fills the loop up to the condenser's outlet.
        start
            A state nearby.

        Raises
        ------
        NotConverged
            If the loop has no steady state on the way, or the fixed point is not reached.
        """
        guess: list[Unknowns | None] = [None if start is None else start.outcome.unknowns]
        latest: list[tuple[SteadyOutcome, TubeFlow]] = []

        def update(heat: Array) -> Array:
            sink = with_film(cold, max(float(heat.sum()), 1.0), self.fluid, self.condenser)
            outcome = self.solver.solve(Problem(heat, (sink,), charge), guess[0])
            if not outcome.converged:
                raise NotConverged(f"loop: no steady state found at {heat.sum():.4g} W from the air")
            guess[0] = outcome.unknowns
            flow = self._flow(outcome)
            latest[:] = [(outcome, flow)]
            coefficient = tube_coefficient(heat, flow, self.evaporator, self.closure)
            return heat_from_air(warm, flow, self.evaporator, coefficient)

        found = fixed_point(
            update,
            self._first(warm, cold) if start is None else start.heat,
            tolerance=TOLERANCE,
            iterations=MAX_ITERATIONS,
        )
        return self._state(found.image, *latest[-1], found.residual, found.iterations)

    def _first(self, warm: HeatSink, cold: HeatSink) -> Array:
        """Heat if both films had no resistance, spread evenly [W]."""
        resistance = 1.0 / warm.effective_conductance() + 1.0 / cold.effective_conductance()
        count = self.network.heated.size
        return np.full(count, (warm.temperature - cold.temperature) / resistance / count)

    def _flow(self, outcome: SteadyOutcome) -> TubeFlow:
        n, cells = self.network, self.network.heated
        pressure = outcome.unknowns.pressure
        quality = outcome.ends.state.equilibrium_quality[0].reshape(2, -1)[:, cells].mean(axis=0)
        flux = self.solver.equations.state.flow(outcome.unknowns)[cells] / self.evaporator.flow_area
        mean = 0.5 * (pressure[n.tail[cells]] + pressure[n.head[cells]])
        return TubeFlow(self.fluid, self.fluid.saturation(mean), flux, quality)

    def _state(
        self, heat: Array, outcome: SteadyOutcome, flow: TubeFlow, residual: float, iterations: int
    ) -> AirHeatedState:
        last = self.network.heated[-1]
        return AirHeatedState(
            heat=heat,
            flow=flow,
            dry=dry_segments(heat, flow, self.evaporator),
            mass_flow=float(outcome.unknowns.cycle_flow[0]),
            exit_quality=float(outcome.ends.state.equilibrium_quality[0].reshape(2, -1)[1, last]),
            level=float(outcome.unknowns.level[0]),
            air_to_loop_rel=residual,
            outcome=outcome,
            iterations=iterations,
        )
