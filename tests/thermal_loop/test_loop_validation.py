from __future__ import annotations

import pytest

from validation import loop_analytic, loop_curve


@pytest.mark.parametrize(
    "compute",
    [
        loop_analytic.single_phase_circulation,
        loop_analytic.flow_maximum,
        loop_analytic.ledinegg_threshold,
        loop_analytic.parallel_stability,
        loop_curve.r134a_curve,
    ],
    ids=lambda compute: compute.__name__,
)
def test_closed_forms_come_out_of_the_solver(compute):
    for row in compute():
        assert row.passed, row
