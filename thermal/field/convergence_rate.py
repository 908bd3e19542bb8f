"""Whether a preconditioner that was made for an earlier matrix still serves: digits that an iteration gains."""

from __future__ import annotations

_FEW = 3
"""Iterations that tell nothing about a rate."""


class ConvergenceRate:
    """Rate of a kept preconditioner against its rate when it was fresh.

    Parameters
    ----------
    share
        Of the fresh rate, below which a preconditioner is made anew [-].
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._fresh = 0.0

    def serves(self, digits: float, iterations: int, *, fresh: bool) -> bool:
        """Take note of a solve that gained ``digits``; return whether its preconditioner may be kept."""
        rate = digits / max(iterations, 1)
        if fresh:
            self._fresh = rate
        return iterations <= _FEW or rate >= self._share * self._fresh
