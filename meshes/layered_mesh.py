"""Tensor-product hexahedral mesh of a package, lines along x and y laid through the outlines of extents and blocks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import MeshError
from meshes.floorplan import Floorplan, grid_floorplan, read_flp
from meshes.materials import MaterialSpec
from meshes.package import RELATIVE_FIT, GridSpec, LayerSpec, PackageSpec

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MERGE_SHARE = 0.02
"""Lines closer than this share of the wanted cell become one; block areas stay exact, being counted by overlap."""

CONTACT_SHARE = 1e-3
"""Thickness of a contact's equivalent layer as a share of the thinner neighbour's."""

CONTACT_ALONG = 0.025
"""Largest conductivity of that layer along x and y, about still air's: a good contact is no heat spreader [W/(m K)]."""


@dataclass(frozen=True)
class MeshLayer:
    """Where a layer lies in the mesh.

    Attributes
    ----------
    name
        Of the package's layer, or ``below|above`` for a contact between two.
    z_cells
        Slice of cell layers, from bottom to top.
    heat
        Where power enters: ``bottom``, ``top`` or ``volume``.
    floorplan
        In package coordinates; ``None`` where no power enters.
    """

    name: str
    z_cells: slice
    heat: str
    floorplan: Floorplan | None


@dataclass(frozen=True)
class LayeredMesh:
    """Rectilinear grid with a material in each cell.

    Attributes
    ----------
    x, y, z
        Node coordinates, shapes (nx + 1,), (ny + 1,), (nz + 1,) [m].
    material
        Index into ``materials``, shape (nz, ny, nx).
    materials
        Solids that occur.
    layers
        From bottom to top, contacts among them.
    block_names
        Of all floorplans; ``layer.block`` where a name occurs in two layers.
    block_layer
        Index into ``layers`` of each block, shape (blocks,).
    block_areas
        Shape (blocks,) [m2].
    """

    x: Array
    y: Array
    z: Array
    material: Index
    materials: tuple[MaterialSpec, ...]
    layers: tuple[MeshLayer, ...]
    block_names: tuple[str, ...]
    block_layer: Index
    block_areas: Array

    @property
    def cell_shape(self) -> tuple[int, int, int]:
        """Cells along z, y, x."""
        return len(self.z) - 1, len(self.y) - 1, len(self.x) - 1

    @property
    def node_shape(self) -> tuple[int, int, int]:
        """Nodes along z, y, x."""
        return len(self.z), len(self.y), len(self.x)

    @property
    def unknowns(self) -> int:
        """Number of nodes."""
        return len(self.z) * len(self.y) * len(self.x)

    @property
    def face_area(self) -> Array:
        """Of the cell faces that look along z, shape (ny, nx) [m2]."""
        return np.outer(np.diff(self.y), np.diff(self.x))

    @property
    def cell_layer(self) -> Index:
        """Index into ``layers`` of each cell, shape (nz, ny, nx)."""
        layer = np.empty(self.cell_shape, dtype=np.int64)
        for index, item in enumerate(self.layers):
            layer[item.z_cells] = index
        return layer

    def block_rectangles(self) -> Array:
        """Lower left corner, width and height of each block, shape (blocks, 4) [m]."""
        plans = [layer.floorplan for layer in self.layers if layer.floorplan is not None]
        columns = [np.column_stack([plan.x, plan.y, plan.width, plan.height]) for plan in plans]
        return np.concatenate(columns) if columns else np.empty((0, 4))


def build_mesh(package: PackageSpec, base: Path) -> LayeredMesh:
    """Mesh a package; floorplan files are looked for beside ``base``, the case file's folder.

    Raises
    ------
    MeshError
        If a floorplan cannot be read or does not fit its layer.
    """
    floorplans = [_floorplan(layer, package, base) for layer in package.layer]
    x, y = (_lines(package, axis, *_outlines(package, floorplans, axis)) for axis in (0, 1))
    z, layers = _stack(package, floorplans)
    material, materials = _materials(package, layers, x, y)
    names, block_layer, areas = _blocks(layers)
    return LayeredMesh(x, y, z, material, materials, layers, names, block_layer, areas)


def _rectangle(layer: LayerSpec, package: PackageSpec) -> tuple[float, float, float, float]:
    """Lower left corner, width and height of a layer's extent [m]."""
    if layer.extent is None:
        return 0.0, 0.0, *package.size
    return layer.extent.x, layer.extent.y, layer.extent.w, layer.extent.h


def _floorplan(layer: LayerSpec, package: PackageSpec, base: Path) -> Floorplan | None:
    x, y, width, height = _rectangle(layer, package)
    if layer.floorplan is None:
        return None
    if isinstance(layer.floorplan, GridSpec):
        return grid_floorplan(*layer.floorplan.grid, width, height).moved(x, y)
    floorplan = read_flp(base / layer.floorplan)
    _, right, _, top = floorplan.bounds
    for axis, reach, length in (("x", right, width), ("y", top, height)):
        if reach > length * (1.0 + 1e3 * RELATIVE_FIT):
            raise MeshError(
                f"{base / layer.floorplan}: reaches {axis} = {reach:g} m, but layer {layer.name!r} has {length:g} m"
            )
    return floorplan.moved(x, y)


def _outlines(package: PackageSpec, floorplans: list[Floorplan | None], axis: int) -> tuple[Array, Array]:
    """Edges of extents, and edges of blocks, along an axis [m]."""
    extents = [_rectangle(layer, package) for layer in package.layer if layer.extent is not None]
    firm = [edge for box in extents for edge in (box[axis], box[axis] + box[axis + 2])]
    wished: list[Array] = []
    for plan in floorplans:
        if plan is not None:
            start, length = (plan.x, plan.width) if axis == 0 else (plan.y, plan.height)
            wished += [start, start + length]
    return np.array(firm), np.concatenate(wished) if wished else np.empty(0)


