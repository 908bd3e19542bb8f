"""Compares two runs: table of deltas, difference of the temperature fields, curves on common axes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from coupling.study.store import ANSWERS, SWEEP
from meshes.errors import InputError
from reports.beside import write_beside
from reports.cells import Cell, Table
from reports.content import told
from reports.field_file import hottest_field
from reports.figures.comparison import (
    difference_colours,
    difference_figure,
    history_pair,
    margin_pair,
    month_pair,
)
from reports.figures.style import Figure, house_style
from reports.grid import Grid, read_grid
from reports.language import Words, words
from reports.page import fill_template, write_page
from reports.run_directory import UNREADABLE, RunDirectory, read_run
from reports.scenes.package import grid_scene
from reports.scenes.scene import Field, Scene
from reports.tables import flat, results
from reports.verdict import is_number, verdict

ROUND_OFF = 1e-12
"""Relative changes, and numbers, below this are round-off."""
SKIPPED = ("wall_time_s", "started", "case_sha256", "versions", "chip.blocks")


def write_comparison(first: Path, second: Path, page: Path | None = None, language: str = "en") -> Path:
    """Write a page that compares a second run with a first one and return its path.

    Parameters
    ----------
    first, second
        Run directories; differences are second minus first.
    page
        Where the page goes; ``report_comparison.html`` inside the second run directory when None.
    language
        ``en`` or ``zh``.

    Raises
    ------
    InputError
        If one of the directories is not there or holds a sweep, or the language is not offered.
    """
    tr = words(language)
    for folder in (first, second):
        if any((folder / name).is_file() for name in (ANSWERS, SWEEP)):
            raise InputError(
                f"{folder}: holds a sweep; only two runs can be compared (vascool report {folder} draws the sweep)"
            )
    runs = (read_run(first), read_run(second))
    problems = [f"{run.path.name}: {problem}" for run in runs for problem in told(run, tr)]
    names = _names(*runs)
    sheets = [table(*runs, names, tr) for table in (input_table, headline_table, delta_table)]
    difference = _difference(runs[0], runs[1], tr, problems)
    with house_style(language):
        drawn = [make(*runs, names, tr) for make in (margin_pair, history_pair, month_pair)]
        figures: list[Figure] = [figure for figure in drawn if figure is not None]
        if difference is not None:
            figures.append(difference_figure(difference, tr))
    scenes = [] if difference is None else [_scene(runs[1], difference, tr)]
    target = page if page is not None else second / "report_comparison.html"
    values = {
        "runs": runs,
        "names": names,
        "verdicts": [verdict(run, tr) for run in runs],
        "figures": {figure.key: figure for figure in figures},
        "scenes": {scene.key: scene for scene in scenes},
        "tables": {table.key: table for table in sheets},
        "problems": problems,
    }
    write_page(target, fill_template("comparison.html", values, tr))
    write_beside(target, figures, scenes, sheets)
    return target


def delta_table(first: RunDirectory, second: RunDirectory, names: tuple[str, str], tr: Words) -> Table:
    """Every number of the two summaries side by side, with difference and ratio."""
    left, right = (dict(flat(run.summary)) for run in (first, second))
    rows: list[tuple[Cell, ...]] = []
    for key in dict.fromkeys((*left, *right)):
        a, b = left.get(key), right.get(key)
        if key.startswith(SKIPPED) or not (is_number(a) or is_number(b)):
            continue
        rows.append((key, a, b, *_change(a, b)))
    columns = (tr("Quantity"), *names, tr("Difference"), tr("Change [%]"))
    return Table("deltas", tr("Every number of the summaries"), columns, tuple(rows))


def headline_table(first: RunDirectory, second: RunDirectory, names: tuple[str, str], tr: Words) -> Table:
    """Headline results side by side, in the words of the report."""
    left, right = ({row[:2]: row[2:4] for row in results(run, tr).rows} for run in (first, second))
    rows: list[tuple[Cell, ...]] = []
    for key in dict.fromkeys((*left, *right)):
        a, unit = left.get(key, (None, ""))
        b, unit = right.get(key, (None, unit))
        rows.append((*key, a, b, _change(a, b)[0], unit))
    columns = (tr("Part"), tr("Quantity"), *names, tr("Difference"), tr("Unit"))
    return Table("headline", tr("Results side by side"), columns, tuple(rows))


def input_table(first: RunDirectory, second: RunDirectory, names: tuple[str, str], tr: Words) -> Table:
    """The inputs that differ."""
    left, right = (dict(flat(run.case)) for run in (first, second))
    keys = [key for key in dict.fromkeys((*left, *right)) if left.get(key) != right.get(key)]
    rows = tuple((key, left.get(key), right.get(key)) for key in keys)
    return Table("changed", tr("Inputs that differ"), (tr("Key"), *names), rows)


def field_difference(first: Grid, second: Grid) -> Grid:
    """Second minus first [K] at the second's nodes.

    Raises
    ------
    ValueError
        If the packages do not lie over each other.
    """
    same = all(np.array_equal(getattr(first, axis), getattr(second, axis)) for axis in "xyz")
    if same:
        return replace(second, temperature=second.temperature - first.temperature)
    reach = [(np.ptp(getattr(first, axis)), np.ptp(getattr(second, axis))) for axis in "xyz"]
    if not all(np.isclose(a, b, rtol=1e-3) for a, b in reach):
        raise ValueError("the packages have different sizes, so their fields have no difference")
    from scipy.interpolate import RegularGridInterpolator

    lookup = RegularGridInterpolator(
        (first.z, first.y, first.x), first.temperature, bounds_error=False, fill_value=None
    )
    nodes = np.stack(np.meshgrid(second.z, second.y, second.x, indexing="ij"), axis=-1)
    return replace(second, temperature=second.temperature - lookup(nodes))


def _change(a: object, b: object) -> tuple[float | None, float | None]:
    """Second minus first, and that in percent of the first."""
    if not (is_number(a) and is_number(b)):
        return None, None
    if abs(b - a) <= ROUND_OFF * max(abs(a), abs(b)):
        return 0.0, 0.0
    return b - a, round(100.0 * (b - a) / abs(a), 3) if abs(a) > ROUND_OFF else None


def _difference(first: RunDirectory, second: RunDirectory, tr: Words, problems: list[str]) -> Grid | None:
    files = (hottest_field(first), hottest_field(second))
    if files[0] is None or files[1] is None:
        return None
    try:
        return field_difference(read_grid(files[0]), read_grid(files[1]))
    except (*UNREADABLE, RuntimeError, AttributeError) as error:
        problems.append(tr("{name} could not be drawn: {error}", name=tr("The difference"), error=error))
        return None


def _scene(run: RunDirectory, difference: Grid, tr: Words) -> Scene:
    colouring = Field(
        "difference", tr("Temperature difference [K]"), *difference_colours(difference.temperature)
    )
    return grid_scene("difference", tr("Difference"), colouring, [difference], run.layers, tr)


def _names(first: RunDirectory, second: RunDirectory) -> tuple[str, str]:
    """Names that tell the runs apart: those of the cases, of the folders where the cases share one."""
    if first.name != second.name:
        return first.name, second.name
    return f"A: {first.path.resolve().name}", f"B: {second.path.resolve().name}"
