"""The run directory: written piece by piece, each piece whole or not there."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from coupling.locked_folder import locked_folder
from coupling.whole_file import whole_file
from meshes.errors import InputError
from meshes.versions import version
from thermal import ranks

SUMMARY = "summary.json"
CASE = "case.toml"
STUDIES = "studies"
MARK = "studies/case.json"
"""Which case a folder holds a run of."""
_KNOWN = {
    "case.toml",
    "summary.json",
    "run.log",
    "history.parquet",
    "year.parquet",
    "fields",
    "studies",
    "loop.json",
    "operating_map.json",
    "comparison.json",
    "reserve.json",
    "comparison.html",
    "comparison_files",
    "uncertainty",
}

log = logging.getLogger(__name__)


class RunDirectory:
    """Folder of one run.

    Every file is written under a temporary name in the same folder and then renamed, so that an interruption at
    any moment leaves whole files only. A lock keeps a second run out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def keeps(self) -> bool:
        """Whether files are written."""
        return True

    @contextlib.contextmanager
    def opened(self, *, case_text: str, digest: str, resume: bool, force: bool) -> Iterator[RunDirectory]:
        """Create or reopen the folder for a run and hold its lock.

        Raises
        ------
        InputError
            If a run is there already and neither ``resume`` nor ``force`` was asked for, if what is to be resumed is
            of another case or version, if the folder holds what is no run's, or if another process is writing there.
        """
        self._check(digest, resume, force)
        with locked_folder(self.path, "run"):
            if not resume:
                self._clear()
            # the mark first: a folder without it is no run's, and nothing in it is touched
            self.write_json(MARK, {"vascool": version("vascool"), "sha256": digest})
            self.write_text(CASE, case_text)
            yield self

    def _check(self, digest: str, resume: bool, force: bool) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: is a file; -o expects a folder")
        names = sorted(entry.name for entry in self.path.iterdir()) if self.path.is_dir() else []
        names = [name for name in names if not name.startswith(".")]
        earlier = self.read_json(MARK)
        foreign = [name for name in names if earlier is None or not self._is_ours(name)]
        if not names or (resume and earlier is not None and self._same(earlier, digest)):
            return
        if foreign:
            raise InputError(
                f"{self.path}: holds files that are no run's ({', '.join(foreign[:3])}); choose another -o"
            )
        if not force:
            raise InputError(
                f"{self.path}: holds a run already; --resume goes on with it, --force overwrites it"
            )

    def _same(self, earlier: Mapping[str, Any], digest: str) -> bool:
        """Whether an earlier run is one of this case by this version; what else it is, an error says."""
        for name, now, what in (("vascool", version("vascool"), "version"), ("sha256", digest, "case")):
            if earlier.get(name) != now:
                raise InputError(
                    f"{self.path}: holds a run of another {what}; nothing to resume (use --force to overwrite it)"
                )
        return True

    @staticmethod
    def _is_ours(name: str) -> bool:
        return name in _KNOWN or name.startswith((".partial-", "report"))

    def _clear(self) -> None:
        for entry in self.path.iterdir():
            if not self._is_ours(entry.name):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def write(self, name: str, save: Callable[[Path], None]) -> Path:
        """Let ``save`` write to a temporary path (same suffix), then move it to ``name``."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as partial:
            save(partial)
        return target

    def write_text(self, name: str, text: str) -> Path:
        """Write UTF-8 text."""

        def save(path: Path) -> None:
            path.write_text(text, encoding="utf-8")

        return self.write(name, save)

    def write_json(self, name: str, content: Mapping[str, Any]) -> Path:
        """Write JSON: keys in the order given, numbers to full precision, no NaN."""
        return self.write_text(name, to_json(content) + "\n")

    def write_arrays(self, name: str, **arrays: Any) -> Path:
        """Write NumPy arrays as ``.npz``."""

        def save(path: Path) -> None:
            with zipfile.ZipFile(path, "w") as archive:  # np.savez leaves it open when the disk is full
                for key, values in arrays.items():
                    with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                        np.save(member, values, allow_pickle=False)

        return self.write(name, save)

    def write_table(self, name: str, columns: Mapping[str, Any], *, passing: bool = False) -> Path:
        """Write columns of equal length as Parquet; what is only ``passing`` as quickly as it can be read again."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_arrays([_arrow(values) for values in columns.values()], list(columns))

        def save(path: Path) -> None:
            options = {"use_dictionary": False, "compression": "none"} if passing else packing(table.schema)
            pq.write_table(table, path, **options)

        return self.write(name, save)

    def remove(self, name: str) -> None:
        """Remove a file that is not needed any more; one that is not there is no fault."""
        (self.path / name).unlink(missing_ok=True)

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Read JSON written earlier; ``None`` if it is not there or not readable."""
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content

    def read_arrays(self, name: str) -> dict[str, Any] | None:
        """Read arrays written earlier; ``None`` if they are not there or not readable."""
        try:
            with np.load(self.path / name, allow_pickle=False) as archive:
                return {key: archive[key] for key in archive.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    @contextlib.contextmanager
    def logging_to_file(self) -> Iterator[IO[str]]:
        """Send the log of vascool to ``run.log`` while the run lasts."""
        with (self.path / "run.log").open("a", encoding="utf-8") as stream:
            handler = logging.StreamHandler(stream)
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            roots = [logging.getLogger(name) for name in ("coupling", "thermal", "meshes")]
            for root in roots:
                root.addHandler(handler)
                root.setLevel(logging.INFO)
            try:
                yield stream
            finally:
                for root in roots:
                    root.removeHandler(handler)


class RanksDirectory(RunDirectory):
    """A run directory of several ranks: the first one writes and reads, the others are told what it read."""

    @contextlib.contextmanager
    def opened(self, *, case_text: str, digest: str, resume: bool, force: bool) -> Iterator[RunDirectory]:
        """Let the first rank create or reopen the folder; what it refuses, all refuse."""
        with contextlib.ExitStack() as stack:
            one = RunDirectory(self.path).opened(
                case_text=case_text, digest=digest, resume=resume, force=force
            )

            def enter() -> None:
                stack.enter_context(one)

            ranks.from_first(enter)
            yield self

    def write(self, name: str, save: Callable[[Path], None]) -> Path:
        """Write on the first rank."""
        return super().write(name, save) if ranks.is_first() else self.path / name

    def remove(self, name: str) -> None:
        """Remove on the first rank."""
        if ranks.is_first():
            super().remove(name)

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Read JSON on the first rank for all."""
        return ranks.from_first(lambda: RunDirectory.read_json(self, name))

    def read_arrays(self, name: str) -> dict[str, Any] | None:
        """Read arrays on the first rank for all."""
        return ranks.from_first(lambda: RunDirectory.read_arrays(self, name))

    @contextlib.contextmanager
    def logging_to_file(self) -> Iterator[IO[str]]:
        """Keep the first rank's log."""
        with (
            super().logging_to_file() if ranks.is_first() else contextlib.nullcontext(io.StringIO()) as stream
        ):
            yield stream


