"""A5: a disk with a round source, cut into chords and stood on its edge.

A layer of a package holds one rectangle. A disk that stands on its edge is a stack of them, each as wide as the disk's
mean chord at its height, so that areas are exact; two disks back to back, with the source between them, have the
source's plane for a plane of symmetry, and half of them is solved, from the centre up.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import j0, j1, jn_zeros

from thermal.field.conduction import PackageField
from validation.analytic_field import package, solid
from validation.registry import Row, case, within

Array = NDArray[np.float64]

SOURCE_RADIUS, RADIUS, THICKNESS, CONDUCTIVITY, COEFFICIENT = 5e-3, 2e-2, 2e-3, 400.0, 5e3
"""Of source and disk [m], of the disk [m], [W/(m K)], and of its far side [W/(m2 K)]."""
LEE = (0.336926, 0.389574)
"""Mean and greatest resistance by the closed forms of Lee and others for this disk [K/W]."""
_SERIES = "Yovanovich, Muzychka and Culham, J. Thermophys. Heat Transfer 13 (1999) 495, disk on disk, series"
_LEE = "S. Lee, S. Song, V. Au, K. P. Moran, Proc. 4th ASME/JSME Thermal Engineering Joint Conf. (1995) 199"
_SKIN = 5e-6
"""Half thickness of the heated skin between the disks [m]; costs 0.03 % of the resistance."""
_MARGIN = 1e-3
"""Of nothing beside the disk, so that no chord ends at a cooled side [m]."""


def mean_chord(radius: float, low: float, high: float) -> float:
    """Half chord of a circle, mean over heights from ``low`` to ``high`` above its centre [m]."""

    def area(height: float) -> float:
        z = min(height, radius)
        return 0.5 * (z * math.sqrt(radius**2 - z**2) + radius**2 * math.asin(z / radius))

    return (area(high) - area(low)) / (high - low)


@dataclass(frozen=True)
class DiskResistance:
    """Mean over the source and at its centre, from source to fluid [K/W]."""

    mean: float
    centre: float


def solve_disk(chords: int, across: int = 120, through: int = 20) -> DiskResistance:
    """Resistances of the disk cut into ``chords`` from centre to rim, as the package's field has them."""
    width, height = 2.0 * (RADIUS + _MARGIN), RADIUS / chords
    layers, power = [], []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(chords):
            low, high = index * height, (index + 1) * height
            half = mean_chord(RADIUS, low, high)
            layer = {
                "name": f"chord {index}",
                "thickness": height,
                "material": "copper400",
                "extent": {"x": 0.5 * width - half, "y": 0.0, "w": 2.0 * half, "h": 2.0 * THICKNESS},
                "fill": "void",
            }
            if low < SOURCE_RADIUS:
                source = mean_chord(SOURCE_RADIUS, low, high)
                layer["floorplan"] = f"{index}.flp"
                _write_source(Path(folder) / f"{index}.flp", half, source)
                power += [0.0, source * height]
            layers.append(layer)
        spec = package(
            size=(width, 2.0 * THICKNESS),
            cells=(across, through),
            layer=layers,
            materials={"copper400": solid(CONDUCTIVITY)},
            boundary={"sides": {"h": COEFFICIENT, "T": 300.0}},
        )
        field = PackageField(spec, Path(folder))
    # a quarter of the watt goes into each quarter of the two disks, so the disk carries one
    share = np.array(power) / sum(power)
    solution = field.steady(share)
    return DiskResistance(
        float(solution.block_mean @ share) - 300.0, float(solution.temperature.max()) - 300.0
    )


def _write_source(path: Path, half: float, source: float) -> None:
    """Floorplan of a chord of the disk: a cold block that fixes the origin, and the chord of the source."""
    below = THICKNESS - _SKIN
    path.write_text(
        f"cold {2.0 * half:.15g} {below:.15g} 0 0\n"
        f"source {2.0 * source:.15g} {2.0 * _SKIN:.15g} {half - source:.15g} {below:.15g}\n",
        encoding="utf-8",
    )


def disk_resistance() -> DiskResistance:
    """Resistances by the series over the disk's eigenfunctions.

    Notes
    -----
    Modes ``J0(g r)`` with ``J1(g b) = 0``; the source of radius a excites them by ``2 J1(g a)/(g a)``, their response
    at the heated face is ``(k g + h tanh(g t)) / (k g (k g tanh(g t) + h))``, their weight ``1/J0(g b)^2``.
    """
    zeros: Array = jn_zeros(1, 4000)
    wave = zeros / RADIUS
    excited = 2.0 * j1(wave * SOURCE_RADIUS) / (wave * SOURCE_RADIUS)
    stiffness, decay = CONDUCTIVITY * wave, np.tanh(wave * THICKNESS)
    response = (stiffness + COEFFICIENT * decay) / (stiffness * (stiffness * decay + COEFFICIENT))
    area = math.pi * RADIUS**2
    uniform = THICKNESS / CONDUCTIVITY + 1.0 / COEFFICIENT
    weighted = excited * response / j0(zeros) ** 2
    return DiskResistance(
        (uniform + float(excited @ weighted)) / area, (uniform + float(weighted.sum())) / area
    )


@case("A5", 1, "Round source on a disk")
def disk(data: Path | None = None) -> list[Row]:
    """Mean and centre of a source of 10 mm on 40 mm by 2 mm of copper, cooled on the far side."""
    found, exact = solve_disk(60), disk_resistance()
    rows = []
    for part, computed, reference, closed in (
        ("mean", found.mean, exact.mean, LEE[0]),
        ("centre", found.centre, exact.centre, LEE[1]),
    ):
        quantity = f"resistance from source to fluid, {part}"
        rows += [
            Row(quantity, "K/W", computed, reference, within(reference, relative=5e-3), _SERIES, part),
            Row(quantity, "K/W", computed, closed, within(closed, relative=3e-2), _LEE, f"{part}-Lee"),
        ]
    return rows
