"""A wrong case file ends in one message per fault that names file, key, what came and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from coupling.case_file import load_case, read_assumptions, resolved_toml
from coupling.errors import CaseError
from coupling.inputs import prepare_inputs
from coupling.run import run_case

GOOD = """
[case]
name = "plate"
[package]
size = ["10 mm", "10 mm"]
cells = [4, 4]
[[package.layer]]
name = "die"
thickness = "1 mm"
material = "silicon"
floorplan = { grid = [1, 1] }
heat = "bottom"
[package.boundary]
top = { h = 1000, T = "20 degC" }
[power]
total = "1 W"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(tmp_path: Path, text: str, *overrides: str) -> tuple[str, ...]:
    with pytest.raises(CaseError) as caught:
        load_case(write(tmp_path, text), overrides)
    assert caught.value.exit_code == 2
    return caught.value.faults


def test_a_good_case_reads(tmp_path: Path) -> None:
    case = load_case(write(tmp_path, GOOD))
    assert case.spec.package is not None
    assert case.spec.package.layer[0].thickness == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('thickness = "1 mm"', 'thickness = "-1 mm"', "package.layer.0.thickness", "-1 mm"),
        ('thickness = "1 mm"', 'thickness = "1 kg"', "package.layer.0.thickness", "not convertible"),
        ('thickness = "1 mm"', "", "package.layer.0.thickness", "required"),
        ('thickness = "1 mm"', 'thicknes = "1 mm"', "package.layer.0.thicknes", "did you mean 'thickness'"),
        ('material = "silicon"', 'material = "unobtainium"', "package", "unobtainium"),
        ("cells = [4, 4]", "cells = [4, 0]", "package.cells.1", "0"),
        ("cells = [4, 4]", "cells = [4]", "package.cells", "required"),
        ('total = "1 W"', 'total = "nan W"', "power.total", "nan"),
        ('total = "1 W"', 'total = "1 degC"', "power.total", "not convertible"),
        ("h = 1000", "h = true", "package.boundary.top.h", "True"),
        ('T = "20 degC"', 'T = "20 W"', "package.boundary.top.T", "not convertible"),
        ('name = "plate"', 'name = "plate"\nstudy = ["stedy"]', "case.study.0", "stedy"),
        ('name = "plate"', 'name = "plate"\nstudy = ["year"]', "case", "[facility]"),
        ('name = "plate"', "name = 3", "case.name", "3"),
        ("[power]", "[powr]", "powr", "did you mean 'power'"),
        ('[power]\ntotal = "1 W"', "", "case", "[power]"),
        ('heat = "bottom"', 'heat = "side"', "package.layer.0.heat", "side"),
        ('total = "1 W"', 'total = "1 W"\n[numerics]\nsolver = "magic"', "numerics.solver", "magic"),
        ('total = "1 W"', 'total = "1 W"\n[numerics]\ntime_step = 0', "numerics.time_step", "0"),
    ],
)
def test_a_fault_names_the_key_and_what_came(
    tmp_path: Path, old: str, new: str, where: str, what: str
) -> None:
    faults = faults_of(tmp_path, GOOD.replace(old, new))
    assert any(f"case.toml: {where}" in fault and what in fault for fault in faults), faults


