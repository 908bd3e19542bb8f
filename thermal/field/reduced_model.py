"""Modes of a package stepped through block powers and port laws; made by :mod:`thermal.field.reduced`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.field.reduced_march import Stepper, TooSteep
from thermal.field.reduced_nodes import BlockNodes
from thermal.field.reduced_ports import PortLaw

Array = NDArray[np.float64]

_CHUNK = 1024
"""Steps played at a time."""


@dataclass(frozen=True)
class ReducedParts:
    """What a reduced model consists of: blocks, then ports, then the sink are its m inputs.

    Attributes
    ----------
    rates, gain
        Decay of each mode and what a watt drives, shapes (r,) [1/s], (r, m).
    modes, direct
        Temperature of every node above the reference per amplitude and per watt, shapes (n, r), (n, m) [K/W].
    means
        Rows of ``modes`` and ``direct`` of the mean over each block, shape (blocks, r + m).
    stored
        Heat stored per amplitude, shape (r,) [J].
    port_area, port_coefficient
        Shape (ports,) [m2], [W/(m2 K)].
    reference
        Temperature of the sink at which the fixed films were set [K].
    worst_means, worst_nodes
        Largest error per watt of half range of each input, of means of blocks and ports, shape (blocks + ports, m),
        against the field, and of these and of some nodes against the rich space, shape (k, m) [K/W].
    rich
        Error of the rich space at any node per share of ``half_range`` that the widest input spans [K].
    half_range
        Half of what each input was meant to span, shape (m,) [W].
    shortest
        Shortest step for which the errors hold [s].
    nodes, starts
        Nodes of all blocks, one block after the other, and where each begins.
    key
        Hash of what the model was made from.
    """

    rates: Array
    gain: Array
    modes: Array
    direct: Array
    means: Array
    stored: Array
    port_area: Array
    port_coefficient: Array
    reference: float
    worst_means: Array
    worst_nodes: Array
    rich: float
    half_range: Array
    shortest: float
    nodes: NDArray[np.int64]
    starts: NDArray[np.int64]
    key: str


@dataclass(frozen=True)
class ReducedState:
    """A moment of a reduced model.

    Attributes
    ----------
    modes
        Amplitudes, shape (r,).
    inputs
        That were held until then, shape (m,) [W].
    lowest, highest
        Of the inputs since the start, shape (m,) [W].
    steepness
        Largest share by which the slope of a port's law differed from its nominal film since the start [-].
    """

    modes: Array
    inputs: Array
    lowest: Array
    highest: Array
    steepness: float = 0.0


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
    block_maximum
        Hottest node of each block at the end of each step, shape (steps, blocks) [K]; empty if not asked for.
    """

    block_temperature: Array
    port_temperature: Array
    port_heat: Array
    sink_heat: Array
    stored_heat: float
    state: ReducedState
    block_maximum: Array


