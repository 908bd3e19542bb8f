"""Sankey diagram of the year's energy from the grid to the outdoor air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
    thousands,
)
from reports.language import Words
from reports.run_directory import RunDirectory, mapping
from reports.verdict import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

LOSS_COLOURS = (ORANGE, PURPLE, GREEN, RED, GREY)
GAP = 0.065
ACRONYMS = frozenset({"it", "ups", "pdu", "psu", "vrm", "pue", "itue", "tue"})
BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
"""Keeps flows from crossing the words on them."""
LEAST = 0.002
"""Least drawn share of a flow, so that small losses stay visible."""


@dataclass(frozen=True)
class Use:
    """One use of the energy of the year [kWh]; ``outdoors`` when its heat leaves by the condenser's air."""

    name: str
    energy: float
    colour: str
    outdoors: bool


def sankey_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Energy from grid to uses to where its heat goes; None without a facility."""
    uses = read_uses(run, tr)
    total = sum(use.energy for use in uses)
    if not uses or not total > 0.0:
        return None
    drawing = canvas(height=3.9)
    axes = drawing.subplots()
    axes.axis("off")
    shares = np.array([max(use.energy / total, LEAST) for use in uses])
    shares /= shares.sum()
    left = 1.0 - np.cumsum(shares)
    middle = 1.0 + GAP * (len(uses) - 1) / 2 - np.cumsum(shares) - GAP * np.arange(len(uses))
    outside = [i for i, use in enumerate(uses) if use.outdoors]
    inside = [i for i, use in enumerate(uses) if not use.outdoors]
    ends = np.zeros(len(uses))
    low = middle[0] + shares[0]
    for group in (outside, inside):
        for i in group:
            low -= shares[i]
            ends[i] = low
        low -= 3 * GAP
    for i, use in enumerate(uses):
        _band(axes, (0.04, 0.46), left[i], middle[i], shares[i], use.colour)
        _band(axes, (0.49, 0.93), middle[i], ends[i], shares[i], use.colour)
        axes.add_patch(_block(0.46, middle[i], 0.03, shares[i], use.colour))
        words = f"{plain(use.name)}  {thousands(use.energy / 1e3, 1)} MWh  {100 * use.energy / total:.1f} %"
        place = (0.505, middle[i] + shares[i] / 2)
        axes.text(*place, words, fontsize=8, ha="left", va="center", bbox=BEHIND)
    axes.add_patch(_block(0.01, 0.0, 0.03, 1.0, "#3c4043"))
    axes.text(0.0, 0.5, f"{tr('grid')}\n{thousands(total / 1e3)} MWh", ha="right", va="center", fontsize=9)
    for group, name in ((outside, tr("outdoor air")), (inside, tr("hall"))):
        if group:
            foot, height = ends[group[-1]], sum(shares[i] for i in group)
            axes.add_patch(_block(0.93, foot, 0.03, height, "#3c4043"))
            energy = sum(uses[i].energy for i in group)
            axes.text(
                0.97,
                foot + height / 2,
                f"{name}\n{thousands(energy / 1e3)} MWh",
                ha="left",
                va="center",
                fontsize=9,
            )
    axes.set_xlim(-0.13, 1.12)
    axes.set_ylim(min(0.0, ends.min(), middle.min()) - 0.03, max(1.0, middle[0] + shares[0]) + 0.03)
    caption = tr(
        "IT heat and fans end in outdoor air; electrical losses stay in the hall. Flows are drawn to scale."
    )
    return finish(drawing, "sankey", tr("Energy of the year, from grid to air"), caption)


def read_uses(run: RunDirectory, tr: Words) -> list[Use]:
    """Return the uses with energy in them, the greatest first within IT, fans, pumps and losses."""
    facility = run.result("facility")
    known = numbers({key: facility.get(f"{key}_kWh") for key in ("ite_energy", "fan", "pump")})
    losses = sorted(numbers(mapping(facility, "losses_kWh")).items(), key=lambda item: -item[1])
    uses = [
        Use("IT", known.get("ite_energy", 0.0), BLUE, outdoors=True),
        Use(tr("fans"), known.get("fan", 0.0), SKY, outdoors=True),
        Use(tr("pumps"), known.get("pump", 0.0), SKY, outdoors=True),
    ]
    for index, (name, energy) in enumerate(losses):
        colour = LOSS_COLOURS[index % len(LOSS_COLOURS)]
        uses.append(Use(use_words(name, tr), energy, colour, outdoors=False))
    return [use for use in uses if use.energy > 0.0]


def use_words(name: str, tr: Words) -> str:
    """Name of a use of energy for people."""
    text = name.replace("_", " ")
    return tr(text.upper() if text in ACRONYMS else text)


def _band(
    axes: Axes, reach: tuple[float, float], start: float, end: float, height: float, colour: str
) -> None:
    x = np.linspace(0.0, 1.0, 60)
    foot = start + (end - start) * x * x * (3.0 - 2.0 * x)
    axes.fill_between(
        reach[0] + (reach[1] - reach[0]) * x, foot, foot + height, color=colour, alpha=0.45, lw=0
    )


def _block(x: float, y: float, width: float, height: float, colour: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, color=colour, lw=0)
