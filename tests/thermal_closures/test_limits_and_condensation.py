from __future__ import annotations

import ht
import numpy as np
import pytest

from thermal.loop.closures.condensation import (
    CondensingState,
    CondensingSurface,
    condensation_closure,
    mean_coefficient,
)
from thermal.loop.closures.critical_heat_flux import (
    LIENHARD_DHIR,
    dry_out_quality,
    gap_critical_heat_flux,
    katto_ohno,
    pool_critical_heat_flux,
)
from thermal.loop.closures.flooding import (
    bond_number,
    dimensionless_vapour_speed,
    faghri_heat,
    tien_chung_heat,
    wallis_heat,
)
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Saturation
from thermal.loop.limits import (
    critical_heat_flux_margin,
    dry_out_margin,
    flooding_margin,
    margin,
    pressure_margin,
)

R134A = load_fluid("R134a")
AT_40 = R134A.saturation_at(313.15)


def test_pool_limit_equals_ht_and_the_worked_number() -> None:
    values = dict.fromkeys(Saturation._fields, 1.0)
    values |= {
        "surface_tension": 8.2e-3,
        "latent_heat": 272e3,
        "liquid_density": 567.0,
        "vapour_density": 18.09,
    }
    assert pool_critical_heat_flux(Saturation(**values), LIENHARD_DHIR) == pytest.approx(
        444307.22304342285, rel=1e-9
    )
    theirs = ht.boiling_nucleic.Zuber(
        AT_40.surface_tension, AT_40.latent_heat, AT_40.liquid_density, AT_40.vapour_density, K=0.131
    )
    assert pool_critical_heat_flux(AT_40) == pytest.approx(theirs, rel=1e-12)


def test_channel_limit_of_a_long_tube_at_low_flow_is_near_the_evaporation_of_all_liquid() -> None:
    flux, diameter, length = 20.0, 2e-3, 0.5
    all_vapour = flux * AT_40.latent_heat * diameter / (4.0 * length)
    assert katto_ohno(flux, AT_40, 0.0, diameter, length) == pytest.approx(all_vapour, rel=0.25)


def test_channel_limit_takes_the_numbers_of_each_regime() -> None:
    """By hand: b, r, z in the three formulas for light vapour, the least counts."""
    diameter, length = 4e-3, 0.32
    r, z = AT_40.vapour_density / AT_40.liquid_density, 80.0
    for flux in (30.0, 300.0, 5000.0):
        b = AT_40.surface_tension * AT_40.liquid_density / (flux**2 * length)
        regimes = (
            (0.25 + 0.0009 * 30.0) * b**0.043 / z,
            0.1 * r**0.133 * b ** (1 / 3) / (1 + 0.0031 * z),
            0.098 * r**0.133 * b**0.433 * z**0.27 / (1 + 0.0031 * z),
        )
        expected = flux * AT_40.latent_heat * min(regimes)
        assert katto_ohno(flux, AT_40, 0.0, diameter, length) == pytest.approx(expected, rel=1e-12)


def water(pressure: float) -> Saturation:
    """Saturated water as far as the channel's limit asks (IAPWS-95)."""
    density, vapour, latent, tension = {
        18e6: (543.538, 133.3029, 777744.0, 2.395969e-3),
        20e6: (490.188, 170.4967, 585133.0, 0.981869e-3),
    }[pressure]
    values = dict.fromkeys(Saturation._fields, 1.0)
    values |= {"liquid_density": density, "vapour_density": vapour}
    return Saturation(**(values | {"latent_heat": latent, "surface_tension": tension}))


