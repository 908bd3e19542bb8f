"""Steps of decaying modes under loads that are constant within each: exact at any length.

``x+ = e^(-rate dt) x + (1 - e^(-rate dt)) / rate * gain u``. Ports whose flux is a law of their wall temperature add
loads that depend on the end of the step. They are found for many steps at once by waveform relaxation (Lelarasmee,
Ruehli and Sangiovanni-Vincentelli, IEEE Trans. CAD 1 (1982) 131): play with the loads of the sweep before, evaluate the
law at all wall temperatures, again until nothing moves; it contracts by how far the law's slope is from the nominal
film. Laws too steep for that are followed step by step by Newton's method.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.field.reduced_ports import ImplicitPorts, PortLaw
from thermal.field.tensor_kernels import load_kernels

Array = NDArray[np.float64]

_TOLERANCE = 1e-7
"""Of wall temperatures between sweeps [K]."""
_SWEEPS = 25
_SLOW = 0.5
"""What a sweep leaves of the change of the one before, beyond which relaxation is given up."""


class TooSteep(Exception):
    """Relaxation does not converge."""


class Stepper:
    """Steps of one length.

    Parameters
    ----------
    rates, gain
        Of the modes.
    port
        Inputs that are ports.
    area, coefficient, reference
        Of the ports [m2], [W/(m2 K)], and the temperature above which amplitudes count [K].
    time_step
        [s].
    """

    def __init__(
        self,
        rates: Array,
        gain: Array,
        port: slice,
        area: Array,
        coefficient: Array,
        reference: float,
        time_step: float,
    ) -> None:
        self._area, self._coefficient, self._reference, self._port = area, coefficient, reference, port
        self._gain, self._time_step = gain, time_step
        self._decay = np.exp(-rates * time_step)
        forced = gain * (-np.expm1(-rates * time_step) / rates)[:, None]
        self._forced, self._back = np.ascontiguousarray(forced.T), np.ascontiguousarray(forced[:, port])
        self._wall = np.ascontiguousarray(gain[:, port])
        self._implicit = self.ports(self._wall.T @ self._back)
        self._weights = gain[:, port.start :] / rates[:, None]
        self._driven = gain.T @ self._weights

    def ports(self, response: Array) -> ImplicitPorts:
        """Equations of the ports for a response between them [K/W]."""
        return ImplicitPorts(response, self._area, self._coefficient, self._reference)

    def march(self, load: Array, start: Array) -> Array:
        """States at the ends of steps (steps, r) under loads (steps, m) [W]."""
        states = load @ self._forced
        load_kernels().scan(self._decay, start, states)
        return np.asarray(states)

    def relax(self, load: Array, start: Array, excess: Array, law: PortLaw) -> tuple[Array, float]:
        """States, and how far slopes were from the nominal film; the ports' columns of ``load`` are filled.

        Parameters
        ----------
        excess
            Loads of the ports to begin with, shape (ports,) [W].

        Raises
        ------
        TooSteep
            If a sweep gains too little.
        """
        free = load @ self._forced
        own, before, change = np.tile(excess, (len(load), 1)), None, np.inf
        for _ in range(_SWEEPS):
            states = free + own @ self._back.T
            load_kernels().scan(self._decay, start, states)
            wall = self._reference + states @ self._wall
            moved = np.inf if before is None else float(np.abs(wall - before).max())
            flux, slope = law.flux(wall)
            if moved < _TOLERANCE:
                load[:, self._port] = own
                return states, self._steepness(slope)
            if moved > _SLOW * change and before is not None:
                break
            change, before = moved, wall
            own = self._area * (self._coefficient * (wall - self._reference) - flux)
        raise TooSteep

    def follow(self, load: Array, start: Array, law: PortLaw) -> tuple[Array, float]:
        """Like :meth:`relax`, one step after the other.

        Raises
        ------
        NotConverged
            If the ports' equations do not converge.
        """
        states, steepness = load @ self._forced, 0.0
        now, wall = start, self._reference + start @ self._wall
        for step, forcing in enumerate(states):
            forcing += self._decay * now
            load[step, self._port], wall = self._implicit.solve(
                law, self._reference + forcing @ self._wall, wall
            )
            forcing += self._back @ load[step, self._port]
            steepness = max(steepness, self._steepness(law.flux(wall)[1]))
            now = forcing
        return states, steepness

    def mean_outputs(self, states: Array, start: Array, load: Array) -> Array:
        """Port temperatures and heat to the sink above the reference, averaged over each step, (steps, ports + 1).

        From ``(x+ - x)/dt = -rate mean(x) + gain u``, summed into outputs before differences are taken.
        """
        stored = np.concatenate([(start @ self._weights)[None], states @ self._weights])
        return np.asarray(load @ self._driven - np.diff(stored, axis=0) / self._time_step)

    def _steepness(self, slope: Array) -> float:
        return float(np.abs(1.0 - slope / self._coefficient).max())
