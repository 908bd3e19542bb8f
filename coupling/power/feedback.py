"""What temperature does back to power: leakage at each step, and what the power manager answers.

The trace holds leakage at its reference temperature; here the difference is added, block by block.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coupling.power.leakage import Fold, find_fold, trace_leakage
from coupling.power.policies import Governor
from coupling.power.spec import PowerSpec
from coupling.power.trace import Array, PowerTrace
from thermal.errors import NotConverged

BlockTemperature = Callable[[Array], Array]
"""From block power [W] to steady block temperatures [K]."""


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

    def steady(
        self, power: Array, temperature_of: BlockTemperature, tolerance: float = 1e-6
    ) -> tuple[Array, Array]:
        """Return block power [W] and temperatures [K] that belong together, leakage included.

        A fixed point from the cold side; it converges wherever the operating point is stable.

        Raises
        ------
        NotConverged
            When the blocks run away.
        """
        watts, temperature = np.asarray(power), temperature_of(power)
        if not np.any(self.leakage.reference_power > 0.0):
            return watts, temperature
        for _ in range(200):
            watts = power + self.leakage.excess(temperature)
            ahead = temperature_of(watts)
            change = float(np.max(np.abs(ahead - temperature)))
            temperature = ahead
            if change < tolerance:
                return watts, temperature
            if not np.all(np.isfinite(ahead)) or float(ahead.max()) > 2000.0:
                break
        raise NotConverged("leakage: thermal runaway, the blocks have no operating temperature at this power")

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
