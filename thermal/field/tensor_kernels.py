"""Kernels of the 27-point operator: compiled from ``tensor_kernels.c`` on first use, with NumPy as a stand-in.

The library is kept in the user's cache under a name made of the source, the compiler's options and the processor, and
is built under a file lock. Without a compiler or cffi, :class:`NumpyKernels` does the same arithmetic more slowly.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import logging
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thermal.field.tensor_numpy import NumpyKernels

Array = NDArray[np.float64]
Lines = NDArray[np.int32]
logger = logging.getLogger(__name__)

_SOURCE = Path(__file__).with_name("tensor_kernels.c")
_OPTIONS = ("-O3", "-march=native", "-std=c11", "-fPIC", "-shared")
_SWITCH = "VASCOOL_KERNELS"
"""Environment variable; ``numpy`` forgoes the compiled kernels."""


class Kernels(Protocol):
    """What the multigrid needs done on arrays with margins; ``a`` is a stencil of shape (14, nz, ny, nx)."""

    name: str

    def apply(self, a: Array, u: Array, v: Array) -> None:
        """``v = A u``."""

    def residual(self, a: Array, b: Array, u: Array, v: Array) -> None:
        """``v = b - A u``."""

    def scatter(self, term: Array, share: Array, a: Array) -> None:
        """Add element entries ``share[d, t] term[t, cell]``, ``d = 4 |dz| + 2 |dy| + |dx|`` between corners."""

    def smooth(self, a: Array, inverse: Array, b: Array, u: Array, backward: bool, from_zero: bool) -> None:
        """Sweep once over the z-lines in four colours; ``from_zero`` where u is zero."""

    def weights(self, a: Array, fine_y: Lines, fine_x: Lines, p: Array) -> None:
        """Weights (4, ...) of interpolation from south-west, south-east, north-west, north-east."""

    def galerkin(self, a: Array, p: Array, coarse_y: Lines, coarse_x: Lines, result: Array) -> None:
        """``result = P^T A P`` (added to zeros)."""

    def restrict(self, p: Array, coarse_y: Lines, coarse_x: Lines, fine: Array, coarse: Array) -> None:
        """``coarse = P^T fine``."""

    def prolong(self, p: Array, coarse_y: Lines, coarse_x: Lines, coarse: Array, fine: Array) -> None:
        """``fine += P coarse``."""

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""


class CompiledKernels:
    """The C kernels."""

    name = "c"

    def __init__(self, ffi: Any, library: Any) -> None:
        self._ffi, self._library = ffi, library

    def _of(self, array: Array | Lines) -> Any:
        return self._ffi.from_buffer("double[]" if array.dtype == np.float64 else "int[]", array)

    def _run(self, function: str, shape: tuple[int, ...], *arrays: Array | Lines | int) -> None:
        pointers = [self._of(a) if isinstance(a, np.ndarray) else int(a) for a in arrays]
        getattr(self._library, "vascool_" + function)(*shape, *pointers)

    def apply(self, a: Array, u: Array, v: Array) -> None:
        """``v = A u``."""
        self._run("apply", _inner(u), a, u, v)

    def residual(self, a: Array, b: Array, u: Array, v: Array) -> None:
        """``v = b - A u``."""
        self._run("residual", _inner(u), a, b, u, v)

    def scatter(self, term: Array, share: Array, a: Array) -> None:
        """Add element entries to the stencil."""
        work = np.empty(8 * term.shape[-1])
        self._run("scatter", (*term.shape[1:], len(term)), term, np.ascontiguousarray(share), a, work)

    def smooth(self, a: Array, inverse: Array, b: Array, u: Array, backward: bool, from_zero: bool) -> None:
        """Sweep once over the z-lines in four colours."""
        nz, _, nx = u.shape
        self._run("smooth", _inner(u), a, inverse, b, u, np.empty(2 * nz * nx), backward, from_zero)

    def weights(self, a: Array, fine_y: Lines, fine_x: Lines, p: Array) -> None:
        """Weights of interpolation."""
        shape = _inner(a[0])
        self._run("weights", shape, a, fine_y, fine_x, p, np.empty(6 * shape[0] * shape[2]))

    def galerkin(self, a: Array, p: Array, coarse_y: Lines, coarse_x: Lines, result: Array) -> None:
        """``result += P^T A P``."""
        shape = (*_inner(a[0]), result.shape[2] - 2, result.shape[3] - 2)
        self._run("galerkin", shape, a, p, coarse_y, coarse_x, result, np.empty(32 * shape[0]))

    def restrict(self, p: Array, coarse_y: Lines, coarse_x: Lines, fine: Array, coarse: Array) -> None:
        """``coarse = P^T fine``."""
        shape = (*_inner(fine), coarse.shape[1] - 2, coarse.shape[2] - 2)
        self._run("restrict", shape, p, coarse_y, coarse_x, fine, coarse)

    def prolong(self, p: Array, coarse_y: Lines, coarse_x: Lines, coarse: Array, fine: Array) -> None:
        """``fine += P coarse``."""
        shape = (*_inner(fine), coarse.shape[1] - 2, coarse.shape[2] - 2)
        self._run("prolong", shape, p, coarse_y, coarse_x, coarse, fine)

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""
        self._run("scan", states.shape, decay, np.ascontiguousarray(start), states)


def _inner(nodes: Array) -> tuple[int, int, int]:
    nz, ny, nx = nodes.shape
    return nz - 2, ny - 2, nx - 2


@functools.lru_cache(maxsize=1)
def load_kernels() -> Kernels:
    """Return the compiled kernels where they can be had, else NumPy's."""
    if os.environ.get(_SWITCH) == "numpy":
        return NumpyKernels()
    try:
        import cffi

        ffi = cffi.FFI()
        ffi.cdef("typedef ptrdiff_t index_t;" + _declarations())
        return CompiledKernels(ffi, ffi.dlopen(str(_library())))
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        logger.warning("tensor kernels: NumPy's are used, about ten times slower (%s)", error)
        return NumpyKernels()


def _declarations() -> str:
    heads = re.findall(r"^void vascool_\w+\([^)]*\)", _SOURCE.read_text(), re.MULTILINE)
    return " ".join(head.replace("restrict ", "") + ";" for head in heads)


def _library() -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise OSError("no C compiler on the PATH")
    mark = hashlib.sha256(repr((_SOURCE.read_bytes(), _OPTIONS, _processor())).encode()).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(home) if home else Path.home() / ".cache") / "vascool" / "kernels"
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / f"{mark}.so"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not library.exists():
            unfinished = library.with_suffix(".tmp")
            command = [compiler, *_OPTIONS, str(_SOURCE), "-o", str(unfinished)]
            subprocess.run(command, check=True, capture_output=True)
            unfinished.replace(library)
    return library


def _processor() -> str:
    """Name and abilities of the processor: a library for one may not run on another."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
    return "".join(sorted(set(re.findall(r"^(?:flags|model name).*$", text, re.MULTILINE))))