def test_channel_limit_with_dense_vapour_agrees_with_the_look_up_table() -> None:
    """Tubes of 8 mm, Groeneveld et al. 2007: [MW/m2] at the quality at the end, saturated inlet by the heat balance."""
    table = {
        (18e6, 0.2): (1.025, 0.870, 1.222, 1.639),
        (18e6, 0.4): (0.648, 0.426, 0.420, 0.876),
        (18e6, 0.6): (0.297, 0.137, 0.162, 0.453),
        (20e6, 0.2): (0.729, 0.650, 1.046, 1.465),
        (20e6, 0.4): (0.488, 0.419, 0.611, 0.920),
        (20e6, 0.6): (0.204, 0.126, 0.152, 0.439),
    }
    flux, diameter = np.array([500.0, 1000.0, 2000.0, 4000.0]), 8e-3
    errors = []
    for (pressure, quality), measured in table.items():
        s, limit = water(pressure), 1e6 * np.array(measured)
        length = quality * flux * s.latent_heat * diameter / (4.0 * limit)
        errors.append(katto_ohno(flux, s, 0.0, diameter, length) / limit - 1.0)
    assert np.abs(errors).mean() < 0.15
    assert np.abs(errors).max() < 0.35


@pytest.mark.parametrize(
    ("flux", "z", "regime", "factor"),
    [
        (100.0, 100.0, "q1", "K1"),
        (400.0, 200.0, "q1", "K2"),
        (200.0, 20.0, "q5", "K1"),
        (500.0, 100.0, "q5", "K2"),
        (500.0, 20.0, "q5", "K3"),
        (4000.0, 100.0, "q4", "K3"),
    ],
)
def test_channel_limit_with_dense_vapour_takes_the_regimes_of_its_source(
    flux: float, z: float, regime: str, factor: str
) -> None:
    s, diameter, subcooling = water(20e6), 8e-3, 0.3
    length = z * diameter
    b, r = s.surface_tension * s.liquid_density / (flux**2 * length), s.vapour_density / s.liquid_density
    c, drag = min(max(0.25 + 0.0009 * (z - 50.0), 0.25), 0.34), 1 + 0.0031 * z
    saturated = {
        "q1": c * b**0.043 / z,
        "q4": 0.0384 * r**0.6 * b**0.173 / (1 + 0.28 * b**0.233 * z),
        "q5": 0.234 * r**0.513 * b**0.433 * z**0.27 / drag,
    }[regime]
    rise = {
        "K1": 1.043 / (4 * c * b**0.043),
        "K2": 5 / 6 * (0.0124 + 1 / z) / (r**0.133 * b ** (1 / 3)),
        "K3": 1.12 * (1.52 * b**0.233 + 1 / z) / (r**0.6 * b**0.173),
    }[factor]
    expected = flux * s.latent_heat * saturated * (1 + rise * subcooling)
    found = katto_ohno(flux, s, subcooling * s.latent_heat, diameter, length)
    assert found == pytest.approx(expected, rel=1e-12)


def test_channel_limit_hardly_leaps_where_vapour_becomes_dense() -> None:
    """At the fluxes of natural circulation the two sets of regimes meet."""
    s = load_fluid("CO2").saturation_at(282.0)
    flux = np.geomspace(50.0, 800.0, 50)
    light = s._replace(vapour_density=0.1499 * s.liquid_density)
    dense = s._replace(vapour_density=0.1501 * s.liquid_density)
    leap = katto_ohno(flux, dense, 0.0, 6e-3, 0.3) / katto_ohno(flux, light, 0.0, 6e-3, 0.3)
    assert np.all((leap > 0.75) & (leap < 1.25))


def test_channel_limit_rises_with_flow_and_subcooling() -> None:
    flux = np.geomspace(5.0, 3000.0, 100)
    saturated = katto_ohno(flux, AT_40, 0.0, 3e-3, 0.3)
    assert np.all(np.diff(saturated) > 0.0)
    assert np.all(katto_ohno(flux, AT_40, 1e4, 3e-3, 0.3) > saturated)


