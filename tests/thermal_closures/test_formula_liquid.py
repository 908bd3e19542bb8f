from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meshes.errors import InputError
from thermal.errors import FluidError
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.formula_liquid import dowtherm_a, liquid_fluid
from thermal.loop.formulas import compile_formula

OIL = """
name = "oil"
source = "made up for a test"
lowest = "0 degC"
highest = "150 degC"
density = "900 - 0.6*T"
viscosity = "0.02*exp(-0.02*T)"
conductivity = "0.13"
heat_capacity = "1800 + 3*T"
molar_mass = 0.3
boiling_point = "300 degC"
critical_temperature = "500 degC"
critical_pressure = "15 bar"
"""


def test_formulas_are_arithmetic() -> None:
    values = np.array([1.0, 4.0])
    np.testing.assert_allclose(compile_formula("2*T**2 - sqrt(T)/4 + 1e-1", "T")(values), [1.85, 31.6])
    np.testing.assert_allclose(compile_formula("-log(exp(T))", "T")(values), [-1.0, -4.0])
    np.testing.assert_array_equal(compile_formula("0.13", "T")(values), [0.13, 0.13])


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "T.real", "x + 1", "T if T else 1", "[T]", "exp(T, 2)", "1 +", "'a'", "True", ""],
)
def test_anything_else_in_a_formula_is_an_error(text: str) -> None:
    with pytest.raises(InputError):
        compile_formula(text, "T")


def test_a_liquid_of_ones_own_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "oil.toml").write_text(OIL)
    oil = load_fluid("oil.toml", base=tmp_path)
    s = oil.saturation_at(273.15 + 60.0)
    assert s.liquid_density == pytest.approx(900.0 - 36.0, rel=1e-9)
    assert s.liquid_viscosity == pytest.approx(0.02 * np.exp(-1.2), rel=1e-7)
    assert s.liquid_enthalpy == pytest.approx(1800.0 * 60.0 + 1.5 * 60.0**2, rel=1e-7)
    assert oil.saturation_temperature(101325.0) == pytest.approx(573.15, abs=1e-6)
    assert oil.sources["liquid"] == "made up for a test"
    assert "stand-in" in oil.notes[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("900 - 0.6*T", "900 - 0.6*t"), "density: .*'t' is not understood"),
        (("900 - 0.6*T", "90 - 0.6*T"), "density is not positive"),
        (('"0 degC"', '"160 degC"'), "must ascend"),
        (("molar_mass = 0.3", ""), "molar_mass: Field required"),
        (('"oil"', "oil"), "oil.toml: "),
    ],
)
def test_a_wrong_file_is_one_message(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "oil.toml").write_text(OIL.replace(*change))
    with pytest.raises(FluidError, match=message):
        load_fluid("oil.toml", base=tmp_path)


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(FluidError, match=r"none\.toml: No such file"):
        load_fluid("none.toml", base=tmp_path)


def test_the_stand_in_vapour_obeys_clausius_clapeyron_as_an_ideal_gas() -> None:
    s = liquid_fluid(dowtherm_a()).saturation_at(np.linspace(400.0, 560.0, 9))
    np.testing.assert_allclose(s.dT_dp, s.temperature / (s.vapour_density * s.latent_heat), rtol=1e-5)
