"""Conversions between units: asked of pint once, then kept on disk, because to load pint costs more than a small run.

One file for each version of pint in the user's cache. It may be deleted at any time; a place that cannot be read or
written is passed over.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from meshes.cache_folder import cache_folder, kept_file
from meshes.versions import version

if TYPE_CHECKING:
    import pint

Line: TypeAlias = tuple[float, float]
"""Factor and offset: number in the one unit times factor plus offset is the number in the other."""

_PROBES = (-40.0, 0.3, 7.0, 1234.5, 2.0e6)
"""Numbers whose conversion a line has to meet to the last digit."""


@functools.cache
def unit_registry() -> pint.UnitRegistry[Any]:
    """Return the one pint registry; built on first use, because building it takes a third of a second."""
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


@functools.lru_cache(maxsize=4096)
def conversion(unit: str, target: str) -> Callable[[float], float]:
    """Return what turns a number in ``unit`` into one in ``target``.

    Raises
    ------
    Exception
        Of pint, if it cannot read the unit or the two have other dimensions.
    """
    path, key = _path(), f"{unit} -> {target}"
    line = _read(path).get(key)
    if line is None:
        exact = functools.partial(_by_pint, unit, target)
        line = _line(exact)
        if line is None:  # logarithmic units, and those whose offset rounds
            return exact
        with contextlib.suppress(OSError):
            _write(path, _read(path) | {key: line})
    factor, offset = line
    return lambda number: number * factor + offset


def _by_pint(unit: str, target: str, number: float) -> float:
    return float(unit_registry().Quantity(number, unit).to(target).magnitude)


def _line(exact: Callable[[float], float]) -> Line | None:
    offset = exact(0.0)
    factor = exact(1.0) - offset
    return (factor, offset) if all(exact(x) == x * factor + offset for x in _PROBES) else None


def _path() -> Path:
    return cache_folder("units") / f"pint-{version('pint')}.json"


def _read(path: Path) -> dict[str, Line]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        lines = {key: (float(factor), float(offset)) for key, (factor, offset) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {key: line for key, line in lines.items() if line[0] != 0.0 and all(map(math.isfinite, line))}


def _write(path: Path, lines: dict[str, Line]) -> None:
    with kept_file(path) as file:
        file.write(json.dumps(lines, indent=0, sort_keys=True).encode())
