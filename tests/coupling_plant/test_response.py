"""A table of solved states: exact where it may be, honest about its error, infeasible where the loop is."""

from __future__ import annotations

import numpy as np
import pytest

from coupling.plant.climate import climate_year
from coupling.plant.facility import FacilitySpec
from coupling.plant.heat_rejection import lumped_response
from coupling.plant.response import RackPoint, tabulate_response
from coupling.plant.year import simulate_year
from meshes.errors import VascoolError
from thermal.loop.condenser import CondenserSpec

CONDENSER = CondenserSpec(
    kind="air-fan",
    elevation=10.0,
    conductance=900.0,
    air_flow=0.9,
    fan={"pressure_rise": 60.0, "efficiency": 0.5},
)
SITE = FacilitySpec(
    racks=10, climate="zhuhai", fan_control={"setpoint": "45 degC"}, temperature_limit="85 degC"
)


def ideal(condensing, heat):
    return RackPoint(condensing, condensing + 2e-3 * heat, 1.0)


def curved(condensing, heat):
    """Bends in both directions, as a boiling law does."""
    return RackPoint(
        condensing + 1e-4 * heat, condensing + 3.0 * (heat / 300.0) ** 0.3 + 400.0 / condensing, 1.0
    )


def test_a_linear_rack_is_tabulated_exactly_with_the_fewest_nodes():
    table = tabulate_response(ideal, (270.0, 350.0), (1000.0, 6000.0))
    assert table.values.shape == (3, 3, 3)
    assert table.interpolation_error < 1e-9
    values, feasible = table.at(np.array([281.3, 349.0]), np.array([1700.0, 5999.0]))
    assert values[1] == pytest.approx([281.3 + 3.4, 349.0 + 11.998], abs=1e-9)
    assert feasible.all()


@pytest.mark.parametrize("tolerance", [0.3, 0.03])
def test_the_table_is_refined_until_it_meets_its_tolerance(tolerance):
    table = tabulate_response(curved, (280.0, 350.0), (500.0, 6000.0), tolerance=tolerance)
    assert table.interpolation_error <= tolerance
    rng = np.random.default_rng(1)
    condensing, heat = rng.uniform(280.0, 350.0, 500), rng.uniform(500.0, 6000.0, 500)
    exact = [curved(t, q).chip_maximum for t, q in zip(condensing, heat, strict=True)]
    # states in the middle of a cell are wrong in both directions at once, hence a little more than on its edges
    assert np.abs(table.at(condensing, heat)[0][1] - exact).max() <= 2.0 * tolerance


def test_refinement_stops_at_the_most_nodes_and_says_what_is_left():
    table = tabulate_response(curved, (280.0, 350.0), (500.0, 6000.0), tolerance=1e-9, most_nodes=5)
    assert table.heat.size <= 5
    assert table.interpolation_error > 1e-9


def test_a_year_on_the_table_is_the_year_on_the_rack_itself():
    weather = climate_year("zhuhai")
    heat = 4000.0 + 800.0 * np.sin(np.arange(8760) / 24.0 * 2.0 * np.pi)
    table = tabulate_response(ideal, (270.0, 360.0), (3000.0, 5000.0))
    looked_up = simulate_year(weather, heat, CONDENSER, SITE, table.response())
    direct = simulate_year(weather, heat, CONDENSER, SITE, lumped_response(2e-3))
    assert looked_up.pue == pytest.approx(direct.pue, rel=1e-9)
    assert looked_up.loop.chip_maximum == pytest.approx(direct.loop.chip_maximum, abs=1e-6)


def test_a_flooded_condenser_condenses_warmer():
    def flooded(condensing, heat):
        return RackPoint(condensing, condensing, 0.6)

    weather = climate_year("zhuhai")
    free = simulate_year(
        weather, 4000.0, CONDENSER, SITE, tabulate_response(ideal, (270.0, 360.0), (4000.0,)).response()
    )
    wet = simulate_year(
        weather, 4000.0, CONDENSER, SITE, tabulate_response(flooded, (270.0, 360.0), (4000.0,)).response()
    )
    assert wet.power.fan.sum() > free.power.fan.sum()