class ReducedModel:
    """Block powers and port laws to temperatures; see :func:`thermal.field.reduced.build_reduced`."""

    def __init__(self, parts: ReducedParts) -> None:
        self.parts = parts
        self.reference, self.key = parts.reference, parts.key
        self.ports = len(parts.port_area)
        self.blocks = len(parts.means)
        self._hot = BlockNodes(parts.modes, parts.direct, parts.nodes, parts.starts)
        self._steppers: dict[float, Stepper] = {}

    @property
    def order(self) -> int:
        """Number of modes."""
        return len(self.parts.rates)

    def start(self, temperature: float | None = None) -> ReducedState:
        """State of uniform temperature [K], that of the sink if not given."""
        excess = 0.0 if temperature is None else temperature - self.reference
        warm = self.parts.port_coefficient * self.parts.port_area
        return self._held(excess * np.concatenate([np.zeros(self.blocks), warm, np.ones(1)]))

    def steady(
        self,
        power: Array,
        law: PortLaw | None = None,
        sink_temperature: float | None = None,
        guess: Array | None = None,
    ) -> ReducedState:
        """State that block powers [W] and port laws hold for ever; ``guess`` are wall temperatures of the ports nearby.

        Raises
        ------
        NotConverged
            If the ports' equations do not converge.
        """
        load = self._inputs(np.asarray(power, dtype=float)[None], sink_temperature)[0]
        if law is None or self.ports == 0:
            return self._held(load)
        parts = self.parts
        gain = parts.gain[:, self._port_inputs]
        free = self.reference + gain.T @ (parts.gain @ load / parts.rates)
        response = gain.T @ (gain / parts.rates[:, None])
        load[self._port_inputs] = (
            self._stepper(np.inf).ports(response).solve(law, free, free if guess is None else guess)[0]
        )
        return self._held(load)

    def play(
        self,
        power: Array,
        time_step: float,
        start: ReducedState,
        law: PortLaw | None = None,
        *,
        sink_temperature: float | None = None,
        hottest_above: Array | float | None = None,
    ) -> ReducedHistory:
        """Step through block powers (steps, blocks) [W], each held for ``time_step`` [s].

        Without a law the ports keep their nominal film to a fluid at the reference temperature. Memory grows with the
        steps: long traces are played in windows, each starting from the state before. Blocks' maxima are found with
        ``hottest_above``: a temperature, or one for each node, that the model's is added to instead of the reference.

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
        state, done = start, []
        for first in range(0, len(power), _CHUNK):
            part = self._play(load[first : first + _CHUNK], time_step, state, law, hottest_above)
            state = part.state
            done.append(part)
        own = load[0, -1] * float(self.parts.gain[:, -1] @ (self._warm / self.parts.rates))
        return ReducedHistory(
            block_temperature=np.concatenate([part.block_temperature for part in done]),
            port_temperature=np.concatenate([part.port_temperature for part in done]),
            port_heat=np.concatenate([part.port_heat for part in done]),
            sink_heat=np.concatenate([part.sink_heat for part in done]) - own,
            stored_heat=float(self.parts.stored @ (state.modes - start.modes)),
            state=state,
            block_maximum=np.concatenate([part.block_maximum for part in done]),
        )

    def port_temperature(self, state: ReducedState) -> Array:
        """Mean wall temperature of each port, shape (ports,) [K]."""
        return np.asarray(self.reference + self.parts.gain[:, self._port_inputs].T @ state.modes)

    def error(self, state: ReducedState) -> tuple[float, float]:
        """Bound of the error of any mean of a block or port, and of any node, since the start [K].

        In the field as the model takes it: flux laws on the mean of each port, conductivity as it was. A port's law
        feeds an error ``e`` of its temperature back as at most ``steepness e`` times its nominal film, and films can
        warm nothing by more than the fluid behind them (maximum principle), so that ``e`` is at most that without the
        law over ``1 - steepness``. No bound, infinity, where the steepness is 1 or more.
        """
        half = 0.5 * (state.highest - state.lowest)
        spans = half > 0.0
        ratio = np.divide(
            half, self.parts.half_range, out=np.full_like(half, np.inf), where=self.parts.half_range > 0
        )
        means, nodes = (
            float((rows @ half).max()) for rows in (self.parts.worst_means, self.parts.worst_nodes)
        )
        nodes += self.parts.rich * float(ratio[spans].max(initial=0.0))
        if self.ports == 0 or state.steepness == 0.0:
            return means, nodes
        fed_back = means * state.steepness / (1.0 - state.steepness) if state.steepness < 1.0 else np.inf
        return means + fed_back, nodes + fed_back

    def field(self, state: ReducedState) -> Array:
        """Temperature of every node, shape (n,) [K]."""
        return np.asarray(self.reference + self.parts.modes @ state.modes + self.parts.direct @ state.inputs)

    @property
    def _port_inputs(self) -> slice:
        return slice(self.blocks, self.blocks + self.ports)

    @property
    def _warm(self) -> Array:
        """What holds a uniform kelvin: the sink, and the nominal films of all ports, at one more kelvin."""
        warm = np.concatenate(
            [np.zeros(self.blocks), self.parts.port_coefficient * self.parts.port_area, np.ones(1)]
        )
        return np.asarray(self.parts.gain @ warm)

    def _inputs(self, power: Array, sink_temperature: float | None) -> Array:
        excess = 0.0 if sink_temperature is None else sink_temperature - self.reference
        rows = len(power)
        return np.concatenate([power, np.zeros((rows, self.ports)), np.full((rows, 1), excess)], axis=1)

    def _held(self, inputs: Array) -> ReducedState:
        """Steady state of inputs."""
        return ReducedState(self.parts.gain @ inputs / self.parts.rates, inputs, inputs, inputs)

    def _stepper(self, time_step: float) -> Stepper:
        """Return what steps by a length; made once."""
        if time_step < self.parts.shortest * (1.0 - 1e-9):
            raise InputError(
                f"reduced model: steps of {time_step:g} s, made for {self.parts.shortest:g} s and more"
            )
        if time_step not in self._steppers:
            p = self.parts
            self._steppers[time_step] = Stepper(
                p.rates, p.gain, self._port_inputs, p.port_area, p.port_coefficient, p.reference, time_step
            )
        return self._steppers[time_step]

    def _play(
        self,
        load: Array,
        time_step: float,
        start: ReducedState,
        law: PortLaw | None,
        above: Array | float | None,
    ) -> ReducedHistory:
        """A few steps, their arrays small enough to stay in the processor's cache."""
        stepper, steepness, port = self._stepper(time_step), start.steepness, self._port_inputs
        if law is None or self.ports == 0:
            states = stepper.march(load, start.modes)
        else:
            try:
                states, own = stepper.relax(load, start.modes, start.inputs[port], law)
            except TooSteep:
                states, own = stepper.follow(load, start.modes, law)
            steepness = max(steepness, own)
        wall = states @ self.parts.gain[:, port] + self.reference
        mean = stepper.mean_outputs(states, start.modes, load)
        after = ReducedState(
            states[-1].copy(),
            load[-1].copy(),
            np.minimum(start.lowest, load.min(axis=0)),
            np.maximum(start.highest, load.max(axis=0)),
            steepness,
        )
        order, heat = self.order, self.parts.port_coefficient * self.parts.port_area * mean[:, :-1]
        return ReducedHistory(
            block_temperature=self.reference
            + states @ self.parts.means[:, :order].T
            + load @ self.parts.means[:, order:].T,
            port_temperature=wall,
            port_heat=heat - load[:, port],
            sink_heat=mean[:, -1],
            stored_heat=0.0,
            state=after,
            block_maximum=np.empty((0, self.blocks))
            if above is None
            else self._hot.maximum(states, load, above),
        )
