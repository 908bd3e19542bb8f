from __future__ import annotations

import numpy as np
import pytest

from thermal.errors import FluidError
from thermal.loop.fluid_loading import load_fluid


def test_table_gives_back_the_equation_of_state_between_its_nodes() -> None:
    from thermal.loop.fluid_sources import import_coolprop

    coolprop = import_coolprop()
    state = coolprop.AbstractState("HEOS", "R134a")
    fluid = load_fluid("R134a")
    for temperature in (233.15, 271.3, 313.15, 352.9, 371.0):
        state.update(coolprop.QT_INPUTS, 0.0, temperature)
        here = fluid.saturation(state.p())
        assert here.temperature == pytest.approx(temperature, rel=1e-8)
        assert here.liquid_density == pytest.approx(state.rhomass(), rel=1e-7)
        assert here.liquid_viscosity == pytest.approx(state.viscosity(), rel=1e-6)
        assert here.surface_tension == pytest.approx(state.surface_tension(), rel=1e-6)


@pytest.mark.parametrize("name", ["water", "ammonia", "R134a", "CO2", "R245fa"])
def test_temperature_pressure_and_enthalpy_invert_each_other(name: str) -> None:
    fluid = load_fluid(name)
    temperature = np.linspace(*fluid.temperature_range, 57)[1:-1]
    state = fluid.saturation_at(temperature)
    np.testing.assert_allclose(fluid.saturation_temperature(state.pressure), temperature, rtol=1e-10)
    np.testing.assert_allclose(fluid.liquid_temperature(state.liquid_enthalpy), temperature, rtol=1e-8)


@pytest.mark.parametrize("name", ["water", "R134a", "CO2"])
def test_saturation_line_obeys_clausius_clapeyron(name: str) -> None:
    fluid = load_fluid(name)
    low, high = fluid.temperature_range
    state = fluid.saturation_at(np.linspace(low + 1.0, 0.99 * high, 40))
    volume = 1.0 / state.vapour_density - 1.0 / state.liquid_density
    np.testing.assert_allclose(state.dT_dp, state.temperature * volume / state.latent_heat, rtol=2e-5)


def test_scalars_and_arrays_agree() -> None:
    fluid = load_fluid("R134a")
    pressures = np.array([[3e5, 7e5], [1.1e6, 2e6]])
    together = fluid.saturation(pressures)
    alone = fluid.saturation(7e5)
    assert isinstance(alone.temperature, float)
    for quantity, one in alone._asdict().items():
        values = getattr(together, quantity)
        assert values.shape == (2, 2)
        assert values[0, 1] == pytest.approx(one, rel=1e-13)


def test_state_outside_the_table_is_an_error_in_words() -> None:
    fluid = load_fluid("R134a")
    with pytest.raises(FluidError, match=r"R134a: pressure 1e\+07 Pa outside"):
        fluid.saturation(1e7)
    with pytest.raises(FluidError, match="temperature 500 K"):
        fluid.saturation_at(np.array([300.0, 500.0]))


def test_unknown_fluid_proposes_the_nearest_name() -> None:
    with pytest.raises(FluidError, match=r"Did you mean 'R1234ze\(E\)'"):
        load_fluid("R1234za")
    assert load_fluid("HFC-134a") is load_fluid("R134a")
