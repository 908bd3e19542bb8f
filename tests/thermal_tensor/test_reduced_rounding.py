"""A model made around another state than the steady field: exact where nothing moves, else within its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.package import PackageSpec
from tests.thermal_tensor.test_reduced_correction import DESIGN, SIDE, Boiling, OnStrips, Strips
from thermal.field.conduction import FieldSolution, PackageField
from thermal.field.reduced_package import ReducedPackage
from thermal.field.reduced_rounding import RoundedState, rounded_span, rounded_state, rounded_step

LAW = Boiling(300.0)


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> PackageField:
    layers = [
        {
            "name": "die",
            "thickness": 5e-4,
            "material": "silicon_of_temperature",
            "floorplan": {"grid": [2, 2]},
            "heat": "bottom",
        },
        {"name": "lid", "thickness": 1e-3, "material": "copper", "cells": 2},
    ]
    spec = PackageSpec.model_validate({"size": (SIDE, SIDE), "cells": (14, 14), "layer": layers})
    return PackageField(spec, tmp_path_factory.mktemp("base"), wetted_face="top", tolerance=1e-12)


def wall_of(field: PackageField, law: Boiling = LAW) -> OnStrips:
    return OnStrips(law, Strips(field).segment >= 0)


@pytest.fixture(scope="module")
def start(field: PackageField) -> FieldSolution:
    return field.steady(DESIGN, wetted=wall_of(field))


def package_around(
    field: PackageField, start: FieldSolution, around: RoundedState | None, span: float = 8.0
) -> ReducedPackage:
    return ReducedPackage(
        field,
        start,
        np.full(4, span),
        shortest=2e-3,
        tolerance=2e-3,
        zones=Strips(field),
        wetted=wall_of(field),
        around=around,
    )


def elsewhere(field: PackageField, start: FieldSolution) -> RoundedState:
    """Conductivity 40 K warmer, and a film twice as steep, as the steady field's own."""
    own = rounded_state(field, start, Strips(field), wall_of(field))
    assert own is not None
    return RoundedState(own.temperature + 40.0, 2.0 * own.film)


def test_where_nothing_moves_the_start_stays(field: PackageField, start: FieldSolution) -> None:
    package = package_around(field, start, elsewhere(field, start))
    law = package.law(wall_of(field), np.zeros(3))
    state = package.model.play(np.zeros((50, 4)), 5e-3, package.model.start(), law).state
    assert np.abs(package.temperature(state) - start.temperature).max() < 1e-6
    assert package.conductivity_error(state) < 1e-6
    assert package.lacking(state, wall_of(field))[0].max() < 1e-3  # of 60 000 W/m2


def test_steady_states_are_within_the_bounds(field: PackageField, start: FieldSolution) -> None:
    package, random = package_around(field, start, elsewhere(field, start)), np.random.default_rng(2)
    missed = []
    for _ in range(12):
        power = DESIGN * random.uniform(0.7, 1.3, 4)
        wall = wall_of(field, Boiling(300.0 + random.uniform(-3.0, 3.0)))
        state = package.steady(power - DESIGN, wall, np.full(3, wall.law.saturation - 300.0))
        exact = field.steady(power, wetted=wall)
        ours = field.blocks.mean @ package.temperature(state).ravel()
        bound = package.wall_error(*package.lacking(state, wall)) + package.conductivity_error(state)
        missed.append(np.abs(ours - exact.block_mean).max())
        assert missed[-1] <= bound
    # the state is another: what is bounded is there to be seen
    assert max(missed) > 1e-2


def test_conductivity_far_off_is_bounded_where_nothing_else_is_left_out(field: PackageField) -> None:
    """One watt more with the film as nominal: what differs is conductivity alone."""
    film = Boiling(300.0, convection=2e4)
    wall, zones = OnStrips(film, Strips(field).segment >= 0), Strips(field)
    start = field.steady(DESIGN, wetted=wall)
    more = DESIGN + np.array([3.0, 0.0, 0.0, 0.0])
    exact = field.steady(more, wetted=wall).block_mean
    errors = []
    for warmer in (0.0, 60.0, 120.0):
        own = rounded_state(field, start, zones, wall)
        assert own is not None
        package = ReducedPackage(
            field,
            start,
            np.full(4, 8.0),
            shortest=2e-3,
            tolerance=2e-3,
            zones=zones,
            wetted=wall,
            around=RoundedState(own.temperature + warmer, own.film),
        )
        state = package.steady(more - DESIGN, wall, np.zeros(3))
        error = np.abs(field.blocks.mean @ package.temperature(state).ravel() - exact).max()
        bound = package.conductivity_error(state) + package.wall_error(*package.lacking(state, wall))
        assert error <= bound
        errors.append(error)
    assert errors[0] < errors[1] < errors[2]


def test_like_states_are_rounded_alike_and_others_are_not(field: PackageField, start: FieldSolution) -> None:
    zones = Strips(field)
    own = rounded_state(field, start, zones, wall_of(field))
    near = field.steady(1.02 * DESIGN, wetted=wall_of(field, Boiling(300.5)))
    assert rounded_state(field, near, zones, wall_of(field, Boiling(300.5))) == own
    far = field.steady(4.0 * DESIGN, wetted=wall_of(field, Boiling(330.0)))
    other = rounded_state(field, far, zones, wall_of(field, Boiling(330.0)))
    assert own is not None
    assert other is not None
    assert other.temperature > own.temperature
    assert other.film > own.film


def test_curves_that_are_flat_all_over_are_not_rounded(field: PackageField, start: FieldSolution) -> None:
    assert rounded_state(field, start, Strips(field), wall_of(field, Boiling(400.0, convection=0.0))) is None


@pytest.mark.parametrize(
    ("span", "rounded"),
    [
        ([3.0, 0.0, 5.0], [8.0, 0.0, 8.0]),
        ([8.0, 8.0, 1e-9], [8.0, 8.0, 8.0]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        ([0.3, 0.1, 0.0], [0.5, 0.5, 0.0]),
    ],
)
def test_inputs_that_move_share_a_span(span: list[float], rounded: list[float]) -> None:
    assert rounded_span(np.array(span)).tolist() == rounded


@pytest.mark.parametrize(("step", "rounded"), [(5e-3, 2.0**-8), (1.0, 1.0), (3.9, 2.0)])
def test_a_step_is_rounded_down(step: float, rounded: float) -> None:
    assert rounded_step(step) == rounded
