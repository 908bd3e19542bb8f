"""Verdicts, numbers, tables and languages say what they should."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import reports
from reports.cells import Length, Table, Temperature, show
from reports.content import FIELD_FIGURES, FIELD_SCENES, FIGURES, SCENES
from reports.figures.plants import plants_figure
from reports.figures.style import celsius, house_style, plain, thin
from reports.language import words
from reports.page import VIEWER_WORDS
from reports.picture import exaggeration
from reports.run_directory import RunDirectory
from reports.tables import CHIP, FACILITY, LOOP, flat, results, tables
from reports.verdict import LIMITS, verdict

EN, ZH = words("en"), words("zh")


def run_with(**summary):
    return RunDirectory(path=Path("run"), case={}, summary=summary)


@pytest.mark.parametrize(
    ("summary", "level"),
    [
        ({"loop": {"margins": {"chf": 0.9, "dryout": 0.5}}}, "good"),
        ({"loop": {"margins": {"chf": 0.9, "dryout": 0.1}}}, "close"),
        ({"loop": {"margins": {"chf": -0.1, "dryout": 0.5}}}, "passed"),
        ({"loop": {"feasible": False}, "status": "failed", "reason": "dry-out"}, "passed"),
        ({"loop": {"margins": {"chf": 0.9}}, "energy": {"chip_to_loop_rel": 2e-6}}, "unclosed"),
        ({"loop": {"margins": {"chf": 0.9}}, "facility": {"hours_above_limit": 12}}, "passed"),
        ({"chip": {"T_max_K": 320.0}}, "good"),
        ({}, "unknown"),
    ],
)
def test_verdict_follows_margins_and_residuals(summary, level):
    assert verdict(run_with(**summary), EN).level == level


def test_verdict_names_the_limit_that_is_passed():
    told = verdict(run_with(loop={"margins": {"dryout": -0.2, "chf": 0.4}}), EN)
    assert told.detail == "The loop cannot run like this: dry-out."
    assert verdict(run_with(loop={"margins": {"dryout": -0.2}}), ZH).detail == "回路无法如此运行：干涸。"


def test_verdict_counts_the_hours_of_the_year_beyond_a_limit():
    facility = {"hours_above_limit": 15, "hours_infeasible": 12, "limit": "critical"}
    told = verdict(run_with(loop={"margins": {"dryout": 0.9}}, facility=facility), EN)
    assert told.headline == "A limit is passed"
    assert told.detail == (
        "In 12 hours of the year the loop cannot carry the heat: critical point. "
        "In 3 hours of the year the chip is above its limit."
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0744, "1.074"),
        (2242000.0, "2\u2009242\u2009000"),
        (3.2e-9, "3.2e-09"),
        (4739.9, "4\u2009739.90"),
        (4739.0, "4\u2009739"),
        (Length(775e-6), "775\u00a0µm"),
        (Length(6e-3), "6\u00a0mm"),
        (Temperature(322.9), "49.75\u00a0°C"),
        (None, "–"),
        (-46500, "-46\u2009500"),
    ],
)
def test_numbers_are_written_with_the_digits_that_count(value, text):
    assert show(value) == text


def test_csv_keeps_digits_and_disarms_formulas():
    table = Table("t", "t", ("name", "value"), (("=1+1", 0.1 + 0.2), ("-5", None)))
    assert table.csv() == "name,value\n'=1+1,0.30000000000000004\n'-5,\n"


def test_files_keep_metres_and_kelvin() -> None:
    row = ("die", Length(775e-6), Temperature(322.9))
    table = Table("t", "t", ("name", "Thickness", "Hottest point"), (row,))
    assert table.csv() == "name,Thickness [m],Hottest point [K]\ndie,0.000775,322.9\n"


def test_heads_of_records_are_words_with_units() -> None:
    plant = {"plant": "loop", "fan_kWh": 3.5, "T_max_K": 325.08, "hours_above_limit": 0, "pue": 1.08}
    run = RunDirectory(path=Path("run"), case={}, summary={}, comparison={"plants": [plant]})
    table = next(table for table in tables(run, EN) if table.key == "plants")
    assert table.columns == ("plant", "fan [kWh]", "Hottest point", "hours above limit [h]", "PUE")
    assert [show(cell) for cell in table.rows[0]] == ["loop", "3.5", "51.93\u00a0°C", "0", "1.08"]


def test_nested_inputs_are_listed_by_their_path():
    case = {"loop": {"riser": {"length": 25.0}}, "package": {"layer": [{"name": "wafer"}, {"name": "plate"}]}}
    assert flat(case) == [
        ("loop.riser.length", 25.0),
        ("package.layer[0].name", "wafer"),
        ("package.layer[1].name", "plate"),
    ]


def test_margins_are_listed_nearest_first():
    run = run_with(loop={"margins": {"chf": 0.9, "dryout": 0.2, "charge": None}})
    table = next(table for table in tables(run, EN) if table.key == "margins")
    assert [row[0] for row in table.rows] == ["dry-out", "critical heat flux"]


def test_thinning_keeps_the_extremes():
    x = np.linspace(0.0, 1.0, 20_001)
    y = np.where(np.arange(x.size) == 7_777, 5.0, np.sin(40.0 * x))
    kept_x, kept_y = thin(x, y, 500)
    assert kept_x.size <= 510
    assert kept_y.max() == 5.0
    assert kept_x[[0, -1]].tolist() == [0.0, 1.0]


def test_celsius_is_kelvin_less_273_15():
    assert celsius(300.0) == pytest.approx(26.85)


def test_users_text_is_no_formula():
    assert plain("a$b$") == r"a\$b\$"


def test_thin_packages_are_stretched_and_thick_ones_are_not():
    assert exaggeration(np.array([0.32, 0.32, 0.007])) == 10.0
    assert exaggeration(np.array([0.1, 0.1, 0.1])) == 1.0


def test_every_phrase_of_the_report_has_a_chinese_one():
    root = Path(reports.__file__).parent
    sources = [file.read_text(encoding="utf-8") for file in [*root.rglob("*.py"), *root.rglob("*.html")]]
    phrases = {phrase for text in sources for phrase in re.findall(r'\btr\(\s*"([^"]+)"', text)}
    phrases |= set(LIMITS.values()) | set(VIEWER_WORDS.values())
    phrases |= {label for _, label, _ in (*CHIP, *LOOP, *FACILITY)}
    phrases |= {name for name, _ in (*FIGURES, *FIELD_FIGURES, *SCENES, *FIELD_SCENES)}
    same_in_both = {"PUE", "UPS", "ERF", "WUE", "ITUE", "TUE", "IT", "PUE [–]", "x [mm]", "y [mm]", "vascool"}
    assert {phrase for phrase in phrases - same_in_both if ZH(phrase) == phrase} == set()


def test_chinese_phrases_fill_the_same_blanks():
    import json

    file = Path(reports.__file__).parent / "templates" / "zh.json"
    for english, chinese in json.loads(file.read_text(encoding="utf-8")).items():
        assert sorted(re.findall(r"\{[^}]*\}", english)) == sorted(re.findall(r"\{[^}]*\}", chinese)), english


CLAIM = {
    "plants": [
        {"plant": "passive loop, fans", "pue": 1.09, "pue_fans": 0.01, "pue_ups": 0.08, "pue_chiller": 0.0},
        {"plant": "room air, chiller", "pue": 1.4, "pue_fans": 0.1, "pue_ups": 0.1, "pue_chiller": 0.2},
    ],
    "claim": {
        "limit": 1.1,
        "rows": [
            {
                "climate": place,
                "ups": ups,
                "redundancy": "N",
                "load": 1.0,
                "category": 2,
                "pue": pue,
                "holds": pue <= 1.1,
            }
            for ups, pues in (("double", (1.08, 1.12)), ("eco", (1.04, 1.05)), ("old", (1.2, 1.3)))
            for place, pue in zip(("Luleå", "Phoenix"), pues, strict=True)
        ],
    },
}


def test_the_claim_is_counted_over_climates():
    run = RunDirectory(path=Path("run"), case={}, summary={}, comparison=CLAIM)
    table = next(table for table in tables(run, EN) if table.key == "claim_share")
    assert table.title == "Where a PUE of at most 1.1 holds"
    assert [row[5:] for row in table.rows] == [
        (1, 2, 1.08, 1.12, "Phoenix"),
        (2, 2, 1.04, 1.05, "none"),
        (0, 2, 1.2, 1.3, "all"),
    ]


@pytest.mark.parametrize("language", [EN, ZH])
def test_plants_are_drawn_as_bars_of_what_adds_to_their_pue(language):
    run = RunDirectory(path=Path("run"), case={}, summary={}, comparison=CLAIM)
    with house_style(language.code):
        figure = plants_figure(run, language)
    for phrase in ("passive loop, fans", "room air, chiller", "fans", "UPS", "chiller"):
        assert language(phrase) in figure.svg
    assert "1.090" in figure.svg
    assert "1.400" in figure.svg


def test_no_plants_no_figure():
    assert plants_figure(run_with(), EN) is None
    broken = RunDirectory(path=Path("run"), case={}, summary={}, comparison={"plants": [{"pue": "x"}, 3]})
    assert plants_figure(broken, EN) is None


def test_a_natural_draught_has_no_fan_speed_and_round_off_is_zero() -> None:
    """A speed of 1 beside fans that use nothing, and 6e-10 K of subcooling, tell a reader something untrue."""
    summary = {"loop": {"subcooling_K": 6e-10}, "facility": {"fan_speed_mean": 1.0}}
    for kind, shown in (("air-natural-draught", False), ("air-fan", True)):
        run = RunDirectory(path=Path("run"), case={"condenser": {"kind": kind}}, summary=summary)
        rows = {row[1]: row[2] for row in results(run, EN).rows}
        assert ("Mean fan speed" in rows) is shown
        assert rows["Subcooling"] == 0.0
