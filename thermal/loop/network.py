"""A closed network of pipes: points, the cells between them, and its independent cycles.

A *point* carries pressure and enthalpy; a *cell* is a straight piece of pipe between two points and carries
one mass flow. Mass conservation at every point leaves as many free flows as the graph has independent cycles:
``m = C y`` with the columns of ``C`` a cycle basis, so that ``m`` conserves mass whatever ``y`` is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
# height over which liquid may back up in a condenser that is described as flat [m]
FLAT_CONDENSER = 1.0e-6


@dataclass(frozen=True)
class Network:
    """Points and cells of a closed network of pipes.

    Attributes
    ----------
    elevation
        Of the points [m], (points,).
    tail, head
        Points that a cell leaves and reaches in its nominal direction, (cells,).
    length, rise, diameter, area, roughness
        Of the cells [m, m, m, m2, m], (cells,).
    loss_coefficient
        Local losses of the cells [-], (cells,).
    fixed_fall
        Of pressure along the cells besides all that is computed [Pa], (cells,).
    volume
        Of the cells [m3], (cells,).
    channel_factor
        On the Reynolds number, for sections that are not round [-], (cells,).
    leg, leg_names
        Which leg a cell belongs to, (cells,), and the names of the legs.
    heated
        Cells that take heat, in the order of the heat array, (heated,).
    condensers
        Cells that give heat to a sink, (condensers,).
    condenser_height
        Over which liquid can back up above the outlet [m], (condensers,).
    drop_legs
        For each condenser the cells in which its liquid stands, from the outlet down.
    cycles
        Cycle basis, (cells, cycles), entries -1, 0, 1.
    """

    elevation: Floats
    tail: Indices
    head: Indices
    length: Floats
    rise: Floats
    diameter: Floats
    area: Floats
    roughness: Floats
    loss_coefficient: Floats
    fixed_fall: Floats
    volume: Floats
    channel_factor: Floats
    leg: Indices
    leg_names: tuple[str, ...]
    heated: Indices
    condensers: Indices
    condenser_height: Floats
    drop_legs: tuple[Indices, ...]
    cycles: Floats

    @property
    def points(self) -> int:
        """Number of points."""
        return int(self.elevation.size)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.tail.size)

    @property
    def inclination(self) -> Floats:
        """Of the cells against the level, upward positive; cells without length count as upright [degrees]."""
        slope = np.divide(self.rise, self.length, out=np.ones(self.cells), where=self.length > 0.0)
        return np.asarray(np.degrees(np.arcsin(np.clip(slope, -1.0, 1.0))))

    @property
    def condenser_fall(self) -> Floats:
        """Of the condensers' outlets below their inlets [m], (condensers,); 0 where vapour comes in below."""
        tail, head = self.tail[self.condensers], self.head[self.condensers]
        return np.asarray(np.maximum(self.elevation[tail] - self.elevation[head], 0.0))

    def branch(self, condenser: int) -> Indices:
        """Cells from the tee at which a condenser parts from others to its inlet, (branch,)."""
        point, way = int(self.tail[self.condensers[condenser]]), []
        while np.count_nonzero(self.tail == point) == 1:
            way.append(int(np.flatnonzero(self.head == point)[0]))
            point = int(self.tail[way[-1]])
        return np.array(way[::-1], dtype=np.intp)


