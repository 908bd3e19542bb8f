"""Closures by name: the function, where it comes from, where it holds, and a warning outside of that."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from meshes.errors import InputError
from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.fluids import Numeric

UNITS = {
    "mass_flux": " kg/(m2 s)",
    "diameter": " m",
    "heat_flux": " W/m2",
    "molar_mass": " kg/mol",
    "saturation_temperature": " K",
}
"""Of the quantities whose ranges are checked; the others have none."""

Function = TypeVar("Function", bound=Callable[..., Numeric])


@dataclass(frozen=True)
class Closure(Generic[Function]):
    """A correlation that a case can choose.

    Attributes
    ----------
    name
        As written in case files.
    role
        ``"friction"``, ``"void"``, ``"boiling"``, ``"condensation"`` ...
    function
        The formula.
    source
        Paper or book.
    validity
        Range in words.
    bounds
        Range in numbers: quantity and its lowest and highest value, checked by :meth:`outside`.
    band
        How far it may be off, as published; ``None`` where no figure is known.
    held
        How far the published formula at the same arguments is beyond what is physical, and is held there; ``None``
        where it never is.
    """

    name: str
    role: str
    function: Function
    source: str
    validity: str
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    band: ErrorBand | None = None
    held: Callable[..., Numeric] | None = None

    def outside(self, **values: Numeric) -> list[str]:
        """Return a warning for each quantity outside the range; unknown and NaN values are passed over."""
        warnings = []
        for quantity, (low, high) in self.bounds.items():
            if quantity not in values:
                continue
            found = np.asarray(values[quantity], dtype=float)
            found = found[np.isfinite(found)]
            if found.size and (found.min() < low or found.max() > high):
                span = (
                    f"{found.min():.4g}"
                    if found.min() == found.max()
                    else f"{found.min():.4g} ... {found.max():.4g}"
                )
                what = quantity.replace("_", " ")
                warnings.append(
                    f"{self.role} closure {self.name}: {what} {span} is outside {low:.4g} ... {high:.4g}"
                    f"{UNITS.get(quantity, '')}"
                )
        return warnings


def find_closure(role: str, name: str, closures: Mapping[str, Closure[Function]]) -> Closure[Function]:
    """Return the closure ``name``; an ``InputError`` with the nearest name if there is none."""
    plain = name.strip().casefold().replace("_", "-").replace(" ", "-")
    if plain in closures:
        return closures[plain]
    near = difflib.get_close_matches(plain, closures, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise InputError(f"no {role} closure {name!r}.{hint} Allowed: {', '.join(closures)}")
