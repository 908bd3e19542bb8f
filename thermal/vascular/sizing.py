"""Channels of a case: course, radii by a law at the design's qualities, checked for what can be made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import MeshError
from meshes.vascular import VascularNetwork
from meshes.vascular_checks import require_manufacturable
from meshes.vascular_csv import read_network
from meshes.vascular_layouts import Footprint, lay_out, levels_for_reach
from meshes.vascular_radii import apply_law, even_parting, radius_law
from thermal.field.coolant_transport import transport
from thermal.field.embedded_channels import divide
from thermal.loop.fluids import Fluid
from thermal.vascular.boiling_network import enthalpies
from thermal.vascular.spec import VascularSpec

Array = NDArray[np.float64]


def channels_of(
    spec: VascularSpec, base: Path, size: tuple[float, float], layer: tuple[float, float], fluid: Fluid
) -> VascularNetwork:
    """Lay and size the channels of a case, in the package's coordinates.

    Parameters
    ----------
    size
        Of the package along x and y [m].
    layer
        Bottom and top of the layer that holds the channels [m].

    Raises
    ------
    MeshError
        If they cannot be read, laid or made; a fault names its segment.
    """
    thickness = layer[1] - layer[0]
    if spec.layout == "csv":
        network = read_network(base / str(spec.file))
    else:
        volume = spec.channel_volume
        if volume is None:
            raise MeshError("channel_volume is required for a generated layout")
        course, law = _course(spec, size, thickness), radius_law(spec.law)
        network = apply_law(course, law, volume)
        if law.volume:
            network = apply_law(course, law, volume, None, design_volumes(spec, course, fluid))
    require_manufacturable(network, spec.manufacture, (*size, thickness))
    return network.moved((0.0, 0.0, layer[0]))


def _course(spec: VascularSpec, size: tuple[float, float], thickness: float) -> VascularNetwork:
    width, length = spec.width or size[0], spec.length or size[1]
    for key, extent, available in (("width", width, size[0]), ("length", length, size[1])):
        if extent > available * (1.0 + 1e-9):
            raise MeshError(f"{key}: {extent:g} m is more than the package's {available:g} m")
    corner = 0.5 * (size[0] - width), 0.5 * (size[1] - length)
    area = Footprint(width, length, *corner, spec.round)
    count = {"straight": spec.channels, "serpentine": spec.passes}.get(spec.layout, spec.levels)
    if spec.layout == "tree" and spec.reach is not None:
        count = levels_for_reach(area, spec.reach)
    return lay_out(spec.layout, area, count, (spec.planes[0] * thickness, spec.planes[1] * thickness))


def design_volumes(spec: VascularSpec, network: VascularNetwork, fluid: Fluid) -> Array:
    """Homogeneous specific volume of each segment over the liquid's at the design, shape (segments,) [-].

    Flow parts evenly, heat enters evenly along all channels, saturated liquid enters; quality in the middle of each
    segment.
    """
    at = fluid.saturation_at(spec.design_temperature)
    pieces = divide(network, np.inf)
    share = network.length / network.length.sum()
    quality = enthalpies(transport(network, pieces, even_parting(network)), spec.design_quality * share, 0.0)
    middle = quality - 0.5 * spec.design_quality * share / np.maximum(even_parting(network), 1e-9)
    ratio = float(at.liquid_density / at.vapour_density)
    return np.asarray(1.0 + np.clip(middle, 0.0, 1.0) * (ratio - 1.0))
