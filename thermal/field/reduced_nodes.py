"""Hottest node of each block, for many moments at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_VALUES = 1 << 18
"""Node temperatures held at a time; 2 MB."""


class BlockNodes:
    """Rows of modes and direct parts at the nodes of blocks, each node once.

    Parameters
    ----------
    modes, direct
        Shapes (n, r), (n, m).
    nodes, starts
        Of all blocks, one after the other, and where each begins.
    """

    def __init__(
        self, modes: Array, direct: Array, nodes: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> None:
        self._own, self._place = np.unique(nodes, return_inverse=True)
        self._rows = np.ascontiguousarray(np.concatenate([modes[self._own], direct[self._own]], axis=1).T)
        self._starts = starts

    def maximum(self, states: Array, inputs: Array, above: Array | float) -> Array:
        """Largest over each block, shapes (steps, r), (steps, m) to (steps, blocks) [K].

        ``above`` is the temperature of every node that modes are added to, or one for all.
        """
        level = above if np.ndim(above) == 0 else np.asarray(above)[self._own]
        parts, rows = np.concatenate([states, inputs], axis=1), max(1, _VALUES // len(self._place))
        found = np.empty((len(parts), len(self._starts)))
        for first in range(0, len(parts), rows):
            nodal = parts[first : first + rows] @ self._rows + level
            members = np.take(nodal, self._place, axis=1)
            found[first : first + rows] = np.maximum.reduceat(members, self._starts, axis=1)
        return found
