"""Progress of long work: bars on a terminal, plain lines when piped, nothing when quiet."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Protocol


class Progress(Protocol):
    """What long work tells whoever watches."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Say that ``done`` of ``total`` parts of ``stage`` are finished."""


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """Tell nobody."""


@contextlib.contextmanager
def reporter(*, quiet: bool) -> Iterator[Progress]:
    """Yield the progress reporter that suits where stderr goes."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield bars
    else:
        yield _lines()


@contextlib.contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as display:
        tasks = {}

        def report(stage: str, done: int, total: int, note: str = "") -> None:
            if stage not in tasks:
                tasks[stage] = display.add_task(stage, total=total, note=note)
            display.update(tasks[stage], completed=done, total=total, note=note)

        yield report


def _lines(every: float = 2.0) -> Progress:
    last: dict[str, float] = {}

    def report(stage: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if done < total and now - last.get(stage, -every) < every:
            return
        last[stage] = now
        sys.stderr.write(f"{stage}: {done}/{total}{f' {note}' if note else ''}\n")

    return report
