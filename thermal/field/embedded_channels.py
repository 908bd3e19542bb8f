"""Channels in a solid as lines: heat by the mean temperature of the solid on the channel's circle.

Strong form: ``-div(k grad u) + q' delta_ring = f`` with ``q' = G (P u - T)`` per length of channel, where ``P u`` is
the mean of the solid's temperature over the circle of radius R around the axis (in coarse cells over a wider ring), T
the coolant's temperature and ``1/G = 1/(2 pi R h) + d`` the film's resistance with what the mesh cannot resolve
(:mod:`thermal.field.unresolved_channels`). Heat taken by the channel is positive. Discretely the channel falls into
pieces, ``P`` is a sparse matrix (pieces, nodes) whose rows sum to one, and the solid receives ``-P^T q``: what the
solid gives is what the channel takes to round-off on any mesh, and ``P^T U P`` is symmetric and not negative
(D'Angelo and Quarteroni, Math. Models Methods Appl. Sci. 18 (2008) 1481, with the circle also for the source as
Köppl et al., Math. Models Methods Appl. Sci. 28 (2018) 953). The solid is not cut out: within R it holds what it held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.field.tensor_grid import TensorGrid
from thermal.field.unresolved_channels import normal_frame, ring_axes, unresolved_resistance

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST_ANGLES, _MOST_ANGLES = 16, 96
"""Points on a ring; at least two a cell on its way round, or they would act one by one."""

_ALONG = 0.9
"""Cosine of the angle between a channel and an axis from which on cells along the axis do not cut its ring."""

_STATIONS = (0.5 - 0.5 / math.sqrt(3.0), 0.5 + 0.5 / math.sqrt(3.0))
"""Gauss points along each part of a piece."""


@dataclass(frozen=True)
class ChannelPieces:
    """Short pieces that the segments of a network are divided into, in order along each segment.

    Attributes
    ----------
    segment
        That a piece belongs to, shape (pieces,).
    start, end
        Of the axis, shape (pieces, 3) [m].
    radius
        Shape (pieces,) [m].
    first, last
        Piece at a segment's tail and at its head, shape (segments,).
    """

    segment: Index
    start: Array
    end: Array
    radius: Array
    first: Index
    last: Index

    @property
    def count(self) -> int:
        """Number of pieces."""
        return len(self.segment)

    @property
    def length(self) -> Array:
        """Of each piece [m]."""
        return np.asarray(np.linalg.norm(self.end - self.start, axis=1))

    @property
    def direction(self) -> Array:
        """Unit vectors along the axes, shape (pieces, 3)."""
        return np.asarray((self.end - self.start) / self.length[:, None])

    def repeated(self, copies: int) -> ChannelPieces:
        """Pieces of as many copies of the network (:func:`meshes.vascular.repeated`)."""
        segments, turn = np.arange(copies) * len(self.first), np.arange(copies) * self.count
        return ChannelPieces(
            np.tile(self.segment, copies) + np.repeat(segments, self.count),
            np.tile(self.start, (copies, 1)),
            np.tile(self.end, (copies, 1)),
            np.tile(self.radius, copies),
            np.tile(self.first, copies) + np.repeat(turn, len(self.first)),
            np.tile(self.last, copies) + np.repeat(turn, len(self.first)),
        )

    def by_segment(self, values: Array) -> Array:
        """Sum over the pieces of each segment, shape (segments,)."""
        return np.bincount(self.segment, values, minlength=len(self.first)).astype(np.float64)


def divide(network: VascularNetwork, longest: float) -> ChannelPieces:
    """Divide segments into equal pieces no longer than ``longest`` [m]."""
    count = np.maximum(np.ceil(network.length / longest * (1.0 - 1e-9)), 1).astype(np.int64)
    segment = np.repeat(np.arange(network.segments), count)
    last = np.cumsum(count) - 1
    first = last - count + 1
    number = np.arange(len(segment)) - first[segment]
    tail, head = network.nodes[network.tail[segment]], network.nodes[network.head[segment]]
    share = (number / count[segment])[:, None], ((number + 1) / count[segment])[:, None]
    course = head - tail
    return ChannelPieces(
        segment, tail + share[0] * course, tail + share[1] * course, network.radius[segment], first, last
    )


@dataclass(frozen=True)
class EmbeddedChannels:
    """Exchange of heat between pieces of channels and the nodes of a grid.

    Attributes
    ----------
    pieces
        Of the channels.
    average
        Mean over each piece's circle, (pieces, nodes).
    unresolved
        Resistance times length that the mesh lacks, shape (pieces,) [m K/W].
    """

    pieces: ChannelPieces
    average: scipy.sparse.csr_matrix
    unresolved: Array

    @property
    def area(self) -> Array:
        """Wetted, of each piece [m2]."""
        return np.asarray(2.0 * math.pi * self.pieces.radius * self.pieces.length)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what is known by piece."""
        return (self.pieces.count,)

    def mean(self, nodal: Array) -> Array:
        """Mean on the ring of each piece."""
        return np.asarray(self.average @ nodal)

    def load(self, flux: Array) -> Array:
        """Heat into the nodes from a flux at the channels' walls [W/m2], to [W]."""
        return np.asarray(self.average.T @ (flux * self.area))

    def smeared(self, grid: TensorGrid, conductance: Array) -> Array:
        """Conductance of the pieces [W/K] spread over the cells that hold their middles, (nz, ny, nx) [W/(m3 K)]."""
        middle = 0.5 * (self.pieces.start + self.pieces.end)
        found, _ = np.histogramdd(middle[:, ::-1], bins=[grid.z, grid.y, grid.x], weights=conductance)
        volume = np.multiply.outer(np.diff(grid.z), np.outer(np.diff(grid.y), np.diff(grid.x)))
        return np.asarray(found / volume)

    def conductance(self, coefficient: Array | float) -> Array:
        """From the mean on the circle, as the mesh has it, to the coolant, shape (pieces,) [W/K].

        Parameters
        ----------
        coefficient
            Of heat transfer at the channel's wall [W/(m2 K)].
        """
        perimeter = 2.0 * math.pi * self.pieces.radius
        film = perimeter * np.asarray(coefficient, dtype=float)
        return np.asarray(self.pieces.length * film / (1.0 + film * self.unresolved))

    def wall_temperature(self, temperature: Array, heat: Array) -> Array:
        """Mean over the circle with what the mesh cannot resolve, at the heat taken [W], shape (pieces,) [K]."""
        return np.asarray(self.average @ temperature.ravel() - heat * self.unresolved / self.pieces.length)


