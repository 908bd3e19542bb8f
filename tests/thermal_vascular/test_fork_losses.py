"""Local losses where channels bend, fork and join."""

from __future__ import annotations

import math

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.vascular import VascularNetwork
from thermal.vascular.fork_losses import FORKS, loss_coefficients, mixture_volume, require_forks


def network(nodes: list[list[float]], ways: list[tuple[int, int]], radius: list[float]) -> VascularNetwork:
    tail, head = np.array(ways, dtype=np.int64).T
    zero = np.zeros(len(ways), dtype=np.int64)
    names = tuple(str(number) for number in range(len(ways)))
    return VascularNetwork(
        np.array(nodes, dtype=float), tail, head, np.array(radius), zero, zero, names, 0, len(nodes) - 1
    )


CENTRE = [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("degrees", "expected"), [(0.0, 0.0), (60.0, 0.364), (90.0, 0.985), (120.0, 1.861)])
def test_a_mitre_bend_loses_what_weisbach_measured(degrees: float, expected: float) -> None:
    angle = math.radians(degrees)
    bend = network(
        [[-1.0, 0.0, 0.0], CENTRE, [math.cos(angle), math.sin(angle), 0.0]], [(0, 1), (1, 2)], [1e-3, 1e-3]
    )
    assert loss_coefficients(bend, np.array([1e-3, 1e-3]))[1] == pytest.approx(expected, rel=0.01, abs=1e-9)


def test_a_straight_run_that_widens_loses_what_borda_and_carnot_give() -> None:
    ratio = 4.0
    wider = network([[-1, 0, 0], CENTRE, [1, 0, 0]], [(0, 1), (1, 2)], [1e-3, 1e-3 * math.sqrt(ratio)])
    on_inlet = loss_coefficients(wider, np.array([1e-3, 1e-3]))[1] / ratio**2
    assert on_inlet == pytest.approx((1.0 - 1.0 / ratio) ** 2, rel=1e-12)


def test_a_branch_at_a_right_angle_loses_both_heads() -> None:
    fork = network([[-1, 0, 0], CENTRE, [0, 1, 0], [0, -1, 0]], [(0, 1), (1, 2), (1, 3)], [1e-3, 7e-4, 7e-4])
    flow = np.array([2e-3, 1e-3, 1e-3])
    coefficient = loss_coefficients(fork, flow)
    ratio = (flow[1] / 7e-4**2) / (flow[0] / 1e-3**2)
    assert coefficient[0] == 0.0
    np.testing.assert_allclose(coefficient[1:], (1.0 + ratio**2) / ratio**2)


def test_streams_that_join_head_on_lose_their_head_and_that_of_the_common_one() -> None:
    joint = network([[0, -1, 0], CENTRE, [1, 0, 0], [0, 1, 0]], [(0, 1), (3, 1), (1, 2)], [7e-4, 7e-4, 1e-3])
    flow = np.array([1e-3, 1e-3, 2e-3])
    coefficient = loss_coefficients(joint, flow)
    ratio = (flow[2] / 1e-3**2) / (flow[0] / 7e-4**2)
    np.testing.assert_allclose(coefficient, [1.0 + ratio**2, 1.0 + ratio**2, 0.0])


def test_a_fork_that_is_flown_through_the_other_way_is_a_joint() -> None:
    nodes = [[-1, 0, 0], CENTRE, [0, 1, 0], [0, -1, 0]]
    fork = network(nodes, [(0, 1), (1, 2), (1, 3)], [1e-3, 7e-4, 7e-4])
    flow = np.array([2e-3, 1e-3, 1e-3])
    np.testing.assert_allclose(
        loss_coefficients(fork, -flow), loss_coefficients(fork.reversed(), flow), rtol=1e-12
    )


def test_closures_of_the_two_phase_loss_agree_where_there_is_one_phase() -> None:
    from thermal.loop.fluid_loading import load_fluid

    s = load_fluid("R1233zd(E)").saturation_at(320.0)
    for quality, expected in ((0.0, 1.0 / s.liquid_density), (1.0, 1.0 / s.vapour_density)):
        x = np.array([quality])
        for name in ("homogeneous", "separated"):
            assert mixture_volume(name, x, x, s)[0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(InputError, match=", ".join(FORKS)):
        require_forks("chance")
