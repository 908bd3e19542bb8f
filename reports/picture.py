"""One still picture of the hottest module, cut through its hot spot, rendered without a display."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reports.field_file import hottest_field, open_pyvista, read_field
from reports.figures.style import HEAT, Figure, canvas, colour_map, finish, plain, told_apart
from reports.language import Words
from reports.run_directory import RunDirectory

if TYPE_CHECKING:
    import pyvista

SIZE = (1500, 820)
HEIGHT_SHARE = 0.2
"""Height of the drawn stack over its width; thin packages are stretched to it."""


def exaggeration(size: npt.NDArray[np.float64]) -> float:
    """Round stretch of z [-] that gives a stack of ``size`` (3,) [m] a visible height, at least 1.

    Examples
    --------
    >>> exaggeration(np.array([0.32, 0.32, 0.007]))
    10.0
    """
    wanted = HEIGHT_SHARE * float(max(size[0], size[1])) / max(float(size[2]), 1e-9)
    steps = [step * 10.0**power for power in range(5) for step in (1, 2, 5)]
    return float(max([step for step in steps if step <= 1.2 * wanted], default=1.0))


def package_picture(run: RunDirectory, tr: Words) -> Figure | None:
    """Draw the package temperature [°C] of the hottest module; None when the run holds no field."""
    file = hottest_field(run)
    if file is None:
        return None
    grid = read_field(file)
    size = np.diff(np.reshape(grid.bounds, (3, 2)), axis=1)[:, 0]
    stretch = exaggeration(size)
    temperature = np.asarray(grid.point_data["temperature_K"]) - 273.15
    grid.point_data["celsius"] = temperature
    hot = np.asarray(grid.points)[temperature.argmax()]
    image = _render(grid, hot, stretch)
    drawing = canvas(7.6, 3.9)
    axes = drawing.subplots()
    axes.axis("off")
    image = _without_margin(image)
    low, high = float(temperature.min()), float(temperature.max())
    least, most = told_apart(low, high)
    drawn = axes.imshow(image, cmap=colour_map(HEAT), vmin=least, vmax=most)
    drawing.colorbar(drawn, ax=axes, label=tr("Temperature [°C]"), shrink=0.72, pad=0.01, aspect=28)
    caption = tr(
        "{module}, cut through the hottest point ({value:.1f} °C). Heights are stretched {stretch:g} times.",
        module=plain(file.stem),
        value=high,
        stretch=stretch,
    )
    return finish(drawing, "package", tr("Temperature of the package"), caption)


def _render(
    grid: pyvista.UnstructuredGrid, hot: npt.NDArray[np.float64], stretch: float
) -> npt.NDArray[np.uint8]:
    pyvista = open_pyvista()
    half = grid.clip(normal=(0, -1, 0), origin=(hot[0], hot[1], 0), crinkle=False)
    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE, lighting="three lights")
    limits = told_apart(float(grid["celsius"].min()), float(grid["celsius"].max()))
    light = {"ambient": 0.55, "diffuse": 0.5, "specular": 0.0}
    scaled = half.scale((1, 1, stretch))
    plotter.add_mesh(
        scaled, scalars="celsius", cmap=colour_map(HEAT), clim=limits, show_scalar_bar=False, **light
    )
    outline = grid.outline().scale((1, 1, stretch))
    plotter.add_mesh(outline, color="#9aa0a6", line_width=1.5)
    if "layer" in half.cell_data:
        for layer in np.unique(half.cell_data["layer"]):
            edges = half.extract_cells(
                np.flatnonzero(half.cell_data["layer"] == layer)
            ).extract_feature_edges(50)
            plotter.add_mesh(edges.scale((1, 1, stretch)), color="#ffffff", line_width=1.2, opacity=0.7)
    plotter.set_background("white")
    plotter.view_vector((0.45, -1.0, 0.62))
    plotter.camera.zoom(1.45)
    plotter.enable_anti_aliasing("ssaa")
    image: npt.NDArray[np.uint8] = plotter.screenshot(return_img=True)
    plotter.close()
    return image


def _without_margin(image: npt.NDArray[np.uint8], margin: int = 12) -> npt.NDArray[np.uint8]:
    """Cut away the white around what is drawn, all but a few pixels."""
    drawn = (image < 250).any(axis=2)
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if not rows.size:
        return image
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    return image[top : rows[-1] + margin, left : columns[-1] + margin]
