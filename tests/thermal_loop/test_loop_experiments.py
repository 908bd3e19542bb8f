from __future__ import annotations

import pytest

from validation import co2_thermosyphon, water_loop


@pytest.mark.parametrize(
    ("compute", "gated"),
    [(co2_thermosyphon.co2_thermosyphon, 4), (water_loop.level_evaporator, 1)],
    ids=["C1", "C2"],
)
def test_built_loops_come_out_within_their_bands(compute, gated):
    rows = compute()
    judged = [row for row in rows if row.band is not None]
    assert len(judged) == gated
    for row in judged:
        assert row.passed, row
