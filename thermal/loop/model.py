"""One rack's loop: heat of every segment in, flow, temperatures and margins out."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from thermal.errors import NoSteadyState
from thermal.loop.channel_module import ChannelModule, ModuleMatch
from thermal.loop.choking import critical_flow_share
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.validity import held_warning, range_warnings
from thermal.loop.closures.void import void_closure
from thermal.loop.condenser_spec import CondenserUnitSpec
from thermal.loop.condenser_states import charge_bounds, condenser_states
from thermal.loop.continuation import NO_STATE, approach, approach_charge, find_largest_heat, settled
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.fluids import Fluid, Numeric, Saturation
from thermal.loop.linearised import SteadyEquations
from thermal.loop.margins import loop_margins
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import Floats
from thermal.loop.oscillation import Oscillation, dominant_oscillation
from thermal.loop.phase_range import CRITICAL, FREEZING, phase_limit, phase_limit_message
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec
from thermal.loop.stability import response
from thermal.loop.state import LoopResiduals, LoopState
from thermal.loop.steady import SteadyOutcome, SteadySolver
from thermal.loop.topology import rack_loop

# liquid for a fill ratio is measured at room temperature [K]
FILLING_TEMPERATURE = 293.15
# the loop counts as single-phase where less vapour than this reaches the condenser [-]
_NO_VAPOUR = 1.0e-6

_SMALLEST_HELD = 1.0e-3
"""Void by which a closure is held within its physical range that is worth a warning [-]."""
_BACKWARDS = 1e-3
"""Share of the vapour's flow beyond which a net flow is taken to run backwards, and not for round-off [-]."""


