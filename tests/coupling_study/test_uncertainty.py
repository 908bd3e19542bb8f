"""How sure a run is: percentiles known in closed form, sources that must rule, bands that are known."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from coupling.case_file import load_case
from coupling.errors import CaseError
from coupling.plant.climate import climate_year
from coupling.power.trace import PowerTrace
from coupling.run import run_case
from coupling.study.base_case import BaseCase
from coupling.study.design import Design
from coupling.study.draws import check_draws, draw_plan
from coupling.study.known_bands import known_sources
from coupling.study.sampling import latin_hypercube
from coupling.study.solve import CaseEvaluator
from coupling.study.uncertainty import CUT, explained, without_chance_correlation
from coupling.study.uncertainty_spec import UncertaintySpec
from coupling.uncertainty_study import levelled
from thermal.loop.closures.error_band import ErrorBand

AREA, FILM, THICKNESS, SILICON = 1e-4, 1000.0, 1e-3, 148.0
"""Of the plate in ``chip_case``: 10 mm x 10 mm, 1000 W/(m2 K), 1 mm of silicon, 1 W into its bottom."""
POWER = """
[[uncertainty.source]]
name = "power"
key = "power.total"
band = 0.1
"""


def hottest(power: float = 1.0, conductivity: float = SILICON, thickness: float = THICKNESS) -> float:
    """Bottom of the plate above 20 degC outside [K]: one dimension, in closed form."""
    return 293.15 + power / AREA * (1.0 / FILM + thickness / conductivity)


def drawn_at(share: float) -> float:
    """Standard normal number at a share of the draws: tails are cut at 3 standard deviations."""
    low = norm.cdf(-CUT)
    return float(norm.ppf(low + (1.0 - 2.0 * low) * share))


def run(case: Path, section: str, out: str = "out", **options: bool) -> dict[str, Any]:
    path = case.with_name("uncertain.toml")
    path.write_text(case.read_text() + section)
    found: dict[str, Any] = run_case(load_case(path), case.with_name(out), **options).summary["uncertainty"]
    return found


def test_a_linear_quantity_has_the_percentiles_of_its_input(chip_case: Path) -> None:
    found = run(chip_case, f"[uncertainty]\nsamples = 200\ndraw = []\n{POWER}")
    hot = found["quantities"]["chip.T_max_K"]
    for name, share in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        stratum = 0.1 * (hottest() - 293.15) / (200 * norm.pdf(drawn_at(share)))
        assert hot[name] == pytest.approx(hottest(1.0 + 0.1 * drawn_at(share)), abs=stratum)
    assert hot["base"] == pytest.approx(hottest())
    assert hot["dominant"] == "power"
    assert hot["shares"]["power"] == pytest.approx(1.0)


def test_scatter_of_a_material_goes_through_its_resistance(chip_case: Path) -> None:
    found = run(chip_case, '[uncertainty]\nsamples = 64\ndraw = ["materials"]\n')
    hot, (source,) = found["quantities"]["chip.T_max_K"], found["sources"]
    assert source["key"] == "package.conductivity_factors.silicon"
    for name, share in (("p05", 0.95), ("p95", 0.05)):
        expected = hottest(conductivity=SILICON * math.exp(source["band"] * drawn_at(share)))
        stratum = source["band"] * THICKNESS / SILICON / AREA / (64 * norm.pdf(drawn_at(share)))
        assert hot[name] == pytest.approx(expected, abs=stratum)


def test_bands_of_zero_give_no_spread_and_no_ruling_source(chip_case: Path) -> None:
    section = POWER.replace("0.1", "0.0")
    found = run(chip_case, f"[uncertainty]\nsamples = 8\ndraw = []\n{section}")
    hot = found["quantities"]["chip.T_max_K"]
    assert hot["p05"] == hot["p50"] == hot["p95"] == pytest.approx(hottest(), rel=1e-8)
    assert hot["dominant"] is None


@pytest.mark.parametrize(("thickness", "ruling"), [("1 mm", "power"), ("300 mm", "conductivity_silicon")])
def test_the_source_with_the_larger_term_rules(chip_case: Path, thickness: str, ruling: str) -> None:
    """``d ln`` of the rise is that of the power, and of the conductivity times its share of the resistance."""
    chip_case.write_text(chip_case.read_text().replace("1 mm", thickness))
    section = POWER.replace("0.1", "0.02")
    found = run(chip_case, f'[uncertainty]\nsamples = 64\ndraw = ["materials"]\n{section}')
    assert found["quantities"]["chip.T_max_K"]["dominant"] == ruling


def test_a_result_that_follows_no_source_has_no_ruling_one() -> None:
    drawn = np.random.default_rng(5).standard_normal((3, 64))
    shares = explained({"a": drawn[0], "b": drawn[1]}, drawn[2])
    assert max(shares.values()) < 9.0 / 63.0


def test_shares_add_up_to_what_is_explained_though_inputs_are_correlated() -> None:
    one, two = np.random.default_rng(3).standard_normal((2, 500))
    shares = explained({"a": one, "b": one + 0.5 * two, "still": np.ones(500)}, 2.0 * one + two)
    assert 0.9 < sum(shares.values()) <= 1.0 + 1e-9
    assert shares["still"] == 0.0


@pytest.mark.parametrize("samples", [24, 64])
def test_draws_fill_every_stratum_and_are_hardly_correlated(samples: int) -> None:
    plain = latin_hypercube(12, samples, 1)
    paired = without_chance_correlation(plain)
    assert (np.sort((paired * samples).astype(int), axis=0) == np.arange(samples)[:, None]).all()

    def worst(drawn: Any) -> float:
        return float(np.abs(spearmanr(drawn).statistic - np.eye(12)).max())

    assert worst(paired) < 0.1 < worst(plain)


def test_draws_are_repeated_by_the_seed(chip_case: Path) -> None:
    section = f"[uncertainty]\nsamples = 16\ndraw = []\n{POWER}"
    one, two = (run(chip_case, section, out) for out in ("one", "two"))
    other = run(chip_case, section.replace("samples", "seed = 7\nsamples"), "three")
    assert one == two
    assert one["quantities"] != other["quantities"]


def test_a_broken_off_study_goes_on_with_what_is_missing(chip_case: Path) -> None:
    section = f"[uncertainty]\nsamples = 16\ndraw = []\n{POWER}"
    whole = run(chip_case, section)
    parts = sorted((chip_case.parent / "out" / "uncertainty" / "parts").iterdir())
    kept = {part: part.stat().st_mtime_ns for part in parts[:9]}
    for part in parts[9:]:
        part.unlink()
    assert run(chip_case, section, resume=True) == whole
    assert kept == {part: part.stat().st_mtime_ns for part in kept}


def test_without_samples_nothing_is_drawn(chip_case: Path) -> None:
    path = chip_case.with_name("none.toml")
    path.write_text(chip_case.read_text() + "[uncertainty]\nsamples = 0\n")
    assert "uncertainty" not in run_case(load_case(path), chip_case.with_name("none")).summary


def test_a_design_of_a_sweep_never_draws(chip_case: Path) -> None:
    chip_case.write_text(chip_case.read_text() + f"[uncertainty]\nsamples = 8\n{POWER}")
    loaded = load_case(chip_case)
    base = BaseCase(loaded.spec.model_dump(mode="json", exclude_none=True), chip_case, ())
    results = CaseEvaluator(base)(Design("key", {}, {}))
    assert not [name for name in results if name.startswith("uncertainty")]


def test_published_bands_of_a_loop_s_closures_are_there_by_default(loop_case: Path) -> None:
    loop_case.write_text(
        loop_case.read_text() + '[loop.closures]\nfriction = "friedel"\nboiling = "kim-mudawar"\n'
    )
    sources, unknown = known_sources(UncertaintySpec(), load_case(loop_case))
    bands = {source.key: source.band for source in sources}
    assert bands["loop.closures.friction_factor"] == ErrorBand(0.40, "").scatter
    assert bands["loop.closures.boiling_factor"] == ErrorBand(0.203, "").scatter
    assert bands["loop.closures.chf_factor"] == ErrorBand(0.30, "", share=0.95).scatter
    assert bands["loop.closures.dryout_factor"] == ErrorBand(0.125, "").scatter
    assert {each.what for each in unknown} >= {"condenser.conductance", "power.total"}


def test_a_closure_without_a_published_error_says_so_until_the_file_gives_one(loop_case: Path) -> None:
    def left_out(spec: UncertaintySpec) -> set[str]:
        return {each.what for each in known_sources(spec, load_case(loop_case))[1]}

    own = {"name": "boiling", "key": "loop.closures.boiling_factor", "distribution": "lognormal", "band": 0.2}
    assert "boiling closure cooper" in left_out(UncertaintySpec())
    assert "boiling closure cooper" not in left_out(UncertaintySpec(source=(own,)))  # type: ignore[arg-type]


def test_factors_move_the_loop_the_way_they_must(loop_case: Path) -> None:
    """More friction slows the loop; less slip than the closure says speeds it; a higher limit is further away."""

    def solve(**factors: float) -> dict[str, Any]:
        loaded = load_case(loop_case, [f"loop.closures.{name}={value}" for name, value in factors.items()])
        return dict(run_case(loaded, loop_case.with_name("run"), force=True).summary["loop"])

    base = solve()
    assert solve(friction_factor=1.5)["mass_flow_kg_s"] < base["mass_flow_kg_s"]
    assert solve(void_factor=0.8)["mass_flow_kg_s"] > base["mass_flow_kg_s"]
    half = {name: 1.0 - solve(**{f"{name}_factor": 2.0})["margins"][name] for name in ("chf", "dryout")}
    assert half == pytest.approx({name: 0.5 * (1.0 - base["margins"][name]) for name in half})


def test_activity_is_scattered_and_constant_power_is_not() -> None:
    trace = PowerTrace(
        np.array([0.0, 1.0, 2.0]), ("a",), np.array([[5.0], [7.0]]), np.array([2.0]), np.array([1.0])
    )
    assert trace.with_activity(2.0).watts.ravel().tolist() == [7.0, 11.0]


def test_a_year_shifted_and_another_year_are_drawn(chip_case: Path) -> None:
    chip_case.write_text(chip_case.read_text() + '[facility]\nclimate = "zhuhai"\n')
    path = chip_case.with_name("year.toml")
    path.write_text(
        chip_case.read_text().replace('name = "plate"', 'name = "plate"\nstudy = ["steady", "year"]')
    )
    facility = load_case(path, ["facility.year_seed=5"]).spec.facility
    assert facility is not None
    assert (facility.outdoor(path.parent).dry_bulb == climate_year("zhuhai", 5).dry_bulb).all()
    shifted = load_case(path, ["facility.year_shift=1.5"]).spec.facility
    assert shifted is not None
    assert shifted.outdoor(path.parent).dry_bulb == pytest.approx(climate_year("zhuhai", 0).dry_bulb + 1.5)
    sources, _ = known_sources(UncertaintySpec(), load_case(path))
    assert [source.key for source in sources if source.distribution == "seed"] == ["facility.year_seed"]


def test_draws_are_taken_on_a_coarse_package_and_told_at_the_level_of_the_case(chip_case: Path) -> None:
    loaded = load_case(chip_case, ["package.cells=[40, 12]", "uncertainty.samples=8"])
    assert draw_plan(loaded).base.data["package"]["cells"] == [16, 12]
    scatter = {"p05": 1.0, "p50": 2.0, "p95": 3.0}
    moved = levelled({"quantities": {"x": scatter}}, {"x": 2.0}, {"x": 2.5})["quantities"]["x"]
    assert [moved[name] for name in ("base", "p05", "p50", "p95", "mesh_shift")] == [2.5, 1.5, 2.5, 3.5, 0.5]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("samples = 3", "too few"),
        ("draw = []", "nothing to draw"),
        ('draw = ["colours"]', "uncertainty.draw"),
        ("sample = 9", "did you mean 'samples'"),
        (POWER + POWER, "two sources have the name power"),
        (POWER.replace("0.1", "-0.1"), "uncertainty.source.0.band"),
    ],
)
def test_a_fault_of_the_section_is_one_message(chip_case: Path, section: str, said: str) -> None:
    chip_case.write_text(chip_case.read_text() + "[uncertainty]\n" + section)
    with pytest.raises(CaseError, match=said):
        load_case(chip_case)


def test_a_source_at_a_key_without_a_number_is_bad_input(chip_case: Path) -> None:
    section = POWER.replace("power.total", "package.layer.die.material")
    path = chip_case.with_name("bad.toml")
    path.write_text(chip_case.read_text() + f"[uncertainty]\nsamples = 8\n{section}")
    with pytest.raises(CaseError, match="is no number in the base case"):
        check_draws(load_case(path))
    with pytest.raises(CaseError, match="is no number in the base case"):
        run_case(load_case(path), chip_case.with_name("bad"))
    assert not chip_case.with_name("bad").exists()


def test_the_draws_are_a_sweep_directory_of_their_own(chip_case: Path) -> None:
    run(chip_case, f"[uncertainty]\nsamples = 8\ndraw = []\n{POWER}")
    answers = json.loads((chip_case.parent / "out" / "uncertainty" / "sweep.json").read_text())
    assert answers["designs"] == answers["feasible"] == 8
