"""How far a closure may be off, as its authors or later comparisons with measurements state it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorBand:
    """A published deviation between computed and measured values, relative to the measured ones.

    Attributes
    ----------
    deviation
        Mean of ``|computed / measured - 1|``; with ``share``, the half-width within which that share of the points
        lies [-].
    source
        Where the figure stands, with what is taken over from elsewhere.
    share
        Share of the points within ``deviation`` [-].
    """

    deviation: float
    source: str
    share: float | None = None

    @property
    def scatter(self) -> float:
        """Standard deviation of ``ln(computed / measured)`` if that is normal about 0 and meets the statement [-].

        Notes
        -----
        ``E|exp(s z) - 1| = exp(s^2/2) (2 Phi(s) - 1)`` for a standard normal ``z``, or
        ``P(|exp(s z) - 1| < b) = Phi(ln(1 + b)/s) - Phi(ln(1 - b)/s)``; solved for ``s``.
        """
        return _scatter(self.deviation, self.share)

    @property
    def text(self) -> str:
        """The statement in words."""
        percent = f"{100.0 * self.deviation:.3g} %"
        if self.share is None:
            return f"mean deviation {percent}"
        return f"{100.0 * self.share:.3g} % of the points within {percent}"


@functools.cache
def _scatter(deviation: float, share: float | None) -> float:
    from scipy.optimize import brentq

    if deviation <= 0.0:
        return 0.0
    if share is None:
        return float(
            brentq(lambda s: math.exp(0.5 * s * s) * math.erf(s / math.sqrt(2.0)) - deviation, 0.0, 3.0)
        )
    low = math.log1p(-deviation) if deviation < 1.0 else -math.inf
    high = math.log1p(deviation)
    return float(brentq(lambda s: _phi(high / s) - _phi(low / s) - share, 1e-6, 30.0))


def _phi(z: float) -> float:
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
