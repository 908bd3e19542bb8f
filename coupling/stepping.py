"""How a module's temperature is carried through time steps: what every way of it answers, and the full field's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench
from coupling.power.feedback import PowerFeedback

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moved:
    """What happened in some steps of equal length.

    Attributes
    ----------
    block_power, block_maximum, block_mean
        Power in each step and temperatures at its end, shape (steps, blocks) [W], [K].
    heat_to_loop
        Shape (steps,) [W].
    segment_energy
        To each segment over all steps, shape (segments,) [J].
    source_energy, lost_energy
        Put in by the blocks and given off at the faces over all steps [J].
    """

    block_power: Array
    block_maximum: Array
    block_mean: Array
    heat_to_loop: Array
    segment_energy: Array
    source_energy: float
    lost_energy: float


class Stepping(Protocol):
    """A field in time."""

    longest: int
    """Steps that are taken at once at most."""

    def advance(self, asked: Array, time_step: float) -> Moved:
        """Take steps of ``time_step`` [s] in which the trace asks ``asked`` of the blocks (steps, blocks) [W]."""
        ...

    def answered(self) -> None:
        """Take notice that the loop has answered."""
        ...

    @property
    def temperature(self) -> Array:
        """Field now, shape (nz + 1, ny + 1, nx + 1) [K]."""
        ...

    def stored_energy(self) -> float:
        """Heat stored since the start [J]."""
        ...

    def checkpoint(self) -> dict[str, Array]:
        """Return what a later process needs to go on, as arrays by name."""
        ...

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go back to a checkpoint.

        Raises
        ------
        KeyError
            If it is none of this way of stepping.
        """
        ...


class FullStepping:
    """The finite-element field, one implicit step after the other."""

    longest = 1

    def __init__(self, bench: Bench, feedback: PowerFeedback) -> None:
        self._bench, self._feedback = bench, feedback
        self.temperature: Array = bench.start.temperature
        self._block_mean: Array = bench.start.block_mean

    def advance(self, asked: Array, time_step: float) -> Moved:
        """Take one step."""
        bench = self._bench
        power = self._feedback.watts(asked[0], self._block_mean, time_step)
        field = bench.field.step(self.temperature, time_step, power, wetted=bench.wall())
        self.temperature, self._block_mean = field.temperature, field.block_mean
        segment_heat = bench.segment_heat(field)
        return Moved(
            block_power=power[None],
            block_maximum=field.block_maximum[None],
            block_mean=field.block_mean[None],
            heat_to_loop=np.array([segment_heat.sum()]),
            segment_energy=segment_heat * time_step,
            source_energy=field.source_power * time_step,
            lost_energy=sum(field.heat_out.values()) * time_step,
        )

    def answered(self) -> None:
        """Nothing to do: every step asks for the wall's condition."""

    def stored_energy(self) -> float:
        """Heat stored since the start [J]."""
        return self._bench.field.stored_energy(self._bench.start.temperature, self.temperature)

    def checkpoint(self) -> dict[str, Array]:
        """Field, block means, and the memory of what power does with temperature."""
        return {
            "temperature": self.temperature,
            "block_temperature": self._block_mean,
            **self._feedback.memory(),
        }

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.temperature, self._block_mean = saved["temperature"], saved["block_temperature"]
        self._feedback.recall(saved)
