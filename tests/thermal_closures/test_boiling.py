from __future__ import annotations

import ht
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.loop.closures.boiling import (
    BOILING,
    BoilingState,
    BoilingSurface,
    boiling_closure,
    onset_superheat,
)
from thermal.loop.closures.single_phase import forced_nusselt, natural_nusselt
from thermal.loop.closures.wall_boiling import WallBoiling
from thermal.loop.fluid_loading import load_fluid

SURFACE = BoilingSurface(hydraulic_diameter=3e-3, length=0.3, heated_share=0.5)


def state_of(
    name: str, temperature: float, mass_flux: float, quality: float, subcooling: float = 0.0
) -> BoilingState:
    fluid = load_fluid(name)
    s = fluid.saturation_at(temperature)
    return BoilingState(fluid, s, s.temperature - subcooling, mass_flux, quality)


DRAWN = st.tuples(
    st.sampled_from(["R134a", "water", "R600a"]),
    st.floats(280.0, 350.0),
    st.floats(30.0, 600.0),
    st.floats(0.01, 0.9),
    st.floats(1e3, 3e5),
)


@settings(max_examples=40, deadline=None)
@given(DRAWN)
def test_coefficients_equal_ht(drawn: tuple[str, float, float, float, float]) -> None:
    name, temperature, flux, x, q = drawn
    state = state_of(name, temperature, flux, x)
    s, fluid = state.saturation, state.fluid
    d = SURFACE.hydraulic_diameter
    rate = flux * np.pi / 4.0 * d**2
    grams = fluid.molar_mass * 1e3
    cooper = ht.Cooper(s.pressure, fluid.critical_pressure, grams, q=q, Rp=1e-6)
    assert boiling_closure("cooper").function(q, state, SURFACE) == pytest.approx(cooper, rel=1e-12)
    sun = ht.Sun_Mishima(
        rate, d, s.liquid_density, s.vapour_density, s.liquid_viscosity, s.liquid_conductivity,
        s.latent_heat, s.surface_tension, q=q,
    )  # fmt: skip
    assert boiling_closure("sun-mishima").function(q, state, SURFACE) == pytest.approx(sun, rel=1e-12)
    h = boiling_closure("liu-winterton").function(q, state, SURFACE)
    liu = ht.Liu_Winterton(
        rate, x, d, s.liquid_density, s.vapour_density, s.liquid_viscosity, s.liquid_conductivity,
        s.liquid_heat_capacity, grams, s.pressure, fluid.critical_pressure, Te=q / h,
    )  # fmt: skip
    assert h == pytest.approx(liu, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "cas"), [("water", "7732-18-5"), ("R134a", "811-97-2"), ("CO2", "124-38-9")]
)
def test_gorenflo_equals_ht(name: str, cas: str) -> None:
    state = state_of(name, 290.0, 100.0, 0.1)
    surface = BoilingSurface(3e-3, 0.3, mean_roughness=1e-6)
    theirs = ht.Gorenflo(state.saturation.pressure, state.fluid.critical_pressure, q=2e4, CASRN=cas, Ra=1e-6)
    assert boiling_closure("gorenflo").function(2e4, state, surface) == pytest.approx(theirs, rel=1e-12)


def test_gorenflo_of_an_unlisted_fluid_meets_cooper_at_the_reference_state() -> None:
    fluid = load_fluid("R1234ze(E)")
    s = fluid.saturation(0.1 * fluid.critical_pressure)
    state = BoilingState(fluid, s, s.temperature, 100.0, 0.1)
    ours, cooper = (boiling_closure(name).function(2e4, state, SURFACE) for name in ("gorenflo", "cooper"))
    assert ours == pytest.approx(cooper, rel=0.01)  # F_p is 1 at p_r = 0.1 but for its rounding


def test_kim_mudawar_has_its_nucleate_and_convective_limits() -> None:
    """Both parts by hand, with the numbers of the printed form."""
    state = state_of("R134a", 300.0, 300.0, 0.3)
    s, d, q = state.saturation, SURFACE.hydraulic_diameter, 3e4
    liquid = ht.conv_internal.turbulent_Dittus_Boelter(
        300.0 * 0.7 * d / s.liquid_viscosity,
        s.liquid_heat_capacity * s.liquid_viscosity / s.liquid_conductivity,
    )
    liquid *= s.liquid_conductivity / d
    bo = q / (300.0 * s.latent_heat) * 0.5
    xtt = ht.boiling_flow.Lockhart_Martinelli_Xtt(
        0.3, s.liquid_density, s.vapour_density, s.liquid_viscosity, s.vapour_viscosity
    )
    we = 300.0**2 * d / (s.liquid_density * s.surface_tension)
    nucleate = 2345.0 * bo**0.7 * (s.pressure / state.fluid.critical_pressure) ** 0.38 * 0.7**-0.51 * liquid
    convective = 5.2 * bo**0.08 * we**-0.54 + 3.5 * xtt**-0.94 * (s.vapour_density / s.liquid_density) ** 0.25
    expected = np.hypot(nucleate, convective * liquid)
    assert boiling_closure("kim-mudawar").function(q, state, SURFACE) == pytest.approx(expected, rel=1e-12)


