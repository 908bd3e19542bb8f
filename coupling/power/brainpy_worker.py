"""Run an excitatory-inhibitory balanced network in BrainPy and hand over its spikes as a ``.npz`` file.

A script of its own, started as ``python brainpy_worker.py REQUEST.json RESULT.npz`` by the interpreter of an
environment that has BrainPy: that needs NumPy 2, and nothing of it is imported by the rest.

The network is the conductance-based benchmark of Brette et al. 2007 [1]_, four excitatory neurons to one inhibitory,
two percent connected, with a constant input that a slow wave over the population modulates. The request holds
``neurons``, ``steps`` and ``time_step`` [s] of the recording, ``warm_up`` and ``seed``.

References
----------
.. [1] R. Brette et al., "Simulation of networks of spiking neurons: a review of tools and strategies", J. Comput.
   Neurosci. 23 (2007) 349-398, benchmark 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import brainpy  # type: ignore[import-not-found]
import brainpy.math as mathematics  # type: ignore[import-not-found]
import numpy as np

STEP = 0.1  # of the integration [ms]
DRIVE, SWING = 20.0, 6.0  # input current [mV over the membrane resistance] and how far the wave changes it


class BalancedNetwork(brainpy.DynSysGroup):  # type: ignore[misc]
    """Leaky integrate-and-fire neurons, excitatory and inhibitory conductances."""

    def __init__(self, neurons: int, seed: int) -> None:
        super().__init__()
        excitatory = neurons * 4 // 5
        chance = min(80.0 / neurons, 0.5)  # 80 synapses a neuron, as two percent of 4000
        self.excitatory = excitatory
        self.cells = brainpy.dyn.LifRef(
            neurons,
            V_rest=-60.0,
            V_th=-50.0,
            V_reset=-60.0,
            tau=20.0,
            tau_ref=5.0,
            V_initializer=brainpy.init.Normal(-55.0, 2.0, seed=seed),
        )
        self.excite = self._projection(
            excitatory, neurons, chance, seed + 1, weight=0.6, tau=5.0, reversal=0.0
        )
        self.inhibit = self._projection(
            neurons - excitatory, neurons, chance, seed + 2, weight=6.7, tau=10.0, reversal=-80.0
        )

    def _projection(
        self,
        senders: int,
        receivers: int,
        chance: float,
        seed: int,
        *,
        weight: float,
        tau: float,
        reversal: float,
    ) -> Any:
        connection = brainpy.conn.FixedProb(chance, pre=senders, post=receivers, seed=seed)
        return brainpy.dyn.HalfProjAlignPost(
            comm=brainpy.dnn.CSRLinear(connection, weight),
            syn=brainpy.dyn.Expon(size=receivers, tau=tau),
            out=brainpy.dyn.COBA(E=reversal),
            post=self.cells,
        )

    def update(self, drive: Any) -> Any:
        """Advance one step; return who fired."""
        fired = mathematics.asarray(self.cells.spike, dtype=float)
        self.excite(fired[: self.excitatory])
        self.inhibit(fired[self.excitatory :])
        self.cells(drive)
        return self.cells.spike.value


def main(request_path: str, result_path: str) -> None:
    """Read the request, simulate, write who fired in each step of the recording."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    neurons, record = int(request["neurons"]), 1e3 * float(request["time_step"])
    fine = max(round(record / STEP), 1)
    brainpy.math.set_dt(record / fine)
    brainpy.math.random.seed(int(request["seed"]))
    network = BalancedNetwork(neurons, int(request["seed"]))
    place = np.arange(neurons) / neurons
    total = int(request["warm_up"]) + int(request["steps"])

    def step(index: Any) -> Any:
        brainpy.share.save(i=index, t=index * (record / fine))
        phase = index / (fine * total)
        wave = mathematics.cos(2.0 * np.pi * (place - 2.0 * phase))
        return network.update(DRIVE + SWING * wave)

    # one loop, compiled once; a recorded step below the refractory 5 ms holds at most one spike of a neuron
    fired = np.asarray(mathematics.for_loop(step, mathematics.arange(total * fine)), dtype=bool)
    spikes = fired.reshape(total, fine, neurons).any(axis=1)[int(request["warm_up"]) :]
    np.savez_compressed(
        result_path, spike=spikes, ts=record * np.arange(len(spikes)), version=np.array(brainpy.__version__)
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
