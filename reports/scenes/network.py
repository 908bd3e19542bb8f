"""The vascular network: tubes with their radius to scale inside a translucent plate."""

from __future__ import annotations

from typing import Any

import numpy as np

from reports.language import Words
from reports.run_directory import RunDirectory, mapping
from reports.scenes.scene import Field, Label, Part, Scene, span
from reports.scenes.shapes import box, join, tube
from reports.verdict import is_number

QUANTITIES = (
    ("quality", "Vapour quality [–]", "viridis"),
    ("wall_superheat_K", "Wall superheat [K]", "inferno"),
    ("margin", "Margin [–]", "cividis"),
    ("mass_flow_kg_s", "Mass flow [kg/s]", "viridis"),
)
MOST_POINTS = 200_000


def network_scene(run: RunDirectory, tr: Words) -> Scene | None:
    """Scene of the channel network; None where the run has none."""
    nodes, segments = run.network.get("nodes"), run.network.get("segments")
    if not nodes or not isinstance(segments, list) or not segments:
        return None
    places = np.asarray(nodes, float)
    if places.ndim != 2 or places.shape[1] != 3:
        raise ValueError("network.json: nodes are not points in space")
    sides = int(np.clip(MOST_POINTS / (2 * len(segments)) - 1, 5, 14))
    pieces = [
        tube(places[[segment["start"], segment["end"]]], 0.5 * float(segment["diameter_m"]), sides)
        for segment in segments
    ]
    points, triangles = join(pieces)
    present = [entry for entry in QUANTITIES if any(is_number(segment.get(entry[0])) for segment in segments)]
    counts = [len(piece[0]) for piece in pieces]
    values = {key: np.repeat(_column(segments, key), counts)[None] for key, _, _ in present}
    tubes = Part(tr("channels"), points, triangles, values, colour="#56b4e9")
    fields = tuple(span(tr(label), key, colours, [tubes]) for key, label, colours in present)
    return Scene(
        key="network",
        title=tr("Channel network"),
        caption=tr("{count} tubes, radius to scale, inside the plate.", count=len(segments)),
        parts=(tubes, *_plate(run, tr)),
        fields=fields,
        labels=_worst(segments, places, fields, tr),
        view=(-70.0, 50.0),
    )


def _column(segments: list[dict[str, Any]], key: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    numbers = [segment.get(key) for segment in segments]
    column = np.array([value if is_number(value) else np.nan for value in numbers], float)
    return np.where(np.isfinite(column), column, np.nanmean(column))


def _plate(run: RunDirectory, tr: Words) -> tuple[Part, ...]:
    plate = mapping(run.network, "plate")
    if "size_m" not in plate:
        return ()
    low = np.asarray(plate.get("origin_m", (0.0, 0.0, 0.0)), float)
    points, triangles = box(low, low + np.asarray(plate["size_m"], float))
    return (Part(tr("plate"), points, triangles, colour="#b87333", opacity=0.18),)


def _worst(
    segments: list[dict[str, Any]],
    places: np.ndarray[Any, np.dtype[np.float64]],
    fields: tuple[Field, ...],
    tr: Words,
) -> tuple[Label, ...]:
    """Mark the segment with the least margin."""
    if not any(entry.key == "margin" for entry in fields):
        return ()
    margin = _column(segments, "margin")
    segment = segments[int(margin.argmin())]
    x, y, z = 0.5 * (places[segment["start"]] + places[segment["end"]])
    return (
        Label(tr("least margin {value:.2f}", value=margin.min()), (float(x), float(y), float(z)), hot=True),
    )
