"""What temperature does back to power: leakage at each step, and what the power manager answers.

The trace holds leakage at its reference temperature; here the difference is added, block by block.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from coupling.power.leakage import BlockTemperature, Fold, find_fold, settle, trace_leakage
from coupling.power.policies import Governor
from coupling.power.spec import PowerSpec
from coupling.power.trace import Array, PowerTrace


class PowerFeedback:
    """Watts of a module as its temperatures make them.

    Attributes
    ----------
    leakage
        Of the blocks; zero where the case has none.
    governor
        The power manager, or ``None``.
    """

    def __init__(self, spec: PowerSpec, trace: PowerTrace) -> None:
        self.leakage = trace_leakage(spec.leakage, trace)
        self.constant = trace.static + trace.clock
        self.governor = None if spec.policy is None else Governor(spec.policy, len(trace.blocks))

    @property
    def active(self) -> bool:
        """Whether temperature changes anything."""
        return self.governor is not None or bool(np.any(self.leakage.reference_power > 0.0))

    def watts(self, asked: Array, temperature: Array, time_step: float) -> Array:
        """Power of each block in the coming step [W], for what the trace asks and the temperatures now [K]."""
        power = np.asarray(asked)
        if self.governor is not None:
            activity = np.maximum(power - self.constant, 0.0)
            power = self.constant + self.governor.activity(activity, temperature, time_step)
        return np.asarray(power + self.leakage.excess(temperature))

    def memory(self) -> dict[str, Array]:
        """Return what a later process needs to go on, as arrays by name."""
        kept = {} if self.governor is None else self.governor.memory()
        return {f"governor_{name}": values for name, values in kept.items()}

    def recall(self, saved: Mapping[str, Array]) -> None:
        """Go back to what :meth:`memory` returned, among other arrays.

        Raises
        ------
        KeyError
            If a power manager's memory is missing.
        """
        if self.governor is not None:
            self.governor.recall({name: saved[f"governor_{name}"] for name in self.governor.memory()})

    def steady(
        self, power: Array, temperature_of: BlockTemperature, tolerance: float = 1e-6
    ) -> tuple[Array, Array]:
        """Return block power [W] and temperatures [K] that belong together, leakage included.

        Raises
        ------
        NotConverged
            When the blocks run away.
        """
        return settle(np.asarray(power), self.leakage, temperature_of, tolerance)

    def fold(self, power: Array, temperature_of: BlockTemperature) -> Fold:
        """Load at which the blocks run away, from the module's response around ``power`` (one solve a block)."""
        response, cold = linear_response(power, temperature_of)
        return find_fold(response, cold, power - self.leakage.reference_power, self.leakage)


def linear_response(
    power: Array, temperature_of: BlockTemperature, share: float = 0.01
) -> tuple[Array, Array]:
    """Return the response between blocks [K/W] around ``power`` and the temperatures it extrapolates to at none [K]."""
    base = temperature_of(power)
    step = max(share * float(power.sum()) / power.size, 1e-6)
    columns = [(temperature_of(power + step * unit) - base) / step for unit in np.eye(power.size)]
    response = np.array(columns).T
    return response, base - response @ power
