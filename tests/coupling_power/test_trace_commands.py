"""What the trace commands return, from every kind of file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli import vascool
from coupling.errors import TraceError
from coupling.power.commands import convert_trace, emulate_trace, energy_model_rows, format_names, trace_info
from coupling.power.formats.ptrace import read_ptrace
from coupling.power.formats.registry import find_format
from coupling.power.module import module_trace
from coupling.power.spec import EmulatorSpec, PowerSpec

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "traces" / "loihi_wafer.ptrace"


def test_info_shows_what_a_trace_amounts_to() -> None:
    info, trace = trace_info(EXAMPLE, 1e-3, width=40), read_ptrace(EXAMPLE, 1e-3)
    assert info["duration_s"] == pytest.approx(0.4)
    assert info["blocks"] == 32
    assert info["mean_W"] == pytest.approx(trace.mean().sum(), rel=1e-12)
    assert info["peak_W"] == pytest.approx(trace.total.max(), rel=1e-12)
    assert len(str(info["sparkline"])) == 40


def test_ptrace_to_parquet_to_ptrace_is_bit_equal(tmp_path: Path) -> None:
    convert_trace(EXAMPLE, tmp_path / "t.parquet")
    convert_trace(tmp_path / "t.parquet", tmp_path / "t.ptrace")
    assert (tmp_path / "t.ptrace").read_bytes() == EXAMPLE.read_bytes()


def test_averaging_in_a_conversion_keeps_the_energy(tmp_path: Path) -> None:
    convert_trace(EXAMPLE, tmp_path / "t.parquet")
    first = convert_trace(tmp_path / "t.parquet", tmp_path / "a.ptrace", average=0.01)
    second = convert_trace(EXAMPLE, tmp_path / "b.csv", average=0.01)
    assert first["steps"] == second["steps"] == 40
    assert first["energy_J"] == pytest.approx(trace_info(EXAMPLE)["energy_J"], rel=1e-12)
    assert second["energy_J"] == pytest.approx(first["energy_J"], rel=1e-9)


def test_spikes_become_watts_on_the_way(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    time = np.sort(random.uniform(0.0, 0.05, 400))
    np.savez(tmp_path / "net.npz", i=random.integers(0, 64, 400), t=time, N=64, duration=0.05)
    info = convert_trace(tmp_path / "net.npz", tmp_path / "net.ptrace", blocks=16)
    assert info["blocks"] == 16
    assert info["steps"] == 50
    assert trace_info(tmp_path / "net.npz")["spikes"] == 400
    spec = PowerSpec(trace="net.npz", activity="20 W")
    assert module_trace(spec, tmp_path, ("left", "right")).mean().sum() == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.ptrace", "a\n1\n", "ptrace"),
        ("a.flp", "", "3d-ice"),
        ("a.gdf", "", "nest"),
        ("a.csv", "time_s,a\n", "csv"),
        ("b.csv", "timestep,t[0].energy\n", "sanafe"),
        ("c.csv", "neuron,time_s\n", "spike-csv"),
        ("d.csv", "time_s,neuron\n", "spike-csv"),
    ],
)
def test_a_format_is_known_by_ending_and_first_line(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text)
    assert find_format(tmp_path / name).name == kind


def test_unknown_formats_and_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no format has the ending"):
        trace_info(tmp_path / "t.doc")
    with pytest.raises(TraceError, match="format 'vcd' is unknown"):
        trace_info(tmp_path / "t.ptrace", kind="vcd")
    with pytest.raises(TraceError, match="written as"):
        convert_trace(EXAMPLE, tmp_path / "t.vcd")
    with pytest.raises(TraceError, match="does not exist"):
        convert_trace(EXAMPLE, tmp_path / "none" / "t.parquet")
    with pytest.raises(TraceError, match="does not exist"):
        emulate_trace(EmulatorSpec(), tmp_path / "none" / "t.ptrace")
    with pytest.raises(TraceError, match=r"ends in \.ptrace"):
        emulate_trace(EmulatorSpec(), tmp_path / "t.csv")
    with pytest.raises(TraceError, match="the input itself"):
        convert_trace(EXAMPLE, EXAMPLE)
    with pytest.raises(TraceError, match="no such file"):
        trace_info(tmp_path / "none.ptrace")


def test_tables_for_printing_name_formats_and_models() -> None:
    assert {
        "ptrace",
        "parquet",
        "sonata",
        "nwb",
        "nest",
        "aer",
        "npz",
        "3d-ice",
        "sanafe",
        "csv",
    } <= format_names().keys()
    assert all(row["source"] for row in energy_model_rows())


def test_the_command_line_lists_energy_models_and_takes_what_an_emulator_offers(tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(vascool, ["trace", "models", "--json"])
    assert [row["name"] for row in json.loads(listed.output)] == [
        str(row["name"]) for row in energy_model_rows()
    ]
    options = ["--emulator", "nest", "--architecture", "wafer", "--columns", "4", "--rows", "2"]
    assert runner.invoke(vascool, ["trace", "emulate", str(tmp_path / "t.ptrace"), *options]).exit_code == 2
