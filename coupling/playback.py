"""Power traces played through the modules of a rack: chips at their own time scale, the loop at its own.

The fields are stepped through the traces (milliseconds), many steps at once where their model can
(:mod:`coupling.stepping`). The loop answers at intervals of its own
(``loop_time_step``, about a second), quasi-steadily, to the heat averaged over the interval before, so that the energy
which leaves the fields is the energy the loop gets. One module of each group that plays the same is followed; the
others swing with it (:mod:`coupling.rack_loop`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.followed_module import FollowedModule
from coupling.rack_loop import RackLoop
from coupling.stepping import Moved

Array = NDArray[np.float64]
HISTORY_VALUES = 1 << 20
"""Values of a column of blocks that are held before they are handed on; 8 MB."""
FRAMES = 40
"""Temperature fields kept for pictures over the whole trace."""
Keep = Callable[[int, Array, dict[str, Array]], None]


def _keep_nothing(part: int, time: Array, history: dict[str, Array]) -> None:
    pass


class Playback:
    """The followed modules under their traces; can be saved between any two steps and gone on with.

    Parameters
    ----------
    modules
        One of each group; history and frames are those of the first.
    loop
        What they give their heat to; ``None`` for a package alone.
    steps, time_step
        Their number and length [s].

    Attributes
    ----------
    history
        By column: arrays with one row a step of the part at hand, temperatures in K, power in W.
    """

    def __init__(
        self,
        modules: Sequence[FollowedModule],
        loop: RackLoop | None,
        *,
        steps: int,
        time_step: float,
        loop_time_step: float,
        keep: Keep = _keep_nothing,
    ) -> None:
        self.modules, self.loop, self.keep = tuple(modules), loop, keep
        self.first = self.modules[0]
        self.steps, self.time_step = steps, time_step
        self.loop_time_step = max(loop_time_step, self.time_step)
        blocks = self.first.block_peak.size
        self.rows = min(self.steps, max(HISTORY_VALUES // blocks, 1))
        self.history: dict[str, Array] = {
            "block_power": np.zeros((self.rows, blocks)),
            "block_maximum": np.zeros((self.rows, blocks)),
            "block_mean": np.zeros((self.rows, blocks)),
            "heat_to_loop": np.zeros(self.rows),
            "saturation_temperature": np.zeros(self.rows),
            "mass_flow": np.zeros(self.rows),
            "rack_heat": np.zeros(self.rows),
            "group_maximum": np.zeros((self.rows, len(self.modules))),
        }
        self.window_time, self.done = 0.0, 0
        self._looked_ahead = False
        self.frames: list[Array] = []
        self.frame_times: list[float] = []

    def end_of(self, step: int) -> float:
        """End of a step, counted from none [s]."""
        return float(self.first.power.start + self.time_step * (step + 1))

    @property
    def hottest(self) -> FollowedModule:
        """The module in which the hottest block so far was."""
        return max(self.modules, key=lambda module: module.peak)

    def storage_residual(self) -> float:
        """Energy put in less given off less stored, over what was put in, of all followed modules [-]."""
        missing = sum(abs(module.missing_energy()) for module in self.modules)
        return float(missing / max(sum(module.source_energy for module in self.modules), 1e-300))

    def play(self, after_steps: Callable[[Playback], None] = lambda playback: None) -> None:
        """Step to the end of the traces; ``after_steps`` is called after each stride (progress, checkpoints)."""
        every = max(1, self.steps // FRAMES)
        self._hand_on()
        while self.done < self.steps:
            count, row = self._stride(every), self._look_ahead()
            self._record([module.advance(row, count, self.time_step, self.done) for module in self.modules])
            if (self.done - 1) % every == 0:
                self.frames.append(self.first.stepping.temperature.astype(np.float32))
                self.frame_times.append(self.end_of(self.done - 1))
            self._hand_on()
            if self._due() == 0:
                self._ask_the_loop()
            after_steps(self)
        if self.window_time > 0.0:
            # what is left over is no whole interval, and may pass a limit all the same
            self._ask_the_loop()

    def _stride(self, every: int) -> int:
        """Steps until something is to be done: a frame, a part of the history, the loop's answer."""
        longest = min(module.stepping.longest for module in self.modules)
        frame = (1 - self.done) % every or every
        part = self.rows - self.done % self.rows
        return min(longest, frame, part, max(self._due(), 1), self.steps - self.done)

    def _due(self) -> int:
        """Steps until the loop is asked."""
        left = self.loop_time_step * (1.0 - 1e-9) - self.window_time
        return max(0, int(np.ceil(left / self.time_step)))

    def _elapsed(self, first: int, last: int) -> Array:
        """Start of the step ``first`` and ends of the steps until ``last``, since the start [s]."""
        return np.asarray(self.time_step * np.arange(first, last + 1))

    def _look_ahead(self) -> int:
        """Have the modules read the power of the part at hand; return the row in it of the step to come."""
        row = self.done % self.rows
        if row == 0 or not self._looked_ahead:
            first, self._looked_ahead = self.done - row, True
            for module in self.modules:
                module.look_ahead(self._elapsed(first, min(first + self.rows, self.steps)))
        return row

    def _hand_on(self) -> None:
        """Hand on a part of the history that is full; the same part may be handed on again after a resume."""
        if self.done == 0 or (self.done % self.rows and self.done < self.steps):
            return
        part = (self.done - 1) // self.rows
        count = self.done - part * self.rows
        time = self.first.power.start + self._elapsed(part * self.rows, self.done)[1:]
        self.keep(part, time, {name: values[:count] for name, values in self.history.items()})

    def _record(self, moves: list[Moved]) -> None:
        moved, first = moves[0], self.done % self.rows
        count = len(moved.block_power)
        heat = np.array([one.heat_to_loop for one in moves])
        rows = {
            "block_power": moved.block_power,
            "block_maximum": moved.block_maximum,
            "block_mean": moved.block_mean,
            "heat_to_loop": moved.heat_to_loop,
            "saturation_temperature": self.first.bench.saturation_temperature,
            "mass_flow": self.first.bench.mass_flow,
            "rack_heat": heat.sum(axis=0) if self.loop is None else self.loop.total_heat(heat),
            "group_maximum": np.array([one.block_maximum.max(axis=1) for one in moves]).T,
        }
        for name, value in rows.items():
            self.history[name][first : first + count] = value
        self.window_time += count * self.time_step
        self.done += count

    def _ask_the_loop(self) -> None:
        if self.loop is not None:
            end = self.end_of(self.done - 1)
            heat = np.array([module.window_heat for module in self.modules]) / self.window_time
            self.loop.answer(heat, end - self.window_time, end)
        for module in self.modules:
            module.window_heat = np.zeros_like(module.window_heat)
            module.stepping.answered()
        self.window_time = 0.0

    def checkpoint(self) -> dict[str, Any]:
        """Return everything that a later process needs to go on, as arrays by name."""
        kept: dict[str, Any] = {f"history_{name}": values for name, values in self.history.items()}
        for index, module in enumerate(self.modules):
            kept |= {f"{_of_group(index)}{name}": value for name, value in module.checkpoint().items()}
        if self.loop is not None:
            kept |= {"loop_heat": self.loop.latest_heat, **self.loop.limits.memory()}
        return kept | {
            "window_time": np.array(self.window_time),
            "done": np.array(self.done),
            "frames": np.array(self.frames, dtype=np.float32),
            "frame_times": np.array(self.frame_times),
        }

    def resume(self, saved: Mapping[str, Any]) -> bool:
        """Go back to a checkpoint of the same playback; False if it does not fit (it is then ignored)."""
        if any(
            f"history_{name}" not in saved or saved[f"history_{name}"].shape != values.shape
            for name, values in self.history.items()
        ):
            return False
        before = self.checkpoint()
        try:
            self._go_to(saved)
        except KeyError:
            self._go_to(before)
            return False
        if self.loop is not None:
            self.loop.restore(saved["loop_heat"])
        for module in self.modules:
            module.stepping.answered()
        return True

    def _go_to(self, saved: Mapping[str, Any]) -> None:
        for index, module in enumerate(self.modules):
            module.resume(of_group(saved, index))
        if self.loop is not None:
            self.loop.limits.recall(saved)
        self.history = {name: saved[f"history_{name}"] for name in self.history}
        self.frames, self.frame_times = list(saved["frames"]), saved["frame_times"].tolist()
        self.window_time, self.done = float(saved["window_time"]), int(saved["done"])


def of_group(saved: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return what a checkpoint holds of one of the followed modules."""
    prefix = _of_group(index)
    return {name.removeprefix(prefix): value for name, value in saved.items() if name.startswith(prefix)}


def _of_group(index: int) -> str:
    return f"group_{index}_"
