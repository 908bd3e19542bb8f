"""Limits found by bisection, optima and draws around a case."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from coupling.errors import CaseError
from coupling.study.command import sweep_command
from coupling.study.limit import bisect, run_limit_search, search, smallest_margin
from coupling.study.plan import base_case, make_plan, read_sweep
from coupling.study.solve import CaseEvaluator, solve_design
from coupling.study.sweep import preview, run_sweep
from meshes.errors import InputError


def test_bisection_finds_the_zero_from_the_side_that_carries_the_heat() -> None:
    found = bisect(lambda x: (np.sqrt(2.0) - x, "dryout"), 0.0, 4.0)
    assert found["direction"] == "largest"
    assert found["value"] <= np.sqrt(2.0) < found["beyond"]
    assert found["beyond"] - found["value"] <= 0.004
    assert bisect(lambda x: (x - 0.5, "chf"), 0.1, 10.0, log=True)["direction"] == "smallest"


def test_without_a_change_of_sign_there_is_no_limit() -> None:
    assert bisect(lambda x: (1.0, "chf"), 0.0, 1.0)["carried"] is True
    assert bisect(lambda x: (-x - 1.0, "chf"), 0.0, 1.0) == {
        "found": False,
        "carried": False,
        "binding": "chf",
        "margin": -2.0,
        "solves": 2,
    }


def test_a_gap_between_values_that_are_carried_is_found() -> None:
    """Carried below 1 and above 3, as where a flow excursion lies between."""

    def gap(x: float) -> tuple[float, str]:
        return (x - 1.0) * (x - 3.0), "ledinegg"

    found = search(gap, [0.0, 1.0, 2.0, 3.5, 4.0])
    assert found["direction"] == "smallest"
    assert found["beyond"] < 3.0 <= found["value"] < 3.01
    assert found["carried_beyond"] == [0.0, 1.0]


def test_an_island_that_is_carried_has_its_upper_end_as_limit() -> None:
    found = search(lambda x: (0.25 - (x - 2.0) ** 2, "chf"), [0.0, 1.0, 2.0, 3.0])
    assert found["direction"] == "largest"
    assert found["value"] <= 2.5 < found["beyond"] < 2.51
    assert search(lambda x: (-1.0, "chf"), [0.0, 1.0])["carried"] is False


def test_a_loop_that_cannot_carry_its_heat_has_a_negative_margin() -> None:
    row = {
        "status": "failed",
        "reason": "",
        "loop.feasible": False,
        "loop.limit": "dryout",
        "loop.margins.chf": 0.9,
    }
    assert smallest_margin(row) == (-1.0, "dryout")
    with pytest.raises(CaseError):
        smallest_margin({"status": "invalid", "reason": "no fluid"})


@pytest.mark.slow
def test_the_smallest_riser_carries_the_heat_and_a_thinner_one_does_not(
    sweep_file: Path, tmp_path: Path
) -> None:
    text = sweep_file.read_text().replace(
        'values = ["200 W", "400 W", "600 W", "800 W", "1 kW"]', 'values = ["1 kW"]'
    )
    sweep_file.write_text(text.replace('range = ["8 mm"', 'range = ["6 mm"'))
    found = run_limit_search(sweep_file, tmp_path / "limit", "riser", workers=1)["limits"][0]
    assert found["direction"] == "smallest"
    base = base_case(read_sweep(sweep_file), sweep_file.parent)
    plan = make_plan(sweep_file)
    evaluate = CaseEvaluator(base)
    for name, carried in (("value", True), ("beyond", False)):
        diameter = found[name]
        settings = plan.designs[0].settings | {  # type: ignore[operator]
            "loop.riser.diameter": diameter,
            "loop.downcomer.diameter": 0.7 * diameter,
        }
        row = solve_design(evaluate, type(plan.designs[0])("", {}, settings))
        assert (row["status"] == "ok") is carried


def test_a_search_does_not_resume_and_so_keeps_the_rows_of_a_sweep(sweep_file: Path, tmp_path: Path) -> None:
    """``--resume`` cleared the folder for the search."""
    asked = dict.fromkeys(("workers", "scheduler"), None) | dict.fromkeys(
        ("force", "dry_run", "as_json"), False
    )
    with pytest.raises(InputError, match="--force starts anew"):
        sweep_command(
            sweep_file=sweep_file,
            output=tmp_path / "out",
            limit="riser",
            resume=True,
            quiet=True,
            show=print,
            **asked,
        )
    assert not (tmp_path / "out").exists()


def test_a_preview_counts_checks_and_times(sweep_file: Path) -> None:
    found = preview(sweep_file)
    assert (found.designs, found.excluded, found.faults) == (30, 0, ())
    assert found.seconds is not None
    assert found.seconds > 0.0
    sweep_file.write_text(sweep_file.read_text().replace('"200 W"', '"-200 W"'))
    assert len(preview(sweep_file).faults) == 6


@pytest.mark.slow
def test_the_optimum_is_no_worse_than_any_design_and_keeps_its_reserve(
    sweep_file: Path, tmp_path: Path
) -> None:
    text = sweep_file.read_text().replace('["200 W", "400 W", "600 W", "800 W", "1 kW"]', '["400 W"]')
    sweep_file.write_text(text + "[optimise]\nreserve = 0.1\nstarts = 1\nevaluations = 20\n")
    outcome = run_sweep(sweep_file, tmp_path / "out", workers=1)
    best = outcome.answers["optimum"]
    assert (
        best["value"] <= min(row["objective.temperature"] for row in outcome.rows if row["feasible"]) + 1e-9
    )
    assert min(best["margins"].values()) >= 0.1


@pytest.mark.slow
def test_uncertain_inputs_give_percentiles_and_name_the_ruling_source(
    loop_case: Path, tmp_path: Path
) -> None:
    path = loop_case.with_name("draws.toml")
    path.write_text(
        """
[sweep]
case = "loop.toml"
[uncertainty]
samples = 32
[[uncertainty.source]]
name = "conductance"
key = "condenser.conductance"
distribution = "lognormal"
band = 0.2
[[uncertainty.source]]
name = "roughness"
key = "evaporator.roughness"
distribution = "uniform"
band = 0.1
"""
    )
    outcome = run_sweep(path, tmp_path / "out", workers=1)
    spread = outcome.answers["uncertainty"]["quantities"]["loop.T_sat_evaporator_K"]
    assert spread["p05"] < spread["p50"] < spread["p95"]
    assert spread["dominant"] == "conductance"
    assert json.loads((tmp_path / "out" / "sweep.json").read_text())["uncertainty"]["samples"] == 32


def test_a_source_without_a_number_in_the_case_is_refused(loop_case: Path) -> None:
    path = loop_case.with_name("draws.toml")
    path.write_text(
        '[sweep]\ncase = "loop.toml"\n[uncertainty]\n[[uncertainty.source]]\nname = "x"\nkey = "loop.fluid"\n'
    )
    with pytest.raises(CaseError, match=r"loop\.fluid is no number"):
        make_plan(path)
