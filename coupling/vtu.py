"""Fields on unstructured grids as files that ParaView opens: VTK's XML format ``.vtu``, without loading VTK.

To load VTK takes longer than a small run takes to solve. The format is that of VTK's documentation, "VTK XML formats":
an XML head says of each array where its bytes begin behind the underscore of the appended section. There the array
stands in blocks compressed by zlib, behind a header of 64-bit integers: number of blocks, bytes of a whole block, bytes
of the last one if it is not whole, and the compressed bytes of each.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BLOCK = 1 << 20
"""Bytes of a block before compression."""

_LEVEL = 1
"""Of zlib: higher ones take two to five times as long for a file a twentieth smaller."""

_TYPES = {"f8": "Float64", "i4": "Int32", "i8": "Int64", "u1": "UInt8"}

_VOXEL = 11
"""VTK's number of a box whose nodes run along x, then y, then z."""


@dataclass(frozen=True)
class EncodedArray:
    """An array as it stands in a file.

    Attributes
    ----------
    name, description
        Its name, and the attributes that say its type and shape.
    data
        Header and compressed blocks.
    """

    name: str
    description: str
    data: bytes


Sections = Mapping[str, Sequence[EncodedArray]]
"""Arrays of the format's sections ``PointData``, ``CellData``, ``Points`` and ``Cells``."""


def encode(name: str, array: NDArray[np.generic]) -> EncodedArray:
    """Compress an array of one number, or one row of numbers, a point or cell."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    content = plain.reshape(-1).view(np.uint8)
    blocks = [zlib.compress(content[at : at + _BLOCK].data, _LEVEL) for at in range(0, len(content), _BLOCK)]
    header = np.array([len(blocks), _BLOCK, len(content) % _BLOCK, *map(len, blocks)], dtype="<u8")
    components = plain.shape[1] if plain.ndim == 2 else 1
    description = f'type="{_TYPES[plain.dtype.str[1:]]}" NumberOfComponents="{components}"'
    return EncodedArray(name, description, b"".join([header.tobytes(), *blocks]))


def encode_boxes(x: Array, y: Array, z: Array) -> Sections:
    """Points and cells of a tensor-product grid; both run along x, then y, then z.

    Parameters
    ----------
    x, y, z
        Coordinates of the grid's lines [m].
    """
    nz, ny, nx = len(z), len(y), len(x)
    points = np.empty((nz, ny, nx, 3))
    points[..., 0], points[..., 1], points[..., 2] = x, y[:, None], z[:, None, None]
    node = np.arange(nz * ny * nx).reshape(nz, ny, nx)
    corners = [node[k : k + nz - 1, j : j + ny - 1, i : i + nx - 1] for k, j, i in np.ndindex(2, 2, 2)]
    cells = np.stack(corners, axis=-1).reshape(-1, 8)
    integer = np.int32 if cells.size < np.iinfo(np.int32).max else np.int64
    return {
        "Points": [encode("Points", points.reshape(-1, 3))],
        "Cells": [
            encode("connectivity", cells.ravel().astype(integer)),
            encode("offsets", np.arange(8, cells.size + 1, 8, dtype=integer)),
            encode("types", np.full(len(cells), _VOXEL, dtype=np.uint8)),
        ],
    }


def save_grid(path: Path, points: int, cells: int, sections: Sections) -> None:
    """Write a file of one piece with so many points and cells; the first array of a section of data is active."""
    head = [
        '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian" '
        'header_type="UInt64" compressor="vtkZLibDataCompressor">\n<UnstructuredGrid>\n'
        f'<Piece NumberOfPoints="{points}" NumberOfCells="{cells}">\n'
    ]
    offset = 0
    for section, arrays in sections.items():
        active = f' Scalars="{arrays[0].name}"' if section.endswith("Data") else ""
        head.append(f"<{section}{active}>\n")
        for array in arrays:
            head.append(
                f'<DataArray Name="{array.name}" {array.description} format="appended" offset="{offset}"/>\n'
            )
            offset += len(array.data)
        head.append(f"</{section}>\n")
    head.append('</Piece>\n</UnstructuredGrid>\n<AppendedData encoding="raw">\n_')
    with path.open("wb") as file:
        file.write("".join(head).encode())
        file.writelines(array.data for arrays in sections.values() for array in arrays)
        file.write(b"\n</AppendedData>\n</VTKFile>\n")
