"""Networks of channels: they fill their area, obey their law, and can be made or say why not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshes.errors import MeshError
from meshes.vascular import VascularNetwork
from meshes.vascular_checks import (
    ManufactureSpec,
    manufacture_faults,
    require_manufacturable,
    segment_distance,
)
from meshes.vascular_csv import read_network
from meshes.vascular_layouts import (
    Footprint,
    farthest_point,
    levels_for_reach,
    serpentine,
    straight,
    tree,
    u_channel,
)
from meshes.vascular_radii import LAWS, apply_law, equal_parting, even_parting, radius_law

SQUARE = Footprint(0.3, 0.3)
PLATE = (0.3, 0.3, 0.006)


def layouts() -> dict[str, VascularNetwork]:
    return {
        "tree": tree(SQUARE, 4, 0.002, 0.004),
        "round": tree(Footprint(0.3, 0.3, round=True), 4, 0.002, 0.004),
        "straight": straight(SQUARE, 7, 0.003),
        "even": straight(SQUARE, 8, 0.003),
        "serpentine": serpentine(SQUARE, 6, 0.003),
        "u": u_channel(SQUARE, 0.003),
    }


@pytest.mark.parametrize("name", layouts())
def test_what_enters_every_node_leaves_it(name: str) -> None:
    network = layouts()[name]
    share = equal_parting(network)
    balance = np.bincount(network.head, share, len(network.nodes)) - np.bincount(
        network.tail, share, len(network.nodes)
    )
    balance[network.inlet] += 1.0
    balance[network.outlet] -= 1.0
    assert np.abs(balance).max() < 1e-12


@pytest.mark.parametrize("name", layouts())
@pytest.mark.parametrize("law", LAWS)
def test_every_law_fills_the_same_volume(name: str, law: str) -> None:
    network = apply_law(layouts()[name], radius_law(law), 1e-5)
    assert network.volume == pytest.approx(1e-5, rel=1e-12)


def test_six_levels_make_more_than_five_hundred_segments() -> None:
    assert tree(SQUARE, 6, 0.002, 0.004).segments == 510


@pytest.mark.parametrize("power", [2, 3, 4])
def test_branches_obey_murrays_sum(power: int) -> None:
    network = apply_law(tree(SQUARE, 4, 0.002, 0.004), radius_law("laminar"), 1e-5)
    level = (network.role == 0) & (network.level == power)
    parent = (network.role == 0) & (network.level == power - 1)
    assert (network.radius[level] ** 3).sum() == pytest.approx((network.radius[parent] ** 3).sum(), rel=1e-12)


def test_vapour_widens_the_channels_by_a_seventh_power() -> None:
    network = serpentine(SQUARE, 2, 0.003)
    volume = np.linspace(1.0, 12.0, network.segments)
    radius = apply_law(network, radius_law("two-phase"), 1e-5, specific_volume=volume).radius
    assert radius / radius[0] == pytest.approx(volume ** (1.0 / 7.0), rel=1e-12)


@pytest.mark.parametrize("round_", [False, True])
def test_more_levels_leave_no_point_far_from_a_channel(round_: bool) -> None:
    footprint = Footprint(0.3, 0.2, round=round_)
    far = [farthest_point(tree(footprint, levels, 0.002, 0.004), footprint, 30)[0] for levels in (2, 4, 6)]
    assert far[0] > far[1] > far[2]
    levels = levels_for_reach(footprint, 0.03)
    assert farthest_point(tree(footprint, levels, 0.0, 1.0), footprint, 40)[0] <= 0.03


def test_a_thick_tree_names_the_segment_that_leaves_the_plate() -> None:
    network = apply_law(tree(SQUARE, 3, 0.002, 0.004), radius_law("rough"), 1e-4)
    with pytest.raises(
        MeshError, match=r"segment 0 \(supply, level 0\): wall to a face of the plate along z"
    ):
        require_manufacturable(network, ManufactureSpec(), PLATE)


def test_a_fine_tree_names_the_capillary_that_is_too_thin() -> None:
    network = apply_law(tree(SQUARE, 5, 0.002, 0.004), radius_law("rough"), 1e-6)
    faults = manufacture_faults(network, ManufactureSpec(smallest_diameter="0.4 mm"), PLATE)
    assert any("exchange" in fault and "diameter" in fault for fault in faults)


def test_a_modest_tree_can_be_made() -> None:
    network = apply_law(tree(SQUARE, 5, 0.0018, 0.0042), radius_law("laminar"), 4e-6)
    assert manufacture_faults(network, ManufactureSpec(), PLATE) == []


def test_channels_side_by_side_keep_their_wall() -> None:
    network = straight(SQUARE, 100, 0.003, radius=1.45e-3)
    faults = manufacture_faults(network, ManufactureSpec(), PLATE)
    assert any("wall to segment" in fault and "0.1 mm" in fault for fault in faults)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=12, max_size=12))
def test_distance_of_two_segments_is_the_least_of_all_samples(ends: list[float]) -> None:
    nodes = np.array(ends).reshape(4, 3)
    if min(np.linalg.norm(nodes[1] - nodes[0]), np.linalg.norm(nodes[3] - nodes[2])) < 0.1:
        return
    index = np.array([0, 2])
    network = VascularNetwork(nodes, index, index + 1, np.ones(2), index, index, ("a", "b"), 0, 3)
    share = np.linspace(0.0, 1.0, 101)[:, None]
    one, two = (nodes[i] + share * (nodes[i + 1] - nodes[i]) for i in (0, 2))
    sampled = np.linalg.norm(one[:, None] - two[None], axis=2).min()
    exact = segment_distance(network, np.array([0]), np.array([1]))[0]
    assert sampled - 0.03 <= exact <= sampled + 1e-12


CSV = """# a fork
node, a, 0, 0, 0.003
node, b, 0, 10 mm, 0.003
node, c, 5 mm, 20 mm, 0.003
node, d, -5 mm, 20 mm, 0.003
node, e, 0, 30 mm, 0.003
segment, trunk, a, b, 2 mm, supply
segment, left, b, c, 1 mm
segment, right, b, d, 1 mm
segment, one, c, e, 1 mm
segment, two, d, e, 1 mm, return
inlet, a
outlet, e
"""


def test_a_network_is_read_from_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "fork.csv"
    path.write_text(CSV)
    network = read_network(path)
    assert network.segments == 5
    assert network.radius[0] == pytest.approx(1e-3)
    assert network.length[0] == pytest.approx(0.01)
    assert network.label(0) == "segment trunk (supply, level 0)"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("segment, left, b, c, 1 mm", "segment, left, b, x, 1 mm", "segment 'left' names node 'x'"),
        ("segment, left, b, c, 1 mm", "segment, left, b, c, -1 mm", "fork.csv:8: diameter -0.001 m"),
        ("node, b, 0, 10 mm", "node, b, 0, ten", "fork.csv:3"),
        ("inlet, a", "", "no inlet"),
        ("inlet, a", "inlet, a\ninlet, b", "a second inlet"),
        ("segment, one, c, e, 1 mm", "", r"segment left .* does not lead to the outlet"),
        ("segment, left, b, c, 1 mm", "pipe, left", "fork.csv:8: 'pipe' is not one of"),
        ("segment, left, b, c, 1 mm", "segment, left, b, b, 1 mm", "segment left .* has no length|reached"),
        ("node, b, 0, 10 mm, 0.003", "node, b, 0, 10 K, 0.003", "fork.csv:3: unit of '10 K'"),
    ],
)
def test_a_bad_file_is_told_by_line_or_segment(tmp_path, old: str, new: str, message: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "fork.csv"
    path.write_text(CSV.replace(old, new))
    with pytest.raises(MeshError, match=message):
        read_network(path)


def test_equal_channels_are_sized_alike_whatever_feeds_them() -> None:
    manifolds = straight(Footprint(0.1, 0.1), 8, 0.003)
    sized = apply_law(manifolds, radius_law("laminar"), 1e-6)
    exchange = sized.radius[sized.role == 1]
    np.testing.assert_allclose(exchange, exchange[0], rtol=1e-6)
    branching = tree(Footprint(0.1, 0.1), 3, 0.002, 0.004)
    np.testing.assert_allclose(even_parting(branching), equal_parting(branching), rtol=1e-6)
