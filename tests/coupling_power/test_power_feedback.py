"""Temperature acts back on power: steady, step by step, and up to the fold."""

from __future__ import annotations

import numpy as np
import pytest

from coupling.power.feedback import PowerFeedback, linear_response
from coupling.power.leakage import operating_temperature
from coupling.power.spec import PowerSpec
from coupling.power.trace import PowerTrace
from thermal.errors import NotConverged

RESPONSE = np.array([[0.5, 0.15], [0.15, 0.4]])
COLD = np.array([303.0, 305.0])


def temperature_of(power: np.ndarray) -> np.ndarray:
    return COLD + RESPONSE @ power


def feedback(**changes: object) -> PowerFeedback:
    trace = PowerTrace(
        np.array([0.0, 1.0]), ("a", "b"), np.array([[40.0, 50.0]]), np.array([8.0, 6.0]), np.full(2, 2.0)
    )
    spec = PowerSpec.model_validate({"trace": "t.ptrace", **changes})
    return PowerFeedback(spec, trace)


LEAKY = {"leakage": {"fraction": 0.5, "reference_temperature": "85 degC", "coefficient": 0.02}}


def test_steady_leakage_is_the_operating_point_of_the_linear_module() -> None:
    model = feedback(**LEAKY)
    power = np.array([40.0, 50.0])
    watts, temperature = model.steady(power, temperature_of)
    expected = operating_temperature(RESPONSE, COLD, power - model.leakage.reference_power, model.leakage)
    assert temperature == pytest.approx(expected, abs=1e-4)
    assert watts == pytest.approx(power + model.leakage.excess(expected), abs=1e-4)


def test_without_leakage_or_policy_power_is_that_of_the_trace() -> None:
    model = feedback()
    assert not model.active
    assert model.watts(np.array([40.0, 50.0]), np.array([400.0, 300.0]), 1.0).tolist() == [40.0, 50.0]
    assert model.steady(np.array([1.0, 2.0]), temperature_of)[0].tolist() == [1.0, 2.0]


def test_a_linear_module_is_recovered_from_its_answers() -> None:
    response, cold = linear_response(np.array([40.0, 50.0]), temperature_of)
    assert response == pytest.approx(RESPONSE, rel=1e-8)
    assert cold == pytest.approx(COLD, rel=1e-10)


def test_just_below_the_fold_it_settles_and_beyond_it_runs_away() -> None:
    model = feedback(**LEAKY)
    power = np.array([40.0, 50.0])
    fold = model.fold(power, temperature_of)
    assert fold.load > 1.0
    rest = power - model.leakage.reference_power
    model.steady(0.98 * fold.load * rest + model.leakage.reference_power, temperature_of)
    with pytest.raises(NotConverged, match="runaway"):
        model.steady(1.05 * fold.load * rest + model.leakage.reference_power, temperature_of)


def test_the_manager_slows_activity_but_never_static_power() -> None:
    model = feedback(policy={"limit_temperature": "80 degC", "factor": 0.5, "least_speed": 0.0})
    asked, hot = np.array([40.0, 50.0]), np.full(2, 400.0)
    for _ in range(60):
        power = model.watts(asked, hot, 1e-3)
    assert power == pytest.approx([10.0, 8.0])
