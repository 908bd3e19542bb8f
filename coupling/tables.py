"""The short answer of a run, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coupling.console import console

CELSIUS = 273.15


def print_summary(summary: Mapping[str, Any], directory: Path, *, quiet: bool = False) -> None:
    """Print hottest block, loop and margins, PUE, warnings, and where the results lie."""
    from rich.markup import escape
    from rich.table import Table

    out = console()
    table = Table(title=escape(str(summary["case"])), show_header=False, title_justify="left")
    for name, value in summary_rows(summary):
        table.add_row(name, escape(value))
    if not quiet:
        out.print(table)
    for warning in summary["warnings"]:
        out.print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if "reason" in summary:
        out.print(f"[red]stopped:[/] {escape(summary['reason'])}", soft_wrap=True)
    if not quiet:
        out.print(f"results: {escape(str(directory))}", soft_wrap=True)


def summary_rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each line of the short table."""
    rows: list[tuple[str, str]] = []
    chip, loop, facility = summary.get("chip"), summary.get("loop"), summary.get("facility")
    if chip:
        place = ", ".join(
            str(chip[key]) for key in ("hottest_module", "hottest_block") if chip.get(key) is not None
        )
        rows.append(("hottest block", f"{chip['T_max_K'] - CELSIUS:.2f} °C ({place})"))
        rows.append(("mean of the chips", f"{chip['T_mean_K'] - CELSIUS:.2f} °C"))
    if loop:
        rows += _loop_rows(loop)
    if facility:
        rows.append(("PUE", f"{facility['pue']:.3f} (category {facility['pue_category']})"))
        if "hours_infeasible" in facility:  # without a loop there is nothing that could reach a limit
            rows.append(("hours above limit", f"{facility['hours_above_limit']:.0f} of 8760"))
    energy = summary.get("energy") or {}
    if energy:
        rows.append(
            (
                "energy closure",
                ", ".join(f"{key.removesuffix('_rel')} {value:.1e}" for key, value in energy.items()),
            )
        )
    return rows


def _loop_rows(loop: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if loop.get("mass_flow_kg_s") is not None:
        rows.append(("loop", f"{loop['fluid']}, {loop['mass_flow_kg_s'] * 1000:.1f} g/s, {loop['regime']}"))
    if loop.get("T_sat_evaporator_K") is not None:
        temperatures = (loop["T_sat_evaporator_K"] - CELSIUS, loop["T_sat_condenser_K"] - CELSIUS)
        rows.append(
            ("saturation", "{:.2f} °C at the evaporators, {:.2f} °C at the condenser".format(*temperatures))
        )
    if loop.get("largest_heat_W") is not None:
        rows.append(("largest heat", f"{loop['largest_heat_W']:.0f} W"))
    margins = loop.get("margins") or {}
    if margins:
        texts = [f"{name} {value:.2f}" for name, value in margins.items() if value is not None]
        rows.append(("margins (1 far, 0 at limit)", ", ".join(texts)))
    return rows
