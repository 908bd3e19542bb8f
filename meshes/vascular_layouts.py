"""Courses of channels: trees with an exchange bed, parallel straight channels, a serpentine, a U.

Flow enters at ``y = 0`` and leaves at ``y = height`` (the U and some serpentines leave where their last pass ends).
All courses are returned with channels of one radius; a law of :mod:`meshes.vascular_radii` sizes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from meshes.errors import MeshError
from meshes.vascular import Array, NetworkDraft, VascularNetwork

SHIFT = 0.25
"""Of a tree's last nodes from the middle of their leaf, as a share of the leaf's side."""


@dataclass(frozen=True)
class Footprint:
    """Heated area, from ``x``, ``y`` on, ``width`` by ``height`` [m]; round: the ellipse in it."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    round: bool = False

    def place(self, across: float, along: float) -> tuple[float, float]:
        """Map a point of the unit square to the footprint [m].

        A round footprint takes the elliptical mapping of the square to the disc (Fong, arXiv:1509.06344, 2015).
        """
        u, v = 2.0 * across - 1.0, 2.0 * along - 1.0
        if self.round:
            u, v = u * math.sqrt(1.0 - 0.5 * v * v), v * math.sqrt(1.0 - 0.5 * u * u)
        return self.x + 0.5 * self.width * (1.0 + u), self.y + 0.5 * self.height * (1.0 + v)


@dataclass(frozen=True)
class _Leaf:
    """Rectangle of the unit square: middle and sides."""

    x: float
    y: float
    width: float
    height: float

    def halves(self, aspect: float, *, across: bool = False) -> tuple[_Leaf, _Leaf]:
        """Divide across the longer side, ``aspect`` being width over height of the whole."""
        if across or self.width * aspect >= self.height:
            step = 0.25 * self.width
            width, height = 0.5 * self.width, self.height
            return _Leaf(self.x - step, self.y, width, height), _Leaf(self.x + step, self.y, width, height)
        step = 0.25 * self.height
        width, height = self.width, 0.5 * self.height
        return _Leaf(self.x, self.y - step, width, height), _Leaf(self.x, self.y + step, width, height)


def tree(
    footprint: Footprint,
    levels: int,
    supply_plane: float,
    return_plane: float,
    radius: float = 1e-3,
) -> VascularNetwork:
    """Supply tree in one plane, return tree in another, two bent capillaries between them in every leaf.

    The area is halved ``levels`` times across its longer side; a branch runs from the middle of a part to the middle
    of each half. In the last parts the trees end a quarter of a side apart on either hand, and the capillaries
    span the leaf from one end to the other, climbing from plane to plane.

    Parameters
    ----------
    supply_plane, return_plane
        Elevations of the trees' axes [m].
    """
    if not 1 <= levels <= 12:
        raise MeshError(f"levels of bifurcation must be 1 to 12, not {levels}")
    if supply_plane == return_plane:
        raise MeshError("supply and return trees must lie in different planes")
    draft = NetworkDraft()
    aspect = footprint.width / footprint.height
    inlet = draft.node(*footprint.place(0.5, 0.0), supply_plane)
    outlet = draft.node(*footprint.place(0.5, 1.0), return_plane)
    planes = (supply_plane, return_plane)
    middle = [draft.node(*footprint.place(0.5, 0.5), z) for z in planes]
    draft.path([inlet, middle[0]], "supply", 0)
    parts = [(_Leaf(0.5, 0.5, 1.0, 1.0), middle)]
    for level in range(1, levels + 1):
        last, following = level == levels, []
        for part, parents in parts:
            for half in part.halves(aspect, across=level == 1):
                along_x = half.width * aspect >= half.height
                ends = []
                for plane, side in zip(planes, (-SHIFT, SHIFT), strict=True):
                    shift = side if last else 0.0
                    x = half.x + (shift * half.width if along_x else 0.0)
                    y = half.y + (0.0 if along_x else shift * half.height)
                    ends.append(draft.node(*footprint.place(x, y), plane))
                draft.path([parents[0], ends[0]], "supply", level)
                draft.path([ends[1], parents[1]], "return", level)
                if last:
                    _capillaries(draft, footprint, half, ends, 0.5 * sum(planes), along_x=along_x)
                following.append((half, ends))
        parts = following
    draft.path([middle[1], outlet], "return", 0)
    return draft.finish(inlet, outlet, radius)


def _capillaries(
    draft: NetworkDraft, footprint: Footprint, leaf: _Leaf, ends: list[int], plane: float, *, along_x: bool
) -> None:
    for side in (-SHIFT, SHIFT):
        x = leaf.x + (0.0 if along_x else side * leaf.width)
        y = leaf.y + (side * leaf.height if along_x else 0.0)
        bend = draft.node(*footprint.place(x, y), plane)
        draft.path([ends[0], bend, ends[1]], "exchange", 0)


