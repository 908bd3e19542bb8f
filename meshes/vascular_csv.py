"""Networks of channels from a CSV file.

One row a thing, its kind in the first column; ``#`` starts a comment::

    node,    NAME, x, y, z
    segment, NAME, FROM, TO, DIAMETER [, supply | exchange | return]
    inlet,   NODE
    outlet,  NODE

Lengths are metres, or carry a unit (``1.2 mm``).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from meshes.errors import MeshError
from meshes.quantity import to_si
from meshes.vascular import ROLES, VascularNetwork, connected

COLUMNS = {"node": (5,), "segment": (5, 6), "inlet": (2,), "outlet": (2,)}


def read_network(path: Path) -> VascularNetwork:
    """Read a network.

    Raises
    ------
    MeshError
        With file and line of what cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MeshError(f"{path}: network not found") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MeshError(f"{path}: cannot be read as text: {error}") from None
    reader = _Reader(path)
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            fields = [field.strip() for field in next(csv.reader([line.partition("#")[0]]), [])]
            if any(fields):
                reader.row(fields)
        except (ValueError, csv.Error) as error:
            raise MeshError(f"{path}:{number}: {error}") from None
    return reader.finish()


class _Reader:
    """Rows read so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodes: dict[str, tuple[float, float, float]] = {}
        self.segments: dict[str, tuple[str, str, float, str]] = {}
        self.ports: dict[str, str] = {}

    def row(self, fields: list[str]) -> None:
        """Take one row; ValueError says what is wrong with it."""
        kind = fields[0].lower()
        if kind not in COLUMNS:
            raise ValueError(f"{fields[0]!r} is not one of {', '.join(COLUMNS)}")
        if len(fields) not in COLUMNS[kind]:
            raise ValueError(f"{len(fields)} columns; a {kind} has {' or '.join(map(str, COLUMNS[kind]))}")
        if kind in ("inlet", "outlet"):
            if kind in self.ports:
                raise ValueError(f"a second {kind}; one is allowed")
            self.ports[kind] = fields[1]
        elif kind == "node":
            if fields[1] in self.nodes:
                raise ValueError(f"node {fields[1]!r} is there already")
            x, y, z = (to_si(_number(field), "m") for field in fields[2:])
            self.nodes[fields[1]] = (x, y, z)
        else:
            self._segment(fields)

    def _segment(self, fields: list[str]) -> None:
        name, tail, head = fields[1:4]
        if name in self.segments:
            raise ValueError(f"segment {name!r} is there already")
        diameter = to_si(_number(fields[4]), "m")
        if not 0.0 < diameter < 1.0:
            raise ValueError(
                f"diameter {diameter:g} m of segment {name!r} must be greater than 0 and below 1 m"
            )
        role = fields[5] if len(fields) > 5 else "exchange"
        if role not in ROLES:
            raise ValueError(f"role {role!r} of segment {name!r} is not one of {', '.join(ROLES)}")
        self.segments[name] = (tail, head, diameter, role)

    def finish(self) -> VascularNetwork:
        """Make the network from all rows."""
        for port in ("inlet", "outlet"):
            if port not in self.ports:
                raise MeshError(f"{self.path}: no {port}; expected a row: {port}, NODE")
        numbers = {name: number for number, name in enumerate(self.nodes)}
        wanted = [(end, f"segment {name!r}") for name, row in self.segments.items() for end in row[:2]]
        for node, owner in [*wanted, *((node, port) for port, node in self.ports.items())]:
            if node not in numbers:
                raise MeshError(f"{self.path}: {owner} names node {node!r}, which is not there")
        if not self.segments:
            raise MeshError(f"{self.path}: no segment in it")
        rows = list(self.segments.values())
        network = VascularNetwork(
            nodes=np.array(list(self.nodes.values())),
            tail=np.array([numbers[row[0]] for row in rows], dtype=np.int64),
            head=np.array([numbers[row[1]] for row in rows], dtype=np.int64),
            radius=np.array([0.5 * row[2] for row in rows]),
            role=np.array([ROLES.index(row[3]) for row in rows], dtype=np.int64),
            level=np.zeros(len(rows), dtype=np.int64),
            names=tuple(self.segments),
            inlet=numbers[self.ports["inlet"]],
            outlet=numbers[self.ports["outlet"]],
        )
        for segment in np.flatnonzero(network.length <= 0.0):
            raise MeshError(f"{self.path}: {network.label(int(segment))} has no length")
        try:
            return connected(network)
        except MeshError as error:
            raise MeshError(f"{self.path}: {error}") from None


def _number(field: str) -> float | str:
    try:
        return float(field)
    except ValueError:
        return field
