"""The loop that a case describes, with its fluid's tables, and the parts of its evaporators on the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coupling.errors import CaseError, faults_in
from coupling.vascular_evaporator import channel_loop, lay_channels
from coupling.wetted_wall import SegmentMap, map_segments
from thermal.loop.fluid_loading import load_fluid
from thermal.loop.model import LoopModel
from thermal.loop.specs import EvaporatorSpec

if TYPE_CHECKING:
    from coupling.case_file import LoadedCase
    from coupling.channel_wall import ChannelMap
    from coupling.shared import Shared
    from meshes.layered_mesh import LayeredMesh


def loop_on_package(
    loaded: LoadedCase, mesh: LayeredMesh | None, shared: Shared, files: str
) -> tuple[LoopModel | None, SegmentMap | ChannelMap | None]:
    """Loop of the case, and the parts of its evaporators on the package.

    Parameters
    ----------
    mesh
        Of the package, where there is one.
    shared
        Where channels that another case has laid already come from.
    files
        Hash of the contents of the files that the case names.

    Raises
    ------
    CaseError
        With the section of what cannot be used.
    """
    spec, base = loaded.spec, loaded.base
    evaporator, package, loop, condenser = spec.evaporator, spec.package, spec.loop, spec.condenser
    if loop is None or evaporator is None or condenser is None:
        return None, None
    with faults_in(loaded.path, "loop"):
        fluid = load_fluid(loop.fluid, loop.backend)
        if isinstance(evaporator, EvaporatorSpec):
            model = LoopModel(loop, evaporator, condenser.elevation, fluid, condenser.units)
    if isinstance(evaporator, EvaporatorSpec):
        with faults_in(loaded.path, "evaporator"):
            return model, None if mesh is None else map_segments(mesh.x, mesh.y, evaporator)
    if mesh is None or package is None:
        raise CaseError([f"{loaded.path}: evaporator: channels need a section [package]"])
    with faults_in(loaded.path, "evaporator"):
        network, segments = shared(
            "channels",
            (evaporator, package, loop.fluid, loop.backend, files),
            lambda: lay_channels(evaporator, package, mesh, base, fluid),
        )
    with faults_in(loaded.path, "loop"):
        return channel_loop(loop, evaporator, condenser, network, segments, fluid), segments
