"""Networks of round channels in a plate: nodes, straight segments between them, radii."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meshes.errors import MeshError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ROLES = ("supply", "exchange", "return")
"""What a segment is for, as arteries, capillaries and veins."""


@dataclass(frozen=True)
class VascularNetwork:
    """Channels that carry a coolant from one inlet to one outlet.

    Attributes
    ----------
    nodes
        Positions, shape (nodes, 3) [m].
    tail, head
        Nodes that a segment leaves and reaches in its nominal direction, shape (segments,).
    radius
        Inner, shape (segments,) [m].
    role
        Index into ``ROLES``, shape (segments,).
    level
        Bifurcations between the inlet (supply) or outlet (return) and the segment, shape (segments,).
    names
        Of the segments.
    inlet, outlet
        Nodes.
    """

    nodes: Array
    tail: Index
    head: Index
    radius: Array
    role: Index
    level: Index
    names: tuple[str, ...]
    inlet: int
    outlet: int

    @property
    def segments(self) -> int:
        """Number of segments."""
        return len(self.tail)

    @property
    def length(self) -> Array:
        """Of each segment [m]."""
        return np.asarray(np.linalg.norm(self.nodes[self.head] - self.nodes[self.tail], axis=1))

    @property
    def volume(self) -> float:
        """Of all channels [m3]."""
        return float(math.pi * (self.radius**2 * self.length).sum())

    @property
    def wetted_area(self) -> float:
        """Of all channels [m2]."""
        return float(2.0 * math.pi * (self.radius * self.length).sum())

    def label(self, segment: int) -> str:
        """Name a segment for people."""
        role = ROLES[self.role[segment]]
        return f"segment {self.names[segment]} ({role}, level {self.level[segment]})"

    def with_radius(self, radius: Array) -> VascularNetwork:
        """Network of the same course with other radii [m]."""
        return replace(self, radius=np.asarray(radius, dtype=float))

    def with_volume(self, volume: float) -> VascularNetwork:
        """Network whose radii are scaled by one factor to a channel volume [m3]."""
        return self.with_radius(self.radius * math.sqrt(volume / self.volume))

    def moved(self, by: tuple[float, float, float]) -> VascularNetwork:
        """Network moved along x, y, z [m]."""
        return replace(self, nodes=self.nodes + np.array(by))

    def reversed(self) -> VascularNetwork:
        """Network that is flown through the other way."""
        return replace(self, tail=self.head, head=self.tail, inlet=self.outlet, outlet=self.inlet)

    def distance(self, points: Array) -> Array:
        """Distance in plan from points, shape (points, 2), to the nearest axis of a channel [m]."""
        start = self.nodes[self.tail, :2]
        course = self.nodes[self.head, :2] - start
        squared = np.maximum((course**2).sum(axis=1), 1e-300)
        nearest = np.full(len(points), np.inf)
        for first, step, size in zip(start, course, squared, strict=True):
            share = np.clip(((points - first) @ step) / size, 0.0, 1.0)
            np.minimum(nearest, np.linalg.norm(points - first - share[:, None] * step, axis=1), out=nearest)
        return nearest


def connected(network: VascularNetwork) -> VascularNetwork:
    """Return the network if every segment lies on a way from inlet to outlet.

    Raises
    ------
    MeshError
        Naming the first segment that does not.
    """
    forward = _reached(network.tail, network.head, network.inlet, len(network.nodes))
    backward = _reached(network.head, network.tail, network.outlet, len(network.nodes))
    for segment, (tail, head) in enumerate(zip(network.tail, network.head, strict=True)):
        if not forward[tail]:
            raise MeshError(f"{network.label(segment)} cannot be reached from the inlet")
        if not backward[head]:
            raise MeshError(f"{network.label(segment)} does not lead to the outlet")
    return network


def repeated(network: VascularNetwork, copies: int) -> VascularNetwork:
    """Several copies of a network in a row, not joined; inlet and outlet are those of the first."""
    first = np.repeat(np.arange(copies) * len(network.nodes), network.segments)
    return replace(
        network,
        nodes=np.tile(network.nodes, (copies, 1)),
        tail=np.tile(network.tail, copies) + first,
        head=np.tile(network.head, copies) + first,
        radius=np.tile(network.radius, copies),
        role=np.tile(network.role, copies),
        level=np.tile(network.level, copies),
        names=network.names * copies,
    )


def _reached(tail: Index, head: Index, start: int, nodes: int) -> NDArray[np.bool_]:
    reached = np.zeros(nodes, dtype=bool)
    reached[start] = True
    while True:
        new = head[reached[tail]]
        if reached[new].all():
            return reached
        reached[new] = True


@dataclass
class NetworkDraft:
    """Collects nodes and segments; equal positions are one node."""

    spacing: float = 1e-9

    def __post_init__(self) -> None:
        self._nodes: list[tuple[float, ...]] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._rows: list[tuple[int, int, int, int]] = []

    def node(self, *position: float) -> int:
        """Return the number of the node at x, y, z [m]."""
        key = tuple(round(value / self.spacing) for value in position)
        if key not in self._known:
            self._known[key] = len(self._nodes)
            self._nodes.append(position)
        return self._known[key]

    def position(self, node: int) -> tuple[float, ...]:
        """Of a node: x, y, z [m]."""
        return self._nodes[node]

    def path(self, nodes: list[int], role: str, level: int) -> None:
        """Add the segments through nodes in turn."""
        self._rows += [(tail, head, ROLES.index(role), level) for tail, head in itertools.pairwise(nodes)]

    def finish(self, inlet: int, outlet: int, radius: float) -> VascularNetwork:
        """Make the network, all channels of one radius [m]."""
        tail, head, role, level = np.array(self._rows, dtype=np.int64).T
        return connected(
            VascularNetwork(
                nodes=np.array(self._nodes),
                tail=tail,
                head=head,
                radius=np.full(len(tail), radius),
                role=role,
                level=level,
                names=tuple(str(number) for number in range(len(tail))),
                inlet=inlet,
                outlet=outlet,
            )
        )