def embed(pieces: ChannelPieces, grid: TensorGrid, conductivity: Array) -> EmbeddedChannels:
    """Lay channels into a grid.

    Parameters
    ----------
    conductivity
        Of the cells along x, y, z, shape (3, nz, ny, nx) [W/(m K)].
    """
    middle = 0.5 * (pieces.start + pieces.end)
    lines = (grid.x, grid.y, grid.z)
    cell = [_cell(line, middle[:, axis])[0] for axis, line in enumerate(lines)]
    spacing = np.column_stack([np.diff(line)[index] for line, index in zip(lines, cell, strict=True)])
    around = conductivity[:, cell[2], cell[1], cell[0]].T
    clearance = np.column_stack(
        [np.minimum(middle[:, a] - line[0], line[-1] - middle[:, a]) for a, line in enumerate(lines)]
    )
    ring = ring_axes(pieces.direction, pieces.radius, spacing, clearance)
    lacking = unresolved_resistance(pieces.direction, pieces.radius, spacing, around, ring)
    return EmbeddedChannels(pieces, ring_average(pieces, ring, grid), lacking)


def ring_average(pieces: ChannelPieces, ring: Array, grid: TensorGrid) -> scipy.sparse.csr_matrix:
    """Mean of trilinear node values over the rings along each piece, (pieces, nodes); rows sum to one.

    Parameters
    ----------
    ring
        Semi-axes, shape (pieces, 2) [m].
    """
    points = _ring_points(pieces, ring, _parts(pieces, grid), _angles(pieces, ring, grid))
    nodes, weights = trilinear(points.reshape(-1, 3), grid)
    per_piece = points.shape[1] * 8
    rows = np.repeat(np.arange(pieces.count), per_piece)
    size = int(np.prod(grid.node_shape))
    entries = (weights.ravel() / points.shape[1], (rows, nodes.ravel()))
    return scipy.sparse.coo_matrix(entries, shape=(pieces.count, size)).tocsr()


