"""What a process of vascool sets for itself and its children before numbers are loaded."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread of linear algebra a process: a second one gains nothing on these sizes and spins while it waits."""

_KEPT = {"MMAP": 1 << 25, "TRIM": 1 << 28}
"""Sizes up to which memory that was freed is kept for the next array and not given back to the system [byte]."""

_PARAMETER = {"TRIM": -1, "MMAP": -3}
"""Numbers of ``mallopt``'s parameters (GNU C library, ``malloc.h``)."""

KERNELS = {
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"},
    "Haswell": {"avx2", "fma"},
}
"""OpenBLAS's kernels by the instructions that they need, best first."""


def settle_process() -> None:
    """Use one thread and the kernels of this processor, and keep freed memory.

    Fresh pages cost as much as the arithmetic on arrays of a megabyte. OpenBLAS chooses by the processor's model: where
    that is newer than the release that NumPy brings, products run on kernels of 2004, five times slower.

    What the environment says already stays.
    """
    kernels = blas_kernels(_instructions())
    if kernels:
        os.environ.setdefault("OPENBLAS_CORETYPE", kernels)
    for name, value in THREADS.items():
        os.environ.setdefault(name, value)
    for name, size in _KEPT.items():
        variable = f"MALLOC_{name}_THRESHOLD_"
        if variable not in os.environ:
            os.environ[variable] = str(size)
            with contextlib.suppress(AttributeError, OSError):  # another C library than GNU's
                ctypes.CDLL(None).mallopt(_PARAMETER[name], size)


def blas_kernels(instructions: set[str]) -> str:
    """Return the name of OpenBLAS's kernels for a processor's instructions; nothing where it is left to OpenBLAS."""
    return next((name for name, needed in KERNELS.items() if needed <= instructions), "")


def _instructions() -> set[str]:
    """What the first processor says that it knows, on x86 under Linux; nothing elsewhere."""
    try:
        with Path("/proc/cpuinfo").open("rb") as stream:  # the first of many processors is in its beginning
            lines = stream.read(8192).decode("ascii", errors="replace").splitlines()
    except OSError:
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())
