from __future__ import annotations

import math

import numpy as np
import pytest

from thermal.loop.closures.friction import friction_closure
from thermal.loop.closures.void import VOID, void_closure, woldesemayat_ghajar
from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Problem
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.linearised import SteadyEquations
from thermal.loop.mixture import MixtureModel
from thermal.loop.ring import Section, ring_network
from thermal.loop.steady import SteadySolver

DIAMETER = 0.015


@pytest.fixture(scope="module")
def solved():
    """Water boiling in a level tube between a downcomer and a riser, and one sloping pipe."""
    fluid = load_fluid("water")
    network = ring_network(
        [
            Section("downcomer", 1.0, -1.0, DIAMETER, loss_coefficient=20.0),
            Section("level", 0.8, 0.0, DIAMETER, heated=True),
            Section("riser", 0.5, 0.5, DIAMETER),
            Section("slope", 1.0, 0.5, DIAMETER),
        ],
        math.pi / 4.0 * DIAMETER**2,
    )
    friction = friction_closure("muller-steinhagen-heck").function
    mixture = MixtureModel(fluid, friction, void_closure("woldesemayat-ghajar").function)
    solver = SteadySolver(SteadyEquations(network, mixture))
    at = fluid.saturation_at(383.15)
    cooler = LiquidCooler(float(at.liquid_enthalpy), float(at.pressure))
    outcome = solver.solve(Problem(np.full(8, 125.0), (cooler,)))
    assert outcome.converged
    return network, outcome


@pytest.mark.parametrize(("leg", "inclination"), [("level", 0.0), ("riser", 90.0), ("slope", 30.0)])
def test_void_is_that_of_the_pipes_own_inclination(solved, leg, inclination):
    network, outcome = solved
    here = network.leg == network.leg_names.index(leg)
    state = outcome.ends.state
    quality, void = (values[0].reshape(2, -1)[1, here] for values in (state.quality, state.void))
    s = type(state.saturation)._make(
        np.asarray(field)[0].reshape(2, -1)[1, here] for field in state.saturation
    )
    flux = float(outcome.unknowns.cycle_flow[0]) / network.area[here]
    assert quality.max() > 1e-3
    np.testing.assert_allclose(
        void, woldesemayat_ghajar(flux, quality, s, DIAMETER, inclination), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", sorted(set(VOID) - {"woldesemayat-ghajar"}))
def test_other_laws_hold_at_every_inclination(name):
    s = load_fluid("water").saturation_at(383.15)
    law = void_closure(name).function
    assert (
        law(50.0, 0.1, s, DIAMETER, 0.0) == law(50.0, 0.1, s, DIAMETER, 90.0) == law(50.0, 0.1, s, DIAMETER)
    )


def test_flow_that_runs_backwards_down_a_riser_has_the_void_of_downward_flow():
    fluid = load_fluid("water")
    friction = friction_closure("muller-steinhagen-heck").function
    mixture = MixtureModel(fluid, friction, void_closure("woldesemayat-ghajar").function)
    s = fluid.saturation_at(383.15)
    backwards = mixture.void_fraction(-50.0, 0.1, s, DIAMETER, 90.0)
    assert backwards == pytest.approx(woldesemayat_ghajar(50.0, 0.1, s, DIAMETER, -90.0), rel=1e-12)
    assert backwards > mixture.void_fraction(50.0, 0.1, s, DIAMETER, 90.0)
