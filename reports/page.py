"""Puts a run's words, tables and figures into one self-contained HTML page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from reports.figures.style import Figure, house_style
from reports.figures.time import block_power_figure, history_figure
from reports.figures.year import hour_figure, month_figure, weather_figure
from reports.language import Words, words
from reports.picture import package_picture
from reports.run_directory import UNREADABLE, RunDirectory, read_run
from reports.tables import Table, show, tables
from reports.verdict import verdict

log = logging.getLogger(__name__)

Draw = Callable[[RunDirectory, Words], Figure | None]
FIGURES: tuple[Draw, ...] = (
    package_picture,
    history_figure,
    block_power_figure,
    month_figure,
    hour_figure,
    weather_figure,
)
TEMPLATES = Path(__file__).parent / "templates"


def write_report(run_directory: Path, page: Path | None = None, language: str = "en") -> Path:
    """Write the report of a finished run and return its path.

    Parameters
    ----------
    run_directory
        The folder that a run wrote.
    page
        Where the page goes; ``report.html`` inside the run directory when None.
    language
        ``en`` or ``zh``.

    Raises
    ------
    InputError
        If there is no such directory, or the language is not offered.
    """
    tr = words(language)
    run = read_run(run_directory)
    target = page if page is not None else run_directory / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    unfinished.write_text(render(run, tr), encoding="utf-8")
    return unfinished.replace(target)


def render(run: RunDirectory, tr: Words) -> str:
    """Return the page as text."""
    from jinja2 import Environment, FileSystemLoader

    figures, faults = draw(run, tr)
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheets: dict[str, Table] = {table.key: table for table in tables(run, tr)}
    return templates.get_template("page.html").render(
        run=run,
        tr=tr,
        verdict=verdict(run, tr),
        figures=figures,
        tables=sheets,
        problems=(*run.problems, *faults),
        assumptions=_texts(run.summary.get("assumptions")),
        warnings=_texts(run.summary.get("warnings")),
        show=show,
        style=_asset("page.css"),
        script=_asset("page.js"),
    )


def draw(run: RunDirectory, tr: Words) -> tuple[dict[str, Figure], list[str]]:
    """Draw every figure that the run has data for; what cannot be drawn is told in words."""
    figures: dict[str, Figure] = {}
    faults: list[str] = []
    for make in FIGURES:
        try:
            with house_style():
                figure = make(run, tr)
        except (*UNREADABLE, RuntimeError, AttributeError, IndexError) as error:
            log.warning("%s: %s", make.__name__, error)
            faults.append(
                tr("{name} could not be drawn: {error}", name=make.__name__, error=type(error).__name__)
            )
            continue
        if figure is not None:
            figures[figure.key] = figure
    return figures, faults


def _texts(entries: object) -> list[str]:
    return [str(entry) for entry in entries] if isinstance(entries, list) else []


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
