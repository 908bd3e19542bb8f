"""Tier 2, microchannels between two dies against 3D-ICE's four-resistor model.

How the channels are modelled: each rectangular channel is one column of cells without conductivity; the silicon walls
between channels are meshed as they are, two cells high. On each of the four sides of a channel heat passes a film to
the coolant of that station, by the mean temperature of the side; the coolant passes the sides of a station in turn.
3D-ICE lumps the same walls to one cell with resistances to its faces.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.field.coolant_transport import solve_cooled_solid, transport
from thermal.field.embedded_channels import ChannelPieces, EmbeddedChannels, trilinear
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator
from validation.registry import Row, case, within

Array = NDArray[np.float64]

SILICON = 130.0
"""[W/(m K)]."""
SIDE, PITCH, CHANNEL, HEIGHT = 10e-3, 100e-6, 50e-6, 100e-6
"""Of chip, channels with walls, one channel along x, and the channels along z [m]."""
FILMS = {"west": 27132.0, "east": 27132.0, "top": 47132.0, "bottom": 57132.0}
"""Of a channel's sides [W/(m2 K)]."""
CAPACITY_FLOW = 48e-6 / 60.0 * 4.172638e6
"""Of all channels: 48 mL/min [W/K]."""
INLET = 300.0
STATIONS = 200

ICE = "3D-ICE, test/mc4rm/steady (esl-epfl/3d-ice)"
QUARTERS = (
    (0, 0, 4975, 5000, 12.5),
    (4975, 0, 10000, 5000, 0.0),
    (0, 5000, 4975, 10000, 0.0),
    (4975, 5000, 10000, 10000, 12.5),
)
"""Four elements at the first interval: corners [um] and power [W]."""


@case("B3", 2, "Microchannels between two dies: 3D-ICE's four-resistor model")
def microchannels(data: Path | None) -> list[Row]:
    """Two dies of 50 um around 100 channels of 50 by 100 um; power in the outermost 2 um, uniform or in elements."""
    rows = []
    plans = {"background": ((0, 0, 10000, 10000, 50.0),), "four-elements": QUARTERS}
    references = {"background": (324.541, 311.165), "four-elements": (311.926, 311.224)}
    for name, plan in plans.items():
        for part, computed, reference in zip(
            ("die1", "die2"), _temperatures(plan), references[name], strict=True
        ):
            rows.append(
                Row(
                    f"temperature of {part}, {name}",
                    "K",
                    computed,
                    reference,
                    within(reference, absolute=0.1),
                    ICE,
                    f"{name}-{part}",
                    "walls between channels meshed as silicon; films on four sides",
                )
            )
    return rows


def _temperatures(plan: tuple[tuple[float, ...], ...]) -> tuple[float, float]:
    """Of the source of the lower die near the middle, and of the upper die at the corner of the inlet [K]."""
    edges = np.arange(0.5 * (PITCH - CHANNEL), SIDE, CHANNEL)
    x = np.concatenate([[0.0], edges, [SIDE]])
    y = np.linspace(0.0, SIDE, 51)
    z = 1e-6 * np.array([0.0, 2.0, 18.0, 50.0, 100.0, 150.0, 182.0, 198.0, 200.0])
    grid = TensorGrid(x, y, z)
    conductivity = np.full((3, *grid.cell_shape), SILICON)
    conductivity[:, 3:5, :, 1::2] = 0.0
    matrix = TensorOperator(grid, conductivity).matrix()
    share = np.zeros(grid.cell_shape)
    for low_x, low_y, high_x, high_y, power in plan:
        along_x = _overlap(x, 1e-6 * low_x, 1e-6 * high_x)
        along_y = _overlap(y, 1e-6 * low_y, 1e-6 * high_y)
        area = 1e-12 * (high_x - low_x) * (high_y - low_y)
        for layer in (0, -1):
            share[layer] += power / area * np.outer(along_y, along_x) / 2e-6
    load = TensorOperator(grid, storage=share).apply(np.ones(grid.node_shape)).ravel()
    channels, network, conductance = _channels(grid)
    flow = transport(network, channels.pieces, np.full(network.segments, CAPACITY_FLOW / network.segments))
    solid = solve_cooled_solid(grid, matrix, load, channels, conductance, flow, INLET, rtol=1e-9)
    points = np.array([[5000.0, 4900.0, 1.0], [12.5, 100.0, 199.0]]) * 1e-6
    nodes, weights = trilinear(points, grid)
    lower, upper = (solid.temperature[nodes] * weights).sum(axis=1).tolist()
    return lower, upper


