"""Leakage that grows with temperature, the temperatures it settles at, and the load at which none exist.

A block leaks ``P(T) = P0 exp(beta (T - T0))``. With the linear thermal response of a cooled module
``T = T_cold + R (s P + P_leak(T))`` (``R`` in K/W between blocks, ``s`` the load) the solutions form one branch that
turns back at a fold: below it there are two temperatures, of which the lower is stable; above it none, the runaway.

References
----------
.. [1] H. Su et al., "Full chip leakage estimation considering power supply and temperature variations", ISLPED
   2003 (leakage as an exponential of temperature over the range of operation).
.. [2] A. Vassighi, M. Sachdev, "Thermal runaway in integrated circuits", IEEE TDMR 6 (2006) 300-305 (slope of
   leakage times thermal resistance below one).
.. [3] H. B. Keller, "Numerical solution of bifurcation and nonlinear eigenvalue problems", 1977 (pseudo-arclength).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.spec import LeakageSpec
from coupling.power.trace import Array, PowerTrace
from thermal.errors import NotConverged

BlockTemperature = Callable[[Array], Array]
"""From block power [W] to steady block temperatures [K]."""

EXPONENT_LIMIT = 60.0  # beyond it the branch has long turned back


@dataclass(frozen=True)
class Leakage:
    """Leakage of blocks.

    Parameters
    ----------
    reference_power
        Leakage of each block at ``reference_temperature``, shape (blocks,) [W].
    coefficient
        Relative growth [1/K].
    """

    reference_power: Array
    reference_temperature: float
    coefficient: float

    def power(self, temperature: npt.ArrayLike) -> Array:
        """Leakage of each block at its temperature [W]."""
        rise = np.asarray(temperature, dtype=np.float64) - self.reference_temperature
        return np.asarray(self.reference_power * np.exp(np.minimum(self.coefficient * rise, EXPONENT_LIMIT)))

    def slope(self, temperature: npt.ArrayLike) -> Array:
        """Growth of leakage with temperature, block by block [W/K]."""
        return self.coefficient * self.power(temperature)

    def excess(self, temperature: npt.ArrayLike) -> Array:
        """Leakage above its reference value [W]: what is added to a trace that holds the reference value."""
        return self.power(temperature) - self.reference_power


def trace_leakage(spec: LeakageSpec | None, trace: PowerTrace) -> Leakage:
    """Return the leakage within the static power of ``trace``; nothing where the case has none."""
    if spec is None:
        return Leakage(np.zeros(len(trace.blocks)), 300.0, 0.0)
    return Leakage(spec.fraction * trace.static, spec.reference_temperature, spec.coefficient)


def settle(
    power: Array, leakage: Leakage, temperature_of: BlockTemperature, tolerance: float = 1e-6
) -> tuple[Array, Array]:
    """Return block power [W] and temperatures [K] that belong together; ``power`` holds leakage's reference value.

    A fixed point from the cold side; it converges wherever the operating point is stable.

    Raises
    ------
    NotConverged
        When the blocks run away.
    """
    watts, temperature = power, temperature_of(power)
    if not np.any(leakage.reference_power > 0.0):
        return watts, temperature
    for _ in range(200):
        watts = power + leakage.excess(temperature)
        ahead = temperature_of(watts)
        change = float(np.max(np.abs(ahead - temperature)))
        temperature = ahead
        if change < tolerance:
            return watts, temperature
        if not np.all(np.isfinite(ahead)) or float(ahead.max()) > 2000.0:
            break
    raise NotConverged("leakage: thermal runaway, the blocks have no operating temperature at this power")


@dataclass(frozen=True)
class Fold:
    """The end of the branch of operating points.

    Parameters
    ----------
    load
        Largest multiple of the given power that has an operating point.
    margin
        ``1 - 1 / load``: 1 is far from runaway, 0 at the fold, negative beyond it.
    temperature
        Block temperatures at the fold [K].
    """

    load: float
    margin: float
    temperature: Array


def operating_temperature(
    response: Array, cold: Array, power: Array, leakage: Leakage, tolerance: float = 1e-10
) -> Array:
    """Return the lower, stable block temperatures under ``power`` and its leakage [K].

    Newton's method from the cold side: the residual is convex in each temperature, so the iterates stay below the
    solution and rise to it; where they pass the fold there is none.

    Raises
    ------
    NotConverged
        When the blocks run away.
    """
    temperature = cold + response @ power
    for _ in range(100):
        residual = temperature - cold - response @ (power + leakage.power(temperature))
        slope = np.eye(len(cold)) - response * leakage.slope(temperature)
        step = np.linalg.solve(slope, -residual)
        temperature = temperature + step
        if np.any(step < -1e-6 * np.maximum(temperature, 1.0)) or not np.all(np.isfinite(temperature)):
            break
        if np.max(np.abs(step)) < tolerance * np.max(temperature):
            return np.asarray(temperature)
    raise NotConverged("leakage: thermal runaway, the blocks have no operating temperature at this power")


def find_fold(
    response: Array,
    cold: Array,
    power: Array,
    leakage: Leakage,
    first_step: float = 0.05,
    tolerance: float = 1e-9,
) -> Fold:
    """Follow the operating points from no load to the load where they end, by pseudo-arclength continuation.

    Parameters
    ----------
    response
        Temperature rise of each block for a watt in each block, shape (blocks, blocks) [K/W].
    cold
        Block temperatures without power, shape (blocks,) [K].
    power
        Power at load 1 without leakage, shape (blocks,) [W].
    """
    if not np.any(leakage.coefficient * leakage.reference_power > 0.0):
        return Fold(np.inf, 1.0, cold)
    if not np.any(power > 0.0):
        raise TraceError("leakage: no power to scale, the fold in load is not defined")
    branch = _Branch(response, cold, power, leakage)
    point = branch.start()
    tangent = branch.tangent(point, None)
    step = first_step
    for _ in range(10_000):
        ahead = branch.correct(point, tangent, step)
        if ahead is None:
            step *= 0.5
            if step < 1e-12:
                break
            continue
        ahead_tangent = branch.tangent(ahead, tangent)
        if ahead_tangent[-1] <= 0.0:
            return _refine(branch, point, tangent, step, tolerance)
        turned = float(ahead_tangent @ tangent)
        point, tangent = ahead, ahead_tangent
        step *= 1.5 if turned > 0.98 else 0.7
    raise NotConverged("leakage: the fold of the operating points was not reached")


def _refine(branch: _Branch, point: Array, tangent: Array, step: float, tolerance: float) -> Fold:
    """Bisect the arc for the point where load stops growing."""
    low, high = 0.0, step
    best = point
    while high - low > tolerance * step:
        middle = 0.5 * (low + high)
        ahead = branch.correct(point, tangent, middle)
        if ahead is None or branch.tangent(ahead, tangent)[-1] <= 0.0:
            high = middle
        else:
            low, best = middle, ahead
    load = float(best[-1])
    return Fold(load, 1.0 - 1.0 / load if load > 0.0 else -np.inf, branch.kelvin(best))


@dataclass(frozen=True)
class _Branch:
    """Operating points as zeros of a function of (scaled temperatures, load)."""

    response: Array
    cold: Array
    power: Array
    leakage: Leakage

    @property
    def scale(self) -> float:
        return 1.0 / self.leakage.coefficient

    def kelvin(self, point: Array) -> Array:
        return self.cold + self.scale * point[:-1]

    def residual(self, point: Array) -> Array:
        watts = point[-1] * self.power + self.leakage.power(self.kelvin(point))
        return np.asarray(point[:-1] - self.response @ watts / self.scale)

    def jacobian(self, point: Array) -> Array:
        size = len(self.cold)
        result = np.empty((size, size + 1))
        result[:, :size] = np.eye(size) - self.response * self.leakage.slope(self.kelvin(point))
        result[:, size] = -self.response @ self.power / self.scale
        return result

    def start(self) -> Array:
        """Operating point without load; leakage alone may already run away."""
        none = np.zeros_like(self.power)
        temperature = operating_temperature(self.response, self.cold, none, self.leakage)
        return np.append((temperature - self.cold) / self.scale, 0.0)

    def tangent(self, point: Array, before: Array | None) -> Array:
        """Unit tangent, in the direction of ``before`` or of growing load."""
        direction = np.zeros(point.size) if before is None else before
        if before is None:
            direction[-1] = 1.0
        system = np.vstack([self.jacobian(point), direction])
        right = np.zeros(point.size)
        right[-1] = 1.0
        result = np.linalg.solve(system, right)
        return np.asarray(result / np.linalg.norm(result))

    def correct(self, point: Array, tangent: Array, step: float) -> Array | None:
        """Return the point of the branch at arc length ``step`` along ``tangent``, or ``None``."""
        guess = point + step * tangent
        for _ in range(12):
            residual = np.append(self.residual(guess), tangent @ (guess - point) - step)
            change = np.linalg.solve(np.vstack([self.jacobian(guess), tangent]), -residual)
            guess = guess + change
            if np.max(np.abs(change)) < 1e-12 * max(1.0, float(np.max(np.abs(guess)))):
                return np.asarray(guess)
        return None
