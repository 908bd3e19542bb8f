"""A group's representative on its way through its trace, and what it has come to so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench
from coupling.module_groups import ModuleGroup
from coupling.power.stream import StreamedPower
from coupling.power.trace import PowerTrace
from coupling.stepping import Moved, Stepping

Array = NDArray[np.float64]
_COUNTED = ("source_energy", "lost_energy", "peak", "peak_step", "peak_block", "block_peak", "window_heat")


class HeldPower:
    """A trace in memory, averaged over the time steps at once."""

    def __init__(self, trace: PowerTrace) -> None:
        self.trace = trace
        self.start, self.duration = float(trace.time_edges[0]), trace.duration

    def finest(self) -> float:
        """Return the shortest bin [s]."""
        return float(np.diff(self.trace.time_edges).min())

    def watts(self, time_edges: Array) -> Array:
        """Mean power of each block between the edges, shape (n, blocks) [W]."""
        return self.trace.resampled(time_edges).watts


class FollowedModule:
    """One module under one trace; beyond its end the trace starts over.

    Attributes
    ----------
    group, bench, stepping, power
        Whom it stands for, what it stands on, how it is carried through time, and what it plays.
    peak, peak_step, peak_block
        Highest temperature of a block so far [K], and where it was.
    block_peak
        Highest temperature of each block so far, shape (blocks,) [K].
    source_energy, lost_energy
        Put in by the trace and given off at the faces since the start [J].
    window_heat
        Given to each segment since the loop's last answer, shape (segments,) [J].
    """

    def __init__(
        self, group: ModuleGroup, bench: Bench, stepping: Stepping, power: HeldPower | StreamedPower
    ) -> None:
        self.group, self.bench, self.stepping, self.power = group, bench, stepping, power
        self.peak, self.peak_step, self.peak_block = -np.inf, 0, 0
        self.block_peak: Array = np.full(bench.start.block_mean.size, -np.inf)
        self.source_energy, self.lost_energy = 0.0, 0.0
        self.window_heat: Array = np.zeros(bench.segment_count)
        self._asked: Array = np.zeros((0, self.block_peak.size))

    def look_ahead(self, elapsed: Array) -> None:
        """Read the power of the steps between the edges ``elapsed`` [s] since the start."""
        self._asked = self.power.watts(self.power.start + elapsed)

    def advance(self, row: int, count: int, time_step: float, done: int) -> Moved:
        """Take ``count`` steps from the row ``row`` of what was read, after ``done`` steps in all."""
        moved = self.stepping.advance(self._asked[row : row + count], time_step)
        self.block_peak = np.maximum(self.block_peak, moved.block_maximum.max(axis=0))
        step, block = divmod(int(moved.block_maximum.argmax()), moved.block_maximum.shape[1])
        if moved.block_maximum[step, block] > self.peak:
            self.peak, self.peak_step = float(moved.block_maximum[step, block]), done + step
            self.peak_block = block
        self.source_energy += moved.source_energy
        self.lost_energy += moved.lost_energy
        self.window_heat = self.window_heat + moved.segment_energy
        return moved

    def missing_energy(self) -> float:
        """Energy put in less given off less stored [J]."""
        return self.source_energy - self.lost_energy - self.stepping.stored_energy()

    def checkpoint(self) -> dict[str, Any]:
        """Return everything that a later process needs to go on, as arrays by name."""
        return {name: np.array(getattr(self, name)) for name in _COUNTED} | self.stepping.checkpoint()

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go back to a checkpoint.

        Raises
        ------
        KeyError
            If it is none of the same module carried the same way.
        """
        self.stepping.resume(saved)
        self.source_energy, self.lost_energy = float(saved["source_energy"]), float(saved["lost_energy"])
        self.peak, self.peak_step = float(saved["peak"]), int(saved["peak_step"])
        self.peak_block = int(saved["peak_block"])
        self.block_peak, self.window_heat = saved["block_peak"], saved["window_heat"]
