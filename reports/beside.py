"""The parts of a report as files in a folder beside the page: PNG figures, GLB scenes, CSV tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from coupling.errors import OutputError
from reports.cells import Table
from reports.figures.style import Figure
from reports.scenes.glb import glb
from reports.scenes.scene import Scene


def write_beside(
    page: Path, figures: Iterable[Figure], scenes: Iterable[Scene], tables: Iterable[Table]
) -> Path:
    """Write the parts into ``<page>_files`` and return that folder; an older one is replaced as a whole."""
    folder = page.with_name(f"{page.stem}_files")
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        for figure in figures:
            (unfinished / f"{figure.key}.png").write_bytes(figure.png)
        for scene in scenes:
            (unfinished / f"{scene.key}.glb").write_bytes(glb(scene))
        for table in tables:
            # the mark lets spreadsheets read the text as UTF-8
            (unfinished / f"{table.key}.csv").write_text("\ufeff" + table.csv(), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        return unfinished.replace(folder)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
