from __future__ import annotations

import math

import fluids
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshes.errors import InputError
from thermal.loop.closures.boiling import boiling_closure
from thermal.loop.closures.friction import (
    FRICTION,
    flat_channel_factor,
    friction_closure,
    friction_factor,
    kim_mudawar,
    single_phase,
)
from thermal.loop.closures.listing import closure_rows
from thermal.loop.closures.validity import held_warning, range_warnings
from thermal.loop.closures.void import VOID, void_closure, woldesemayat_ghajar
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluids import Saturation

AREA = np.pi / 4.0


def example_state(**changes: float) -> Saturation:
    """Properties of the doc examples of ``fluids``."""
    values = dict.fromkeys(Saturation._fields, 1.0)
    values.update(
        liquid_density=915.0,
        vapour_density=2.67,
        liquid_viscosity=180e-6,
        vapour_viscosity=14e-6,
        surface_tension=0.0487,
    )
    return Saturation(**{**values, **changes})


@pytest.mark.parametrize(
    ("name", "gradient"),
    [
        ("muller-steinhagen-heck", 793.446545743),
        ("kim-mudawar", 840.41377967),
        ("friedel", 738.6500525002241),
    ],
)
def test_friction_gives_the_worked_example_of_fluids(name: str, gradient: float) -> None:
    flux = 0.6 / (AREA * 0.05**2)
    assert friction_closure(name).function(flux, 0.1, example_state(), 0.05) == pytest.approx(
        gradient, rel=1e-9
    )


def test_void_gives_the_worked_examples_of_fluids() -> None:
    flux = 1.0 / (AREA * 0.3**2)
    state = example_state(liquid_density=800.0, vapour_density=2.5, surface_tension=0.02, pressure=1e6)
    assert void_closure("rouhani").function(flux, 0.4, state, 0.3) == pytest.approx(
        0.44819733138968, rel=1e-12
    )
    state = state._replace(surface_tension=0.2)
    assert woldesemayat_ghajar(flux, 0.4, state, 0.3, 45.0) == pytest.approx(0.7640815513429202, rel=1e-12)


STATES = st.tuples(
    st.floats(250.0, 350.0), st.floats(10.0, 800.0), st.floats(0.001, 0.949), st.floats(5e-4, 0.04)
)


def clear_of_blends(reynolds: float) -> bool:
    return not (1999.0 < reynolds < 4001.0 or 19999.0 < reynolds < 24001.0)


