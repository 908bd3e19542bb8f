"""A scene of triangles with values, and how it is packed for the page.

Positions and values are cut to 16 bits of their range (1.5e-5 of it), stored as differences in byte planes,
which gzip then shrinks well; the page's own viewer undoes these steps.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from reports.figures.style import colour_map

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

LEVELS = 65535
COLOUR_STOPS = 64


@dataclass(frozen=True)
class Volume:
    """Values inside a box, shown where a clip plane opens it.

    ``values`` (states, nz, ny, nx) on points spread evenly from ``low`` to ``high`` (3,) [m].
    """

    low: Floats
    high: Floats
    values: Floats


@dataclass(frozen=True)
class Part:
    """One body of a scene, which can be hidden on its own.

    Parameters
    ----------
    name
        Shown beside its switch.
    points
        (n, 3) [m].
    triangles
        (m, 3) indices into the points.
    values
        By field key: (states, n), or (1, n) where they do not change.
    colour
        Used where a field has no values here.
    opacity
        1 is solid.
    level
        Steps by which the part moves up when the scene is pulled apart.
    volume
        Inner values of the first field.
    group
        Parts of one group share a switch; empty for a switch of its own.
    """

    name: str
    points: Floats
    triangles: Indices
    values: dict[str, Floats] = field(default_factory=dict)
    colour: str = "#b9bec5"
    opacity: float = 1.0
    level: int = 0
    volume: Volume | None = None
    group: str = ""


@dataclass(frozen=True)
class Field:
    """A quantity that parts are coloured by."""

    key: str
    label: str
    colours: str
    low: float
    high: float


@dataclass(frozen=True)
class Label:
    """Words pinned to a point [m] of the scene; ``state`` restricts them to one state."""

    text: str
    point: tuple[float, float, float]
    level: int = 0
    state: int | None = None
    hot: bool = False


@dataclass(frozen=True)
class View:
    """A place to look at: the box between two corners [m]."""

    name: str
    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True)
class Scene:
    """Everything one viewer shows.

    ``states`` are the stops of its slider; ``narrow`` lets the colours span the shown state alone; ``view`` is
    the first direction of the eye, azimuth and height [degree].
    """

    key: str
    title: str
    caption: str
    parts: tuple[Part, ...]
    fields: tuple[Field, ...]
    labels: tuple[Label, ...] = ()
    states: tuple[str, ...] = ()
    state_name: str = ""
    first_state: int = 0
    plays: bool = False
    stretch: float = 1.0
    can_pull_apart: bool = False
    apart: float = 0.0
    view: tuple[float, float] = (-60.0, 28.0)
    places: tuple[View, ...] = ()
    narrow: bool = False

    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner of all parts (3,) [m]."""
        low = np.min([part.points.min(axis=0) for part in self.parts], axis=0)
        high = np.max([part.points.max(axis=0) for part in self.parts], axis=0)
        return low, high


def span(label: str, key: str, colours: str, parts: Sequence[Part]) -> Field:
    """Return the field ``key`` with the range it takes over the parts."""
    found = [part.values[key] for part in parts if key in part.values]
    low = min(float(np.nanmin(values)) for values in found)
    high = max(float(np.nanmax(values)) for values in found)
    return Field(key, label, colours, low, max(high, low + 1e-9 * max(abs(low), 1.0)))


def pack(scene: Scene) -> str:
    """Return the scene as base64 text of a gzip of header and arrays."""
    arrays: list[bytes] = []
    place = 0

    def put(array: npt.NDArray[Any]) -> dict[str, int]:
        nonlocal place
        data = _planes(array)
        arrays.append(data)
        place += len(data)
        return {"at": place - len(data), "count": array.size, "bytes": array.dtype.itemsize}

    low, high = scene.bounds()
    parts = [_part(part, scene, low, high, put) for part in scene.parts]
    header = {
        "key": scene.key,
        "low": low.tolist(),
        "high": high.tolist(),
        "fields": [_field(entry) for entry in scene.fields],
        "labels": [vars(label) for label in scene.labels],
        "states": list(scene.states),
        "stateName": scene.state_name,
        "firstState": scene.first_state,
        "plays": scene.plays,
        "stretch": scene.stretch,
        "canPullApart": scene.can_pull_apart,
        "view": list(scene.view),
        "narrow": scene.narrow,
        "apart": scene.apart,
        "places": [vars(place) for place in scene.places],
        "parts": parts,
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    packed = len(text).to_bytes(4, "little") + text + b"".join(arrays)
    return base64.b64encode(gzip.compress(packed, mtime=0)).decode("ascii")


def quantise(values: Floats, low: float, high: float, levels: int = LEVELS) -> npt.NDArray[np.int64]:
    """Cut values to whole steps of their range; what is not a number becomes the lowest."""
    share = np.nan_to_num((values - low) / max(high - low, 1e-300), nan=0.0)
    steps: npt.NDArray[np.int64] = np.rint(np.clip(share, 0.0, 1.0) * levels).astype(np.int64)
    return steps


def _part(part: Part, scene: Scene, low: Floats, high: Floats, put: Any) -> dict[str, Any]:
    columns = [quantise(part.points[:, axis], low[axis], high[axis]) for axis in range(3)]
    made: dict[str, Any] = {
        "name": part.name,
        "colour": part.colour,
        "opacity": part.opacity,
        "level": part.level,
        "group": part.group,
        "points": [put(column.astype(np.uint16)) for column in columns],
        "triangles": put(part.triangles.astype(np.uint32).ravel()),
        "values": {},
    }
    for entry in scene.fields:
        if entry.key in part.values:
            states = quantise(part.values[entry.key], entry.low, entry.high).astype(np.uint16)
            made["values"][entry.key] = [put(state) for state in states]
    if part.volume is not None:
        first = scene.fields[0]
        inner = quantise(part.volume.values, first.low, first.high, 255).astype(np.uint8)
        made["volume"] = {
            "low": part.volume.low.tolist(),
            "high": part.volume.high.tolist(),
            "shape": list(inner.shape[1:]),
            "states": [put(state.ravel()) for state in inner],
        }
    return made


def _field(entry: Field) -> dict[str, Any]:
    return {
        "key": entry.key,
        "label": entry.label,
        "low": entry.low,
        "high": entry.high,
        "colours": colour_stops(entry.colours),
    }


def colour_stops(name: str, stops: int = COLOUR_STOPS) -> list[str]:
    """Return a colour map as evenly spaced ``#rrggbb``."""
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colour_map(name)(np.linspace(0.0, 1.0, stops))]


def _planes(array: npt.NDArray[Any]) -> bytes:
    """Differences of unsigned whole numbers (wrapping), lowest bytes of all first."""
    steps = np.diff(array, prepend=array.dtype.type(0))
    return (
        steps.astype(array.dtype.newbyteorder("<"))
        .view(np.uint8)
        .reshape(-1, array.dtype.itemsize)
        .T.tobytes()
    )
