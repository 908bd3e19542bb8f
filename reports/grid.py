"""A module's temperature on its tensor-product grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reports.figures.style import celsius
from reports.picture import read_field

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A module's field: x, y, z [m], temperature (nz, ny, nx) [°C], layer of each cell in z."""

    x: Floats
    y: Floats
    z: Floats
    temperature: Floats
    layer: npt.NDArray[np.int64]

    def hottest(self) -> tuple[int, int, int]:
        """Index (k, j, i) of the hottest node."""
        k, j, i = np.unravel_index(int(np.nanargmax(self.temperature)), self.temperature.shape)
        return int(k), int(j), int(i)


def read_grid(file: Path) -> Grid:
    """Read a module's field onto its tensor-product grid.

    Raises
    ------
    ValueError
        If the points are not those of a tensor-product grid.
    """
    field = read_field(file)
    points = np.asarray(field.points, float)
    axes, places = zip(*(np.unique(points[:, axis], return_inverse=True) for axis in range(3)), strict=True)
    shape = tuple(axis.size for axis in axes[::-1])
    if np.prod(shape) != len(points):
        raise ValueError(f"{file.name}: not a tensor-product grid")
    temperature = np.full(shape, np.nan)
    temperature[places[2], places[1], places[0]] = celsius(field.point_data["temperature_K"])
    layer = np.zeros(shape[0] - 1, np.int64)
    if "layer" in field.cell_data:
        height = np.asarray(field.cell_centers().points)[:, 2]
        layer[np.searchsorted(axes[2], height) - 1] = np.asarray(field.cell_data["layer"], np.int64)
    return Grid(axes[0], axes[1], axes[2], temperature, layer)