@settings(max_examples=60, deadline=None)
@given(STATES)
def test_friction_equals_fluids_outside_of_the_blends(drawn: tuple[float, float, float, float]) -> None:
    temperature, flux, x, diameter = drawn
    s = load_fluid("R134a").saturation_at(temperature)
    rate = flux * AREA * diameter**2
    plain = {"m": rate, "x": x, "rhol": s.liquid_density, "rhog": s.vapour_density}
    plain |= {"mul": s.liquid_viscosity, "mug": s.vapour_viscosity, "D": diameter}
    mixed = [flux * diameter / s.liquid_viscosity, flux * diameter / s.vapour_viscosity]
    if all(map(clear_of_blends, mixed)):
        ours = friction_closure("muller-steinhagen-heck").function(flux, x, s, diameter, 1e-6)
        theirs = fluids.two_phase.Muller_Steinhagen_Heck(**plain, roughness=1e-6)
        assert ours == pytest.approx(theirs, rel=1e-12)
        ours = friction_closure("friedel").function(flux, x, s, diameter, 1e-6)
        theirs = fluids.two_phase.Friedel(**plain, sigma=s.surface_tension, roughness=1e-6)
        assert ours == pytest.approx(theirs, rel=1e-12)
    if clear_of_blends((1.0 - x) * mixed[0]) and clear_of_blends(x * mixed[1]):
        theirs = fluids.two_phase.Kim_Mudawar(**plain, sigma=s.surface_tension)
        assert kim_mudawar(flux, x, s, diameter) == pytest.approx(theirs, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(STATES)
def test_void_equals_fluids(drawn: tuple[float, float, float, float]) -> None:
    temperature, flux, x, diameter = drawn
    s = load_fluid("R134a").saturation_at(temperature)
    rate = flux * AREA * diameter**2
    theirs = {
        "rouhani": fluids.two_phase_voidage.Rouhani_2(
            x, s.liquid_density, s.vapour_density, s.surface_tension, rate, diameter
        ),
        "woldesemayat-ghajar": fluids.two_phase_voidage.Woldesemayat_Ghajar(
            x, s.liquid_density, s.vapour_density, s.surface_tension, rate, diameter, s.pressure, angle=90.0
        ),
        "zivi": fluids.two_phase_voidage.Zivi(x, s.liquid_density, s.vapour_density),
        "homogeneous": fluids.two_phase_voidage.homogeneous(x, s.liquid_density, s.vapour_density),
    }
    # where the published law lets vapour lag behind the liquid in upward flow, ours is held at equal velocities
    theirs["woldesemayat-ghajar"] = min(theirs["woldesemayat-ghajar"], theirs["homogeneous"])
    for name, expected in theirs.items():
        assert void_closure(name).function(flux, x, s, diameter) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", sorted(FRICTION))
@pytest.mark.parametrize("fluid", ["water", "R134a", "CO2"])
def test_friction_reaches_both_single_phases_and_turns_with_the_flow(name: str, fluid: str) -> None:
    s = load_fluid(fluid).saturation_at(295.0)
    law = friction_closure(name).function
    flux, diameter = 150.0, 5e-3
    if name != "kim-mudawar":  # its own single-phase factors
        liquid = single_phase(flux, s.liquid_density, s.liquid_viscosity, diameter)
        vapour = single_phase(flux, s.vapour_density, s.vapour_viscosity, diameter)
        assert law(flux, 0.0, s, diameter) == pytest.approx(liquid, rel=1e-12)
        assert law(flux, 1.0, s, diameter) == pytest.approx(vapour, rel=1e-12)
    assert law(-flux, 0.3, s, diameter) == pytest.approx(-law(flux, 0.3, s, diameter), rel=1e-12)
    assert law(0.0, 0.3, s, diameter) == 0.0
    if name != "kim-mudawar":  # falls where its regimes change, as published
        assert np.all(np.diff(law(np.linspace(0.0, 900.0, 2000), 0.2, s, diameter)) > 0.0)


@pytest.mark.parametrize("name", sorted(VOID))
@pytest.mark.parametrize("fluid", ["water", "R134a", "CO2"])
@pytest.mark.parametrize("flux", [0.0, 5.0, 100.0, 1000.0])
def test_void_runs_from_none_to_all_and_rises_with_quality(name: str, fluid: str, flux: float) -> None:
    s = load_fluid(fluid).saturation_at(295.0)
    void = void_closure(name).function(flux, np.linspace(0.0, 1.0, 4001), s, 0.01)
    assert void[0] == pytest.approx(0.0, abs=1e-12)
    assert void[-1] == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(void) > 0.0)


def test_slip_leaves_more_liquid_than_equal_velocities() -> None:
    s = load_fluid("R134a").saturation_at(313.15)
    x = np.linspace(0.01, 0.9, 50)
    even = void_closure("homogeneous").function(200.0, x, s, 0.01)
    for name in ("rouhani", "zivi", "woldesemayat-ghajar"):
        assert np.all(void_closure(name).function(200.0, x, s, 0.01) < even)


@pytest.mark.parametrize(("fluid", "published"), [("CO2", 0.028), ("R134a", 0.07)])
def test_vapour_does_not_lag_in_upward_flow_and_what_is_held_is_told(fluid: str, published: float) -> None:
    s = load_fluid(fluid).saturation_at(290.0)
    law, x = void_closure("woldesemayat-ghajar"), np.linspace(1e-4, 0.94, 3000)
    even = void_closure("homogeneous").function(2000.0, x, s, 0.015)
    rates = [2000.0 * math.pi / 4.0 * 0.015**2] * x.size
    theirs = np.array(
        [
            fluids.two_phase_voidage.Woldesemayat_Ghajar(
                quality,
                s.liquid_density,
                s.vapour_density,
                s.surface_tension,
                rate,
                0.015,
                s.pressure,
                angle=90.0,
            )
            for quality, rate in zip(x, rates, strict=True)
        ]
    )
    assert (theirs - even).max() == pytest.approx(published, rel=0.1)
    ours = law.function(2000.0, x, s, 0.015)
    assert np.all(ours <= even)
    np.testing.assert_allclose(law.held(2000.0, x, s, 0.015), theirs - ours, atol=1e-12)
    # downward, against its buoyancy, vapour does lag
    assert np.any(law.function(2000.0, x, s, 0.015, -90.0) > even)
    assert np.all(law.held(2000.0, x, s, 0.015, -90.0) == 0.0)
    assert held_warning(law, 0.0312) == (
        "void closure woldesemayat-ghajar: held at equal velocities, up to 0.031 below its formula"
    )


