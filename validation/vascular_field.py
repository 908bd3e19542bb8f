"""Tier 1, channels in a solid: a cylinder around a channel, a manufactured solution, reversal, least and greatest."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from meshes.vascular_layouts import Footprint, serpentine, tree, u_channel
from meshes.vascular_radii import apply_law, equal_parting, radius_law
from thermal.field.coolant_transport import CooledSolid, solve_cooled_solid, transport
from thermal.field.embedded_channels import EmbeddedChannels, divide, embed
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator
from thermal.field.tensor_solver import make_solver
from validation.registry import Row, case

Array = NDArray[np.float64]
Vector = tuple[float, float, float]

KROGH = "T(R) - T(Ro) = q'/(2 pi k) ln(Ro/R): Krogh, J. Physiol. 52 (1919) 409"
CYLINDER = 20.0
"""Outer radius over the channel's."""

DIRECTIONS: tuple[Vector, ...] = ((0, 0, 1), (1, 1, 0), (1, 1, 1), (1, 0.3, 0.2))
POSITIONS: tuple[Vector, ...] = ((0, 0, 0), (0.5, 0.5, 0.5), (0.3, 0.1, 0.2))


def single_channel(start: Array, end: Array, radius: float) -> VascularNetwork:
    """One straight channel."""
    zero = np.zeros(1, dtype=np.int64)
    nodes = np.array([start, end])
    return VascularNetwork(nodes, zero, zero + 1, np.array([radius]), zero + 1, zero, ("0",), 0, 1)


def krogh_error(width: float, direction: Vector, position: Vector) -> Array:
    """Relative error of the resistance between a channel and its cylinder, along the middle of the channel [-].

    Parameters
    ----------
    width
        Of the cubic cells, over the channel's radius [-].
    direction
        Of the channel.
    position
        Of its axis within a cell, as shares of the width.
    """
    unit = np.array(direction) / np.linalg.norm(direction)
    along = np.abs(unit) == 1.0
    grid = TensorGrid(*(_centred(width, 2 if axis else math.ceil(CYLINDER / width)) for axis in along))
    centre = width * np.array(position)
    pieces = divide(_through(grid, centre, unit), width)
    conductivity = np.ones((3, *grid.cell_shape))
    channels = embed(pieces, grid, conductivity)
    nodes = np.stack(np.meshgrid(grid.z, grid.y, grid.x, indexing="ij")[::-1], axis=-1) - centre
    radius = np.linalg.norm(nodes - (nodes @ unit)[..., None] * unit, axis=-1)
    exact = np.log(CYLINDER / np.maximum(radius, 1.0)) / (2.0 * math.pi)
    operator = TensorOperator(grid, conductivity).with_fixed(_outline(grid, along[::-1]))
    load = (channels.average.T @ pieces.length).reshape(grid.node_shape)
    solid = make_solver(operator).solve(operator.load_with_fixed(load, exact), rtol=1e-9)
    found = channels.wall_temperature(solid, -pieces.length)
    middle = np.abs(np.arange(pieces.count) - 0.5 * (pieces.count - 1)) <= max(0.15 * pieces.count, 0.5)
    return np.asarray(found[middle] * 2.0 * math.pi / math.log(CYLINDER) - 1.0)


def _through(grid: TensorGrid, centre: Array, unit: Array) -> VascularNetwork:
    """Channel of radius 1 along a line through a box, from side to side."""
    ends = np.array([[line[0], line[-1]] for line in (grid.x, grid.y, grid.z)])
    crossed = np.abs(unit) > 0.0
    reach = (ends[crossed] - centre[crossed, None]) / unit[crossed, None]
    start, end = reach.min(axis=1).max(), reach.max(axis=1).min()
    return single_channel(centre + start * unit, centre + end * unit, 1.0)


def _centred(width: float, half: int) -> Array:
    return np.arange(-half, half + 1) * width


