"""The designs that no other design beats in everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pareto_front(values: Array) -> NDArray[np.bool_]:
    """Mark the rows that no other row dominates; every column is to be small.

    Parameters
    ----------
    values
        Shape (designs, objectives); rows with a value that is not finite are never on the front.

    Examples
    --------
    >>> pareto_front(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 3.0]])).tolist()
    [True, True, False]
    """
    front: NDArray[np.bool_] = np.isfinite(values).all(axis=1)
    # candidates in ascending order of their first column: a row can only be dominated by an earlier one or an equal
    order = np.lexsort(values.T[::-1])
    kept: list[int] = []
    for index in order[front[order]]:
        if kept:
            rivals = values[kept]
            no_worse = (rivals <= values[index]).all(axis=1)
            if (no_worse & (rivals < values[index]).any(axis=1)).any():
                front[index] = False
                continue
        kept.append(int(index))
    return front
