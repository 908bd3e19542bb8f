"""Importing DOLFINx without what it does besides: to the loader, to the root logger, and to the time of a small run."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
import sys
import types
from collections.abc import Iterator

from thermal import ranks

_ALONE = {
    "OMPI_MCA_ess_singleton_isolated": "1",
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "self",
}
"""For Open MPI in a process of its own: no daemon to wait for (0.2 s), no search for networks."""


@contextlib.contextmanager
def quiet_import() -> Iterator[None]:
    """Keep what importing DOLFINx changes to itself: the loader's flags and the root logger.

    Debian's package makes the symbols of every later extension global, which crashes HDF5 and VTK; FFCx configures the
    root logger. The command line is hidden: DOLFINx hands it to its own log, which fails on names that are no text.
    """
    arguments = sys.argv
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    original = getattr(sys, "setdlopenflags", None)
    if original is not None:
        sys.setdlopenflags = lambda flags: None
    sys.argv = ["vascool"]
    try:
        with _versions_alone(), _without_peers():
            yield
    finally:
        sys.argv = arguments
        if original is not None:
            sys.setdlopenflags = original
        root.handlers[:] = handlers
        root.setLevel(level)


@contextlib.contextmanager
def _versions_alone() -> Iterator[None]:
    """Stand in for setuptools' ``pkg_resources``, of which UFL and FFCx want their own version and nothing else.

    It looks through every package that is installed, a quarter of the time in which DOLFINx is loaded.
    """
    name = "pkg_resources"
    if name in sys.modules:
        yield
        return
    stand_in = types.ModuleType(name)
    stand_in.__dict__["get_distribution"] = importlib.metadata.distribution
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


@contextlib.contextmanager
def _without_peers() -> Iterator[None]:
    """Tell MPI, which starts during the import, that no other rank will come, where nobody started any."""
    added = (
        [] if ranks.count() > 1 or "PMIX_RANK" in os.environ else [n for n in _ALONE if n not in os.environ]
    )
    os.environ.update({name: _ALONE[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
