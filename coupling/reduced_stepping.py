"""A module's temperature carried through time by a reduced model of its package, many steps at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench
from coupling.power.feedback import PowerFeedback
from coupling.stepping import Moved
from thermal.field.boundary import WettedCondition
from thermal.field.reduced_law import SegmentLaw
from thermal.field.reduced_model import ReducedHistory, ReducedState
from thermal.field.reduced_package import ReducedPackage

Array = NDArray[np.float64]

_LONGEST = 4096
_STATE = ("modes", "inputs", "lowest", "highest")


class ReducedStepping:
    """Steps of a :class:`ReducedPackage` around the steady field at which the bench starts.

    Power that depends on temperature (leakage, a power manager) is that of the temperatures a step before, as with the
    full field.
    """

    longest = _LONGEST

    def __init__(
        self, package: ReducedPackage, bench: Bench, feedback: PowerFeedback, start_power: Array
    ) -> None:
        self._package, self._bench, self._feedback, self._start_power = package, bench, feedback, start_power
        self._state: ReducedState = package.model.start()
        self._first = self._looked_at = self._state
        self._rise: Array = np.zeros(package.model.ports)
        self._law: SegmentLaw | None = None
        self._wall: WettedCondition | None = None
        self._lacking: Array = np.zeros_like(package.slope)
        self._least: Array = package.start_slope
        self._conductivity_error = 0.0
        self._steady_heat = np.zeros(bench.segment_count)
        if bench.zones is not None:
            self._steady_heat = bench.zones.heat(bench.start.wetted_flux)
        self._steady_loss = sum(bench.start.heat_out.values())
        self._block_mean: Array = bench.start.block_mean
        self.answered()

    @property
    def temperature(self) -> Array:
        """Field now, shape (nz + 1, ny + 1, nx + 1) [K]."""
        return self._package.temperature(self._state)

    @property
    def rounded(self) -> bool:
        """Whether the model is one around rounded conditions."""
        return self._package.around is not None

    @property
    def order(self) -> int:
        """Number of modes."""
        return self._package.model.order

    @property
    def errors(self) -> dict[str, float]:
        """Bounds of what the reduced model leaves out, so far [K]; ``error_K`` is their sum.

        Truncation is bounded at every step, the others when the loop answers and now.
        """
        self._look()
        means, nodes = self._package.model.error(self._state)
        wall = self._package.wall_error(self._lacking, self._least)
        conductivity = self._conductivity_error
        return {
            "error_K": nodes + wall + conductivity,
            "block_mean_error_K": means + wall + conductivity,
            "truncation_error_K": nodes,
            "wall_law_error_K": wall,
            "conductivity_error_K": conductivity,
        }

    def advance(self, asked: Array, time_step: float) -> Moved:
        """Take steps."""
        if not self._feedback.active:
            return self._moved(asked, self._play(asked, time_step), time_step)
        power, parts = np.empty_like(asked), []
        for step, wanted in enumerate(asked):
            power[step] = self._feedback.watts(wanted, self._block_mean, time_step)
            parts.append(
                self._moved(power[step : step + 1], self._play(power[step : step + 1], time_step), time_step)
            )
        return _joined(parts)

    def answered(self) -> None:
        """Look at what was left out until now, and take the wall's condition at the loop's new state."""
        self._look()
        self._wall = self._bench.wall()
        if self._wall is not None and self._package.model.ports:
            self._law = self._package.law(self._wall, self._rise)

    def stored_energy(self) -> float:
        """Heat stored since the start [J]."""
        return float(self._package.model.parts.stored @ (self._state.modes - self._first.modes))

    def checkpoint(self) -> dict[str, Array]:
        """Amplitudes and what the error has come to."""
        kept, around = (
            {f"reduced_{name}": getattr(self._state, name) for name in _STATE},
            self._package.around,
        )
        return kept | {
            "reduced_key": np.array(self._package.model.key),
            **({} if around is None else {"reduced_rounded": np.array([around.temperature, around.film])}),
            "reduced_steepness": np.array(self._state.steepness),
            "reduced_conductivity_error": np.array(self._conductivity_error),
            "reduced_lacking": self._lacking,
            "reduced_least": self._least,
            "block_temperature": self._block_mean,
            **self._feedback.memory(),
        }

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go back to a checkpoint."""
        if str(saved["reduced_key"]) != self._package.model.key:
            raise KeyError("amplitudes of another model")
        modes, inputs, lowest, highest = (saved[f"reduced_{name}"] for name in _STATE)
        self._state = ReducedState(modes, inputs, lowest, highest, float(saved["reduced_steepness"]))
        self._conductivity_error = float(saved["reduced_conductivity_error"])
        self._lacking, self._least = saved["reduced_lacking"], saved["reduced_least"]
        self._block_mean = saved["block_temperature"]
        self._feedback.recall(saved)
        self._wall, self._looked_at = None, self._state

    def _play(self, power: Array, time_step: float) -> ReducedHistory:
        history = self._package.model.play(
            power - self._start_power,
            time_step,
            self._state,
            self._law,
            hottest_above=self._bench.start.temperature.ravel(),
        )
        self._state = history.state
        self._block_mean = self._bench.start.block_mean + history.block_temperature[-1]
        self._rise = history.port_temperature[-1]
        return history

    def _look(self) -> None:
        if self._state is self._looked_at:
            return
        self._looked_at = self._state
        if self._wall is not None:
            lacking, slope = self._package.lacking(self._state, self._wall)
            self._lacking, self._least = np.maximum(self._lacking, lacking), np.minimum(self._least, slope)
        self._conductivity_error = max(
            self._conductivity_error, self._package.conductivity_error(self._state)
        )

    def _moved(self, power: Array, history: ReducedHistory, time_step: float) -> Moved:
        to_loop = self._steady_heat + history.port_heat
        lost = self._steady_loss * len(power) + history.port_heat.sum() + history.sink_heat.sum()
        return Moved(
            block_power=power,
            block_maximum=history.block_maximum,
            block_mean=self._bench.start.block_mean + history.block_temperature,
            heat_to_loop=to_loop.sum(axis=1),
            segment_energy=to_loop.sum(axis=0) * time_step,
            source_energy=float(power.sum()) * time_step,
            lost_energy=float(lost) * time_step,
        )


def _joined(parts: list[Moved]) -> Moved:
    rows = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("block_power", "block_maximum", "block_mean", "heat_to_loop")
    }
    return Moved(
        **rows,
        segment_energy=np.sum([part.segment_energy for part in parts], axis=0),
        source_energy=sum(part.source_energy for part in parts),
        lost_energy=sum(part.lost_energy for part in parts),
    )
