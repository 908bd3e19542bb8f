"""Modes of a package stepped through block powers and port laws; made by :mod:`thermal.field.reduced`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.field.reduced_basis import ModalBasis
from thermal.field.reduced_ports import ImplicitPorts, PortLaw
from thermal.field.tensor_kernels import load_kernels

Array = NDArray[np.float64]

SAFETY = 2.0
"""Error estimate over what was found: compressed against rich space, rich space against the field."""
_CHUNK = 1024
"""Steps played at a time."""
_PROBED_STEPS = 100
"""Steps of a sequence at which nodes are compared; block and port temperatures are at every step."""


@dataclass(frozen=True)
class ReducedHistory:
    """What happened in a sequence of steps.

    Attributes
    ----------
    block_temperature
        Mean where each block's heat enters, at the end of each step, shape (steps, blocks) [K].
    port_temperature
        Mean wall temperature at the end of each step, shape (steps, ports) [K].
    port_heat
        Given off through each port, mean over each step, shape (steps, ports) [W].
    sink_heat
        Given off through the fixed films, mean over each step, shape (steps,) [W].
    stored_heat
        Rise of the heat stored from first to last [J].
    state
        After the last step, to go on from.
    error
        Estimated largest error of block, port and heated nodes' temperatures [K]; NaN if not asked for.
    peak
        Hottest node where heat enters, at the end of each step, shape (steps,) [K]; empty if not asked for.
    """

    block_temperature: Array
    port_temperature: Array
    port_heat: Array
    sink_heat: Array
    stored_heat: float
    state: ReducedState
    error: float
    peak: Array


@dataclass(frozen=True)
class ReducedState:
    """Modes' amplitudes, those of the rich space beside them, and the temperatures since when the error is counted."""

    modes: Array
    rich: Array
    lowest: Array
    highest: Array
    error: float = 0.0


