"""Networks compared at equal volume, heat and head."""

from __future__ import annotations

from pathlib import Path

import pytest

from coupling.errors import CaseError
from coupling.vascular_comparison import ComparisonSpec, compare, read_comparison

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "vascular_vs_straight.toml"


def small(**changes: object) -> ComparisonSpec:
    return ComparisonSpec.model_validate(
        {
            "name": "small",
            "channel_volume": "2 mL",
            "plate": {"side": "60 mm", "thickness": "8 mm", "conductivity": 390.0, "cells": 8, "layers": 2},
            "heat": {"total": "40 W", "grid": 2},
            "drive": {"fluid": "R1233zd(E)", "saturation": "45 degC", "head": "0.3 m"},
            "network": [{"name": "serpentine", "kind": "serpentine", "count": 3}],
        }
        | changes
    )


@pytest.mark.slow
def test_the_head_is_what_the_network_loses_and_more_heat_is_carried_than_asked() -> None:
    (row,) = compare(small())
    assert row.fault == ""
    assert row.largest_heat > 40.0
    assert row.dry_out_margin > 0.0
    assert row.hottest > 318.15
    assert row.pressure_drop == pytest.approx(1235.0 * 9.80665 * 0.3, rel=0.1)


@pytest.mark.slow
def test_more_head_drives_more_flow() -> None:
    low, high = (
        compare(small(drive={"fluid": "R1233zd(E)", "saturation": 318.15, "head": h}))[0] for h in (0.3, 0.6)
    )
    assert high.mass_flow > low.mass_flow
    assert high.largest_heat > low.largest_heat


def test_the_example_reads_and_a_misspelt_key_is_named(tmp_path: Path) -> None:
    assert len(read_comparison(EXAMPLE).network) == 5
    path = tmp_path / "bad.toml"
    path.write_text(EXAMPLE.read_text().replace("thickness", "thicknes"))
    with pytest.raises(CaseError, match=r"plate\.thickness"):
        read_comparison(path)