@pytest.mark.parametrize("fluid", ["water", "R1234ze(E)", "CO2", "Dowtherm A"])
def test_vapour_is_not_slower_than_liquid_below_the_range_of_rouhani(fluid: str) -> None:
    """Down to rest and to 40 Pa: C0 >= 1 and v >= 0 leave the void between nothing and that of equal velocities."""
    there = load_fluid(fluid)
    low, high = there.pressure_range
    s = there.saturation(np.geomspace(max(low, 40.0), 0.99 * high, 12)[:, None, None, None])
    x = np.concatenate([np.geomspace(1e-9, 0.5, 30), 1.0 - np.geomspace(0.49, 1e-9, 30)])[:, None, None]
    flux, diameter = np.geomspace(1e-6, 1.0, 13)[:, None], np.array([1e-4, 0.01, 1.0, 10.0])
    void = void_closure("rouhani").function(flux, x, s, diameter)
    even = void_closure("homogeneous").function(flux, x, s, diameter)
    assert np.all((void >= 0.0) & (void <= even))
    assert np.all(np.diff(void, axis=1) >= 0.0)


def test_boiling_raises_the_friction_of_kim_and_mudawar() -> None:
    s = load_fluid("R134a").saturation_at(300.0)
    x = np.linspace(0.05, 0.9, 20)
    adiabatic = kim_mudawar(300.0, x, s, 1e-3)
    boiling = kim_mudawar(300.0, x, s, 1e-3, boiling_number=1e-3)
    assert np.all(boiling > adiabatic)
    assert np.array_equal(kim_mudawar(300.0, x, s, 1e-3, boiling_number=0.0), adiabatic)


def test_friction_factor_is_laminar_turbulent_and_without_a_jump_between() -> None:
    assert friction_factor(1000.0) == pytest.approx(0.064, rel=1e-12)
    assert friction_factor(1e5, 1e-4) == pytest.approx(fluids.friction_factor(1e5, 1e-4), rel=1e-13)
    reynolds = np.geomspace(1900.0, 4400.0, 4000)
    assert np.abs(np.diff(np.log(friction_factor(reynolds)))).max() < 2e-3


def test_closure_warns_outside_its_range_and_only_there() -> None:
    closure = friction_closure("Kim Mudawar")
    assert closure.outside(diameter=1e-3, mass_flux=np.array([10.0, 200.0])) == []
    (warning,) = closure.outside(diameter=0.01, mass_flux=100.0)
    assert warning == "friction closure kim-mudawar: diameter 0.01 is outside 6.95e-05 ... 0.00622 m"


def test_unknown_closure_proposes_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'friedel'"):
        friction_closure("fridel")


def test_warnings_name_closure_quantity_and_range() -> None:
    fluid = load_fluid("R134a")
    s = fluid.saturation_at(np.array([300.0, 310.0]))
    closures = (
        friction_closure("muller-steinhagen-heck"),
        void_closure("rouhani"),
        boiling_closure("kim-mudawar"),
    )
    assert range_warnings(closures, fluid, s, np.array([100.0, 200.0]), 5e-3, 1e4) == []
    warnings = range_warnings(closures, fluid, s, np.array([0.5, 200.0]), 2e-3)
    assert [warning.split(":")[0] for warning in warnings] == [
        "friction closure muller-steinhagen-heck",
        "void closure rouhani",
        "boiling closure kim-mudawar",
        "boiling closure kim-mudawar",
    ]
    assert "mass flux 0.5 ... 200 is outside 19 ... 1608 kg/(m2 s)" in warnings[2]


def test_flat_channel_has_the_laminar_friction_of_plates_and_of_a_square() -> None:
    """Closed forms: f Re = 96 between plates (Poiseuille), 56.908 in a square duct (Shah and London 1978)."""
    assert 64.0 / flat_channel_factor(1.0, 1e-9) == pytest.approx(96.0, rel=1e-6)
    assert 64.0 / flat_channel_factor(1.0, 1.0) == pytest.approx(56.908, rel=1e-3)
    s = load_fluid("R134a").saturation_at(300.0)
    diameter, flux = 2e-3, 20.0
    factor = flat_channel_factor(1.0, 1e-9)
    scaled = s._replace(
        liquid_viscosity=s.liquid_viscosity / factor, vapour_viscosity=s.vapour_viscosity / factor
    )
    plates = 96.0 * s.liquid_viscosity * flux / (2.0 * s.liquid_density * diameter**2)
    law = friction_closure("muller-steinhagen-heck").function
    assert law(flux, 0.0, scaled, diameter) == pytest.approx(plates, rel=1e-6)


def test_every_closure_says_where_it_holds_and_where_it_comes_from() -> None:
    rows = closure_rows()
    assert {row["quantity"] for row in rows} == {"friction", "void", "boiling", "condensation"}
    assert len({(row["quantity"], row["name"]) for row in rows}) == len(rows) == 18
    assert all(row["range"] and row["source"] for row in rows)
