"""Corrected steady states against the full field of the finite-element library, over laws that bend and break."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from meshes.package import PackageSpec
from thermal.field.conduction import PackageField
from thermal.field.reduced_correction import correct_steady
from thermal.field.reduced_package import ReducedPackage

SIDE = 20e-3
DESIGN = np.array([9.0, 2.0, 4.0, 1.0])


@dataclass(frozen=True)
class Boiling:
    """Convection below saturation, and above it the cube of superheat beside: steep, and with a corner where asked."""

    saturation: float
    onset: float = 0.0
    convection: float = 400.0

    def flux(self, wall_temperature):
        superheat = np.maximum(wall_temperature - self.saturation - self.onset, 0.0)
        boils = superheat > 0.0
        jump = 3e3 * (self.onset > 0.0)
        flux = (
            self.convection * (wall_temperature - self.saturation) + 400.0 * superheat**3 + jump * superheat
        )
        return flux, self.convection + 1200.0 * superheat**2 + jump * boils


class Strips:
    """Three strips of the face across y, a margin of one cell dry."""

    def __init__(self, field: PackageField) -> None:
        rows, columns = field.mesh.cell_shape[1:]
        self.count = 3
        self.segment = np.full((rows, columns), -1)
        self.segment[1:-1, 1:-1] = (np.arange(rows - 2) * 3 // (rows - 2))[:, None]
        self.area = np.outer(np.diff(field.mesh.y), np.diff(field.mesh.x))

    def heat(self, flux):
        wet = self.segment >= 0
        return np.bincount(self.segment[wet], (flux * self.area)[wet], minlength=3)


@dataclass(frozen=True)
class OnStrips:
    """A law where the face is wet."""

    law: Boiling
    wet: np.ndarray

    def flux(self, wall_temperature):
        return tuple(np.where(self.wet, part, 0.0) for part in self.law.flux(wall_temperature))


@pytest.fixture(scope="module")
def field() -> PackageField:
    layers = [
        {
            "name": "die",
            "thickness": 5e-4,
            "material": "silicon",
            "floorplan": {"grid": [2, 2]},
            "heat": "bottom",
        },
        {"name": "lid", "thickness": 1e-3, "material": "copper", "cells": 2},
    ]
    spec = PackageSpec.model_validate({"size": (SIDE, SIDE), "cells": (14, 14), "layer": layers})
    return PackageField(spec, Path(), wetted_face="top", tolerance=1e-12)


def package_of(field: PackageField, law: Boiling, shares=None) -> tuple[ReducedPackage, OnStrips]:
    zones = Strips(field)
    wall = OnStrips(law, zones.segment >= 0)
    start = field.steady(DESIGN, wetted=wall)
    span = np.zeros(4 if shares is None else shares.shape[1])
    made = ReducedPackage(
        field, start, span, shares=shares, shortest=1.0, tolerance=1.0, zones=zones, wetted=wall
    )
    return made, wall


@pytest.mark.parametrize("onset", [0.0, 2.0], ids=["smooth", "with an onset"])
def test_no_state_is_farther_from_the_field_than_its_bound(field: PackageField, onset: float) -> None:
    package, wall = package_of(field, Boiling(300.0, onset))
    random = np.random.default_rng(11)
    proven = []
    for _ in range(25):
        power = DESIGN * random.uniform(0.2, 1.6, 4)
        other = OnStrips(Boiling(300.0 + random.uniform(-20.0, 20.0), onset), wall.wet)
        rise = np.full(3, other.law.saturation - 300.0)
        state = package.steady(power - DESIGN, other, rise)
        found = correct_steady(package, state, other, largest=random.choice([1.0, 1e-3]))
        true = np.abs(found.temperature - field.steady(power, wetted=other).temperature.ravel()).max()
        assert true <= found.error
        proven.append(found.error <= 1e-3)
    assert np.mean(proven) > 0.5


def test_a_correction_leaves_the_square_of_what_the_segments_left(field: PackageField) -> None:
    package, wall = package_of(field, Boiling(300.0))
    left, after = [], []
    for share in (1.1, 1.2, 1.4):
        exact = field.steady(share * DESIGN, wetted=wall).temperature.ravel()
        state = package.steady((share - 1.0) * DESIGN, wall, np.zeros(3))
        found = correct_steady(package, state, wall, largest=1.0)
        assert found.corrections == 1
        left.append(np.abs(package.temperature(state).ravel() - exact).max())
        after.append(np.abs(found.temperature - exact).max())
    slope, _ = np.polyfit(np.log(left), np.log(after), 1)
    assert slope == pytest.approx(2.0, abs=0.25)


def test_blocks_that_move_together_are_one_input(field: PackageField) -> None:
    law = Boiling(300.0)
    apart, wall = package_of(field, law)
    together, _ = package_of(field, law, shares=DESIGN[:, None])
    assert (apart.model.blocks, together.model.blocks) == (4, 1)
    for share in (0.4, 1.5):
        one = apart.steady((share - 1.0) * DESIGN, wall, np.zeros(3))
        other = together.steady(np.array([share - 1.0]), wall, np.zeros(3))
        np.testing.assert_allclose(together.temperature(other), apart.temperature(one), atol=1e-6)


def test_a_law_that_falls_flat_nearby_proves_nothing(field: PackageField) -> None:
    """Without convection a wall below saturation gives off nothing: the least slope around holds no level."""
    package, wall = package_of(field, Boiling(300.0, convection=1e-9))
    other = OnStrips(Boiling(305.0, convection=1e-9), wall.wet)
    state = package.steady(-0.999 * DESIGN, other, np.full(3, 5.0))
    found = correct_steady(package, state, other, largest=1e-9)
    true = np.abs(found.temperature - field.steady(1e-3 * DESIGN, wetted=other).temperature.ravel()).max()
    assert found.error >= true
