from __future__ import annotations

import numpy as np
import pytest

from coupling.air_heated_loop import TOLERANCE
from validation.co2_thermosyphon import Rig, air_streams, calibrated_conductance, measured

CONDUCTANCE = 920.0


@pytest.fixture(scope="module")
def rig():
    return Rig("CO2")


def test_what_the_warm_air_gives_the_cold_air_takes(rig):
    found = rig.state(CONDUCTANCE, 10.0)
    assert found.air_to_loop_rel <= TOLERANCE
    assert found.outcome.converged
    solver, unknowns = rig.loop.solver, found.outcome.unknowns
    outlet, inlet = (
        unknowns.enthalpy[rig.loop.network.tail[cell]] for cell in (rig.loop.network.condensers[0], 0)
    )
    carried = float(solver.equations.state.flow(unknowns)[0]) * (outlet - inlet)
    assert carried == pytest.approx(found.heat.sum(), rel=1e-7)


def test_heat_stays_below_that_of_coils_without_films_and_a_loop_without_resistance(rig):
    warm, cold = air_streams(CONDUCTANCE, 10.0)
    most = 10.0 / (1.0 / warm.effective_conductance() + 1.0 / cold.effective_conductance())
    assert 0.7 * most < rig.state(CONDUCTANCE, 10.0).heat.sum() < most


def test_more_difference_carries_more_heat_and_a_wetter_top(rig):
    states = [rig.state(CONDUCTANCE, difference) for difference in (6.0, 10.0, 14.0)]
    assert np.all(np.diff([state.heat.sum() for state in states]) > 0.0)
    assert np.all(np.diff([state.exit_quality for state in states]) < 0.0)


def test_too_small_a_charge_dries_the_top_and_costs_heat(rig):
    full, poor = (rig.state(CONDUCTANCE, 10.0, fill) for fill in (1.6, 1.35))
    assert full.dry.max() == 0.0
    assert poor.dry[-1] > 0.5
    assert poor.heat.sum() < full.heat.sum()
    assert poor.heat[-1] < 0.8 * poor.heat[0]


def test_the_calibration_meets_its_point(rig):
    heat = rig.state(calibrated_conductance(), 10.0).heat.sum()
    assert heat == pytest.approx(measured("CO2", 10.0), rel=1e-4)
