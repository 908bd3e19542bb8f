"""Numbers of a sweep: strings with units in SI, summaries flattened to one row."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from meshes.unit_conversion import unit_registry

_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s].*?)?\s*")
NOT_RESULTS = frozenset({"warnings", "status", "reason"})


def number_of(value: Any) -> float | None:
    """Number of a value in the unit that case files count in: SI, kelvin, degrees of angle; ``None`` for others.

    Examples
    --------
    >>> number_of("30 mm"), number_of(4), number_of("water") is None
    (0.03, 4.0, True)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return _parsed(value) if isinstance(value, str) else None


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> float | None:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        return None
    registry = unit_registry()
    try:
        spelled = (match[2] or "").replace("%", "percent").replace("°C", "degC").replace("°", "degree")
        quantity = registry.Quantity(float(match[1]), spelled)
        if quantity.units == registry.degree:
            return float(quantity.magnitude)
        return float(f"{quantity.to_base_units().magnitude:.15g}")
    except Exception:  # pint raises a zoo of errors for text that is no quantity
        return None


def in_unit_of(number: float, like: Any) -> str:
    """Write a number of SI as a value like ``like`` is written: in its unit where it has one.

    Examples
    --------
    >>> in_unit_of(0.0275879, "20 mm"), in_unit_of(313.15, "35 degC"), in_unit_of(4.0, 2)
    ('27.588 mm', '40 degC', '4')
    """
    match = _NUMBER_AND_UNIT.fullmatch(like) if isinstance(like, str) else None
    if match is None or not match[2] or number_of(like) is None:
        return f"{number:.5g}"
    registry, unit = (
        unit_registry(),
        match[2].replace("%", "percent").replace("°C", "degC").replace("°", "degree"),
    )
    if registry.Unit(unit) == registry.degree:
        return f"{number:.5g} {match[2]}"
    base = registry.Quantity(1.0, unit).to_base_units().units
    return f"{registry.Quantity(number, base).to(unit).magnitude:.5g} {match[2]}"


def flatten(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every scalar of nested tables under its dotted key; lists and empty values are left out.

    Examples
    --------
    >>> dict(flatten({"loop": {"margins": {"chf": 0.5}, "fluid": "water"}}))
    {'loop.margins.chf': 0.5, 'loop.fluid': 'water'}
    """
    for key, value in content.items():
        if not prefix and key in NOT_RESULTS:
            continue
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        elif isinstance(value, bool | int | float | str):
            yield f"{prefix}{key}", value