HALL = """
[case]
name = "hall"
study = ["year"]
[facility]
it_power = "100 kW"
climate = "zhuhai"
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (GOOD.replace("[4, 4]", '["a", 4]'), "package.cells.0: got 'a'; expected a whole number"),
        (GOOD.replace("[4, 4]", "4"), "package.cells: got 4; expected a list"),
        (GOOD.replace("{ grid = [1, 1] }", "{ grid = [0, 1] }"), "package.layer.0.floorplan.grid.0: got 0"),
        (GOOD.replace("[power]", "[numerics]\ncoupling_iterations = 0\n[power]"), "coupling_iterations"),
        (GOOD + 'emulator = { kind = "sanafe" }', "found total, trace or emulator"),
        (
            GOOD.replace('total = "1 W"', 'emulator = { kind = "sanafe", columns = 3 }'),
            "power: emulator.columns has no meaning for loihi",
        ),
        (HALL + 'temperature_limit = "80 degC"', "facility.temperature_limit: has no meaning here"),
        (HALL + 'fan_control = { setpoint = "40 degC" }', "facility.fan_control: has no meaning here"),
        (HALL + 'heat_reuse = { temperature = "40 degC" }', "facility.heat_reuse: has no meaning here"),
        (GOOD + HALL.split("study")[1].split("\n", 1)[1], "facility.it_power: has no meaning here"),
        (GOOD.replace('top = { h = 1000, T = "20 degC" }', 'top = "insulated"'), "every face is insulated"),
        (HALL.replace('climate = "zhuhai"', ""), "facility: give one of weather"),
        (HALL.replace('it_power = "100 kW"', ""), "facility.it_power: required without [package] and [loop]"),
        (HALL + f"load_profile = {[0] * 24}", "facility: load_profile: the load is 0 in every hour"),
        (HALL + "pue_category = 5", "facility.pue_category: got 5; input should be 1, 2 or 3"),
        (HALL + "[condenser]\nkind = 'air-fan'\nelevation = 3\ncoil = {kind = 'x'}", "'kind': got 'x'"),
    ],
)
def test_a_fault_is_one_line_in_the_words_of_a_case_file(tmp_path: Path, text: str, wanted: str) -> None:
    faults = faults_of(tmp_path, text)
    assert sum(wanted in fault for fault in faults) == 1, faults
    assert not any("\n" in fault or "dictionary" in fault or "tuple" in fault for fault in faults)


@pytest.mark.parametrize(
    ("modules", "wanted"),
    [
        ("{ elevations = [] }", ["loop.modules.elevations: got []; expected a list of at least 1 item"]),
        ("{ count = 0 }", ["loop.modules.count: got 0; input should be greater than or equal to 1"]),
        ("{ count = 2, pich = 1 }", ["loop.modules.pich: unknown key; did you mean 'pitch'?"]),
        ("3", ["loop.modules: got 3; expected a section with keys such as count"]),
    ],
)
def test_of_two_forms_of_a_section_the_one_meant_is_spoken_of(
    tmp_path: Path, modules: str, wanted: list[str]
) -> None:
    text = GOOD + f'[loop]\nfluid = "R134a"\nmodules = {modules}\n'
    faults = [fault for fault in faults_of(tmp_path, text) if "loop.modules" in fault]
    assert len(faults) == len(wanted)
    assert all(start in fault for start, fault in zip(wanted, faults, strict=True))


def test_faults_of_several_keys_have_a_line_each(tmp_path: Path) -> None:
    text = GOOD.replace('material = "silicon"', 'material = "x"\nfill = "y"')
    assert len(faults_of(tmp_path, text)) == 3


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    text = GOOD.replace('"1 mm"', '"-1 mm"').replace('"1 W"', '"x"')
    assert len(faults_of(tmp_path, text)) == 2


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, GOOD.replace('"plate"', '"plate'))
    assert "line 3" in fault


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_no_file_is_said_in_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseError, match=r"no such case file|is a folder"):
        load_case(tmp_path / name)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(b"\xff\xfe\x00[case]")
    with pytest.raises(CaseError, match="UTF-8"):
        load_case(path)


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("package.layer.0.thickness=2 mm", 2e-3),
        ("package.layer.die.thickness=0.002", 2e-3),
        ('package.layer.die.thickness="2 mm"', 2e-3),
    ],
)
def test_a_key_can_be_overridden(tmp_path: Path, assignment: str, value: float) -> None:
    case = load_case(write(tmp_path, GOOD), [assignment])
    assert case.spec.package is not None
    assert case.spec.package.layer[0].thickness == pytest.approx(value)


@pytest.mark.parametrize(
    ("assignment", "what"),
    [
        ("nonsense", "KEY=VALUE"),
        ("=3", "KEY=VALUE"),
        ("package.layer.9.thickness=1", "allowed: die"),
        ("case.name.deep=1", "not a section"),
        ("case.nme=1", "did you mean 'name'"),
        ("case.study=[year]", "texts in it need quotes"),
    ],
)
def test_a_wrong_override_is_said_in_words(tmp_path: Path, assignment: str, what: str) -> None:
    assert any(what in fault for fault in faults_of(tmp_path, GOOD, assignment))


def test_the_resolved_case_reads_back_as_the_same_case(tmp_path: Path) -> None:
    first = load_case(write(tmp_path, GOOD))
    again = load_case(write(tmp_path, resolved_toml(first)))
    assert again.spec == first.spec


def test_assumptions_are_read_from_the_comments() -> None:
    text = '[loop]\nK = 4  # assumption: four bends\nx = 1  # measured\n[[package.layer]]\nt = "1 mm"  # assumption\n'
    assert read_assumptions(text) == ("loop.K = 4: four bends", 'package.layer.t = "1 mm"')


def test_the_resolved_case_runs_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "one.flp").write_text("a 0.01 0.01 0 0\n")
    first = load_case(write(tmp_path, GOOD.replace("{ grid = [1, 1] }", '"plans/one.flp"')))
    outcome = run_case(first, tmp_path / "runs" / "out")
    again = run_case(load_case(tmp_path / "runs" / "out" / "case.toml"), tmp_path / "again")
    assert again.summary["chip"] == outcome.summary["chip"]
    assert again.summary["case_sha256"] == outcome.summary["case_sha256"]


@pytest.mark.parametrize("name", ["one.flp", "die.ptrace"])
def test_the_digest_holds_the_contents_of_every_file(tmp_path: Path, name: str) -> None:
    """A run must not be gone on with when a floorplan or the trace of a die has changed."""
    (tmp_path / "one.flp").write_text("a 0.01 0.01 0 0\n")
    (tmp_path / "die.ptrace").write_text("a\n1.0\n")
    text = GOOD.replace("{ grid = [1, 1] }", '"one.flp"').replace(
        'total = "1 W"', 'dies = { d = { covers = ["*"], trace = "die.ptrace" } }'
    )
    before = prepare_inputs(load_case(write(tmp_path, text))).digest
    with (tmp_path / name).open("a") as stream:
        stream.write("# touched\n" if name.endswith("flp") else "2.0\n")
    assert prepare_inputs(load_case(tmp_path / "case.toml")).digest != before


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_fault(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", ending).encode())
    assert load_case(path).spec.case.name == "plate"


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(GOOD.replace('"plate"', '"plät"').encode("latin-1"))
    with pytest.raises(CaseError, match="line 3: not UTF-8 text; save the file as UTF-8"):
        load_case(path)


def test_the_digest_holds_the_floorplans_that_a_stack_names(tmp_path: Path) -> None:
    (tmp_path / "top.flp").write_text("d : position 0,0; dimension 9,9; power values 1;")
    (tmp_path / "s.stk").write_text('stack: die top layers floorplan "top.flp" ;')
    text = GOOD.replace('total = "1 W"', 'trace = "s.stk"\nmapping = { d = "r0c0" }')
    before = prepare_inputs(load_case(write(tmp_path, text))).digest
    (tmp_path / "top.flp").write_text("d : position 0,0; dimension 9,9; power values 2;")
    assert prepare_inputs(load_case(tmp_path / "case.toml")).digest != before
