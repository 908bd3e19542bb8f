"""The year through ``run_case``: block peaks, the comparison of plants, reserve, and what a run warns of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coupling.case_file import LoadedCase, load_case
from coupling.inputs import prepare_inputs
from coupling.operation import rack_solver
from coupling.plant.climate import climate_year
from coupling.progress import silent
from coupling.results import Unwritten
from coupling.run import run_case, solve_case
from coupling.steady import solve_steady
from coupling.study_context import StudyContext

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CASES = Path(__file__).resolve().parents[1] / "cases"
PROFILE = [0.7] * 8 + [1.0] * 12 + [0.7] * 4


def loaded_rack(folder: Path, profile: list[float], *more: str) -> LoadedCase:
    (folder / "two.ptrace").write_text("r0c0 r0c1 r1c0 r1c1\n20 60 10 5\n")
    case = folder / "rack.toml"
    case.write_text((CASES / "two_modules.toml").read_text())
    changes = (
        "case.study=['year']",
        "package.layer.die.material=silicon",
        f"facility.load_profile={profile}",
        *more,
    )
    return load_case(case, changes)


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = solve_case(loaded_rack(tmp_path_factory.mktemp("year"), PROFILE))
    assert found["status"] == "ok", found.get("reason")
    return found


@pytest.fixture(scope="module")
def plants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plants") / "out"
    assert run_case(load_case(EXAMPLES / "plants_compared.toml"), folder).exit_code == 0
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_hottest_block_of_the_year_is_the_year_s_hottest_point(rack: dict[str, Any]) -> None:
    peaks = rack["facility"]["blocks_max_K"]
    assert set(peaks) == {"r0c0", "r0c1", "r1c0", "r1c1"} == set(rack["chip"]["blocks"])
    hottest = max(peaks, key=lambda name: peaks[name]["T_max_K"])
    error = rack["numerics"]["year_table_error_K"]
    assert error <= 0.1
    assert peaks[hottest]["T_max_K"] == pytest.approx(rack["facility"]["T_max_K"], abs=2.0 * error)
    assert hottest == rack["chip"]["hottest_block"] == "r0c1"


def test_blocks_are_hottest_in_a_warm_hour_at_full_load(rack: dict[str, Any]) -> None:
    outdoors = climate_year("hong-kong").dry_bulb
    for peak in rack["facility"]["blocks_max_K"].values():
        assert PROFILE[peak["hour"] % 24] == 1.0
        assert outdoors[peak["hour"]] >= np.quantile(outdoors, 0.99)


def test_hours_in_which_the_loop_cannot_carry_the_heat_fail_the_run(tmp_path: Path) -> None:
    """CO2 has no liquid above 304.13 K (Span and Wagner, 1996): warm air ends what a cool design carries."""
    cool = ("loop.fluid=CO2", "condenser.design_temperature=10 degC")
    outcome = run_case(loaded_rack(tmp_path, [1.0] * 24, *cool), tmp_path / "out")
    facility = outcome.summary["facility"]
    hours, stopped = pd.read_parquet(tmp_path / "out/year.parquet"), facility["hours_infeasible"]
    assert outcome.exit_code == 1
    assert outcome.summary["reason"] == (
        f"limit passed: the loop cannot carry the heat in {stopped} of 8760 hours of the year: critical"
    )
    carried, warm = hours[hours.feasible], hours[~hours.feasible]
    assert len(warm) == stopped == facility["hours_above_limit"] > 0
    assert warm.dry_bulb_K.min() >= carried.dry_bulb_K.max()
    assert 304.13 - 2.5 < carried.T_sat_evaporator_K.max() < 304.13


def test_hours_with_a_chip_above_its_limit_fail_the_run(rack: dict[str, Any], tmp_path: Path) -> None:
    limit = rack["facility"]["T_max_K"] - 1.0
    outcome = run_case(
        loaded_rack(tmp_path, PROFILE, f"facility.temperature_limit={limit}"), tmp_path / "out"
    )
    hot = int((pd.read_parquet(tmp_path / "out/year.parquet").T_max_K > limit).sum())
    assert outcome.exit_code == 1
    assert 0 < hot < 8760
    assert outcome.summary["reason"] == (
        f"limit passed: the chip is above {limit:.2f} K in {hot} of 8760 hours of the year"
    )


def test_a_year_on_synthetic_weather_says_so(rack: dict[str, Any], plants: Path) -> None:
    for found in (rack, read(plants / "summary.json")):
        assert any("synthetic" in warning for warning in found["warnings"])


def test_an_overloaded_stage_is_a_warning_of_the_run(tmp_path: Path) -> None:
    hall = tmp_path / "hall.toml"
    hall.write_text(
        '[case]\nname = "hall"\nstudy = ["year"]\n[facility]\nit_power = "100 kW"\nclimate = "zhuhai"\n'
        'design_power = "60 kW"\n'
    )
    warnings = run_case(load_case(hall), tmp_path / "out").summary["warnings"]
    assert any("load" in warning for warning in warnings)


def test_five_plants_and_the_claim_are_written(plants: Path) -> None:
    comparison = read(plants / "comparison.json")
    rows = comparison["plants"]
    assert len(rows) == 5
    for row in rows:
        parts = [value for key, value in row.items() if key.startswith("pue_")]
        assert 1.0 + sum(parts) == pytest.approx(row["pue"], abs=1e-9)
    assert rows[0]["pue"] < rows[2]["pue"] < rows[4]["pue"]
    claim = comparison["claim"]
    for point in claim["rows"]:
        assert point["holds"] == (point["pue"] <= claim["limit"] and point["hours_above_limit"] == 0)
    assert {point["plant"] for point in claim["rows"]} == {rows[0]["plant"], rows[1]["plant"]}
    assert {True, False} == {point["holds"] for point in claim["rows"]}


def test_the_case_s_own_plant_is_one_of_the_five(plants: Path) -> None:
    own = read(plants / "summary.json")["facility"]["pue"]
    assert read(plants / "comparison.json")["plants"][1]["pue"] == pytest.approx(own, rel=1e-12)


def test_each_failure_names_its_limit_and_time(plants: Path) -> None:
    rows = {row["failure"]: row for row in read(plants / "reserve.json")["rows"]}
    assert rows["none"]["limit"] == "none"
    assert rows["none"]["hours_to_limit"] is None
    # with no conductance the rack warms at Q / C: 32 K to the pressure's limit at 4800 W and 2e5 J/K
    start = rows["none"]["T_sat_max_K"]
    adiabatic = (348.15 - start) * 2e5 / 4800.0 / 3600.0
    assert rows["loss of charge"]["limit"] == "pressure"
    assert rows["loss of charge"]["hours_to_limit"] == pytest.approx(adiabatic, rel=0.05)
    assert rows["loss of charge"]["T_max_K"] is None
    assert rows["all fans"]["T_max_K"] > 358.15


def test_the_rack_s_table_is_made_of_its_own_solutions(tmp_path: Path) -> None:
    loaded = loaded_rack(tmp_path, [1.0] * 24)
    context = StudyContext(loaded, prepare_inputs(loaded), Unwritten(), silent)
    assert solve_steady(context)
    assert context.rack is not None
    assert context.steady is not None
    state = context.steady
    total = float(state.heat.sum())
    inlet = state.sink.temperature + total / state.sink.effective_conductance()
    point = rack_solver(context.rack, state)(inlet, total)
    assert point is not None
    assert max(point.parts) == point.chip_maximum
    assert point.chip_maximum == pytest.approx(max(f.block_maximum.max() for f in state.fields), abs=1e-6)
