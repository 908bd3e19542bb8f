"""A sweep that is killed at any moment goes on where it stood and ends with the same table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

KILLS = 6
DESIGNS = 200


def start(sweep_file: Path, output: Path, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-c",
        "import cli; cli.main()",
        "sweep",
        str(sweep_file),
        "-o",
        str(output),
        *more,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def table(output: Path) -> pd.DataFrame:
    return pd.read_parquet(output / "results.parquet").drop(columns="seconds")


def solved(output: Path) -> int:
    return sum(len(pd.read_parquet(part)) for part in (output / "parts").glob("part-*.parquet"))


@pytest.fixture
def many_designs(loop_case: Path) -> Path:
    """Two hundred designs, every tenth of which is no valid case."""
    path = loop_case.with_name("many.toml")
    path.write_text(
        """
[sweep]
case = "loop.toml"
[[axis]]
name = "riser"
key = "loop.riser.diameter"
range = ["16 mm", "28 mm"]
count = 20
[[axis]]
name = "power"
key = "power.total"
values = ["-1 W", "100 W", "150 W", "200 W", "250 W", "300 W", "350 W", "400 W", "450 W", "500 W"]
[[objective]]
name = "temperature"
quantity = "loop.T_sat_evaporator_K"
"""
    )
    return path


@pytest.mark.slow
def test_a_sweep_killed_again_and_again_ends_with_the_same_table(many_designs: Path, tmp_path: Path) -> None:
    undisturbed = start(many_designs, tmp_path / "undisturbed", "--workers", "2")
    said = undisturbed.communicate(timeout=300)
    assert undisturbed.returncode == 0, said

    moments, output, kills = np.random.default_rng(7), tmp_path / "killed", 0
    while kills < KILLS:
        process = start(many_designs, output, "--resume", "--workers", "2")
        time.sleep(moments.uniform(0.0, 2.0))
        wanted = solved(output) + int(moments.integers(0, 20))
        while kills > 0 and process.poll() is None and solved(output) <= wanted:
            time.sleep(0.01)
        assert process.poll() is None, process.communicate()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
    before = solved(output)
    assert 0 < before < DESIGNS
    last = start(many_designs, output, "--resume", "--workers", "2")
    said = last.communicate(timeout=300)
    assert last.returncode == 0, said

    assert len(table(output)) == DESIGNS
    pd.testing.assert_frame_equal(table(output), table(tmp_path / "undisturbed"), check_exact=True)
    parts = pd.concat(pd.read_parquet(part) for part in (output / "parts").glob("part-*.parquet"))
    assert not parts.key.duplicated().any(), "a design that was kept has been solved again"
    assert not list(output.rglob(".partial-*"))


@pytest.mark.slow
def test_two_sweeps_into_one_directory_are_refused(sweep_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    first = start(sweep_file, output, "--workers", "1")
    while not (output / "parts").exists():
        time.sleep(0.05)
        assert first.poll() is None
    second = start(sweep_file, output, "--resume", "--workers", "1")
    _, said = second.communicate(timeout=120)
    first.kill()
    first.communicate()
    assert second.returncode == 2
    assert "another sweep is writing here" in said
