"""A report is one page that shows what the run holds and says what it lacks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from meshes.errors import InputError
from reports.page import write_report
from reports.run_directory import read_run


def page_of(folder: Path, **options: str) -> str:
    return write_report(folder, **options).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(fabricate, tmp_path_factory):
    return page_of(fabricate(tmp_path_factory.mktemp("runs") / "whole", cells=10))


@pytest.fixture(scope="module")
def small(fabricate, tmp_path_factory):
    return fabricate(tmp_path_factory.mktemp("runs") / "small", cells=4)


def test_page_lies_in_the_run_directory_unless_told_otherwise(fabricate, tmp_path):
    run = fabricate(tmp_path / "run", parts=frozenset({"loop"}))
    assert write_report(run) == run / "report.html"
    assert write_report(run, tmp_path / "elsewhere" / "page.html") == tmp_path / "elsewhere" / "page.html"
    assert not list(tmp_path.rglob("*.part"))
    names = {file.name for file in (run / "report_files").iterdir()}
    assert {"pressure.png", "loop.glb", "network.glb", "margins.csv"} <= names


@pytest.mark.slow
def test_whole_run_shows_verdict_picture_and_tables(whole):
    assert "Carries its heat, close to a limit" in whole
    assert "Nearest limit: start-up, margin 0.18." in whole
    for key in ("package", "history", "pue_month"):
        assert f'id="figure-{key}"' in whole
    for key in ("results", "margins", "residuals", "losses", "modules", "closures", "repeat"):
        assert f'id="table-{key}"' in whole
    assert "Heights are stretched 10 times" in whole


@pytest.mark.slow
def test_page_refers_to_nothing_outside_itself(whole):
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', whole)
    assert "default-src 'none'" in whole


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "present", "absent"),
    [
        ("chip", ("figure-package", "table-blocks"), ("table-margins", "figure-pue_month")),
        ("loop", ("table-margins", "table-modules"), ("figure-package", "figure-pue_month")),
        (
            "facility",
            (
                "figure-pue_month",
                "table-losses",
                "figure-plants",
                "table-plants",
                "table-claim_share",
                "table-claim",
                "table-reserve",
            ),
            ("figure-package", "table-margins"),
        ),
    ],
)
def test_sections_that_a_run_lacks_are_absent(fabricate, tmp_path, part, present, absent):
    page = page_of(fabricate(tmp_path / "run", parts=frozenset({part}), cells=8))
    assert "This report is incomplete" not in page
    for key in present:
        assert f'id="{key}"' in page
    for key in absent:
        assert f'id="{key}"' not in page


def test_text_from_the_case_is_shown_as_text(fabricate, tmp_path):
    page = page_of(fabricate(tmp_path / "run", parts=frozenset({"loop"}), name="<script>alert(1)</script>"))
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    "damaged",
    ["summary.json", "case.toml", "history.parquet", "year.parquet", "loop.json", "fields/blocks.json"],
)
@pytest.mark.parametrize("content", [b"", b"\x00 not what it was", b"[1, 2"])
def test_damaged_file_is_a_problem_and_no_crash(small, damaged, content):
    before = (small / damaged).read_bytes()
    (small / damaged).write_bytes(content)
    problems = read_run(small).problems
    (small / damaged).write_bytes(before)
    if damaged == "case.toml" and content == b"":
        assert problems == ()  # an empty case file is whole
    else:
        assert [problem.file for problem in problems] == [damaged]


def test_damaged_file_gives_a_page_that_says_so(fabricate, tmp_path):
    run = fabricate(tmp_path / "run", parts=frozenset({"loop"}))
    (run / "summary.json").write_text('{"loop": {"margins": 3, "pressure_drops_Pa": [1]}, "chip"')
    page = page_of(run)
    assert "This report is incomplete" in page
    assert "summary.json cannot be read (JSONDecodeError)" in page


@pytest.mark.slow
def test_damaged_fields_leave_the_rest_of_the_page(fabricate, tmp_path):
    run = fabricate(tmp_path / "run", parts=frozenset({"chip"}), cells=6)
    for file in (run / "fields").glob("module_*.vtu"):
        file.write_bytes(file.read_bytes()[:2000])
    (run / "fields" / "frames.npz").write_bytes(b"PK\x03\x04")
    page = page_of(run)
    assert "The package in 3-D could not be drawn" in page
    assert "The transient in 3-D could not be drawn" in page
    assert 'id="figure-history"' in page


def test_summary_of_unlike_types_gives_a_page(fabricate, tmp_path):
    run = fabricate(tmp_path / "run", parts=frozenset({"loop"}))
    odd = {
        "chip": [1],
        "loop": {"margins": {"chf": "far"}, "exit_quality": None},
        "warnings": "none",
        "energy": 7,
    }
    (run / "summary.json").write_text(json.dumps(odd))
    (run / "loop.json").write_text('{"modules": [3, {"elevation_m": "high"}], "pipes": "none"}')
    assert "<h1>" in page_of(run)


def test_a_run_that_was_cut_off_gives_a_page_that_says_so(tmp_path):
    """Its resolved case is the first file that a run writes."""
    (tmp_path / "case.toml").write_text('[case]\nname = "cut off"\n')
    page = page_of(tmp_path)
    assert "summary.json is missing" in page
    assert "No result" in page


def test_missing_directory_is_a_users_mistake(tmp_path):
    with pytest.raises(InputError, match="no run directory"):
        write_report(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds neither"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unknown_language_is_a_users_mistake(fabricate, tmp_path):
    with pytest.raises(InputError, match="choose one of en, zh"):
        write_report(fabricate(tmp_path / "run", parts=frozenset({"loop"})), language="xx")


def test_same_run_gives_the_same_page(fabricate, tmp_path):
    run = fabricate(tmp_path / "run", parts=frozenset({"loop"}))
    assert page_of(run) == page_of(run)
