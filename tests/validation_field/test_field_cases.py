"""Validation cases of conduction: each number within the band it was given beforehand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from validation import analytic_field, codes, disk_spreader
from validation.analytic_field import spreader, spreading_resistance
from validation.disk_spreader import disk_resistance, mean_chord, solve_disk

FAST = [
    analytic_field.composite_slab,
    analytic_field.half_space,
    analytic_field.fin,
    analytic_field.square_spreader,
]
SLOW = [
    analytic_field.slab_step,
    codes.ice_solid_steady,
    codes.ice_solid_transient,
    disk_spreader.disk,
]


@pytest.mark.parametrize("compute", [*FAST, *(pytest.param(found, marks=pytest.mark.slow) for found in SLOW)])
def test_every_row_is_in_its_band(compute):
    rows = compute(None)
    gated = [row for row in rows if row.band is not None]
    assert gated
    assert [row.part for row in gated if row.passed is not True] == []
    assert len({row.part for row in rows}) == len(rows)


def test_without_the_files_of_hotspot_its_case_is_not_run(tmp_path):
    for folder in (None, tmp_path):
        rows = codes.hotspot_ev6(folder)
        assert all(row.computed is None and row.passed is None for row in rows)
        assert all("not run" in row.note for row in rows)


def test_hotspots_files_are_read_and_its_blocks_laid_beside_ours(tmp_path):
    """A floorplan and powers of our own in HotSpot's formats; the order of our blocks as reference."""
    folder = tmp_path / "hotspot"
    folder.mkdir()
    (folder / "ev6.flp").write_text("a 0.008 0.016 0 0\nb 0.008 0.008 0.008 0\nc 0.008 0.008 0.008 0.008\n")
    (folder / "gcc.ptrace").write_text("a\tb\tc\n7.0\t0.0\t8.0\n9.0\t0.0\t12.0\n")
    (folder / "gcc.grid256.steady").write_text("a 330.0\nb 325.0\nc 340.0\niface_a 320.0\n")
    rows = {row.part: row for row in codes.hotspot_ev6(tmp_path)}
    assert rows["sink"].passed
    assert rows["sink"].reference == pytest.approx(318.15 + 18.0 * 0.1)
    assert rows["order"].computed == pytest.approx(1.0)
    assert rows["hottest"].computed == 1.0
    assert rows["c"].band is None
    assert rows["c"].reference == 340.0


def test_the_spreaders_series_has_the_known_sum():
    """Independent evaluation of the same case by finite volumes gave 0.2984 K/W."""
    assert spreading_resistance(5e-3, 2e-2, 2e-3, 400.0, 5e3) == pytest.approx(0.298211, abs=2e-6)
    whole = spreading_resistance(2e-2, 2e-2, 2e-3, 400.0, 5e3)
    assert whole == pytest.approx((2e-3 / 400.0 + 1.0 / 5e3) / 1.6e-3, rel=1e-9)


def test_the_spreader_nears_its_series_with_refinement():
    exact = spreading_resistance(5e-3, 2e-2, 2e-3, 400.0, 5e3)
    found = []
    for cells, through in ((16, 4), (32, 8)):
        solution = spreader(cells, through)
        found.append((solution.block_mean[0] - 300.0) / 4.0 - exact)
    errors = np.abs(found)
    assert errors[1] < 0.4 * errors[0]
    assert errors[1] < 5e-3 * exact


def test_the_disks_series_has_the_known_sum():
    """An independent evaluation with 400 terms gave 0.343646 and 0.388856 K/W; the latter sum is still moving there."""
    exact = disk_resistance()
    assert exact.mean == pytest.approx(0.343646, abs=2e-6)
    assert exact.centre == pytest.approx(0.388856, rel=1e-4)


def test_chords_keep_the_area_of_a_disk():
    heights = np.linspace(0.0, 0.02, 8)
    chords = [mean_chord(0.02, low, high) for low, high in itertools.pairwise(heights)]
    assert np.diff(heights) @ chords == pytest.approx(np.pi * 0.02**2 / 4.0, rel=1e-12)
    assert mean_chord(0.02, 0.03, 0.04) == 0.0


def test_the_disk_nears_its_series_with_finer_chords():
    """Steps at the rim and at the source's edge cost one order: half the error with twice the chords."""
    exact = disk_resistance().mean
    errors = [abs(solve_disk(chords, across=60, through=12).mean / exact - 1.0) for chords in (10, 20)]
    assert errors[1] < 0.62 * errors[0]
    assert errors[1] < 0.015
