"""Errors of what people hand in (case files, traces, weather) and of where results shall go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from meshes.errors import InputError


class CaseError(InputError):
    """One or more faults of a case file, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type[CaseError], tuple[list[str]]]:
        return type(self), (list(self.faults),)


class TraceError(InputError):
    """A power trace that cannot be read or does not fit its floorplan."""


class OutputError(InputError):
    """A file or folder that cannot be written, such as on a full disk."""


class WeatherError(InputError):
    """A weather file that cannot be trusted."""


@contextlib.contextmanager
def faults_in(path: Path, section: str) -> Iterator[None]:
    """Say which case file and section led to a fault; what names a file of its own keeps that in front."""
    try:
        yield
    except InputError as error:
        raise CaseError([f"{path}: {section}: {line}" for line in str(error).splitlines()]) from error
