"""The loop as a run leaves it for the eye: its geometry, and the state of every segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coupling.summary import module_name
from thermal.loop.closures.listing import BY_ROLE, describe_closure
from thermal.vascular.spec import VascularSpec

if TYPE_CHECKING:
    from coupling.case import CaseSpec
    from coupling.cosimulation import RackState
    from coupling.results import RunDirectory
    from thermal.loop.model import LoopModel
    from thermal.loop.state import LoopState


def write_loop(
    run: RunDirectory, loop: LoopModel, state: LoopState, case: CaseSpec, rack: RackState | None
) -> None:
    """Write ``loop.json``: where things are, and the state of every segment."""
    spec, condenser = loop.loop, case.condenser
    maxima = None if rack is None else [float(field.block_maximum.max()) for field in rack.fields]
    modules = [
        {
            "name": module_name(index),
            "elevation_m": elevation,
            "mass_flow_kg_s": state.mass_flow[index],
            "heat_W": state.heat[index].sum(),
            "T_max_K": None if maxima is None else maxima[index],
            "exit_quality": state.exit_quality[index],
            "saturation_temperature_K": loop.profile(state, index)[0],
            "quality": loop.profile(state, index)[1],
        }
        for index, elevation in enumerate(spec.modules.inlet_elevations)
    ]
    pipes = {"riser": spec.riser, "downcomer": spec.downcomer}
    run.write_json(
        "loop.json",
        {
            "fluid": loop.fluid.name,
            "modules": modules,
            "pipes": [
                {"name": name, "length_m": pipe.length, "rise_m": pipe.rise, "diameter_m": pipe.diameter}
                for name, pipe in pipes.items()
            ],
            "condenser": {
                "kind": None if condenser is None else condenser.kind,
                "elevation_m": None if condenser is None else condenser.elevation,
                "condensing_temperature_K": state.condensing_temperature,
                "heat_W": state.condenser_heat,
            },
            "closures": [
                describe_closure(role, name) if role in BY_ROLE else {"quantity": role, "name": str(name)}
                for role, name in spec.closures.model_dump().items()
                if role in BY_ROLE or name != 1.0
            ]
            + (case.evaporator.closure_rows() if isinstance(case.evaporator, VascularSpec) else []),
        },
    )
