"""Plants compared in the same year: what each consumer adds to the PUE."""

from __future__ import annotations

import numpy as np

from reports.figures.energy import use_words
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
    plain,
)
from reports.language import Words
from reports.run_directory import RunDirectory, listed, mapping
from reports.verdict import is_number, numbers

PREFIX = "pue_"
"""Of the keys that hold a part of the PUE."""
COLOURS = (SKY, BLUE, RED, ORANGE, PURPLE, GREEN, GREY, "#f0e442", "#3c4043", "#bdc1c6")
LEAST = 5e-5
"""A part that adds less than this to every plant's PUE is not drawn."""
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
"""Keeps a line from crossing the number behind a bar."""
ROOM = 1.15
"""Of the longest bar, for the number behind it."""


def plants_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """PUE of each plant as a bar of its parts; None without a comparison."""
    plants = [plant for plant in listed(run.comparison, "plants") if is_number(plant.get("pue"))]
    parts = [
        {key.removeprefix(PREFIX): value for key, value in numbers(plant).items() if key.startswith(PREFIX)}
        for plant in plants
    ]
    names = [
        name
        for name in dict.fromkeys(name for plant in parts for name in plant)
        if max(plant.get(name, 0.0) for plant in parts) >= LEAST
    ]
    if not names:
        return None
    drawing = canvas(height=1.3 + 0.42 * len(plants))
    axes = drawing.subplots()
    place = np.arange(len(plants))
    end = np.ones(len(plants))
    for index, name in enumerate(names):
        share = np.array([plant.get(name, 0.0) for plant in parts])
        axes.barh(place, share, 0.62, left=end, color=COLOURS[index % len(COLOURS)], label=_words(name, tr))
        end += share
    for row, plant in enumerate(plants):
        axes.text(
            end[row] + 0.01 * float(end.max() - 1.0),
            row,
            f"{plant['pue']:.3f}",
            va="center",
            fontsize=8.5,
            color="#3c4043",
            bbox=BEHIND,
        )
    limit = mapping(run.comparison, "claim").get("limit")
    if is_number(limit):
        axes.axvline(limit, color=GREY, lw=0.9, ls="--", label=tr("PUE held against: {limit:g}", limit=limit))
    axes.set_yticks(place, [plain(tr(str(plant.get("plant", "")))) for plant in plants])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(1.0, 1.0 + ROOM * float(end.max() - 1.0))
    axes.set_xlabel(tr("PUE [–]"))
    drawing.legend(loc="outside upper left", ncols=5)
    caption = tr("The same racks, chain and year; the bars start at 1, the IT energy itself.")
    if run.comparison.get("weather_synthetic") is True:
        caption += " " + tr("The weather is synthetic.")
    return finish(drawing, "plants", tr("PUE and its parts, plant by plant"), caption)


def _words(part: str, tr: Words) -> str:
    return plain(use_words(part, tr))