def test_dry_out_comes_earlier_with_heat_flux_and_lies_between_0_and_1() -> None:
    q = np.geomspace(1e2, 1e6, 60)
    quality = dry_out_quality(150.0, q, AT_40, AT_40.pressure / R134A.critical_pressure, 2e-3, 0.5)
    assert np.all((quality >= 0.0) & (quality <= 1.0))
    assert np.all(np.diff(quality) <= 0.0)
    assert quality[0] > 0.9
    we = 150.0**2 * 2e-3 / (AT_40.liquid_density * AT_40.surface_tension)
    limit = 1.4 * we**0.03 * (AT_40.pressure / R134A.critical_pressure) ** 0.08
    unheated = dry_out_quality(150.0, 0.0, AT_40, AT_40.pressure / R134A.critical_pressure, 2e-3)
    assert unheated == pytest.approx(min(limit, 1.0), rel=1e-12)


def test_dry_out_has_the_number_of_an_independent_calculation() -> None:
    """Worked by hand from Kim and Mudawar's formula as others restate it: 300 kg/(m2 s), 50 kW/m2, 1 mm."""
    s = AT_40._replace(
        liquid_density=1147.0,
        vapour_density=50.0,
        liquid_viscosity=1.6e-4,
        surface_tension=6.1e-3,
        latent_heat=1.63e5,
    )
    assert dry_out_quality(300.0, 5e4, s, 0.25, 1e-3) == pytest.approx(0.57903527, rel=1e-7)


def test_faghri_has_the_number_of_an_independent_calculation() -> None:
    """Worked by hand from his formula as others restate it: water at 1 atm in 20 mm."""
    s = AT_40._replace(liquid_density=958.0, vapour_density=0.6, latent_heat=2.257e6, surface_tension=0.0589)
    assert faghri_heat(s, 0.02) == pytest.approx(4853.7915, rel=1e-7)


@pytest.mark.parametrize("diameter", [5e-3, 0.02, 0.05])
def test_flooding_limits_lie_on_their_curves(diameter: float) -> None:
    s, area = AT_40, np.pi / 4.0 * diameter**2
    contrast = s.liquid_density - s.vapour_density

    def speeds(heat: float) -> tuple[float, float]:
        flow = heat / s.latent_heat / area
        return flow / s.vapour_density, flow / s.liquid_density

    vapour, liquid = speeds(wallis_heat(s, diameter, 0.8))
    root = np.sqrt(9.80665 * diameter * contrast)
    total = np.sqrt(vapour * np.sqrt(s.vapour_density) / root) + np.sqrt(
        liquid * np.sqrt(s.liquid_density) / root
    )
    assert total == pytest.approx(0.8, rel=1e-12)
    vapour, liquid = speeds(tien_chung_heat(s, diameter))
    root = (9.80665 * s.surface_tension * contrast) ** 0.25
    total = np.sqrt(vapour * np.sqrt(s.vapour_density) / root) + np.sqrt(
        liquid * np.sqrt(s.liquid_density) / root
    )
    assert total == pytest.approx(np.sqrt(3.2) * np.tanh(0.5 * bond_number(s, diameter) ** 0.25), rel=1e-12)


def test_flooding_limits_agree_within_their_scatter() -> None:
    for name, temperature in (("water", 330.0), ("R134a", 313.15), ("ammonia", 300.0)):
        s = load_fluid(name).saturation_at(temperature)
        heats = [wallis_heat(s, 0.02), tien_chung_heat(s, 0.02), faghri_heat(s, 0.02)]
        assert max(heats) < 3.0 * min(heats)


def test_wide_pipes_flood_by_kutateladze_alone() -> None:
    fluxes = [tien_chung_heat(AT_40, d) / d**2 for d in (1e4, 1e5)]
    assert fluxes[0] == pytest.approx(fluxes[1], rel=1e-3)


def test_vapour_speed_scales_with_flow() -> None:
    assert dimensionless_vapour_speed(100.0, 0.5, AT_40, 0.01) == pytest.approx(
        2.0 * dimensionless_vapour_speed(50.0, 0.5, AT_40, 0.01)
    )


def test_margins_are_one_far_away_zero_at_the_limit_and_negative_beyond() -> None:
    assert margin(0.0, 5.0) == 1.0
    assert margin(5.0, 5.0) == 0.0
    assert margin(6.0, 5.0) == pytest.approx(-0.2)
    assert pressure_margin(1e6, 2.5e6) == pytest.approx(0.6)
    assert flooding_margin(0.0, AT_40, 0.02) == 1.0
    assert dry_out_margin(0.0, 100.0, 1e4, AT_40, R134A, 3e-3) == 1.0


