"""What the temperature of a block does to its power: leakage, throttling and migration; and how far runaway is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from coupling.power.leakage import Leakage, find_fold, trace_leakage
from coupling.power.policies import Governor
from coupling.power.spec import PowerSpec
from coupling.power.trace import PowerTrace

Array = NDArray[np.float64]
PERTURBATION = 0.01
"""Of a block's power, to find what it does to the temperatures of the others: share of the mean block's power [-]."""


class PowerFeedback:
    """Power of one module's blocks as their temperatures have it.

    Without leakage or policy in the case this is the trace as it stands.
    """

    def __init__(self, spec: PowerSpec, trace: PowerTrace) -> None:
        self.leakage: Leakage | None = None if spec.leakage is None else trace_leakage(spec.leakage, trace)
        self.governor = None if spec.policy is None else Governor(spec.policy, len(trace.blocks))
        self._constant = trace.static + trace.clock

    def steady(self, power: Array, block_temperature: Array | None) -> Array:
        """Mean power at mean block temperatures, (blocks,) [W]; policies have no steady part."""
        if self.leakage is None or block_temperature is None:
            return power
        return power + self.leakage.excess(block_temperature)

    def step(self, power: Array, block_temperature: Array, time_step: float) -> Array:
        """Power in the coming step at the block temperatures of the last, (blocks,) [W]."""
        if self.governor is not None:
            asked = np.maximum(power - self._constant, 0.0)
            power = self._constant + self.governor.activity(asked, block_temperature, time_step)
        return self.steady(power, block_temperature)


def response_matrix(solve: Callable[[Array], Array], power: Array) -> tuple[Array, Array]:
    """Linearise block temperatures over block powers around a solved state.

    Parameters
    ----------
    solve
        Mean temperature of each block [K] for a power of each block [W].
    power
        Of the blocks at the solved state (blocks,) [W].

    Returns
    -------
    Rise of block i for a watt in block j (blocks, blocks) [K/W], and the temperatures without power as the linear law
    has them (blocks,) [K].
    """
    base = solve(power)
    step = PERTURBATION * max(float(power.mean()), 1e-6)
    columns = [(solve(power + step * unit) - base) / step for unit in np.eye(power.size)]
    matrix = np.column_stack(columns)
    return matrix, base - matrix @ power


def runaway_margin(solve: Callable[[Array], Array], power: Array, leakage: Leakage) -> float:
    """Margin to thermal runaway: 1 far, 0 at the fold beyond which leakage has no steady temperature.

    ``power`` holds the leakage's reference value and its excess, as the solved state has it (blocks,) [W].
    """
    matrix, cold = response_matrix(solve, power)
    temperature = cold + matrix @ power
    return find_fold(matrix, cold, power - leakage.power(temperature), leakage).margin
