"""Samples of saturation lines kept on disk, so that a later run needs no property package.

One file a fluid, backend and version in ``$XDG_CACHE_HOME/vascool/fluids`` (``~/.cache`` where that is not
set), about 50 kB. Files may be deleted at any time; a place that cannot be written is passed over.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import zipfile
from pathlib import Path

import numpy as np

from meshes.cache_folder import cache_folder, kept_file
from meshes.versions import version
from thermal.loop.fluid_list import find_offered
from thermal.loop.fluids import TABULATED, SaturationTable

RECIPE = 3
"""To be raised when the way of sampling changes, so that old files are not used."""
_PACKAGES = {"coolprop": ("CoolProp", "chemicals"), "cantera": ("cantera", "CoolProp", "chemicals")}

logger = logging.getLogger(__name__)


def cached_sample(name: str, backend: str) -> SaturationTable:
    """Return the samples of ``name`` from the file if there is one, else from the backend, and keep them."""
    from thermal.loop.fluid_sources import sample

    path = _path(find_offered(name).name, backend)
    found = _read(path)
    if found is not None:
        return found
    table = sample(name, backend)
    with contextlib.suppress(OSError):
        _write(path, table)
    return table


def _path(name: str, backend: str) -> Path:
    versions = [f"{package} {version(package)}" for package in _PACKAGES[backend]]
    key = json.dumps([RECIPE, name, backend, versions, TABULATED])
    plain = "".join(character for character in name if character.isalnum())
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return cache_folder("fluids") / f"{plain}-{backend}-{digest}.npz"


def _read(path: Path) -> SaturationTable | None:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            values = np.array(file["values"], dtype=float)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        return None
    if values.ndim != 2 or values.shape[1] != len(TABULATED) or not np.all(np.isfinite(values)):
        return None
    logger.debug("fluid table read from %s", path)
    return SaturationTable(
        about["name"],
        about["backend"],
        about["molar_mass"],
        about["critical_temperature"],
        about["critical_pressure"],
        (about["variable"][0], about["variable"][1]),
        values,
        about["sources"],
        tuple(about["notes"]),
    )


def _write(path: Path, table: SaturationTable) -> None:
    about = {
        "name": table.name,
        "backend": table.backend,
        "molar_mass": table.molar_mass,
        "critical_temperature": table.critical_temperature,
        "critical_pressure": table.critical_pressure,
        "variable": table.variable,
        "sources": table.sources,
        "notes": table.notes,
    }
    with kept_file(path) as file:
        np.savez(file, about=np.array(json.dumps(about)), values=table.values)
