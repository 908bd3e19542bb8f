"""Figures that show two runs on common axes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reports.figures.style import (
    BLUE,
    COLD,
    GREY,
    ORANGE,
    Figure,
    canvas,
    celsius,
    colour_map,
    finish,
    label,
    plain,
    thin,
    told_apart,
)
from reports.figures.year import MONTHS, hourly
from reports.grid import Grid
from reports.language import Words
from reports.run_directory import RunDirectory
from reports.verdict import LIMITS, margins

COLOURS = (BLUE, ORANGE)
Names = tuple[str, str]


def margin_pair(first: RunDirectory, second: RunDirectory, names: Names, tr: Words) -> Figure | None:
    """Margins of both runs as bars; None where neither has any."""
    found = (margins(first), margins(second))
    keys = list(dict.fromkeys((*found[0], *found[1])))
    if not keys:
        return None
    drawing = canvas(height=0.9 + 0.42 * len(keys))
    axes = drawing.subplots()
    place = np.arange(len(keys))
    for index, (margin, name) in enumerate(zip(found, names, strict=True)):
        width = [margin.get(key, np.nan) for key in keys]
        hatch = "" if index == 0 else "////"
        axes.barh(
            place + 0.38 * index,
            width,
            0.34,
            color=COLOURS[index],
            hatch=hatch,
            edgecolor="white",
            label=plain(name),
        )
    axes.set_yticks(place + 0.19, [plain(tr(LIMITS.get(key, key))) for key in keys])
    axes.invert_yaxis()
    axes.axvline(0.0, color=GREY, lw=0.9)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(tr("Margin [–]"))
    drawing.legend(loc="outside upper left", ncols=2)
    return finish(drawing, "margin_pair", tr("Margins to the limits"))


def history_pair(first: RunDirectory, second: RunDirectory, names: Names, tr: Words) -> Figure | None:
    """Hottest point of both runs over time; None where one has no time series."""
    tables = (first.history, second.history)
    drawing = canvas()
    axes = drawing.subplots()
    for table, name, colour in zip(tables, names, COLOURS, strict=True):
        if table is None or not {"time_s", "T_max_K"} <= set(table.columns):
            return None
        axes.plot(
            *thin(table["time_s"].to_numpy(float), celsius(table["T_max_K"])), color=colour, label=plain(name)
        )
    label(axes, tr("Time [s]"), tr("Hottest point [°C]"))
    drawing.legend(loc="outside upper left", ncols=2)
    return finish(drawing, "history_pair", tr("Hottest point over time"))


def month_pair(first: RunDirectory, second: RunDirectory, names: Names, tr: Words) -> Figure | None:
    """PUE by month of both runs; None where one has no year."""
    drawing = canvas()
    axes = drawing.subplots()
    for index, (run, name) in enumerate(zip((first, second), names, strict=True)):
        year = hourly(run)
        if year is None:
            return None
        month, it_power, total, _ = year
        pue = [total[month == m].sum() / it_power[month == m].sum() for m in np.unique(month)]
        axes.plot(np.unique(month), pue, marker="os"[index], ms=4, color=COLOURS[index], label=plain(name))
    axes.set_xticks(range(12), [tr(name) for name in MONTHS])
    axes.set_ylabel(tr("PUE [–]"))
    drawing.legend(loc="outside upper left", ncols=2)
    return finish(drawing, "month_pair", tr("PUE by month"))


def difference_colours(values: npt.NDArray[np.float64]) -> tuple[str, float, float]:
    """Colour map and its limits: diverging about zero where the sign changes, sequential where it does not."""
    low, high = float(values.min()), float(values.max())
    if low < 0.0 < high:
        return "RdBu_r", *told_apart(-max(-low, high), max(-low, high))
    return COLD, *told_apart(low, high)


def difference_figure(difference: Grid, tr: Words) -> Figure:
    """Map of the difference at the height where it is greatest."""
    k = int(np.abs(difference.temperature).max(axis=(1, 2)).argmax())
    values = difference.temperature[k]
    colours, low, high = difference_colours(values)
    aspect = np.ptp(difference.y) / np.ptp(difference.x)
    drawing = canvas(7.6, float(np.clip(5.0 * aspect, 2.2, 6.0)))
    axes = drawing.subplots()
    axes.grid(visible=False)
    axes.set_aspect("equal")
    x, y = 1e3 * difference.x, 1e3 * difference.y
    image, extent = difference.map(k, 320), (x[0], x[-1], y[0], y[-1])
    drawn = axes.imshow(image, extent=extent, origin="lower", cmap=colour_map(colours), vmin=low, vmax=high)
    label(axes, tr("x [mm]"), tr("y [mm]"))
    drawing.colorbar(drawn, ax=axes, label=tr("Temperature difference [K]"), pad=0.02)
    caption = tr("Second minus first, hottest modules, at z = {z:.3g} mm.", z=1e3 * difference.z[k])
    return finish(drawing, "difference_map", tr("Difference of the temperature fields"), caption)
