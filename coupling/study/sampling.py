"""Points of a design space: grids, lists, Latin hypercubes, Sobol and Saltelli sequences, one at a time."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.errors import CaseError
from coupling.study.quantities import number_of
from coupling.study.spec import AxisSpec, SweepHeader

Array = NDArray[np.float64]
Point = tuple[Any, ...]
LARGEST = 5_000_000
"""Number of designs beyond which a sweep is refused."""


def points(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    """Yield the value of each axis, design after design.

    Raises
    ------
    CaseError
        If the space is too large, or an axis has no numbers where they are needed.
    """
    yield from _SAMPLINGS[header.sampling](header, axes)


def at(axis: AxisSpec, share: float) -> Any:
    """Value of an axis at a share from 0 to 1 of its range; of its values, the one that holds this share."""
    if axis.values is not None:
        return axis.values[min(int(share * len(axis.values)), len(axis.values) - 1)]
    low, high = bounds(axis)
    if axis.scale == "log":
        return float(low * (high / low) ** share)
    return float(low + (high - low) * share)


def bounds(axis: AxisSpec) -> tuple[float, float]:
    """Ends of an axis' range, or of its values [SI].

    Raises
    ------
    CaseError
        If they are not numbers, or not in order.
    """
    ends = axis.range if axis.range is not None else axis.values or ()
    numbers = [number_of(end) for end in ends]
    if any(number is None for number in numbers):
        raise CaseError([f"axis {axis.name}: {list(ends)} are not all numbers"])
    found = [number for number in numbers if number is not None]
    if axis.range is not None and not found[0] < found[1]:
        raise CaseError([f"axis {axis.name}: range {list(ends)} does not ascend"])
    low, high = min(found), max(found)
    if axis.scale == "log" and low <= 0.0:
        raise CaseError([f"axis {axis.name}: a log scale needs a range above 0, got {list(ends)}"])
    return low, high


def counts(axis: AxisSpec) -> bool:
    """Whether all values of an axis are numbers, or quantities with a unit; "2N" beside "N+1" is not two newtons."""
    given = axis.range if axis.range is not None else axis.values or ()
    return all(number_of(each[0] if isinstance(each, list) else each) is not None for each in given)


def axis_values(axis: AxisSpec) -> tuple[Any, ...]:
    """Values of an axis on a grid."""
    if axis.values is not None:
        return axis.values
    return tuple(at(axis, share) for share in np.linspace(0.0, 1.0, axis.count).tolist())


def _grid(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    values = [axis_values(axis) for axis in axes]
    count = math.prod(len(each) for each in values)
    if count > LARGEST:
        raise CaseError([f"sweep: the grid has {count} designs, at most {LARGEST} are allowed"])
    return itertools.product(*values)


def _list(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    return zip(*(axis.values or () for axis in axes), strict=True)


def _latin_hypercube(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    return _spread(latin_hypercube(len(axes), header.samples, header.seed), axes)


def latin_hypercube(dimensions: int, samples: int, seed: int) -> Array:
    """Stratified points of the unit cube, shape (samples, dimensions); McKay, Beckman and Conover (1979)."""
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(d=dimensions, rng=np.random.default_rng(seed)).random(samples))


def _sobol(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    from scipy.stats import qmc

    sequence = qmc.Sobol(d=len(axes), scramble=True, rng=np.random.default_rng(header.seed))
    with warnings.catch_warnings():
        # any number of samples is allowed; powers of two are better balanced
        warnings.simplefilter("ignore", UserWarning)
        return _spread(np.asarray(sequence.random(header.samples)), axes)


def _saltelli(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    from coupling.study.sensitivity import saltelli_shares

    return _spread(saltelli_shares(len(axes), header.samples, header.seed), axes)


def _one_at_a_time(header: SweepHeader, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    """The base, all axes left as the case has them, then each axis alone at its ends."""
    base: list[Any] = [None] * len(axes)
    yield tuple(base)
    for index, axis in enumerate(axes):
        for share in (0.0, 1.0):
            yield (*base[:index], at(axis, share), *base[index + 1 :])


def _spread(shares: Array, axes: tuple[AxisSpec, ...]) -> Iterator[Point]:
    if shares.shape[0] > LARGEST:
        raise CaseError([f"sweep: {shares.shape[0]} designs, at most {LARGEST} are allowed"])
    for axis in axes:
        if axis.range is not None:
            bounds(axis)
    return (tuple(at(axis, share) for axis, share in zip(axes, row, strict=True)) for row in shares.tolist())


_SAMPLINGS: dict[str, Callable[[SweepHeader, tuple[AxisSpec, ...]], Iterator[Point]]] = {
    "grid": _grid,
    "list": _list,
    "latin-hypercube": _latin_hypercube,
    "sobol": _sobol,
    "saltelli": _saltelli,
    "one-at-a-time": _one_at_a_time,
}
