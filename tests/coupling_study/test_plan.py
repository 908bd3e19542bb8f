"""What a sweep file lays out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coupling.case_file import load_case
from coupling.errors import CaseError
from coupling.study import base_case
from coupling.study.plan import checked_plan, make_plan
from coupling.study.quantities import flatten, number_of
from coupling.study.table import unknown_results

AXES = """
[[axis]]
name = "riser"
key = "loop.riser.diameter"
range = ["10 mm", "20 mm"]
count = 3
[[axis]]
name = "length"
keys = ["loop.riser.length", "loop.downcomer.length"]
range = ["20 m", "40 m"]
scale = "log"
count = 3
"""


def write(folder: Path, sweep: str, rest: str = AXES, top: str = "") -> Path:
    path = folder / "sweep.toml"
    path.write_text(f'{top}\n[sweep]\ncase = "loop.toml"\n{sweep}\n{rest}')
    return path


def test_a_grid_has_every_combination(loop_case: Path) -> None:
    plan = make_plan(write(loop_case.parent, ""))
    riser, length = np.array(
        [[design.inputs[name] for name in ("riser", "length")] for design in plan.designs]
    ).T
    assert sorted(set(riser)) == pytest.approx([0.010, 0.015, 0.020])
    assert sorted(set(length)) == pytest.approx([20.0, np.sqrt(800.0), 40.0])
    assert len(plan.designs) == 9


def test_linked_keys_get_one_value(loop_case: Path) -> None:
    for design in make_plan(write(loop_case.parent, "")).designs:
        assert design.settings["loop.riser.length"] == design.settings["loop.downcomer.length"]


def test_a_link_follows_the_axes(loop_case: Path) -> None:
    link = AXES + '[[link]]\nkey = "loop.downcomer.diameter"\nvalue = "0.5 * riser"\n'
    design = make_plan(write(loop_case.parent, "", link)).designs[0]
    assert plan_value(design.settings, "loop.downcomer.diameter") == pytest.approx(0.005)


def plan_value(settings: object, key: str) -> float:
    assert isinstance(settings, dict)
    return float(settings[key])


def test_a_constraint_on_axes_leaves_designs_out(loop_case: Path) -> None:
    plan = make_plan(
        write(loop_case.parent, "", top='constraints = ["riser > 0.012", "length * riser < 0.5"]')
    )
    assert plan.excluded + len(plan.designs) == 9
    assert all(
        d.inputs["riser"] > 0.012 and d.inputs["length"] * d.inputs["riser"] < 0.5 for d in plan.designs
    )


@pytest.mark.parametrize("sampling", ["latin-hypercube", "sobol"])
def test_every_stratum_of_every_axis_has_one_sample(loop_case: Path, sampling: str) -> None:
    plan = make_plan(write(loop_case.parent, f'sampling = "{sampling}"\nsamples = 16\nseed = 3'))
    riser = np.array([design.inputs["riser"] for design in plan.designs])
    length = np.array([design.inputs["length"] for design in plan.designs])
    assert sorted(((riser - 0.010) / 0.010 * 16).astype(int)) == list(range(16))
    assert sorted((np.log2(length / 20.0) * 16).astype(int)) == list(range(16))


def test_the_same_seed_draws_the_same_designs(loop_case: Path) -> None:
    one, two, other = (
        [
            design.key
            for design in make_plan(write(loop_case.parent, f'sampling = "sobol"\nseed = {seed}')).designs
        ]
        for seed in (1, 1, 2)
    )
    assert one == two
    assert not set(one) & set(other)


def test_one_at_a_time_is_the_base_and_two_a_axis(loop_case: Path) -> None:
    base, *ends = make_plan(write(loop_case.parent, 'sampling = "one-at-a-time"')).designs
    assert base.settings == {}
    assert base.inputs == pytest.approx({"riser": 0.022, "length": 25.0})
    assert [set(design.settings) for design in ends[:2]] == [{"loop.riser.diameter"}] * 2
    assert len(ends) == 4


def test_words_that_could_be_quantities_stay_words(loop_case: Path) -> None:
    """Redundancy 2N is no force of two newtons."""
    axis = '[[axis]]\nname = "spare"\nkey = "case.description"\nvalues = ["N", "N+1", "2N"]\n'
    plan = make_plan(write(loop_case.parent, "", axis))
    assert [design.inputs["spare"] for design in plan.designs] == ["N", "N+1", "2N"]


def test_a_list_takes_values_together(loop_case: Path) -> None:
    pairs = """
