"""How far a loop is from each of its limits: 1 far, 0 at the limit, below 0 passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermal.loop.closures.critical_heat_flux import gap_critical_heat_flux, pool_critical_heat_flux
from thermal.loop.closures.flooding import wallis_heat
from thermal.loop.limits import critical_heat_flux_margin, dry_out_margin, flooding_margin, pressure_margin
from thermal.loop.network import Floats

if TYPE_CHECKING:
    from thermal.loop.model import LoopModel
    from thermal.loop.state import LoopState


# above a module there is liquid enough to fall back into it while vapour fills less than this (assumption)
# [-]
WET_VOID = 0.8


def loop_margins(model: LoopModel, state: LoopState, peak_flux: Floats | None) -> dict[str, float]:
    """Margins of a loop by name."""
    return {
        "chf": _critical_flux(model, state, peak_flux),
        "dryout": _dryout(model, state, peak_flux),
    } | loop_side_margins(model, state, _peak(model, state, peak_flux))


def loop_side_margins(model: LoopModel, state: LoopState, peak_flux: Floats) -> dict[str, float]:
    """Margins that do not ask how the evaporators are made."""
    margins = {
        "choking": 1.0 - state.critical_flow_share,
        "ledinegg": float(min(1.0, state.static_stability)),
        "charge": min(one.level_margin for one in state.condensers),
        "start_up": _start_up(model, state, peak_flux),
    }
    if model.loop.condensing.vapour_inlet == "bottom":
        margins["flooding"] = _flooding(model, state)
    if model.loop.design_pressure is not None:
        highest = float(state.unknowns.pressure.max())
        margins["design_pressure"] = float(pressure_margin(highest, model.loop.design_pressure))
    return margins


def _peak(model: LoopModel, state: LoopState, peak_flux: Floats | None) -> Floats:
    if peak_flux is not None:
        return np.asarray(peak_flux, dtype=float)
    segment_area = model.gap.heated_area / model.segments
    return np.asarray(state.heat.max(axis=1) / segment_area, dtype=float)


def _critical_flux(model: LoopModel, state: LoopState, peak_flux: Floats | None) -> float:
    """Peak flux of every module against the wall's pool limit, mean flux against the channel's."""
    s = model.saturation(state.pressure[:, -1])
    subcooling = -state.equilibrium_quality[:, 0] * s.latent_heat
    gap = model.gap
    room = critical_heat_flux_margin(
        _peak(model, state, peak_flux),
        state.heat.sum(axis=1) / gap.heated_area,
        state.mass_flux,
        s,
        subcooling,
        4.0 * gap.flow_area / gap.width,
        gap.length,
        gap=gap.gap,
    )
    limit = np.minimum(pool_critical_heat_flux(s), gap_critical_heat_flux(s, gap.gap, gap.length))
    pool = 1.0 - _peak(model, state, peak_flux) / limit
    room = np.where(_reflux(model, state) > 0.0, np.maximum(room, pool), room)
    return float(1.0 - (1.0 - room.min()) / model.loop.closures.chf_factor)


def _dryout(model: LoopModel, state: LoopState, peak_flux: Floats | None) -> float:
    """Exit quality of the modules against the onset of dry-out of the film."""
    gap = model.gap
    heated_share = gap.width / (2.0 * (gap.width + gap.gap))
    s = model.saturation(state.pressure[:, -1])
    room = dry_out_margin(
        state.exit_quality,
        state.mass_flux,
        _peak(model, state, peak_flux),
        s,
        model.fluid,
        gap.hydraulic_diameter,
        heated_share,
    )
    room = 1.0 - (1.0 - room) / model.loop.closures.dryout_factor
    return float(np.maximum(room, _reflux(model, state)).min())


def _reflux(model: LoopModel, state: LoopState) -> Floats:
    """Margin of each module's heat to what liquid that falls back into its gap can keep wet [-].

    At low heat a module may have next to no net flow and still stand full of liquid: vapour rises out of it
    and liquid takes its place from above, up to the flooding limit of the gap (Wallis 1969, for a wide gap
    with twice its depth as diameter). Counts only below liquid; -inf elsewhere.
    """
    gap = model.gap
    s = model.saturation(state.pressure[:, -1])
    diameter = 2.0 * gap.gap
    largest = wallis_heat(s, diameter) * gap.flow_area / (0.25 * np.pi * diameter**2)
    wet = (state.void_above < WET_VOID) & (gap.inclination > 0.1)
    return np.where(wet, 1.0 - state.heat.sum(axis=1) / largest, -np.inf)


def _flooding(model: LoopModel, state: LoopState) -> float:
    """Vapour that rises in the condensers' tubes against the condensate that drains."""
    spec = model.loop.condensing
    shares = [unit.share for unit in model.units] or [1.0]
    room = [
        flooding_margin(one.heat / (share * spec.passages), model.saturation(one.pressure), spec.diameter)
        for one, share in zip(state.condensers, shares, strict=True)
    ]
    return float(min(room))


def _start_up(model: LoopModel, state: LoopState, flux: Floats) -> float:
    """Superheat that nucleation asks for against the one that is allowed (Davis and Anderson 1966)."""
    s = model.saturation(state.pressure[:, 0])
    superheat = np.sqrt(
        8.0
        * s.surface_tension
        * s.temperature
        * flux
        / (s.liquid_conductivity * s.latent_heat * s.vapour_density)
    )
    return float(1.0 - superheat.max() / model.loop.wall_superheat_for_start)
