"""What a run reports: the sections of ``summary.json``. Every number is SI or carries its unit in its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from thermal.field.conduction import FieldSolution
    from thermal.loop.low_flux import LowFlux
    from thermal.loop.oscillation import Oscillation
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]
LARGEST_RESIDUAL = 1e-6
"""Of an interface's energy, relative; a run beyond it has failed [-]."""


def module_name(index: int) -> str:
    """Name of a module in results, lowest first."""
    return f"module_{index:02d}"


def chip_section(fields: Sequence[FieldSolution], blocks: Sequence[str]) -> dict[str, Any]:
    """Temperatures of the chips; ``blocks`` are those of the hottest module."""
    maxima = np.array([field.block_maximum for field in fields])
    means = np.array([field.block_mean for field in fields])
    module, block = (int(index) for index in np.unravel_index(int(np.argmax(maxima)), maxima.shape))
    return {
        "T_max_K": float(maxima.max()),
        "T_mean_K": float(means.mean()),
        "hottest_block": blocks[block],
        "hottest_module": module_name(module),
        "modules": {module_name(index): {"T_max_K": float(row.max())} for index, row in enumerate(maxima)},
        "blocks": {
            name: {"T_max_K": float(maxima[module, index]), "T_mean_K": float(means[module, index])}
            for index, name in enumerate(blocks)
        },
    }


def limits_section(
    limits: Mapping[str, float], blocks: Sequence[str], block_maximum: Array
) -> dict[str, dict[str, Any]]:
    """Distance of blocks from limits of their own.

    Parameters
    ----------
    limits
        Largest temperature by pattern of block names [K].
    block_maximum
        Highest temperature of each block, shape (blocks,) [K].
    """
    found: dict[str, dict[str, Any]] = {}
    for mask, limit in limits.items():
        covered = [index for index, name in enumerate(blocks) if fnmatchcase(name, mask)]
        worst = max(covered, key=lambda index: float(block_maximum[index]))
        hottest = float(block_maximum[worst])
        found[mask] = {
            "limit_K": float(limit),
            "T_max_K": hottest,
            "hottest_block": blocks[worst],
            "margin_K": float(limit) - hottest,
        }
    return found


def loop_section(
    state: LoopState,
    fluid: str,
    margins: Mapping[str, float],
    asked: float,
    oscillation: Oscillation | None = None,
) -> dict[str, Any]:
    """Flow, temperatures, pressure balance and margins of the loop that was asked to carry ``asked`` [W]."""
    names = [module_name(index) for index in range(state.mass_flow.size)]
    return {
        "fluid": fluid,
        "feasible": state.feasible,
        "limit": state.limit,
        "heat_asked_W": asked,
        "heat_W": float(state.heat.sum()),
        "largest_heat_W": _number(state.largest_heat),
        "T_sat_evaporator_K": float(state.saturation_temperature.max()),
        "T_sat_condenser_K": state.condensing_temperature,
        "condenser_pressure_Pa": state.condenser_pressure,
        "subcooling_K": state.subcooling,
        "flooded_share": state.flooded_share,
        "charge_kg": state.charge,
        "charge_bounds_kg": list(state.charge_bounds),
        "condensers": {
            f"condenser_{index:02d}": {
                "heat_W": one.heat,
                "mass_flow_kg_s": one.mass_flow,
                "T_sat_K": one.temperature,
                "pressure_Pa": one.pressure,
                "flooded_share": one.flooded_share,
                "liquid_level_m": one.liquid_level,
            }
            for index, one in enumerate(state.condensers)
        },
        "mass_flow_kg_s": state.total_mass_flow,
        "module_mass_flow_kg_s": dict(zip(names, state.mass_flow.tolist(), strict=True)),
        "exit_quality": dict(zip(names, state.exit_quality.tolist(), strict=True)),
        "regime": state.regime,
        "pressure_drops_Pa": state.pressure_drops,
        "oscillation": None
        if oscillation is None
        else {
            "stable": oscillation.stable,
            # slopes are differences: of an eigenvalue of theirs the first digits mean something
            "growth_rate_1_s": float(f"{oscillation.growth_rate:.4g}"),
            "period_s": _number(float(f"{oscillation.period:.4g}")),
        },
        "margins": {name: _number(value) for name, value in asked_margins(state, margins, asked).items()},
        "residuals": {
            "momentum_rel": state.residuals.momentum_rel,
            "energy_rel": state.residuals.energy_rel,
            "mass_rel": state.residuals.mass_rel,
        },
    }


