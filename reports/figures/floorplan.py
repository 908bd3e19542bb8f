"""Temperature maps at the heated layer, with the floorplan's outlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.field_file import hottest_field
from reports.figures.style import HEAT, Figure, canvas, colour_map, finish, label, plain, told_apart
from reports.grid import Grid, Grids, NotTensorGridError
from reports.language import Words
from reports.run_directory import RunDirectory, listed
from reports.verdict import is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMES = 40
MOST_MODULES = 32
LARGE, SMALL = 320, 96
"""Most pixels a side of the large map and of the small ones."""


@dataclass(frozen=True)
class Block:
    """A rectangle of the floorplan [m]."""

    name: str
    x: float
    y: float
    width: float
    height: float


def floorplan_figure(run: RunDirectory, grids: Grids, tr: Words) -> Figure | None:
    """Map of the hottest module at its hottest height; None without a field on a tensor-product grid."""
    file = hottest_field(run)
    if file is None:
        return None
    try:
        grid = grids[file]
    except NotTensorGridError:
        return None
    k, j, i = grid.hottest()
    blocks = read_blocks(run)
    aspect = np.ptp(grid.y) / np.ptp(grid.x)
    drawing = canvas(7.6, float(np.clip(5.4 * aspect, 2.2, 6.2)))
    axes = drawing.subplots()
    drawn = _map(axes, grid, grid.map(k, LARGE))
    _outline(axes, blocks, names=len(blocks) <= MOST_NAMES, large=True)
    x, y = 1e3 * grid.x[i], 1e3 * grid.y[j]
    axes.plot(x, y, "o", mfc="none", mec="white", ms=9, mew=1.6)
    axes.plot(x, y, "o", mfc="none", mec="black", ms=11, mew=0.8)
    label(axes, tr("x [mm]"), tr("y [mm]"))
    drawing.colorbar(drawn, ax=axes, label=tr("Temperature [°C]"), pad=0.02)
    caption = tr(
        "{module} at z = {z:.3g} mm, the height of its hottest point ({value:.1f} °C, ringed).",
        module=file.stem.replace("_", " "),
        z=1e3 * grid.z[k],
        value=grid.temperature[k, j, i],
    )
    if blocks:
        caption += " " + tr("Outlines: floorplan blocks.")
    return finish(drawing, "floorplan", tr("Temperature map of the hottest module"), caption)


def modules_figure(run: RunDirectory, grids: Grids, tr: Words) -> Figure | None:
    """Maps of all modules on one scale; None for fewer than two."""
    files = run.fields[:MOST_MODULES]
    if len(files) < 2:
        return None
    try:
        modules = [grids[file] for file in files]
    except NotTensorGridError:
        return None
    maps = [grid.map(grid.hottest()[0], SMALL) for grid in modules]
    low, high = min(float(t.min()) for t in maps), max(float(t.max()) for t in maps)
    columns = min(len(files), 8)
    rows = -(-len(files) // columns)
    drawing = canvas(7.6, 0.5 + 1.15 * rows * (8 / columns) ** 0.5)
    all_axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    blocks = read_blocks(run)
    for axes, file, grid, values in zip(all_axes, files, modules, maps, strict=False):
        drawn = _map(axes, grid, values, (low, high))
        _outline(axes, blocks)
        axes.set_title(
            f"{file.stem.rsplit('_', 1)[-1]}: {grid.temperature.max():.1f} °C", fontsize=7.5, pad=2
        )
        axes.set_xticks([])
        axes.set_yticks([])
    for axes in all_axes[len(files) :]:
        axes.axis("off")
    drawing.colorbar(drawn, ax=list(all_axes), label=tr("Temperature [°C]"), pad=0.01, shrink=0.9)
    caption = tr("Each module at the height of its hottest point, all on one scale.")
    return finish(drawing, "modules", tr("Temperature maps of the modules"), caption)


def read_blocks(run: RunDirectory) -> list[Block]:
    """Return the floorplan's rectangles; entries that are not whole are left out."""
    keys = ("x_m", "y_m", "width_m", "height_m")
    return [
        Block(str(entry.get("name", "")), *(float(entry[key]) for key in keys))
        for entry in listed(run.blocks, "blocks")
        if all(is_number(entry.get(key)) for key in keys)
    ]


def _map(
    axes: Axes, grid: Grid, values: np.ndarray[Any, Any], limits: tuple[float, float] | None = None
) -> Any:
    low, high = told_apart(*(limits or (float(values.min()), float(values.max()))))
    axes.grid(visible=False)
    axes.set_aspect("equal")
    extent = (1e3 * grid.x[0], 1e3 * grid.x[-1], 1e3 * grid.y[0], 1e3 * grid.y[-1])
    return axes.imshow(values, extent=extent, origin="lower", cmap=colour_map(HEAT), vmin=low, vmax=high)


def _outline(axes: Axes, blocks: Sequence[Block], *, names: bool = False, large: bool = False) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    width = 0.45 if large else 0.15
    shapes = [Rectangle((1e3 * b.x, 1e3 * b.y), 1e3 * b.width, 1e3 * b.height) for b in blocks]
    # dark beside white: seen on the light end of the colours as well as on the dark one
    for colour, broad in (("#202124", 2.4 * width), ("white", width))[0 if large else 1 :]:
        axes.add_collection(
            PatchCollection(shapes, facecolor="none", edgecolor=colour, linewidth=broad, alpha=0.7)
        )
    if names:
        for block in blocks:
            middle = (1e3 * (block.x + block.width / 2), 1e3 * (block.y + block.height / 2))
            axes.text(
                *middle,
                plain(block.name[:14]),
                color="#202124",
                path_effects=[withStroke(linewidth=2.0, foreground="white", alpha=0.85)],
                fontsize=7,
                ha="center",
                va="center",
                clip_on=True,
            )
