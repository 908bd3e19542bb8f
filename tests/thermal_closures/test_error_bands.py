"""Published errors of closures: what they mean as a scatter, and factors that carry it into the physics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from thermal.loop.closures.boiling import BoilingState, BoilingSurface, boiling_closure
from thermal.loop.closures.critical_heat_flux import CRITICAL_HEAT_FLUX_BAND, DRY_OUT_BAND
from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.listing import BY_ROLE, closure_rows
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluid_loading import load_fluid


@pytest.mark.parametrize("deviation", [0.05, 0.125, 0.203, 0.42])
def test_a_scatter_has_the_mean_deviation_that_is_stated(deviation: float) -> None:
    scatter = ErrorBand(deviation, "made up").scatter
    mean, _ = quad(lambda z: abs(math.exp(scatter * z) - 1.0) * norm.pdf(z), -12.0, 12.0, points=[0.0])
    assert mean == pytest.approx(deviation, rel=1e-7)


@pytest.mark.parametrize(("width", "share"), [(0.1, 0.9), (0.3, 0.95), (0.3, 0.77), (1.5, 0.99)])
def test_a_scatter_has_the_share_of_points_within_the_stated_width(width: float, share: float) -> None:
    scatter = ErrorBand(width, "made up", share=share).scatter
    deviation = np.exp(scatter * norm.ppf((np.arange(200_000) + 0.5) / 200_000)) - 1.0
    assert np.mean(np.abs(deviation) < width) == pytest.approx(share, abs=1e-4)


def test_small_deviations_are_those_of_a_normal_error() -> None:
    """For small scatter ``E|z| = (2/pi)^(1/2)`` standard deviations."""
    assert ErrorBand(1e-3, "made up").scatter == pytest.approx(1e-3 * math.sqrt(math.pi / 2.0), rel=1e-3)
    assert ErrorBand(0.0, "made up").scatter == 0.0


def test_bands_are_those_of_the_papers_and_name_their_source() -> None:
    band = friction_closure("friedel").band
    assert band is not None
    assert band.deviation == 0.40
    assert CRITICAL_HEAT_FLUX_BAND.deviation == 0.30
    assert DRY_OUT_BAND.deviation == 0.125
    for role in BY_ROLE.values():
        for closure in role.values():
            assert closure.band is None or (closure.band.source and 0.0 < closure.band.scatter < 1.0)
    assert {row["name"]: row["error"] for row in closure_rows()}["cooper"] == ""


@pytest.mark.parametrize("name", ["kim-mudawar", "liu-winterton"])
def test_a_wall_takes_the_factor_times_the_coefficient_of_its_closure(name: str) -> None:
    """Where the liquid is saturated, convection is inside the closure: ``q = f h(q) (T_w - T_sat)``."""
    fluid = load_fluid("R134a", "auto")
    at = fluid.saturation_at(np.array([313.15]))
    state = BoilingState(fluid, at, at.temperature, np.array([300.0]), np.array([0.2]))
    surface = BoilingSurface(3e-3, 0.3)
    law = WallBoiling(state, surface, name, factor=1.7)
    flux, _ = law.flux(at.temperature + 8.0, np.array([0]))
    assert flux == pytest.approx(1.7 * 8.0 * boiling_closure(name).function(flux, state, surface), rel=1e-4)
