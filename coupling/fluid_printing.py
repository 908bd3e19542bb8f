"""What ``vascool fluids`` shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from coupling.console import console
from meshes.errors import InputError
from meshes.quantity import to_si
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluid_tables import UNITS, fluid_rows, saturation_rows

CELSIUS = 273.15
ROWS = 13
"""Of a saturation table whose range is not given."""
_COLUMNS = (
    ("temperature", "T °C", 1.0, -CELSIUS),
    ("pressure", "p bar", 1e-5, 0.0),
    ("liquid_density", "ρl kg/m³", 1.0, 0.0),
    ("vapour_density", "ρv kg/m³", 1.0, 0.0),
    ("latent_heat", "hlv kJ/kg", 1e-3, 0.0),
    ("liquid_viscosity", "μl μPa·s", 1e6, 0.0),
    ("liquid_conductivity", "kl mW/mK", 1e3, 0.0),
    ("surface_tension", "σ mN/m", 1e3, 0.0),
)
"""Field, heading, factor and offset of the printed table; the JSON has them all in SI."""


def fluid_list() -> list[dict[str, Any]]:
    """Return the offered fluids as plain data."""
    return [
        {
            "name": row.name,
            "aliases": list(row.aliases),
            "backends": list(row.backends),
            "temperature_range_K": list(row.temperature_range),
            "critical_temperature_K": row.critical_temperature,
            "critical_pressure_Pa": row.critical_pressure,
            "pressure_at_40_celsius_Pa": row.pressure_at_40_celsius,
            "sources": row.sources,
            "notes": list(row.notes),
        }
        for row in fluid_rows()
    ]


def saturation_table(name: str, backend: str, low: str | None, high: str | None) -> dict[str, Any]:
    """Return a saturation table of one fluid as plain data, with the source of each property.

    Raises
    ------
    InputError
        For an unknown fluid, or a range that is no temperature or outside the fluid's tables.
    """
    fluid = load_fluid(name, backend)
    first, last = _bound("--from", low), _bound("--to", high)
    bottom, top = fluid.temperature_range
    start = max(bottom, CELSIUS) if first is None else first
    stop = min(top, CELSIUS + 80.0) if last is None else last
    if not bottom <= start < stop <= top:
        raise InputError(
            f"{fluid.name}: need {bottom:.2f} K <= --from < --to <= {top:.2f} K, got {start:g} and {stop:g} K"
        )
    table = saturation_rows(fluid, start, stop, (stop - start) / (ROWS - 1) * (1.0 - 1e-12))
    columns = {f"{key} [{unit}]": np.atleast_1d(getattr(table, key)).tolist() for key, unit in UNITS.items()}
    return {
        "name": fluid.name,
        "backend": fluid.backend,
        "saturation": columns,
        "sources": fluid.sources,
        "notes": list(fluid.notes),
    }


def _bound(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return to_si(text, "K")
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None


def print_fluid_list(rows: list[dict[str, Any]]) -> None:
    """Print the offered fluids."""
    from rich.table import Table

    table = Table("fluid", "also", "backends", "range °C", "critical °C, bar", "bar at 40 °C")
    for row in rows:
        bottom, top = (temperature - CELSIUS for temperature in row["temperature_range_K"])
        pressure = row["pressure_at_40_celsius_Pa"]
        critical = f"{row['critical_temperature_K'] - CELSIUS:.1f}, {row['critical_pressure_Pa'] / 1e5:.1f}"
        table.add_row(
            row["name"],
            ", ".join(row["aliases"]),
            ", ".join(row["backends"]),
            f"{bottom:.0f} … {top:.0f}",
            critical,
            "–" if pressure is None else f"{pressure / 1e5:.3f}",
        )
    console().print(table)


def print_saturation_table(data: dict[str, Any]) -> None:
    """Print a saturation table and its sources."""
    from rich.table import Table

    table = Table(*(heading for _, heading, _, _ in _COLUMNS), title=data["name"], title_justify="left")
    columns = [
        [factor * value + offset for value in data["saturation"][f"{key} [{UNITS[key]}]"]]
        for key, _, factor, offset in _COLUMNS
    ]
    for values in zip(*columns, strict=True):
        table.add_row(*(f"{value:.5g}" for value in values))
    out = console()
    out.print(table)
    for name, source in data["sources"].items():
        out.print(f"{name}: {source}", markup=False, soft_wrap=True)
    for note in data["notes"]:
        out.print(f"note: {note}", markup=False, soft_wrap=True)
