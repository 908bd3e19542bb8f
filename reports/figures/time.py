"""Temperature and power over time."""

from __future__ import annotations

import numpy as np

from reports.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    SKY,
    Figure,
    canvas,
    celsius,
    finish,
    label,
    plain,
    thin,
)
from reports.language import Words
from reports.run_directory import RunDirectory

SHOWN_BLOCKS = 40


def history_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Temperatures above, power below, on one time axis; None without a time series."""
    table = run.history
    if table is None or "time_s" not in table or len(table) < 2:
        return None
    time = table["time_s"].to_numpy(float)
    drawing = canvas(height=4.8 if "T_sat_evaporator_K" in table else 4.2)
    panels = drawing.subplots(3 if "T_sat_evaporator_K" in table else 2, 1, sharex=True, squeeze=False)[:, 0]
    upper, lower = panels[0], panels[-1]
    blocks = [name for name in table if str(name).startswith("T_max_K[")]
    coolest_first = sorted(blocks, key=lambda name: float(table[name].max()))
    for index, name in enumerate(coolest_first[-SHOWN_BLOCKS:]):
        series = celsius(table[name])
        upper.plot(*thin(time, series, 600), color="#b4b9be", lw=0.5, label=None if index else tr("blocks"))
    curves = (
        (upper, "T_max_K", "hottest point", RED),
        (upper, "T_mean_K", "mean", BLUE),
        (panels[1], "T_sat_evaporator_K", "saturation, evaporator", GREEN),
        (lower, "power_W", "power, hottest module", ORANGE),
        (lower, "heat_to_loop_W", "heat to the loop", SKY),
    )
    for axes, name, title, colour in curves:
        if name in table:
            values = table[name].to_numpy(float)
            shown = celsius(values) if name.endswith("_K") else values
            axes.plot(*thin(time, shown), color=colour, label=tr(title))
    for axes in panels:
        axes.set_ylabel(tr("Temperature [°C]"))
        axes.ticklabel_format(axis="y", useOffset=False)
        axes.legend(loc="lower left", ncols=3, bbox_to_anchor=(0, 0.97), borderaxespad=0.1)
    label(lower, tr("Time [s]"), tr("Power [W]"))
    upper.set_xlim(time[0], time[-1])
    caption = tr("Hottest module. Grey: the hottest point of each floorplan block.") if blocks else ""
    return finish(drawing, "history", tr("Temperature and power over time"), caption)


def block_power_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Power of each block over time as an image; None where no block powers were kept."""
    table = run.history
    if table is None or "time_s" not in table or len(table) < 2:
        return None
    names = [str(name) for name in table if str(name).startswith("power_W[")]
    if len(names) < 2:
        return None
    ordered = sorted(names, key=lambda name: -float(table[name].mean()))[:SHOWN_BLOCKS]
    rows = np.linspace(0, len(table) - 1, min(len(table), 800)).astype(int)
    image = table[ordered].to_numpy(float)[rows].T
    drawing = canvas(height=0.9 + 0.11 * len(ordered))
    axes = drawing.subplots()
    axes.grid(visible=False)
    time = table["time_s"].to_numpy(float)
    drawn = axes.imshow(
        image,
        aspect="auto",
        cmap="cividis",
        extent=(time[0], time[-1], len(ordered) - 0.5, -0.5),
        rasterized=True,
    )
    axes.set_yticks(range(len(ordered)), [plain(name[8:-1])[:24] for name in ordered], fontsize=6.5)
    axes.set_xlabel(tr("Time [s]"))
    drawing.colorbar(drawn, ax=axes, label=tr("Power [W]"), pad=0.015)
    shown = tr("Blocks by their mean power, the strongest at the top.")
    if len(ordered) < len(names):
        shown = tr("The {count} strongest of {total} blocks.", count=len(ordered), total=len(names))
    axes.tick_params(axis="y", length=0, colors=GREY)
    return finish(drawing, "block_power", tr("Power of the blocks over time"), shown)
