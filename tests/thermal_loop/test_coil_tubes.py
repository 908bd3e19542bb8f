from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thermal.loop.closures.boiling import BOILING, BoilingState, BoilingSurface, boiling_closure
from thermal.loop.closures.dry_wall import dry_share, drying_coefficient, vapour_coefficient
from thermal.loop.coil_tubes import TubeBank, TubeFlow, heat_from_air, tube_coefficient, with_film
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.sink import HeatSink

CO2 = load_fluid("CO2")
BANK = TubeBank(flow_area=1.36e-3, perimeter=4.5, length=0.7)
AIR = HeatSink(293.15, 630.0, 900.0)
SEGMENTS = 10


def flow(quality, flux=20.0):
    at = CO2.saturation_at(np.full(SEGMENTS, 287.0))
    return TubeFlow(CO2, at, np.full(SEGMENTS, flux), np.broadcast_to(quality, (SEGMENTS,)).astype(float))


def test_without_a_film_the_segments_are_the_whole_coil():
    heat = heat_from_air(AIR, flow(0.3), BANK, np.full(SEGMENTS, 1e12))
    assert heat.sum() == pytest.approx(-AIR.heat(287.0), rel=1e-9)
    assert np.ptp(heat) == pytest.approx(0.0, abs=1e-9)


def test_the_film_adds_to_the_resistance_of_the_air():
    heat = heat_from_air(AIR, flow(0.3), BANK, np.full(SEGMENTS, 2000.0))
    conductance = 1.0 / (1.0 / AIR.conductance + 1.0 / (2000.0 * BANK.surface))
    assert heat.sum() == pytest.approx(-replace(AIR, conductance=conductance).heat(287.0), rel=1e-9)


def test_superheated_vapour_meets_the_air_at_its_own_temperature():
    state = flow(1.1)
    s = state.saturation
    assert state.temperature == pytest.approx(s.temperature + 0.1 * s.latent_heat / s.vapour_heat_capacity)
    assert flow(0.999).temperature == pytest.approx(s.temperature)


@pytest.mark.parametrize("name", sorted(BOILING))
def test_a_wet_wall_boils_by_its_closure_and_a_dry_one_is_cooled_by_vapour(name):
    heat = np.full(SEGMENTS, 260.0)
    wet = tube_coefficient(heat, flow(0.2), BANK, BOILING[name])
    state = flow(0.2)
    boiling = BoilingState(CO2, state.saturation, state.saturation.temperature, state.mass_flux, 0.2)
    surface = BoilingSurface(BANK.hydraulic_diameter, BANK.length)
    expected = BOILING[name].function(heat * SEGMENTS / BANK.surface, boiling, surface)
    np.testing.assert_allclose(wet, expected, rtol=1e-12)
    dry = tube_coefficient(heat, flow(1.3), BANK, BOILING[name])
    vapour = vapour_coefficient(20.0, state.saturation, BANK.hydraulic_diameter, BANK.length)
    np.testing.assert_allclose(dry, vapour, rtol=1e-12)
    assert np.all(dry < 0.5 * wet)


def test_the_coefficient_falls_steadily_from_incipience_to_all_vapour():
    quality = np.linspace(0.0, 1.2, 400)
    share = dry_share(quality, 0.8)
    assert share[quality <= 0.8] == pytest.approx(0.0)
    assert share[quality >= 1.0] == pytest.approx(1.0)
    falling = drying_coefficient(2000.0, 100.0, share)
    assert np.all(np.diff(falling) <= 0.0)
    assert np.abs(np.diff(falling)).max() < 0.02 * 1900.0


def test_the_film_carries_the_heat_at_the_subcooling_it_was_taken_at():
    """Nusselt: the coefficient goes with the subcooling's power -1/4, so h (Q/(h A))^(1/4) is a property."""
    heat = 2600.0
    cold = HeatSink(283.15, 1000.0, 1100.0)
    sink = with_film(cold, heat, CO2, BANK)
    film = 1.0 / (1.0 / sink.conductance - 1.0 / cold.conductance) / BANK.surface
    s = CO2.saturation_at(cold.temperature + heat / sink.effective_conductance())
    subcooling = heat / (film * BANK.surface)
    weight = s.liquid_density * (s.liquid_density - s.vapour_density) * 9.80665 * s.latent_heat
    inner = s.liquid_conductivity**3 * weight / (s.liquid_viscosity * subcooling * BANK.length)
    assert film == pytest.approx(2.0 * np.sqrt(2.0) / 3.0 * inner**0.25, rel=1e-9)
    assert sink.conductance < cold.conductance


def test_an_idle_coil_still_has_a_coefficient():
    coefficient = tube_coefficient(np.zeros(SEGMENTS), flow(0.0), BANK, boiling_closure("cooper"))
    assert np.all(np.isfinite(coefficient) & (coefficient > 0.0))
