"""Closures are asked inside Newton iterations: whatever comes, the answer is a number and no warning."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.loop.closures.boiling import BOILING, BoilingState, BoilingSurface
from thermal.loop.closures.condensation import CONDENSATION, CondensingState, CondensingSurface
from thermal.loop.closures.critical_heat_flux import dry_out_quality, katto_ohno
from thermal.loop.closures.friction import FRICTION
from thermal.loop.closures.void import VOID
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Fluid, Saturation

FLUIDS = ("water", "R134a", "R1233zd(E)", "CO2", "ethanol")
FLUX = np.array([0.0, 1e-9, 1e-3, 1.0, 100.0, 5000.0, -100.0])
QUALITY = np.array([-0.5, 0.0, 1e-12, 1e-4, 0.3, 0.97, 1.0 - 1e-12, 1.0, 1.5])
DIAMETER = np.array([1e-4, 5e-3, 0.2])


def ends(fluid: Fluid) -> Saturation:
    low, high = fluid.temperature_range
    return fluid.saturation_at(np.array([low, 0.5 * (low + high), high]))


def everything(fluid: Fluid) -> tuple[Saturation, np.ndarray, np.ndarray, np.ndarray]:
    """Every combination of state, mass flux, quality and diameter, as flat arrays."""
    s = ends(fluid)
    rows = np.array(list(itertools.product(range(3), FLUX, QUALITY, DIAMETER)))
    place = rows[:, 0].astype(int)
    return Saturation._make(column[place] for column in s), rows[:, 1], rows[:, 2], rows[:, 3]


@pytest.mark.parametrize("name", FLUIDS)
def test_friction_and_void_are_finite_everywhere(name: str) -> None:
    s, flux, quality, diameter = everything(load_fluid(name))
    for closure in FRICTION.values():
        gradient = closure.function(flux, quality, s, diameter, 1e-6)
        assert np.all(np.isfinite(gradient)), closure.name
        assert np.all(np.sign(gradient) == np.sign(flux)), closure.name
    for closure in VOID.values():
        void = closure.function(flux, quality, s, diameter)
        assert np.all((void >= 0.0) & (void <= 1.0 + 1e-12)), closure.name


@pytest.mark.parametrize("name", FLUIDS)
@pytest.mark.parametrize("closure", sorted(BOILING))
def test_wall_curves_are_finite_and_rise_everywhere(name: str, closure: str) -> None:
    fluid = load_fluid(name)
    s = ends(fluid)
    for flux, quality in itertools.product((0.0, 1.0, 2000.0), (-0.2, 0.0, 0.5, 1.0)):
        state = BoilingState(fluid, s, s.temperature - 5.0 * (quality < 0.0), flux, quality)
        curve = WallBoiling(state, BoilingSurface(2e-3, 0.3), closure)
        superheat = np.concatenate([-np.geomspace(100.0, 1e-6, 20), [0.0], np.geomspace(1e-6, 500.0, 60)])
        segment = np.repeat(np.arange(3)[:, None], superheat.size, axis=1)
        q, slope = curve.flux(s.temperature[:, None] + superheat, segment)
        assert np.all(np.isfinite(q)) and np.all(np.isfinite(slope))
        assert np.all(np.diff(q, axis=1) > 0.0)
        assert np.all(slope > 0.0)


@pytest.mark.parametrize("name", FLUIDS)
def test_condensation_and_limits_are_finite_everywhere(name: str) -> None:
    fluid = load_fluid(name)
    s, flux, quality, diameter = everything(fluid)
    for closure in CONDENSATION.values():
        state = CondensingState(fluid, s, flux, quality, 0.0)
        coefficient = np.broadcast_to(closure.function(state, CondensingSurface(8e-3, 1.0)), flux.shape)
        assert np.all(np.isfinite(coefficient)), closure.name
        assert np.all(coefficient >= 0.0), closure.name
    limit = katto_ohno(flux, s, 1e3, diameter, 0.3)
    assert np.all(np.isfinite(limit) & (limit >= 0.0))
    dry = dry_out_quality(flux, 1e4, s, s.pressure / fluid.critical_pressure, diameter)
    assert np.all((dry >= 0.0) & (dry <= 1.0))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(FLUIDS),
    st.floats(0.05, 0.95),
    st.floats(1.0, 1500.0),
    st.floats(5e-4, 0.05),
    st.sampled_from(["muller-steinhagen-heck", "homogeneous", "friedel"]),
)
def test_friction_grows_with_the_flow(
    name: str, place: float, flux: float, diameter: float, law: str
) -> None:
    fluid = load_fluid(name)
    low, high = fluid.temperature_range
    s = fluid.saturation_at(low + place * (high - low))
    x = np.linspace(0.0, 1.0, 21)
    function = FRICTION[law].function
    assert np.all(function(1.05 * flux, x, s, diameter, 1e-6) > function(flux, x, s, diameter, 1e-6))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FLUIDS), st.floats(0.02, 0.97), st.floats(0.02, 0.97))
def test_saturation_properties_are_ordered_in_temperature(name: str, one: float, other: float) -> None:
    fluid = load_fluid(name)
    low, high = fluid.temperature_range
    cold, hot = sorted((low + one * (high - low), low + other * (high - low)))
    a, b = fluid.saturation_at(cold), fluid.saturation_at(max(hot, cold + 1e-3))
    assert a.pressure < b.pressure
    assert a.liquid_enthalpy < b.liquid_enthalpy
    assert a.latent_heat > b.latent_heat
    assert a.vapour_density < b.vapour_density
    assert a.surface_tension > b.surface_tension
    assert fluid.saturation_temperature(a.pressure) == pytest.approx(cold, rel=1e-9)
