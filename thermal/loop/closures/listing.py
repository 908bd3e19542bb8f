"""All closures that a case can name, for people: what it is, where from, where it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from thermal.loop.closures.boiling import BOILING
from thermal.loop.closures.condensation import CONDENSATION
from thermal.loop.closures.friction import FRICTION
from thermal.loop.closures.registry import Closure, find_closure
from thermal.loop.closures.void import VOID

BY_ROLE: dict[str, Mapping[str, Closure[Callable[..., Any]]]] = {
    "friction": FRICTION,
    "void": VOID,
    "boiling": BOILING,
    "condensation": CONDENSATION,
}
"""Role in the case file and its closures by name."""


def describe_closure(role: str, name: str) -> dict[str, str]:
    """Return quantity, name, range, source and published error of a closure, as a loop's description lists them.

    Examples
    --------
    >>> describe_closure("void", "zivi")["source"]
    'Zivi, J. Heat Transfer 86 (1964) 247'
    """
    closure = find_closure(role, name, BY_ROLE[role])
    return {
        "quantity": role,
        "name": closure.name,
        "range": closure.validity,
        "source": closure.source,
        "error": "" if closure.band is None else f"{closure.band.text} ({closure.band.source})",
    }


def closure_rows() -> list[dict[str, str]]:
    """Return the description of every closure, by role."""
    return [describe_closure(role, name) for role, closures in BY_ROLE.items() for name in closures]
