"""Field files written without VTK are what VTK would have written: its own reader finds the same grid and fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvista

from coupling.vtu import encode, encode_boxes, save_grid


@pytest.mark.parametrize(
    "cells",
    [
        (3, 2, 4),
        (1, 1, 1),
        (31, 63, 63),  # temperatures fill one block of compression to the last byte
        (40, 50, 70),  # arrays of many blocks, the last one not full
    ],
)
def test_vtk_reads_the_grid_and_the_fields_that_were_written(
    cells: tuple[int, int, int], tmp_path: Path
) -> None:
    z, y, x = (np.sort(np.random.default_rng(n).random(n + 1)) for n in cells)
    boxes = pyvista.RectilinearGrid(x, y, z).cast_to_unstructured_grid()
    temperature = 300.0 + boxes.points @ [10.0, -3.0, 7.0]
    layer = np.arange(boxes.n_cells, dtype=np.int32) % 7
    conductivity = np.random.default_rng(7).random((boxes.n_cells, 3))
    sections = {
        "PointData": [encode("temperature_K", temperature)],
        "CellData": [encode("layer", layer), encode("conductivity_W_mK", conductivity)],
        **encode_boxes(x, y, z),
    }
    save_grid(tmp_path / "field.vtu", boxes.n_points, boxes.n_cells, sections)
    found = pyvista.read(tmp_path / "field.vtu")
    np.testing.assert_array_equal(found.points, boxes.points)
    np.testing.assert_array_equal(found.cells, boxes.cells)
    np.testing.assert_array_equal(found.celltypes, boxes.celltypes)
    np.testing.assert_array_equal(found.point_data["temperature_K"], temperature)
    np.testing.assert_array_equal(found.cell_data["layer"], layer)
    np.testing.assert_array_equal(found.cell_data["conductivity_W_mK"], conductivity)
    assert found.active_scalars_name == "temperature_K"
    assert found.volume == pytest.approx(np.ptp(x) * np.ptp(y) * np.ptp(z), rel=1e-9)
