"""Which lines of a grid go, in x and y, on the way to a coarser one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Lines = NDArray[np.int32]


@dataclass(frozen=True)
class Coarsening:
    """Lines dropped and kept along y and x; every array in the form that the kernels take.

    Attributes
    ----------
    drop_y, drop_x
        One where a line is dropped, shapes (ny + 1,), (nx + 1,): a zero follows the last.
    coarse_y, coarse_x
        Number of the kept line at or before each line, shapes (ny,), (nx,).
    kept_y, kept_x
        Lines that are kept.
    """

    drop_y: Lines
    drop_x: Lines
    coarse_y: Lines
    coarse_x: Lines
    kept_y: Lines
    kept_x: Lines

    @classmethod
    def of(cls, drop_y: Lines, drop_x: Lines) -> Coarsening:
        """From a mark, one where dropped, for each line; no two neighbours and not the outermost."""
        coarse = [np.cumsum(drop == 0) - 1 for drop in (drop_y, drop_x)]
        kept = [np.flatnonzero(drop == 0) for drop in (drop_y, drop_x)]
        padded = [np.append(drop, 0) for drop in (drop_y, drop_x)]
        return cls(*(np.ascontiguousarray(lines, dtype=np.int32) for lines in (*padded, *coarse, *kept)))

    @property
    def shape(self) -> tuple[int, int]:
        """Lines kept along y and x."""
        return len(self.kept_y), len(self.kept_x)


def lines_to_drop(line: NDArray[np.float64], spacing: float) -> Lines:
    """Mark lines that may go without any gap wider than ``spacing``, no two neighbours, never the outermost."""
    drop = np.zeros(len(line), dtype=np.int32)
    limit = spacing * (1.0 + 1e-6)
    index = 1
    while index < len(line) - 1:
        if line[index + 1] - line[index - 1] <= limit:
            drop[index] = 1
            index += 1
        index += 1
    return drop
