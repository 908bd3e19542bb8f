"""A sweep on a scheduler and two workers of their own on loopback, one of which is killed midway."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coupling.study.limit import run_limit_search
from coupling.study.sweep import run_sweep
from meshes.errors import InputError


def launch(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    address = tmp_path / "scheduler.json"
    local = ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = launch("dask_scheduler", *local, "--port", "0", "--scheduler-file", str(address))
    workers = [
        launch("dask_worker", "--scheduler-file", str(address), *local, "--nthreads", "1", "--no-nanny")
        for _ in range(2)
    ]
    try:
        while not address.exists() or not address.read_text().strip():
            time.sleep(0.05)
            assert scheduler.poll() is None
        yield pd.read_json(address, typ="series")["address"], workers
    finally:
        for process in (*workers, scheduler):
            stop(process)


@pytest.mark.slow
def test_a_worker_that_dies_midway_costs_nothing_but_time(
    sweep_file: Path, tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    from distributed import Client

    address, workers = cluster
    with Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    killed: list[int] = []

    def watch(stage: str, done: int, total: int, note: str = "") -> None:
        if 0 < done < total and not killed:
            workers[0].kill()
            killed.append(done)

    outcome = run_sweep(sweep_file, tmp_path / "out", scheduler=address, progress=watch)
    assert killed
    assert workers[0].wait(timeout=30) != 0
    assert len(outcome.rows) == 30
    assert not [row["reason"] for row in outcome.rows if row["status"] == "error"]

    alone = run_sweep(sweep_file, tmp_path / "alone", workers=1)
    assert [strip(row) for row in outcome.rows] == [strip(row) for row in alone.rows]


def strip(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "seconds"}


@pytest.mark.parametrize("limit", [False, True])
def test_a_scheduler_that_is_not_there_is_bad_input_and_touches_no_file(
    sweep_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: bool
) -> None:
    """Not even the rows of an earlier sweep that --force would have overwritten."""
    monkeypatch.setattr("coupling.study.engine.PATIENCE", "1s")
    fresh, earlier = tmp_path / "fresh", tmp_path / "earlier"
    (earlier / "parts").mkdir(parents=True)
    (earlier / "results.parquet").write_text("rows")
    for folder in (fresh, earlier):
        with pytest.raises(InputError, match="no scheduler answers"):
            if limit:
                run_limit_search(sweep_file, folder, "riser", scheduler="tcp://127.0.0.1:1", force=True)
            else:
                run_sweep(sweep_file, folder, scheduler="tcp://127.0.0.1:1", force=True)
    assert not fresh.exists()
    assert (earlier / "results.parquet").read_text() == "rows"
    assert {entry.name for entry in earlier.iterdir()} == {"parts", "results.parquet"}