class ReducedModel:
    """Block powers and port laws to temperatures; see :func:`thermal.field.reduced.build_reduced`.

    Attributes
    ----------
    basis, rich
        Compressed modes, and the rich space, of its modes the values at ``probes`` only.
    reference
        Temperature of the sink at which the fixed films were set [K].
    """

    def __init__(
        self,
        basis: ModalBasis,
        rich: ModalBasis,
        blocks: int,
        port_area: Array,
        port_coefficient: Array,
        reference: float,
        stored: Array,
        block_nodes: Sequence[NDArray[np.int64]],
        probes: NDArray[np.int64],
        key: str,
    ) -> None:
        self.basis, self.rich, self.reference, self.key = basis, rich, reference, key
        self.blocks, self.port_area, self.port_coefficient = blocks, port_area, port_coefficient
        self.block_nodes, self.probes = tuple(block_nodes), probes
        self._stored = stored
        self._steps: dict[tuple[bool, float], tuple[Array, Array, ImplicitPorts]] = {}

    @property
    def order(self) -> int:
        """Number of modes."""
        return self.basis.order

    @property
    def ports(self) -> int:
        """Number of ports."""
        return len(self.port_area)

    def start(self, temperature: float | None = None) -> ReducedState:
        """State of uniform temperature [K], that of the sink if not given."""
        excess = 0.0 if temperature is None else temperature - self.reference
        modes, rich = excess * self._stored_shape(self.basis), excess * self._stored_shape(self.rich)
        return self._counted(modes, rich)

    def steady(
        self, power: Array, law: PortLaw | None = None, sink_temperature: float | None = None
    ) -> ReducedState:
        """State that block powers [W] and port laws hold for ever.

        Raises
        ------
        NotConverged
            If the ports' equations do not converge.
        """
        states = []
        for basis in (self.basis, self.rich):
            load = self._inputs(np.asarray(power, dtype=float)[None], sink_temperature)[0]
            amplitude = basis.gain @ load / basis.rates
            if law is not None:
                gain = basis.gain[:, self._port_inputs]
                response = gain.T @ (gain / basis.rates[:, None])
                free = self.reference + gain.T @ amplitude
                excess, _ = self._implicit(response).solve(law, free, free)
                amplitude = amplitude + gain @ excess / basis.rates
            states.append(amplitude)
        return self._counted(*states)

    def play(
        self,
        power: Array,
        time_step: float,
        start: ReducedState,
        law: PortLaw | None = None,
        *,
        sink_temperature: float | None = None,
        estimate: bool = True,
        peak: bool = False,
    ) -> ReducedHistory:
        """Step through block powers (steps, blocks) [W], each held for ``time_step`` [s].

        Without a law the ports keep their nominal film to a fluid at the reference temperature. Memory grows with the
        steps: long traces are played in windows, each starting from the state before.

        Raises
        ------
        InputError
            If powers do not have a column for each block.
        NotConverged
            If the ports' equations do not converge.
        """
        power = np.atleast_2d(np.asarray(power, dtype=float))
        if power.shape[1] != self.blocks:
            raise InputError(f"power: {power.shape[1]} columns given, the model has {self.blocks} blocks")
        load = self._inputs(power, sink_temperature)
        state, parts = start, []
        for first in range(0, len(power), _CHUNK):
            part = self._play(load[first : first + _CHUNK], time_step, state, law, estimate, peak)
            state = part.state
            parts.append(part)
        own = self._sink_load(sink_temperature)
        return ReducedHistory(
            block_temperature=np.concatenate([part.block_temperature for part in parts]),
            port_temperature=np.concatenate([part.port_temperature for part in parts]),
            port_heat=np.concatenate([part.port_heat for part in parts]),
            sink_heat=np.concatenate([part.sink_heat for part in parts]) - own,
            stored_heat=float(self._stored @ (state.modes - start.modes)),
            state=state,
            error=state.error if estimate else float("nan"),
            peak=np.concatenate([part.peak for part in parts]),
        )

    def _play(
        self,
        load: Array,
        time_step: float,
        start: ReducedState,
        law: PortLaw | None,
        estimate: bool,
        peak: bool,
    ) -> ReducedHistory:
        """A few steps, their arrays small enough to stay in the processor's cache."""
        states, excess, outputs = self._march(self.basis, load, time_step, start.modes, law)
        after = replace(start, modes=states[-1].copy())
        if estimate:
            rich_states, _, rich_outputs = self._march(self.rich, load, time_step, start.rich, law)
            nodes = self._node_difference(states, rich_states)
            after = self._estimated(after, outputs, rich_outputs, rich_states[-1].copy(), nodes)
        port = self._port_inputs
        mean = self._mean_outputs(states, start.modes, load, excess, time_step)
        return ReducedHistory(
            block_temperature=outputs[:, : self.blocks] + self.reference,
            port_temperature=outputs[:, port] + self.reference,
            port_heat=self.port_coefficient * self.port_area * mean[:, :-1] - excess,
            sink_heat=mean[:, -1],
            stored_heat=0.0,
            state=after,
            error=after.error,
            peak=self.peaks(states) if peak else np.empty(0),
        )

    def peaks(self, states: Array) -> Array:
        """Hottest node where heat enters, for states of modes (steps, order) [K]."""
        return np.asarray(self.block_maximum(states).max(axis=1))

    def block_maximum(self, states: Array) -> Array:
        """Hottest node of each block, for states of modes (steps, order), shape (steps, blocks) [K]."""
        states = np.atleast_2d(states)
        parts = [(states @ self.basis.modes[nodes].T).max(axis=1) for nodes in self.block_nodes]
        return np.asarray(self.reference + np.stack(parts, axis=1))

    def field(self, state: ReducedState) -> Array:
        """Temperature of every node, shape (n,) [K]."""
        return np.asarray(self.reference + self.basis.modes @ state.modes)

    def save(self, path: Path) -> None:
        """Write to a ``.npz`` file, whole or not at all."""
        nodes = {f"nodes_{n}": nodes for n, nodes in enumerate(self.block_nodes)}
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("wb") as file:
            np.savez(
                file,
                key=np.array(self.key),
                rates=self.basis.rates,
                gain=self.basis.gain,
                modes=self.basis.modes,
                rich_rates=self.rich.rates,
                rich_gain=self.rich.gain,
                rich_modes=self.rich.modes,
                probes=self.probes,
                missed=self.rich.missed,
                port_area=self.port_area,
                port_coefficient=self.port_coefficient,
                reference=self.reference,
                stored=self._stored,
                allow_pickle=False,
                **nodes,
            )
        unfinished.replace(path)

    @property
    def _port_inputs(self) -> slice:
        return slice(self.blocks, self.blocks + self.ports)

    def _stored_shape(self, basis: ModalBasis) -> Array:
        """Amplitudes of a uniform kelvin: what the sink and the nominal films of all ports at one more kelvin hold."""
        warm = np.concatenate([np.zeros(self.blocks), self.port_coefficient * self.port_area, np.ones(1)])
        return np.asarray(basis.gain @ warm / basis.rates)

    def _inputs(self, power: Array, sink_temperature: float | None) -> Array:
        excess = 0.0 if sink_temperature is None else sink_temperature - self.reference
        rows = len(power)
        return np.concatenate([power, np.zeros((rows, self.ports)), np.full((rows, 1), excess)], axis=1)

    def _sink_load(self, sink_temperature: float | None) -> float:
        """Heat that the sink's rise puts in by itself [W]."""
        excess = 0.0 if sink_temperature is None else sink_temperature - self.reference
        return float(excess * (self._stored_shape(self.basis) @ self.basis.gain[:, -1]))

    def _counted(self, modes: Array, rich: Array) -> ReducedState:
        found, exact = self.basis.gain[:, :-1].T @ modes, self.rich.gain[:, :-1].T @ rich
        return ReducedState(modes, rich, exact, exact, SAFETY * float(np.abs(found - exact).max()))

    def _implicit(self, response: Array) -> ImplicitPorts:
        return ImplicitPorts(response, self.port_area, self.port_coefficient, self.reference)

    def _step(self, rich: bool, time_step: float) -> tuple[Array, Array, ImplicitPorts]:
        """Decay and forced response of each mode in a step, and the equations of the ports; made once a length."""
        if (rich, time_step) in self._steps:
            return self._steps[rich, time_step]
        basis = self.rich if rich else self.basis
        decay = np.exp(-basis.rates * time_step)
        forced = basis.gain * (-np.expm1(-basis.rates * time_step) / basis.rates)[:, None]
        port = self._port_inputs
        made = decay, forced, self._implicit(basis.gain[:, port].T @ forced[:, port])
        self._steps[rich, time_step] = made
        return made

    def _march(
        self, basis: ModalBasis, load: Array, time_step: float, start: Array, law: PortLaw | None
    ) -> tuple[Array, Array, Array]:
        """States (steps, order), port excess loads (steps, ports) and outputs above the reference."""
        decay, forced, implicit = self._step(basis is self.rich, time_step)
        states = load @ forced.T
        excess = np.zeros((len(load), self.ports))
        if law is None or self.ports == 0:
            load_kernels().scan(decay, start, states)
        else:
            port = self._port_inputs
            gain, back = np.ascontiguousarray(basis.gain[:, port].T), np.ascontiguousarray(forced[:, port])
            now, wall = start, self.reference + gain @ start
            for step, forcing in enumerate(states):
                forcing += decay * now
                excess[step], wall = implicit.solve(law, self.reference + gain @ forcing, wall)
                forcing += back @ excess[step]
                now = forcing
        return states, excess, states @ basis.gain[:, :-1]

    def _mean_outputs(
        self, states: Array, start: Array, load: Array, excess: Array, time_step: float
    ) -> Array:
        """Port temperatures and heat to the sink above the reference, averaged over each step, (steps, ports + 1).

        From ``(x+ - x)/dt = -rate mean(x) + gain u``, summed into outputs before differences are taken.
        """
        gain = self.basis.gain
        weights = gain[:, self.blocks :] / self.basis.rates[:, None]
        stored = np.concatenate([(start @ weights)[None], states @ weights])
        driven = load @ (gain.T @ weights) + excess @ (gain[:, self._port_inputs].T @ weights)
        return np.asarray(driven - np.diff(stored, axis=0) / time_step)

    def _node_difference(self, states: Array, rich_states: Array) -> float:
        """Largest difference at the probed nodes, at some steps and the last [K]."""
        steps = np.unique(np.linspace(0, len(states) - 1, _PROBED_STEPS).astype(int))
        found, exact = states[steps] @ self.basis.modes[self.probes].T, rich_states[steps] @ self.rich.modes.T
        return float(np.abs(found - exact).max())

    def _estimated(
        self, state: ReducedState, outputs: Array, exact: Array, rich: Array, nodes: float
    ) -> ReducedState:
        lowest = np.minimum(state.lowest, exact.min(axis=0))
        highest = np.maximum(state.highest, exact.max(axis=0))
        error = SAFETY * max(nodes, float(np.abs(outputs - exact).max()))
        error += SAFETY * self.rich.missed * float((highest - lowest).max())
        return ReducedState(state.modes, rich, lowest, highest, max(state.error, error))
