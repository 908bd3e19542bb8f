"""Inputs written for other codes describe the bench's plate, and their answers are read; stubs stand for them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import other_codes

ROOT = Path(__file__).resolve().parents[2]


def stub(folder: Path, name: str, body: str) -> Path:
    """A program of a few lines of Python."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return path


def test_hotspot_is_given_a_floorplan_that_covers_the_plate_and_all_the_power(tmp_path: Path) -> None:
    other_codes.write_hotspot(tmp_path, 64)
    rows = [line.split() for line in (tmp_path / "plate.flp").read_text().splitlines()]
    area = sum(float(width) * float(height) for _, width, height, _, _ in rows)
    assert area == pytest.approx(other_codes.SIDE**2, rel=1e-9)
    names, watts = (line.split() for line in (tmp_path / "plate.ptrace").read_text().splitlines())
    assert names == [row[0] for row in rows]
    assert sum(map(float, watts)) == other_codes.POWER
    options = dict(line[1:].split("\t") for line in (tmp_path / "plate.config").read_text().splitlines())
    conductance = 1.0 / float(options["r_convec"])
    assert conductance == pytest.approx(other_codes.FILM * float(options["s_sink"]) ** 2)
    copper = float(options["t_spreader"]) + float(options["t_sink"])
    assert copper == pytest.approx(other_codes.LAYERS[2][0])


def test_ice_is_given_a_stack_as_thick_as_the_plate_heated_at_its_bottom(tmp_path: Path) -> None:
    other_codes.write_ice(tmp_path, 50)
    text = (tmp_path / "plate.stk").read_text()
    height = {name: float(value) for name, value in re.findall(r"layer (\w+_CELL) :\s+height ([\d.]+)", text)}
    die = re.findall(r"^  (?:layer|source) ([\d.]+) SILICON", text, re.MULTILINE)
    stack = re.findall(r"^  layer \w+ (\w+_CELL) ;", text, re.MULTILINE)
    thickness = sum(height[name] for name in stack) + sum(map(float, die))
    assert thickness == pytest.approx(1e6 * sum(layer[0] for layer in other_codes.LAYERS), rel=1e-6)
    assert stack[0] == "COPPER_CELL"
    assert text.index("  source") > text.rindex("SILICON ;", 0, text.index("  source"))
    assert f"power values {other_codes.POWER}" in (tmp_path / "plate.flp").read_text()


def test_codes_at_hand_are_run_and_their_distance_is_told(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    hot = stub(tmp_path, "hot", "open('plate.steady', 'w').write('heated\\t350.5\\nbelow\\t310.0\\n')")
    ice = stub(tmp_path, "ice", "open('heated.txt', 'w').write('% Time(s) Heated(K)\\n0.000 351.250\\n')")
    monkeypatch.setenv("HOTSPOT", str(hot))
    monkeypatch.setenv("ICE3D", str(ice))
    monkeypatch.setattr(other_codes, "converged", lambda: 350.0)
    rows = list(other_codes.other_rows((16,), 1))
    theirs = [row for row in rows if row.ratio is None]
    assert [row.bench for row in theirs] == ["layered plate: HotSpot", "layered plate: 3D-ICE"]
    assert [row.error for row in theirs] == [pytest.approx(0.5), pytest.approx(1.25)]
    assert [row.size for row in theirs] == [4 * 256, 20 * 256]
    assert all(row.ratio is not None and row.ratio > 0.0 for row in rows if row not in theirs)


def test_a_code_that_fails_is_named_and_the_bench_goes_on(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("HOTSPOT", str(stub(tmp_path, "hot", "raise SystemExit('no such option')")))
    monkeypatch.setenv("ICE3D", str(tmp_path / "missing"))
    assert list(other_codes.other_rows((16,), 1)) == []
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("HotSpot, 16 cells a side: ended with 1: no such option")
    assert said[1] == "3D-ICE: not found (ICE3D=... names it); not compared"


def test_our_own_answer_converges() -> None:
    coarse, middle, fine = (
        other_codes.heated_mean(cells, refine) for cells, refine in ((40, 1), (80, 2), (160, 4))
    )
    assert abs(fine - middle) < 0.5 * abs(middle - coarse)
    assert fine == pytest.approx(other_codes.converged(), abs=0.05)


def test_a_row_is_one_json_object() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--json", "--only", "transient", "--rounds", "1"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    assert [set(row) for row in rows] == [
        {"bench", "size", "seconds", "ratio_to", "ratio", "error", "unit"}
    ] * len(rows)
    assert rows[1]["ratio_to"] == "CG + hypre"
