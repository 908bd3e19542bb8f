"""Reading text tables in pieces, with errors that name the file and the line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError

CHUNK_ROWS = 8192
MAXIMUM_COLUMNS = 100_000

Array = npt.NDArray[np.float64]


def numbered_lines(path: Path, comment: str = "#") -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line that is not blank or a comment."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                text = line.strip()
                if text and not text.startswith(comment):
                    yield number, text
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise TraceError(f"{path}: not a text file ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from None


def header(lines: Iterator[tuple[int, str]], path: Path, separator: str | None = None) -> tuple[str, ...]:
    """Read the header of column names: unique, not too many, not numbers."""
    number, text = next(lines, (0, ""))
    if not text:
        raise TraceError(f"{path}: the file is empty; expected a header of names")
    names = tuple(name.strip() for name in text.split(separator))
    if len(names) > MAXIMUM_COLUMNS:
        raise TraceError(
            f"{path}:{number}: header names {len(names)} columns; at most {MAXIMUM_COLUMNS} are read"
        )
    if all(_is_number(name) for name in names):
        raise TraceError(f"{path}:{number}: expected a header of names, found numbers")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise TraceError(f"{path}:{number}: column {name!r} occurs twice in the header")
        seen.add(name)
    return names


def numeric_rows(
    lines: Iterator[tuple[int, str]],
    path: Path,
    columns: int,
    separator: str | None = None,
    minimum: float = 0.0,
) -> Iterator[tuple[list[int], Array]]:
    """Yield (line numbers, rows of shape (n, columns)): finite numbers, none below ``minimum``."""
    while chunk := list(itertools.islice(lines, CHUNK_ROWS)):
        fields = [text.split(separator) for _, text in chunk]
        try:
            rows = np.array(fields, dtype=np.float64)
        except ValueError:
            rows = np.empty(0)
        if rows.shape != (len(chunk), columns) or not np.all(np.isfinite(rows)) or np.any(rows < minimum):
            raise TraceError(f"{path}:{_fault(chunk, columns, separator, minimum)}")
        yield [number for number, _ in chunk], rows


def _fault(chunk: list[tuple[int, str]], columns: int, separator: str | None, minimum: float) -> str:
    for number, text in chunk:
        fields = text.split(separator)
        if len(fields) != columns:
            return f"{number}: expected {columns} values, found {len(fields)}"
        for column, value in enumerate(fields, start=1):
            shown = value.strip()[:40]
            if not _is_number(value):
                return f"{number}: column {column} is {shown!r}, expected a number"
            if not np.isfinite(float(value)):
                return f"{number}: column {column} is {shown}, expected a finite number"
            if float(value) < minimum:
                return f"{number}: column {column} is {shown}, expected at least {minimum:g}"
    return f"{chunk[0][0]}: cannot be read as numbers"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
