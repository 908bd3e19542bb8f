"""Which rows of a tensor grid's matrices each rank holds: slabs across the longest axis.

Across the longest axis a cut meets the fewest nodes, so ranks have the least to tell each other. Ranks that are given
the same number of rows, to one, cut within a plane of nodes.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class RowLayout:
    """Nodes shared out among ranks.

    Attributes
    ----------
    order
        All nodes, those of the first rank first, each rank's ascending, shape (nodes,).
    starts
        Where in this order each rank's begin, and their number at the end, shape (ranks + 1,).
    rank
        This one.
    """

    order: Index
    starts: Index
    rank: int = 0

    @classmethod
    def of(cls, node_shape: Shape, count: int = 1, rank: int = 0) -> RowLayout:
        """Share the nodes (nz + 1, ny + 1, nx + 1) of a grid out evenly; one rank has them in their own order."""
        nodes = np.arange(np.prod(node_shape)).reshape(node_shape)
        order = np.moveaxis(nodes, int(np.argmax(node_shape)), 0).ravel()
        starts = nodes.size * np.arange(count + 1) // count
        shares = [np.sort(order[begin:end]) for begin, end in itertools.pairwise(starts)]
        return cls(np.concatenate(shares), starts, rank)

    @property
    def alone(self) -> bool:
        """Whether one rank has all nodes."""
        return len(self.starts) == 2

    @property
    def own(self) -> Index:
        """Nodes of this rank."""
        return self.order[self.begin : self.end]

    @property
    def begin(self) -> int:
        """Place of this rank's first node."""
        return int(self.starts[self.rank])

    @property
    def end(self) -> int:
        """Place after this rank's last node."""
        return int(self.starts[self.rank + 1])

    @functools.cached_property
    def place(self) -> Index:
        """Of each node in the order, shape (nodes,)."""
        place = np.empty_like(self.order)
        place[self.order] = np.arange(len(self.order))
        return place

    def part(self, whole: Array) -> Array:
        """Values at this rank's nodes."""
        return whole if self.alone else whole[self.own]

    def whole(self, part: Array) -> Array:
        """Values at all nodes, on every rank, from each rank's values at its own nodes."""
        if self.alone:
            return part
        from thermal.fem import WORLD

        gathered, values = np.empty((2, len(self.order)))
        WORLD.Allgatherv(np.ascontiguousarray(part), (gathered, np.diff(self.starts)))
        values[self.order] = gathered
        return np.asarray(values)

    def cells(self, node_shape: Shape) -> Index:
        """Cells with a corner among this rank's nodes: what its rows are integrated over, ascending."""
        mine = np.zeros(node_shape, dtype=bool)
        mine.flat[self.own] = True
        for axis in range(3):
            low, high = (np.take(mine, range(s, mine.shape[axis] - 1 + s), axis) for s in (0, 1))
            mine = low | high
        return np.flatnonzero(mine)
