"""The steady state of a loop, with the packages on it or with the heat of each module given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coupling.cosimulation import CoupledRack, RackState
from coupling.loop_file import write_loop
from coupling.network_report import report_infeasible_network, report_network
from coupling.operation import hottest_module
from coupling.steady_package import report_chip
from coupling.summary import loop_section, low_flux_section
from thermal.loop.low_flux import low_flux, low_flux_warnings

if TYPE_CHECKING:
    from coupling.study_context import StudyContext
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]


def coupled_rack(context: StudyContext) -> bool:
    """Solve packages and loop together."""
    inputs, numerics = context.inputs, context.loaded.spec.numerics
    if inputs.loop is None or inputs.segments is None:
        raise ValueError("the case has no loop")
    power = inputs.mean_power
    sink_of_heat = context.sink_of_heat()
    rack = CoupledRack(context.package_field(), inputs.loop, inputs.segments)
    first = inputs.loop.solve(rack.even_heat(power), sink_of_heat(float(power.sum())))
    if not first.feasible:
        _report_loop(context, first)
        report_infeasible_network(context, first)
        return False
    context.progress("steady", 0, numerics.coupling_iterations)
    saved = context.directory.read_arrays("studies/steady.npz")
    state = rack.solve(
        power,
        sink_of_heat,
        tolerance=numerics.coupling_tolerance,
        iterations=numerics.coupling_iterations,
        feedback=context.feedback if context.leaks else (),
        start=saved,
        near=first,
        announce=lambda done, residual: context.progress(
            "steady", done, numerics.coupling_iterations, f"heat residual {residual:.1e}"
        ),
    )
    context.progress(
        "steady", numerics.coupling_iterations, numerics.coupling_iterations, f"after {state.iterations}"
    )
    if not state.loop.feasible:
        # the fields were solved on a loop that carries less than they give: they say nothing
        _report_loop(context, state.loop)
        report_infeasible_network(context, state.loop)
        return False
    context.rack, context.steady = rack, state
    context.directory.write_arrays(
        "studies/steady.npz", heat=state.heat, temperatures=np.array([f.temperature for f in state.fields])
    )
    report_chip(context, state.fields, state.iterations)
    _report_loop(context, state.loop, state)
    _report_runaway(context, rack, state)
    context.sections["energy"] = {
        "chip_to_loop_rel": state.chip_to_loop_rel,
        "loop_to_ambient_rel": state.loop_to_ambient_rel,
    }
    report_network(context, rack, state)
    return True


def loop_alone(context: StudyContext) -> bool:
    """Solve a loop whose modules have given heats."""
    inputs = context.inputs
    if inputs.loop is None:
        raise ValueError("the case has no loop")
    power = inputs.mean_power.sum(axis=1)
    heat = np.repeat(power[:, None], inputs.loop.segments, axis=1) / inputs.loop.segments
    state = inputs.loop.solve(heat, context.sink_of_heat()(float(power.sum())))
    context.progress("steady", 1, 1)
    _report_loop(context, state)
    if state.feasible:
        total = float(state.heat.sum())
        context.sections["energy"] = {"loop_to_ambient_rel": abs(state.condenser_heat - total) / total}
    return state.feasible


def _report_runaway(context: StudyContext, rack: CoupledRack, state: RackState) -> None:
    """Add the margin to thermal runaway of the hottest module, where the case has leakage."""
    if not context.leaks:
        return
    module = hottest_module(state)
    wall, guess = rack.wall(state.loop, module), state.fields[module].temperature

    def temperature_of(power: Array) -> Array:
        return rack.field.steady(power, wetted=wall, guess=guess).block_mean

    margin = context.feedback[module].fold(context.inputs.mean_power[module], temperature_of).margin
    context.sections["chip"]["runaway_margin"] = margin if np.isfinite(margin) else None


def _report_loop(context: StudyContext, state: LoopState, rack_state: RackState | None = None) -> None:
    loop, segments = context.inputs.loop, context.inputs.segments
    if loop is None:
        raise ValueError("the case has no loop")
    if rack_state is None or segments is None:
        peak = state.heat.max(axis=1) * loop.segments / loop.evaporator.heated_area
    else:
        peak = np.array([field.wetted_flux.max() for field in rack_state.fields])
    oscillation = loop.oscillation(state)
    context.sections["loop"] = loop_section(
        state, loop.fluid.name, loop.margins(state, peak), float(context.inputs.mean_power.sum()), oscillation
    )
    found = low_flux(loop, state)
    context.sections["loop"]["low_flux"] = low_flux_section(found)
    context.warnings += [*state.warnings, *low_flux_warnings(found)]
    if oscillation is not None and not oscillation.stable:
        context.warnings.append(oscillation.warning)
    write_loop(context.directory, loop, state, context.loaded.spec, rack_state)
