"""The sweep directory: rows appended as Parquet parts, each whole or not there; one sweep at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coupling.locked_folder import locked_folder
from coupling.results import to_json
from coupling.whole_file import whole_file
from meshes.errors import InputError

TABLE = "results.parquet"
ANSWERS = "sweep.json"
SWEEP = "sweep.toml"
MERGE_BEYOND = 200
"""Parts beyond which they are merged into one."""
Row = dict[str, Any]


class SweepDirectory:
    """Folder of one sweep.

    Each part is written under a temporary name, flushed to the disk and renamed: a kill at any moment loses no row that
    was appended. A row is found by its design's key, so a part read twice does no harm.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def opened(self, *, resume: bool, force: bool) -> Iterator[SweepDirectory]:
        """Create or reopen the folder and hold its lock.

        Raises
        ------
        InputError
            If a sweep is there already and neither ``resume`` nor ``force`` was asked for, or another process is at
            work there.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: is a file; -o expects a folder")
        if (self.path / "summary.json").exists():
            raise InputError(f"{self.path}: holds a run, not a sweep; choose another -o")
        foreign = sorted(
            entry.name
            for entry in (self.path.iterdir() if self.path.is_dir() else ())
            if not _is_ours(entry.name)
        )
        if foreign:
            raise InputError(
                f"{self.path}: holds files that are no sweep's ({', '.join(foreign[:3])}); choose another -o"
            )
        with locked_folder(self.path, "sweep"):
            if (self._parts() or (self.path / TABLE).exists()) and not (resume or force):
                raise InputError(
                    f"{self.path}: holds a sweep already; --resume goes on with it, --force starts anew"
                )
            for leftover in [*self.path.glob(".partial-*"), *self._folder.glob(".partial-*")]:
                leftover.unlink()
            if force and not resume:
                self._clear()
            self._folder.mkdir(exist_ok=True)
            yield self

    @property
    def _folder(self) -> Path:
        return self.path / "parts"

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.parquet"))

    def _clear(self) -> None:
        for file in [*self._parts(), self.path / TABLE, self.path / ANSWERS]:
            file.unlink(missing_ok=True)

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows as one more part."""
        if not rows:
            return
        parts = self._parts()
        number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0
        self._write_rows(self._folder / f"part-{number:08d}.parquet", rows)
        if len(parts) >= MERGE_BEYOND:
            merged = list(self.rows().values())
            old = self._parts()
            # the merged part takes the last name; the others are its copies until they are gone
            self._write_rows(old[-1], merged)
            for part in old[:-1]:
                part.unlink()

    def rows(self) -> dict[str, Row]:
        """Read all rows by their design's key; columns that a row does not have are absent from it."""
        import pyarrow.parquet as pq

        found: dict[str, Row] = {}
        for part in self._parts():
            for row in pq.read_table(part).to_pylist():
                found[row["key"]] = {name: value for name, value in row.items() if value is not None}
        return found

    def write_table(self, rows: Sequence[Row]) -> Path:
        """Write the sweep's table."""
        return self._write_rows(self.path / TABLE, rows)

    def write_answers(self, answers: Mapping[str, Any]) -> None:
        """Write what the sweep says, as JSON."""
        self.write_text(ANSWERS, to_json(answers) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file whole."""
        target = self.path / name
        with whole_file(target) as partial:
            partial.write_text(text, encoding="utf-8")

    def _write_rows(self, target: Path, rows: Sequence[Row]) -> Path:
        import pyarrow.parquet as pq

        with whole_file(target) as partial, partial.open("wb") as stream:
            pq.write_table(to_table(rows), stream)
            stream.flush()
            os.fsync(stream.fileno())
        return target


def _is_ours(name: str) -> bool:
    return name in {TABLE, ANSWERS, SWEEP, "parts", "runs"} or name.startswith((".", "report"))


def to_table(rows: Sequence[Row]) -> Any:
    """Columns in the order in which the rows bring them; a column of several types is text."""
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if len(kinds) > 1:
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    return pa.array(values)
