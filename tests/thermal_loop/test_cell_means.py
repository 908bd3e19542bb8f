from __future__ import annotations

import numpy as np
import pytest

from thermal.loop.cell_means import mean_density, mean_friction, two_phase_share
from thermal.loop.forced_flow import pumped, search
from thermal.loop.steady import SteadySolver


def homogeneous(quality, ratio=1000.0, liquid=950.0):
    return liquid / (1.0 + np.maximum(quality, 0.0) * (ratio - 1.0))


def quadrature(first, second):
    along = (np.arange(200_000) + 0.5) / 200_000
    return float(homogeneous(first + (second - first) * along).mean())


@pytest.mark.parametrize(
    "ends", [(-0.1, 4e-4), (-1e-3, 0.2), (0.0, 0.3), (0.02, 0.03), (0.3, -0.05), (-0.2, -0.1)]
)
def test_mean_density_is_exact_for_the_homogeneous_model_with_its_boundary(ends):
    quality = np.array(ends)[:, None]
    mean = mean_density(homogeneous(quality), quality, np.full((2, 1), 950.0))
    assert mean[0] == pytest.approx(quadrature(*ends), rel=1e-5)


def test_flashing_in_the_last_centimetre_does_not_empty_the_cell():
    quality = np.array([[-0.1], [4e-4]])
    assert two_phase_share(quality)[0] == pytest.approx(4e-3, rel=0.01)
    mean = mean_density(homogeneous(quality), quality, np.full((2, 1), 950.0))
    assert mean[0] > 0.99 * 950.0
    assert 0.5 * homogeneous(quality).sum() < 0.9 * 950.0


def test_means_do_not_leap_where_the_boundary_passes_an_end():
    for fixed in (-0.1, 0.1):
        near = np.array([[fixed, fixed], [-1e-9, 1e-9]])
        density = mean_density(homogeneous(near), near, np.full((2, 2), 950.0))
        friction = mean_friction(1.0 + 50.0 * np.maximum(near, 0.0), near, np.array([True, True]))
        assert density[0] == pytest.approx(density[1], rel=1e-6)
        assert friction[0] == pytest.approx(friction[1], rel=1e-6)


def test_the_pump_that_a_passive_flow_needs_is_none():
    from tests.thermal_loop.test_loop_model import SINK, rack

    model = rack(modules=4)
    heat = np.full((4, 8), 30.0)
    state = model.solve(heat, SINK)
    solver = SteadySolver(model.equations)
    found = search(solver, model.problem(heat, SINK))
    assert found.root is not None
    assert found.root.flow == pytest.approx(state.total_mass_flow, rel=0.02)
    more = pumped(solver, model.problem(heat, SINK), 1.2 * found.root.flow, found.root)
    less = pumped(solver, model.problem(heat, SINK), 0.8 * found.root.flow, found.root)
    assert more.head > 0.0 > less.head
