from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from thermal.errors import FluidError
from thermal.loop.fluid_cache import cached_sample
from thermal.loop.fluid_departure import departure_note
from thermal.loop.fluid_list import OFFERED, find_offered
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.fluid_tables import UNITS, fluid_rows, saturation_rows
from thermal.loop.fluids import TABULATED, Saturation

ZERO = 273.15


@pytest.mark.parametrize(
    ("name", "low", "high", "tolerance"),
    [
        ("water", 1.0, 80.0, 0.005),
        ("R134a", 0.0, 80.0, 1e-6),
        ("CO2", 0.0, 12.0, 0.005),
        ("CO2", 12.0, 25.0, 0.011),  # Cantera's equation of state bends off towards the critical point
    ],
)
def test_cantera_and_coolprop_agree(name: str, low: float, high: float, tolerance: float) -> None:
    temperature = np.linspace(low, high, 17) + ZERO
    one, other = (load_fluid(name, backend).saturation_at(temperature) for backend in ("coolprop", "cantera"))
    for quantity in ("pressure", "liquid_density", "vapour_density", "latent_heat"):
        np.testing.assert_allclose(
            getattr(other, quantity), getattr(one, quantity), rtol=tolerance, err_msg=quantity
        )


def test_where_canteras_co2_departs_is_said() -> None:
    """Figures of the note against the two packages themselves, called at the ends and the middle of the range."""
    import cantera
    from CoolProp.CoolProp import PropsSI

    (note,) = load_fluid("CO2", "cantera").notes
    assert 'backend "auto" or "coolprop"' in note
    number = r"([-+]?\d+\.\d+)"
    ranges = re.findall(rf"vapour density by up to {number} % from {number} to {number} degC", note)
    ((worst, low, high),) = [tuple(float(part) for part in one) for one in ranges]

    def departure(celsius: float) -> float:
        gas = cantera.CarbonDioxide()
        gas.TQ = celsius + ZERO, 1.0
        return 100.0 * (gas.density / float(PropsSI("D", "T", celsius + ZERO, "Q", 1, "CO2")) - 1.0)

    assert abs(departure(low)) == pytest.approx(0.5, abs=0.01)
    assert abs(departure(high)) == pytest.approx(0.5, abs=0.03)
    assert min(departure(t) for t in np.linspace(low, high, 60)) == pytest.approx(worst, abs=0.006)
    assert abs(departure(low - 2.0)) < 0.5


def test_a_package_that_agrees_with_the_reference_is_not_warned_of() -> None:
    assert not load_fluid("CO2", "coolprop").notes
    assert not load_fluid("R134a", "cantera").notes  # the same equation of Tillner-Roth and Baehr in both


def test_a_departure_is_found_whatever_the_fluid() -> None:
    reference = load_fluid("R134a")
    s = reference.saturation_at(np.linspace(320.0, 280.0, 81))
    values = np.stack([getattr(s, name) for name in TABULATED], axis=1)
    assert departure_note("R134a", "another", values, reference) == ()
    values[20:41, TABULATED.index("latent_heat")] *= 0.98
    (note,) = departure_note("R134a", "another", values, reference)
    assert "latent heat by up to -2.00 % from 26.9 to 36.9 degC" in note
    assert "density" not in note


def test_water_has_the_values_of_the_steam_tables() -> None:
    """IAPWS-95 at 100 degC (Wagner and Pruss 2002, table 13.1) and the transport of IAPWS R12-08 and R15-11."""
    s = load_fluid("water").saturation_at(373.15)
    assert s.pressure == pytest.approx(101418.0, rel=1e-5)
    assert s.liquid_density == pytest.approx(958.349, rel=1e-5)
    assert s.vapour_density == pytest.approx(0.59817, rel=1e-5)
    assert s.latent_heat == pytest.approx(2256.40e3, rel=1e-5)
    assert s.liquid_viscosity == pytest.approx(281.6e-6, rel=2e-3)
    assert s.liquid_conductivity == pytest.approx(0.6772, rel=3e-3)
    assert s.surface_tension == pytest.approx(58.91e-3, rel=1e-3)


@pytest.mark.parametrize("name", [fluid.name for fluid in OFFERED])
def test_every_fluid_is_whole_and_orderly(name: str) -> None:
    fluid = load_fluid(name)
    low, high = fluid.temperature_range
    assert low <= 294.0 and high >= 303.0
    s = fluid.saturation_at(np.linspace(low, high, 800)[1:-1])
    for quantity, values in s._asdict().items():
        assert np.all(np.isfinite(values)), quantity
        if "enthalpy" not in quantity:
            assert np.all(values > 0.0), quantity
    assert np.all(np.diff(s.pressure) > 0.0)
    falling = np.diff(s.liquid_density) < 0.0
    assert np.all(falling[s.temperature[1:] > (277.5 if name == "water" else 0.0)])
    assert np.all(np.diff(s.vapour_density) > 0.0)
    assert np.all(np.diff(s.latent_heat) <= 1e-9 * s.latent_heat[1:])
    assert np.all(np.diff(s.liquid_enthalpy) > 0.0)
    assert np.all(np.diff(s.surface_tension) < 0.0)
    assert np.all(s.liquid_density > s.vapour_density)
    np.testing.assert_allclose(s.vapour_enthalpy - s.liquid_enthalpy, s.latent_heat, rtol=1e-6)
    assert fluid.sources


