"""Kernels of the 27-point operator: compiled from ``tensor_kernels.c`` on first use, with NumPy as a stand-in.

The library and its parsed declarations are kept in the user's cache under a name made of the sources, the compiler's
options, the processor and the version of cffi, and are built under a file lock, anew where a crash or a full disk left
less than the whole. What is there serves without a compiler and from a folder that cannot be written to. Without a
library or cffi, :class:`NumpyKernels` does the same arithmetic more slowly.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import io
import logging
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from meshes.cache_folder import cache_folder, is_whole, seal
from thermal.field.coarsening import Coarsening, Lines
from thermal.field.tensor_grid import Reals
from thermal.field.tensor_numpy import NumpyKernels

Array = NDArray[np.float64]
logger = logging.getLogger(__name__)

_SOURCE = Path(__file__).with_name("tensor_kernels.c")
_TEMPLATE = Path(__file__).with_name("multigrid_kernels.c")
"""Included by the source once for each precision."""
_OPTIONS = ("-O3", "-march=native", "-std=gnu11", "-fPIC", "-shared")
Place: TypeAlias = tuple[int, int, int]
"""Of a face's nodes among the stored ones: the first, and the distances to the next along rows and along columns."""

_C_TYPES = {"d": "double", "f": "float", "i": "int"}
_SWITCH = "VASCOOL_KERNELS"
"""Environment variable; ``numpy`` forgoes the compiled kernels."""


class Kernels(Protocol):
    """What the solvers need done on arrays with margins.

    Nodes are stored by y, z, x, a stencil ``a`` by y, coupling, z, x, weights ``p`` by y, corner, z, x, terms of cells
    by y, term, z, x. All arrays of one call have one type, single or double precision, unless told otherwise.
    """

    name: str

    def apply(self, a: Reals, u: Reals, v: Reals) -> None:
        """``v = A u``."""

    def apply_cells(self, terms: Array, u: Array, v: Array) -> None:
        """``v = A u`` for element coefficients along x, y, z and of mass, if any, in double precision."""

    def apply_face(self, weight: Array, exact: bool, place: Place, u: Array, v: Array) -> None:
        """``v += A u`` for coefficients times areas of a face's rectangles; by the mean of corners where not exact."""

    def scatter(self, term: Array, share: Array, a: Reals) -> None:
        """Add element entries ``share[d, t] term[t, cell]``, ``d = 4 |dz| + 2 |dy| + |dx|`` between corners.

        Terms and shares are in double precision.
        """

    def pivots(self, a: Reals, inverse: Reals) -> None:
        """Reciprocal pivots of the tridiagonal systems along z."""

    def weights(self, a: Reals, coarsening: Coarsening, p: Reals) -> None:
        """Weights of interpolation from south-west, south-east, north-west, north-east; p comes as zeros."""

    def galerkin(self, a: Reals, p: Reals, coarsening: Coarsening, result: Reals) -> None:
        """``result = P^T A P`` (added to zeros)."""

    def descend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, u: Reals, coarse: Reals
    ) -> None:
        """One sweep over the z-lines in four colours from zero to ``u``; ``coarse = P^T (b - A u)``."""

    def ascend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, coarse: Reals, u: Reals
    ) -> None:
        """``u += P coarse``, then one sweep in the opposite order."""

    def dot(self, z: Reals, r: Array) -> float:
        """``z.r``; z in either precision."""

    def follow(self, beta: float, z: Reals, p: Array) -> None:
        """``p = z + beta p``; z in either precision."""

    def advance(self, alpha: float, p: Array, q: Array, x: Array, r: Array) -> float:
        """``x += alpha p``, ``r -= alpha q``; returns ``r.r``."""

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""