class LoopModel:
    """The steady loop of a case.

    Parameters
    ----------
    loop, evaporator
        Sections of the case file; for channels in a plate what the loop sees of them.
    condenser_elevation
        Of the condenser's outlet [m].
    fluid
        With its tables.
    units
        Condensers in parallel, which share each sink that the loop is solved with; none is a single one.
    """

    def __init__(
        self,
        loop: LoopSpec,
        evaporator: EvaporatorSpec | ChannelModule,
        condenser_elevation: float,
        fluid: Fluid,
        units: Sequence[CondenserUnitSpec] = (),
    ) -> None:
        self.loop, self.evaporator, self.fluid, self.units = loop, evaporator, fluid, tuple(units)
        self.rack = rack_loop(loop, evaporator, condenser_elevation, units)
        closures = loop.closures
        self._closures = (friction_closure(closures.friction), void_closure(closures.void))
        mixture = MixtureModel(
            fluid,
            self._closures[0].function,
            self._closures[1].function,
            friction_factor=closures.friction_factor,
            slip_factor=closures.void_factor,
        )
        self.equations = SteadyEquations(self.rack.network, mixture)
        self.solver = SteadySolver(self.equations)
        self.charge = self._charge()

    def _charge(self) -> float | None:
        spec = self.loop
        if spec.fill_ratio is None or spec.reference_volume is None:
            return spec.charge
        density = self.fluid.saturation_at(FILLING_TEMPERATURE).liquid_density
        return float(spec.fill_ratio * spec.reference_volume * density)

    @property
    def gap(self) -> EvaporatorSpec:
        """Gap in front of a face of the package; a ``TypeError`` for channels."""
        if not isinstance(self.evaporator, EvaporatorSpec):
            raise TypeError("the modules of this loop have channels, not a gap")
        return self.evaporator

    def matched(self, match: ModuleMatch) -> LoopModel:
        """Loop whose modules lose and hold what their channels do."""
        other, n, cells = copy.copy(self), self.rack.network, self.rack.module_cells[:, 0]
        loss, fall, volume = n.loss_coefficient.copy(), n.fixed_fall.copy(), n.volume.copy()
        loss[cells], fall[cells], volume[cells] = match.loss, match.fall, match.volume
        network = replace(n, loss_coefficient=loss, fixed_fall=fall, volume=volume)
        other.rack = replace(self.rack, network=network)
        other.equations = SteadyEquations(network, self.equations.state.mixture)
        other.solver = SteadySolver(other.equations)
        return other

    @property
    def modules(self) -> int:
        """Number of evaporators."""
        return int(self.rack.module_cells.shape[0])

    @property
    def segments(self) -> int:
        """Number of segments of each evaporator."""
        return int(self.rack.module_cells.shape[1])

    def solve(self, heat: Floats, sink: HeatSink, guess: LoopState | None = None) -> LoopState:
        """Steady state with ``heat`` [W] of shape (modules, segments).

        A heat that the loop cannot carry gives the state at the largest heat of that shape, with ``feasible``
        false, and ``limit`` and ``largest_heat`` set.

        Raises
        ------
        NotConverged
            If no state was found at any heat.
        """
        heat = np.asarray(heat, dtype=float)
        state = self.attempt(heat, sink, guess, patient=True)
        if state is not None and not self.passed_limit(state):
            return state if state.static_stability >= 0.0 else settled(self, heat, sink, state)
        absence = "" if state is not None else self.absence(heat, sink)
        if absence == FREEZING:
            raise self._nothing_found(heat, sink, absence)
        if self.charge is not None and state is None:
            found = approach_charge(self, heat, sink, self.charge)
            if found is not None and not found[1]:
                less = find_largest_heat(self, heat, sink, ceiling=1.0, starts=(0.4, 0.1))
                carried = 0.0 if less is None else float(less.share * heat.sum())
                return replace(found[0], feasible=False, limit="charge", largest_heat=carried)
        largest = find_largest_heat(self, heat, sink, ceiling=1.0)
        if state is None and (largest is None or largest.limit == NO_STATE) and not absence:
            state = approach(self, heat, sink)
            if state is not None and not self.passed_limit(state):
                return state
        if largest is None and state is not None:
            return replace(state, feasible=False, limit=self.passed_limit(state), largest_heat=0.0)
        if largest is None:
            raise self._nothing_found(heat, sink, absence)
        if largest.share >= 1.0:
            return largest.state
        carried = float(largest.share * heat.sum())
        return replace(largest.state, feasible=False, limit=largest.limit, largest_heat=carried)

    def _nothing_found(self, heat: Floats, sink: HeatSink, absence: str) -> NoSteadyState:
        problem = self.problem(heat, sink)
        reason = f"; {phase_limit_message(self.fluid, problem, absence)}" if absence else ""
        return NoSteadyState(
            f"loop: no steady state found between rest and {heat.sum():.4g} W{reason}", absence or NO_STATE
        )

    def carried(self, heat: Floats, sink: HeatSink, near: LoopState) -> LoopState | None:
        """Steady state with a heat [W] from one nearby; ``None`` where the loop cannot carry it.

        Unlike :meth:`solve` it does not look for the heat that could be carried instead.
        """
        state = self.attempt(heat, sink, near, patient=True)
        if state is None:
            state = self.solve(heat, sink)
            return state if state.feasible else None
        return None if self.passed_limit(state) else state

    def largest_heat(self, heat_shape: Floats, sink: HeatSink) -> float:
        """Heat that the loop can carry at most when spread as ``heat_shape`` [W]."""
        shape = np.asarray(heat_shape, dtype=float)
        found = find_largest_heat(self, shape, sink)
        return 0.0 if found is None else float(found.share * shape.sum())

    def margins(self, state: LoopState, peak_flux: Floats | None = None) -> dict[str, float]:
        """Distance to each limit: 1 far, 0 at it, below 0 passed [-].

        Parameters
        ----------
        peak_flux
            Largest heat flux into the fluid of each module [W/m2], (modules,); left out, the mean of the
            hottest segment.
        """
        return loop_margins(self, state, peak_flux)

    def oscillation(self, state: LoopState) -> Oscillation | None:
        """Mode of the loop that grows fastest or dies out last after a small disturbance of a steady state."""
        return dominant_oscillation(self.equations, state.unknowns, state.problem)

    def profile(self, state: LoopState, module: int) -> tuple[Floats, Floats]:
        """Saturation temperature [K] and quality [-] along the flow through a module."""
        return state.saturation_temperature[module], state.quality[module]

    def passed_limit(self, state: LoopState) -> str:
        """Name of the first limit that ``state`` has passed, or ``""``."""
        vapour_flow = state.heat.sum() / self.saturation(state.condenser_pressure).latent_heat
        if state.total_mass_flow < -_BACKWARDS * vapour_flow:
            # vapour would leave through the downcomer: a balance of the equations, not what the loop is built for
            return NO_STATE
        margins = self.margins(state)
        low, high = self.fluid.pressure_range
        if state.unknowns.pressure.max() > high:
            return CRITICAL
        if state.unknowns.pressure.min() < low:
            return FREEZING
        stopping = ("design_pressure", "dryout", "chf", "flooding", "choking", "charge")
        passed = [name for name in stopping if margins.get(name, 1.0) < 0.0]
        return passed[0] if passed else ""

    def attempt(
        self,
        heat: Floats,
        sink: HeatSink,
        guess: LoopState | None = None,
        *,
        patient: bool = False,
        charge: float | Literal["of the case"] | None = "of the case",
    ) -> LoopState | None:
        """Steady state without a look at limits; ``None`` where Newton's method did not converge.

        ``patient`` adds pseudo-transient steps; ``charge`` [kg] takes the place of the case's, ``None`` fills
        the loop to the condenser's outlet.
        """
        problem = self.problem(heat, sink, charge)
        if phase_limit(self.fluid, problem):
            return None
        outcome = self.solver.solve(problem, guess.unknowns if guess is not None else None, patient=patient)
        return self._state(heat, problem, outcome) if outcome.converged else None

    def problem(
        self, heat: Floats, sink: HeatSink, charge: float | Literal["of the case"] | None = "of the case"
    ) -> Problem:
        """What is asked of the network; ``charge`` as :meth:`attempt` takes it."""
        filled = self.charge if charge == "of the case" else charge
        sinks = tuple(sink.part(u.share, u.coolant_share or u.share, u.warmer) for u in self.units)
        return Problem(np.asarray(heat, dtype=float).ravel(), sinks or (sink,), filled)

    def absence(self, heat: Floats, sink: HeatSink) -> str:
        """Why there is no state at ``heat`` whatever the loop's shape: ``freezing``, ``critical``, or ``""``."""
        return phase_limit(self.fluid, self.problem(heat, sink))

    def _state(self, heat: Floats, problem: Problem, outcome: SteadyOutcome) -> LoopState:
        n, network_state = self.rack.network, self.equations.state
        unknowns, ends = outcome.unknowns, outcome.ends
        cells = self.rack.module_cells
        flow = network_state.flow(unknowns)
        shaped = {
            name: getattr(ends.state, name)[0].reshape(2, n.cells)
            for name in ("quality", "equilibrium_quality", "void")
        }
        pressure = 0.5 * (unknowns.pressure[n.tail] + unknowns.pressure[n.head])[cells]
        enthalpy = 0.5 * (unknowns.enthalpy[n.tail] + unknowns.enthalpy[n.head])[cells]
        at = self.saturation(pressure)
        liquid = self.fluid.liquid_temperature(np.minimum(enthalpy, at.liquid_enthalpy))
        heats = network_state.condensing(unknowns, problem)[:, :, 0]
        condensers = condenser_states(network_state, unknowns, heats)
        top = max(condensers, key=lambda one: one.pressure)
        leaving = float(
            flow[n.condensers] @ unknowns.enthalpy[n.head[n.condensers]] / flow[n.condensers].sum()
        )
        flow_response, static = response(self.equations, unknowns, problem)
        vapour = float(shaped["quality"][0, n.condensers].max())
        mass = network_state.mass(unknowns, ends)
        return LoopState(
            feasible=True,
            limit="",
            largest_heat=float("nan"),
            heat=heat,
            mass_flow=flow[cells[:, 0]],
            mass_flux=flow[cells[:, 0]] / self.evaporator.flow_area,
            total_mass_flow=float(flow[n.condensers].sum()),
            saturation_temperature=at.temperature,
            liquid_temperature=np.minimum(liquid, at.temperature),
            quality=shaped["quality"].mean(axis=0)[cells],
            equilibrium_quality=shaped["equilibrium_quality"].mean(axis=0)[cells],
            exit_quality=shaped["equilibrium_quality"][1][cells[:, -1]],
            void_above=shaped["void"][0][self.rack.above],
            pressure=pressure,
            condensers=condensers,
            condenser_pressure=top.pressure,
            condensing_temperature=top.temperature,
            condenser_heat=float(heats.sum()),
            subcooling=float(
                top.temperature
                - self.fluid.liquid_temperature(min(leaving, self.saturation(top.pressure).liquid_enthalpy))
            ),
            flooded_share=max(one.flooded_share for one in condensers),
            liquid_level=max(one.liquid_level for one in condensers),
            charge=mass,
            charge_bounds=charge_bounds(network_state, unknowns, ends),
            pressure_drops=self._pressure_drops(unknowns, outcome),
            regime=_regime(vapour, flow_response),
            flow_response=flow_response,
            static_stability=static,
            critical_flow_share=critical_flow_share(network_state, ends),
            residuals=LoopResiduals(
                outcome.errors[0],
                abs(float(heats.sum() - heat.sum())) / max(float(heat.sum()), 1e-300),
                outcome.errors[2],
            ),
            warnings=self._warnings(outcome),
            iterations=outcome.iterations,
            problem=problem,
            unknowns=unknowns,
        )

    def saturation(self, pressure: Numeric) -> Saturation:
        """Properties at ``pressure`` [Pa]; at the foot of a liquid column it may lie above the fluid's tables."""
        return self.fluid.saturation(self.equations.state.mixture.clip_pressure(pressure))

    def _pressure_drops(self, unknowns: Unknowns, outcome: SteadyOutcome) -> dict[str, dict[str, float]]:
        n = self.rack.network
        way = n.cycles[:, int(np.argmax(n.cycles[self.rack.module_cells[0, 0]]))]
        terms = self.equations.state.momentum_terms(unknowns, outcome.ends)
        drops: dict[str, dict[str, float]] = {}
        for index, leg in enumerate(n.leg_names):
            here = np.where(n.leg == index, way, 0.0)
            drops[leg] = {
                cause: float(here @ terms[cause])
                for cause in ("friction", "acceleration", "gravity", "local")
            }
        return drops

    def _warnings(self, outcome: SteadyOutcome) -> tuple[str, ...]:
        n, unknowns = self.rack.network, outcome.unknowns
        warnings = list(self.fluid.notes)
        quality, flow = outcome.ends.state.quality[0].reshape(2, -1)[1], self.equations.state.flow(unknowns)
        flows = np.abs(flow) > self.solver.tolerance * np.abs(flow).max()
        for index, leg in enumerate(n.leg_names):
            here = np.flatnonzero((n.leg == index) & (quality > _NO_VAPOUR) & flows & (n.length > 0.0))
            if here.size:
                at = self.saturation(unknowns.pressure[n.head[here]])
                flux, void = flow[here] / n.area[here], self._closures[1]
                found = range_warnings(self._closures, self.fluid, at, flux, n.diameter[here])
                if void.held is not None:
                    upward = np.where(flux < 0.0, -n.inclination[here], n.inclination[here])
                    held = float(np.max(void.held(flux, quality[here], at, n.diameter[here], upward)))
                    found += [held_warning(void, held)] if held > _SMALLEST_HELD else []
                warnings += [f"{leg}: {warning}" for warning in found]
        for k in unknowns.dry:
            rests = abs(flow[n.condensers[k]]) <= self.solver.tolerance * np.abs(flow).max()
            doing = "rests, its coolant is warmer than the vapour" if rests else "takes dry vapour alone"
            warnings.append(f"condenser_{k:02d} {doing}: what else comes goes to the others")
        backwards = np.count_nonzero(flow[self.rack.module_cells[:, 0]] < 0.0)
        if backwards:
            warnings.append(f"flow runs backwards through {backwards} of {self.modules} modules")
        return tuple(warnings)


def _regime(vapour: float, flow_response: float) -> str:
    if vapour < _NO_VAPOUR:
        return "single-phase"
    return "gravity-dominated" if flow_response > 0.0 else "friction-dominated"
