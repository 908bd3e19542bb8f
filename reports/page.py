"""Writes the report of a run: one page that needs nothing else, and its parts in a folder beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from coupling.whole_file import whole_file
from meshes.errors import InputError
from reports.beside import write_beside
from reports.cells import show
from reports.content import Content, draw_figures, gather
from reports.figures.style import chinese_fonts
from reports.grid import Grids
from reports.language import Words, words
from reports.run_directory import read_run
from reports.scenes.scene import pack

TEMPLATES = Path(__file__).parent / "templates"
VIEWER_WORDS = {
    "parts": "Parts",
    "cut": "Cut",
    "whole": "none",
    "apart": "Pull apart",
    "height": "Height",
    "colour": "Colour",
    "narrow": "Colours span what is shown",
    "home": "Reset view",
    "play": "Play",
    "failed": "The 3-D view needs WebGL2.",
}


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
    content = gather(read_run(run_directory), tr)
    target = page if page is not None else run_directory / "report.html"
    write_page(target, render(content, tr))
    # the browser brings Chinese glyphs to the page; pictures need a font on this machine, or fall back to English
    readable = language != "zh" or bool(chinese_fonts())
    pictures = content.figures.values() if readable else draw_figures(content.run, Grids(), words("en"), [])
    write_beside(target, pictures, content.scenes.values(), content.tables.values())
    return target


def render(content: Content, tr: Words) -> str:
    """Return the page of one run as text."""
    summary = content.run.summary
    lists = {name: _texts(summary.get(name)) for name in ("studies", "assumptions", "warnings")}
    return fill_template("page.html", vars(content) | lists, tr)


def fill_template(name: str, values: Mapping[str, object], tr: Words) -> str:
    """Fill a template with what every page needs beside its own values."""
    from jinja2 import Environment, FileSystemLoader

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    scripts = ["page.js", *(("viewer.js", "scene.js") if values.get("scenes") else ())]
    return templates.get_template(name).render(
        values,
        tr=tr,
        show=show,
        pack=pack,
        style=_asset("page.css"),
        viewer_words={key: tr(text) for key, text in VIEWER_WORDS.items()},
        scripts=[_asset(script) for script in scripts],
    )


def write_page(target: Path, text: str) -> None:
    """Write a page whole or not at all."""
    if target.is_dir():
        raise InputError(f"{target}: is a folder; -o expects the name of a page")
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as partial:
        partial.write_text(text, encoding="utf-8")


def _texts(entries: object) -> list[str]:
    return [str(entry) for entry in entries] if isinstance(entries, list) else []


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