def straight(footprint: Footprint, channels: int, plane: float, radius: float = 1e-3) -> VascularNetwork:
    """Parallel channels along y between two manifolds that lie within the footprint's first and last half pitch."""
    if channels < 1:
        raise MeshError(f"straight channels must be 1 or more, not {channels}")
    draft, margin = NetworkDraft(), 0.5 / channels
    places = [(number + 0.5) / channels for number in range(channels)]
    inset = min(margin * footprint.width / footprint.height, 0.25)
    inlet = draft.node(*footprint.place(0.5, 0.0), plane)
    outlet = draft.node(*footprint.place(0.5, 1.0), plane)
    stations = sorted({*places, 0.5})
    middle = stations.index(0.5)
    low = [draft.node(*footprint.place(across, inset), plane) for across in stations]
    high = [draft.node(*footprint.place(across, 1.0 - inset), plane) for across in stations]
    draft.path([inlet, low[middle]], "supply", 0)
    draft.path(low[middle:], "supply", 1)
    draft.path(low[middle::-1], "supply", 1)
    for number, across in enumerate(stations):
        if across in places:
            draft.path([low[number], high[number]], "exchange", 0)
    draft.path(high[: middle + 1], "return", 1)
    draft.path([*high[:middle:-1], high[middle]], "return", 1)
    draft.path([high[middle], outlet], "return", 0)
    return draft.finish(inlet, outlet, radius)


def serpentine(footprint: Footprint, passes: int, plane: float, radius: float = 1e-3) -> VascularNetwork:
    """One channel that crosses the footprint along x ``passes`` times, climbing along y."""
    if passes < 1:
        raise MeshError(f"passes of a serpentine must be 1 or more, not {passes}")
    draft = NetworkDraft()
    edge = min(0.5 / passes * footprint.height / footprint.width, 0.25)
    nodes = [draft.node(*footprint.place(edge, 0.0), plane)]
    for number in range(passes):
        along = (number + 0.5) / passes
        ends = (edge, 1.0 - edge) if number % 2 == 0 else (1.0 - edge, edge)
        nodes += [draft.node(*footprint.place(across, along), plane) for across in ends]
    nodes.append(draft.node(*footprint.place(1.0 - edge if passes % 2 else edge, 1.0), plane))
    draft.path(nodes, "exchange", 0)
    return draft.finish(nodes[0], nodes[-1], radius)


def u_channel(footprint: Footprint, plane: float, radius: float = 1e-3) -> VascularNetwork:
    """One channel up a quarter of the width from the left and down a quarter from the right."""
    draft = NetworkDraft()
    corners = ((0.25, 0.0), (0.25, 0.75), (0.75, 0.75), (0.75, 0.0))
    nodes = [draft.node(*footprint.place(*corner), plane) for corner in corners]
    draft.path(nodes, "exchange", 0)
    return draft.finish(nodes[0], nodes[-1], radius)


def lay_out(layout: str, area: Footprint, count: int, planes: tuple[float, float]) -> VascularNetwork:
    """Lay channels by the layout's name, all of one radius.

    Parameters
    ----------
    layout
        ``tree``, ``straight``, ``serpentine`` or ``u-channel``.
    count
        Of levels, channels or passes.
    planes
        Elevations of a tree's supply and return; others lie in the middle between [m].
    """
    if layout == "tree":
        return tree(area, count, *planes)
    middle = 0.5 * sum(planes)
    if layout == "straight":
        return straight(area, count, middle)
    if layout == "serpentine":
        return serpentine(area, count, middle)
    if layout == "u-channel":
        return u_channel(area, middle)
    raise MeshError(f"layout {layout!r} is not one of tree, straight, serpentine, u-channel")


def farthest_point(network: VascularNetwork, footprint: Footprint, samples: int = 80) -> tuple[float, Array]:
    """Greatest distance in plan from a point of the footprint to a channel's axis [m], and the point [m].

    Sampled on a grid of ``samples`` squared points.
    """
    line = (np.arange(samples) + 0.5) / samples
    points = np.array([footprint.place(across, along) for along in line for across in line])
    distance = network.distance(points)
    worst = int(distance.argmax())
    return float(distance[worst]), points[worst]


def levels_for_reach(footprint: Footprint, reach: float) -> int:
    """Fewest levels of a tree that leave no point of the footprint farther than ``reach`` from a channel [m].

    Raises
    ------
    MeshError
        If ten levels do not do it.
    """
    for levels in range(1, 11):
        worst, _ = farthest_point(tree(footprint, levels, 0.0, 1.0), footprint, 40)
        if worst <= reach:
            return levels
    raise MeshError(f"ten levels leave a point {1e3 * worst:.3g} mm from a channel; {1e3 * reach:g} mm asked")
