"""The loop and its rack: modules at their heights, riser, condenser and downcomer, to scale in height."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from reports.figures.style import HEAT, celsius
from reports.language import Words
from reports.run_directory import RunDirectory, Section, listed, mapping
from reports.scenes.scene import Floats, Label, Part, Scene, View, span
from reports.scenes.shapes import box, join, rounded, sheet, tube, tube_values
from reports.verdict import is_number, number

WIDTH, DEPTH = 0.42, 0.05
"""Width of a drawn module and half the depth of the plate [m]."""
LANE = 0.14
"""Distance between modules on one shelf [m]."""
SHAFT = 0.30
"""Distance of the manifolds from the middle of the rack [m]."""
THINNEST = 0.006
"""Least drawn pipe radius over the height of the loop; thinner pipes would not be seen."""


@dataclass(frozen=True)
class Module:
    """One module of the rack with its state along the flow; ``lane`` [m] sets it aside from those on its shelf."""

    name: str
    elevation: float
    lane: float
    hottest: float | None
    exit_quality: float
    quality: Floats
    saturation: Floats


@dataclass(frozen=True)
class Layout:
    """Where things stand: lowest and highest elevation of the modules, height of one, the condenser."""

    lowest: float
    highest: float
    module_height: float
    condenser: float
    reach: float
    depth: float
    radius: dict[str, float]


def loop_scene(run: RunDirectory, tr: Words) -> Scene | None:
    """Scene of loop and rack; None where the run has no loop geometry."""
    modules = read_modules(run)
    if not modules:
        return None
    condenser = mapping(run.loop, "condenser")
    layout = _layout(modules, condenser, listed(run.loop, "pipes"))
    coldest = min(float(module.saturation.min()) for module in modules)
    cold = number(condenser.get("condensing_temperature_K"), coldest)
    parts = [
        *(_plate(module, layout, tr("modules")) for module in modules),
        *_pipes(modules, layout, cold, tr),
        _condenser(layout, cold, tr),
        _rack(layout, tr),
    ]
    return Scene(
        key="loop",
        title=tr("Loop and rack"),
        caption=tr("Heights and pipe lengths are to scale; pipes are drawn at least thick enough to be seen.")
        + " "
        + (
            tr("Modules show their hottest point, pipes the saturation temperature.")
            if any(module.hottest is not None for module in modules)
            else tr("Colours show the saturation temperature.")
        ),
        parts=tuple(parts),
        fields=(
            span(tr("Temperature [°C]"), "temperature", HEAT, parts),
            span(tr("Vapour quality [–]"), "quality", "viridis", parts),
        ),
        labels=_labels(modules, layout, condenser, tr),
        view=(-75.0, 12.0),
        places=_places(modules, layout, tr),
    )


def read_modules(run: RunDirectory) -> list[Module]:
    """Return the modules that state an elevation."""
    standing = [entry for entry in listed(run.loop, "modules") if is_number(entry.get("elevation_m"))]
    shelves = Counter(float(entry["elevation_m"]) for entry in standing)
    filled: Counter[float] = Counter()
    modules = []
    for entry in standing:
        shelf = float(entry["elevation_m"])
        modules.append(_module(entry, LANE * (filled[shelf] - 0.5 * (shelves[shelf] - 1))))
        filled[shelf] += 1
    return modules


def _module(entry: dict[str, Any], lane: float) -> Module:
    quality = np.atleast_1d(np.asarray(entry.get("quality") or [0.0], float))
    saturation = np.atleast_1d(np.asarray(entry.get("saturation_temperature_K") or [np.nan], float))
    hottest, exit_quality = entry.get("T_max_K"), entry.get("exit_quality")
    return Module(
        name=str(entry.get("name", "")),
        elevation=float(entry["elevation_m"]),
        lane=lane,
        hottest=hottest if is_number(hottest) else None,
        exit_quality=number(exit_quality, float(quality[-1])),
        quality=quality,
        saturation=saturation,
    )


def _layout(modules: list[Module], condenser: dict[str, Any], pipes: list[Section]) -> Layout:
    heights = np.array(sorted(module.elevation for module in modules))
    pitch = float(np.diff(np.unique(heights)).min()) if np.unique(heights).size > 1 else 0.4
    named = {str(pipe.get("name")): pipe for pipe in pipes}
    riser = named.get("riser", {})
    above = number(condenser.get("elevation_m"), float(heights[-1]) + 2.0)
    rise = number(riser.get("rise_m"), max(above - float(heights[-1]), 0.1))
    length = number(riser.get("length_m"), rise)
    top = number(condenser.get("elevation_m"), float(heights[-1]) + rise)
    least = THINNEST * max(top - float(heights[0]), 1.0)
    radius = {
        name: max(0.5 * number(named.get(name, {}).get("diameter_m"), 0.0), least)
        for name in ("riser", "downcomer", "supply_manifold", "return_manifold")
    }
    reach = max(length - rise, 0.9)
    depth = max(abs(module.lane) for module in modules) + 0.3
    return Layout(float(heights[0]), float(heights[-1]), min(0.8 * pitch, 0.32), top, reach, depth, radius)


def _plate(module: Module, layout: Layout, group: str) -> Part:
    """An upright plate; the flow runs up it, so quality changes with height."""
    segments = max(module.quality.size, 2)
    share = np.linspace(0.0, 1.0, segments)
    z = module.elevation + layout.module_height * share
    quality = np.interp(share, np.linspace(0.0, 1.0, module.quality.size), module.quality)
    hottest = module.hottest if module.hottest is not None else float(np.nanmean(module.saturation))
    ring = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * np.array([WIDTH / 2, DEPTH / 2])
    ring[:, 1] += module.lane
    points = np.concatenate([np.column_stack([ring, np.full(len(ring), height)]) for height in z])
    lids = box(
        np.array([-WIDTH / 2, module.lane - DEPTH / 2, z[0]]),
        np.array([WIDTH / 2, module.lane + DEPTH / 2, z[-1]]),
    )
    both, triangles = join([(points, sheet(segments, len(ring))), lids])
    along = np.concatenate(
        [np.repeat(quality, len(ring)), np.where(lids[0][:, 2] > z[0], quality[-1], quality[0])]
    )
    return Part(
        module.name or "module",
        both,
        triangles,
        {"temperature": np.full((1, len(both)), celsius(hottest)), "quality": along[None]},
        group=group,
    )


def _pipes(modules: list[Module], layout: Layout, cold: float, tr: Words) -> list[Part]:
    warm = float(np.nanmean([module.saturation[-1] for module in modules]))
    warm = warm if np.isfinite(warm) else cold
    wet = float(np.mean([module.exit_quality for module in modules]))
    low, high, top = layout.lowest, layout.highest + layout.module_height, layout.condenser
    aside = layout.depth + 0.2
    out, back = SHAFT, -SHAFT
    end = np.array([layout.reach, 0.0, top])
    paths = {
        "return_manifold": [[out, 0, low + 0.5 * layout.module_height], [out, 0, high + 0.1]],
        "riser": [
            [out, 0, high + 0.1],
            [out, 0, top + 0.25],
            [end[0] - 0.3, 0, top + 0.25],
            [end[0] - 0.3, 0, top],
        ],
        "downcomer": [
            [end[0] + 0.3, 0, top],
            [end[0] + 0.3, aside, top - 0.4],
            [back, aside, top - 0.4],
            [back, aside, low - 0.3],
            [back, 0, low - 0.3],
        ],
        "supply_manifold": [[back, 0, low - 0.3], [back, 0, high - 0.5 * layout.module_height]],
    }
    temperatures = {
        "return_manifold": (warm, warm),
        "riser": (warm, cold),
        "downcomer": (cold, cold),
        "supply_manifold": (cold, cold),
    }
    names = {
        "return_manifold": "return manifold",
        "riser": "riser",
        "downcomer": "downcomer",
        "supply_manifold": "supply manifold",
    }
    parts = []
    for key, corners in paths.items():
        path = _fine(rounded(np.array(corners, float), 0.25))
        points, triangles = tube(path, layout.radius[key])
        start, stop = temperatures[key]
        quality = wet if key in {"riser", "return_manifold"} else 0.0
        values = {
            "temperature": tube_values(celsius(np.linspace(start, stop, len(path))))[None],
            "quality": np.full((1, len(points)), quality),
        }
        parts.append(Part(tr(names[key]), points, triangles, values))
    return [*parts, _branches(modules, layout, cold, warm, tr)]


def _branches(modules: list[Module], layout: Layout, cold: float, warm: float, tr: Words) -> Part:
    """Short pipes from the manifolds to each module's foot and head."""
    pieces, temperature, quality = [], [], []
    radius = 0.6 * min(layout.radius.values())
    for module in modules:
        for side, height, warmth, wet in (
            (-1, module.elevation + 0.06 * layout.module_height, cold, 0.0),
            (1, module.elevation + 0.94 * layout.module_height, warm, module.exit_quality),
        ):
            path = _branch(side, module.lane, height)
            pieces.append(tube(path, radius, 8))
            temperature.append(np.full(len(pieces[-1][0]), celsius(warmth)))
            quality.append(np.full(len(pieces[-1][0]), wet))
    points, triangles = join(pieces)
    values = {"temperature": np.concatenate(temperature)[None], "quality": np.concatenate(quality)[None]}
    return Part(tr("branches"), points, triangles, values)


