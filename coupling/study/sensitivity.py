"""Which axis matters: Sobol indices by SALib, and one axis at a time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def saltelli_shares(axes: int, samples: int, seed: int) -> Array:
    """Points of the unit cube for Sobol indices, shape (samples (axes + 2), axes); Saltelli (2002), by SALib."""
    from SALib.sample import sobol

    with warnings.catch_warnings():
        # any number of samples is allowed; powers of two converge best
        warnings.simplefilter("ignore")
        drawn = sobol.sample(
            _problem([str(index) for index in range(axes)]), samples, calc_second_order=False, seed=seed
        )
    return np.asarray(drawn)


def sobol_indices(names: Sequence[str], samples: int, values: Array, seed: int = 0) -> dict[str, Any]:
    """First-order and total Sobol indices of a quantity, with their 95 % confidence; Saltelli et al. (2010), by SALib.

    A group of ``axes + 2`` designs with one that has no value is left out whole.

    Parameters
    ----------
    names
        Of the axes.
    values
        Of the quantity at the points of :func:`saltelli_shares`, in their order.

    Returns
    -------
    ``first``, ``total`` by axis, ``first_confidence``, ``total_confidence``, and the share of ``groups_used``; or
    ``reason`` where there are none.
    """
    from SALib.analyze import sobol

    size = len(names) + 2
    if values.size != samples * size:
        return {"reason": f"{samples * size - values.size} designs are missing"}
    groups = values.reshape(samples, size)
    whole = groups[np.isfinite(groups).all(axis=1)]
    if whole.shape[0] < 8 or np.ptp(whole) == 0.0:
        return {
            "reason": "too few designs with a value, or one value only",
            "groups_used": len(whole) / samples,
        }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sobol.analyze(
            _problem(names), whole.ravel(), calc_second_order=False, seed=seed, print_to_console=False
        )
    keys = {"first": "S1", "total": "ST", "first_confidence": "S1_conf", "total_confidence": "ST_conf"}
    return {
        name: dict(zip(names, np.asarray(found[key]).tolist(), strict=True)) for name, key in keys.items()
    } | {"groups_used": len(whole) / samples}


def tornado(names: Sequence[str], rows: Sequence[Mapping[str, Any]], values: Array) -> list[dict[str, Any]]:
    """Value of a quantity with each axis alone at its ends, largest swing first.

    ``rows`` are those of one-at-a-time sampling: an axis is at an end in a row if its input differs from the base's.
    """
    base = rows[0]
    bars = []
    for name in names:
        column = f"input.{name}"
        moved = [index for index in range(1, len(rows)) if rows[index][column] != base[column]]
        ends = [
            {"input": rows[index][column], "value": _number(values[index])}
            for index in sorted(moved, key=lambda index: str(rows[index]["design"]).zfill(9))
        ]
        found = [end["value"] for end in ends if end["value"] is not None] + [float(values[0])]
        bars.append(
            {
                "axis": name,
                "input": base[column],
                "base": _number(values[0]),
                "ends": ends,
                "swing": max(found) - min(found),
            }
        )
    return sorted(bars, key=lambda bar: -bar["swing"] if np.isfinite(bar["swing"]) else 0.0)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
