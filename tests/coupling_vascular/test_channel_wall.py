"""Channels inside a package's field: closed forms, conservation, and the face that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from coupling.channel_wall import ChannelWall
from meshes.layered_mesh import build_mesh
from meshes.package import PackageSpec
from meshes.vascular import VascularNetwork
from thermal.field.conduction import PackageField
from thermal.field.embedded_channels import EmbeddedChannels, divide, embed
from thermal.field.materials import cell_properties
from thermal.field.tensor_grid import TensorGrid

Array = NDArray[np.float64]
SIDE, LENGTH, CONDUCTIVITY = 0.02, 0.04, 20.0


@dataclass(frozen=True)
class Film:
    """A law of one coefficient [W/(m2 K)] to a fluid at one temperature [K]."""

    coefficient: float
    fluid: float

    def flux(self, wall: Array, _: Any) -> tuple[Array, Array]:
        return self.coefficient * (wall - self.fluid), np.full_like(wall, self.coefficient)


def block(cells: int, radius: float, exponent: float = 0.0) -> tuple[PackageField, EmbeddedChannels]:
    """A bar of square section, heated evenly, with a channel along its axis, and insulated all around."""
    law: Any = CONDUCTIVITY
    if exponent:
        law = {"reference": CONDUCTIVITY, "temperature": 300.0, "exponent": exponent}
    package = PackageSpec.model_validate(
        {
            "size": [SIDE, LENGTH],
            "cells": [cells, 8],
            "materials": {"solid": {"conductivity": law, "volumetric_heat_capacity": 2e6}},
            "layer": [
                {
                    "name": "bar",
                    "thickness": SIDE,
                    "material": "solid",
                    "cells": cells,
                    "floorplan": {"grid": [1, 1]},
                    "heat": "volume",
                }
            ],
        }
    )
    zero = np.zeros(1, dtype=np.int64)
    ends = np.array([[0.5 * SIDE, 0.0, 0.5 * SIDE], [0.5 * SIDE, LENGTH, 0.5 * SIDE]])
    network = VascularNetwork(ends, zero, zero + 1, np.array([radius]), zero + 1, zero, ("axis",), 0, 1)
    mesh = build_mesh(package, Path())
    grid = TensorGrid(mesh.x, mesh.y, mesh.z)
    channels = embed(divide(network, LENGTH / 8), grid, cell_properties(mesh).reference)
    return PackageField(package, Path(), channels=channels), channels


@pytest.mark.parametrize("radius", [0.5e-3, 1.5e-3])
def test_a_heated_bar_around_a_channel_is_as_hot_as_a_square_lattice_of_them(radius: float) -> None:
    """Mean over wall of Poisson's problem in a square array of cylinders, Drummond and Tahir (1984) eq. 47.

    ``(q' / 4 pi k) (-ln f - 1.476 + 2 f - f^2/2)``, f the share of the section within the channel; Int. J. Multiphase
    Flow 10, 515. The solid is not cut out, so heat enters within the channel as well: an error of the order of f.
    """
    power, film = 40.0, Film(5e3, 300.0)
    share = np.pi * radius**2 / SIDE**2
    line = power / LENGTH
    lattice = line / (4.0 * np.pi * CONDUCTIVITY) * (-np.log(share) - 1.476 + 2.0 * share - 0.5 * share**2)
    wall = 300.0 + line / (2.0 * np.pi * radius * film.coefficient)
    rises = {}
    for cells in (7, 8, 64):
        field, channels = block(cells, radius)
        found = field.steady(np.array([power]), ChannelWall(film, channels))  # type: ignore[arg-type]
        rises[cells] = found.block_mean[0] - wall
    # coarser than the channel: the axis in the middle of a cell, and on a line of nodes
    assert rises[8] == pytest.approx(lattice, rel=0.05)
    assert rises[7] == pytest.approx(lattice, rel=0.05)
    assert 0.5 * (rises[8] + rises[7]) == pytest.approx(lattice, rel=0.02)
    assert rises[64] == pytest.approx(lattice, rel=0.01)


@pytest.mark.parametrize("exponent", [0.0, -1.3])
def test_what_the_solid_gives_is_what_the_channels_take(exponent: float) -> None:
    power = 55.0
    field, channels = block(6, 1e-3, exponent)
    wall: Any = ChannelWall(Film(8e3, 310.0), channels)  # type: ignore[arg-type]
    found = field.steady(np.array([power]), wall)
    assert (found.wetted_flux * channels.area).sum() == pytest.approx(power, rel=1e-10)
    assert found.heat_out["channels"] == pytest.approx(power, rel=1e-10)
    assert found.residual_rel < 1e-10
    stepped = field.step(field.uniform(300.0), 0.5, np.array([power]), wall)
    assert stepped.stored_power + stepped.heat_out["channels"] == pytest.approx(power, rel=1e-10)
    assert stepped.heat_out["channels"] < 0.0


def test_flux_and_slope_belong_together() -> None:
    _, channels = block(4, 0.5e-3)
    assert (channels.unresolved > 0.0).all()
    wall: Any = ChannelWall(Film(8e3, 310.0), channels)  # type: ignore[arg-type]
    ring = np.full(channels.pieces.count, 330.0)
    flux, slope = wall.flux(ring)
    ahead = wall.flux(ring + 1e-3)[0]
    np.testing.assert_allclose((ahead - flux) / 1e-3, slope, rtol=1e-6)
    resistance = 1.0 / 8e3 + channels.unresolved * channels.area / channels.pieces.length
    np.testing.assert_allclose(flux, 20.0 / resistance, rtol=1e-10)
