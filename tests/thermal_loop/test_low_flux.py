from __future__ import annotations

import math

import numpy as np
import pytest

from tests.thermal_loop.test_loop_model import SINK, rack
from thermal.loop.low_flux import low_flux, low_flux_warnings


@pytest.fixture(scope="module")
def loop():
    return rack(modules=4, design_pressure=25e5)


def at(loop, power):
    return loop.solve(np.full((4, 8), power / 8), SINK)


def test_walls_of_a_faint_wafer_stay_short_of_nucleation(loop):
    # 900 cm2 a module: 20 W are 0.02 W/cm2, 600 W are 0.7 W/cm2
    faint, strong = (low_flux(loop, at(loop, power)) for power in (20.0, 600.0))
    assert faint.idle.all()
    assert not strong.idle.any()
    assert any("below the onset of nucleation in 4 of 4" in line for line in low_flux_warnings(faint))
    assert not any("onset of nucleation" in line for line in low_flux_warnings(strong))


def test_more_heat_brings_the_wall_nearer_to_boiling(loop):
    gaps = []
    for power in (20.0, 50.0, 100.0, 600.0):
        found = low_flux(loop, at(loop, power))
        gaps.append(float((found.convection_superheat - found.onset_superheat).max()))
    assert gaps == sorted(gaps)
    assert gaps[0] < 0.0 < gaps[-1]


def test_onset_follows_davis_and_anderson(loop):
    state = at(loop, 600.0)
    found = low_flux(loop, state)
    s = loop.saturation(state.pressure)
    volume = 1.0 / s.vapour_density - 1.0 / s.liquid_density
    b = s.surface_tension * s.temperature * volume / (s.liquid_conductivity * s.latent_heat)
    # at the onset the flux is the liquid's alone: dT^2 = 8 B h (dT + subcooling), so below the flux of the wall
    flux = 600.0 / loop.evaporator.heated_area
    assert (found.onset_superheat < np.sqrt(8.0 * b * flux).max()).all()
    assert (found.onset_superheat > 0.0).all()


def test_the_plane_of_density_waves_balances_the_energy_of_the_gap(loop):
    state = at(loop, 600.0)
    found = low_flux(loop, state)
    s = loop.saturation(state.unknowns.pressure[loop.rack.network.tail[loop.rack.module_cells[:, 0]]])
    # N_pch - N_sub is the exit quality at the inlet's pressure times the density ratio less one
    quality = (found.phase_change - found.subcooling) / (s.liquid_density / s.vapour_density - 1.0)
    assert quality == pytest.approx(state.exit_quality, abs=2e-3)


def test_pressure_keeps_a_margin_to_its_rating(loop):
    state = at(loop, 300.0)
    margin = loop.margins(state)["design_pressure"]
    assert margin == pytest.approx(1.0 - state.unknowns.pressure.max() / 25e5, rel=1e-12)
    assert "design_pressure" not in rack(modules=4).margins(state)
    hot = at(loop, 900.0)
    rating = 0.5 * (state.unknowns.pressure.max() + hot.unknowns.pressure.max())
    weak = rack(modules=4, design_pressure=rating)
    stopped = weak.solve(hot.heat, SINK)
    assert not stopped.feasible
    assert stopped.limit == "design_pressure"
    assert stopped.unknowns.pressure.max() <= rating
    assert state.heat.sum() < stopped.largest_heat < hot.heat.sum()


def test_charge_lies_between_empty_drop_legs_and_full_condensers(loop):
    state = at(loop, 300.0)
    least, most = state.charge_bounds
    assert least < state.charge < most
    n = loop.rack.network
    s = loop.saturation(state.condenser_pressure)
    # from the outlet to the brim: the condenser's volume, liquid for what condenses in it
    room = float(n.volume[n.condensers[0]]) * (s.liquid_density - s.vapour_density)
    assert 0.0 < most - state.charge < room
    leg = n.drop_legs[0]
    column = math.fsum(n.volume[leg]) * (s.liquid_density - s.vapour_density)
    assert state.charge - least == pytest.approx(column, rel=0.02)
