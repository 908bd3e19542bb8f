"""Tier 1, rates of convergence of a channel in a cube against a manufactured solution.

On the cube of side 1 around the origin with a channel of radius 0.05 along z, ``xi = 1``:
``u = xi/(xi + 1) p`` within the channel and ``xi/(xi + 1) (1 - R ln(r/R)) p`` outside, ``p = sin(pi z) + 2``;
``-lap u + xi (P u - p) delta_ring = f`` and ``-(A p')' + 2 pi R xi (p - P u) = A f_channel``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from thermal.field.embedded_channels import EmbeddedChannels, divide, embed, trilinear
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import make_solver
from validation.registry import Row, case
from validation.vascular_field import single_channel

Array = NDArray[np.float64]

RADIUS = 0.05
AWAY = 3.0 * RADIUS
"""From the axis, beyond which rates are asked for."""

SOURCE = (
    "manufactured solution of the demo of fenicsx_ii; rates of D'Angelo, SIAM J. Numer. Anal. 50 (2012) 194"
)


def _exact(points: Array) -> tuple[Array, Array, Array]:
    """Solution, its Laplacian with the sign of a source, and its gradient, (n,), (n,), (n, 3)."""
    x, y, z = points.T
    radius = np.maximum(np.hypot(x, y), RADIUS)
    shape = 0.5 * (1.0 - RADIUS * np.log(radius / RADIUS))
    wave = np.sin(math.pi * z)
    slope = np.where(np.hypot(x, y) > RADIUS, -0.5 * RADIUS / radius**2, 0.0) * (wave + 2.0)
    gradient = np.column_stack([slope * x, slope * y, shape * math.pi * np.cos(math.pi * z)])
    return shape * (wave + 2.0), shape * math.pi**2 * wave, gradient


@dataclass(frozen=True)
class Errors:
    """Norms of the error: solid away from the channel, its gradient there, coolant along the channel."""

    solid: float
    gradient: float
    coolant: float


def errors(cells: int) -> Errors:
    """Solve on a cube of ``cells`` cubed."""
    line = np.linspace(-0.5, 0.5, cells + 1)
    grid = TensorGrid(line, line, line)
    nodes = np.stack(np.meshgrid(line, line, line, indexing="ij")[::-1], axis=-1).reshape(-1, 3)
    conductivity = np.ones((3, *grid.cell_shape))
    axis = single_channel(np.array([0.0, 0.0, -0.5]), np.array([0.0, 0.0, 0.5]), RADIUS)
    channels = embed(divide(axis, 1.0 / cells), grid, conductivity)
    exact, source, _ = _exact(nodes)
    mass = TensorOperator(grid, storage=np.ones(grid.cell_shape)).matrix()
    solid, coolant = _solve(grid, conductivity, mass @ source, exact, channels)
    pressure = np.sin(math.pi * _middles(channels)) + 2.0
    gauss = 0.5 / math.sqrt(3.0)
    middle = 0.5 * (line[1:] + line[:-1])
    stations = np.concatenate([middle - gauss / cells, middle + gauss / cells])
    points = np.stack(np.meshgrid(stations, stations, stations, indexing="ij"), axis=-1).reshape(-1, 3)
    points = points[np.hypot(points[:, 0], points[:, 1]) > AWAY]
    value, _, gradient = _exact(points)
    weight = (0.5 / cells) ** 3
    found = np.column_stack([_slope(solid, points, axis_, 0.1 / cells, grid) for axis_ in range(3)])
    return Errors(
        math.sqrt(weight * float(((_at(solid, points, grid) - value) ** 2).sum())),
        math.sqrt(weight * float(((found - gradient) ** 2).sum())),
        math.sqrt(float(((coolant - pressure) ** 2).mean())),
    )


def _middles(channels: EmbeddedChannels) -> Array:
    return np.asarray(0.5 * (channels.pieces.start + channels.pieces.end)[:, 2])


def _at(nodal: Array, points: Array, grid: TensorGrid) -> Array:
    nodes, weights = trilinear(points, grid)
    return np.asarray((nodal[nodes] * weights).sum(axis=1))


def _slope(nodal: Array, points: Array, axis: int, step: float, grid: TensorGrid) -> Array:
    """Derivative along an axis; within a cell the difference is exact."""
    shift = step * np.eye(3)[axis]
    return (_at(nodal, points + shift, grid) - _at(nodal, points - shift, grid)) / (2.0 * step)


def _solve(
    grid: TensorGrid, conductivity: Array, load: Array, exact: Array, channels: EmbeddedChannels
) -> tuple[Array, Array]:
    """Solid with held outline, and the diffusing quantity in the channel by finite volumes."""
    pieces = channels.pieces.count
    section = math.pi * RADIUS**2 * pieces
    conductance = channels.conductance(1.0)
    # half a cell to the held ends: 3 and 1 are sin(pi z) + 2 there
    diagonal = np.full(pieces, 2.0) + np.where(np.isin(np.arange(pieces), (0, pieces - 1)), 1.0, 0.0)
    neighbour = np.full(pieces - 1, -1.0)
    line = section * scipy.sparse.diags([neighbour, diagonal, neighbour], [-1, 0, 1])
    wave = np.sin(math.pi * _middles(channels))
    length, perimeter = channels.pieces.length, 2.0 * math.pi * RADIUS
    inside = length * (math.pi * RADIUS**2 * math.pi**2 * wave + 0.5 * perimeter * (wave + 2.0))
    inside[[0, -1]] += 2.0 * section * np.array([1.0, 3.0])
    factor = scipy.sparse.linalg.splu((line + scipy.sparse.diags(conductance)).tocsc())
    mask = np.zeros(grid.node_shape, dtype=bool)
    for side in range(3):
        np.moveaxis(mask, side, 0)[[0, -1]] = True
    held = mask.ravel()
    operator = TensorOperator(grid, conductivity)
    fixed = operator.with_fixed(mask)
    solver = make_solver(fixed)
    average = channels.average

    def reduced(u: Array) -> Array:
        circle = conductance * (average @ u)
        return np.asarray(average.T @ (circle - conductance * factor.solve(circle)))

    start = np.where(held, exact, 0.0)
    right = load + average.T @ (conductance * factor.solve(inside)) - reduced(start) - operator.apply(start)
    system = scipy.sparse.linalg.LinearOperator(
        (len(load), len(load)),
        matvec=lambda u: fixed.apply(u) + np.where(held, 0.0, reduced(np.where(held, 0.0, u))),
        dtype=float,
    )
    near = scipy.sparse.linalg.LinearOperator(system.shape, matvec=solver.precondition, dtype=float)
    change, _ = scipy.sparse.linalg.cg(system, np.where(held, 0.0, right), rtol=1e-11, atol=0.0, M=near)
    solid = start + np.where(held, 0.0, change)
    return solid, np.asarray(factor.solve(inside + conductance * (average @ solid)))


@case("A13", 1, "Manufactured solution of a channel in a cube: rates of convergence")
def rates(data: Path | None) -> list[Row]:
    """Slopes of error over cell width, by least squares over three meshes."""
    meshes = (8, 16, 32)
    found = [errors(cells) for cells in meshes]
    rows = []
    # along the channel the theory promises no rate beyond the first, so that one is told, not gated
    for part, quantity, order in (
        ("solid", "rate of the solid's error in L2 away from the channel", 2.0),
        ("gradient", "rate of the gradient's error in L2 away from the channel", 1.0),
        ("coolant", "rate of the error along the channel", None),
    ):
        values = [getattr(item, part) for item in found]
        slope = -float(np.polyfit(np.log(meshes), np.log(values), 1)[0])
        note = "errors " + ", ".join(f"{value:.2e}" for value in values)
        band = None if order is None else (order - 0.1, order + 1.0)
        rows.append(Row(quantity, "-", slope, order, band, SOURCE, part, note))
    return rows