def test_bertsch_at_no_quality_is_pool_boiling_beside_laminar_liquid() -> None:
    state = state_of("R134a", 300.0, 100.0, 0.0)
    cooper = boiling_closure("cooper").function(2e4, state, SURFACE)
    rest = boiling_closure("bertsch").function(2e4, state, SURFACE) - cooper
    assert rest > 3.66 * state.saturation.liquid_conductivity / SURFACE.hydraulic_diameter


def test_kandlikar_serves_wide_and_narrow_channels_at_once() -> None:
    state, law = state_of("R134a", 313.15, 200.0, 0.3), boiling_closure("kandlikar").function
    both = law(2e4, state, BoilingSurface(np.array([1e-3, 8e-3]), 0.3))  # type: ignore[arg-type]
    alone = [float(law(2e4, state, BoilingSurface(diameter, 0.3))) for diameter in (1e-3, 8e-3)]
    np.testing.assert_allclose(both, alone, rtol=1e-12)


def test_kandlikar_passes_from_nucleate_to_convective() -> None:
    """At high quality and no boiling number only ``1.136 Co^-0.9 (1-x)^0.8 h_lo`` is left."""
    state = state_of("water", 373.15, 800.0, 0.5)
    s = state.saturation
    co = np.sqrt(s.vapour_density / s.liquid_density)
    prandtl = s.liquid_heat_capacity * s.liquid_viscosity / s.liquid_conductivity
    d = SURFACE.hydraulic_diameter
    all_liquid = forced_nusselt(800.0 * d / s.liquid_viscosity, prandtl, 0.0) * s.liquid_conductivity / d
    h = boiling_closure("kandlikar").function(1e-6, state, SURFACE)
    assert h == pytest.approx(1.136 * co**-0.9 * 0.5**0.8 * all_liquid, rel=1e-5)


# water near 111 degC, rounded
NEAR_111 = (
    load_fluid("water")
    .saturation_at(384.5)
    ._replace(
        liquid_density=950.0,
        vapour_density=0.86,
        latent_heat=2.226e6,
        liquid_viscosity=2.5e-4,
        liquid_conductivity=0.68,
        liquid_heat_capacity=4230.0,
    )
)


@pytest.mark.parametrize(
    ("flux", "level", "coefficient"),
    [(40.0, True, 2716.8975), (40.0, False, 3299.9322), (300.0, True, 11345.896)],
)
def test_kandlikar_has_the_numbers_of_an_independent_calculation(
    flux: float, level: bool, coefficient: float
) -> None:
    """Worked by hand from the formulas of 1990 as others restate them: 26.5 kW/m2, quality 0.05, tube of 15 mm."""
    state = BoilingState(load_fluid("water"), NEAR_111, NEAR_111.temperature, flux, 0.05)
    surface = BoilingSurface(0.015, 0.8, level=level)
    h = boiling_closure("kandlikar").function(26500.0, state, surface)
    assert h == pytest.approx(coefficient, rel=1e-7)


def test_a_level_tube_boils_worse_only_where_its_flow_stratifies() -> None:
    """The two agree from a Froude number of 0.04 on, and meet there without a step."""
    flux = 950.0 * np.sqrt(9.80665 * 0.015 * np.array([0.0399999, 0.04, 0.4]))
    state = BoilingState(load_fluid("water"), NEAR_111, NEAR_111.temperature, flux, 0.05)
    law = boiling_closure("kandlikar").function
    level, upright = (law(26500.0, state, BoilingSurface(0.015, 0.8, level=side)) for side in (True, False))
    np.testing.assert_allclose(level, upright, rtol=1e-6)
    assert level[0] < upright[0]


def test_single_phase_numbers_have_their_known_values() -> None:
    assert forced_nusselt(10.0, 5.0, 0.0) == pytest.approx(3.66, rel=1e-12)
    gnielinski = ht.conv_internal.turbulent_Gnielinski(Re=1e5, Pr=5.0, fd=0.017989788)
    assert forced_nusselt(1e5, 5.0, 0.0) == pytest.approx(gnielinski, rel=1e-3)
    plate = ht.conv_free_immersed.Nu_vertical_plate_Churchill(0.69, 2.63e9)
    assert natural_nusselt(2.63e9 * 0.69, 0.69) == pytest.approx(plate, rel=1e-12)


