"""Gathers what a report shows: verdict, tables, figures and scenes, and what could not be drawn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reports.cells import Table
from reports.figures.energy import sankey_figure
from reports.figures.floorplan import floorplan_figure, modules_figure
from reports.figures.loop import operating_figure, pressure_figure
from reports.figures.plants import plants_figure
from reports.figures.style import Figure, house_style
from reports.figures.time import block_power_figure, history_figure
from reports.figures.uncertainty import shares_figure, spread_figure
from reports.figures.year import hour_figure, month_figure, weather_figure
from reports.grid import Grids
from reports.language import Words
from reports.picture import package_picture
from reports.run_directory import UNREADABLE, RunDirectory
from reports.scenes.loop import loop_scene
from reports.scenes.network import network_scene
from reports.scenes.package import package_scene, transient_scene
from reports.scenes.scene import Scene
from reports.sureness import uncertainty_tables
from reports.tables import tables
from reports.verdict import Verdict, verdict

log = logging.getLogger(__name__)

Drawn = TypeVar("Drawn")
Draw = Callable[[RunDirectory, Words], Drawn | None]
DrawField = Callable[[RunDirectory, Grids, Words], Drawn | None]

FIELD_FIGURES: tuple[tuple[str, DrawField[Figure]], ...] = (
    ("The temperature map", floorplan_figure),
    ("The maps of the modules", modules_figure),
)
FIGURES: tuple[tuple[str, Draw[Figure]], ...] = (
    ("The picture of the package", package_picture),
    ("The history", history_figure),
    ("The power of the blocks", block_power_figure),
    ("The pressure balance", pressure_figure),
    ("The operating map", operating_figure),
    ("The Sankey diagram", sankey_figure),
    ("PUE by month", month_figure),
    ("PUE by hour", hour_figure),
    ("The year", weather_figure),
    ("The comparison of plants", plants_figure),
    ("The spread of the draws", spread_figure),
    ("The sources of the scatter", shares_figure),
)
FIELD_SCENES: tuple[tuple[str, DrawField[Scene]], ...] = (("The package in 3-D", package_scene),)
SCENES: tuple[tuple[str, Draw[Scene]], ...] = (
    ("The transient in 3-D", transient_scene),
    ("The channel network in 3-D", network_scene),
    ("The loop in 3-D", loop_scene),
)
FAULTS = (*UNREADABLE, RuntimeError, AttributeError, IndexError)
"""What drawing from damaged or half-written files raises."""


@dataclass(frozen=True)
class Content:
    """Everything a page shows of one run."""

    run: RunDirectory
    verdict: Verdict
    tables: dict[str, Table]
    figures: dict[str, Figure]
    scenes: dict[str, Scene]
    problems: tuple[str, ...]


def gather(run: RunDirectory, tr: Words) -> Content:
    """Draw all that the run has data for."""
    problems = told(run, tr)
    grids = Grids()
    figures = draw_figures(run, grids, tr, problems)
    scenes = _draw([*_with_fields(FIELD_SCENES, grids), *SCENES], run, tr, problems)
    return Content(
        run=run,
        verdict=verdict(run, tr),
        tables={table.key: table for table in (*tables(run, tr), *uncertainty_tables(run, tr))},
        figures={figure.key: figure for figure in figures},
        scenes={scene.key: scene for scene in scenes},
        problems=tuple(problems),
    )


def draw_figures(run: RunDirectory, grids: Grids, tr: Words, problems: list[str]) -> list[Figure]:
    """Draw the figures; what cannot be drawn is added to ``problems``."""
    with house_style(tr.code):
        return _draw([*FIGURES, *_with_fields(FIELD_FIGURES, grids)], run, tr, problems)


def _with_fields(
    makers: Sequence[tuple[str, DrawField[Drawn]]], grids: Grids
) -> list[tuple[str, Draw[Drawn]]]:
    """Bind the makers that look at fields to the run's grids."""

    def bind(make: DrawField[Drawn]) -> Draw[Drawn]:
        return lambda run, tr: make(run, grids, tr)

    return [(name, bind(make)) for name, make in makers]


def told(run: RunDirectory, tr: Words) -> list[str]:
    """Return the run's missing and damaged files in words."""
    return [tr(problem.phrase, file=problem.file, error=problem.error) for problem in run.problems]


def _draw(
    makers: Sequence[tuple[str, Draw[Drawn]]], run: RunDirectory, tr: Words, problems: list[str]
) -> list[Drawn]:
    """Call each maker; what cannot be drawn is told in words."""
    drawn = []
    for name, make in makers:
        try:
            made = make(run, tr)
        except FAULTS as error:
            log.warning("%s: %s", name, error)
            problems.append(tr("{name} could not be drawn: {error}", name=tr(name), error=error))
            continue
        if made is not None:
            drawn.append(made)
    return drawn
