"""The validation cases of branching channels hold their bands."""

from __future__ import annotations

from validation.registry import Row
from validation.vascular import murray


def failing(rows: list[Row]) -> list[str]:
    return [f"{row.quantity}: {row.computed}" for row in rows if row.passed is False]


def test_murray_ratios_and_head_limited_exponents() -> None:
    assert failing(murray(None)) == []