def test_states_beside_an_infeasible_one_are_infeasible():
    def limited(condensing, heat):
        return ideal(condensing, heat) if heat <= 3500.0 else None

    table = tabulate_response(limited, (280.0, 350.0), (1000.0, 6000.0))
    values, feasible = table.at(np.full(3, 300.0), np.array([2000.0, 4500.0, 9000.0]))
    assert feasible.tolist() == [True, False, False]
    assert np.isfinite(values).all()


def test_one_heat_makes_a_table_of_one_column():
    table = tabulate_response(curved, (280.0, 350.0), (4000.0,))
    _, feasible = table.at(np.array([300.0, 300.0]), np.array([4000.0, 4100.0]))
    assert feasible.tolist() == [True, False]


def test_a_rack_that_carries_nothing_has_no_table():
    with pytest.raises(VascoolError, match="none"):
        tabulate_response(lambda condensing, heat: None, (280.0, 350.0), (1000.0,))


def test_each_part_has_its_own_hottest_hour():
    def two_parts(condensing, heat):
        # one part follows the outdoors, the other the power
        outdoors, loaded = condensing + 1.0, 0.5 * condensing + 0.05 * heat
        return RackPoint(condensing, max(outdoors, loaded), 1.0, (outdoors, loaded))

    table = tabulate_response(two_parts, (280.0, 320.0), (1000.0, 6000.0), tolerance=0.01)
    condensing = 300.0 + 15.0 * np.sin(np.arange(8760) / 1000.0)
    heat = np.where(np.arange(8760) == 5000, 6000.0, 2000.0)
    peaks, hours = table.part_peaks(condensing, heat)
    assert hours.tolist() == [int(np.argmax(condensing)), 5000]
    assert peaks == pytest.approx([condensing.max() + 1.0, 0.5 * condensing[5000] + 300.0], abs=0.01)


def test_the_error_counts_the_parts():
    def bent_part(condensing, heat):
        return RackPoint(condensing, 400.0, 1.0, (400.0, 0.01 * (condensing - 300.0) ** 2))

    table = tabulate_response(bent_part, (280.0, 320.0), (1000.0,), tolerance=0.1)
    # chord of a parabola: 0.01 h^2 / 4 at the middle of a cell of width h, here 5 K
    assert table.interpolation_error == pytest.approx(0.0625, rel=1e-6)
    assert table.condensing_temperature.size == 9


def test_a_table_without_parts_has_no_peaks():
    table = tabulate_response(ideal, (270.0, 350.0), (1000.0,))
    peaks, hours = table.part_peaks(np.full(4, 300.0), np.full(4, 1000.0))
    assert peaks.size == hours.size == 0


@pytest.mark.parametrize("edge", [0.2, 0.05, 0.01])
def test_the_heat_that_is_carried_no_more_is_found_within_its_share_of_the_span(edge):
    """All below 4321 W is carried: what the table calls carried ends at most ``edge`` of 5000 W below that."""

    def up_to(condensing, heat):
        return ideal(condensing, heat) if heat < 4321.0 else None

    table = tabulate_response(up_to, (280.0, 350.0), (1000.0, 6000.0), edge=edge)
    heat = np.linspace(1000.0, 6000.0, 5001)
    carried = heat[table.at(300.0, heat)[1]].max()
    assert 4321.0 - edge * 5000.0 <= carried < 4321.0


@pytest.mark.parametrize(
    "condenser",
    [
        CONDENSER,
        CondenserSpec(
            kind="air-natural-draught",
            elevation=10.0,
            conductance=900.0,
            air_flow=0.9,
            stack={"height": 12.0, "coil_area": 2.5, "loss_coefficient": 25.0},
        ),
    ],
    ids=["fans", "draught"],
)
def test_a_rack_switched_off_is_as_warm_as_the_air_and_passes_no_limit(condenser):
    """Heat 0 lies below every table, and a loop at rest has no flow to solve for."""
    weather = climate_year("zhuhai")
    power = np.resize([0.0] * 8 + [3000.0] * 16, 8760)
    response = tabulate_response(ideal, (270.0, 350.0), (3000.0,)).response()
    year = simulate_year(weather, power, condenser, SITE, response)
    off = power == 0.0
    assert year.loop.feasible.all()
    assert year.loop.chip_maximum[off] == pytest.approx(weather.dry_bulb[off], abs=1e-9)
    assert (year.loop.chip_maximum[~off] > weather.dry_bulb[~off] + 5.0).all()
    assert year.summary()["hours_infeasible"] == 0
