"""Leakage settles below the fold and runs away beyond it; the fold is where closed forms put it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from coupling.power.leakage import Leakage, find_fold, operating_temperature
from thermal.errors import NotConverged


def one_node_fold(resistance: float, cold: float, power: float, leakage: Leakage) -> float:
    """Load of the fold of one node: slope times resistance is one, so ``T - T_cold = 1/beta + R s P``."""
    beta, reference = leakage.coefficient, float(leakage.reference_power[0])
    hottest = leakage.reference_temperature - np.log(beta * resistance * reference) / beta
    return float((hottest - 1.0 / beta - cold) / (resistance * power))


def test_fold_of_one_node_is_the_closed_form() -> None:
    leakage = Leakage(np.array([5.0]), 358.15, 0.02)
    fold = find_fold(np.array([[0.4]]), np.array([300.0]), np.array([60.0]), leakage)
    assert fold.load == pytest.approx(one_node_fold(0.4, 300.0, 60.0, leakage), rel=1e-8)
    assert fold.margin == pytest.approx(1.0 - 1.0 / fold.load)


def test_two_equal_nodes_fold_as_one_node_of_the_summed_resistance() -> None:
    leakage = Leakage(np.array([5.0, 5.0]), 358.15, 0.02)
    response = np.array([[0.3, 0.1], [0.1, 0.3]])
    fold = find_fold(response, np.full(2, 300.0), np.full(2, 60.0), leakage)
    single = Leakage(np.array([5.0]), 358.15, 0.02)
    assert fold.load == pytest.approx(one_node_fold(0.4, 300.0, 60.0, single), rel=1e-8)


def test_fold_of_a_leaking_node_beside_one_that_does_not_leak() -> None:
    """The heater warms its neighbour by R12 P1; the neighbour folds as one node from that temperature."""
    leakage = Leakage(np.array([0.0, 4.0]), 350.0, 0.025)
    response = np.array([[0.5, 0.2], [0.2, 0.6]])
    power = np.array([80.0, 30.0])
    fold = find_fold(response, np.full(2, 305.0), power, leakage)
    hottest = 350.0 - np.log(0.025 * 0.6 * 4.0) / 0.025
    expected = (hottest - 1.0 / 0.025 - 305.0) / (0.2 * 80.0 + 0.6 * 30.0)
    assert fold.load == pytest.approx(expected, rel=1e-8)
    assert fold.temperature[1] == pytest.approx(hottest, rel=1e-5)


def test_fold_of_two_unequal_nodes_is_where_the_determinant_vanishes() -> None:
    """Along the branch det(I - R dP/dT) falls to zero at the fold; the load is then read off by bisection."""
    leakage = Leakage(np.array([3.0, 6.0]), 358.15, 0.02)
    response = np.array([[0.5, 0.15], [0.15, 0.4]])
    cold, power = np.full(2, 303.0), np.array([50.0, 70.0])
    fold = find_fold(response, cold, power, leakage)

    def settled(load: float) -> np.ndarray:
        temperature = cold.copy()
        for _ in range(200_000):
            ahead = cold + response @ (load * power + leakage.power(temperature))
            if np.max(np.abs(ahead - temperature)) < 1e-10 or ahead.max() > 2000.0:
                return ahead
            temperature = ahead
        return temperature

    def determinant(load: float) -> float:
        slope = np.diag(leakage.slope(settled(load)))
        return float(np.linalg.det(np.eye(2) - response @ slope))

    assert settled(fold.load * 1.001).max() > 2000.0
    assert determinant(fold.load * 0.999) > 0.0
    slope = np.diag(leakage.slope(fold.temperature))
    assert np.linalg.det(np.eye(2) - response @ slope) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_below_the_fold_the_lower_solution_is_found(share: float) -> None:
    leakage = Leakage(np.array([5.0]), 358.15, 0.02)
    response, cold, power = np.array([[0.4]]), np.array([300.0]), np.array([60.0])
    load = share * one_node_fold(0.4, 300.0, 60.0, leakage)
    found = operating_temperature(response, cold, load * power, leakage)[0]
    hottest = 358.15 - np.log(0.02 * 0.4 * 5.0) / 0.02
    lower = brentq(
        lambda value: value - 300.0 - 0.4 * (load * 60.0 + 5.0 * np.exp(0.02 * (value - 358.15))),
        300.0,
        hottest,
    )
    assert found == pytest.approx(lower, abs=1e-4)


def test_beyond_the_fold_there_is_no_temperature() -> None:
    leakage = Leakage(np.array([5.0]), 358.15, 0.02)
    load = 1.001 * one_node_fold(0.4, 300.0, 60.0, leakage)
    with pytest.raises(NotConverged, match="runaway"):
        operating_temperature(np.array([[0.4]]), np.array([300.0]), np.array([load * 60.0]), leakage)


def test_without_leakage_there_is_no_fold() -> None:
    leakage = Leakage(np.zeros(2), 358.15, 0.02)
    assert find_fold(np.eye(2), np.full(2, 300.0), np.ones(2), leakage).margin == 1.0


def test_more_leakage_folds_at_a_smaller_load() -> None:
    loads = [
        find_fold(
            np.array([[0.4]]), np.array([300.0]), np.array([60.0]), Leakage(np.array([watts]), 358.15, 0.02)
        ).load
        for watts in (1.0, 3.0, 9.0)
    ]
    assert loads[0] > loads[1] > loads[2]
