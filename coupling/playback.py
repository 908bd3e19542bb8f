"""A power trace played through a module: chip at its own time scale, loop at its own.

The chip's field is stepped through the trace (milliseconds), many steps at once where its model can
(:mod:`coupling.stepping`). The loop answers at intervals of its own
(``loop_time_step``, about a second), quasi-steadily, to the heat averaged over the interval before, so that the energy
which leaves the field is the energy the loop gets. The field followed is that of the module that is hottest in the
steady state; the others keep their steady heat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench
from coupling.power.stream import StreamedPower
from coupling.power.trace import PowerTrace
from coupling.stepping import Moved, Stepping

Array = NDArray[np.float64]
HISTORY_VALUES = 1 << 20
"""Values of a column of blocks that are held before they are handed on; 8 MB."""
FRAMES = 40
"""Temperature fields kept for pictures over the whole trace."""
_COUNTED = ("source_energy", "lost_energy", "window_time", "done", "peak", "peak_step", "peak_block")
Keep = Callable[[int, Array, dict[str, Array]], None]


def _keep_nothing(part: int, time: Array, history: dict[str, Array]) -> None:
    pass


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


def step_count(power: HeldPower | StreamedPower, time_step: float) -> tuple[int, float]:
    """How many equal steps of about ``time_step`` [s] make the trace, and their length [s]."""
    steps = max(1, round(power.duration / time_step))
    return steps, power.duration / steps


class Playback:
    """One module under one trace; can be saved between any two steps and gone on with.

    Attributes
    ----------
    history
        By column: arrays with one row a step of the part at hand, temperatures in K, power in W.
    peak, peak_step, peak_block
        Highest temperature of a block so far [K], and where it was.
    block_peak
        Highest temperature of each block so far, shape (blocks,) [K].
    source_energy, lost_energy
        Put in by the trace and given off at the faces since the start [J].
    """

    def __init__(
        self,
        bench: Bench,
        stepping: Stepping,
        power: HeldPower | StreamedPower,
        *,
        time_step: float,
        loop_time_step: float,
        keep: Keep = _keep_nothing,
    ) -> None:
        self.bench, self.stepping = bench, stepping
        self.power, self.keep = power, keep
        self.steps, self.time_step = step_count(power, time_step)
        self.loop_time_step = max(loop_time_step, self.time_step)
        blocks = bench.start.block_mean.size
        self.rows = min(self.steps, max(HISTORY_VALUES // blocks, 1))
        self.history: dict[str, Array] = {
            "block_power": np.zeros((self.rows, blocks)),
            "block_maximum": np.zeros((self.rows, blocks)),
            "block_mean": np.zeros((self.rows, blocks)),
            "heat_to_loop": np.zeros(self.rows),
            "saturation_temperature": np.zeros(self.rows),
            "mass_flow": np.zeros(self.rows),
        }
        self.peak, self.peak_step, self.peak_block = -np.inf, 0, 0
        self.block_peak: Array = np.full(blocks, -np.inf)
        self.asked: Array = np.zeros((0, blocks))
        self.window_heat = np.zeros(bench.segment_count)
        self.window_time, self.source_energy, self.lost_energy, self.done = 0.0, 0.0, 0.0, 0
        self.frames: list[Array] = []
        self.frame_times: list[float] = []

    def edges(self, first: int, last: int) -> Array:
        """Start of the step ``first`` and ends of the steps until ``last`` [s]."""
        return np.asarray(self.power.start + self.time_step * np.arange(first, last + 1))

    def end_of(self, step: int) -> float:
        """End of a step, counted from none [s]."""
        return float(self.power.start + self.time_step * (step + 1))

    def storage_residual(self) -> float:
        """Energy put in less given off less stored, over what was put in [-]."""
        missing = self.source_energy - self.lost_energy - self.stepping.stored_energy()
        return float(abs(missing) / max(self.source_energy, 1e-300))

    def play(self, after_steps: Callable[[Playback], None] = lambda playback: None) -> None:
        """Step to the end of the trace; ``after_steps`` is called after each stride (progress, checkpoints)."""
        every = max(1, self.steps // FRAMES)
        self._hand_on()
        while self.done < self.steps:
            asked = self._asked_now(self._stride(every))
            self._record(self.stepping.advance(asked, self.time_step))
            if (self.done - 1) % every == 0:
                self.frames.append(self.stepping.temperature.astype(np.float32))
                self.frame_times.append(self.end_of(self.done - 1))
            self._hand_on()
            if self._due() == 0:
                self._ask_the_loop()
            after_steps(self)

    def _stride(self, every: int) -> int:
        """Steps until something is to be done: a frame, a part of the history, the loop's answer."""
        frame = (1 - self.done) % every or every
        part = self.rows - self.done % self.rows
        return min(self.stepping.longest, frame, part, max(self._due(), 1), self.steps - self.done)

    def _due(self) -> int:
        """Steps until the loop is asked."""
        left = self.loop_time_step * (1.0 - 1e-9) - self.window_time
        return max(0, int(np.ceil(left / self.time_step)))

    def _asked_now(self, count: int) -> Array:
        """Power that the trace asks of each block in the coming steps of this part [W]."""
        row = self.done % self.rows
        if row == 0 or not len(self.asked):
            first = self.done - row
            self.asked = self.power.watts(self.edges(first, min(first + self.rows, self.steps)))
        return np.asarray(self.asked[row : row + count])

    def _hand_on(self) -> None:
        """Hand on a part of the history that is full; the same part may be handed on again after a resume."""
        if self.done == 0 or (self.done % self.rows and self.done < self.steps):
            return
        part = (self.done - 1) // self.rows
        count = self.done - part * self.rows
        time = self.edges(part * self.rows, self.done)[1:]
        self.keep(part, time, {name: values[:count] for name, values in self.history.items()})

    def _record(self, moved: Moved) -> None:
        count, first = len(moved.block_power), self.done % self.rows
        rows = {
            "block_power": moved.block_power,
            "block_maximum": moved.block_maximum,
            "block_mean": moved.block_mean,
            "heat_to_loop": moved.heat_to_loop,
            "saturation_temperature": self.bench.saturation_temperature,
            "mass_flow": self.bench.mass_flow,
        }
        for name, value in rows.items():
            self.history[name][first : first + count] = value
        self.block_peak = np.maximum(self.block_peak, moved.block_maximum.max(axis=0))
        step, block = divmod(int(moved.block_maximum.argmax()), moved.block_maximum.shape[1])
        if moved.block_maximum[step, block] > self.peak:
            self.peak, self.peak_step = float(moved.block_maximum[step, block]), self.done + step
            self.peak_block = block
        self.source_energy += moved.source_energy
        self.lost_energy += moved.lost_energy
        self.window_heat += moved.segment_energy
        self.window_time += count * self.time_step
        self.done += count

    def _ask_the_loop(self) -> None:
        self.bench.answer(self.window_heat / self.window_time)
        self.window_heat, self.window_time = np.zeros_like(self.window_heat), 0.0
        self.stepping.answered()

    def checkpoint(self) -> dict[str, Any]:
        """Return everything that a later process needs to go on, as arrays by name."""
        counted = {name: np.array(getattr(self, name)) for name in _COUNTED}
        frames = np.array(self.frames, dtype=np.float32)
        return {
            **counted,
            **{f"history_{name}": values for name, values in self.history.items()},
            **self.stepping.checkpoint(),
            "block_peak": self.block_peak,
            "window_heat": self.window_heat,
            "loop_heat": self.bench.latest_heat,
            "frames": frames,
            "frame_times": np.array(self.frame_times),
        }

    def resume(self, saved: Mapping[str, Any]) -> bool:
        """Go back to a checkpoint of the same playback; False if it does not fit (it is then ignored)."""
        try:
            if any(saved[f"history_{name}"].shape != values.shape for name, values in self.history.items()):
                return False
            self.history = {name: saved[f"history_{name}"] for name in self.history}
            self.stepping.resume(saved)
            self.window_heat, self.block_peak = saved["window_heat"], saved["block_peak"]
            loop_heat = saved["loop_heat"]
            self.frames, self.frame_times = list(saved["frames"]), saved["frame_times"].tolist()
            self.source_energy, self.lost_energy = float(saved["source_energy"]), float(saved["lost_energy"])
            self.window_time, self.done = float(saved["window_time"]), int(saved["done"])
            self.peak, self.peak_step = float(saved["peak"]), int(saved["peak_step"])
            self.peak_block = int(saved["peak_block"])
        except KeyError:
            return False
        self.bench.restore(loop_heat)
        self.stepping.answered()
        return True
