"""Channels of a case put together: laid into the package's mesh, and joined to its loop."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from coupling.channel_wall import ChannelMap
from meshes.layered_mesh import LayeredMesh
from meshes.package import PackageSpec
from meshes.vascular import VascularNetwork
from thermal.field.embedded_channels import divide, embed
from thermal.field.materials import cell_properties
from thermal.field.tensor_grid import TensorGrid
from thermal.loop.condenser_spec import CondenserSpec
from thermal.loop.fluids import Fluid
from thermal.loop.specs import LoopSpec
from thermal.vascular.boiling_network import BoilingNetwork
from thermal.vascular.loop import ChannelLoop, channel_closures, channel_module
from thermal.vascular.sizing import channels_of
from thermal.vascular.spec import VascularSpec

CELLS_A_PIECE = 2.0
"""Of the package's mesh that a piece of channel spans where the case does not say."""


def lay_channels(
    spec: VascularSpec, package: PackageSpec, mesh: LayeredMesh, base: Path, fluid: Fluid
) -> tuple[VascularNetwork, ChannelMap]:
    """Return the channels and how they exchange heat with the package.

    Raises
    ------
    MeshError
        If they cannot be read, laid or made.
    """
    layer = next(item for item in mesh.layers if item.name == spec.layer)
    bottom, top = float(mesh.z[layer.z_cells.start]), float(mesh.z[layer.z_cells.stop])
    network = channels_of(spec, base, package.size, (bottom, top), fluid)
    longest = spec.piece
    if longest is None:
        cells = (size / count for size, count in zip(package.size, package.cells, strict=True))
        longest = CELLS_A_PIECE * max(cells)
    grid = TensorGrid(mesh.x, mesh.y, mesh.z)
    return network, ChannelMap(embed(divide(network, longest), grid, cell_properties(mesh).reference))


def channel_loop(
    loop: LoopSpec,
    spec: VascularSpec,
    condenser: CondenserSpec,
    network: VascularNetwork,
    segments: ChannelMap,
    fluid: Fluid,
) -> ChannelLoop:
    """Return the loop with the channels as its modules."""
    up = np.array([0.0, spec.inclination, math.sqrt(1.0 - spec.inclination**2)])
    closures = channel_closures(loop, spec.split, spec.forks, spec.roughness)
    modules = len(loop.modules.inlet_elevations)
    channels = BoilingNetwork(network, segments.channels.pieces, fluid, closures, up, modules)
    module = channel_module(network, up, spec.inlet_K, spec.outlet_K)
    return ChannelLoop(loop, module, condenser.elevation, channels, condenser.units)
