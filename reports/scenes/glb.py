"""Writes a scene as binary glTF 2.0 (Khronos Group 2021, ISO/IEC 12113:2022), colours at the points."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from reports.figures.style import colour_map
from reports.scenes.scene import Part, Scene

FLOAT, UNSIGNED_INT, UNSIGNED_BYTE = 5126, 5125, 5121
ARRAY, ELEMENTS = 34962, 34963


def glb(scene: Scene) -> bytes:
    """Return the scene, coloured by its first field at its first state, y up as glTF wants it."""
    chunks: list[bytes] = []
    views: list[dict[str, int]] = []
    accessors: list[dict[str, Any]] = []

    def put(array: npt.NDArray[Any], kind: int, shape: str, target: int, **more: Any) -> int:
        data = array.tobytes()
        views.append(
            {"buffer": 0, "byteOffset": sum(map(len, chunks)), "byteLength": len(data), "target": target}
        )
        chunks.append(data + b"\0" * (-len(data) % 4))
        count = array.size if shape == "SCALAR" else len(array)
        accessors.append(
            {"bufferView": len(views) - 1, "componentType": kind, "count": count, "type": shape, **more}
        )
        return len(accessors) - 1

    meshes, materials = [], []
    for index, part in enumerate(scene.parts):
        places = (part.points * (1.0, 1.0, scene.stretch))[:, [0, 2, 1]] * (1.0, 1.0, -1.0)
        points = places.astype("<f4")
        corners = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        attributes = {
            "POSITION": put(points, FLOAT, "VEC3", ARRAY, **corners),
            "COLOR_0": put(_colours(part, scene), UNSIGNED_BYTE, "VEC4", ARRAY, normalized=True),
        }
        triangles = put(part.triangles.astype("<u4").ravel(), UNSIGNED_INT, "SCALAR", ELEMENTS)
        meshes.append(
            {
                "name": part.name,
                "primitives": [{"attributes": attributes, "indices": triangles, "material": index}],
            }
        )
        look = {"metallicFactor": 0.0, "roughnessFactor": 0.9}
        materials.append(
            {
                "pbrMetallicRoughness": look,
                "doubleSided": True,
                "alphaMode": "OPAQUE" if part.opacity >= 1 else "BLEND",
            }
        )
    binary = b"".join(chunks)
    document = {
        "asset": {"version": "2.0", "generator": "vascool"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(meshes)))}],
        "nodes": [{"mesh": index, "name": mesh["name"]} for index, mesh in enumerate(meshes)],
        "meshes": meshes,
        "materials": materials,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<4sII", b"glTF", 2, length) + struct.pack("<I4s", len(text), b"JSON")
    return head + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary


def _colours(part: Part, scene: Scene) -> npt.NDArray[np.uint8]:
    """RGBA of each point, in the linear light that glTF asks for."""
    from matplotlib.colors import to_rgb

    entry = next((field for field in scene.fields if field.key in part.values), None)
    if entry is None:
        rgb = np.tile(to_rgb(part.colour), (len(part.points), 1))
    else:
        states = part.values[entry.key]
        values = states[min(scene.first_state, len(states) - 1)]
        rgb = colour_map(entry.colours)((values - entry.low) / (entry.high - entry.low))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    opaque = np.full((len(linear), 1), part.opacity)
    colours: npt.NDArray[np.uint8] = np.rint(255.0 * np.concatenate([linear, opaque], axis=1)).astype(
        np.uint8
    )
    return colours
