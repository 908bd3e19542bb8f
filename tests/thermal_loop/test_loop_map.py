from __future__ import annotations

import numpy as np
import pytest

from benchmarks.loop_map import FLUIDS, corner, summary


@pytest.mark.slow
@pytest.mark.parametrize("fluid", FLUIDS)
def test_every_point_of_the_map_is_solved_or_shown_to_have_no_state(fluid):
    shares = np.array([1e-3, 0.05, 1.5])
    places = [(0.5, 45.0), (50.0, -10.0)]
    records = [
        record for height, outdoor in places for record in corner(fluid, height, outdoor, shares, 0.03)
    ]
    found = summary(records)
    assert found["points"] == 6
    assert found["not converged"] == []


@pytest.mark.slow
def test_water_below_freezing_and_carbon_dioxide_above_its_critical_point_are_named():
    freezing = corner("water", 5.0, -10.0, np.array([1e-3]), 0.03)[0]
    critical = corner("CO2", 5.0, 45.0, np.array([1e-3]), 0.03)[0]
    assert (freezing["limit"], freezing["proof"]) == ("freezing", "balance")
    assert (critical["limit"], critical["proof"]) == ("critical", "balance")


@pytest.mark.slow
def test_a_riser_of_two_millimetres_chokes_the_flow_at_a_heat_that_is_found():
    from benchmarks.loop_map import heat_of, loop, outdoor_sink

    model, sink = loop("R134a", 2.0, riser=0.002), outdoor_sink(20.0)
    largest = model.largest_heat(heat_of(1.0, 0.0), sink)
    assert 0.0 < largest < 1200.0
    assert model.solve(heat_of(0.98, largest), sink).feasible
    beyond = model.solve(heat_of(1.05, largest), sink)
    assert not beyond.feasible
    assert beyond.largest_heat == pytest.approx(largest, rel=0.01)
