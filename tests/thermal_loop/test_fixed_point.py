"""The accelerated fixed point finds known roots and says when it does not."""

from __future__ import annotations

import numpy as np
import pytest

from thermal.errors import NotConverged
from thermal.fixed_point import fixed_point


def test_the_fixed_point_of_the_cosine_is_the_dottie_number() -> None:
    found = fixed_point(np.cos, np.array([1.0]), tolerance=1e-14, iterations=30)
    assert found.value[0] == pytest.approx(0.7390851332151607, abs=1e-12)


def test_a_linear_map_of_n_unknowns_needs_at_most_n_plus_two_evaluations() -> None:
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(4, 4))
    matrix *= 0.9 / np.abs(np.linalg.eigvals(matrix)).max()
    shift = generator.normal(size=4)
    found = fixed_point(lambda x: matrix @ x + shift, np.zeros(4), tolerance=1e-11, iterations=30)
    assert found.iterations <= 7
    np.testing.assert_allclose(found.value, np.linalg.solve(np.eye(4) - matrix, shift), rtol=1e-9)


def test_acceleration_tames_a_map_that_diverges_by_itself() -> None:
    found = fixed_point(lambda x: -2.0 * x + 3.0, np.array([0.0]), tolerance=1e-12, iterations=20)
    assert found.value[0] == pytest.approx(1.0)


def test_no_fixed_point_ends_in_words() -> None:
    with pytest.raises(NotConverged, match="residual"):
        fixed_point(lambda x: x + 1.0, np.array([0.0]), tolerance=1e-12, iterations=8)
