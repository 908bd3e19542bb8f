"""What a power manager does when blocks get hot: slow them down, or move their load to cool ones.

A governor stands between the trace and the chip: at each step it is told block temperatures and the activity that
the trace asks for, and answers with the activity that is run. Work put off is kept as energy and run later.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coupling.power.spec import PolicySpec
from coupling.power.trace import Array


class Governor:
    """Throttling and migration with memory: speeds of the blocks, who runs whose load, energy put off.

    Attributes
    ----------
    speed
        Share of the asked activity that each block runs, shape (blocks,) [-].
    host
        Block that runs the load meant for each block, shape (blocks,): a permutation.
    deferred
        Activity put off so far and not yet run, by block it was meant for, shape (blocks,) [J].
    throttled_time
        Block-seconds below full speed [s].
    """

    def __init__(self, spec: PolicySpec, blocks: int) -> None:
        self.spec = spec
        self.speed: Array = np.ones(blocks)
        self.host = np.arange(blocks)
        self.deferred: Array = np.zeros(blocks)
        self.throttled_time, self.migrations, self._since_move = 0.0, 0, np.inf

    def activity(self, asked: npt.ArrayLike, temperature: npt.ArrayLike, time_step: float) -> Array:
        """Return the activity run on each block in the coming step [W].

        Parameters
        ----------
        asked
            Activity of the trace for each block [W].
        temperature
            Of each block at the start of the step [K].
        time_step
            Its duration [s].
        """
        heat, wanted = np.asarray(temperature, dtype=np.float64), np.asarray(asked, dtype=np.float64)
        if self.spec.migrate:
            self._migrate(heat, time_step)
        self._throttle(heat, time_step)
        speed = self.speed[self.host]  # of the block that runs each load
        run = speed * wanted
        catch_up = np.where(
            speed >= 1.0, np.minimum(self.deferred, self.spec.catch_up * wanted * time_step), 0.0
        )
        self.deferred = self.deferred + (wanted - run) * time_step - catch_up
        on_block = np.zeros_like(run)
        np.add.at(on_block, self.host, run + catch_up / time_step)
        return np.asarray(on_block)

    def memory(self) -> dict[str, Array]:
        """Everything that a later process needs to go on, as arrays by name."""
        counted = np.array([self.throttled_time, self.migrations, self._since_move])
        return {
            "speed": self.speed.copy(),
            "host": self.host.astype(np.float64),
            "deferred": self.deferred.copy(),
            "counted": counted,
        }

    def recall(self, memory: Mapping[str, Array]) -> None:
        """Go back to what :meth:`memory` returned.

        Raises
        ------
        KeyError
            If it is not the memory of a governor.
        """
        self.speed, self.deferred = memory["speed"].copy(), memory["deferred"].copy()
        self.host = memory["host"].astype(np.int64)
        throttled, migrations, self._since_move = memory["counted"].tolist()
        self.throttled_time, self.migrations = throttled, int(migrations)

    def _throttle(self, temperature: Array, time_step: float) -> None:
        hot = temperature >= self.spec.limit_temperature
        cool = temperature <= self.spec.limit_temperature - self.spec.hysteresis
        slower = np.maximum(self.speed * self.spec.factor, self.spec.least_speed)
        faster = np.minimum(self.speed / self.spec.factor, 1.0)
        self.speed = np.where(hot, slower, np.where(cool, faster, self.speed))
        self.throttled_time += float(np.count_nonzero(self.speed < 1.0)) * time_step

    def _migrate(self, temperature: Array, time_step: float) -> None:
        """Exchange the loads of the hottest and the coolest block, no more often than the case allows."""
        self._since_move += time_step
        hottest, coolest = int(np.argmax(temperature)), int(np.argmin(temperature))
        if temperature[hottest] - temperature[coolest] < self.spec.migrate_difference:
            return
        if self._since_move < self.spec.migrate_interval:
            return
        on_hot, on_cool = np.flatnonzero(self.host == hottest)[0], np.flatnonzero(self.host == coolest)[0]
        self.host[on_hot], self.host[on_cool] = coolest, hottest
        self.migrations, self._since_move = self.migrations + 1, 0.0
