"""The loop's pressure balance leg by leg, and the operating map."""

from __future__ import annotations

import numpy as np

from reports.figures.style import (
    BLUE,
    GREEN,
    GREY,
    HEAT,
    ORANGE,
    PURPLE,
    Figure,
    canvas,
    celsius,
    colour_map,
    finish,
    label,
    plain,
)
from reports.language import Words
from reports.run_directory import RunDirectory, listed, mapping
from reports.verdict import LIMITS, number, numbers

TERMS = (("friction", BLUE), ("acceleration", PURPLE), ("gravity", ORANGE), ("local", GREEN))
HATCHES = {"friction": "", "acceleration": "....", "gravity": "////", "local": "xxxx"}
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MOST_DOTS = 8760
NO_LIMIT = (
    "No limit is reached on this map: the loop carries the heat and the chip stays below its own limit. "
    "Dots are the year's hours."
)


def pressure_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Pressure drop of each leg split into its terms; None without them."""
    legs = {
        name: numbers(terms)
        for name, terms in mapping(run.result("loop"), "pressure_drops_Pa").items()
        if numbers(terms)
    }
    if not legs:
        return None
    drawing = canvas(height=1.2 + 0.36 * (len(legs) + 1))
    axes = drawing.subplots()
    place = np.arange(len(legs))
    ahead, behind = np.zeros(len(legs)), np.zeros(len(legs))
    for term, colour in TERMS:
        drop = np.array([entry.get(term, 0.0) for entry in legs.values()]) / 1e3
        left = np.where(drop >= 0.0, ahead, behind)
        axes.barh(
            place,
            drop,
            0.58,
            left=left,
            color=colour,
            hatch=HATCHES[term],
            edgecolor="white",
            lw=0.4,
            label=tr(term),
        )
        ahead += np.maximum(drop, 0.0)
        behind += np.minimum(drop, 0.0)
    net = ahead + behind
    axes.plot(net, place, "D", color="#202124", ms=4, label=tr("sum of the leg"))
    names = [tr(name.replace("_", " ")) for name in legs]
    axes.set_yticks(place, [plain(name) for name in names])
    axes.invert_yaxis()
    axes.axvline(0.0, color=GREY, lw=0.9)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(tr("Pressure drop along the flow [kPa]"))
    drawing.legend(loc="outside upper left", ncols=5)
    caption = tr("Negative terms drive the flow. Sum around the loop: {total:.1g} Pa.", total=net.sum() * 1e3)
    return finish(drawing, "pressure", tr("Pressure balance leg by leg"), caption)


def operating_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Power against outdoor temperature with each limit as a line and the year's hours as dots."""
    chart = run.operating_map
    if not chart:
        return None
    from matplotlib import patheffects

    drawing = canvas(height=4.2)
    axes = drawing.subplots()
    air, power = (np.asarray(chart.get(key, []), float) for key in ("dry_bulb_K", "power_W"))
    hottest = np.array(chart.get("T_max_K", []), dtype=float)
    if hottest.shape == (power.size, air.size) and hottest.size and np.isfinite(hottest).sum() > 3:
        warm = celsius(hottest)
        filled = axes.contourf(celsius(air), power / 1e3, warm, levels=12, cmap=colour_map(HEAT), alpha=0.85)
        drawing.colorbar(filled, ax=axes, label=tr("Hottest point [°C]"), pad=0.02)
    gaps = bool(hottest.size and np.isnan(hottest).any())
    halo = [patheffects.withStroke(linewidth=3.4, foreground="white")]
    limits = listed(chart, "limits")
    for index, limit in enumerate(limits):
        name = str(limit.get("name", ""))
        x, y = np.asarray(limit["dry_bulb_K"], float), np.asarray(limit["power_W"], float)
        title = plain(tr(LIMITS.get(name, name)))
        axes.plot(
            celsius(x),
            y / 1e3,
            color="#111111",
            ls=LINES[index % len(LINES)],
            lw=1.8,
            marker="o" if x.size == 1 else None,
            ms=4,
            label=title,
            path_effects=halo,
        )
    if run.year is not None and {"dry_bulb_K", "it_power_W"} <= set(run.year.columns):
        racks = float(chart.get("racks", 1) or 1) / chip_share(run)
        step = max(1, len(run.year) // MOST_DOTS)
        hours = run.year.iloc[::step]
        axes.plot(
            celsius(hours["dry_bulb_K"]),
            hours["it_power_W"].to_numpy(float) / racks / 1e3,
            ".",
            color="#101010",
            mec="white",
            mew=0.2,
            ms=3.2,
            label=tr("hours of the year"),
            rasterized=True,
        )
    label(axes, tr("Outdoor air [°C]"), tr("Power of a rack's chips [kW]"))
    axes.grid(visible=False)
    if axes.get_legend_handles_labels()[1]:
        drawing.legend(loc="outside upper left", ncols=5)
    caption = tr("Each line is a limit; dots are the year's hours." if limits or gaps else NO_LIMIT)
    if gaps:
        caption += " " + tr("White: the loop does not carry the heat, or no steady state was found.")
    return finish(drawing, "operating_map", tr("Operating map"), caption)


def chip_share(run: RunDirectory) -> float:
    """Share of the IT power that the chips take [-]; 1 where the run does not tell them apart."""
    facility = run.result("facility")
    chips, it_energy = (number(facility.get(key), 0.0) for key in ("chip_energy_kWh", "ite_energy_kWh"))
    return chips / it_energy if 0.0 < chips < it_energy else 1.0
