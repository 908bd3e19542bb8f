"""The short answer of a run, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coupling.console import console

CELSIUS = 273.15


def print_summary(summary: Mapping[str, Any], directory: Path, *, quiet: bool = False) -> None:
    """Print hottest block, loop and margins, PUE, warnings, and where the results lie."""
    if quiet and not summary["warnings"] and "reason" not in summary:
        return
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
    if summary.get("network"):
        rows += _network_rows(summary["network"])
    if facility:
        rows.append(("PUE", f"{facility['pue']:.3f} (category {facility['pue_category']})"))
        if "hours_infeasible" in facility:  # without a loop there is nothing that could reach a limit
            rows.append(("hours above limit", f"{facility['hours_above_limit']:.0f} of 8760"))
    rows += _uncertainty_rows(summary.get("uncertainty") or {})
    energy = summary.get("energy") or {}
    if energy:
        rows.append(
            (
                "energy closure",
                ", ".join(f"{key.removesuffix('_rel')} {value:.1e}" for key, value in energy.items()),
            )
        )
    return rows


SURE = {
    "chip.T_max_K": ("hottest block, 5/50/95 %", "°C", -CELSIUS, ".2f"),
    "facility.pue": ("PUE, 5/50/95 %", "", 0.0, ".4f"),
}
"""Quantities of the study of uncertainty that the short table shows beside the margins, with unit, shift and format."""


def _uncertainty_rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    quantities = found.get("quantities") or {}
    for name, (title, unit, shift, digits) in SURE.items():
        if name in quantities:
            rows.append((title, _percentiles(quantities[name], unit, shift, digits)))
    margins = {name: one for name, one in quantities.items() if name.startswith("loop.margins.")}
    if margins:
        least = min(margins, key=lambda name: float(margins[name]["p05"]))
        title = f"margin {least.removeprefix('loop.margins.')}, 5/50/95 %"
        rows.append((title, _percentiles(margins[least], "", 0.0, ".2f")))
    if rows:
        share = f"{100.0 * found['share_within_limits']:.0f} % of {found['samples']}"
        rows.append(("draws within all limits", share))
    return rows


def _percentiles(one: Mapping[str, Any], unit: str, shift: float, digits: str) -> str:
    text = " / ".join(f"{one[each] + shift:{digits}}" for each in ("p05", "p50", "p95"))
    ruling = one.get("dominant")
    share = f", mostly {ruling} ({100.0 * one['shares'][ruling]:.0f} %)" if ruling else ""
    return f"{text} {unit}".rstrip() + share


def _network_rows(network: Mapping[str, Any]) -> list[tuple[str, str]]:
    modules = network["modules"].values()
    quality, fall = ([module[key] for module in modules] for key in ("exit_quality", "pressure_drop_Pa"))
    rows = [
        (
            "channels of a module",
            f"{network['segments']} segments, {network['dry_segments']} dry in all, exit quality "
            f"{min(quality):.3f} to {max(quality):.3f}, fall {max(fall) / 1000.0:.1f} kPa",
        )
    ]
    split = network.get("phase_split") or {}
    if split.get("T_max_change_K") is not None:
        change = f"{split['T_max_change_K']:+.2g} K at the hottest block"
        rows.append((f"phases parted {split['alternative']}", change))
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
