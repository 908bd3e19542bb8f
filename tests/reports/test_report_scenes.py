"""Scenes keep their geometry and values through packing, and stay within their budget."""

from __future__ import annotations

import base64
import gzip
import json
import struct

import numpy as np
import pytest

from reports.compare import field_difference
from reports.figures.floorplan import floorplan_figure
from reports.grid import Grid, Grids, read_grid
from reports.language import words
from reports.run_directory import read_run
from reports.scenes.glb import glb
from reports.scenes.loop import loop_scene
from reports.scenes.network import network_scene
from reports.scenes.package import package_scene, spread, transient_scene
from reports.scenes.scene import Part, pack, quantise
from reports.scenes.shapes import box, rounded, tube

EN = words("en")


@pytest.fixture(scope="module")
def run(fabricate, tmp_path_factory):
    return read_run(fabricate(tmp_path_factory.mktemp("runs") / "run", cells=12))


def unpack(text):
    data = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(data[:4], "little")
    header, start = json.loads(data[4 : 4 + length]), 4 + length

    def take(entry):
        size = entry["count"] * entry["bytes"]
        planes = np.frombuffer(data, np.uint8, size, start + entry["at"]).reshape(entry["bytes"], -1)
        steps = np.ascontiguousarray(planes.T).view(f"<u{entry['bytes']}").ravel()
        return np.cumsum(steps, dtype=steps.dtype)

    return header, take


def volume(points, triangles):
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0


def test_box_and_tube_enclose_their_volume():
    assert abs(volume(*box(np.zeros(3), np.array([1.0, 2.0, 3.0])))) == pytest.approx(6.0)
    sides = 64
    polygon = 0.5 * sides * np.sin(2 * np.pi / sides) * 0.1**2
    assert abs(volume(*tube(np.array([[0, 0, 0], [0, 0, 2.0]]), 0.1, sides))) == pytest.approx(2.0 * polygon)


def test_rounded_path_keeps_its_ends():
    corners = np.array([[0.0, 0, 0], [0, 0, 2], [3, 0, 2]])
    path = rounded(corners, 0.3)
    assert np.allclose(path[[0, -1]], corners[[0, -1]])
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() < 5.0


def test_packing_keeps_positions_and_values_to_sixteen_bits(run):
    scene = package_scene(run, Grids(), EN)
    header, take = unpack(pack(scene))
    part, packed = scene.parts[0], header["parts"][0]
    for axis in range(3):
        reach = header["high"][axis] - header["low"][axis]
        points = header["low"][axis] + take(packed["points"][axis]) / 65535.0 * reach
        assert np.abs(points - part.points[:, axis]).max() <= reach / 65535.0
    assert np.array_equal(take(packed["triangles"]).reshape(-1, 3), part.triangles)
    field = header["fields"][0]
    values = field["low"] + take(packed["values"]["temperature"][2]) / 65535.0 * (
        field["high"] - field["low"]
    )
    assert np.abs(values - part.values["temperature"][2]).max() < 1e-3


def test_values_that_are_not_numbers_become_the_lowest():
    assert quantise(np.array([np.nan, 0.0, 1.0]), 0.0, 1.0).tolist() == [0, 0, 65535]


def test_package_has_a_body_for_each_layer_and_a_state_for_each_module(run):
    scene = package_scene(run, Grids(), EN)
    assert [part.name for part in scene.parts] == ["wafer", "interface", "plate"]
    assert scene.states == ("module 00", "module 01", "module 02", "module 03")
    assert scene.fields[0].high == pytest.approx(run.summary["chip"]["T_max_K"] - 273.15, abs=0.5)
    stack = sum(part.points[:, 2].max() - part.points[:, 2].min() for part in scene.parts)
    assert stack == pytest.approx(775e-6 + 100e-6 + 6e-3)