def _overlap(line: Array, low: float, high: float) -> Array:
    """Share of each cell that lies between two positions [-]."""
    covered = np.minimum(line[1:], high) - np.maximum(line[:-1], low)
    return np.asarray(np.maximum(covered, 0.0) / np.diff(line))


def _channels(grid: TensorGrid) -> tuple[EmbeddedChannels, VascularNetwork, Array]:
    """Sides of all channels as pieces: station by station, at each station the four sides in turn."""
    left = grid.x[1:-1:2]
    count, low, high = len(left), float(grid.z[3]), float(grid.z[5])
    middle = 0.5 * (low + high)
    sides = {
        "west": ([0.0, low], [0.0, high]),
        "east": ([CHANNEL, low], [CHANNEL, high]),
        "top": ([0.0, high], [CHANNEL, high]),
        "bottom": ([0.0, low], [CHANNEL, low]),
    }
    step = SIDE / STATIONS
    station = (np.arange(STATIONS) + 0.5) * step
    gauss = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3.0)
    # two points on each half of a side: exact for what is linear between the nodes of a side
    shares = np.concatenate([0.5 * gauss, 0.5 + 0.5 * gauss])
    points = np.empty((count, STATIONS, 4, 4, 3))
    conductance = np.empty((count, STATIONS, 4))
    for number, (name, (start, end)) in enumerate(sides.items()):
        across = np.array(start)[None] + shares[:, None] * (np.array(end) - np.array(start))[None]
        points[..., number, :, 0] = left[:, None, None] + across[None, None, :, 0]
        points[..., number, :, 1] = station[None, :, None]
        points[..., number, :, 2] = across[None, None, :, 1]
        width = float(np.hypot(*(np.array(end) - np.array(start))))
        conductance[..., number] = FILMS[name] * width * step
    nodes, weights = trilinear(points.reshape(-1, 3), grid)
    pieces_count = count * STATIONS * 4
    entries = (weights.ravel() / 4.0, (np.repeat(np.arange(pieces_count), 32), nodes.ravel()))
    average = scipy.sparse.coo_matrix(entries, shape=(pieces_count, int(np.prod(grid.node_shape)))).tocsr()
    # the four sides share a station: each takes a quarter of its length
    begin = np.zeros((count, STATIONS * 4, 3))
    begin[..., 0], begin[..., 2] = left[:, None] + 0.5 * CHANNEL, middle
    begin[..., 1] = np.arange(STATIONS * 4) * (0.25 * step)
    end_points = begin + np.array([0.0, 0.25 * step, 0.0])
    number_of = np.arange(count)
    pieces = ChannelPieces(
        np.repeat(number_of, STATIONS * 4),
        begin.reshape(-1, 3),
        end_points.reshape(-1, 3),
        np.full(pieces_count, 0.25 * HEIGHT),
        number_of * STATIONS * 4,
        (number_of + 1) * STATIONS * 4 - 1,
    )
    ends = np.concatenate([begin[:, 0], end_points[:, -1]])
    zero = np.zeros(count, dtype=np.int64)
    names = tuple(str(channel) for channel in range(count))
    network = VascularNetwork(
        ends, number_of, number_of + count, np.full(count, 0.25 * HEIGHT), zero + 1, zero, names, 0, count
    )
    channels = EmbeddedChannels(pieces, average, np.zeros(pieces_count))
    return channels, network, conductance.ravel()