def test_a_hot_spot_is_held_against_the_pool_and_the_mean_against_the_channel() -> None:
    pool = pool_critical_heat_flux(AT_40)
    channel = katto_ohno(50.0, AT_40, 0.0, 4e-3, 0.32)
    assert channel < pool
    mild = critical_heat_flux_margin(0.5 * pool, 0.1 * channel, 50.0, AT_40, 0.0, 4e-3, 0.32)
    assert mild == pytest.approx(0.5)
    assert critical_heat_flux_margin(0.5 * pool, channel, 50.0, AT_40, 0.0, 4e-3, 0.32) == pytest.approx(0.0)


SURFACE = CondensingSurface(diameter=8e-3, length=0.3)


@pytest.mark.parametrize(
    ("name", "temperature", "subcooling", "coefficient"),
    [("water", 373.15, 10.0, 8764.22), ("R134a", 313.15, 5.0, 1286.14)],
)
def test_nusselt_film_gives_the_known_coefficient(
    name: str, temperature: float, subcooling: float, coefficient: float
) -> None:
    fluid = load_fluid(name)
    state = CondensingState(fluid, fluid.saturation_at(temperature), 100.0, 0.5, subcooling)
    assert condensation_closure("nusselt").function(state, SURFACE) == pytest.approx(coefficient, rel=1e-5)


def test_tube_condensation_equals_ht() -> None:
    s, x, flux = AT_40, 0.4, 250.0
    rate = flux * np.pi / 4.0 * SURFACE.diameter**2
    state = CondensingState(R134A, s, flux, x, 5.0)
    shah = ht.Shah(
        rate, x, SURFACE.diameter, s.liquid_density, s.liquid_viscosity, s.liquid_conductivity,
        s.liquid_heat_capacity, s.pressure, R134A.critical_pressure,
    )  # fmt: skip
    assert condensation_closure("shah").function(state, SURFACE) == pytest.approx(shah, rel=1e-12)
    cavallini = ht.Cavallini_Smith_Zecchin(
        rate, x, SURFACE.diameter, s.liquid_density, s.vapour_density, s.liquid_viscosity, s.vapour_viscosity,
        s.liquid_conductivity, s.liquid_heat_capacity,
    )  # fmt: skip
    assert condensation_closure("cavallini").function(state, SURFACE) == pytest.approx(cavallini, rel=1e-12)


def test_mean_over_a_tube_lies_between_its_ends() -> None:
    state = CondensingState(R134A, AT_40, 250.0, 0.0, 5.0)
    closure = condensation_closure("shah")
    ends = closure.function(CondensingState(R134A, AT_40, 250.0, np.array([0.0, 0.8]), 5.0), SURFACE)
    assert ends[0] < mean_coefficient(closure, state, SURFACE, 0.8, 0.0) < ends[1]
    film = condensation_closure("nusselt")
    assert mean_coefficient(film, state, SURFACE) == pytest.approx(film.function(state, SURFACE))


def test_a_narrow_gap_lowers_the_limit_of_a_pool() -> None:
    depth = np.array([1.0, 0.01, 0.003])
    limit = gap_critical_heat_flux(AT_40, depth, 0.3)
    assert limit[0] == pytest.approx(pool_critical_heat_flux(AT_40, 0.16), rel=2e-3)
    assert np.all(np.diff(limit) < 0.0)
    arguments = (1e5, 1e3, 50.0, AT_40, 0.0, 6e-3, 0.3)
    assert critical_heat_flux_margin(*arguments, gap=0.003) < critical_heat_flux_margin(*arguments)
    expected = margin(1e5, gap_critical_heat_flux(AT_40, 0.003, 0.3))
    assert critical_heat_flux_margin(*arguments, gap=0.003) == pytest.approx(expected)
