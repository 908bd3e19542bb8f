"""A reduced model is made where that is less work than the steps it replaces."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from coupling.reduced_choice import _reason


def reason(steps: int, unknowns: int, inputs: int) -> str:
    field = SimpleNamespace(block_names=["b"] * inputs, unknowns=unknowns)
    context: Any = SimpleNamespace(
        loaded=SimpleNamespace(spec=SimpleNamespace(numerics=SimpleNamespace(reduced=True))),
        directory=SimpleNamespace(read_json=lambda name: None),
        package_field=lambda: field,
    )
    bench: Any = SimpleNamespace(segment_count=0, zones=None)
    return _reason(context, bench, steps, 1)


@pytest.mark.parametrize(("steps", "served"), [(200, False), (1500, False), (4000, True), (1_000_000, True)])
def test_the_wafer_is_reduced_for_long_traces_only(steps: int, served: bool) -> None:
    """Making the model of 40 inputs of 31 395 nodes takes as long as about 2000 steps."""
    assert (reason(steps, 31_395, 40) == "") == served


def test_a_small_chip_is_always_reduced() -> None:
    assert reason(10, 5_000, 16) == ""
