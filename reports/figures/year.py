"""The facility over a year: PUE by month, and by hour and month."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reports.figures.style import BLUE, GREY, ORANGE, Figure, canvas, celsius, finish, label
from reports.language import Words
from reports.run_directory import RunDirectory

MONTH_HOURS = np.cumsum([0, 744, 672, 744, 720, 744, 720, 744, 744, 720, 744, 720, 744])
"""First hour of each month of a year of 8760 h."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

LEAST_SPREAD = 0.002
"""A PUE that varies less than this over the year is drawn as one colour."""

Series = npt.NDArray[np.float64]


def month_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """PUE of each month as bars, outdoor temperature beside it."""
    year = hourly(run)
    if year is None:
        return None
    month, it_power, total, dry_bulb = year
    present = np.unique(month)
    energy = [(total[month == m].sum(), it_power[month == m].sum()) for m in present]
    pue = np.array([used / it if it else np.nan for used, it in energy])
    drawing = canvas()
    axes = drawing.subplots()
    bars = axes.bar(present, pue - 1.0, width=0.62, color=BLUE, bottom=1.0, label=tr("PUE of the month"))
    for bar, value in zip(bars, pue, strict=True):  # at the foot, where the temperature's line never runs
        foot = (bar.get_x() + 0.5 * bar.get_width(), 1.0)
        axes.annotate(
            f"{value:.3f}", foot, (0, 3), textcoords="offset points", ha="center", fontsize=7.5, color="white"
        )
    axes.set_ylim(1.0, 1.0 + 1.25 * float(np.nanmax(pue - 1.0, initial=1e-3)))
    axes.set_xticks(present, [tr(MONTHS[m]) for m in present])
    axes.grid(visible=False, axis="x")
    annual = total.sum() / it_power.sum()
    axes.axhline(annual, color=GREY, lw=0.9, ls="--", label=tr("PUE of the year: {pue:.3f}", pue=annual))
    axes.set_ylabel(tr("PUE [–]"))
    if np.isfinite(dry_bulb).any():
        other = axes.twinx()
        other.grid(visible=False)
        other.spines["right"].set_visible(True)
        means = [dry_bulb[month == m].mean() for m in present]
        other.plot(present, means, color=ORANGE, marker="o", ms=3, label=tr("outdoor air, mean"))
        other.set_ylabel(tr("Outdoor air [°C]"))
        other.margins(y=0.25)
    drawing.legend(loc="outside upper left", ncols=3)
    same = _is_flat(np.divide(total, it_power, out=np.full(total.shape, np.nan), where=it_power > 0))
    return finish(
        drawing, "pue_month", tr("PUE by month"), tr("The PUE is the same in every hour.") if same else ""
    )


def _is_flat(ratio: Series) -> bool:
    """Whether the PUE does not move."""
    return bool(np.nanmax(ratio) - np.nanmin(ratio) < LEAST_SPREAD)


def hour_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """PUE by hour of day and month as a heat map; None where it is the same in every hour."""
    year = hourly(run)
    if year is None or year[0].size < 48:
        return None
    month, it_power, total, _ = year
    hour = np.arange(month.size) % 24
    shape = (24, 12)
    used, it = np.zeros(shape), np.zeros(shape)
    np.add.at(used, (hour, month), total)
    np.add.at(it, (hour, month), it_power)
    ratio = np.divide(used, it, out=np.full(shape, np.nan), where=it > 0)
    if _is_flat(ratio):
        return None
    drawing = canvas(height=3.3)
    axes = drawing.subplots()
    axes.grid(visible=False)
    drawn = axes.imshow(ratio, origin="lower", aspect="auto", cmap="cividis", extent=(-0.5, 11.5, 0, 24))
    axes.set_xticks(range(12), [tr(name) for name in MONTHS])
    axes.set_yticks(range(0, 25, 4))
    axes.set_ylabel(tr("Hour of the day [h]"))
    drawing.colorbar(drawn, ax=axes, label=tr("PUE [–]"), pad=0.02)
    return finish(drawing, "pue_hour", tr("PUE by hour and month"))


def weather_figure(run: RunDirectory, tr: Words) -> Figure | None:
    """Daily range of outdoor air, saturation and chip temperature through the year."""
    table = run.year
    if table is None or "dry_bulb_K" not in table or len(table) < 48:
        return None
    days = len(table) // 24
    drawing = canvas()
    axes = drawing.subplots()
    entries = (
        ("dry_bulb_K", "outdoor air", ORANGE),
        ("T_sat_evaporator_K", "saturation, evaporator", "#009e73"),
        ("T_max_K", "hottest point", "#d55e00"),
    )
    for name, title, colour in entries:
        if name not in table:
            continue
        daily = celsius(table[name])[: days * 24].reshape(days, 24)
        axes.fill_between(range(days), daily.min(1), daily.max(1), color=colour, alpha=0.35, lw=0)
        axes.plot(daily.mean(1), color=colour, lw=1.0, label=tr(title))
    label(axes, tr("Day of the year [d]"), tr("Temperature [°C]"))
    axes.set_xlim(0, days - 1)
    drawing.legend(loc="outside upper left", ncols=3)
    return finish(
        drawing, "year", tr("Temperatures through the year"), tr("Lines: mean of the day; bands: its range.")
    )


def hourly(run: RunDirectory) -> tuple[npt.NDArray[np.int64], Series, Series, Series] | None:
    """Return month index, IT power [W], total power [W] and outdoor air [°C] of each hour; None without."""
    table = run.year
    if table is None or not {"it_power_W", "total_power_W"} <= set(table.columns) or table.empty:
        return None
    hour = np.arange(len(table)) % 8760
    month = np.searchsorted(MONTH_HOURS, hour, side="right") - 1
    it_power, total = (table[name].to_numpy(float) for name in ("it_power_W", "total_power_W"))
    if not it_power.sum() > 0.0:
        return None
    air = celsius(table["dry_bulb_K"]) if "dry_bulb_K" in table else np.full(len(table), np.nan)
    return month, it_power, total, air