class CompiledKernels:
    """The C kernels."""

    name = "c"

    def __init__(self, ffi: Any, library: Any) -> None:
        self._ffi, self._library = ffi, library

    def _of(self, array: Reals | Lines) -> Any:
        return self._ffi.from_buffer(_C_TYPES[array.dtype.char] + "[]", array)

    def _run(self, function: str, numbers: tuple[float, ...], *arrays: Reals | Lines) -> Any:
        pointers = [self._of(a) for a in arrays]
        return getattr(self._library, "vascool_" + function)(*numbers, *pointers)

    def _of_precision(self, function: str, shape: tuple[int, ...], a: Reals, *arrays: Reals | Lines) -> None:
        self._run(f"{function}_{_precision(a)}", shape, a, *arrays)

    def apply(self, a: Reals, u: Reals, v: Reals) -> None:
        """``v = A u``."""
        self._of_precision("apply", _inner(u), a, u, v)

    def apply_cells(self, terms: Array, u: Array, v: Array) -> None:
        """``v = A u`` for element coefficients."""
        ny, count, nz, nx = terms.shape
        self._run("apply_cells", (nz, ny, nx, count), terms, u, v, np.empty(12 * (nx + 2)))

    def apply_face(self, weight: Array, exact: bool, place: Place, u: Array, v: Array) -> None:
        """``v += A u`` for a face."""
        self._run("apply_face", (*weight.shape, *place, exact), np.ascontiguousarray(weight), u, v)

    def scatter(self, term: Array, share: Array, a: Reals) -> None:
        """Add element entries to the stencil."""
        ny, count, nz, nx = term.shape
        arrays = (term, np.ascontiguousarray(share), a, np.empty(8 * nx, a.dtype))
        self._run(f"scatter_{_precision(a)}", (nz, ny, nx, count), *arrays)

    def pivots(self, a: Reals, inverse: Reals) -> None:
        """Reciprocal pivots of the tridiagonal systems along z."""
        self._of_precision("pivots", _inner(inverse), a, inverse)

    def weights(self, a: Reals, coarsening: Coarsening, p: Reals) -> None:
        """Weights of interpolation."""
        nz, _, nx = shape = _inner(a[:, 0])
        work = np.empty(6 * nz * nx, a.dtype)
        self._of_precision("weights", shape, a, coarsening.drop_y, coarsening.drop_x, p, work)

    def galerkin(self, a: Reals, p: Reals, coarsening: Coarsening, result: Reals) -> None:
        """``result = P^T A P``."""
        shape, lines = (*_inner(a[:, 0]), *coarsening.shape), coarsening
        work = np.empty(21 * (shape[2] + 2), a.dtype)
        arrays = (lines.drop_y, lines.drop_x, lines.coarse_y, lines.kept_x, result, work)
        self._of_precision("galerkin", shape, a, p, *arrays)

    def descend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, u: Reals, coarse: Reals
    ) -> None:
        """One sweep from zero; ``coarse = P^T (b - A u)``."""
        shape, lines = (*_inner(u), *coarsening.shape), coarsening
        work = np.empty(4 * u[0].size, a.dtype)
        arrays = (lines.drop_y, lines.drop_x, lines.coarse_y, lines.kept_x, b, u, coarse, work)
        self._of_precision("descend", shape, a, inverse, p, *arrays)

    def ascend(
        self, a: Reals, inverse: Reals, p: Reals, coarsening: Coarsening, b: Reals, coarse: Reals, u: Reals
    ) -> None:
        """``u += P coarse``, then one sweep in the opposite order."""
        shape, lines = (*_inner(u), *coarsening.shape), coarsening
        work = np.empty(2 * u[0].size, a.dtype)
        arrays = (lines.drop_y, lines.coarse_y, lines.coarse_x, b, coarse, u, work)
        self._of_precision("ascend", shape, a, inverse, p, *arrays)

    def dot(self, z: Reals, r: Array) -> float:
        """``z.r``."""
        return float(self._run(f"dot_{_precision(z)}", (z.size,), z, r))

    def follow(self, beta: float, z: Reals, p: Array) -> None:
        """``p = z + beta p``."""
        self._run(f"follow_{_precision(z)}", (z.size, beta), z, p)

    def advance(self, alpha: float, p: Array, q: Array, x: Array, r: Array) -> float:
        """``x += alpha p``, ``r -= alpha q``; returns ``r.r``."""
        return float(self._run("advance", (p.size, alpha), p, q, x, r))

    def scan(self, decay: Array, start: Array, states: Array) -> None:
        """``states[t] += decay * states[t - 1]``, the first from ``start``."""
        self._run("scan", states.shape, decay, np.ascontiguousarray(start), states)


def _precision(array: Reals) -> str:
    return "single" if array.dtype == np.float32 else "double"


def _inner(nodes: Reals) -> tuple[int, int, int]:
    """Nodes along z, y, x."""
    ny, nz, nx = nodes.shape
    return nz - 2, ny - 2, nx - 2


@functools.lru_cache(maxsize=1)
def load_kernels() -> Kernels:
    """Return the compiled kernels where they can be had, else NumPy's."""
    if os.environ.get(_SWITCH) == "numpy":
        return NumpyKernels()
    try:
        library, declarations = _library()
        ffi = _interface(declarations)
        return CompiledKernels(ffi, ffi.dlopen(str(library)))
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        logger.warning("tensor kernels: NumPy's are used, about ten times slower (%s)", error)
        return NumpyKernels()


def _declarations() -> str:
    text = _SOURCE.read_text()
    for precision, real in (("single", "float"), ("double", "double")):
        text += re.sub(r"NAME\((\w+)\)", rf"vascool_\1_{precision}", _TEMPLATE.read_text()).replace(
            "REAL", real
        )
    heads = re.findall(r"^(?:void|double) vascool_\w+\([^)]*\)", text, re.MULTILINE)
    return " ".join(head.replace("restrict ", "") + ";" for head in heads)


def _interface(path: Path) -> Any:
    """Return the declarations as cffi has parsed them; its parser takes longer to load than a small field to solve."""
    spec = importlib.util.spec_from_file_location("vascool_kernels", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path}: no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ffi


def _parse(target: Path) -> None:
    import cffi

    ffi = cffi.FFI()
    ffi.cdef("typedef ptrdiff_t index_t;" + _declarations())
    ffi.set_source("vascool_kernels", None)
    with contextlib.redirect_stdout(io.StringIO()):  # it announces what it writes
        ffi.emit_python_code(str(target))


def _library() -> tuple[Path, Path]:
    """Return the compiled kernels and their parsed declarations, made if they are not there yet."""
    import _cffi_backend

    sources = (_SOURCE.read_bytes(), _TEMPLATE.read_bytes())
    made_of = (sources, _OPTIONS, processor(), _cffi_backend.__version__)
    mark = hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
    folder = cache_folder("kernels")
    library, declarations = folder / f"{mark}.so", folder / f"{mark}.py"
    if not (is_whole(library) and is_whole(declarations)):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (is_whole(library) and is_whole(declarations)):
                _build(library, declarations)
    return library, declarations


def _build(library: Path, declarations: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise OSError("no C compiler on the PATH")
    unfinished = library.with_suffix(".tmp")
    _parse(unfinished)
    unfinished.replace(declarations)
    subprocess.run(
        [compiler, *_OPTIONS, str(_SOURCE), "-o", str(unfinished)], check=True, capture_output=True
    )
    unfinished.replace(library)
    seal(declarations)
    seal(library)


def processor() -> str:
    """Name and abilities of the processor: a library for one may not run on another."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
    names = "flags|model name|Features|CPU (?:implementer|part|variant)"  # of x86, and of ARM
    return "".join(sorted(set(re.findall(rf"^(?:{names}).*$", text, re.MULTILINE))))
