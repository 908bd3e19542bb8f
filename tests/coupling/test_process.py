"""What a process sets for itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coupling.process import blas_kernels

SCRIPT = """
from coupling.process import settle_process
settle_process()
import numpy, os
numpy.ones((600, 600)) @ numpy.ones((600, 600))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has one thread anyway")
@pytest.mark.parametrize(("asked", "threads"), [(None, "1"), ("2", "2")])
def test_linear_algebra_runs_on_one_thread_unless_told_otherwise(asked, threads):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    if asked is not None:
        environment |= dict.fromkeys(names, asked)
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment
    )
    assert said.stdout.strip() == threads


AVX_512 = {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"}


@pytest.mark.parametrize(
    ("instructions", "kernels"),
    [
        (AVX_512 | {"avx2", "fma", "amx_tile"}, "SkylakeX"),
        ({"avx2", "fma", "avx512f"}, "Haswell"),
        ({"sse4_2", "avx"}, ""),
        (set(), ""),
    ],
)
def test_kernels_of_linear_algebra_are_those_of_the_instructions(instructions, kernels):
    assert blas_kernels(instructions) == kernels


@pytest.mark.skipif("avx2" not in Path("/proc/cpuinfo").read_text(), reason="a processor of before 2013")
def test_numpy_does_not_fall_back_to_old_kernels_on_a_processor_it_does_not_know():
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"OPENBLAS_VERBOSE": "2"},
    )
    assert "Core: " in said.stderr + said.stdout
    assert "Prescott" not in said.stderr + said.stdout
