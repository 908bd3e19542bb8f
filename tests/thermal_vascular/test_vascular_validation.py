"""The validation cases of branching channels hold their bands."""

from __future__ import annotations

import pytest

from validation.registry import Row
from validation.vascular import murray
from validation.vascular_codes import microchannels
from validation.vascular_field import krogh
from validation.vascular_rates import rates


def failing(rows: list[Row]) -> list[str]:
    return [f"{row.quantity}: {row.computed}" for row in rows if row.passed is False]


def test_murray_ratios_and_head_limited_exponents() -> None:
    assert failing(murray(None)) == []


@pytest.mark.slow
def test_krogh_s_cylinder_from_coarse_to_fine_cells() -> None:
    assert failing(krogh(None)) == []


@pytest.mark.slow
def test_manufactured_solution_converges_at_its_rates() -> None:
    assert failing(rates(None)) == []


@pytest.mark.slow
def test_microchannels_agree_with_3d_ice() -> None:
    assert failing(microchannels(None)) == []
