"""A wrong case file ends in one message per fault that names file, key, what came and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from coupling.case_file import load_case, read_assumptions, resolved_toml
from coupling.errors import CaseError

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
    assert read_assumptions(text) == ("loop.K = 4: four bends", 'package.layer.t = "1 mm": ')
