"""What stands in a table of a report: text, and numbers with the digits that count."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import ClassVar

from reports.figures.style import thousands
from reports.verdict import is_number

Cell = str | float | int | None
NOTHING = 1e-20
"""Numbers below this are round-off of zero."""


class Measured(float):
    """A number of SI that pages show in another unit, beside it; files keep SI."""

    unit: ClassVar[str]


class Length(Measured):
    """A length [m]: pages show it in µm or mm."""

    unit = "m"


class Temperature(Measured):
    """A temperature [K]: pages show it in degrees Celsius."""

    unit = "K"


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers under named columns; ``bar`` is the column drawn as a bar from 0 to 1."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bar: int | None = None

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column holds numbers, and so is set flush right."""
        return tuple(any(is_number(row[index]) for row in self.rows) for index in range(len(self.columns)))

    def csv(self) -> str:
        """Return the table as CSV; numbers keep every digit, lengths are in metres, temperatures in kelvin."""
        sheet = io.StringIO()
        writer = csv.writer(sheet, lineterminator="\n")
        units = [
            next((cell.unit for row in self.rows if isinstance(cell := row[index], Measured)), "")
            for index in range(len(self.columns))
        ]
        writer.writerow(
            [f"{name} [{unit}]" if unit else name for name, unit in zip(self.columns, units, strict=True)]
        )
        writer.writerows([[_inert(cell) for cell in row] for row in self.rows])
        return sheet.getvalue()


def _inert(cell: Cell) -> Cell:
    """Keep a spreadsheet from running text that looks like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def show(cell: Cell) -> str:
    """Write a number with the digits that count; text as it is.

    Hundreds and thousands, temperatures among them, get two decimals, smaller numbers four digits; thousands stand
    apart by a thin space.

    Examples
    --------
    >>> show(322.8997), show(0.21), show(3.2e-9), show(12), show(None)
    ('322.90', '0.21', '3.2e-09', '12', '–')
    """
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Length):
        return f"{cell * 1e6:.4g}\u00a0µm" if abs(cell) < 1e-3 else f"{cell * 1e3:.4g}\u00a0mm"
    if isinstance(cell, Temperature):
        return celsius_text(cell)
    if isinstance(cell, int) or abs(cell) >= 1e4 or (abs(cell) >= 1e3 and float(cell).is_integer()):
        return thousands(cell) if abs(cell) < 1e12 else f"{cell:.3e}"
    if abs(cell) < NOTHING:
        return "0"
    return thousands(cell, 2) if abs(cell) >= 100 and not float(cell).is_integer() else f"{cell:.4g}"


def celsius_text(kelvin: float) -> str:
    """Write a temperature in degrees Celsius; number and unit stay on one line."""
    return f"{kelvin - 273.15:.2f}\u00a0°C"


SUFFIXES = {"_kg_s": "kg/s", "_1_s": "1/s", "_L_kWh": "L/kWh", "_kWh": "kWh", "_Pa": "Pa", "_kg": "kg"} | {
    "_K": "K",
    "_W": "W",
    "_m": "m",
    "_L": "L",
    "_s": "s",
}
"""Ends of keys that are units."""


def split_unit(name: str) -> tuple[str, str]:
    """Split a key into its name and the unit at its end, ``""`` where it has none.

    Examples
    --------
    >>> split_unit("mass_flow_kg_s"), split_unit("pue")
    (('mass_flow', 'kg/s'), ('pue', ''))
    """
    suffix = next((each for each in SUFFIXES if name.endswith(each)), "")
    return (name.removesuffix(suffix), SUFFIXES[suffix]) if suffix else (name, "")
