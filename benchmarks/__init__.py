"""Measured ratios: ``python -m benchmarks``, or ``make bench``."""

import os

# threads of BLAS that wait for a busy processor count as processor time
os.environ.setdefault("OMP_NUM_THREADS", "1")