@dataclass
class NetworkBuilder:
    """Collect points and pipes, then :meth:`build` the network."""

    elevation: list[float] = field(default_factory=list)
    _cells: list[tuple[int, int, float, float, float, float, float, float, float, float]] = field(
        default_factory=list
    )
    _legs: list[str] = field(default_factory=list)
    _heated: list[int] = field(default_factory=list)
    _condensers: list[tuple[int, float]] = field(default_factory=list)
    _drop_legs: list[list[int]] = field(default_factory=list)

    def point(self, elevation: float) -> int:
        """Add a point at ``elevation`` [m] and return its number."""
        self.elevation.append(elevation)
        return len(self.elevation) - 1

    def pipe(
        self,
        tail: int,
        head: int,
        leg: str,
        *,
        length: float,
        diameter: float,
        area: float | None = None,
        roughness: float = 0.0,
        inlet_loss: float = 0.0,
        outlet_loss: float = 0.0,
        channel_factor: float = 1.0,
        cells: int = 1,
        heated: bool = False,
    ) -> list[int]:
        """Add a pipe of even slope between two points, cut into ``cells``; return their numbers.

        ``length`` and ``diameter`` in [m]; ``area`` [m2] is that of a circle unless given; ``inlet_loss`` is
        put on the first cell and ``outlet_loss`` on the last [-]; ``channel_factor`` multiplies
        the Reynolds number [-].
        """
        start, end = self.elevation[tail], self.elevation[head]
        section = math.pi / 4.0 * diameter**2 if area is None else area
        between = [self.point(start + (end - start) * k / cells) for k in range(1, cells)]
        chain = [tail, *between, head]
        first = len(self._cells)
        step, rise = length / cells, (end - start) / cells
        for k in range(cells):
            loss = inlet_loss * (k == 0) + outlet_loss * (k == cells - 1)
            self._cells.append(
                (
                    chain[k],
                    chain[k + 1],
                    step,
                    rise,
                    diameter,
                    section,
                    roughness,
                    loss,
                    step * section,
                    channel_factor,
                )
            )
            self._legs.append(leg)
        numbers = list(range(first, first + cells))
        if heated:
            self._heated.extend(numbers)
        return numbers

    def port(self, tail: int, head: int, leg: str, *, area: float, loss: float) -> int:
        """Add a cell without length that only carries a local loss, referred to ``area`` [m2]."""
        self._cells.append((tail, head, 0.0, 0.0, math.sqrt(4.0 * area / math.pi), area, 0.0, loss, 0.0, 1.0))
        self._legs.append(leg)
        return len(self._cells) - 1

    def component(
        self, tail: int, head: int, leg: str, *, area: float, volume: float, heated: bool = False
    ) -> int:
        """Add a cell whose loss and content are given from outside, referred to ``area`` [m2]; ``volume`` [m3]."""
        rise = self.elevation[head] - self.elevation[tail]
        self._cells.append(
            (tail, head, 0.0, rise, math.sqrt(4.0 * area / math.pi), area, 0.0, 0.0, volume, 1.0)
        )
        self._legs.append(leg)
        if heated:
            self._heated.append(len(self._cells) - 1)
        return len(self._cells) - 1

    def condenser(
        self,
        tail: int,
        head: int,
        leg: str,
        *,
        area: float,
        volume: float,
        loss: float,
        drop_leg: list[int],
        height: float | None = None,
    ) -> int:
        """Add a condenser; ``area`` [m2], ``volume`` [m3].

        Liquid may back up over ``height`` above its outlet [m], up to the inlet unless given.
        """
        height = self.elevation[tail] - self.elevation[head] if height is None else height
        number = len(self._cells)
        diameter = math.sqrt(4.0 * area / math.pi)
        self._cells.append((tail, head, 0.0, 0.0, diameter, area, 0.0, loss, volume, 1.0))
        self._legs.append(leg)
        self._condensers.append((number, max(height, FLAT_CONDENSER)))
        self._drop_legs.append(drop_leg)
        return number

    def build(self) -> Network:
        """Return the network with its cycle basis.

        Raises
        ------
        InputError
            If a point is not connected, or no cycle is closed.
        """
        columns = list(zip(*self._cells, strict=True))
        tail, head = (np.array(columns[k], dtype=np.intp) for k in (0, 1))
        names = tuple(dict.fromkeys(self._legs))
        reals = [np.array(columns[k], dtype=np.float64) for k in range(2, 10)]
        length, rise, diameter, area, roughness, loss, volume, channel_factor = reals
        return Network(
            elevation=np.array(self.elevation),
            tail=tail,
            head=head,
            length=length,
            rise=rise,
            diameter=diameter,
            area=area,
            roughness=roughness,
            loss_coefficient=loss,
            fixed_fall=np.zeros(tail.size),
            volume=volume,
            channel_factor=channel_factor,
            leg=np.array([names.index(leg) for leg in self._legs], dtype=np.intp),
            leg_names=names,
            heated=np.array(self._heated, dtype=np.intp),
            condensers=np.array([number for number, _ in self._condensers], dtype=np.intp),
            condenser_height=np.array([height for _, height in self._condensers]),
            drop_legs=tuple(np.array(leg, dtype=np.intp) for leg in self._drop_legs),
            cycles=cycle_basis(len(self.elevation), tail, head, last=np.array(self._heated, dtype=np.intp)),
        )


def cycle_basis(points: int, tail: Indices, head: Indices, last: Indices | None = None) -> Floats:
    """Fundamental cycles of a connected graph, (cells, cycles), entries -1, 0, 1.

    Cells listed in ``last`` close cycles rather than carry the spanning tree where there is a choice; the
    flow of a cycle is then that of the cell which closes it.

    Raises
    ------
    InputError
        If the graph is not connected or has no cycle.
    """
    closing = np.zeros(tail.size, dtype=bool)
    if last is not None:
        closing[last] = True
    order = np.argsort(closing, kind="stable")
    parent = list(range(points))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    neighbours: list[list[tuple[int, int, float]]] = [[] for _ in range(points)]
    chords = []
    for cell in order:
        a, b = root(int(tail[cell])), root(int(head[cell]))
        if a == b:
            chords.append(int(cell))
            continue
        parent[a] = b
        neighbours[int(tail[cell])].append((int(head[cell]), int(cell), 1.0))
        neighbours[int(head[cell])].append((int(tail[cell]), int(cell), -1.0))
    if len({root(node) for node in range(points)}) > 1:
        raise InputError("the network of pipes is not connected")
    if not chords:
        raise InputError("the network of pipes closes no cycle")
    basis = np.zeros((tail.size, len(chords)))
    paths = _paths_from_root(points, neighbours, tail.size)
    for column, chord in enumerate(sorted(chords)):
        basis[:, column] = paths[int(tail[chord])] - paths[int(head[chord])]
        basis[chord, column] = 1.0
    return basis


def _paths_from_root(points: int, neighbours: list[list[tuple[int, int, float]]], cells: int) -> Floats:
    """Signed cells of the tree's path from point 0 to each point, (points, cells)."""
    paths = np.zeros((points, cells))
    seen, stack = {0}, [0]
    while stack:
        node = stack.pop()
        for other, cell, sign in neighbours[node]:
            if other not in seen:
                seen.add(other)
                paths[other] = paths[node]
                paths[other, cell] += sign
                stack.append(other)
    return paths