def test_onset_lies_on_the_curve_of_davis_and_anderson() -> None:
    s = load_fluid("water").saturation_at(373.15)
    for subcooling in (0.0, 10.0):
        superheat = onset_superheat(s, 1000.0, subcooling)
        q = 1000.0 * (superheat + subcooling)
        volume = 1.0 / s.vapour_density - 1.0 / s.liquid_density
        expected = (
            8.0 * s.surface_tension * s.temperature * volume * q / (s.liquid_conductivity * s.latent_heat)
        )
        assert superheat**2 == pytest.approx(expected, rel=1e-12)


def test_small_cavities_put_the_onset_off() -> None:
    s = load_fluid("R134a").saturation_at(310.0)
    free = onset_superheat(s, 300.0, 0.0)
    assert onset_superheat(s, 300.0, 0.0, 1e-3) == free  # larger cavities than are needed
    volume = 1.0 / s.vapour_density - 1.0 / s.liquid_density
    curvature = 2.0 * s.surface_tension * s.temperature * volume / (s.latent_heat * 5e-8)
    assert onset_superheat(s, 300.0, 0.0, 5e-8) == pytest.approx(curvature, rel=1e-3)
    assert 10.0 < curvature < 30.0


def wall(closure: str, subcooling: float = 2.0, **options: object) -> WallBoiling:
    fluid = load_fluid("R134a")
    s = fluid.saturation(np.linspace(0.9e6, 1.0e6, 5))
    quality = np.array([0.0, 0.0, 0.05, 0.2, 0.5])
    liquid = s.temperature - subcooling * (quality == 0.0)
    return WallBoiling(BoilingState(fluid, s, liquid, 60.0, quality), SURFACE, closure, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(BOILING))
def test_wall_curve_rises_everywhere_with_the_slope_it_claims(name: str) -> None:
    curve = wall(name)
    segment = np.repeat(np.arange(5)[:, None], 3000, axis=1)
    temperature = curve.state.saturation.temperature[:, None] + np.linspace(-8.0, 60.0, 3000)
    q, slope = curve.flux(temperature, segment)
    assert np.all(np.diff(q, axis=1) > 0.0)
    assert np.all(slope > 0.0)
    step = 1e-5
    above, below = (curve.flux(temperature + sign * step, segment)[0] for sign in (1.0, -1.0))
    smooth = np.abs(temperature - curve.state.saturation.temperature[:, None] - curve.onset[:, None]) > 0.02
    np.testing.assert_allclose((above - below)[smooth] / (2.0 * step), slope[smooth], rtol=1e-6)


@pytest.mark.parametrize("name", sorted(BOILING))
def test_wall_curve_meets_its_closure_where_boiling_rules(name: str) -> None:
    curve = wall(name, subcooling=0.0)
    q = curve.flux(curve.state.saturation.temperature + 12.0, np.arange(5))[0]
    expected = curve.closure.function(q, curve.state, SURFACE) * 12.0
    np.testing.assert_allclose(
        q, expected, rtol=1e-2 if name == "kandlikar" else 5e-4 if curve.closure.convective else 0.02
    )


@pytest.mark.parametrize("name", ["cooper", "kim-mudawar"])
def test_wall_below_onset_is_cooled_by_the_liquid_alone(name: str) -> None:
    curve = wall(name)
    temperature = curve.state.saturation.temperature - 0.5
    q, slope = curve.flux(temperature, np.arange(5))
    np.testing.assert_allclose(
        q, curve.convection * (temperature - curve.state.liquid_temperature), rtol=1e-12
    )
    np.testing.assert_allclose(slope, curve.convection, rtol=1e-12)


def test_wall_without_bubbles_stays_on_the_convective_branch() -> None:
    idle = wall("cooper", started=np.array([True, True, False, True, True]))
    boiling = wall("cooper")
    temperature = boiling.state.saturation.temperature + 15.0
    there, here = idle.flux(temperature, np.arange(5))[0], boiling.flux(temperature, np.arange(5))[0]
    assert there[2] == pytest.approx(boiling.convection[2] * 15.0, rel=1e-12)
    assert there[2] < 0.1 * here[2]
    np.testing.assert_array_equal(np.delete(there, 2), np.delete(here, 2))


def test_a_flat_gap_has_its_own_laminar_number() -> None:
    assert forced_nusselt(10.0, 5.0, 0.0, 4.861) == pytest.approx(4.861, rel=1e-12)
    round_pipe, gap = (
        WallBoiling(wall("cooper").state, BoilingSurface(3e-3, 0.3, laminar_nusselt=number)).convection
        for number in (3.66, 4.861)
    )
    assert np.all(gap > round_pipe)


def test_idle_faces_start_when_the_overshoot_is_passed() -> None:
    curve = wall("cooper")
    temperature = curve.state.saturation.temperature + np.array([0.0, 5.0, 15.0, 21.0, 25.0])
    np.testing.assert_array_equal(
        curve.nucleates(temperature, np.arange(5), overshoot=20.0), [False, False, False, True, True]
    )
    np.testing.assert_array_equal(curve.nucleates(temperature, np.arange(5)), [False, True, True, True, True])