def test_slopes_are_those_of_the_table() -> None:
    fluid = load_fluid("R1234ze(E)")
    pressure = np.linspace(2e5, 2.5e6, 23)
    slopes = fluid.saturation_slopes(pressure)
    step = 1e-5 * pressure
    above, below = fluid.saturation(pressure + step), fluid.saturation(pressure - step)
    for quantity in Saturation._fields[1:-1]:
        difference = (getattr(above, quantity) - getattr(below, quantity)) / (2.0 * step)
        np.testing.assert_allclose(getattr(slopes, quantity), difference, rtol=1e-5, err_msg=quantity)
    np.testing.assert_allclose(slopes.temperature, fluid.saturation(pressure).dT_dp, rtol=1e-12)
    assert fluid.saturation_slopes(7e5).temperature == pytest.approx(fluid.saturation(7e5).dT_dp, rel=1e-12)


def test_what_is_estimated_is_said() -> None:
    fluid = load_fluid("R1233zd(E)")
    s = fluid.saturation_at(313.15)
    assert s.surface_tension == pytest.approx(12.23e-3, rel=1e-3)  # Brock and Bird
    assert s.surface_tension == pytest.approx(
        61.95e-3 * (1.0 - 313.15 / 439.6) ** 1.277, rel=0.04
    )  # REFPROP's law
    at_300 = fluid.saturation_at(300.0)
    assert at_300.liquid_viscosity == pytest.approx(2.81e-4, rel=2e-3)
    assert at_300.liquid_conductivity == pytest.approx(0.0822, rel=2e-3)
    assert any("surface tension estimated" in note for note in fluid.notes)
    assert any("held at their end values" in note for note in fluid.notes)
    assert "Brock" in fluid.sources["surface tension"]
    hot = fluid.saturation_at(np.array([400.0, 420.0]))
    assert hot.liquid_conductivity[0] == pytest.approx(hot.liquid_conductivity[1], rel=1e-6)


def test_dowtherm_follows_its_formulas() -> None:
    fluid = load_fluid("Dowtherm A")
    s = fluid.saturation_at(80.0 + ZERO)
    assert s.liquid_density == pytest.approx(1078.0 - 0.85 * 80.0, rel=1e-9)
    assert s.liquid_viscosity == pytest.approx(0.130 / 80.0**1.072, rel=1e-7)
    assert s.liquid_conductivity == pytest.approx(0.142 - 0.00016 * 80.0, rel=1e-9)
    assert s.liquid_heat_capacity == pytest.approx(1518.0 + 2.82 * 80.0, rel=1e-9)
    difference = (
        fluid.saturation_at(81.0 + ZERO).liquid_enthalpy - fluid.saturation_at(79.0 + ZERO).liquid_enthalpy
    )
    assert difference == pytest.approx(2.0 * s.liquid_heat_capacity, rel=1e-6)
    assert fluid.saturation_temperature(101325.0) == pytest.approx(530.25, abs=1e-3)


def test_backend_without_the_fluid_says_who_has_it() -> None:
    with pytest.raises(FluidError, match="ammonia from backend 'cantera'; allowed: 'auto', 'coolprop'"):
        load_fluid("ammonia", "cantera")


@pytest.mark.parametrize(("spelling", "name"), [("NH3", "ammonia"), ("r744", "CO2"), ("isobutane", "R600a")])
def test_aliases_are_understood(spelling: str, name: str) -> None:
    assert find_offered(spelling).name == name


def test_second_reading_takes_the_file_and_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = cached_sample("R134a", "coolprop")
    (file,) = (tmp_path / "vascool" / "fluids").iterdir()

    def refuse(name: str, backend: str) -> None:
        raise AssertionError("sampled again")

    monkeypatch.setattr("thermal.loop.fluid_sources.sample", refuse)
    again = cached_sample("R134a", "coolprop")
    np.testing.assert_array_equal(again.values, first.values)
    assert (again.variable, again.sources, again.notes) == (first.variable, first.sources, first.notes)
    assert file.suffix == ".npz"


def test_a_broken_file_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = cached_sample("R134a", "coolprop")
    (file,) = (tmp_path / "vascool" / "fluids").iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    np.testing.assert_array_equal(cached_sample("R134a", "coolprop").values, first.values)


def test_a_place_that_cannot_be_written_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert cached_sample("R134a", "coolprop").name == "R134a"


def test_rows_list_every_fluid_and_its_pressure() -> None:
    rows = {row.name: row for row in fluid_rows()}
    assert list(rows) == [fluid.name for fluid in OFFERED]
    assert rows["R134a"].pressure_at_40_celsius == pytest.approx(1.0166e6, rel=1e-3)
    assert rows["CO2"].pressure_at_40_celsius is None  # supercritical
    assert rows["water"].backends == ("coolprop", "cantera")
    assert set(UNITS) == set(Saturation._fields)


def test_saturation_rows_span_what_was_asked() -> None:
    table = saturation_rows(load_fluid("water"), 293.15, 313.15, 5.0)
    np.testing.assert_allclose(table.temperature, [293.15, 298.15, 303.15, 308.15, 313.15])
    with pytest.raises(InputError, match="positive step"):
        saturation_rows(load_fluid("water"), 300.0, 290.0)
