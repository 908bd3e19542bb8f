"""Floorplans: what is read, what is refused, and how blocks share area with cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshes.errors import InputError, MeshError
from meshes.floorplan import grid_floorplan, read_flp

GOOD = """# unit width height left-x bottom-y
core\t0.004\t0.002\t0.000\t0.000

cache\t0.004\t0.003\t0.000\t0.002   # above the core
bus\t0.001\t0.005\t0.004\t0.000\t1.75e6\t0.01
core cache 32
"""


def test_reads_blocks_and_passes_over_comments_and_wires(tmp_path):
    path = tmp_path / "chip.flp"
    path.write_text(GOOD)
    floorplan = read_flp(path)
    assert floorplan.names == ("core", "cache", "bus")
    assert floorplan.bounds == (0.0, 0.005, 0.0, 0.005)
    assert floorplan.area == pytest.approx([8e-6, 12e-6, 5e-6])


def test_moves_the_lower_left_corner_to_the_origin(tmp_path):
    path = tmp_path / "chip.flp"
    path.write_text("a 1e-3 1e-3 5e-3 -2e-3\nb 1e-3 1e-3 6e-3 -2e-3\n")
    assert read_flp(path).bounds == pytest.approx((0.0, 2e-3, 0.0, 1e-3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no block"),
        ("# only words\n", "no block"),
        ("core 0.004\n", ":1: 2 columns"),
        ("core 0.004 0.002 0 0\ncore 0.004 0.002 0.004 0\n", ":2: block 'core' is already on line 1"),
        ("core 0.004 two 0 0\n", ":1: 'two' is not a finite number"),
        ("core 0.004 nan 0 0\n", "'nan' is not a finite number"),
        ("core 0.004 -0.002 0 0\n", "height -0.002 m of block 'core' must be greater than 0"),
        ("core 0 0.002 0 0\n", "width 0 m of block 'core' must be greater than 0"),
        ("core 4000 2000 0 0\n", "width 4000 m of block 'core' is more than 10 m"),
        ("a 0.004 0.002 0 0\nb 0.004 0.002 0.002 0\n", ":2: block 'b' overlaps 'a' of line 1"),
    ],
)
def test_faults_name_file_and_line(tmp_path, text, said):
    path = tmp_path / "chip.flp"
    path.write_text(text)
    with pytest.raises(MeshError) as caught:
        read_flp(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_missing_and_binary_files_are_refused_in_words(tmp_path):
    with pytest.raises(MeshError, match="not found"):
        read_flp(tmp_path / "none.flp")
    path = tmp_path / "picture.flp"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(MeshError, match="cannot be read as text"):
        read_flp(path)


def test_blocks_rounded_to_micrometres_may_touch(tmp_path):
    path = tmp_path / "chip.flp"
    path.write_text("a 0.001033 0.0007 0 0\nb 0.001033 0.0007 0.0010329 0\n")
    assert len(read_flp(path).names) == 2


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(list("ab#e+-.019 \t\nnif")), max_size=120))
def test_any_text_is_read_or_refused_never_crashes(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("flp") / "random.flp"
    path.write_text(text)
    try:
        floorplan = read_flp(path)
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert (floorplan.area > 0.0).all()


@settings(max_examples=50, deadline=None)
@given(
    nx=st.integers(1, 7),
    ny=st.integers(1, 7),
    cuts_x=st.lists(st.floats(0.01, 0.99), max_size=9, unique=True),
    cuts_y=st.lists(st.floats(0.01, 0.99), max_size=9, unique=True),
)
def test_overlap_shares_out_every_block_and_every_cell(nx, ny, cuts_x, cuts_y):
    x, y = (np.concatenate([[0.0], np.sort(cuts), [1.0]]) for cuts in (cuts_x, cuts_y))
    floorplan = grid_floorplan(nx, ny, 1.0, 1.0)
    shared = floorplan.overlap(x, y)
    assert np.asarray(shared.sum(axis=1)).ravel() == pytest.approx(floorplan.area)
    assert np.asarray(shared.sum(axis=0)).ravel() == pytest.approx(np.outer(np.diff(y), np.diff(x)).ravel())


def test_grid_counts_rows_along_y():
    floorplan = grid_floorplan(3, 2, 3e-3, 2e-3)
    assert floorplan.names == ("r0c0", "r0c1", "r0c2", "r1c0", "r1c1", "r1c2")
    assert floorplan.y[3] == pytest.approx(1e-3)
    assert floorplan.x[2] == pytest.approx(2e-3)
