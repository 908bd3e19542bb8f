"""Conversions kept on disk: the second start does without pint, and what is kept is what pint says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pint
import pytest

from meshes.quantity import to_si
from meshes.unit_conversion import conversion

ROOT = Path(__file__).resolve().parents[2]
READ = """
import sys
from meshes.quantity import to_si
print(to_si(sys.argv[1], sys.argv[2]), "pint" in sys.modules)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    conversion.cache_clear()
    yield tmp_path / "vascool" / "units"
    conversion.cache_clear()


def read_in_a_new_process(text: str, unit: str, home: Path) -> tuple[float, bool]:
    said = subprocess.run(
        [sys.executable, "-c", READ, text, unit],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(home)},
    )
    value, loaded = said.stdout.split()
    return float(value), loaded == "True"


@pytest.mark.parametrize(
    ("text", "unit"), [("775 um", "m"), ("40 °C", "K"), ("3.7 W/cm^2", "W/m^2"), ("12.3 L/min", "m^3/s")]
)
def test_the_second_start_reads_the_same_number_without_pint(text: str, unit: str, tmp_path: Path) -> None:
    first, second = (read_in_a_new_process(text, unit, tmp_path) for _ in range(2))
    assert first[0] == second[0]
    assert (first[1], second[1]) == (True, False)


@pytest.mark.parametrize(
    ("unit", "target"),
    [
        ("um", "m"),
        ("inch", "m"),
        ("degC", "K"),
        ("degF", "K"),
        ("W/cm^2", "W/m^2"),
        ("mm^2*K/W", "K*m^2/W"),
        ("bar", "Pa"),
        ("percent", ""),
        ("kWh", "J"),
        ("K", "delta_degC"),
        ("dBm", "W"),
    ],
)
def test_a_kept_conversion_is_that_of_pint_to_the_last_digit(unit: str, target: str, cache: Path) -> None:
    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    conversion(unit, target)
    conversion.cache_clear()  # the next one comes from the file, where a file can hold it
    for number in (-3.0, 0.07, 1.0, 12.7, 451.0):
        assert conversion(unit, target)(number) == registry.Quantity(number, unit).to(target).magnitude


def test_a_logarithmic_unit_is_kept_as_no_straight_line(cache: Path) -> None:
    assert to_si("30 dBm", "W") == pytest.approx(1.0)
    assert to_si("1 mm", "m") == 0.001
    (file,) = cache.iterdir()
    assert list(json.loads(file.read_text())) == ["mm -> m"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "3",
        '{"mm -> m": 0.001}',
        '{"mm -> m": [0, 0]}',
        '{"mm -> m": ["x", 0]}',
        '{"mm -> m": [NaN, 0]}',
    ],
)
def test_a_broken_file_is_passed_over_and_mended(content: str, cache: Path) -> None:
    assert to_si("1 mm", "m") == 0.001
    (file,) = cache.iterdir()
    file.write_text(content)
    conversion.cache_clear()
    assert to_si("1 mm", "m") == 0.001
    assert json.loads(file.read_text()) == {"mm -> m": [0.001, 0.0]}


def test_a_place_that_cannot_be_written_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    conversion.cache_clear()
    assert to_si("2 mm", "m") == 0.002


def test_what_another_process_has_kept_meanwhile_stays(cache: Path) -> None:
    assert to_si("1 mm", "m") == 0.001
    (file,) = cache.iterdir()
    file.write_text(json.dumps(json.loads(file.read_text()) | {"km -> m": [1000.0, 0.0]}))
    assert to_si("1 kW", "W") == 1000.0
    assert set(json.loads(file.read_text())) == {"mm -> m", "km -> m", "kW -> W"}


def test_a_wrong_unit_is_not_kept(cache: Path) -> None:
    for text in ("3 kg", "3 bananas"):
        with pytest.raises(ValueError, match="unit of"):
            to_si(text, "m")
    assert not cache.exists()
