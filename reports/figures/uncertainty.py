"""How sure the results are: the spread of the hottest point and of the PUE, and which source rules each quantity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reports.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Figure,
    canvas,
    finish,
    label,
    plain,
)
from reports.language import Words
from reports.run_directory import RunDirectory, mapping
from reports.verdict import LIMITS, is_number, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELSIUS = 273.15
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, "#f0e442", "#3c4043")
SPREADS = (("chip.T_max_K", "Hottest point [°C]", -CELSIUS, ".1f"), ("facility.pue", "PUE [–]", 0.0, ".4f"))
"""Quantities whose draws are shown: their name, axis, shift and digits."""
NAMED = 0.05
"""Share of a quantity's scatter from which a source is drawn in a colour of its own [-]."""
WORDS = {
    "chip.T_max_K": "Hottest point",
    "loop.T_sat_evaporator_K": "Saturation, evaporator",
    "loop.mass_flow_kg_s": "Loop flow",
    "facility.pue": "PUE",
    "facility.T_max_K": "Hottest point of the year",
    "facility.hours_above_limit": "Hours above the limit",
    "chip.runaway_margin": "Thermal runaway",
}


def quantity_words(name: str, tr: Words) -> str:
    """Name of a quantity for people."""
    if name.startswith("loop.margins."):
        limit = name.removeprefix("loop.margins.")
        return tr("Margin: {limit}", limit=tr(LIMITS.get(limit, limit)))
    return tr(WORDS.get(name, name))


def moving(run: RunDirectory) -> dict[str, dict[str, Any]]:
    """Return the quantities whose scatter some source explains."""
    found = mapping(run.result("uncertainty"), "quantities")
    return {
        str(name): one
        for name, one in found.items()
        if isinstance(one, dict) and max(numbers(one.get("shares")).values(), default=0.0) > 0.0
    }


def spread_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Histogram of the draws with their 5, 50 and 95 %; None without draws."""
    quantities = mapping(run.result("uncertainty"), "quantities")
    shown = [
        (name, one, axis, shift, digits)
        for name, axis, shift, digits in SPREADS
        if is_number((one := mapping(quantities, name)).get("p50")) and name in moving(run)
    ]
    if run.draws is None or not shown:
        return None
    drawing = canvas(height=2.6)
    for axes, (name, one, axis, shift, digits) in zip(
        np.ravel(drawing.subplots(1, len(shown))), shown, strict=True
    ):
        drawn = run.draws[name].to_numpy(dtype=float)
        values = drawn[np.isfinite(drawn)] + float(one.get("mesh_shift") or 0.0) + shift
        _histogram(axes, values, one, shift, digits, tr)
        label(axes, tr(axis), tr("Draws"))
    caption = tr("Dashed: 5, 50 and 95 % of the draws. Full line: the run itself, all factors at 1.")
    return finish(drawing, "uncertainty_spread", tr("Spread of the draws"), caption)


def _histogram(
    axes: Axes, values: npt.NDArray[np.float64], one: Mapping[str, Any], shift: float, digits: str, tr: Words
) -> None:
    axes.hist(values, bins=min(24, max(8, int(np.sqrt(values.size) * 1.5))), color=SKY, edgecolor="white")
    for each, lift in (("p05", 1), ("p50", 11), ("p95", 1)):  # the middle one above: skewed draws are close
        place = float(one[each]) + shift
        axes.axvline(place, color=GREY, lw=0.9, ls="--")
        axes.annotate(
            f"{place:{digits}}",
            (place, 1.0),
            (0, lift),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            color="#3c4043",
        )
    if is_number(one.get("base")):
        axes.axvline(float(one["base"]) + shift, color=BLUE, lw=1.4)
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", integer=True)


def shares_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Share of each quantity's scatter that each source explains, as stacked bars; None without draws."""
    quantities = moving(run)
    if not quantities:
        return None
    shares = {name: numbers(one.get("shares")) for name, one in quantities.items()}
    sources = dict.fromkeys(
        source
        for found in shares.values()
        for source, share in sorted(found.items(), key=lambda item: -item[1])
        if share >= NAMED
    )
    drawing = canvas(height=1.2 + 0.34 * len(shares))
    axes = drawing.subplots()
    place, end = np.arange(len(shares)), np.zeros(len(shares))
    for index, source in enumerate(sources):
        width = np.array([min(found.get(source, 0.0), 1.0) for found in shares.values()])
        hatch = "////" if index >= len(COLOURS) else None
        axes.barh(
            place,
            width,
            0.62,
            left=end,
            color=COLOURS[index % len(COLOURS)],
            edgecolor="white",
            lw=0.5,
            hatch=hatch,
            label=plain(source.replace("_", " ")),
        )
        end += width
    axes.set_yticks(place, [plain(quantity_words(name, tr)) for name in shares])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0.0, max(1.0, float(end.max())))
    axes.set_xlabel(tr("Share of the scatter [–]"))
    drawing.legend(loc="outside upper left", ncols=4)
    caption = tr(
        "Relative weights of the regression of ranks; what is left to 1 is chance and joint effects."
    )
    return finish(drawing, "uncertainty_shares", tr("What rules the scatter"), caption)