[[axis]]
name = "fluid"
key = "loop.fluid"
values = ["R134a", "water"]
[[axis]]
name = "pipes"
keys = ["loop.riser.diameter", "loop.downcomer.diameter"]
values = [["20 mm", "15 mm"], ["60 mm", "25 mm"]]
"""
    plan = make_plan(write(loop_case.parent, 'sampling = "list"', pairs))
    assert [dict(design.settings) for design in plan.designs] == [
        {"loop.fluid": "R134a", "loop.riser.diameter": "20 mm", "loop.downcomer.diameter": "15 mm"},
        {"loop.fluid": "water", "loop.riser.diameter": "60 mm", "loop.downcomer.diameter": "25 mm"},
    ]


def test_a_design_keeps_its_key_when_the_sweep_grows(loop_case: Path) -> None:
    small = {design.key for design in make_plan(write(loop_case.parent, "")).designs}
    grown = {design.key for design in make_plan(write(loop_case.parent, "", AXES.replace("3", "5"))).designs}
    assert small < grown
    loop_case.write_text(loop_case.read_text().replace("25 m", "26 m"))
    assert not small & {design.key for design in make_plan(write(loop_case.parent, "")).designs}


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (AXES.replace("range", "rnage", 1), "axis.0.rnage: unknown key; did you mean 'range'"),
        (AXES.replace('"20 mm"]', '"5 mm"]'), "does not ascend"),
        (AXES.replace('"20 mm"]', '"thick"]'), "not all numbers"),
        (AXES.replace("count = 3", "count = 1", 1), "axis.0.count"),
        (AXES.replace('name = "length"', 'name = "riser"'), "two axes are named riser"),
        (AXES + '[[link]]\nkey = "loop.riser.length"\nvalue = "1"\n', "set twice"),
        (AXES + '[[link]]\nkey = "loop.downcomer.diameter"\nvalue = "wide"\n', "wide has no value"),
        (AXES + '[[link]]\nkey = "loop.downcomer.diameter"\nvalue = "open(1)"\n', "not allowed"),
        ("", "at least one"),
        (AXES + "[[axis]", "not valid TOML"),
    ],
)
def test_a_fault_is_one_message(loop_case: Path, rest: str, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        make_plan(write(loop_case.parent, "", rest))


def test_a_design_is_known_by_what_is_in_the_files_that_its_axis_names(loop_case: Path) -> None:
    """Else a sweep that is resumed would keep the rows of a trace that has changed."""
    loop_case.write_text(loop_case.read_text().replace('total = "500 W"', 'trace = "a.ptrace"'))
    axis = '[[axis]]\nname = "trace"\nkey = "power.trace"\nvalues = ["a.ptrace", "b.ptrace"]\n'
    for name in ("a", "b"):
        (loop_case.parent / f"{name}.ptrace").write_text("module\n500\n")

    def keys() -> list[str]:
        return [design.key for design in make_plan(write(loop_case.parent, "", axis)).designs]

    before = keys()
    assert keys() == before
    (loop_case.parent / "b.ptrace").write_text("module\n600\n")
    assert keys()[0] == before[0]
    assert keys()[1] != before[1]


def test_a_design_of_another_version_is_another_one(loop_case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_plan(write(loop_case.parent, "")).designs[0].key
    monkeypatch.setattr(base_case, "version", lambda name: "0.0.1")
    assert make_plan(write(loop_case.parent, "")).designs[0].key != before


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("30 mm", 0.03),
        ("40 degC", 313.15),
        ("12.5 %", 0.125),
        ("15 degree", 15.0),
        (3, 3.0),
        ("2e3 W", 2000.0),
    ],
)
def test_quantities_become_si(text: str | float, number: float) -> None:
    assert number_of(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["R134a", "", "3 bananas", True, None, "water"])
def test_what_is_no_quantity_is_no_number(text: object) -> None:
    assert number_of(text) is None


def test_a_summary_is_flattened_to_its_scalars() -> None:
    summary = {"loop": {"margins": {"chf": 0.5}, "legs": [1, 2], "limit": None}, "warnings": ["x"]}
    assert dict(flatten(summary)) == {"loop.margins.chf": 0.5}


@pytest.mark.parametrize("sampling", ["grid", "one-at-a-time"])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("loop.riser.diamter", "riser.diamter: unknown key; did you mean 'diameter'"),
        ("lop.riser.diameter", "lop: unknown key; did you mean 'loop'"),
    ],
)
def test_a_key_that_does_not_exist_stops_a_sweep_before_it_begins(
    loop_case: Path, sampling: str, key: str, said: str
) -> None:
    axes = AXES.replace("loop.riser.diameter", key)
    path = write(loop_case.parent, f'sampling = "{sampling}"', axes)
    with pytest.raises(CaseError, match=said) as caught:
        checked_plan(path)
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith(f"{path}: ")


def test_one_value_out_of_range_is_a_row_and_no_fault_of_the_sweep(loop_case: Path) -> None:
    values = '[[axis]]\nname = "riser"\nkey = "loop.riser.diameter"\nvalues = ["20 kg", "22 mm"]\n'
    assert len(checked_plan(write(loop_case.parent, "", values)).designs) == 2


def test_an_expression_names_axes_and_results_alone(loop_case: Path) -> None:
    goal = '[[objective]]\nname = "hot"\nquantity = "chips.T_max_K"\n'
    with pytest.raises(CaseError, match=r"chips\.T_max_K has no value; allowed: the axes \(riser, length\)"):
        checked_plan(write(loop_case.parent, "", AXES + goal))


def test_a_result_that_no_design_has_is_a_fault_with_the_name_that_was_meant(loop_case: Path) -> None:
    goal = '[[objective]]\nname = "flow"\nquantity = "loop.massflow_kg_s"\n'
    plan = make_plan(write(loop_case.parent, "", AXES + goal))
    rows = [{"status": "ok", "loop.mass_flow_kg_s": 0.1}]
    (fault,) = unknown_results(plan, rows)
    assert fault.endswith(
        "loop.massflow_kg_s is not among the results of any design; did you mean 'loop.mass_flow_kg_s'?"
    )
    assert unknown_results(plan, [{"status": "failed"}]) == []


def test_a_case_file_and_a_sweep_file_are_told_apart(loop_case: Path) -> None:
    with pytest.raises(CaseError, match=r"is a case file .*: vascool run"):
        make_plan(loop_case)
    with pytest.raises(CaseError, match=r"is a sweep file .*: vascool sweep"):
        load_case(write(loop_case.parent, ""))
