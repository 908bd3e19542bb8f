"""What a process sets for itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
