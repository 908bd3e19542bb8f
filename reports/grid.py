"""A module's temperature on its tensor-product grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reports.field_file import read_field
from reports.figures.style import celsius

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A module's field: x, y, z [m], temperature (nz, ny, nx) [°C], layer of each cell in z."""

    x: Floats
    y: Floats
    z: Floats
    temperature: Floats
    layer: npt.NDArray[np.int64]

    def map(self, k: int, pixels: int) -> Floats:
        """Temperature at node height ``k`` on evenly spread points, at most ``pixels`` a side."""
        from scipy.interpolate import RegularGridInterpolator

        even = [np.linspace(axis[0], axis[-1], min(pixels, 4 * axis.size)) for axis in (self.y, self.x)]
        where = np.stack(np.meshgrid(*even, indexing="ij"), axis=-1)
        values: Floats = RegularGridInterpolator((self.y, self.x), self.temperature[k])(where)
        return values

    def hottest(self) -> tuple[int, int, int]:
        """Index (k, j, i) of the hottest node."""
        k, j, i = np.unravel_index(int(np.nanargmax(self.temperature)), self.temperature.shape)
        return int(k), int(j), int(i)


class NotTensorGridError(ValueError):
    """A field whose points are not those of a tensor-product grid."""


class Grids:
    """The fields of a run, each read once."""

    def __init__(self) -> None:
        self._read: dict[Path, Grid] = {}

    def put(self, file: Path, grid: Grid) -> None:
        """Set the field of a file."""
        self._read[file] = grid

    def __getitem__(self, file: Path) -> Grid:
        if file not in self._read:
            self.put(file, read_grid(file))
        return self._read[file]


def read_grid(file: Path) -> Grid:
    """Read a module's field onto its tensor-product grid.

    Raises
    ------
    NotTensorGridError
        If the points are not those of a tensor-product grid.
    """
    field = read_field(file)
    points = np.asarray(field.points, float)
    axes, places = zip(*(np.unique(points[:, axis], return_inverse=True) for axis in range(3)), strict=True)
    shape = tuple(axis.size for axis in axes[::-1])
    if np.prod(shape) != len(points):
        raise NotTensorGridError(f"{file.name}: not a tensor-product grid")
    temperature = np.full(shape, np.nan)
    temperature[places[2], places[1], places[0]] = celsius(field.point_data["temperature_K"])
    layer = np.zeros(shape[0] - 1, np.int64)
    if "layer" in field.cell_data:
        height = np.asarray(field.cell_centers().points)[:, 2]
        layer[np.searchsorted(axes[2], height) - 1] = np.asarray(field.cell_data["layer"], np.int64)
    return Grid(axes[0], axes[1], axes[2], temperature, layer)
