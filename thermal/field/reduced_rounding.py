"""Conditions rounded so far that a package in like states, under like powers, has one reduced model.

What a package is (grid, heat capacity, fixed films, floorplan, wetted zones) enters a model as it is. What a run adds
to it is rounded: conductivity is taken at one temperature for all cells, the wetted face has one nominal film, inputs
that move share one span, and the shortest step is a power of two. The model is then a function of the package and of
four rounded numbers, the same bytes whether a run finds it or makes it, whatever was run before.

What that costs is bounded with the rest (:mod:`thermal.field.reduced_package`): a nominal film off the slopes of the
boiling curves leaves more to the ports' loads, of which the faces of a segment lack more, and conductivity that is not
that of the steady field errs by their difference times what the field has moved. A wider span or a shorter step than
those played only makes the model finer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.field.boundary import WettedCondition
from thermal.field.conduction import FieldSolution, PackageField
from thermal.field.reduced_law import WettedZones

Array = NDArray[np.float64]

_TEMPERATURE = 10.0
"""Step of the temperature of conductivity [K]: silicon's changes by 4 % over it."""
_FILMS_AN_OCTAVE = 2
"""Nominal films within a factor of two: the mean slope is within 19 % of one of them."""


@dataclass(frozen=True)
class RoundedState:
    """What a steady field is rounded to.

    Attributes
    ----------
    temperature
        At which conductivity is taken [K]; zero where none depends on it.
    film
        Nominal film of the wetted face [W/(m2 K)]; zero without one.
    """

    temperature: float
    film: float


def rounded_state(
    field: PackageField, start: FieldSolution, zones: WettedZones | None, wetted: WettedCondition | None
) -> RoundedState | None:
    """Round a steady field and the boiling curves at it; ``None`` where the curves are flat all over the face."""
    mean = field.system.properties.mean_temperature(start.temperature)
    temperature = _TEMPERATURE * round(mean / _TEMPERATURE)
    if zones is None or wetted is None:
        return RoundedState(temperature, 0.0)
    slope = np.asarray(wetted.flux(start.wall_temperature)[1])
    film = float(zones.heat(slope).sum() / zones.heat(np.ones_like(slope)).sum())
    if film <= 0.0:
        return None
    return RoundedState(temperature, 2.0 ** (round(np.log2(film) * _FILMS_AN_OCTAVE) / _FILMS_AN_OCTAVE))


def rounded_span(span: Array) -> Array:
    """One span for all inputs that move, the power of two that is no less than any of theirs [W]."""
    largest = float(span.max(initial=0.0))
    return np.where(span > 0.0, 2.0 ** np.ceil(np.log2(largest)) if largest > 0.0 else 0.0, 0.0)


def rounded_step(step: float) -> float:
    """Return the power of two that is no more than a time step [s]."""
    return float(2.0 ** np.floor(np.log2(step)))
