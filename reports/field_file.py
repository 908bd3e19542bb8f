"""Opens the field files of modules with PyVista, without a display."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.run_directory import RunDirectory

if TYPE_CHECKING:
    import pyvista


def open_pyvista() -> Any:
    """Import PyVista with rendering by EGL, so that no display is needed."""
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista

    pyvista.OFF_SCREEN = True
    return pyvista


def hottest_field(run: RunDirectory) -> Path | None:
    """Return the field of the hottest module, the first where the summary does not name one."""
    if not run.fields:
        return None
    wanted = run.result("chip").get("hottest_module")
    digits = "".join(letter for letter in str(wanted) if letter.isdigit())
    named = [file for file in run.fields if digits and file.stem == f"module_{int(digits):02d}"]
    return (named or list(run.fields))[0]


def read_field(file: Path) -> pyvista.UnstructuredGrid:
    """Read a module's field.

    Raises
    ------
    ValueError
        If the file is cut off or holds no temperature.
    """
    data = file.read_bytes()
    if not (data.lstrip().startswith(b"<") and data.rstrip().endswith(b"</VTKFile>")):
        raise ValueError(f"{file.name}: not a whole VTK file")
    grid = open_pyvista().read(file)
    if grid.n_points == 0 or "temperature_K" not in grid.point_data:
        raise ValueError(f"{file.name}: no point data temperature_K")
    return grid
