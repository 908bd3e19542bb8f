"""Whether a network can be made: smallest diameter, smallest wall, inside the plate."""

from __future__ import annotations

import itertools

import numpy as np

from meshes.errors import MeshError
from meshes.quantity import Length, Spec
from meshes.vascular import Array, Index, VascularNetwork

ROUND_OFF = 1e-9
"""Slack on lengths [m]."""


class ManufactureSpec(Spec):
    """What the process can make; the defaults are those of a micro-milled and brazed plate (assumption).

    Attributes
    ----------
    smallest_diameter
        Of a channel [m].
    smallest_wall
        Between two channels, and between a channel and a face of the plate [m].
    """

    smallest_diameter: Length = 0.2e-3
    smallest_wall: Length = 0.2e-3


def manufacture_faults(
    network: VascularNetwork, process: ManufactureSpec, size: tuple[float, float, float]
) -> list[str]:
    """Say what cannot be made, one line a fault, each naming its segment.

    Parameters
    ----------
    size
        Of the plate, which starts at 0, 0, 0 [m].
    """
    faults = [
        f"{network.label(s)}: diameter {2e3 * network.radius[s]:.3g} mm is below {1e3 * process.smallest_diameter:g} mm"
        for s in np.flatnonzero(2.0 * network.radius < process.smallest_diameter - ROUND_OFF)
    ]
    return faults + _outside(network, process, size) + _thin_walls(network, process)


def require_manufacturable(
    network: VascularNetwork, process: ManufactureSpec, size: tuple[float, float, float]
) -> VascularNetwork:
    """Return the network if it can be made.

    Raises
    ------
    MeshError
        With the first faults, and how many there are.
    """
    faults = manufacture_faults(network, process, size)
    if not faults:
        return network
    shown = "; ".join(faults[:5])
    more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    raise MeshError(f"the network cannot be made: {shown}{more}")


def _outside(
    network: VascularNetwork, process: ManufactureSpec, size: tuple[float, float, float]
) -> list[str]:
    faults = []
    ports = {network.inlet, network.outlet}
    for segment, ends in enumerate(zip(network.tail.tolist(), network.head.tolist(), strict=True)):
        # a port may open through a side of the plate, the rest of its segment keeps off it
        points = network.nodes[[end for end in ends if end not in ports] or list(ends)]
        for axis, name in enumerate("xyz"):
            if axis < 2 and ports & set(ends) and len(points) == 2:
                continue
            wall = min(points[:, axis].min(), size[axis] - points[:, axis].max()) - network.radius[segment]
            if wall < process.smallest_wall - ROUND_OFF:
                faults.append(
                    f"{network.label(segment)}: wall to a face of the plate along {name} is {1e3 * wall:.3g} mm, "
                    f"below {1e3 * process.smallest_wall:g} mm"
                )
    return faults


def _thin_walls(network: VascularNetwork, process: ManufactureSpec) -> list[str]:
    first, second = (np.array(side, dtype=np.int64) for side in _near_pairs(network, process.smallest_wall))
    if not len(first):
        return []
    gap = segment_distance(network, first, second) - network.radius[first] - network.radius[second]
    return [
        f"{network.label(a)}: wall to {network.label(b)} is {1e3 * wall:.3g} mm, "
        f"below {1e3 * process.smallest_wall:g} mm"
        for a, b, wall in zip(first, second, gap, strict=True)
        if wall < process.smallest_wall - ROUND_OFF
    ]


def _near_pairs(network: VascularNetwork, wall: float) -> tuple[list[int], list[int]]:
    """Pairs of segments that share no node and whose boxes come near each other."""
    ends = np.stack([network.nodes[network.tail], network.nodes[network.head]])
    reach = (network.radius + wall)[:, None]
    low, high = ends.min(axis=0) - reach, ends.max(axis=0) + reach
    pairs: tuple[list[int], list[int]] = ([], [])
    nodes = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    for a in range(network.segments - 1):
        near = ((low[a] < high[a + 1 :]) & (low[a + 1 :] < high[a])).all(axis=1)
        for b in (np.flatnonzero(near) + a + 1).tolist():
            if not set(nodes[a]) & set(nodes[b]):
                pairs[0].append(a)
                pairs[1].append(b)
    return pairs


def segment_distance(network: VascularNetwork, first: Index, second: Index) -> Array:
    """Shortest distance between the axes of pairs of segments, shape (pairs,) [m].

    The least of: the inner minimum of the two lines where it lies on both, and the four ends' distances
    (Ericson, Real-Time Collision Detection (2005), section 5.1.9).
    """
    p, q = network.nodes[network.tail[first]], network.nodes[network.tail[second]]
    u, v = network.nodes[network.head[first]] - p, network.nodes[network.head[second]] - q
    between = p - q
    a, b, c = (np.einsum("ij,ij->i", s, t) for s, t in ((u, u), (u, v), (v, v)))
    d, e = np.einsum("ij,ij->i", u, between), np.einsum("ij,ij->i", v, between)
    determinant = a * c - b * b
    skew = determinant > 1e-12 * a * c
    safe = np.where(skew, determinant, 1.0)
    inner_s, inner_t = (b * e - c * d) / safe, (a * e - b * d) / safe
    candidates = []
    inside = skew & (np.abs(inner_s - 0.5) <= 0.5) & (np.abs(inner_t - 0.5) <= 0.5)
    gap = np.linalg.norm(between + inner_s[:, None] * u - inner_t[:, None] * v, axis=1)
    candidates.append(np.where(inside, gap, np.inf))
    for (point, line, size, flip), end in itertools.product(
        ((between, v, c, 1), (-between, u, a, 2)), (0.0, 1.0)
    ):
        offset = point + end * (u if flip == 1 else v)
        share = np.clip(np.einsum("ij,ij->i", offset, line) / size, 0.0, 1.0)
        candidates.append(np.linalg.norm(offset - share[:, None] * line, axis=1))
    return np.asarray(np.min(candidates, axis=0))