class Unwritten(RunDirectory):
    """A run directory that keeps nothing: for runs of which only the summary is wanted."""

    def __init__(self) -> None:
        super().__init__(Path())

    @property
    def keeps(self) -> bool:
        """Whether files are written."""
        return False

    def write(self, name: str, save: Callable[[Path], None]) -> Path:
        """Write nothing."""
        return self.path / name

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Find nothing."""
        return None

    def read_arrays(self, name: str) -> dict[str, Any] | None:
        """Find nothing."""
        return None


def _arrow(values: Any) -> Any:
    """Arrow array of numbers or truth values, without the half second in which ``pyarrow.array`` imports pandas."""
    import pyarrow as pa

    plain = np.ascontiguousarray(values)
    buffer = np.packbits(plain, bitorder="little") if plain.dtype == np.bool_ else plain
    return pa.Array.from_buffers(pa.from_numpy_dtype(plain.dtype), plain.size, [None, pa.py_buffer(buffer)])


def packing(schema: Any) -> dict[str, Any]:
    """How Parquet packs numbers that hardly repeat: no dictionary, bytes of one place together (a third smaller)."""
    import pyarrow as pa

    floats = {field.name: "BYTE_STREAM_SPLIT" for field in schema if pa.types.is_floating(field.type)}
    return {"use_dictionary": False, "compression": "zstd", "compression_level": 1, "column_encoding": floats}


def to_json(content: Any) -> str:
    """Serialise results: NumPy scalars and arrays as numbers and lists, non-finite numbers as ``null``."""
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