def _outline(grid: TensorGrid, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the nodes on the sides of a box, those whose normal is along a free axis left out."""
    mask = np.zeros(grid.node_shape, dtype=bool)
    for axis in np.flatnonzero(~free):
        view = np.moveaxis(mask, axis, 0)
        view[0] = view[-1] = True
    return mask


@case("A13-krogh", 1, "Krogh's cylinder: a channel thinner and thicker than the cells")
def krogh(data: Path | None) -> list[Row]:
    """Resistance from a channel to a cylinder around it, over positions in the cell and directions."""
    rows = []
    for width, name in ((4.0, "4"), (2.0, "2"), (1.0, "1"), (0.5, "1-2"), (0.25, "1-4")):
        kinds = itertools.product(DIRECTIONS[: 4 if width > 1.0 else 1], POSITIONS[: 3 if width > 0.3 else 1])
        errors = np.concatenate([krogh_error(width, *kind) for kind in kinds])
        note = "half a cell's width as ring, subtracted by the Fourier integral of what the mesh lacks"
        for part, value, band in (
            ("mean", float(errors.mean()), 0.02),
            ("worst", float(errors[np.abs(errors).argmax()]), 0.05),
        ):
            quantity = f"error of the resistance, {part}, cells of {width:g} R"
            rows.append(Row(quantity, "-", value, 0.0, (-band, band), KROGH, f"h{name}-{part}", note))
    return rows


@dataclass(frozen=True)
class Plate:
    """Cubic-celled plate cooled by a network, with a film on its top."""

    grid: TensorGrid
    matrix: scipy.sparse.csr_matrix
    film_load: Array
    channels: EmbeddedChannels
    network: VascularNetwork

    def solve(
        self, heat: Array, capacity_flow: Array, coefficient: float, inlet: float, outside: float
    ) -> CooledSolid:
        """Solve for heat into the nodes [W], capacity flow by segment [W/K], film in the channels [W/(m2 K)]."""
        return solve_cooled_solid(
            self.grid,
            self.matrix,
            heat + self.film_load * outside,
            self.channels,
            self.channels.conductance(coefficient),
            transport(self.network, self.channels.pieces, capacity_flow),
            inlet,
        )


def cooled_plate(
    network: VascularNetwork, size: Vector, width: float, conductivity: float, film: float
) -> Plate:
    """Lay a network into a plate."""
    lines = [np.linspace(0.0, length, max(1, round(length / width)) + 1) for length in size]
    grid = TensorGrid(*lines)
    cells = np.full((3, *grid.cell_shape), conductivity)
    operator = TensorOperator(grid, cells, film={"top": np.full(grid.face_shape("top"), film)})
    matrix = operator.matrix()
    channels = embed(divide(network, width), grid, cells)
    return Plate(grid, matrix, np.asarray(matrix.sum(axis=1)).ravel(), channels, network)


@case("A14", 1, "Reversed flow: mean temperature and outlet temperature stay")
def reversal(data: Path | None) -> list[Row]:
    """Uniform heat, film at the inlet's temperature; a tree, a serpentine and a U flown through both ways."""
    size, area = (0.04, 0.04, 0.004), Footprint(0.04, 0.04)
    source = "Jagtap, Mitchell, Dunn and Nakshatrala, arXiv:2401.03103 (2024): invariance under flow reversal"
    networks = {
        "tree": apply_law(tree(area, 3, 0.001, 0.003), radius_law("laminar"), 3e-7),
        "serpentine": serpentine(area, 4, 0.002, 5e-4),
        "u": u_channel(area, 0.002, 5e-4),
    }
    rows = []
    for name, network in networks.items():
        plate = cooled_plate(network, size, 0.002, 5.0, 20.0)
        uniform = TensorOperator(
            plate.grid, tangent={"top": np.full(plate.grid.face_shape("top"), 2000.0)}
        ).matrix() @ np.ones(plate.matrix.shape[0])
        share = equal_parting(network)
        means, outlets = [], []
        for sign in (1.0, -1.0):
            flow = sign * 0.05 * share
            solution = plate.solve(uniform, flow, 800.0, 300.0, 300.0)
            means.append(float(plate.film_load @ solution.temperature / plate.film_load.sum()))
            pieces = plate.channels.pieces
            leaving = (network.head == network.outlet) if sign > 0 else (network.tail == network.inlet)
            ends = (pieces.last if sign > 0 else pieces.first)[leaving]
            outlets.append(float(np.average(solution.coolant[ends], weights=np.abs(flow[leaving]))))
        for part, values in (("mean", means), ("outlet", outlets)):
            change = abs(values[1] - values[0]) / (values[0] - 300.0)
            quantity = f"change of the {part} temperature's rise, {name}"
            rows.append(
                Row(quantity, "-", change, 0.0, (0.0, 1e-8), source, f"{name}-{part}", f"{values[0]:.4f} K")
            )
    return rows


def random_network(random: np.random.Generator, side: float, thickness: float) -> VascularNetwork:
    """Chain of random points with random by-passes, one direction throughout."""
    count = int(random.integers(4, 9))
    nodes = np.column_stack(
        [
            random.uniform(0.1, 0.9, count) * side,
            np.linspace(0.1, 0.9, count) * side,
            np.full(count, 0.5 * thickness),
        ]
    )
    nodes[:, 2] += random.uniform(-0.2, 0.2, count) * thickness
    pairs = {(number, number + 1) for number in range(count - 1)}
    for _ in range(int(random.integers(0, 4))):
        first, second = sorted(random.choice(count, 2, replace=False).tolist())
        pairs.add((first, second))
    tail, head = np.array(sorted(pairs), dtype=np.int64).T
    zero = np.zeros(len(tail), dtype=np.int64)
    names = tuple(str(number) for number in range(len(tail)))
    radius = random.uniform(0.03, 0.15, len(tail)) * thickness
    return VascularNetwork(nodes, tail, head, radius, zero + 1, zero, names, 0, count - 1)


@case("A14-bounds", 1, "Least and greatest temperature of 200 random networks; heat given is heat taken")
def bounds(data: Path | None) -> list[Row]:
    """Coolant at 300 K, air at 340 K, no heat: all between; with heat: nothing below; heat of solid and coolant."""
    return bounds_of(200)


def bounds_of(networks: int) -> list[Row]:
    """Rows of :func:`bounds` over a number of networks."""
    random = np.random.default_rng(14)
    below = above = closure = 0.0
    for _ in range(networks):
        network = random_network(random, 0.016, 0.004)
        plate = cooled_plate(
            network, (0.016, 0.016, 0.004), 0.002, float(10.0 ** random.uniform(0, 2.5)), 100.0
        )
        flow = equal_parting(network) * 10.0 ** random.uniform(-3, 1)
        film = float(10.0 ** random.uniform(2, 4))
        nothing = np.zeros(plate.matrix.shape[0])
        heat = random.uniform(0.0, 0.01, len(nothing))
        idle, heated = (
            plate.solve(nothing, flow, film, 300.0, 340.0),
            plate.solve(heat, flow, film, 300.0, 300.0),
        )
        for values in (idle.temperature, idle.coolant):
            below, above = max(below, 300.0 - values.min()), max(above, values.max() - 340.0)
        below = max(below, 300.0 - heated.temperature.min(), 300.0 - heated.coolant.min())
        closure = max(closure, _imbalance(plate, heated, heat, flow))
    source = "maximum principle of conduction with advection in channels (arXiv:2401.03103)"
    return [
        Row("temperature below the coldest that enters", "K", below, 0.0, (0.0, 1e-8), source, "least"),
        Row("temperature above the warmest that enters", "K", above, 0.0, (0.0, 1e-8), source, "greatest"),
        Row(
            "heat given by the solid less heat taken by the coolant, over all heat",
            "-",
            closure,
            0.0,
            (0.0, 1e-10),
            "conservation of energy",
            "energy",
        ),
    ]


def _imbalance(plate: Plate, solution: CooledSolid, heat: Array, flow: Array) -> float:
    """Of solid against network: heat in less film on one side, enthalpy rise of the coolant on the other [-]."""
    rise = solution.temperature - 300.0
    given = float(heat.sum() - plate.film_load @ rise)
    pieces, network = plate.channels.pieces, plate.network
    leaving = network.head == network.outlet
    taken = float((np.abs(flow[leaving]) * (solution.coolant[pieces.last[leaving]] - 300.0)).sum())
    return max(abs(given - taken), abs(float(solution.heat.sum()) - taken)) / float(heat.sum())
