"""What a run says of its channels: a section of the summary, and the network with its states for the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coupling.channel_wall import ChannelMap
from coupling.cosimulation import CoupledRack, RackState
from coupling.operation import hottest_module
from coupling.summary import module_name
from meshes.vascular import ROLES
from thermal.errors import NotConverged
from thermal.vascular.loop import ChannelLoop, ChannelLoopState, falls_by_cause, heat_taken
from thermal.vascular.spec import NO_ALTERNATIVE, VascularSpec

if TYPE_CHECKING:
    from coupling.study_context import StudyContext
    from thermal.loop.state import LoopState

Array = NDArray[np.float64]


def report_network(context: StudyContext, rack: CoupledRack, state: RackState) -> None:
    """Add the section ``network`` and write ``fields/network.json``; nothing where the rack has no channels."""
    spec, loop = context.loaded.spec.evaporator, rack.loop
    if not isinstance(spec, VascularSpec) or not isinstance(loop, ChannelLoop):
        return
    if not isinstance(state.loop, ChannelLoopState):
        raise TypeError("a report of channels needs their state")
    section = network_section(spec, loop, state.loop)
    taken = sum(heat_taken(one, loop.channels.one, loop.channels.pieces_of_one) for one in state.loop.marched)
    given = float(state.heat.sum())
    context.sections["energy"]["solid_to_network_rel"] = abs(given - taken) / given
    section["phase_split"] = _influence_of_the_split(context, spec, rack, state)
    context.sections["network"] = section
    if context.directory.keeps:
        context.directory.write_json("fields/network.json", network_picture(context, rack, state))


def report_infeasible_network(context: StudyContext, state: LoopState) -> None:
    """Add the section ``network`` of the last state that the loop can hold; nothing without channels."""
    spec, loop = context.loaded.spec.evaporator, context.inputs.loop
    if isinstance(spec, VascularSpec) and isinstance(loop, ChannelLoop):
        context.sections["network"] = network_section(spec, loop, state)


def network_section(spec: VascularSpec, loop: ChannelLoop, state: LoopState) -> dict[str, Any]:
    """What an engineer asks of the channels: size, falls of pressure, qualities, where they come near to drying."""
    if not isinstance(state, ChannelLoopState):
        raise TypeError("a report of channels needs their state")
    network = loop.channels.one
    modules, least = {}, dict[str, dict[str, Any]]()
    for module, marched in enumerate(state.marched):
        margins = loop.segment_margins(state, module)
        for name, values in margins.items():
            worst = int(values.argmin())
            if name not in least or values[worst] < least[name]["margin"]:
                label = network.label(worst)
                least[name] = {
                    "module": module_name(module),
                    "segment": label,
                    "margin": float(values[worst]),
                }
        falls = falls_by_cause(marched, network)
        modules[module_name(module)] = {
            "exit_quality": float(state.exit_quality[module]),
            "pressure_drop_Pa": marched.flow.loss(network),
            "pressure_drops_Pa": falls,
            "liquid_and_vapour_kg": marched.mass,
            "dry_segments": int((margins["dryout"] < 0.0).sum()),
        }
    return {
        "layout": spec.layout,
        "law": spec.law,
        "forks": spec.forks,
        "segments": network.segments,
        "pieces": loop.channels.pieces_of_one.count,
        "volume_m3": network.volume,
        "wetted_area_m2": network.wetted_area,
        "diameter_min_m": float(2.0 * network.radius.min()),
        "diameter_max_m": float(2.0 * network.radius.max()),
        "dry_segments": sum(module["dry_segments"] for module in modules.values()),
        "least_margins": least,
        "modules": modules,
    }


def _influence_of_the_split(
    context: StudyContext, spec: VascularSpec, rack: CoupledRack, state: RackState
) -> dict[str, Any]:
    """Solve the rack again with phases parted by the alternative closure."""
    found: dict[str, Any] = {"closure": spec.split, "alternative": spec.alternative_split}
    if spec.alternative_split == NO_ALTERNATIVE or not isinstance(rack.loop, ChannelLoop):
        return found
    numerics = context.loaded.spec.numerics
    other = CoupledRack(rack.field, rack.loop.with_split(spec.alternative_split), rack.segments)
    temperatures = np.array([field.temperature for field in state.fields])
    try:
        moved = other.solve(
            context.inputs.mean_power,
            context.sink_of_heat(),
            tolerance=numerics.coupling_tolerance,
            iterations=numerics.coupling_iterations,
            feedback=context.feedback,
            start={"heat": state.heat, "temperatures": temperatures},
            near=state.loop,
            announce=lambda done, residual: context.progress(
                "steady: other phase split",
                done,
                numerics.coupling_iterations,
                f"heat residual {residual:.1e}",
            ),
        )
    except NotConverged as error:
        context.warnings.append(f"phase split {spec.alternative_split}: no state found: {error}")
        return found | {"T_max_change_K": None}
    before, after = (
        max(float(field.block_maximum.max()) for field in each.fields) for each in (state, moved)
    )
    margins = rack.loop.margins(state.loop)["dryout"], other.loop.margins(moved.loop)["dryout"]
    return found | {
        "T_max_change_K": after - before,
        "dryout_margin_change": margins[1] - margins[0],
        "mass_flow_change_rel": moved.loop.total_mass_flow / state.loop.total_mass_flow - 1.0,
    }


def network_picture(context: StudyContext, rack: CoupledRack, state: RackState) -> dict[str, Any]:
    """Nodes, segments and plate with the states of the hottest module's channels."""
    mesh, spec, loop, module = (
        context.inputs.mesh,
        context.loaded.spec.evaporator,
        rack.loop,
        hottest_module(state),
    )
    if (
        mesh is None
        or not isinstance(spec, VascularSpec)
        or not isinstance(loop, ChannelLoop)
        or not isinstance(state.loop, ChannelLoopState)
        or not isinstance(rack.segments, ChannelMap)
    ):
        raise TypeError("a picture of channels needs a rack with channels")
    network, pieces, marched = loop.channels.one, loop.channels.pieces_of_one, state.loop.marched[module]
    channels, field = rack.segments.channels, state.fields[module]
    wall = channels.wall_temperature(field.temperature, rack.segments.heat(field.wetted_flux))
    count = pieces.by_segment(np.ones(pieces.count))
    superheat = pieces.by_segment(wall - np.asarray(marched.local.saturation.temperature)) / count
    quality = pieces.by_segment(np.clip(marched.local.quality, 0.0, 1.0)) / count
    margins = loop.segment_margins(state.loop, module)
    margin = np.minimum(margins["dryout"], margins["chf"])
    heat = pieces.by_segment(state.heat[module])
    layer = next(item for item in mesh.layers if item.name == spec.layer)
    bottom, top = float(mesh.z[layer.z_cells.start]), float(mesh.z[layer.z_cells.stop])
    return {
        "module": module_name(module),
        "nodes": network.nodes,
        "segments": [
            {
                "name": network.names[s],
                "role": ROLES[network.role[s]],
                "level": int(network.level[s]),
                "start": int(network.tail[s]),
                "end": int(network.head[s]),
                "diameter_m": 2.0 * network.radius[s],
                "quality": quality[s],
                "wall_superheat_K": superheat[s],
                "margin": margin[s],
                "dryout_margin": margins["dryout"][s],
                "chf_margin": margins["chf"][s],
                "mass_flow_kg_s": marched.flow.mass_flow[s],
                "heat_W": heat[s],
            }
            for s in range(network.segments)
        ],
        "plate": {
            "origin_m": [float(mesh.x[0]), float(mesh.y[0]), bottom],
            "size_m": [float(np.ptp(mesh.x)), float(np.ptp(mesh.y)), top - bottom],
        },
    }
