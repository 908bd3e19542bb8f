"""What a process of vascool sets for itself and its children before numbers are loaded."""

from __future__ import annotations

import contextlib
import ctypes
import os

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread of linear algebra a process: a second one gains nothing on these sizes and spins while it waits."""

_KEPT = {"MMAP": 1 << 25, "TRIM": 1 << 28}
"""Sizes up to which memory that was freed is kept for the next array and not given back to the system [byte]."""

_PARAMETER = {"TRIM": -1, "MMAP": -3}
"""Numbers of ``mallopt``'s parameters (GNU C library, ``malloc.h``)."""


def settle_process() -> None:
    """Use one thread, and keep freed memory: fresh pages cost as much as the arithmetic on arrays of a megabyte.

    What the environment says already stays.
    """
    for name, value in THREADS.items():
        os.environ.setdefault(name, value)
    for name, size in _KEPT.items():
        variable = f"MALLOC_{name}_THRESHOLD_"
        if variable not in os.environ:
            os.environ[variable] = str(size)
            with contextlib.suppress(AttributeError, OSError):  # another C library than GNU's
                ctypes.CDLL(None).mallopt(_PARAMETER[name], size)
