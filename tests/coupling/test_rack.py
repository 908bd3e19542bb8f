"""Chip, loop and air together: energy closes at every interface, and limits are results, not crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coupling.case_file import load_case
from coupling.run import RunOutcome, run_case
from meshes.errors import InputError

RACK = (Path(__file__).resolve().parents[1] / "cases" / "two_modules.toml").read_text()
TRACE = "r0c0 r0c1 r1c0 r1c1\n" + "\n".join(
    f"{20 + 10 * (step % 3)} 30 10 {5 * (step % 5)}" for step in range(12)
)
KEYS = {
    "": {"vascool", "case", "case_sha256", "started", "wall_time_s", "studies", "assumptions", "warnings"},
    "chip": {"T_max_K", "T_mean_K", "hottest_block", "hottest_module", "blocks"},
    "loop": {
        "fluid",
        "T_sat_evaporator_K",
        "T_sat_condenser_K",
        "mass_flow_kg_s",
        "exit_quality",
        "regime",
        "pressure_drops_Pa",
        "margins",
    },
    "facility": {
        "pue",
        "pue_category",
        "ite_energy_kWh",
        "total_energy_kWh",
        "fan_kWh",
        "pump_kWh",
        "losses_kWh",
        "wue_L_kWh",
        "hours_above_limit",
    },
    "energy": {"chip_to_loop_rel", "loop_to_ambient_rel", "transient_storage_rel"},
    "numerics": {"unknowns", "solver", "iterations", "coupling_iterations", "reduced"},
}


def run(folder: Path, *overrides: str) -> RunOutcome:
    (folder / "two.ptrace").write_text(TRACE)
    case = folder / "rack.toml"
    case.write_text(RACK)
    return run_case(load_case(case, overrides), folder / "out", force=True)


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rack")
    outcome = run(folder)
    assert outcome.exit_code == 0, outcome.summary.get("reason")
    for name in ("case.toml", "history.parquet", "year.parquet", "loop.json", "run.log", "fields/fields.pvd"):
        assert (folder / "out" / name).exists()
    read: dict[str, Any] = json.loads((folder / "out/summary.json").read_text())
    return read


@pytest.mark.parametrize("section", KEYS)
def test_the_summary_has_every_key_of_its_contract(summary: dict[str, Any], section: str) -> None:
    assert KEYS[section] <= set(summary[section] if section else summary)


def test_every_interface_closes_its_energy(summary: dict[str, Any]) -> None:
    for name, residual in summary["energy"].items():
        assert residual <= 1e-6, name
    assert summary["numerics"]["field_residual_rel"] <= 1e-8


def test_temperatures_fall_from_chip_to_air(summary: dict[str, Any]) -> None:
    design_air = 308.15
    loop = summary["loop"]
    assert summary["chip"]["T_max_K"] > loop["T_sat_evaporator_K"] > loop["T_sat_condenser_K"] > design_air


def test_the_loop_carries_what_the_trace_draws(summary: dict[str, Any]) -> None:
    mean = 100.0 + sum(20 + 10 * (step % 3) + 30 + 10 + 5 * (step % 5) for step in range(12)) / 12.0
    assert summary["loop"]["heat_W"] == pytest.approx(2.0 * mean, rel=1e-6)
    assert summary["facility"]["chip_energy_kWh"] == pytest.approx(10 * 2.0 * mean * 8.76, rel=1e-9)


def test_pressure_falls_around_the_loop_add_up_to_nothing(summary: dict[str, Any]) -> None:
    legs = summary["loop"]["pressure_drops_Pa"]
    assert abs(sum(sum(leg.values()) for leg in legs.values())) < 1e-3 * abs(legs["downcomer"]["gravity"])


def test_the_energies_of_the_year_add_up(summary: dict[str, Any]) -> None:
    facility = summary["facility"]
    parts = (
        facility["ite_energy_kWh"]
        + facility["fan_kWh"]
        + facility["pump_kWh"]
        + sum(facility["losses_kWh"].values())
    )
    assert parts == pytest.approx(facility["total_energy_kWh"], rel=1e-9)
    assert facility["pue"] == pytest.approx(
        facility["total_energy_kWh"] / facility["ite_energy_kWh"], rel=1e-12
    )


def test_a_hotter_day_makes_a_hotter_chip(summary: dict[str, Any], tmp_path: Path) -> None:
    hot = run(tmp_path, "case.study=['steady']", "condenser.design_temperature=45 degC").summary
    rise = hot["chip"]["T_max_K"] - summary["chip"]["T_max_K"]
    assert 8.0 < rise < 11.0


def test_a_riser_too_thin_is_a_result_that_names_the_limit(tmp_path: Path) -> None:
    outcome = run(tmp_path, "loop.riser.diameter=2 mm")
    assert outcome.exit_code == 1
    loop = outcome.summary["loop"]
    assert loop["feasible"] is False
    assert loop["limit"] in outcome.summary["reason"]
    assert 0.0 < loop["largest_heat_W"] < loop["heat_asked_W"]
    assert loop["margins"].get(loop["limit"], -1.0) < 0.0
    assert "facility" not in outcome.summary
    assert "chip" not in outcome.summary
    assert "energy does not close" not in outcome.summary["reason"]


def test_heat_of_given_modules_runs_the_loop_alone(tmp_path: Path) -> None:
    text = RACK.split("[package]")[0] + "[evaporator]" + RACK.split("[evaporator]")[1].split("[power]")[0]
    case = tmp_path / "loop.toml"
    case.write_text(text.replace(', "transient", "year"', "") + '[power]\ntotal = "150 W"\n')
    outcome = run_case(load_case(case), tmp_path / "out")
    assert outcome.exit_code == 0
    assert outcome.summary["loop"]["heat_W"] == pytest.approx(300.0)
    assert "chip" not in outcome.summary
    with pytest.raises(InputError, match="0 W in every module"):
        run_case(load_case(case, ["power.total=0 W"]), tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_facility_alone_has_a_pue(tmp_path: Path) -> None:
    case = tmp_path / "hall.toml"
    case.write_text(
        '[case]\nname = "hall"\nstudy = ["year"]\n[facility]\nit_power = "100 kW"\nclimate = "zhuhai"\n'
    )
    outcome = run_case(load_case(case), tmp_path / "out")
    assert outcome.exit_code == 0
    assert 1.0 < outcome.summary["facility"]["pue"] < 1.5


def test_leakage_heats_the_chip_and_reports_how_far_runaway_is(
    summary: dict[str, Any], tmp_path: Path
) -> None:
    leaking = run(
        tmp_path,
        "power.leakage={fraction=0.5, reference_temperature='45 degC', coefficient=0.02}",
    ).summary
    assert leaking["loop"]["heat_W"] > summary["loop"]["heat_W"] + 1.0
    assert leaking["chip"]["T_max_K"] > summary["chip"]["T_max_K"]
    assert 0.0 < leaking["chip"]["runaway_margin"] < 1.0
    assert leaking["energy"]["chip_to_loop_rel"] <= 1e-6
    assert leaking["energy"]["transient_storage_rel"] <= 1e-6
    racks = leaking["facility"]["chip_energy_kWh"] / summary["facility"]["chip_energy_kWh"]
    assert racks == pytest.approx(leaking["loop"]["heat_W"] / summary["loop"]["heat_W"], rel=1e-6)
    assert any("leakage is held" in warning for warning in leaking["warnings"])


def test_throttling_keeps_the_hottest_block_lower(summary: dict[str, Any], tmp_path: Path) -> None:
    limit = summary["chip"]["transient"]["T_max_K"] - 0.5
    governed = run(
        tmp_path, "case.study=['transient']", f"power.policy={{limit_temperature={limit}}}"
    ).summary
    assert governed["chip"]["transient"]["T_max_K"] < summary["chip"]["transient"]["T_max_K"]


def test_modules_play_traces_of_their_own(summary: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "idle.ptrace").write_text("r0c0 r0c1 r1c0 r1c1\n1 1 1 1\n")
    text = RACK.replace('trace = "two.ptrace"', 'module_traces = ["two.ptrace", "idle.ptrace"]')
    (tmp_path / "two.ptrace").write_text(TRACE)
    case = tmp_path / "rack.toml"
    case.write_text(text)
    own = run_case(load_case(case, ["case.study=['steady']"]), tmp_path / "out").summary
    busy = summary["loop"]["heat_W"] / 2.0
    assert own["loop"]["heat_W"] == pytest.approx(busy + 104.0, rel=1e-6)
    assert (
        own["chip"]["modules"]["module_00"]["T_max_K"] > own["chip"]["modules"]["module_01"]["T_max_K"] + 0.5
    )
    with pytest.raises(InputError, match="3 files for 2 modules"):
        three = ["power.module_traces=['two.ptrace', 'two.ptrace', 'idle.ptrace']"]
        run_case(load_case(case, three), tmp_path / "never")


@pytest.mark.parametrize(
    "assignment",
    [
        "loop.riser.diameter=1e300",
        "loop.riser.diameter=9 nm",
        "loop.riser.length=1e30",
        "loop.riser.K=1e300",
        "loop.condensing.K=1e30",
        "loop.condensing.diameter=1e300",
        "evaporator.gap=1e300",
        "power.static=1e300",
        "package.layer.0.thickness=1e300",
        "facility.psu={preset={}}",
        "facility.ups=[]",
    ],
)
def test_a_number_beyond_all_measure_is_bad_input(tmp_path: Path, assignment: str) -> None:
    """What nobody can have meant is refused with its key, before an equation meets it."""
    with pytest.raises(InputError, match=assignment.partition("=")[0].replace(".", r"\.")):
        run(tmp_path, assignment)
    assert not (tmp_path / "out").exists()
