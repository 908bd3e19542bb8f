"""How near a loop comes to its limits while its modules play, when it first passes one, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class LoopLimits:
    """Margins of the loop's answers so far, by name.

    Attributes
    ----------
    least
        Least margin [-].
    first
        Start of the first interval whose heat passes the limit [s].
    duration
        Of all such intervals [s].
    """

    least: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    duration: dict[str, float] = field(default_factory=dict)

    def note(self, margins: Mapping[str, float], start: float, end: float) -> None:
        """Take the margins of the answer to the heat between ``start`` and ``end`` [s]."""
        for name, margin in margins.items():
            self.least[name] = min(margin, self.least.get(name, np.inf))
            if margin < 0.0:
                self.first.setdefault(name, start)
                self.duration[name] = self.duration.get(name, 0.0) + (end - start)

    def section(self) -> dict[str, Any]:
        """What a summary says of them."""
        passed = {
            name: {"margin": self.least[name], "first_s": first, "duration_s": self.duration[name]}
            for name, first in self.first.items()
        }
        return {"margins": dict(self.least), "limits_passed": passed}

    def memory(self) -> dict[str, Any]:
        """Return what a later process needs to go on, as arrays by name."""
        names = list(self.least)
        columns = [
            [kept.get(name, np.nan) for name in names] for kept in (self.least, self.first, self.duration)
        ]
        return {"limit_names": np.array(names, dtype=np.str_), "limit_values": np.array(columns)}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Go back to what :meth:`memory` returned, among other arrays.

        Raises
        ------
        KeyError
            If it is not there.
        """
        names, values = saved["limit_names"].tolist(), saved["limit_values"]
        self.least, self.first, self.duration = (
            {name: value for name, value in zip(names, row.tolist(), strict=True) if np.isfinite(value)}
            for row in values
        )
