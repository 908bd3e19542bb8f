"""EnergyPlus weather files, read strictly: a year that is not whole is refused with file, line and reason.

Format: EnergyPlus Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary". Eight header lines,
then 8760 rows (a leap day, if there is one, is dropped) of 35 fields; read here are month, day and hour (fields
2 to 4), dry bulb (7), relative humidity (9) and station pressure (10).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from coupling.errors import WeatherError
from coupling.plant.weather import DAYS_OF_MONTH, HOURS, Weather

HEADER = (
    "LOCATION",
    "DESIGN CONDITIONS",
    "TYPICAL/EXTREME PERIODS",
    "GROUND TEMPERATURES",
    "HOLIDAYS/DAYLIGHT SAVINGS",
    "COMMENTS 1",
    "COMMENTS 2",
    "DATA PERIODS",
)
OTHER_SPELLING = {"HOLIDAYS/DAYLIGHT SAVINGS": "HOLIDAYS/DAYLIGHT SAVING"}
"""Most files write the former, EnergyPlus and its data dictionary the latter."""
LONGEST = 50_000_000
"""Larger files are no weather of one year [bytes]."""
COLUMNS = {
    # name: (field from 0, missing from here on, lowest, highest), limits of the data dictionary
    "dry bulb [degC]": (6, 99.9, -70.0, 70.0),
    "relative humidity [%]": (8, 999.0, 0.0, 110.0),
    "pressure [Pa]": (9, 999999.0, 31000.0, 120000.0),
}


def read_epw(path: Path | str) -> Weather:
    """Read one year of weather from an EPW file.

    Raises
    ------
    WeatherError
        With file and line, if the file cannot be trusted.
    """
    path = Path(path)
    lines = _lines(path)
    location = _location(path, lines)
    _header(path, lines)
    rows = np.array(list(_rows(path, lines)))
    return Weather(
        name=location["name"],
        dry_bulb=rows[:, 0] + 273.15,
        relative_humidity=np.minimum(rows[:, 1] / 100.0, 1.0),
        pressure=rows[:, 2],
        synthetic=False,
        note=f"EnergyPlus weather file {path.name}; relative humidity above 100 % is read as 100 %.",
        latitude=location["latitude"],
        longitude=location["longitude"],
        elevation=location["elevation"],
    )


def _fault(path: Path, line: int, what: str) -> WeatherError:
    return WeatherError(f"{path}:{line}: {what}")


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > LONGEST:
            raise WeatherError(f"{path}: larger than {LONGEST // 1_000_000} MB, no weather file of one year")
        raw = path.read_bytes()
    except OSError as error:
        raise WeatherError(f"{path}: cannot be read: {error.strerror}") from None
    if b"\0" in raw:
        raise WeatherError(f"{path}: is binary, not an EPW text file")
    # place names come in Latin-1; the numbers are ASCII in any case
    return raw.decode("utf-8-sig", errors="replace").splitlines()


def _location(path: Path, lines: list[str]) -> dict[str, Any]:
    fields = lines[0].split(",") if lines else []
    if not fields or fields[0].strip().upper() != "LOCATION":
        raise _fault(path, 1, "expected the header line 'LOCATION,...'")
    if len(fields) < 10:
        raise _fault(path, 1, f"LOCATION has {len(fields)} fields, expected 10")
    limits = {
        "latitude": (6, 90.0),
        "longitude": (7, 180.0),
        "time zone": (8, 14.0),
        "elevation": (9, 9999.9),
    }
    found = {}
    for name, (index, limit) in limits.items():
        found[name] = _number(path, 1, name, fields[index])
        if abs(found[name]) > limit:
            raise _fault(path, 1, f"{name} {fields[index].strip()} is outside ±{limit:g}")
    if abs(found["time zone"] - found["longitude"] / 15.0) > 4.0:
        raise _fault(
            path,
            1,
            f"time zone {found['time zone']:g} h does not fit longitude {found['longitude']:g} degree",
        )
    return {"name": fields[1].strip() or path.stem, **found}


def _header(path: Path, lines: list[str]) -> None:
    for number, name in enumerate(HEADER, start=1):
        given = lines[number - 1].split(",")[0].strip().upper() if len(lines) >= number else "end of file"
        if given not in (name, OTHER_SPELLING.get(name)):
            raise _fault(path, number, f"expected the header line {name!r}, found {given[:40]!r}")
    periods = [field.strip() for field in lines[7].split(",")]
    if len(periods) < 3 or periods[1] != "1" or periods[2] != "1":
        raise _fault(path, 8, "expected one data period of one record an hour (DATA PERIODS,1,1,...)")


def _rows(path: Path, lines: list[str]) -> Iterator[list[float]]:
    """Yield the values of COLUMNS for each hour, each hour checked to stand in its place of the year."""
    calendar = _calendar()
    expected: tuple[int, int, int] | None = next(calendar)
    leap_hours = 0
    for number, line in enumerate(lines[8:], start=9):
        if not line.strip():
            continue
        fields = line.split(",")
        if len(fields) < 35:
            raise _fault(path, number, f"{len(fields)} fields, expected 35")
        stamp = _stamp(path, number, fields)
        if stamp[:2] == (2, 29):
            leap_hours += 1
            if stamp[2] != leap_hours or expected != (3, 1, 1):
                raise _fault(path, number, f"hour {stamp[2]} of 29 February is out of order")
            continue
        if expected is None:
            raise _fault(path, number, f"more than {HOURS} hours")
        if stamp != expected:
            raise _fault(path, number, f"expected month, day, hour {expected}, found {stamp}")
        yield [_value(path, number, name, fields) for name in COLUMNS]
        expected = next(calendar, None)
    if expected is not None:
        raise _fault(path, len(lines), f"file ends before month, day, hour {expected}")
    if leap_hours not in (0, 24):
        raise _fault(path, len(lines), f"29 February has {leap_hours} hours")


def _calendar() -> Iterator[tuple[int, int, int]]:
    """Month, day, hour (1 to 24) of a year without a leap day."""
    for month, days in enumerate(DAYS_OF_MONTH, start=1):
        for day in range(1, days + 1):
            for hour in range(1, 25):
                yield month, day, hour


def _stamp(path: Path, line: int, fields: list[str]) -> tuple[int, int, int]:
    values = []
    for index, name in ((1, "month"), (2, "day"), (3, "hour")):
        number = _number(path, line, name, fields[index])
        if number != int(number):
            raise _fault(path, line, f"{name} {fields[index]!r} is no whole number")
        values.append(int(number))
    return values[0], values[1], values[2]


def _value(path: Path, line: int, name: str, fields: list[str]) -> float:
    index, missing, low, high = COLUMNS[name]
    number = _number(path, line, name, fields[index])
    if number == missing:
        raise _fault(path, line, f"{name} is missing (code {missing:g})")
    if not low <= number <= high:
        raise _fault(path, line, f"{name} {number:g} is outside {low:g} ... {high:g}")
    return number


def _number(path: Path, line: int, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _fault(path, line, f"{name} {text.strip()[:40]!r} is no number") from None
    if not math.isfinite(number):
        raise _fault(path, line, f"{name} {text.strip()!r} is not finite")
    return number
