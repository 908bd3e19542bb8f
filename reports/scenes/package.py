"""The package: each layer a body of its own, every module a state, and the transient of the hottest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from reports.field_file import hottest_field
from reports.figures.style import HEAT, celsius
from reports.grid import Grid, Grids, NotTensorGridError
from reports.language import Words
from reports.picture import exaggeration
from reports.run_directory import RunDirectory
from reports.scenes.bodies import body_scene
from reports.scenes.scene import Field, Floats, Indices, Label, Part, Scene, Volume, span
from reports.scenes.shapes import sheet

MOST_POINTS = 150_000
"""Most points drawn of one module; finer grids are drawn at every second, third ... node."""
MOST_VALUES = 2_400_000
"""Most values over all modules, or over all frames; beyond it only some of them are drawn."""
INSIDE = 64
"""Most samples a side of the values inside a layer."""


def package_scene(run: RunDirectory, fields: Grids, tr: Words) -> Scene | None:
    """Scene of the package, a state for each module; None without a field."""
    hottest = hottest_field(run)
    if hottest is None:
        return None
    try:
        first = fields[hottest]
    except NotTensorGridError:
        return body_scene(run, hottest, tr)
    points = _surface_points(first, _stride(first))
    chosen = _chosen(run.fields, hottest, max(1, MOST_VALUES // max(points, 1)))
    modules = {file: fields[file] for file in chosen}
    modules = {
        file: grid for file, grid in modules.items() if grid.temperature.shape == first.temperature.shape
    }
    grids = list(modules.values())
    low = min(float(np.nanmin(grid.temperature)) for grid in grids)
    high = max(float(np.nanmax(grid.temperature)) for grid in grids)
    warmth = Field("temperature", tr("Temperature [°C]"), HEAT, low, max(high, low + 1e-6))
    scene = grid_scene("package", tr("Package"), warmth, grids, run.layers, tr)
    missing = tr("{shown} of {all} modules are drawn.", shown=len(grids), all=len(run.fields))
    return replace(
        scene,
        caption=scene.caption if len(grids) == len(run.fields) else f"{scene.caption} {missing}",
        labels=tuple(_hot_label(grid, state) for state, grid in enumerate(grids)),
        states=tuple(file.stem.replace("_", " ") for file in modules),
        state_name=tr("Module"),
        first_state=list(modules).index(hottest),
        narrow=True,
    )


def grid_scene(
    key: str, title: str, colouring: Field, grids: Sequence[Grid], names: tuple[str, ...], tr: Words
) -> Scene:
    """Scene of a layered grid; each of ``grids``, which share their nodes, is a state."""
    first, stride = grids[0], _stride(grids[0])
    layers = enumerate(np.unique(first.layer))
    parts = tuple(
        _layer_part(names, grids, colouring.key, int(index), level, stride) for level, index in layers
    )
    stretch = exaggeration(np.array([np.ptp(first.x), np.ptp(first.y), np.ptp(first.z)]))
    caption = tr("Drag to turn, wheel to zoom, shift-drag to move.")
    if stretch > 1.0:
        caption += " " + tr("Heights are stretched {stretch:g} times.", stretch=stretch)
    if stride > 1:
        caption += " " + tr(
            "Drawn at every {stride}th node; the marked hottest point is exact.", stride=stride
        )
    return Scene(
        key=key,
        title=title,
        caption=caption,
        parts=parts,
        fields=(colouring,),
        stretch=stretch,
        can_pull_apart=len(parts) > 1,
        apart=0.6 if len(parts) > 1 else 0.0,
    )


def transient_scene(run: RunDirectory, tr: Words) -> Scene | None:
    """Scene of the frames over time; None where none were kept."""
    if run.frames is None:
        return None
    with run.frames.open("rb") as file, np.load(file, allow_pickle=False) as frames:
        time, temperature = np.asarray(frames["time_s"], float), celsius(frames["temperature_K"])
        points, triangles = np.asarray(frames["points"], float), np.asarray(frames["triangles"], np.int64)
    if temperature.shape != (time.size, len(points)) or triangles.min() < 0 or triangles.max() >= len(points):
        raise ValueError("frames.npz: shapes do not fit each other")
    kept = spread(time.size, max(2, MOST_VALUES // len(points)))
    time, temperature = time[kept], temperature[kept]
    parts = (Part(tr("surface"), points, triangles, {"temperature": temperature}),)
    labels = []
    for state, frame in enumerate(temperature):
        x, y, z = points[frame.argmax()]
        labels.append(Label(f"{frame.max():.1f} °C", (float(x), float(y), float(z)), state=state, hot=True))
    stretch = exaggeration(np.ptp(points, axis=0))
    return Scene(
        key="transient",
        title=tr("Temperature over time"),
        caption=(
            tr("Move the slider or play.")
            if time.size > 1
            else tr("One frame, at {time:.4g} s.", time=float(time[0]))
        )
        + " "
        + tr("Heights are stretched {stretch:g} times.", stretch=stretch),
        parts=parts,
        fields=(span(tr("Temperature [°C]"), "temperature", HEAT, parts),),
        labels=tuple(labels),
        states=tuple(f"{instant:.4g} s" for instant in time),
        state_name=tr("Time"),
        plays=True,
        stretch=stretch,
        view=(-60.0, -24.0) if _heated_below(points, temperature) else (-60.0, 28.0),
    )


def _layer_part(
    names: tuple[str, ...], grids: Sequence[Grid], key: str, index: int, level: int, stride: int
) -> Part:
    """Six faces of one layer, and the values inside it."""
    grid = grids[0]
    cells = np.flatnonzero(grid.layer == index)
    rows = np.arange(cells[0], cells[-1] + 2)
    x, y = _thin(grid.x.size, stride), _thin(grid.y.size, stride)
    points: list[Floats] = []
    triangles: list[Indices] = []
    chosen: list[tuple[Indices, Indices, Indices]] = []
    start = 0
    for k, j, i in _faces(rows, y, x):
        shape = np.broadcast_shapes(k.shape, j.shape, i.shape)
        kk, jj, ii = (np.broadcast_to(part, shape).ravel() for part in (k, j, i))
        chosen.append((kk, jj, ii))
        points.append(np.stack([grid.x[ii], grid.y[jj], grid.z[kk]], axis=1))
        triangles.append(sheet(*[side for side in shape if side > 1][-2:]) + start)
        start += kk.size
    k, j, i = (np.concatenate(axis) for axis in zip(*chosen, strict=True))
    values = np.stack([state.temperature[k, j, i] for state in grids])
    name = names[index] if index < len(names) else str(index)
    volume = _inside(grids, rows)
    return Part(
        name,
        np.concatenate(points),
        np.concatenate(triangles),
        {key: values},
        level=level,
        volume=volume,
    )


def _faces(z: Indices, y: Indices, x: Indices) -> list[tuple[Indices, Indices, Indices]]:
    """Index grids (k, j, i) of the six faces of a block."""
    kk, jj, ii = z[:, None, None], y[None, :, None], x[None, None, :]
    return [
        (kk[:1], jj, ii),
        (kk[-1:], jj, ii),
        (kk, jj[:, :1], ii),
        (kk, jj[:, -1:], ii),
        (kk, jj, ii[:, :, :1]),
        (kk, jj, ii[:, :, -1:]),
    ]


def _inside(grids: Sequence[Grid], rows: Indices) -> Volume:
    from scipy.interpolate import RegularGridInterpolator

    grid = grids[0]
    even = [np.linspace(axis[0], axis[-1], min(axis.size, INSIDE)) for axis in (grid.z[rows], grid.y, grid.x)]
    where = np.stack(np.meshgrid(*even, indexing="ij"), axis=-1)
    axes = (grid.z[rows], grid.y, grid.x)
    values = np.stack([RegularGridInterpolator(axes, state.temperature[rows])(where) for state in grids])
    low, high = (np.array([axis[end] for axis in reversed(axes)]) for end in (0, -1))
    return Volume(low, high, values)


def _hot_label(grid: Grid, state: int) -> Label:
    k, j, i = grid.hottest()
    layer = grid.layer[min(k, grid.layer.size - 1)]
    level = int(np.searchsorted(np.unique(grid.layer), layer))
    point = (float(grid.x[i]), float(grid.y[j]), float(grid.z[k]))
    return Label(f"{grid.temperature[k, j, i]:.1f} °C", point, level=level, state=state, hot=True)


def _thin(count: int, stride: int) -> Indices:
    nodes: Indices = np.rint(np.linspace(0, count - 1, (count - 1) // stride + 1)).astype(np.int64)
    return nodes


def _surface_points(grid: Grid, stride: int) -> int:
    x, y = _thin(grid.x.size, stride).size, _thin(grid.y.size, stride).size
    layers = np.unique(grid.layer).size
    return 2 * layers * x * y + 2 * (grid.z.size + layers) * (x + y)


def _stride(grid: Grid) -> int:
    stride = 1
    while _surface_points(grid, stride) > MOST_POINTS and stride < 16:
        stride += 1
    return stride


def spread(count: int, most: int) -> Indices:
    """Return at most ``most`` evenly spread indices below ``count``, the first and the last among them."""
    chosen: Indices = np.unique(np.rint(np.linspace(0, count - 1, min(most, count))).astype(np.int64))
    return chosen


def _chosen(files: tuple[Path, ...], hottest: Path, most: int) -> list[Path]:
    """Return the hottest module and as many others, evenly spread, as there is room for."""
    kept = {files[i] for i in spread(len(files), most)} | {hottest}
    return [file for file in files if file in kept]


def _heated_below(points: Floats, temperature: Floats) -> bool:
    hot = points[int(temperature.max(axis=0).argmax()), 2]
    return bool(hot < points[:, 2].mean())
