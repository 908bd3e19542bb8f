"""The package of a mesh that is no tensor-product grid: the surface of each layer as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reports.field_file import read_field
from reports.figures.style import HEAT, celsius
from reports.language import Words
from reports.picture import exaggeration
from reports.run_directory import RunDirectory
from reports.scenes.scene import Label, Part, Scene, span


def body_scene(run: RunDirectory, file: Path, tr: Words) -> Scene:
    """Scene of one module from any mesh."""
    field = read_field(file)
    count = field.n_cells
    layer = np.asarray(field.cell_data["layer"]) if "layer" in field.cell_data else np.zeros(count, np.int64)
    parts = []
    for level, index in enumerate(np.unique(layer)):
        body = field.extract_cells(np.flatnonzero(layer == index))
        surface = body.extract_surface(algorithm="dataset_surface").triangulate()
        name = run.layers[index] if index < len(run.layers) else str(index)
        values = celsius(surface.point_data["temperature_K"])[None]
        points, triangles = np.asarray(surface.points, float), np.asarray(surface.regular_faces, np.int64)
        parts.append(Part(name, points, triangles, {"temperature": values}, level=level))
    temperature = celsius(field.point_data["temperature_K"])
    x, y, z = (float(place) for place in field.points[temperature.argmax()])
    hottest = [
        level for level, part in enumerate(parts) if part.points[:, 2].min() <= z <= part.points[:, 2].max()
    ]
    stretch = exaggeration(np.ptp(np.asarray(field.points), axis=0))
    return Scene(
        key="package",
        title=tr("Package"),
        caption=tr("Drag to turn, wheel to zoom, shift-drag to move.")
        + " "
        + tr("Heights are stretched {stretch:g} times.", stretch=stretch),
        parts=tuple(parts),
        fields=(span(tr("Temperature [°C]"), "temperature", HEAT, parts),),
        labels=(Label(f"{temperature.max():.1f} °C", (x, y, z), level=hottest[0], hot=True),),
        stretch=stretch,
        can_pull_apart=len(parts) > 1,
        apart=0.6 if len(parts) > 1 else 0.0,
    )
