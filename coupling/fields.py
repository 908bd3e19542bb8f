"""What a run leaves for the eye: fields that ParaView opens, frames of a transient."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coupling.summary import module_name
from coupling.vtu import Sections, encode, encode_boxes, save_grid

if TYPE_CHECKING:
    from coupling.playback import Playback
    from coupling.results import RunDirectory
    from meshes.layered_mesh import LayeredMesh
    from thermal.field.conduction import FieldSolution

Array = NDArray[np.float64]
LARGEST_FRAME = 20000
"""Points of a frame's surface; coarser meshes keep all of theirs."""


def write_fields(run: RunDirectory, mesh: LayeredMesh, fields: Sequence[FieldSolution]) -> None:
    """Write ``fields/module_NN.vtu`` for each module, ``fields.pvd`` over them, and the blocks' outlines."""
    grid = _grid(mesh)
    names = []
    for index, solution in enumerate(fields):
        temperature = encode("temperature_K", solution.temperature.ravel())
        save = functools.partial(
            save_grid,
            points=mesh.unknowns,
            cells=mesh.material.size,
            sections={"PointData": [temperature], **grid},
        )
        name = f"{module_name(index)}.vtu"
        run.write(f"fields/{name}", save)
        names.append(name)
    entries = "\n".join(
        f'    <DataSet timestep="0" group="" part="{part}" file="{name}"/>' for part, name in enumerate(names)
    )
    run.write_text(
        "fields/fields.pvd",
        '<?xml version="1.0"?>\n<VTKFile type="Collection" version="0.1">\n  <Collection>\n'
        f"{entries}\n  </Collection>\n</VTKFile>\n",
    )
    run.write_json("fields/blocks.json", _blocks(mesh))


def _grid(mesh: LayeredMesh) -> Sections:
    conductivity = np.array([material.principal for material in mesh.materials])
    return {
        "CellData": [
            encode("layer", mesh.cell_layer.ravel().astype(np.int32)),
            encode("conductivity_W_mK", conductivity[mesh.material.ravel()]),
        ],
        **encode_boxes(mesh.x, mesh.y, mesh.z),
    }


def _blocks(mesh: LayeredMesh) -> dict[str, Any]:
    heated = [layer for layer in mesh.layers if layer.floorplan is not None]
    if not heated:
        return {"layer": "", "z_m": 0.0, "blocks": []}
    first = heated[0]
    bottom, top = mesh.z[first.z_cells.start], mesh.z[first.z_cells.stop]
    height = {"bottom": bottom, "top": top, "volume": 0.5 * (bottom + top)}[first.heat]
    rectangles = mesh.block_rectangles()
    return {
        "layer": first.name,
        "z_m": float(height),
        "layers": [layer.name for layer in mesh.layers],
        "blocks": [
            {"name": name, "x_m": x, "y_m": y, "width_m": width, "height_m": tall}
            for name, (x, y, width, tall) in zip(mesh.block_names, rectangles.tolist(), strict=True)
        ],
    }


def write_frames(run: RunDirectory, mesh: LayeredMesh, playback: Playback) -> None:
    """Write the heated plane and the top face over time, ``fields/frames.npz``, for an animation."""
    planes = sorted({_heated_plane(mesh), len(mesh.z) - 1})
    stride = _stride(mesh, len(planes))
    x, y = mesh.x[::stride], mesh.y[::stride]
    points: list[Array] = []
    triangles: list[NDArray[np.int64]] = []
    for plane in planes:
        offset = sum(len(part) for part in points)
        grid_x, grid_y = np.meshgrid(x, y)
        points.append(np.column_stack([grid_x.ravel(), grid_y.ravel(), np.full(grid_x.size, mesh.z[plane])]))
        triangles.append(offset + _triangles(len(x), len(y)))
    temperature = [
        np.concatenate([frame[plane, ::stride, ::stride].ravel() for plane in planes])
        for frame in playback.frames
    ]
    run.write_arrays(
        "fields/frames.npz",
        time_s=np.array(playback.frame_times),
        points=np.concatenate(points),
        triangles=np.concatenate(triangles).astype(np.int32),
        temperature_K=np.array(temperature, dtype=np.float32),
    )


def _heated_plane(mesh: LayeredMesh) -> int:
    heated = next(layer for layer in mesh.layers if layer.floorplan is not None)
    return int(heated.z_cells.stop if heated.heat == "top" else heated.z_cells.start)


def _stride(mesh: LayeredMesh, planes: int) -> int:
    return max(1, int(np.ceil(np.sqrt(planes * len(mesh.x) * len(mesh.y) / LARGEST_FRAME))))


def _triangles(columns: int, rows: int) -> NDArray[np.int64]:
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.column_stack([corner, corner + 1, corner + columns])
    upper = np.column_stack([corner + 1, corner + columns + 1, corner + columns])
    return np.concatenate([lower, upper])
