"""Validation cases: what is computed, what it is held against, how far off it may be.

A case is a function that computes one or more numbers through the code paths a user runs and returns a
:class:`Row` for each. Cases register themselves by :func:`case`; ``vascool validate`` runs them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One claimed number beside its reference.

    ``band`` is the closed interval of accepted values, in the unit of the quantity; ``None`` means reported,
    not gated. ``computed`` is ``None`` where a file that is not ours was needed and not given.
    """

    quantity: str
    unit: str
    computed: float | None
    reference: float | None
    band: tuple[float, float] | None
    source: str
    part: str = ""
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the number lies in its band; ``None`` when it was not run or is not gated."""
        if self.computed is None or self.band is None:
            return None
        low, high = self.band
        return bool(low <= self.computed <= high)


@dataclass(frozen=True)
class Case:
    """A registered case."""

    id: str
    tier: int
    title: str
    compute: Callable[[Path | None], list[Row]]


_CASES: dict[str, Case] = {}


Compute = Callable[[Path | None], list[Row]]


def case(identifier: str, tier: int, title: str) -> Callable[[Compute], Compute]:
    """Register the decorated function as the case ``identifier`` of ``tier`` (1 analytic ... 4 facility)."""

    def register(compute: Compute) -> Compute:
        if identifier in _CASES:
            raise ValueError(f"case {identifier} is registered twice")
        _CASES[identifier] = Case(identifier, tier, title, compute)
        return compute

    return register


def registered_cases() -> dict[str, Case]:
    """Return the cases registered so far, by identifier."""
    return dict(_CASES)


def within(reference: float, *, absolute: float = 0.0, relative: float = 0.0) -> tuple[float, float]:
    """Band around ``reference``: ``absolute`` in its unit plus ``relative`` of its size."""
    width = absolute + relative * abs(reference)
    return (reference - width, reference + width)


def not_run(row: Row, what: str) -> Row:
    """Return ``row`` as not run because ``what`` was not given."""
    return replace(row, computed=None, note=f"not run: needs {what} (vascool validate --data DIR)")