def test_layer_surfaces_are_closed(run):
    for part in package_scene(run, Grids(), EN).parts:
        places, same = np.unique(np.round(part.points, 9), axis=0, return_inverse=True)
        corners = same[part.triangles]
        edges = np.sort(corners[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
        assert len(places)


def test_marked_hot_spot_is_the_hottest_node(run):
    scene, grid = package_scene(run, Grids(), EN), read_grid(run.fields[0])
    label = next(label for label in scene.labels if label.state == 0)
    assert label.text == f"{grid.temperature.max():.1f} °C"


def test_transient_has_a_state_for_each_frame(run):
    scene = transient_scene(run, EN)
    assert len(scene.states) == 24
    assert scene.plays
    assert scene.parts[0].values["temperature"].shape[0] == 24


def test_modules_stand_at_their_heights(run):
    scene = loop_scene(run, EN)
    feet = [part.points[:, 2].min() for part in scene.parts if part.name.startswith("module")]
    assert feet == pytest.approx([0.4, 0.75, 1.1, 1.45])
    condenser = next(part for part in scene.parts if part.name == "condenser")
    assert condenser.points[:, 2].mean() == pytest.approx(10.0)


def test_vapour_is_in_the_riser_and_liquid_in_the_downcomer(run):
    parts: dict[str, Part] = {part.name: part for part in loop_scene(run, EN).parts}
    assert parts["riser"].values["quality"].min() > 0.05
    assert parts["downcomer"].values["quality"].max() == 0.0


def test_network_tubes_have_their_diameters(run):
    scene = network_scene(run, EN)
    first = run.network["segments"][0]
    ring = scene.parts[0].points[:14]
    spread = np.linalg.norm(ring - ring.mean(axis=0), axis=1)
    assert spread == pytest.approx(np.full(14, first["diameter_m"] / 2))
    assert {field.key for field in scene.fields} == {"quality", "wall_superheat_K", "margin"}


def test_glb_is_what_its_header_says(run):
    data = glb(loop_scene(run, EN))
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    document = json.loads(data[20 : 20 + size])
    assert kind == b"JSON"
    assert document["buffers"][0]["byteLength"] == len(data) - 28 - size


def test_glb_is_read_back_by_pyvista(run, tmp_path):
    import pyvista

    scene = network_scene(run, EN)
    (tmp_path / "network.glb").write_bytes(glb(scene))
    read = pyvista.read(tmp_path / "network.glb").combine()
    low, high = scene.bounds()
    assert read.bounds[1] - read.bounds[0] == pytest.approx(high[0] - low[0], rel=1e-5)
    assert read.bounds[3] - read.bounds[2] == pytest.approx(high[2] - low[2], rel=1e-5)


def test_difference_of_a_field_with_itself_vanishes(run):
    grid = read_grid(run.fields[0])
    assert np.abs(field_difference(grid, grid).temperature).max() == 0.0


def test_difference_bridges_unlike_meshes(run, fabricate, tmp_path):
    finer = read_run(fabricate(tmp_path / "finer", parts=frozenset({"chip"}), cells=24, offset=2.0))
    difference = field_difference(read_grid(run.fields[0]), read_grid(finer.fields[0]))
    assert np.median(difference.temperature) == pytest.approx(2.0, abs=0.2)


def test_tetrahedra_are_drawn_as_they_are(run, tmp_path):
    import pyvista

    (tmp_path / "fields").mkdir()
    tetrahedra = pyvista.read(run.fields[0]).triangulate()
    tetrahedra.points[:, 0] += 1e-3 * tetrahedra.points[:, 2] / tetrahedra.bounds[5]
    tetrahedra.save(tmp_path / "fields" / "module_00.vtu")
    (tmp_path / "case.toml").write_text((run.path / "case.toml").read_text())
    leaning = read_run(tmp_path)
    scene = package_scene(leaning, Grids(), EN)
    assert [part.name for part in scene.parts] == ["wafer", "interface", "plate"]
    assert scene.fields[0].high == pytest.approx(read_grid(run.fields[0]).temperature.max())
    assert floorplan_figure(leaning, Grids(), EN) is None


def test_half_a_million_unknowns_of_pure_noise_stay_within_the_page(tmp_path):
    rng = np.random.default_rng(1)
    layer = np.repeat([0, 1, 2], 4)
    x, z = np.linspace(0.0, 0.3, 200), np.linspace(0.0, 6e-3, 13)
    grids = [Grid(x, x, z, rng.normal(50.0, 5.0, (13, 200, 200)), layer) for _ in range(8)]
    (tmp_path / "fields").mkdir()
    fields = Grids()
    for index, grid in enumerate(grids):
        file = tmp_path / "fields" / f"module_{index:02d}.vtu"
        file.touch()
        fields.put(file, grid)
    (tmp_path / "case.toml").touch()
    text = pack(package_scene(read_run(tmp_path), fields, EN))
    assert len(text) < 10e6


def test_frames_are_thinned_evenly():
    assert spread(100, 5).tolist() == [0, 25, 50, 74, 99]
    assert spread(3, 10).tolist() == [0, 1, 2]
