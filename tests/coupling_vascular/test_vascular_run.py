"""Channels as evaporators of a run: energy closes by piece, limits are results, faults name key and segment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from coupling.case_file import load_case
from coupling.errors import CaseError
from coupling.inputs import prepare_inputs
from coupling.run import RunOutcome, run_case, solve_case
from coupling.tables import summary_rows
from meshes.errors import InputError
from reports.language import words
from reports.run_directory import read_run
from reports.scenes.network import network_scene
from thermal.vascular.loop import ChannelLoop

TWO = (Path(__file__).resolve().parents[1] / "cases" / "two_modules.toml").read_text()
CHANNELS = """[evaporator]
kind = "vascular"
layer = "plate"
layout = "tree"
levels = 2
channel_volume = "2.5 mL"
inlet_K = 20
alternative_split = "none"
"""
RACK = (
    TWO[: TWO.index("[evaporator]")].replace("silicon_of_temperature", "silicon").replace('"3 mm"', '"10 mm"')
    + CHANNELS
    + TWO[TWO.index("[loop]") :]
    + "coupling_tolerance = 1e-9\n"
).replace('study = ["steady", "transient", "year"]', 'study = ["steady"]')
TRACE = "r0c0 r0c1 r1c0 r1c1\n" + "\n".join(f"{20 + 10 * (s % 3)} 30 10 {5 * (s % 5)}" for s in range(6))
EVEN = "r0c0 r0c1 r1c0 r1c1\n20 20 20 20\n"


def case(folder: Path, *overrides: str, trace: str = TRACE) -> Any:
    (folder / "two.ptrace").write_text(trace)
    path = folder / "rack.toml"
    path.write_text(RACK)
    return load_case(path, overrides)


def run(folder: Path, *overrides: str, trace: str = TRACE) -> RunOutcome:
    return run_case(case(folder, *overrides, trace=trace), folder / "out", force=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vascular")
    outcome = run(
        folder, 'case.study=["steady", "transient", "year"]', "evaporator.alternative_split=vapour-to-slower"
    )
    assert outcome.exit_code == 0, outcome.summary.get("reason")
    return folder


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "out/summary.json").read_text())
    return read


def test_what_each_piece_gives_is_what_the_loop_was_solved_with(summary: dict[str, Any]) -> None:
    assert summary["energy"]["chip_to_loop_rel"] <= 1e-9
    assert summary["energy"]["loop_to_ambient_rel"] <= 1e-9
    assert summary["energy"]["solid_to_network_rel"] <= 1e-10
    assert summary["energy"]["transient_storage_rel"] <= 1e-6
    assert summary["loop"]["heat_W"] == pytest.approx(summary["loop"]["heat_asked_W"], rel=1e-10)


def test_channels_of_modules_apart_stand_on_one_loop(tmp_path: Path) -> None:
    """A trace of six bins, half of it later: the loop hears both modules, each its own wall, and energy closes."""
    outcome = run(tmp_path, 'case.study=["transient"]', 'power.module_shift=[0, "150 ms"]')
    assert outcome.exit_code == 0, outcome.summary.get("reason")
    groups = outcome.summary["chip"]["transient"]["groups"]
    assert sorted(groups) == ["module_00", "module_01"]
    assert outcome.summary["energy"]["transient_storage_rel"] <= 1e-6
    columns = parquet.read_table(tmp_path / "out/history.parquet")
    peaks = {name: columns.column(f"group_T_max_K[{name}]").to_numpy().max() for name in groups}
    assert peaks == {name: pytest.approx(found["T_max_K"]) for name, found in groups.items()}
    rack, one = (columns.column(f"{name}_W").to_numpy() for name in ("rack_heat_to_loop", "heat_to_loop"))
    assert rack.mean() == pytest.approx(outcome.summary["loop"]["heat_W"], rel=0.02)
    assert rack.mean() == pytest.approx(2.0 * one.mean(), rel=0.02)


def test_pressure_falls_around_the_loop_add_up_to_nothing(summary: dict[str, Any]) -> None:
    legs = summary["loop"]["pressure_drops_Pa"]
    assert abs(sum(sum(leg.values()) for leg in legs.values())) < 1e-6 * abs(legs["downcomer"]["gravity"])


def test_the_loop_sees_the_fall_of_the_network(summary: dict[str, Any]) -> None:
    channels = summary["network"]["modules"]["module_00"]["pressure_drops_Pa"]
    seen = summary["loop"]["pressure_drops_Pa"]["evaporator"]
    for cause in ("friction", "acceleration", "gravity"):
        assert seen[cause] == pytest.approx(channels[cause], rel=1e-9)
    assert seen["local"] > channels["local"] > 0.0
    total = summary["network"]["modules"]["module_00"]["pressure_drop_Pa"]
    assert sum(channels.values()) == pytest.approx(total, rel=1e-6)


def test_the_summary_says_what_an_engineer_asks_of_the_channels(summary: dict[str, Any]) -> None:
    network = summary["network"]
    assert network["segments"] == 2 * (1 + 2 + 4) + 4 * 4
    assert network["volume_m3"] == pytest.approx(2.5e-6)
    assert network["dry_segments"] == 0
    assert 0.0 < network["least_margins"]["dryout"]["margin"] <= 1.0
    assert network["least_margins"]["dryout"]["segment"].startswith("segment ")
    assert network["phase_split"]["closure"] == "equal-quality"
    assert np.isfinite(network["phase_split"]["T_max_change_K"])
    assert dict(summary_rows(summary))["channels of a module"].startswith("30 segments, 0 dry in all")
    for module, found in network["modules"].items():
        assert found["exit_quality"] == pytest.approx(summary["loop"]["exit_quality"][module])


def test_closures_outside_their_range_and_those_of_the_channels_are_told(
    folder: Path, summary: dict[str, Any]
) -> None:
    assert any(
        warning.startswith("channels: friction closure muller-steinhagen-heck: diameter")
        for warning in summary["warnings"]
    )
    told = {row["quantity"]: row for row in json.loads((folder / "out/loop.json").read_text())["closures"]}
    assert told["phase split"]["name"] == "equal-quality"
    assert "Idelchik" in told["fork losses"]["source"]


def test_the_picture_has_each_tube_with_its_state(folder: Path, summary: dict[str, Any]) -> None:
    picture = json.loads((folder / "out/fields/network.json").read_text())
    assert len(picture["segments"]) == summary["network"]["segments"]
    places = np.array(picture["nodes"])
    low = np.array(picture["plate"]["origin_m"])
    assert (places >= low - 1e-9).all()
    assert (places <= low + np.array(picture["plate"]["size_m"]) + 1e-9).all()
    for segment in picture["segments"]:
        assert 0.0 <= segment["quality"] <= 1.0
        assert segment["margin"] == min(segment["dryout_margin"], segment["chf_margin"])
    module = summary["network"]["modules"][picture["module"]]
    heat = sum(segment["heat_W"] for segment in picture["segments"])
    leaving = [s["quality"] for s in picture["segments"] if s["role"] == "return" and s["level"] == 0]
    assert heat == pytest.approx(0.5 * summary["loop"]["heat_W"], rel=1e-9)
    assert leaving[0] == pytest.approx(module["exit_quality"], rel=0.1)


def test_the_report_draws_the_tubes_of_a_run_inside_the_plate(folder: Path) -> None:
    scene = network_scene(read_run(folder / "out"), words("en"))
    assert scene is not None
    tubes, plate = scene.parts
    assert plate.opacity < 1.0
    assert {field.key for field in scene.fields} == {
        "quality",
        "wall_superheat_K",
        "margin",
        "mass_flow_kg_s",
    }
    np.testing.assert_array_less(plate.points.min(axis=0) - 1e-3, tubes.points.min(axis=0))
    np.testing.assert_array_less(tubes.points.max(axis=0), plate.points.max(axis=0) + 1e-3)
    assert np.ptp(tubes.values["quality"]) > 0.0


def test_the_alternative_parting_of_the_phases_leaves_the_heat_as_it_is(summary: dict[str, Any]) -> None:
    moved = summary["network"]["phase_split"]
    assert moved["alternative"] == "vapour-to-slower"
    assert abs(moved["T_max_change_K"]) < 1.0
    assert abs(moved["mass_flow_change_rel"]) < 0.1


def test_a_chip_over_channels_is_hotter_than_the_fluid_and_colder_in_the_cold(
    summary: dict[str, Any],
) -> None:
    assert (
        summary["chip"]["T_max_K"]
        > summary["loop"]["T_sat_evaporator_K"]
        > summary["loop"]["T_sat_condenser_K"]
        > 308.15
    )


def test_the_year_rises_with_the_outdoor_temperature(folder: Path, summary: dict[str, Any]) -> None:
    import pandas

    hours = pandas.read_parquet(folder / "out/year.parquet").sort_values("dry_bulb_K")
    assert summary["numerics"]["year_table_error_K"] <= 0.1
    # moist air carries a little more heat than dry air of the same temperature
    assert (np.diff(hours["T_sat_evaporator_K"]) > -0.02).all()
    assert (np.diff(hours["T_max_K"]) > -0.02).all()


def test_a_charge_counts_what_the_channels_hold(summary: dict[str, Any], tmp_path: Path) -> None:
    mass = summary["loop"]["charge_kg"]
    charged, more = (solve_case(case(tmp_path, f"loop.charge={mass + kg}"))["loop"] for kg in (0.05, 0.1))
    assert charged["charge_kg"] == pytest.approx(mass + 0.05, rel=1e-9)
    assert charged["residuals"]["mass_rel"] < 1e-8
    assert more["flooded_share"] > charged["flooded_share"] > 0.0


def test_even_heat_on_a_symmetric_network_gives_symmetric_temperatures(tmp_path: Path) -> None:
    straight = ("evaporator.layout=straight", "evaporator.channels=4")
    found = solve_case(case(tmp_path, *straight, trace=EVEN))["chip"]["blocks"]
    rise = found["r0c0"]["T_mean_K"] - 300.0
    for left, right in (("r0c0", "r0c1"), ("r1c0", "r1c1")):
        assert found[left]["T_mean_K"] == pytest.approx(found[right]["T_mean_K"], abs=1e-6 * rise)
        assert found[left]["T_max_K"] == pytest.approx(found[right]["T_max_K"], abs=1e-6 * rise)


def test_channels_too_thin_are_a_result_that_names_the_limit(tmp_path: Path) -> None:
    thin = (
        "evaporator.channel_volume=0.15 mL",
        "evaporator.manufacture={smallest_diameter='0.1 mm', smallest_wall='0.1 mm'}",
    )
    outcome = run(tmp_path, *thin)
    assert outcome.exit_code == 1
    loop = outcome.summary["loop"]
    assert loop["feasible"] is False
    assert loop["limit"] in outcome.summary["reason"]
    assert 0.0 < loop["largest_heat_W"] < loop["heat_asked_W"]
    assert outcome.summary["network"]["segments"] == 30


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "evaporator.layer=lid",
            r"evaporator\.layer: 'lid' is not a layer of the package; layers are die, plate",
        ),
        ("evaporator.channel_volume=9 mL", r"segment \d+ \((supply|return|exchange), level \d\): wall to"),
        ("evaporator.channel_volume=0.03 mL", r"segment \d+ .*: diameter 0\.\d+ mm is below 0\.2 mm"),
        ("evaporator.law=magic", r"evaporator\.law: got 'magic'; .*expected one of laminar"),
        ("evaporator.split=magic", r"evaporator\.split: got 'magic'; .*expected one of equal-quality"),
        ("evaporator.levles=3", r"evaporator\.levles: unknown key; did you mean 'levels'"),
        ("evaporator.kind=magic", r"evaporator\.kind: got 'magic'; .*one of face, vascular"),
        ("evaporator.width=200 mm", r"evaporator: width: 0\.2 m is more than the package's 0\.08 m"),
        ("evaporator.layout=csv", r"layout = .csv. and file go together"),
        ("numerics.solver=amg", r"numerics\.solver: 'amg' does not take channels"),
    ],
)
def test_a_fault_names_its_key_and_segment(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare_inputs(case(tmp_path, override))


def test_channels_without_a_package_are_refused(tmp_path: Path) -> None:
    text = RACK.split("[package]")[0] + "[evaporator]" + RACK.split("[evaporator]")[1].split("[power]")[0]
    path = tmp_path / "loop.toml"
    path.write_text(text + '[power]\ntotal = "150 W"\n')
    with pytest.raises(CaseError, match=r"vascular.* needs a section \[package\]"):
        load_case(path)


def test_a_network_of_a_file_stands_where_it_says(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(
        "node, a, 20 mm, 0, 4 mm\nnode, b, 20 mm, 60 mm, 4 mm\nnode, c, 60 mm, 60 mm, 4 mm\n"
        "node, d, 60 mm, 0, 4 mm\nsegment, up, a, b, 3 mm\nsegment, over, b, c, 3 mm\n"
        "segment, down, c, d, 3 mm\ninlet, a\noutlet, d\n"
    )
    inputs = prepare_inputs(case(tmp_path, "evaporator.layout=csv", "evaporator.file=u.csv"))
    assert isinstance(inputs.loop, ChannelLoop)
    network = inputs.loop.channels.one
    assert network.names == ("up", "over", "down")
    np.testing.assert_allclose(network.nodes[:, 2], 0.775e-3 + 4e-3)
    assert inputs.loop.evaporator.rise == pytest.approx(0.0)