def _parts(pieces: ChannelPieces, grid: TensorGrid) -> int:
    """How often the pieces must be divided so that no part passes more than one cell."""
    crossed = np.zeros(pieces.count, dtype=np.int64)
    for axis, line in enumerate((grid.x, grid.y, grid.z)):
        first, last = (_cell(line, end[:, axis])[0] for end in (pieces.start, pieces.end))
        crossed += np.abs(last - first)
    return int(crossed.max(initial=0)) + 1


def _angles(pieces: ChannelPieces, ring: Array, grid: TensorGrid) -> int:
    """Points on a ring, by the finest cell that one of them lies in."""
    middle, wide = 0.5 * (pieces.start + pieces.end), ring.max(axis=1)
    least = np.full(pieces.count, np.inf)
    for axis, line in enumerate((grid.x, grid.y, grid.z)):
        across = np.abs(pieces.direction[:, axis]) < _ALONG
        width = np.diff(line)[_cell(line, middle[:, axis])[0]]
        least = np.where(across, np.minimum(least, width), least)
    cells = float((2.0 * math.pi * wide / least).max(initial=0.0))
    return int(np.clip(4 * math.ceil(0.5 * cells), _LEAST_ANGLES, _MOST_ANGLES))


def _ring_points(pieces: ChannelPieces, ring: Array, parts: int, angles: int) -> Array:
    """Points on the rings at the stations of each piece, shape (pieces, points, 3) [m]."""
    first, second = normal_frame(pieces.direction)
    angle = ((np.arange(angles) + 0.5) * (2.0 * math.pi / angles))[:, None]
    around = np.cos(angle) * (ring[:, :1] * first)[:, None] + np.sin(angle) * (ring[:, 1:] * second)[:, None]
    shares = ((np.arange(parts)[:, None] + np.array(_STATIONS)) / parts).ravel()
    stations = [(1.0 - s) * pieces.start[:, None] + s * pieces.end[:, None] + around for s in shares]
    return np.concatenate(stations, axis=1)


def trilinear(points: Array, grid: TensorGrid) -> tuple[Index, Array]:
    """Nodes around points and their weights, each of shape (points, 8); points outside are taken to the face."""
    lines = (grid.x, grid.y, grid.z)
    found = [_cell(line, points[:, axis]) for axis, line in enumerate(lines)]
    strides = (1, len(grid.x), len(grid.x) * len(grid.y))
    nodes = np.zeros((len(points), 8), dtype=np.int64)
    weights = np.ones((len(points), 8))
    for axis, (index, share) in enumerate(found):
        upper = (np.arange(8) >> axis) & 1
        nodes += (index[:, None] + upper) * strides[axis]
        weights *= np.where(upper == 1, share[:, None], 1.0 - share[:, None])
    return nodes, weights


def _cell(line: Array, position: Array) -> tuple[Index, Array]:
    """Cell that holds a position, and the share of the cell before it."""
    index = np.clip(np.searchsorted(line, position, side="right") - 1, 0, len(line) - 2)
    share = (position - line[index]) / (line[index + 1] - line[index])
    return index, np.clip(share, 0.0, 1.0)
