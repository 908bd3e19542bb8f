"""Flow in branching channels: it parts by pressure, conserves mass and heat, boils at its local pressure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.vascular import VascularNetwork
from meshes.vascular_layouts import Footprint, serpentine, straight, tree
from meshes.vascular_radii import apply_law, radius_law
from thermal.field.embedded_channels import divide
from thermal.field.tensor_grid import TensorGrid
from thermal.loop.closures.boiling import BOILING, BoilingState, BoilingSurface, boiling_closure
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.sink import HeatSink
from thermal.loop.specs import ClosuresSpec, EvenModulesSpec, LoopSpec, PipeSpec
from thermal.vascular.boiling import InletState, cool_by_boiling, dry_out_margins
from thermal.vascular.boiling_network import BoilingNetwork
from thermal.vascular.boiling_state import BoilingClosures, Inlet, Marched
from thermal.vascular.flow import split_by_pressure
from thermal.vascular.loop import ChannelLoop, channel_closures, channel_module
from thermal.vascular.phase_split import SPLITS
from thermal.vascular.plate import ChannelPlate, heated_plate
from thermal.vascular.single_phase import Liquid, cool_by_liquid, liquid_flow

SIDE = 0.06
AREA = Footprint(SIDE, SIDE)
WATER = Liquid(1000.0, 1e-3, 4180.0, 0.6)


def plate(network: VascularNetwork, flux: float = 1e4) -> ChannelPlate:
    grid = TensorGrid(np.linspace(0, SIDE, 9), np.linspace(0, SIDE, 9), np.linspace(0, 0.006, 3))
    heat = {"bottom": np.full(grid.face_shape("bottom"), flux)}
    return heated_plate(network, grid, np.full(grid.cell_shape, 390.0), heat, 0.01)


def fork() -> VascularNetwork:
    nodes = np.array([[0, 0, 0], [0, 0.1, 0], [0.1, 0.1, 0]], dtype=float)
    zero = np.zeros(3, dtype=np.int64)
    radius = np.array([1e-3, 1e-3, 5e-4])
    nodes[2] = [0, 0.2, 0]
    return VascularNetwork(
        nodes, np.array([0, 1, 1]), np.array([1, 2, 2]), radius, zero, zero, ("a", "b", "c"), 0, 2
    )


def test_laminar_flow_parts_by_the_fourth_power_of_the_radius() -> None:
    flow = liquid_flow(fork(), WATER, 1e-4).mass_flow
    assert flow[1] / flow[2] == pytest.approx(16.0, rel=1e-6)
    assert flow[1] + flow[2] == pytest.approx(flow[0], rel=1e-12)


def test_loss_of_a_laminar_pipe_is_poiseuille_s() -> None:
    network = serpentine(AREA, 2, 0.003, 1e-3)
    flow = liquid_flow(network, WATER, 5e-4)
    expected = 8.0 * 1e-3 * 5e-7 / (np.pi * 1e-12) * network.length.sum()
    assert flow.loss(network) == pytest.approx(expected, rel=1e-9)


def test_flow_turns_where_pressure_turns() -> None:
    network = tree(AREA, 3, 0.0018, 0.0042, 5e-4)
    swapped = replace(network, tail=network.tail.copy(), head=network.head.copy())
    swapped.tail[5], swapped.head[5] = network.head[5], network.tail[5]
    one = liquid_flow(network, WATER, 1e-3).mass_flow
    two = split_by_pressure(swapped, 1e-3, lambda m: m * swapped.length, start=one * 0.0 + 1e-6).mass_flow
    assert two[5] < 0.0 < one[5]


def test_water_takes_what_the_plate_gives() -> None:
    item = plate(apply_law(tree(AREA, 3, 0.0018, 0.0042), radius_law("laminar"), 1e-6))
    cooled = cool_by_liquid(item, WATER, 1e-3, 300.0)
    assert cooled.outlet_temperature - 300.0 == pytest.approx(item.load.sum() / (1e-3 * 4180.0), rel=1e-10)
    assert cooled.solid.heat.sum() == pytest.approx(item.load.sum(), rel=1e-10)


@pytest.mark.parametrize("split", ["equal-quality", "vapour-to-slower", "vapour-to-faster"])
def test_boiling_closes_its_energy_however_phases_part(split: str) -> None:
    fluid = load_fluid("R1233zd(E)")
    network = apply_law(straight(AREA, 3, 0.003), radius_law("laminar"), 1e-6)
    item, inlet = plate(network), InletState(2e-3, 1.0, 2.5e5)
    boiled = cool_by_boiling(item, fluid, inlet, BoilingClosures(split=split))
    total = item.load.sum()
    assert boiled.heat.sum() == pytest.approx(total, rel=1e-10)
    leaving = fluid.saturation(2.5e5)
    enters = fluid.saturation_at(leaving.temperature - 1.0).liquid_enthalpy
    expected = (enters + total / 2e-3 - leaving.liquid_enthalpy) / leaving.latent_heat
    assert boiled.exit_quality == pytest.approx(expected, rel=1e-9)
    last = item.channels.pieces.last[network.head == network.outlet]
    assert boiled.enthalpy[last] == pytest.approx(enters + total / 2e-3, rel=1e-9)


@pytest.mark.parametrize("split", ["equal-quality", "vapour-to-slower", "vapour-to-faster"])
def test_qualities_behind_a_fork_go_by_the_closure_s_power_of_the_mass_flux(split: str) -> None:
    fluid, network = load_fluid("R134a"), straight(AREA, 2, 0.003, 1e-3)
    radius = network.radius.copy()
    radius[network.tail == 2] *= 1.3
    network = network.with_radius(radius)
    at = fluid.saturation_at(310.0)
    level = BoilingNetwork(
        network, divide(network, 1.0), fluid, BoilingClosures(split=split), np.array([0.0, 0.0, 1.0])
    )
    inlet = Inlet(1e-3, float(at.liquid_enthalpy + 0.2 * at.latent_heat), float(at.pressure))
    marched = level.march([inlet], np.zeros((1, network.segments)))[0]
    flow, quality = marched.flow.mass_flow, marched.local.quality
    fork = network.head[network.tail == network.inlet][0]
    before, branches = np.flatnonzero(network.head == fork), np.flatnonzero(network.tail == fork)
    flux = flow[branches] / level.area[branches]
    assert abs(flux[0] / flux[1] - 1.0) > 0.05
    assert quality[branches[0]] / quality[branches[1]] == pytest.approx(
        (flux[0] / flux[1]) ** SPLITS[split], rel=1e-3
    )
    assert flow[branches] @ quality[branches] == pytest.approx(flow[before] @ quality[before], rel=1e-3)


def boiled_level(closures: BoilingClosures) -> tuple[BoilingNetwork, Marched]:
    """Two level channels side by side in which saturated R134a boils."""
    fluid, network = load_fluid("R134a"), straight(AREA, 2, 0.003, 1e-3)
    at = fluid.saturation_at(310.0)
    level = BoilingNetwork(network, divide(network, 0.01), fluid, closures, np.array([0.0, 0.0, 1.0]))
    inlet = Inlet(1e-3, float(at.liquid_enthalpy + 0.02 * at.latent_heat), float(at.pressure))
    return level, level.march([inlet], np.full((1, level.pieces.count), 1.0))[0]


def test_an_error_of_the_boiling_coefficient_reaches_the_walls_of_the_channels() -> None:
    level, marched = boiled_level(BoilingClosures(boiling="liu-winterton", boiling_factor=1.7))
    local, pieces = marched.local, level.pieces
    index = np.arange(pieces.count)
    flux, _ = level.curve(local).flux(local.saturation.temperature + 8.0, index)
    state = BoilingState(
        level.fluid, local.saturation, local.liquid_temperature, local.mass_flux, local.quality
    )
    surface = BoilingSurface(2.0 * pieces.radius, level.network.length[pieces.segment])  # type: ignore[arg-type]
    coefficient = boiling_closure("liu-winterton").function(flux, state, surface)
    np.testing.assert_allclose(flux, 1.7 * 8.0 * coefficient, rtol=1e-3)


def test_an_error_of_the_dry_out_quality_reaches_the_margin_of_the_channels() -> None:
    level, marched = boiled_level(BoilingClosures())
    flux = marched.heat / (2.0 * np.pi * level.pieces.radius * level.pieces.length)
    parts = (level.one, level.pieces_of_one, level.fluid, marched.local, flux)
    np.testing.assert_allclose(1.0 - dry_out_margins(*parts, 0.8), (1.0 - dry_out_margins(*parts)) / 0.8)


def test_every_factor_of_the_loop_s_closures_is_carried_into_the_channels() -> None:
    given = dict(zip(("friction", "void", "boiling", "dryout"), (1.1, 1.2, 1.3, 0.9), strict=True))
    pipe = PipeSpec(length=1.0, diameter=0.02)
    closures = ClosuresSpec.model_validate({f"{name}_factor": value for name, value in given.items()})
    loop = LoopSpec(fluid="R134a", riser=pipe, downcomer=pipe, closures=closures)
    carried = channel_closures(loop, "equal-quality", "none", 1e-6)
    assert (carried.friction_factor, carried.slip_factor) == (1.1, 1.2)
    assert (carried.boiling_factor, carried.dryout_factor) == (1.3, 0.9)


@pytest.mark.parametrize("closure", list(BOILING))
def test_every_boiling_closure_serves_channels_of_unlike_width(closure: str) -> None:
    level, marched = boiled_level(BoilingClosures(boiling=closure))
    wide = level.one.with_radius(np.where(level.one.role == 1, 2e-3, 1e-3))
    mixed = BoilingNetwork(wide, level.pieces_of_one, level.fluid, level.closures, np.array([0.0, 0.0, 1.0]))
    index, hot = np.arange(level.pieces.count), marched.local.saturation.temperature + 5.0
    flux, _ = mixed.curve(marched.local).flux(hot, index)
    assert (flux > 0.0).all()


def test_fluid_boils_at_its_local_pressure_and_dries_where_quality_is_high() -> None:
    fluid = load_fluid("R1233zd(E)")
    item = plate(serpentine(AREA, 3, 0.003).with_volume(6e-7))
    boiled = cool_by_boiling(item, fluid, InletState(1e-3, 0.5, 2.5e5))
    saturation = boiled.saturation_temperature
    assert saturation[0] > saturation[-1]
    assert (np.diff(boiled.quality) > 0.0).all()
    assert boiled.dry_out_margin[-1] < boiled.dry_out_margin[0]
    assert (boiled.wall_temperature[boiled.quality > 0] > saturation[boiled.quality > 0]).all()


def test_channels_that_carbon_dioxide_would_pass_its_critical_point_in_have_no_state() -> None:
    """At 303 K, 1 K below it, the weight of the column takes the search beyond the tables: a limit, not a fault."""
    fluid, up = load_fluid("CO2"), np.array([0.0, 1.0, 0.0])
    network = apply_law(tree(AREA, 2, 0.003, 0.007), radius_law("laminar"), 2.5e-6)
    pipe = PipeSpec(length=12.0, diameter=0.012)
    loop = LoopSpec(fluid="CO2", modules=EvenModulesSpec(count=2, pitch=0.3), riser=pipe, downcomer=pipe)
    closures = channel_closures(loop, "equal-quality", "homogeneous", 1e-6)
    channels = BoilingNetwork(network, divide(network, 0.01), fluid, closures, up, 2)
    model = ChannelLoop(loop, channel_module(network, up, 1.5, 1.0), 10.0, channels)
    share = channels.pieces_of_one.length / channels.pieces_of_one.length.sum()
    state = model.solve(np.tile(300.0 * share, (2, 1)), HeatSink(303.0, 1000.0, 1000.0))
    assert not state.feasible
    assert state.limit


def test_an_unknown_parting_is_refused() -> None:
    item = plate(serpentine(AREA, 2, 0.003, 1e-3))
    with pytest.raises(InputError, match="phase split 'magic' is not one of equal-quality"):
        cool_by_boiling(
            item, load_fluid("R1233zd(E)"), InletState(1e-3, 0.5, 2.5e5), BoilingClosures(split="magic")
        )
