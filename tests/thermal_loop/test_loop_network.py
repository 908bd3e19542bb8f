from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from thermal.loop.network import NetworkBuilder, cycle_basis


def incidence(points, tail, head):
    matrix = np.zeros((points, tail.size))
    matrix[tail, np.arange(tail.size)] -= 1.0
    matrix[head, np.arange(tail.size)] += 1.0
    return matrix


def test_every_cycle_conserves_mass_at_every_point():
    generator = np.random.default_rng(3)
    points = 12
    ring = np.arange(points)
    tail = np.concatenate([ring, generator.integers(0, points, 15)])
    head = np.concatenate([(ring + 1) % points, generator.integers(0, points, 15)])
    keep = tail != head
    tail, head = tail[keep], head[keep]
    cycles = cycle_basis(points, tail, head)
    assert cycles.shape[1] == tail.size - points + 1
    assert np.linalg.matrix_rank(cycles) == cycles.shape[1]
    assert np.abs(incidence(points, tail, head) @ cycles).max() == 0.0


def test_cells_named_last_close_the_cycles():
    tail, head = np.array([0, 0, 0]), np.array([1, 1, 1])
    cycles = cycle_basis(2, tail, head, last=np.array([0, 2]))
    assert cycles[[0, 2]] == pytest.approx(np.eye(2))


def test_an_unconnected_network_is_refused():
    builder = NetworkBuilder()
    a, b, c, d = (builder.point(0.0) for _ in range(4))
    for ends in ((a, b), (b, a), (c, d), (d, c)):
        builder.pipe(*ends, "pipe", length=1.0, diameter=0.01)
    with pytest.raises(InputError, match="not connected"):
        builder.build()


def test_a_network_without_a_cycle_is_refused():
    builder = NetworkBuilder()
    builder.pipe(builder.point(0.0), builder.point(1.0), "pipe", length=1.0, diameter=0.01)
    with pytest.raises(InputError, match="no cycle"):
        builder.build()
