"""Newton's method on the cycle basis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import splu

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.cold_start import cold_start
from thermal.loop.dry_branches import candidates
from thermal.loop.equations import Ends, NetworkState, Problem, Unknowns
from thermal.loop.forced_flow import search
from thermal.loop.linearised import SteadyEquations
from thermal.loop.network import Floats
from thermal.loop.sink import HeatSink

# of the static head, of the heat and of the charge
TOLERANCE = 1.0e-9
# last digits of a condensing temperature, each of which costs a sink's conductance in heat
_DIGITS = 4.0
MAX_ITERATIONS = 50
# a step may change pressures and flows by this share, enthalpies by this share of the latent heat
_TRUST = 0.4
# steps in a row without a tenth of progress after which Newton's method gives up
_PATIENCE = 8
# residual so small that a full step is taken even if it grows
_NEAR = 1.0e-4
# the search may go beyond the pressures in the fluid's tables by this factor; what ends there is beyond a limit
_PRESSURE_ROOM = 3.0
# first of the growing pseudo-time steps [s]
_FIRST_PSEUDO_TIME = 0.1


@dataclass(frozen=True)
class SteadyOutcome:
    """Where Newton's method ended.

    Attributes
    ----------
    unknowns, ends
        Last iterate and its mixture.
    errors
        Largest momentum, energy (with condensing) and charge residual, relative to head, heat and charge.
    converged
        Whether all are below the tolerance and every condenser is passed from its inlet to its outlet.
    iterations
        Linear solves.
    """

    unknowns: Unknowns
    ends: Ends
    errors: tuple[float, float, float]
    converged: bool
    iterations: int


class SteadySolver:
    """Newton's method with limited steps; where it does not come closer, pseudo-transient steps."""

    def __init__(self, equations: SteadyEquations) -> None:
        self.equations = equations
        n = equations.network
        self._inertia = n.length / n.area
        self.tolerance = TOLERANCE

    def solve(
        self, problem: Problem, guess: Unknowns | None = None, *, patient: bool = True
    ) -> SteadyOutcome:
        """Solve the steady network; the outcome says whether it converged.

        Where Newton's method alone fails, ``patient`` looks for the flow that needs no pump, and then takes
        pseudo-transient steps from a cold start. Condensers whose coolant is warmer than the vapour rest; one that
        dry vapour alone reaches is looked for last.
        """
        choices = list(candidates(self.equations.state, problem))
        tried: list[SteadyOutcome] = []
        for dry in choices:
            near = guess if guess is not None and guess.dry == dry else None
            start = near or cold_start(self.equations, problem, dry=dry)
            tried.append(self._newton(problem, start, pseudo_time=np.inf))
            if tried[-1].converged and self._rests(problem, tried[-1]):
                return tried[-1]
        if not patient:
            return tried[0]
        tried.append(self._patient(problem, choices[0]))
        tried += [] if any(one.converged for one in tried) else self._others(problem, choices[1:])
        # states with flows that part evenly first, then those that came closest
        return min(tried, key=lambda one: (not one.converged, len(one.unknowns.dry), one.errors))

    def _others(self, problem: Problem, choices: list[tuple[int, ...]]) -> Iterator[SteadyOutcome]:
        """What patience finds with one after the other of some dry branches, up to the first state."""
        for dry in choices:
            outcome = self._patient(problem, dry)
            yield outcome
            if outcome.converged:
                return

    def _rests(self, problem: Problem, outcome: SteadyOutcome) -> bool:
        """Whether nothing condenses behind the dry branches."""
        heats = self.equations.state.condensing(outcome.unknowns, problem)
        return bool((heats[list(outcome.unknowns.dry), :, 0] == 0.0).all())

    def _patient(self, problem: Problem, dry: tuple[int, ...]) -> SteadyOutcome:
        """State by way of a pump, or by pseudo-transient steps from a cold start."""
        pumped = search(self, problem, dry).root
        if pumped is not None:
            without = self._newton(problem, pumped.unknowns, pseudo_time=np.inf)
            if without.converged:
                return without
        start = cold_start(self.equations, problem, dry=dry)
        return self._newton(problem, start, pseudo_time=_FIRST_PSEUDO_TIME, limit=2 * MAX_ITERATIONS)

    def scales(self, problem: Problem) -> Floats:
        """Head [Pa], heat [W] and charge by which residuals are divided, one for each equation."""
        n = self.equations.network
        span = float(np.ptp(n.elevation))
        head = GRAVITY * 1000.0 * max(span, 0.1)
        heat = max(problem.given_heat, _least_heat(problem) / self.tolerance)
        charge = 1.0 if problem.charge is None else problem.charge
        out = np.empty(self.equations.size)
        out[: n.cells] = head
        out[n.cells : -1] = heat
        out[-1] = charge
        return out

    def _newton(
        self, problem: Problem, unknowns: Unknowns, pseudo_time: float, limit: int = MAX_ITERATIONS
    ) -> SteadyOutcome:
        equations, scale = self.equations, self.scales(problem)
        ends, heats, scaled = self._residual(unknowns, problem, scale)
        iterations = stalled = 0
        while (
            np.abs(scaled).max() > self.tolerance
            and iterations < limit
            and (stalled < _PATIENCE or np.isfinite(pseudo_time))
        ):
            matrix = equations.derivative(unknowns, problem, ends, heats, self._inertia / pseudo_time)
            iterations += 1
            try:
                step = splu(matrix).solve(-scaled * scale)
            except RuntimeError:
                break
            if not np.isfinite(step).all():
                break
            step, share = self.limited(unknowns, step)
            before = float(np.linalg.norm(scaled))
            for _ in range(6):
                moved = self.bounded(unknowns.moved(step, share))
                new_ends, new_heats, new_scaled = self._residual(moved, problem, scale)
                after = float(np.linalg.norm(new_scaled))
                if after < max(before * (1.0 - 1e-4 * share), _NEAR) or np.isfinite(pseudo_time):
                    break
                share *= 0.5
            unknowns, ends, heats, scaled = moved, new_ends, new_heats, new_scaled
            stalled = stalled + 1 if np.linalg.norm(scaled) > 0.9 * before else 0
            if np.isfinite(pseudo_time):
                gain = before / max(float(np.linalg.norm(scaled)), 1e-300)
                pseudo_time = min(pseudo_time * min(max(1.5 * gain, 0.3), 4.0), 1e9)
        return self._outcome(unknowns, ends, scaled, iterations)

    def _residual(self, unknowns: Unknowns, problem: Problem, scale: Floats) -> tuple[Ends, Floats, Floats]:
        """Mixture, condensers' heats and scaled residual."""
        state: NetworkState = self.equations.state
        ends = state.ends(unknowns)
        heats = state.condensing(unknowns, problem)
        return ends, heats, self.equations.residual(unknowns, problem, ends, heats) / scale

    def limited(self, unknowns: Unknowns, step: Floats) -> tuple[Floats, float]:
        """Step with enthalpies held within the trust limits, and the share of it that holds pressures and flows.

        Enthalpies are held one by one: in a module that hardly flows they leap without meaning.
        """
        n, count = self.equations.network.points, self.equations.cycle_count
        fluid = self.equations.state.mixture.fluid
        typical = float(np.clip(unknowns.pressure.mean(), *fluid.pressure_range))
        reach = _TRUST * float(fluid.saturation(typical).latent_heat)
        held = step.copy()
        held[n : 2 * n] = np.clip(step[n : 2 * n], -reach, reach)
        flows = unknowns.cycle_flow
        size = np.maximum(np.abs(flows), 0.3 * np.abs(flows).mean())
        ratios = (
            np.abs(step[:n] / unknowns.pressure).max() / _TRUST,
            np.abs(step[2 * n : 2 * n + count] / size).max() / (2.0 * _TRUST),
        )
        return held, float(1.0 / max(1.0, *ratios))

    def bounded(self, unknowns: Unknowns) -> Unknowns:
        """Return ``unknowns`` with pressures and levels where the equations mean something."""
        low, high = self.equations.state.mixture.fluid.pressure_range
        height = self.equations.network.condenser_height
        return Unknowns(
            np.clip(unknowns.pressure, low / _PRESSURE_ROOM, _PRESSURE_ROOM * high),
            unknowns.enthalpy,
            unknowns.cycle_flow,
            np.minimum(unknowns.level, 0.999 * height),
            unknowns.dry,
        )

    def _outcome(self, unknowns: Unknowns, ends: Ends, scaled: Floats, iterations: int) -> SteadyOutcome:
        cells = self.equations.network.cells
        errors = (
            float(np.abs(scaled[:cells]).max()),
            float(np.abs(scaled[cells:-1]).max()),
            float(abs(scaled[-1])),
        )
        # liquid that flows up through a condenser closes the balances and means nothing, nor does what a dry one holds
        flow = self.equations.state.flow(unknowns)[self.equations.network.condensers]
        dry = np.isin(np.arange(flow.size), unknowns.dry)
        least = np.where(dry, -self.tolerance * flow.max(), np.finfo(float).tiny)
        sound = (flow >= least).all() and (~dry | (unknowns.level <= self.tolerance)).all()
        converged = bool(all(error <= self.tolerance for error in errors) and sound)
        return SteadyOutcome(unknowns, ends, errors, converged, iterations)


def _least_heat(problem: Problem) -> float:
    """Heat that double precision cannot tell from nothing, as a difference of temperatures is known no better [W]."""
    digit = _DIGITS * float(np.finfo(float).eps)
    sinks = [sink for sink in problem.sinks if isinstance(sink, HeatSink)]
    return digit * sum(sink.effective_conductance() * sink.temperature for sink in sinks) + 1e-18
