"""Power tables of other tools are read as they are; a bad one is one message with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from coupling.errors import TraceError
from coupling.power.formats.csv_power import read_power_csv, read_sanafe_perf, write_power_csv
from coupling.power.formats.threedice import read_threedice
from coupling.power.trace import PowerTrace

FLOORPLAN = """
core : /* a comment
over two lines */
  position 0, 0 ;
  dimension 5000, 5000 ;
  power values 10.0, 20.0,
               30.0 ;
cache:
  rectangle (5000, 0, 1000, 5000) ;
  rectangle (6000, 0, 4000, 5000) ;
  power values 1, 2, 3;   // watts
"""
STACK = """
die lower : layer 48 silicon ; source 2 silicon ;
stack:
  die upper_die lower floorplan "top.flp" ;
  die lower_die lower floorplan "bottom.flp" ;
solver:
  transient step 0.002, slot 0.02 ;
"""


def test_a_threedice_floorplan_gives_watts_per_slot(tmp_path: Path) -> None:
    (tmp_path / "a.flp").write_text(FLOORPLAN)
    trace = read_threedice(tmp_path / "a.flp", 0.5)
    assert trace.blocks == ("core", "cache")
    assert trace.watts.tolist() == [[10.0, 1.0], [20.0, 2.0], [30.0, 3.0]]
    assert trace.energy().sum() == pytest.approx(33.0)


def test_a_threedice_stack_gives_all_dies_and_the_slot(tmp_path: Path) -> None:
    (tmp_path / "top.flp").write_text(FLOORPLAN)
    (tmp_path / "bottom.flp").write_text("all : position 0,0; dimension 9,9; power values 7, 8, 9;")
    (tmp_path / "s.stk").write_text(STACK)
    trace = read_threedice(tmp_path / "s.stk", 1.0)
    assert trace.blocks == ("lower_die.all", "upper_die.core", "upper_die.cache")
    assert trace.duration == pytest.approx(0.06)


def test_a_sanafe_perf_trace_gives_watts_of_tiles_or_cores(tmp_path: Path) -> None:
    path = tmp_path / "perf.csv"
    head = "timestep,fired,chip[10].energy,chip[2].energy,chip[2].core[0].energy"
    path.write_text(f"{head}\n1,5,2e-6,1e-6,5e-7\n2,6,4e-6,3e-6,6e-7\n")
    tiles = read_sanafe_perf(path, 1e-3)
    assert tiles.blocks == ("chip2", "chip10")
    assert tiles.watts == pytest.approx(np.array([[1e-3, 2e-3], [3e-3, 4e-3]]))
    assert read_sanafe_perf(path, 1e-3, "core").blocks == ("chip2.core0",)


def test_a_table_reads_back_to_the_same_bits(tmp_path: Path) -> None:
    watts = np.random.default_rng(1).uniform(0.0, 9.0, (5, 3)) / 7.0
    trace = PowerTrace(0.1 * np.arange(6), ("a", "b", "c"), watts)
    write_power_csv(trace, tmp_path / "t.csv")
    again = read_power_csv(tmp_path / "t.csv", 1.0)
    assert np.array_equal(again.watts, watts)
    assert again.time_edges == pytest.approx(trace.time_edges, rel=1e-12)


BAD_TABLES = [
    ("", "empty"),
    ("time_s,a,b\n", "no row follows"),
    ("time_s,a,b\n0,1,2\n1,2\n", ":3: expected 3 values, found 2"),
    ("time_s,a,b\n0,1,2\n1,nan,2\n", ":3: column 2 is nan"),
    ("time_s,a,b\n0,1,-2\n", ":2: column 3 is -2"),
    ("time_s,a,b\n0,1,2\n2,1,2\n1,1,2\n", ":4: time_s does not increase"),
    ("when,a,b\n0,1,2\n", "expected the header time_s"),
    ("time_s,a,b\n0,1,2\n1,1", ":3: expected 3 values"),
    ("time_s," + ",".join(f"b{index}" for index in range(1_000_000)) + "\n", "1000001 columns"),
]
BAD_FLOORPLANS = [
    ("", "empty"),
    ("core : position 0, 0 ;", "ends within element 'core'"),
    ("core : power values 1, 2", "ends within the power values"),
    ("core : power values 1, x ;", ":1: power values of 'core': 'x' is no number"),
    ("core :\npower values 1, -2 ;", ":2: power values of 'core': -2 is not allowed"),
    ("core : power values nan ;", "nan is not allowed"),
    ("core : power values 1 ; core : power values 2 ;", "'core' occurs twice"),
    ("a : power values 1 ; b : power values 2, 3 ;", "power values, others have 2"),
    ("core : dimension 1 ; power values 1 ;", "dimension of 'core' has 1 numbers"),
    ("core : colour 1 ; power values 1 ;", "'colour' is no floorplan statement"),
    ("core position 0, 0 ;", "expected ':'"),
    ("12 : power values 1 ;", "expected the name"),
    ("core : power values ;", "no power values"),
]
BAD_PERF = [
    ("timestep,fired\n1,2\n", "expected timestep and <tile>.energy"),
    ("timestep,t[0].energy\n1,1e-6\n3,1e-6\n", "not consecutive"),
    ("timestep,t[0].energy\n1,1e-6\n1,1e-6\n", "does not increase"),
]


@pytest.mark.parametrize(
    ("read", "name", "text", "message"),
    [(read_power_csv, "bad.csv", *case) for case in BAD_TABLES]
    + [(read_threedice, "bad.flp", *case) for case in BAD_FLOORPLANS]
    + [(read_sanafe_perf, "perf.csv", *case) for case in BAD_PERF],
    ids=lambda value: value[:20].replace("\n", "|") if isinstance(value, str) else None,
)
def test_a_bad_table_is_one_message_with_its_place(
    tmp_path: Path, read: Callable[[Path, float], PowerTrace], name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(TraceError) as caught:
        read(tmp_path / name, 1e-3)
    assert str(tmp_path / name) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stack_whose_floorplan_is_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.stk").write_text(STACK)
    with pytest.raises(TraceError, match=r"bottom\.flp"):
        read_threedice(tmp_path / "s.stk", 1.0)
    (tmp_path / "s.stk").write_text("stack: die a b ;")
    with pytest.raises(TraceError, match="no die with a floorplan"):
        read_threedice(tmp_path / "s.stk", 1.0)
