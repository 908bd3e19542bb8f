"""Reads a finished run directory; what is absent or damaged is noted in words, never fatal.

Files and keys are those the command line promises; a report draws from them alone and solves nothing.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

from meshes.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Read = TypeVar("Read")
Section = dict[str, Any]
CASE, SUMMARY = "case.toml", "summary.json"

UNREADABLE = (OSError, ValueError, KeyError, TypeError, ArithmeticError, EOFError, BadZipFile)
"""What damaged files raise: parsers of TOML, JSON and Parquet all derive their errors from these."""


@dataclass(frozen=True)
class Problem:
    """A file that is missing or damaged, told by a phrase that can be translated."""

    phrase: str
    file: str
    error: str = ""


@dataclass(frozen=True)
class RunDirectory:
    """The parts of one run; absent parts are empty or None."""

    path: Path
    case: Section
    summary: Section
    history: pd.DataFrame | None = None
    year: pd.DataFrame | None = None
    loop: Section = field(default_factory=dict)
    network: Section = field(default_factory=dict)
    blocks: Section = field(default_factory=dict)
    operating_map: Section = field(default_factory=dict)
    comparison: Section = field(default_factory=dict)
    reserve: Section = field(default_factory=dict)
    draws: pd.DataFrame | None = None
    fields: tuple[Path, ...] = ()
    frames: Path | None = None
    log: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """Name of the case, or of the folder where the case has none."""
        name = self.section("case").get("name") or self.summary.get("case") or self.path.resolve().name
        return str(name)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the package's layers, bottom to top."""
        layers = self.section("package").get("layer")
        if not isinstance(layers, list):
            return ()
        return tuple(
            str(layer.get("name", index)) for index, layer in enumerate(layers) if isinstance(layer, dict)
        )

    def section(self, key: str) -> Section:
        """Return a section of the case file, empty when it is absent."""
        return mapping(self.case, key)

    def result(self, key: str) -> Section:
        """Return a section of the summary, empty when it is absent."""
        return mapping(self.summary, key)


def read_run(path: Path) -> RunDirectory:
    """Read what a run directory holds.

    Raises
    ------
    InputError
        If there is no such directory, or it holds no run.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no run directory there; expected the folder that `vascool run -o` wrote")
    if not any((path / name).is_file() for name in (CASE, SUMMARY)):
        raise InputError(
            f"{path}: holds neither {CASE} nor {SUMMARY}; expected the folder that `vascool run -o` wrote"
        )
    problems: list[Problem] = []

    def read(name: str, reader: Callable[[Path], Read], absent: Read, *, required: bool = False) -> Read:
        file = path / name
        if not file.is_file():
            if required:
                problems.append(Problem("{file} is missing", name))
            return absent
        try:
            return reader(file)
        except UNREADABLE as error:
            problems.append(Problem("{file} cannot be read ({error})", name, type(error).__name__))
            return absent

    nothing: Section = {}
    return RunDirectory(
        path=path,
        case=read(CASE, _toml, nothing, required=True),
        summary=read(SUMMARY, _json, nothing, required=True),
        history=read("history.parquet", _table, None),
        year=read("year.parquet", _table, None),
        loop=read("loop.json", _json, nothing),
        network=read("fields/network.json", _json, nothing),
        blocks=read("fields/blocks.json", _json, nothing),
        operating_map=read("operating_map.json", _json, nothing),
        comparison=read("comparison.json", _json, nothing),
        reserve=read("reserve.json", _json, nothing),
        draws=read("uncertainty/results.parquet", _table, None),
        fields=tuple(sorted(path.glob("fields/module_*.vtu"))),
        frames=path / "fields/frames.npz" if (path / "fields/frames.npz").is_file() else None,
        log=read("run.log", _text, ""),
        problems=tuple(problems),
    )


def mapping(parent: Section, key: str) -> Section:
    """Return ``parent[key]`` where it is a mapping, else an empty one."""
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def listed(section: Section, key: str) -> list[Section]:
    """Return the mappings in the list ``section[key]``; empty where there is no such list."""
    found = section.get(key)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _json(file: Path) -> Section:
    read = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(read, list):
        return {"rows": read}
    if not isinstance(read, dict):
        raise ValueError("expected an object or a list")
    return read


def _toml(file: Path) -> Section:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _table(file: Path) -> pd.DataFrame | None:
    import pandas as pd

    return pd.read_parquet(file)
