"""Writes the report of a run: one page that needs nothing else, and its parts in a folder beside it."""

from __future__ import annotations

from pathlib import Path

from reports.content import Content, gather
from reports.language import Words, words
from reports.run_directory import read_run
from reports.scenes.scene import pack
from reports.tables import show

TEMPLATES = Path(__file__).parent / "templates"
VIEWER_WORDS = {
    "parts": "Parts",
    "cut": "Cut",
    "whole": "none",
    "apart": "Pull apart",
    "height": "Height",
    "colour": "Colour",
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
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    unfinished.write_text(render(content, tr), encoding="utf-8")
    return unfinished.replace(target)


def render(content: Content, tr: Words) -> str:
    """Return the page as text."""
    from jinja2 import Environment, FileSystemLoader

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    scripts = ["page.js", *(("viewer.js", "scene.js") if content.scenes else ())]
    return templates.get_template("page.html").render(
        vars(content),
        tr=tr,
        assumptions=_texts(content.run.summary.get("assumptions")),
        warnings=_texts(content.run.summary.get("warnings")),
        show=show,
        pack=pack,
        style=_asset("page.css"),
        viewer_words={key: tr(text) for key, text in VIEWER_WORDS.items()},
        scripts=[_asset(name) for name in scripts],
    )


def _texts(entries: object) -> list[str]:
    return [str(entry) for entry in entries] if isinstance(entries, list) else []


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")
