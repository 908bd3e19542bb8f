from __future__ import annotations

import numpy as np
import pytest
from CoolProp.CoolProp import PropsSI

from thermal.loop.choking import critical_flow_share
from thermal.loop.equations import Unknowns
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.sink import HeatSink
from thermal.loop.specs import EvaporatorSpec, LoopSpec


def loop(fluid="water", height=5.0, void="homogeneous"):
    spec = LoopSpec(
        fluid=fluid,
        modules={"count": 4, "lowest": 0.0, "pitch": 0.0},
        riser={"length": height + 2.0, "diameter": 0.03, "K": 3.0},
        downcomer={"length": height + 2.0, "diameter": 0.02, "K": 3.0},
        return_manifold={"diameter": 0.05},
        supply_manifold={"diameter": 0.05},
        condensing={"passages": 60, "volume": 0.005, "height": 0.1},
        closures={"void": void},
    )
    evaporator = EvaporatorSpec(gap=0.003, width=0.3, length=0.3, segments=6, inlet_K=400.0)
    return LoopModel(spec, evaporator, height + 0.3, load_fluid(fluid))


def share_at(model, pressure, enthalpy, flow):
    """Share of the critical flow where the whole loop has one pressure and enthalpy, and the riser's mass flux."""
    state = model.equations.state
    n = state.network
    unknowns = Unknowns(
        np.full(n.points, pressure),
        np.full(n.points, enthalpy),
        np.full(n.cycles.shape[1], flow / n.cycles.shape[1]),
        np.zeros(n.condensers.size),
    )
    # the riser is the narrowest pipe that vapour can enter
    riser = np.flatnonzero(n.leg == n.leg_names.index("riser"))[0]
    return critical_flow_share(state, state.ends(unknowns)), state.flow(unknowns)[riser] / n.area[riser]


@pytest.mark.parametrize("quality", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("pressure", [2.0e3, 1.0e5])
def test_phases_of_one_velocity_have_the_critical_flux_of_homogeneous_equilibrium(pressure, quality):
    model = loop()
    liquid, vapour = (PropsSI("H", "P", pressure, "Q", q, "water") for q in (0, 1))
    enthalpy = liquid + quality * (vapour - liquid)
    # the tables count enthalpy from elsewhere
    own = float(model.saturation(pressure).liquid_enthalpy) + quality * float(
        model.saturation(pressure).latent_heat
    )
    step = 1e-4 * pressure
    volume = [1.0 / PropsSI("D", "P", p, "H", enthalpy, "water") for p in (pressure - step, pressure + step)]
    critical = np.sqrt(-2.0 * step / (volume[1] - volume[0]))
    share, flux = share_at(model, pressure, own, 0.01)
    assert share == pytest.approx(flux / critical, rel=5e-3)


def test_vapour_alone_is_critical_at_the_isothermal_speed_of_sound():
    model, pressure = loop(void="rouhani"), 2.0e3
    temperature = PropsSI("T", "P", pressure, "Q", 1, "water")
    # along saturation the density of water's vapour rises as the pressure to the power 0.94
    critical = pressure / np.sqrt(461.5 * temperature)
    saturated = float(model.saturation(pressure).liquid_enthalpy + model.saturation(pressure).latent_heat)
    share, flux = share_at(model, pressure, saturated, 1e-3)
    assert share == pytest.approx(np.sqrt(0.94) * flux / critical, rel=0.01)


def test_the_share_is_proportional_to_the_flow_and_nothing_in_liquid():
    model, pressure = loop(), 2.0e3
    at = model.saturation(pressure)
    boiling = float(at.liquid_enthalpy + 0.2 * at.latent_heat)
    one, two = (share_at(model, pressure, boiling, flow)[0] for flow in (1e-3, 2e-3))
    assert two == pytest.approx(2.0 * one, rel=1e-6)
    assert share_at(model, pressure, float(at.liquid_enthalpy) - 4e4, 1e-3)[0] < 1e-6


def test_vapour_of_40_pascal_chokes_in_the_riser_before_anything_else_stops_it():
    model, sink = loop("Dowtherm A", void="rouhani"), HeatSink(308.15, 400.0, 300.0)
    beyond = model.solve(np.full((4, 6), 150.0 / 24.0), sink)
    assert not beyond.feasible
    assert beyond.limit == "choking"
    assert 0.0 < beyond.largest_heat < 150.0
    assert 0.95 < beyond.critical_flow_share <= 1.0


@pytest.mark.parametrize("milliwatts", [0.5, 2.0, 20.0])
def test_milliwatts_at_the_cold_end_of_the_tables_close_their_balance(milliwatts):
    model, sink = loop("Dowtherm A", void="rouhani"), HeatSink(293.15, 400.0, 300.0)
    state = model.solve(np.full((4, 6), 1e-3 * milliwatts / 24.0), sink)
    assert state.feasible
    # a temperature of 293 K is known to 6e-14 K, and each kelvin is 211 W of this sink
    assert abs(state.condenser_heat - 1e-3 * milliwatts) < 1e-10
