"""Spikes in time: what emulators of networks, simulators and event cameras record before anything is a watt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
MOST_NEURONS = 1 << 28
"""Of a population; its placement takes 2 GB then."""


@dataclass(frozen=True)
class Spikes:
    """Spikes of a population, in order of time.

    Parameters
    ----------
    time
        When each spike happened, from 0 on, shape (spikes,) [s].
    neuron
        Which neuron it was, 0 ... neurons - 1, shape (spikes,).
    neurons
        Size of the population, the silent ones included.
    duration
        Length of the recording [s].
    known
        ``recorded`` in a file, or ``emulated`` by a run of ours.
    """

    time: Array
    neuron: Integers
    neurons: int
    duration: float
    source: str = ""
    known: str = "recorded"

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", np.asarray(self.time, dtype=np.float64))
        object.__setattr__(self, "neuron", np.asarray(self.neuron, dtype=np.int64))
        if self.time.shape != self.neuron.shape or self.time.ndim != 1:
            raise TraceError(f"{self.source}: {self.time.size} spike times but {self.neuron.size} neurons")
        if not self.duration > 0.0 or self.neurons < 1:
            raise TraceError(f"{self.source}: no duration or no neurons")
        if self.neurons > MOST_NEURONS:
            raise TraceError(f"{self.source}: {self.neurons} neurons, at most {MOST_NEURONS} are placed")
        if self.time.size == 0:
            return
        if not np.all(np.isfinite(self.time)):
            raise TraceError(f"{self.source}: spike times must be finite")
        backwards = np.flatnonzero(np.diff(self.time) < 0.0)
        if backwards.size:
            raise TraceError(f"{self.source}: time runs backwards after spike {backwards[0] + 1}")
        if self.time[0] < 0.0 or self.time[-1] > self.duration:
            raise TraceError(f"{self.source}: spikes lie outside 0 ... {self.duration:g} s")
        if self.neuron.min() < 0 or self.neuron.max() >= self.neurons:
            raise TraceError(f"{self.source}: a neuron lies outside 0 ... {self.neurons - 1}")

    @property
    def count(self) -> int:
        """Number of spikes."""
        return int(self.time.size)

    @property
    def mean_rate(self) -> float:
        """Spikes per neuron and second [Hz]."""
        return self.count / (self.neurons * self.duration)

    def bins(self, interval: float) -> int:
        """Number of bins of ``interval`` [s] that hold the recording."""
        return max(int(np.ceil(self.duration / interval * (1.0 - 1e-12))), 1)