def _branch(side: int, lane: float, height: float) -> Floats:
    """From the manifold sideways to the lane, then into the module."""
    corners = [[side * SHAFT, 0.0, height], [side * SHAFT, lane, height], [side * WIDTH / 2, lane, height]]
    return np.array(corners[1:] if lane == 0.0 else corners)


def _condenser(layout: Layout, cold: float, tr: Words) -> Part:
    centre, half = np.array([layout.reach, 0.0, layout.condenser]), np.array([0.5, 0.4, 0.18])
    points, triangles = box(centre - half, centre + half)
    values = {"temperature": np.full((1, len(points)), celsius(cold)), "quality": np.zeros((1, len(points)))}
    return Part(tr("condenser"), points, triangles, values)


def _rack(layout: Layout, tr: Words) -> Part:
    low = np.array([-0.42, -layout.depth, layout.lowest - 0.12])
    high = np.array([0.42, layout.depth, layout.highest + layout.module_height + 0.12])
    points, triangles = box(low, high)
    return Part(tr("rack"), points, triangles, colour="#8a9199", opacity=0.14)


def _labels(modules: list[Module], layout: Layout, condenser: dict[str, Any], tr: Words) -> tuple[Label, ...]:
    name = tr("condenser")
    labels = [Label(f"{name} {layout.condenser:.1f} m", (layout.reach, 0.0, layout.condenser + 0.35))]
    hottest = max(modules, key=lambda module: module.hottest or 0.0)
    if hottest.hottest is not None:
        spot = (0.0, hottest.lane, hottest.elevation + 0.5 * layout.module_height)
        labels.append(Label(f"{hottest.name} {hottest.hottest - 273.15:.1f} °C", spot, hot=True))
    heat = condenser.get("heat_W")
    if is_number(heat):
        labels[0] = Label(f"{labels[0].text}, {heat / 1e3:.3g} kW", labels[0].point)
    return tuple(labels)


def _places(modules: list[Module], layout: Layout, tr: Words) -> tuple[View, ...]:
    top = layout.highest + layout.module_height
    rack = View(tr("rack"), (-0.5, -0.4, layout.lowest - 0.2), (0.5, 0.4, top + 0.2))
    x, z = layout.reach, layout.condenser
    return (rack, View(tr("condenser"), (x - 0.8, -0.6, z - 0.6), (x + 0.8, 0.6, z + 0.6)))


def _fine(path: Floats, step: float = 0.25) -> Floats:
    """Put points into long straights, so that values along them grade smoothly."""
    pieces = [path[:1]]
    for start, end in pairwise(path):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / step)))
        pieces.append(start + (end - start) * np.linspace(0.0, 1.0, count + 1)[1:, None])
    return np.concatenate(pieces)
