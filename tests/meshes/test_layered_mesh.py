"""Package descriptions and their meshes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from meshes.errors import MeshError
from meshes.layered_mesh import build_mesh
from meshes.materials import LIBRARY
from meshes.package import PackageSpec


def describe(**changes: Any) -> dict[str, Any]:
    package: dict[str, Any] = {
        "size": ["20 mm", "20 mm"],
        "cells": [20, 20],
        "layer": [
            {
                "name": "die",
                "thickness": "150 um",
                "material": "silicon",
                "cells": 2,
                "extent": {"x": "5.3 mm", "y": "5.3 mm", "w": "9 mm", "h": "9 mm"},
                "fill": "air",
                "floorplan": {"grid": [3, 3]},
                "heat": "bottom",
            },
            {"name": "plate", "thickness": "1 mm", "material": "copper", "cells": 4},
        ],
        "boundary": {"top": {"h": "5 kW/m^2/K", "T": "45 degC"}},
    }
    return package | changes


def layer_with(**changes: Any) -> dict[str, Any]:
    package = describe()
    return package | {"layer": [package["layer"][0] | changes, package["layer"][1]]}


def mesh_of(package: dict[str, Any], base: Path = Path()):
    return build_mesh(PackageSpec.model_validate(package), base)


def test_lines_run_through_outlines_of_extents_and_blocks():
    mesh = mesh_of(describe())
    for edge in (5.3e-3, 8.3e-3, 11.3e-3, 14.3e-3):
        assert np.abs(mesh.x - edge).min() < 1e-12
    assert np.diff(mesh.x).max() <= 1e-3 * (1.0 + 1e-9)
    assert (np.diff(mesh.x) > 0.0).all()


def test_without_outlines_the_cells_are_those_asked_for():
    mesh = mesh_of(describe(layer=[{"name": "plate", "thickness": "1 mm", "material": "copper", "cells": 3}]))
    assert mesh.cell_shape == (3, 20, 20)
    assert np.diff(mesh.y) == pytest.approx(np.full(20, 1e-3))


def test_material_volume_is_that_of_the_extent():
    mesh = mesh_of(describe())
    volume = np.diff(mesh.z)[:, None, None] * mesh.face_area
    silicon = [solid.source for solid in mesh.materials].index(LIBRARY["silicon"].source)
    assert volume[mesh.material == silicon].sum() == pytest.approx(150e-6 * 81e-6)


def test_a_sliver_between_outlines_is_merged_and_the_block_keeps_its_area(tmp_path):
    (tmp_path / "chip.flp").write_text("a 4.4999e-3 9e-3 0 0\nb 4.5e-3 9e-3 4.5e-3 0\n")
    mesh = mesh_of(layer_with(floorplan="chip.flp"), tmp_path)
    assert np.diff(mesh.x).min() > 1e-4
    assert mesh.block_areas == pytest.approx([4.4999e-3 * 9e-3, 4.5e-3 * 9e-3])


def test_growth_thins_out_cells_away_from_the_heat_only():
    even, grown = mesh_of(describe()), mesh_of(describe(growth=1.3))
    assert grown.unknowns < 0.8 * even.unknowns
    inside = (grown.x > 5.3e-3 - 1e-9) & (grown.x < 14.3e-3 + 1e-9)
    assert np.diff(grown.x[inside]).max() <= 1e-3 * (1.0 + 1e-9)
    assert grown.x[0] == 0.0
    assert grown.x[-1] == 20e-3
    steps = np.diff(grown.x[grown.x > 14.3e-3 - 1e-9])
    assert (steps[1:] > steps[:-1]).all()


def test_contact_resistance_is_a_thin_layer_of_that_resistance():
    mesh = mesh_of(layer_with(contact_resistance=2e-5))
    contact = mesh.layers[1]
    thickness = np.diff(mesh.z)[contact.z_cells].sum()
    conductivity = mesh.materials[int(mesh.material[contact.z_cells][0, 0, 0])].principal[2]
    assert contact.name == "die|plate"
    assert thickness / conductivity == pytest.approx(2e-5)
    assert thickness < 1e-6


def test_a_block_name_in_two_layers_is_told_apart_by_its_layer():
    package = describe()
    package["layer"][1]["floorplan"] = {"grid": [1, 2]}
    mesh = mesh_of(package)
    assert mesh.block_names[0] == "die.r0c0"
    assert mesh.block_names[-2:] == ("plate.r0c0", "plate.r1c0")
    assert len(set(mesh.block_names)) == len(mesh.block_names)


def test_rectangles_of_blocks_are_in_package_coordinates():
    mesh = mesh_of(describe())
    assert mesh.block_rectangles()[0] == pytest.approx([5.3e-3, 5.3e-3, 3e-3, 3e-3])


@pytest.mark.parametrize(
    ("package", "key", "said"),
    [
        (layer_with(material="silicium"), "", "material 'silicium' is not known; known are air"),
        (layer_with(fill=None), "", "extent leaves room around it"),
        (layer_with(extent={"x": 0, "y": 0, "w": "25 mm", "h": "1 mm"}), "", "extent ends at x = 0.025 m"),
        (layer_with(extent=None), "", "fill needs an extent"),
        (layer_with(name="plate"), "", "layer 'plate' occurs twice"),
        (layer_with(name="die|plate"), "name", "stands between the layers of a contact"),
        (layer_with(thickness="-1 um"), "thickness", "greater than 0"),
        (layer_with(thickness="3 kg"), "thickness", "not convertible to m"),
        (layer_with(cells=0), "cells", "greater than or equal to 1"),
        (layer_with(heat="left"), "heat", "'bottom', 'top' or 'volume'"),
        (layer_with(floorplan={"grid": [0, 3]}), "grid", "greater than or equal to 1"),
        (layer_with(floorplan="chip.csv"), "floorplan", "HotSpot floorplan"),
        (layer_with(contact_resistance=-1.0), "contact_resistance", "greater than or equal to 0"),
        (describe(boundary={"top": "open"}), "top", "insulated"),
        (describe(boundary={"top": {"h": -5.0, "T": 300.0}}), "h", "greater than or equal to 0"),
        (describe(boundary={"top": {"h": 5.0}}), "T", "required"),
        (
            describe(materials={"foam": {"conductivity": [1.0, 2.0], "volumetric_heat_capacity": 1.0}}),
            "conductivity",
            "three numbers",
        ),
        (
            describe(materials={"foam": {"conductivity": -2.0, "volumetric_heat_capacity": 1.0}}),
            "conductivity",
            "greater than 0",
        ),
        (describe(layer=[]), "layer", "at least 1 item"),
        (describe(sise=1.0), "sise", "not permitted"),
    ],
)
def test_a_fault_is_told_at_its_key(package, key, said):
    with pytest.raises(pydantic.ValidationError) as caught:
        PackageSpec.model_validate(package)
    fault = caught.value.errors()[0]
    assert key in ".".join(map(str, fault["loc"]))
    assert said in fault["msg"]


def test_a_floorplan_larger_than_its_layer_is_refused(tmp_path):
    (tmp_path / "chip.flp").write_text("a 9.5e-3 9e-3 0 0\n")
    with pytest.raises(MeshError, match=r"chip.flp: reaches x = 0.0095 m, but layer 'die' has 0.009 m"):
        mesh_of(layer_with(floorplan="chip.flp"), tmp_path)


def test_every_solid_of_the_library_names_its_source():
    assert all(len(solid.source) > 10 for solid in LIBRARY.values())
