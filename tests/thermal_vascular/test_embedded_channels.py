"""Channels in a solid: symmetric, conservative, right in coarse cells, the same both ways."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.vascular import VascularNetwork
from meshes.vascular_layouts import Footprint, serpentine, tree
from meshes.vascular_radii import apply_law, equal_parting, radius_law
from thermal.field import coolant_transport
from thermal.field.coolant_transport import transport
from thermal.field.embedded_channels import divide
from thermal.field.tensor_grid import TensorGrid
from thermal.vascular.boiling_network import enthalpies
from thermal.vascular.plate import heated_plate
from validation.registry import Row
from validation.vascular_field import bounds_of, cooled_plate, krogh_error, reversal
from validation.vascular_rates import errors

SIZE = (0.04, 0.04, 0.004)


def failing(rows: list[Row]) -> list[str]:
    return [f"{row.quantity}: {row.computed}" for row in rows if row.passed is False]


def plate(width: float = 0.004):  # type: ignore[no-untyped-def]
    network = apply_law(tree(Footprint(0.04, 0.04), 3, 0.001, 0.003), radius_law("laminar"), 3e-7)
    return cooled_plate(network, SIZE, width, 5.0, 20.0)


def test_a_uniform_solid_is_felt_as_it_is() -> None:
    channels = plate().channels
    assert channels.average @ np.full(channels.average.shape[1], 311.0) == pytest.approx(311.0, rel=1e-14)


def test_exchange_is_symmetric_and_never_negative() -> None:
    channels = plate().channels
    average = channels.average.toarray()
    matrix = average.T @ np.diag(channels.conductance(1e4)) @ average
    assert np.abs(matrix - matrix.T).max() <= 1e-15 * np.abs(matrix).max()
    assert np.linalg.eigvalsh(matrix).min() >= -1e-12 * np.abs(matrix).max()


@pytest.mark.parametrize("direction", [(0, 0, 1), (1, 1, 0), (1, 0.3, 0.2)])
@pytest.mark.parametrize("width", [4.0, 2.0])
def test_a_channel_thinner_than_its_cells_has_krogh_s_resistance(width: float, direction) -> None:  # type: ignore[no-untyped-def]
    error = np.concatenate([krogh_error(width, direction, p) for p in ((0, 0, 0), (0.5, 0.25, 0.4))])
    assert abs(error.mean()) < 0.02
    assert np.abs(error).max() < 0.05


def test_errors_away_from_the_channel_fall_with_the_square_of_the_cells() -> None:
    coarse, fine = errors(8), errors(16)
    assert np.log2(coarse.solid / fine.solid) > 1.9
    assert np.log2(coarse.gradient / fine.gradient) > 0.9


def test_reversed_flow_leaves_mean_and_outlet_temperature() -> None:
    assert failing(reversal(None)) == []


def test_random_networks_stay_within_what_enters_and_close_their_heat() -> None:
    assert failing(bounds_of(8)) == []


def test_iteration_and_factorisation_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    item = plate(0.002)
    heat = np.full(item.matrix.shape[0], 1e-3)
    flow = 0.05 * equal_parting(item.network)
    direct = item.solve(heat, flow, 800.0, 300.0, 300.0)
    monkeypatch.setattr(coolant_transport, "DIRECT_UP_TO", 0)
    iterated = item.solve(heat, flow, 800.0, 300.0, 300.0)
    assert 0 < iterated.iterations < 80
    assert iterated.temperature == pytest.approx(direct.temperature, abs=1e-7)
    given = heat.sum() - item.film_load @ (iterated.temperature - 300.0)
    assert iterated.heat.sum() == pytest.approx(given, rel=1e-9)


def test_cells_twelve_times_wider_than_the_channel_give_the_plate_s_mean_temperature() -> None:
    network = serpentine(Footprint(0.06, 0.06), 4, 0.003, 5e-4)
    means = []
    for cells in (10, 40):
        lines = [np.linspace(0.0, 0.06, cells + 1)] * 2 + [np.linspace(0.0, 0.006, 5)]
        grid = TensorGrid(*lines)
        heat = {"bottom": np.full(grid.face_shape("bottom"), 1e4)}
        item = heated_plate(network, grid, np.full(grid.cell_shape, 5.0), heat, 0.06 / cells)
        flow = transport(network, item.channels.pieces, np.full(network.segments, 2.0))
        solid = coolant_transport.solve_cooled_solid(
            grid, item.matrix, item.load, item.channels, item.channels.conductance(2000.0), flow, 300.0
        )
        means.append(float(item.load @ (solid.temperature - 300.0)))
    assert means[0] == pytest.approx(means[1], rel=0.01)


def test_a_bridge_in_which_nothing_flows_still_gives_its_heat_away() -> None:
    """A Wheatstone bridge in balance: what its middle takes up arrives at the outlet with the rest."""
    nodes = np.array([[-1, 0, 0], [0, 0, 0], [1, 1, 0], [1, -1, 0], [2, 0, 0], [3, 0, 0]], dtype=float)
    tail, head = np.array([0, 1, 1, 2, 2, 3, 4]), np.array([1, 2, 3, 3, 4, 4, 5])
    same = np.zeros(7, dtype=np.int64)
    network = VascularNetwork(nodes, tail, head, np.full(7, 1e-2), same, same, tuple("abcdefg"), 0, 5)
    pieces = divide(network, 0.5)
    moved = transport(network, pieces, np.array([2.0, 1.0, 1.0, 0.0, 1.0, 1.0, 2.0]))
    rise = enthalpies(moved, np.ones(pieces.count), 0.0)
    assert rise[pieces.last[-1]] == pytest.approx(pieces.count / 2.0, rel=1e-12)
