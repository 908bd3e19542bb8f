"""Transient of one ring of pipes: finite volumes, one momentum integral, walls with heat capacity, implicit.

Every cell k of volume V stores mass and energy; the flow through its ends follows from mass, and one integral
of momentum round the ring gives the flow at the condenser:

    ``V d(rho)/dt = m_k - m_(k+1)``
    ``V d(rho_g a h_g + rho_l (1-a) h_l - p)/dt = m_k h_donor - m_(k+1) h_donor + U (T_wall - T)``
    ``C dT_wall/dt = Q - U (T_wall - T)``
    ``sum(L/A dm/dt) = -sum(friction + gravity + local + acceleration) + rho_g g H``, the condenser's vapour

Pressure waves are left out: the level of pressure is one number p(t), to which the static and frictional
profile of the step before is added; how the flow differs from cell to cell while they fill and empty is taken
from the step before, too. The condenser is quasi-steady and holds what liquid the ring pushes out.

What flows has the enthalpy of the cell, so that with slip the contents of a cell without flow are not defined: a start
from rest in short steps takes the homogeneous void fraction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from meshes.errors import InputError
from thermal.errors import NotConverged
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.cooler import LiquidCooler
from thermal.loop.mixture import Mixture, MixtureModel
from thermal.loop.network import Floats, Network
from thermal.loop.sink import HeatSink
from thermal.loop.steady import SteadyOutcome

TOLERANCE = 1.0e-8
MAX_ITERATIONS = 50
_STEP = 1.0e-8
_HALVINGS = 10
# mass flux by which steps of the flow are judged [kg/(m2 s)]
_TYPICAL_FLUX = 100.0


@dataclass(frozen=True)
class RingState:
    """A ring at one moment; arrays are in the order of the flow from the condenser's outlet.

    Attributes
    ----------
    time
        [s].
    pressure
        At the condenser [Pa].
    enthalpy
        That the flow leaves each cell with [J/kg], (cells,).
    flow
        Through the ends of the cells [kg/s], (cells + 1,); the first is at the condenser's outlet.
    wall_temperature
        Of the heated cells [K], (heated,).
    profile
        Pressure of each cell above the condenser's [Pa], (cells,).
    density, energy
        Stored by volume [kg/m3], [J/m3], (cells,).
    """

    time: float
    pressure: float
    enthalpy: Floats
    flow: Floats
    wall_temperature: Floats
    profile: Floats
    density: Floats
    energy: Floats


@dataclass(frozen=True)
class RingWall:
    """Wall of each heated cell: heat capacity [J/K] and conductance to the fluid [W/K]."""

    capacity: float
    conductance: float


class RingTransient:
    """Transient of a network that is one ring.

    Parameters
    ----------
    network
        Of one cycle, its condenser last and without a loss of its own.
    mixture
        Fluid with its closures.
    wall
        Of the heated cells.
    """

    def __init__(self, network: Network, mixture: MixtureModel, wall: RingWall) -> None:
        if network.cycles.shape[1] != 1 or network.condensers.size != 1:
            raise InputError("the transient takes a network of one ring with one condenser")
        if network.loss_coefficient[network.condensers[0]] != 0.0 or network.fixed_fall.any():
            raise InputError("the transient takes a condenser without a loss of its own, and no given falls")
        self.network, self.mixture, self.wall = network, mixture, wall
        self._cells = network.cells - 1
        self._inertia = (network.length / network.area)[: self._cells]
        self._heated = network.heated
        self._inclination = network.inclination[: self._cells]

    def at_rest(self, temperature: float) -> RingState:
        """Liquid of ``temperature`` [K] at its saturation pressure at the condenser, without flow."""
        at = self.mixture.fluid.saturation_at(float(temperature))
        n = self.network
        middle = 0.5 * (n.elevation[n.tail] + n.elevation[n.head])[: self._cells]
        top = n.elevation[n.head[n.condensers[0]]]
        profile = np.maximum(GRAVITY * at.liquid_density * (top - middle), 0.0)
        state = RingState(
            time=0.0,
            pressure=float(at.pressure),
            enthalpy=np.full(self._cells, at.liquid_enthalpy),
            flow=np.zeros(self._cells + 1),
            wall_temperature=np.full(self._heated.size, float(temperature)),
            profile=profile,
            density=np.empty(0),
            energy=np.empty(0),
        )
        return self._stored(state)

    def from_steady(self, outcome: SteadyOutcome, heat: Floats) -> RingState:
        """Start from a steady state of the same network with ``heat`` [W] of shape (heated,)."""
        n, u = self.network, outcome.unknowns
        pressure = float(u.pressure[n.tail[n.condensers[0]]])
        middle = 0.5 * (u.pressure[n.tail] + u.pressure[n.head])[: self._cells]
        enthalpy = u.enthalpy[n.head][: self._cells]
        fluid_temperature = self._temperature(middle, enthalpy)[self._heated]
        state = RingState(
            time=0.0,
            pressure=pressure,
            enthalpy=enthalpy,
            flow=np.full(self._cells + 1, u.cycle_flow[0]),
            wall_temperature=fluid_temperature + heat / self.wall.conductance,
            profile=middle - pressure,
            density=np.empty(0),
            energy=np.empty(0),
        )
        return self._stored(state)

    def run(
        self,
        state: RingState,
        until: float,
        step: float,
        heat: Callable[[float], Floats],
        sink: HeatSink | LiquidCooler,
        inlet_flow: Callable[[float], float] | None = None,
    ) -> list[RingState]:
        """States from ``state`` to the time ``until`` [s] in steps of at most ``step`` [s], the first included.

        ``heat`` gives [W] of shape (heated,) over time [s]. ``inlet_flow`` prescribes the flow [kg/s] in
        place of the momentum integral.

        Raises
        ------
        NotConverged
            If a step fails even when it is cut to a thousandth.
        """
        states, size = [state], step
        while state.time < until - 1e-9 * step:
            size = min(size, until - state.time)
            moved = self._advance(state, size, heat(state.time + size), sink, inlet_flow)
            if moved is None:
                size *= 0.5
                if size < 1e-3 * step:
                    raise NotConverged(f"loop transient: no step of {size:.3g} s at {state.time:.6g} s")
                continue
            state = moved
            states.append(state)
            size = min(1.5 * size, step)
        return states

    def _temperature(self, pressure: Floats, enthalpy: Floats) -> Floats:
        saturation = self.mixture.fluid.saturation(self.mixture.clip_pressure(pressure))
        liquid = self.mixture.fluid.liquid_temperature(self.mixture.clip_liquid_enthalpy(enthalpy))
        temperature: Floats = np.minimum(liquid, saturation.temperature)
        return temperature

    def _mixture(self, pressure: Floats, enthalpy: Floats, flow: Floats) -> tuple[Mixture, Floats]:
        """State and stored energy [J/m3] of all cells; leading axes are trials."""
        n, count = self.network, self._cells
        state = self.mixture.mix(
            self.mixture.fluid.saturation(self.mixture.clip_pressure(pressure)),
            enthalpy,
            self.mixture.own_liquid(enthalpy),
            flow / n.area[:count],
            n.diameter[:count],
            n.roughness[:count],
            n.channel_factor[:count],
            self._inclination,
        )
        s = state.saturation
        liquid = np.minimum(enthalpy, s.liquid_enthalpy)
        stored = state.void * s.vapour_density * s.vapour_enthalpy
        return state, stored + (1.0 - state.void) * s.liquid_density * liquid - pressure

    def _stored(self, state: RingState) -> RingState:
        mean = 0.5 * (state.flow[1:] + state.flow[:-1])
        mixture, energy = self._mixture(state.pressure + state.profile, state.enthalpy, mean)
        return replace(state, density=mixture.density, energy=energy)

    def _falls(self, mixture: Mixture) -> Floats:
        """Pressure fall along each cell [Pa]; acceleration from the change of momentum flux between cells."""
        n, count = self.network, self._cells
        falls = n.length[:count] * mixture.friction + GRAVITY * n.rise[:count] * mixture.density
        falls = falls + n.loss_coefficient[:count] * mixture.loss
        # no momentum is recovered or lost where the section changes
        gained = np.diff(mixture.momentum, axis=-1) * (np.diff(n.area[:count]) == 0.0)
        falls[..., 1:] += gained
        total: Floats = falls
        return total

    def _vapour_column(self, pressure: Floats) -> Floats:
        """Weight of the vapour from the condenser's inlet down to its outlet [Pa]."""
        at = self.mixture.fluid.saturation(self.mixture.clip_pressure(pressure))
        weight: Floats = GRAVITY * at.vapour_density * self.network.condenser_fall[0]
        return weight

    def _residual(
        self,
        x: Floats,
        old: RingState,
        step: float,
        heat: Floats,
        sink: HeatSink | LiquidCooler,
        inlet_flow: float | None,
    ) -> tuple[Floats, RingState]:
        """Scaled residuals of trials ``x`` (trials, unknowns) and the state of the first trial."""
        n, count, heated = self.network, self._cells, self._heated
        enthalpy, pressure, flow0 = x[:, :count], x[:, count : count + 1], x[:, count + 1 : count + 2]
        wall = x[:, count + 2 :]
        local = pressure + old.profile
        mean_old = 0.5 * (old.flow[1:] + old.flow[:-1])
        # boiling drives the flow out of the cells: what rubs and slips is the flow there, by the step before
        mixture, energy = self._mixture(local, enthalpy, flow0 + (mean_old - old.flow[0]))
        volume = n.volume[:count]
        stored = volume * (mixture.density - old.density) / step
        flow = np.concatenate([flow0, flow0 - np.cumsum(stored, axis=1)], axis=1)
        outlet, taken = self._condenser(pressure[:, 0], enthalpy[:, -1], flow[:, -1], sink)
        upstream = np.concatenate([outlet[:, None], enthalpy], axis=1)
        carried = flow[:, :-1] * np.where(flow[:, :-1] >= 0.0, upstream[:, :-1], enthalpy)
        after = np.concatenate([enthalpy[:, 1:], outlet[:, None]], axis=1)
        leaving = flow[:, 1:] * np.where(flow[:, 1:] >= 0.0, enthalpy, after)
        fluid = self._temperature(local[:, heated], enthalpy[:, heated])
        transferred = self.wall.conductance * (wall - fluid)
        balance = volume * (energy - old.energy) / step - carried + leaving
        balance[:, heated] -= transferred
        warming = self.wall.capacity * (wall - old.wall_temperature) / step - heat + transferred
        falls = self._falls(mixture)
        mean = 0.5 * (flow[:, 1:] + flow[:, :-1])
        momentum = ((mean - mean_old) * self._inertia).sum(axis=1) / step + falls.sum(axis=1)
        momentum = momentum - self._vapour_column(pressure[:, 0])
        if inlet_flow is not None:
            momentum = flow0[:, 0] - inlet_flow
        scale = max(float(heat.sum()), 1.0)
        head = 1.0 if inlet_flow is not None else GRAVITY * 1000.0 * max(float(np.ptp(n.elevation)), 0.1)
        residual = np.concatenate(
            [balance / scale, taken[:, None] / scale, momentum[:, None] / head, warming / scale], axis=1
        )
        profile = -np.cumsum(falls[0]) + 0.5 * falls[0]
        new = RingState(
            old.time + step,
            float(pressure[0, 0]),
            enthalpy[0],
            flow[0],
            wall[0],
            profile,
            mixture.density[0],
            energy[0],
        )
        return residual, new

    def _condenser(
        self, pressure: Floats, enthalpy: Floats, flow: Floats, sink: HeatSink | LiquidCooler
    ) -> tuple[Floats, Floats]:
        """Enthalpy that leaves the condenser [J/kg], and the balance that sets its pressure [W]."""
        if isinstance(sink, LiquidCooler):
            return np.full_like(pressure, sink.outlet_enthalpy), pressure - sink.pressure
        at = self.mixture.fluid.saturation(self.mixture.clip_pressure(pressure))
        outlet = np.minimum(at.liquid_enthalpy, enthalpy)
        given = np.maximum(flow, 0.0) * (enthalpy - outlet)
        return outlet, given - sink.effective_conductance() * (at.temperature - sink.temperature)

    def _advance(
        self,
        old: RingState,
        step: float,
        heat: Floats,
        sink: HeatSink | LiquidCooler,
        inlet_flow: Callable[[float], float] | None,
    ) -> RingState | None:
        """One implicit step by Newton's method with differences; ``None`` if it does not converge."""
        prescribed = inlet_flow(old.time + step) if inlet_flow is not None else None
        x = np.concatenate([old.enthalpy, [old.pressure, old.flow[0]], old.wall_temperature])
        typical = np.concatenate(
            [
                np.full(old.enthalpy.size, 1.0e5),
                [old.pressure, max(abs(old.flow[0]), _TYPICAL_FLUX * float(self.network.area[:-1].min()))],
                np.full(old.wall_temperature.size, 300.0),
            ]
        )
        for _ in range(MAX_ITERATIONS):
            trials = np.vstack([x, x + np.diag(_STEP * typical)])
            residual, new = self._residual(trials, old, step, heat, sink, prescribed)
            if not np.isfinite(residual).all():
                return None
            if np.abs(residual[0]).max() < TOLERANCE:
                return new
            matrix = ((residual[1:] - residual[0]) / (_STEP * typical)[:, None]).T
            try:
                change = np.linalg.solve(matrix, -residual[0])
            except np.linalg.LinAlgError:
                return None
            share = min(1.0, 2.0 / max(float(np.abs(change / typical).max()), 1e-300))
            # where boiling begins, the equations have a corner across which full steps leap to and fro
            for _ in range(_HALVINGS):
                moved = self._residual((x + share * change)[None], old, step, heat, sink, prescribed)[0]
                if np.abs(moved).max() < np.abs(residual[0]).max():
                    break
                share *= 0.5
            x = x + share * change
        return None
