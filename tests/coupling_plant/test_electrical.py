"""Loss models of the electrical chain, their sizes and redundancy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coupling.plant.electrical import PRESET_SOURCES, PRESETS, ConverterSpec
from coupling.plant.facility import FacilitySpec
from coupling.plant.pue import power_balance


def chain_pue(transformer: float, ups: float, pdu: float, fan: float, misc: float) -> float:
    spec = FacilitySpec(
        climate="zhuhai",
        psu="none",
        transformer={"efficiency": transformer},
        ups={"efficiency": ups},
        pdu={"efficiency": pdu},
        misc_share=misc,
        lighting_share=0.0,
        room_cooling_share=0.0,
        auxiliary_feed="pdu",
        pue_category=3,
    )
    balance = power_balance(spec, 1e6, fan * 1e6)
    return float(balance.total / balance.it)


def test_chain_of_constant_efficiencies_multiplies():
    assert chain_pue(0.99, 0.97, 0.99, 0.015, 0.005) == pytest.approx(1.02 / (0.99 * 0.97 * 0.99), rel=1e-12)


def test_coefficients_give_loss_over_capacity():
    spec = ConverterSpec(coefficients=(0.01, 0.02, 0.03), design_load=0.5)
    # 100 W are half of the capacity of 200 W
    assert spec.loss(100.0, 100.0) == pytest.approx(200.0 * (0.01 + 0.02 * 0.5 + 0.03 * 0.25))


def test_fixed_loss_model_is_output_plus_constant_over_efficiency():
    spec = ConverterSpec(efficiency=0.98, fixed_loss=13.0, rated_power=1000.0)
    assert 800.0 + spec.loss(800.0, 1000.0) == pytest.approx((800.0 + 13.0) / 0.98)


def test_curve_passes_through_its_points():
    spec = ConverterSpec(preset="psu-80plus-titanium", design_load=1.0)
    for load, efficiency in PRESETS["psu-80plus-titanium"]["curve"]:
        output = 1000.0 * load
        assert output / (output + spec.loss(output, 1000.0)) == pytest.approx(efficiency, rel=1e-12)


def test_no_load_loss_of_a_curve_does_not_vanish():
    assert ConverterSpec(preset="psu-80plus-titanium", design_load=1.0).loss(0.0, 1000.0) > 5.0


@pytest.mark.parametrize(("redundancy", "factor"), [("N", 1.0), ("N+1", 1.25), ("2N", 2.0)])
def test_redundancy_sets_the_installed_capacity(redundancy, factor):
    spec = ConverterSpec(preset="ups-double-conversion", units=4, design_load=1.0, redundancy=redundancy)
    assert spec.installed_capacity(1000.0) == pytest.approx(1000.0 * factor)
    rated = ConverterSpec(preset="ups-double-conversion", rated_power=250.0, redundancy=redundancy)
    assert rated.installed_capacity(1000.0) == pytest.approx(1000.0 * factor)


def test_units_are_whole():
    assert ConverterSpec(preset="none", rated_power=300.0).installed_capacity(1000.0) == 1200.0


def test_redundancy_costs_efficiency_at_light_load():
    losses = [
        ConverterSpec(preset="ups-double-conversion", redundancy=redundancy).loss(400.0, 1000.0)
        for redundancy in ("N", "N+1", "2N")
    ]
    assert losses == sorted(losses)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_lose_more_at_higher_load_and_never_gain(name):
    losses = ConverterSpec(preset=name, design_load=1.0).loss(np.linspace(0.0, 10e3, 50), 10e3)
    assert np.all(losses >= 0.0)
    assert np.all(np.diff(losses) >= 0.0)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"preset": "perpetuum-mobile"},
        {"efficiency": 1.2},
        {"efficiency": 0.0},
        {"efficiency": 0.9, "coefficients": (0.0, 0.0, 0.0)},
        {"fixed_loss": 3.0, "efficiency": 0.9},
        {"curve": ((0.5, 0.9), (0.2, 0.9))},
        {"curve": ((0.2, 0.5), (0.3, 0.9))},
        {"preset": "pdu", "redundancy": "3N"},
    ],
)
def test_faulty_converters_are_refused(fault):
    with pytest.raises(ValidationError):
        ConverterSpec(**fault)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_resolved_section_reads_back_as_itself(name):
    spec = FacilitySpec(
        climate="zhuhai", ups={"preset": name, "redundancy": "2N"}, pdu=name, heat_wave={"rise": 5}
    )
    assert FacilitySpec.model_validate(spec.model_dump(exclude_none=True)) == spec
    assert FacilitySpec.model_validate_json(spec.model_dump_json(exclude_none=True)) == spec


def test_eco_mode_loses_less_than_double_conversion_at_every_load():
    load = np.linspace(0.0, 1e6, 21)
    eco, double = (
        ConverterSpec(preset=name).loss(load, 1e6) for name in ("ups-eco", "ups-double-conversion")
    )
    assert np.all(eco < double)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(
        st.tuples(st.floats(0.05, 1.0), st.floats(0.5, 1.0)), min_size=2, max_size=6, unique_by=lambda p: p[0]
    )
)
def test_any_curve_that_is_taken_gives_growing_losses(points):
    try:
        spec = ConverterSpec(curve=tuple(sorted(points)), design_load=1.0)
    except ValidationError:
        return
    losses = spec.loss(np.linspace(0.0, 2000.0, 41), 1000.0)
    assert np.all(np.diff(losses) >= -1e-9)
    assert np.all(losses >= 0.0)


def test_every_preset_says_where_its_figures_are_from():
    assert set(PRESET_SOURCES) == set(PRESETS)
    assert all("assumption" in source for name, source in PRESET_SOURCES.items() if name != "none")


@pytest.mark.parametrize("name", sorted(name for name in PRESETS if "% load" in PRESET_SOURCES[name]))
def test_the_figures_of_a_preset_are_those_its_source_names(name):
    """Efficiencies and loads in the words are those of the model, to the printed digit."""
    figures = re.search(r"((?:[\d.]+, )+[\d.]+) % at ((?:\d+, )+\d+) % load", PRESET_SOURCES[name])
    efficiencies, loads = (np.array([float(x) for x in group.split(",")]) for group in figures.groups())
    spec = ConverterSpec(preset=name, design_load=1.0)
    output = loads / 100.0
    found = output / (output + spec.loss(output, 1.0))
    assert 100.0 * found == pytest.approx(efficiencies, abs=0.051)