def asked_margins(state: LoopState, margins: Mapping[str, float], asked: float) -> dict[str, float]:
    """Margins of the state; of a loop that carries too little, the limit's is that of the heat that was asked for."""
    found = dict(margins)
    if not state.feasible and state.limit in found:
        largest = state.largest_heat if np.isfinite(state.largest_heat) else 0.0
        found[state.limit] = 1.0 - asked / max(largest, 1e-3 * asked)
    return found


def low_flux_section(found: LowFlux) -> dict[str, Any]:
    """Density-wave plane, suppressed boiling and onset of nucleation of the modules, lowest first."""
    names = [module_name(index) for index in range(found.phase_change.size)]
    geysers = found.incubation[found.suppressed > 0.0]
    return {
        "phase_change_number": dict(zip(names, found.phase_change.tolist(), strict=True)),
        "subcooling_number": dict(zip(names, found.subcooling.tolist(), strict=True)),
        "density_wave_margin": float(found.density_wave_margin.min()),
        "modules_with_suppressed_boiling": int((found.suppressed > 0.0).sum()),
        "geysering_period_s": _number(float(geysers.min(initial=np.inf))),
        "modules_below_onset": None if np.isnan(found.onset_superheat).any() else int(found.idle.sum()),
        "onset_superheat_K": _number(float(found.onset_superheat.max())),
        "convection_superheat_K": _number(float(found.convection_superheat.min())),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def failures(summary: Mapping[str, Any]) -> list[str]:
    """Say what makes a run fail: a loop that cannot carry its heat, a limit passed, an energy that does not close."""
    found = []
    loop = summary.get("loop") or {}
    if loop.get("feasible") is False:
        could = loop.get("largest_heat_W")
        carried = "" if could is None else f"; it could carry {could:.4g} W"
        found.append(f"the loop cannot carry {loop['heat_asked_W']:.4g} W: {loop['limit']}{carried}")
    else:
        margins = loop.get("margins") or {}
        found += [
            f"limit passed: {name} (margin {value:.3f})"
            for name, value in margins.items()
            if (value or 0.0) < 0.0
        ]
    passed = (loop.get("transient") or {}).get("limits_passed") or {}
    found += [
        f"limit passed: transient {name} (margin {one['margin']:.3f}), first at {one['first_s']:.4g} s, "
        f"for {one['duration_s']:.4g} s in all"
        for name, one in passed.items()
    ]
    runaway = (summary.get("chip") or {}).get("runaway_margin")
    if runaway is not None and runaway < 0.0:
        found.append(f"limit passed: thermal runaway by leakage (margin {runaway:.3f})")
    chip = summary.get("chip") or {}
    for study, section in (("steady", chip), ("transient", chip.get("transient") or {})):
        found += [
            f"limit passed: {study} temperature of {one['hottest_block']} ({mask}) is {one['T_max_K']:.2f} K, "
            f"allowed {one['limit_K']:.2f} K"
            for mask, one in (section.get("limits") or {}).items()
            if one["margin_K"] < 0.0
        ]
    found += _year_failures(summary.get("facility") or {})
    energy = summary.get("energy") or {}
    found += [
        f"energy does not close: {name} is {value:.3g}, allowed {LARGEST_RESIDUAL:g}"
        for name, value in energy.items()
        if value is not None and not value <= LARGEST_RESIDUAL
    ]
    return found


def _year_failures(facility: Mapping[str, Any]) -> list[str]:
    """Say in how many hours of the year the loop or the chip passes a limit."""
    found = []
    stopped, hot = facility.get("hours_infeasible") or 0, facility.get("hours_with_hot_chip") or 0
    if stopped:
        name = facility.get("limit") or "no steady state"
        found.append(
            f"limit passed: the loop cannot carry the heat in {stopped} of 8760 hours of the year: {name}"
        )
    if hot:
        limit = facility["temperature_limit_K"]
        found.append(f"limit passed: the chip is above {limit:.2f} K in {hot} of 8760 hours of the year")
    return found
