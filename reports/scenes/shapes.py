"""Boxes and tubes as triangles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from reports.scenes.scene import Floats, Indices

BOX_FACES = (
    (0, 2, 1, 1, 2, 3),
    (4, 5, 6, 5, 7, 6),
    (0, 1, 4, 1, 5, 4),
    (2, 6, 3, 3, 6, 7),
    (0, 4, 2, 2, 4, 6),
    (1, 3, 5, 3, 7, 5),
)


def box(low: Floats, high: Floats) -> tuple[Floats, Indices]:
    """Points (8, 3) and triangles (12, 3) of a box between two corners."""
    corners = np.array(
        [[(low, high)[i][0], (low, high)[j][1], (low, high)[k][2]] for k, j, i in np.ndindex(2, 2, 2)]
    )
    return corners, np.array(BOX_FACES).reshape(-1, 3)


def sheet(rows: int, columns: int) -> Indices:
    """Triangles of a grid of ``rows`` by ``columns`` points, numbered row by row."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([corner, corner + 1, corner + columns], axis=1)
    upper = np.stack([corner + 1, corner + columns + 1, corner + columns], axis=1)
    return np.concatenate([lower, upper])


def tube(path: Floats, radius: float | Floats, sides: int = 14) -> tuple[Floats, Indices]:
    """Closed tube around a polyline.

    Parameters
    ----------
    path
        (n, 3) [m]; neighbouring points differ.
    radius
        One, or one per point [m].
    sides
        Corners of the cross-section.

    Returns
    -------
    Points (n * sides + 2, 3), ring by ring and then the two ends' centres, and triangles.
    """
    path = np.asarray(path, float)
    count = len(path)
    along = _unit(np.gradient(path, axis=0))
    reach = np.broadcast_to(np.asarray(radius, float), count)
    across = np.empty_like(path)
    across[0] = _unit(np.cross(along[0], np.eye(3)[np.abs(along[0]).argmin()]))
    for i in range(1, count):
        # carried along rather than chosen anew, so that the tube does not twist
        carried = across[i - 1] - along[i] * (across[i - 1] @ along[i])
        across[i] = _unit(carried)
    angle = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    third = np.cross(along, across)
    ring = across[:, None] * np.cos(angle)[None, :, None] + third[:, None] * np.sin(angle)[None, :, None]
    points = (path[:, None] + reach[:, None, None] * ring).reshape(-1, 3)
    here = (np.arange(count - 1)[:, None] * sides + np.arange(sides)).ravel()
    beside = (np.arange(count - 1)[:, None] * sides + np.roll(np.arange(sides), -1)).ravel()
    walls = [
        np.stack([here, beside, here + sides], axis=1),
        np.stack([beside, beside + sides, here + sides], axis=1),
    ]
    first, last = np.arange(sides), np.arange(sides) + (count - 1) * sides
    ends = [
        np.stack([np.full(sides, count * sides), np.roll(first, -1), first], axis=1),
        np.stack([np.full(sides, count * sides + 1), last, np.roll(last, -1)], axis=1),
    ]
    return np.concatenate([points, path[[0, -1]]]), np.concatenate([*walls, *ends])


def tube_values(values: Floats, sides: int = 14) -> Floats:
    """Values (n,) along a tube's path, repeated for its points."""
    return np.concatenate([np.repeat(values, sides), values[[0, -1]]])


def rounded(corners: Floats, radius: float, steps: int = 6) -> Floats:
    """Polyline through ``corners`` (n, 3) with bends of ``radius`` [m] where they fit."""
    path = [corners[0]]
    for before, corner, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        back, ahead = before - corner, after - corner
        reach = min(radius, 0.45 * float(np.linalg.norm(back)), 0.45 * float(np.linalg.norm(ahead)))
        start, end = corner + _unit(back) * reach, corner + _unit(ahead) * reach
        for t in np.linspace(0.0, 1.0, steps):
            path.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    path.append(corners[-1])
    kept = [path[0]] + [b for a, b in pairwise(path) if np.linalg.norm(b - a) > 1e-9]
    return np.array(kept)


def join(pieces: list[tuple[Floats, Indices]]) -> tuple[Floats, Indices]:
    """Put several bodies into one."""
    starts = np.cumsum([0, *(len(points) for points, _ in pieces[:-1])])
    triangles = [piece + start for (_, piece), start in zip(pieces, starts, strict=True)]
    return np.concatenate([points for points, _ in pieces]), np.concatenate(triangles)


def _unit(vector: Floats) -> Floats:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    unit: Floats = vector / np.where(length > 0.0, length, 1.0)
    return unit
