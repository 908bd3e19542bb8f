"""The low-flux end: whether walls start to boil at all, and how a loop may swing where they hardly do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermal.loop.closures.nucleate_boiling import onset_superheat
from thermal.loop.closures.single_phase import ONE_SIDED_NUSSELT, wall_coefficient
from thermal.loop.density_wave import (
    density_wave_margin,
    geysering_period,
    phase_change_number,
    subcooling_number,
)
from thermal.loop.network import Floats
from thermal.loop.specs import EvaporatorSpec

if TYPE_CHECKING:
    from thermal.loop.model import LoopModel
    from thermal.loop.state import LoopState

# the condensers get vapour where more than this arrives [-]
_NO_VAPOUR = 1.0e-6


@dataclass(frozen=True)
class LowFlux:
    """Numbers of each module that tell how boiling goes on in it, (modules,).

    Attributes
    ----------
    phase_change, subcooling
        Numbers of the density-wave plane [-].
    density_wave_margin
        To Ishii's limit: 1 far, 0 at it [-].
    suppressed
        Whether static head keeps the liquid from boiling up to the module's outlet, while vapour forms above.
    incubation
        Time in which the heat brings the module's liquid to boiling, a lower bound of a geyser's period [s].
    onset_superheat
        Wall superheat at which nucleation begins, least along the module; NaN for channels [K].
    convection_superheat
        That the wall reaches where liquid alone takes the heat; below the former no bubbles form [K].
    """

    phase_change: Floats
    subcooling: Floats
    density_wave_margin: Floats
    suppressed: Floats
    incubation: Floats
    onset_superheat: Floats
    convection_superheat: Floats

    @property
    def idle(self) -> Floats:
        """Whether the wall stays below the onset of nucleation everywhere."""
        return np.asarray(self.convection_superheat < self.onset_superheat, dtype=float)


def low_flux(model: LoopModel, state: LoopState) -> LowFlux:
    """Numbers of the density-wave plane, suppressed boiling and the onset of nucleation at a steady state."""
    n, ports, cells = model.rack.network, model.evaporator, model.rack.module_cells
    heat, flow = state.heat.sum(axis=1), np.maximum(np.abs(state.mass_flow), 1e-12)
    first = n.tail[cells[:, 0]]
    s = model.saturation(state.unknowns.pressure[first])
    inlet = s.liquid_enthalpy - state.unknowns.enthalpy[first]
    losses = (ports.inlet_K, ports.outlet_K, 0.0)
    arriving = state.unknowns.enthalpy[n.tail[n.condensers]]
    top = model.saturation(state.unknowns.pressure[n.tail[n.condensers]])
    flashing = bool((arriving > top.liquid_enthalpy + _NO_VAPOUR * top.latent_heat).any())
    onset, reached = _superheats(model, state)
    return LowFlux(
        phase_change=phase_change_number(heat, flow, s),
        subcooling=subcooling_number(inlet, s),
        density_wave_margin=np.asarray(density_wave_margin(heat, flow, inlet, s, losses)),
        suppressed=np.where((state.exit_quality < 0.0) & (heat > 0.0), float(flashing), 0.0),
        incubation=geysering_period(n.volume[cells].sum(axis=1), s, inlet, np.maximum(heat, 1e-9)),
        onset_superheat=onset,
        convection_superheat=reached,
    )


def _superheats(model: LoopModel, state: LoopState) -> tuple[Floats, Floats]:
    """Superheats of onset and of convection alone where a module's wall is closest to boiling [K]; NaN for channels."""
    gap = model.evaporator
    if not isinstance(gap, EvaporatorSpec):
        return (np.full(model.modules, np.nan),) * 2
    s = model.saturation(state.pressure)
    slopes = model.fluid.saturation_slopes(s.pressure)
    expansion = -slopes.liquid_density / (slopes.temperature * s.liquid_density)
    subcooling = s.temperature - state.liquid_temperature
    flux = state.heat / (gap.heated_area / model.segments)
    excess = np.zeros_like(subcooling)
    for _ in range(3):  # the buoyancy at the wall goes with its temperature
        convection = wall_coefficient(
            state.mass_flux[:, None],
            s,
            expansion,
            subcooling + excess,
            gap.hydraulic_diameter,
            gap.length,
            ONE_SIDED_NUSSELT,
        )
        excess = np.maximum(flux / convection - subcooling, 0.0)
    onset = onset_superheat(s, convection, subcooling)
    closest = np.argmax(flux / convection - subcooling - onset, axis=1)
    modules = np.arange(state.heat.shape[0])
    return onset[modules, closest], (flux / convection - subcooling)[modules, closest]


def low_flux_warnings(found: LowFlux) -> tuple[str, ...]:
    """Warnings of geysers, density waves and walls without bubbles, which a stable steady state does not exclude."""
    modules, warnings = found.phase_change.size, []
    suppressed = found.suppressed > 0.0
    if suppressed.any():
        period = max(float(found.incubation[suppressed].min()), 0.0)
        warnings.append(
            f"static head suppresses boiling in {int(suppressed.sum())} of {modules} modules, vapour forms "
            f"above them: flow may swing like a geyser, with a period of {period:.3g} s or more"
        )
    passed = int((found.density_wave_margin < 0.0).sum())
    if passed:
        warnings.append(f"density waves may arise in {passed} of {modules} modules (Ishii 1971)")
    idle = found.idle > 0.0
    if idle.any():
        short = float((found.onset_superheat - found.convection_superheat)[idle].max())
        warnings.append(
            f"heat flux is below the onset of nucleation in {int(idle.sum())} of {modules} modules: their walls stay "
            f"up to {short:.3g} K short of it, liquid carries the heat away and boiling is intermittent"
        )
    return tuple(warnings)
