"""Floorplans: named rectangles that carry power. HotSpot's ``.flp`` files are read as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import MeshError

Array = NDArray[np.float64]

LARGEST_LENGTH = 10.0
"""Of anything in a floorplan [m]: what is larger was written in another unit."""

OVERLAP_SHARE = 1e-3
"""Share of the smaller block that two blocks may have in common: what rounding to micrometres leaves."""


@dataclass(frozen=True)
class Floorplan:
    """Rectangular blocks.

    Attributes
    ----------
    names
        Unique.
    x, y
        Lower left corners, shape (blocks,) [m].
    width, height
        Along x and y, shape (blocks,) [m].
    """

    names: tuple[str, ...]
    x: Array
    y: Array
    width: Array
    height: Array

    @property
    def area(self) -> Array:
        """Of each block [m2]."""
        return self.width * self.height

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest x, largest x, smallest y, largest y [m]."""
        right, top = self.x + self.width, self.y + self.height
        return float(self.x.min()), float(right.max()), float(self.y.min()), float(top.max())

    def moved(self, x: float, y: float) -> Floorplan:
        """Return the floorplan shifted by ``x`` and ``y`` [m]."""
        return Floorplan(self.names, self.x + x, self.y + y, self.width, self.height)

    def overlap(self, x_edges: Array, y_edges: Array) -> scipy.sparse.csr_matrix:
        """Area that each block shares with each cell of a grid [m2].

        Returns
        -------
        Sparse matrix (blocks, ny * nx); cells count along x first.
        """
        along_x = _lengths(self.x, self.x + self.width, x_edges)
        along_y = _lengths(self.y, self.y + self.height, y_edges)
        cells, areas = [], []
        for across, up in zip(along_x, along_y, strict=True):
            column, row = np.flatnonzero(across), np.flatnonzero(up)
            cells.append((row[:, None] * len(across) + column).ravel())
            areas.append((up[row, None] * across[column]).ravel())
        shape = (len(self.names), along_x.shape[1] * along_y.shape[1])
        starts = np.cumsum([0, *(len(block) for block in cells)])
        return scipy.sparse.csr_matrix((np.concatenate(areas), np.concatenate(cells), starts), shape=shape)


def _lengths(start: Array, end: Array, edges: Array) -> Array:
    """Length that each interval shares with each interval between edges, (intervals, cells) [m]."""
    low = np.maximum(start[:, None], edges[None, :-1])
    high = np.minimum(end[:, None], edges[None, 1:])
    return np.asarray(np.maximum(high - low, 0.0))


def grid_floorplan(nx: int, ny: int, width: float, height: float) -> Floorplan:
    """Divide a rectangle into ``nx`` by ``ny`` equal blocks; ``r0c0`` is the lower left, rows count along y."""
    column, row = np.tile(np.arange(nx), ny), np.repeat(np.arange(ny), nx)
    return Floorplan(
        names=tuple(f"r{r}c{c}" for r, c in zip(row, column, strict=True)),
        x=column * (width / nx),
        y=row * (height / ny),
        width=np.full(nx * ny, width / nx),
        height=np.full(nx * ny, height / ny),
    )


def read_flp(path: Path) -> Floorplan:
    """Read a HotSpot floorplan and move it so that it starts at 0, 0.

    Lines hold name, width, height, left x, bottom y [m].
    Comments, empty lines, and lines of wire density between two blocks are passed over, as HotSpot does.

    Raises
    ------
    MeshError
        With file and line of what cannot be read, or the blocks that overlap.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MeshError(f"{path}: floorplan not found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MeshError(f"{path}: cannot be read as text: {error}") from None
    names: dict[str, int] = {}
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.partition("#")[0].split()
        if not fields or _is_wire_density(fields):
            continue
        rows.append(_block(fields, f"{path}:{number}"))
        if fields[0] in names:
            raise MeshError(f"{path}:{number}: block {fields[0]!r} is already on line {names[fields[0]]}")
        names[fields[0]] = number
    if not rows:
        raise MeshError(f"{path}: no block in it; expected lines of: name width height left-x bottom-y")
    width, height, x, y = np.array(rows).T
    floorplan = Floorplan(tuple(names), x - x.min(), y - y.min(), width, height)
    _refuse_overlaps(floorplan, path, list(names.values()))
    return floorplan


def _is_wire_density(fields: list[str]) -> bool:
    """Tell ``block block number``, HotSpot's note of wires between two blocks, from a block with missing columns."""
    return len(fields) == 3 and _number(fields[1]) is None and _number(fields[2]) is not None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _block(fields: list[str], where: str) -> tuple[float, ...]:
    if len(fields) not in (5, 6, 7):
        raise MeshError(
            f"{where}: {len(fields)} columns; expected name width height left-x bottom-y [specific-heat] [resistivity]"
        )
    values = [_number(field) for field in fields[1:]]
    for field, value in zip(fields[1:], values, strict=True):
        if value is None or not math.isfinite(value):
            raise MeshError(f"{where}: {field!r} is not a finite number")
    numbers = tuple(value for value in values if value is not None)
    for label, value in zip(("width", "height", "left-x", "bottom-y"), numbers, strict=False):
        if abs(value) > LARGEST_LENGTH:
            raise MeshError(
                f"{where}: {label} {value:g} m of block {fields[0]!r} is more than {LARGEST_LENGTH:g} m"
            )
        if value <= 0.0 and label in ("width", "height"):
            raise MeshError(f"{where}: {label} {value:g} m of block {fields[0]!r} must be greater than 0")
    return numbers[:4]


def _refuse_overlaps(floorplan: Floorplan, path: Path, lines: list[int]) -> None:
    right, top = floorplan.x + floorplan.width, floorplan.y + floorplan.height
    for block in range(len(lines) - 1):
        rest = slice(block + 1, None)
        across = np.minimum(right[block], right[rest]) - np.maximum(floorplan.x[block], floorplan.x[rest])
        along = np.minimum(top[block], top[rest]) - np.maximum(floorplan.y[block], floorplan.y[rest])
        shared = np.maximum(across, 0.0) * np.maximum(along, 0.0)
        allowed = OVERLAP_SHARE * np.minimum(floorplan.area[block], floorplan.area[rest])
        if (shared > allowed).any():
            other = block + 1 + int(np.argmax(shared - allowed))
            raise MeshError(
                f"{path}:{lines[other]}: block {floorplan.names[other]!r} overlaps {floorplan.names[block]!r} "
                f"of line {lines[block]} by {shared[other - block - 1]:.3g} m2"
            )