def _lines(package: PackageSpec, axis: int, firm: Array, wished: Array) -> Array:
    """Lay node coordinates along an axis through outlines [m].

    Outlines of extents come first; a block's edge nearer to one than a sliver of a cell is moved onto it.
    """
    size, spacing = package.size[axis], package.size[axis] / package.cells[axis]
    fixed = [0.0, size]
    for edge in [*np.sort(firm).tolist(), *np.sort(wished).tolist()]:
        if 0.0 < edge < size and np.abs(np.array(fixed) - edge).min() > MERGE_SHARE * spacing:
            fixed.append(edge)
    fixed.sort()
    fine = (float(wished.min()), float(wished.max())) if len(wished) else (0.0, size)
    pieces = [np.zeros(1)]
    for start, end in itertools.pairwise(fixed):
        pieces.append(_divide(start, end, spacing, package.growth, fine)[1:])
    return np.concatenate(pieces)


def _divide(start: float, end: float, spacing: float, growth: float, fine: tuple[float, float]) -> Array:
    """Divide an interval into cells no longer than ``spacing``, which may grow with distance from ``fine`` [m]."""
    distance = max(start - fine[1], fine[0] - end)
    if growth == 1.0 or distance < -MERGE_SHARE * spacing:
        count = max(1, int(np.ceil((end - start) / spacing * (1.0 - 1e-9))))
        return np.linspace(start, end, count + 1)
    steps, reach = [], 0.0
    while reach < (end - start) * (1.0 - 1e-9):
        steps.append(spacing + (growth - 1.0) * (max(distance, 0.0) + reach))
        reach += steps[-1]
    offsets = np.concatenate([[0.0], np.cumsum(steps)]) * ((end - start) / reach)
    offsets[-1] = end - start
    return start + offsets if start >= fine[1] - MERGE_SHARE * spacing else end - offsets[::-1]


def _stack(package: PackageSpec, floorplans: list[Floorplan | None]) -> tuple[Array, tuple[MeshLayer, ...]]:
    """Node coordinates along z, and the layers with a thin one for each contact."""
    pieces: list[Array] = [np.zeros(1)]
    layers: list[MeshLayer] = []
    top, cell = 0.0, 0
    for index, layer in enumerate(package.layer):
        pieces.append(np.linspace(top, top + layer.thickness, layer.cells + 1)[1:])
        layers.append(MeshLayer(layer.name, slice(cell, cell + layer.cells), layer.heat, floorplans[index]))
        top, cell = top + layer.thickness, cell + layer.cells
        if layer.contact_resistance > 0.0:
            above = package.layer[index + 1]
            top += CONTACT_SHARE * min(layer.thickness, above.thickness)
            pieces.append(np.array([top]))
            layers.append(MeshLayer(f"{layer.name}|{above.name}", slice(cell, cell + 1), "volume", None))
            cell += 1
    return np.concatenate(pieces), tuple(layers)


def _materials(
    package: PackageSpec, layers: tuple[MeshLayer, ...], x: Array, y: Array
) -> tuple[Index, tuple[MaterialSpec, ...]]:
    """Material of each cell by its centre, and the solids in the order of their indices."""
    by_name = {layer.name: (index, layer) for index, layer in enumerate(package.layer)}
    solids: dict[str, MaterialSpec] = {}
    material = np.empty((layers[-1].z_cells.stop, len(y) - 1, len(x) - 1), dtype=np.int64)
    middle_x, middle_y = 0.5 * (x[1:] + x[:-1]), 0.5 * (y[1:] + y[:-1])
    for item in layers:
        if item.name not in by_name:
            index, below = by_name[item.name.partition("|")[0]]
            solids[item.name] = _contact(below, package.layer[index + 1])
            material[item.z_cells] = list(solids).index(item.name)
            continue
        layer = by_name[item.name][1]
        left, bottom, width, height = _rectangle(layer, package)
        inside = (np.abs(middle_y - bottom - 0.5 * height) < 0.5 * height)[:, None] & (
            np.abs(middle_x - left - 0.5 * width) < 0.5 * width
        )
        for name in (layer.material, layer.fill):
            if name is not None:
                solids.setdefault(name, package.material(name))
        keys = list(solids)
        outside = keys.index(layer.fill or layer.material)
        material[item.z_cells] = np.where(inside, keys.index(layer.material), outside)
    return material, tuple(solids.values())


def _contact(below: LayerSpec, above: LayerSpec) -> MaterialSpec:
    """Solid whose thin layer has the resistance of a contact; it stores and spreads nothing worth counting."""
    thickness = CONTACT_SHARE * min(below.thickness, above.thickness)
    across = thickness / below.contact_resistance
    along = min(across, CONTACT_ALONG)
    return MaterialSpec(
        conductivity=(along, along, across),
        volumetric_heat_capacity=1.0,
        source=f"contact resistance of {below.contact_resistance:g} K m2/W as a layer",
    )


def _blocks(layers: tuple[MeshLayer, ...]) -> tuple[tuple[str, ...], Index, Array]:
    heated = [(index, layer.name, layer.floorplan) for index, layer in enumerate(layers) if layer.floorplan]
    seen: dict[str, int] = {}
    for _, _, plan in heated:
        for name in plan.names:
            seen[name] = seen.get(name, 0) + 1
    names = [
        name if seen[name] == 1 else f"{layer}.{name}" for _, layer, plan in heated for name in plan.names
    ]
    owner = [index for index, _, plan in heated for _ in plan.names]
    areas = np.concatenate([plan.area for _, _, plan in heated]) if heated else np.empty(0)
    return tuple(names), np.array(owner, dtype=np.int64), areas
