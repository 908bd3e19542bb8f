"""Reduced models in files: those of one run, and those of a machine, which any run, study or design may use again.

Files may be deleted at any time. One that is cut short, foreign or unreadable counts as not there; a folder that cannot
be written is passed over. Processes that want the same model at once make it once: the others wait for the first.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import logging
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from meshes.cache_folder import cache_folder, kept_file
from meshes.errors import InputError
from thermal.field.reduced_model import ReducedModel, ReducedParts
from thermal.field.tensor_kernels import load_kernels, processor

MOST = 1_000_000_000
"""Size of all models of a machine [byte]; those whose last use is longest ago go first."""
_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelFolder:
    """A folder of reduced models by the hash of what each was made from.

    Attributes
    ----------
    path
        Of the folder, which may not exist yet.
    root
        Folder whose files together are held to ``MOST``; ``None``: there is no limit.
    """

    path: Path
    root: Path | None = None

    def model(self, key: str, make: Callable[[], ReducedModel]) -> ReducedModel:
        """Return the model of a key, made and kept if it is not there."""
        found = self.find(key)
        if found is not None:
            return found
        with _alone(self._file(key).with_suffix(".lock")):
            found = self.find(key)
            if found is None:
                found = make()
                log.info("reduced model made: %d modes", found.order)
                with contextlib.suppress(OSError):
                    self._keep(found, self._file(key))
        return found

    def find(self, key: str) -> ReducedModel | None:
        """Return the model of a key, if it is there."""
        path = self._file(key)
        try:
            model = load_reduced(path, key)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, InputError):
            return None
        log.info("reduced model found: %s", path)
        with contextlib.suppress(OSError):
            os.utime(path)
        return model

    def _file(self, key: str) -> Path:
        return self.path / f"reduced-{key[:24]}.npz"

    def _keep(self, model: ReducedModel, path: Path) -> None:
        save_reduced(model, path)
        if self.root is None:
            return
        files = [(file, file.stat()) for file in self.root.rglob("*.*") if file.is_file()]
        files.sort(key=lambda one: one[1].st_mtime, reverse=True)
        room = MOST
        for file, about in files:
            room -= about.st_size
            if room < 0:
                file.unlink(missing_ok=True)


def machine_folder() -> ModelFolder:
    """Folder in the user's cache for models that this program makes on this machine.

    Another version of the program or of what it calculates with, another processor, other kernels of linear algebra or
    another number of threads would make other last digits: each has a folder of its own.
    """
    root = cache_folder("reduced")
    return ModelFolder(root / _maker(), root)


@functools.cache
def _maker() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.*")):
        digest.update(source.read_bytes())
    used = (np.__version__, scipy.__version__, type(load_kernels()).__name__, processor())
    digest.update(repr((used, [os.environ.get(name) for name in _SETTINGS])).encode())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that others wait for; go on without where there can be none."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(path.open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            # whoever waits for the file that goes finds the model when it is let in
            stack.callback(path.unlink, missing_ok=True)
        yield


def save_reduced(model: ReducedModel, path: Path) -> None:
    """Write to a ``.npz`` file, whole or not at all."""
    with kept_file(path) as file:
        np.savez(
            file,
            allow_pickle=False,
            **{name: np.asarray(part) for name, part in vars(model.parts).items()},
        )


def load_reduced(path: Path, key: str | None = None) -> ReducedModel:
    """Read a saved model; with ``key``, only if it was made from the content that the key stands for.

    Raises
    ------
    InputError
        If the file is of other content.
    """
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        read = {name: file[name] for name in file.files if name != "allow_pickle"}
    plain = {name: value.item() if value.ndim == 0 else value for name, value in read.items()}
    if key is not None and plain["key"] != key:
        raise InputError(f"{path}: a reduced model of something else")
    return ReducedModel(ReducedParts(**plain))
