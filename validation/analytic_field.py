"""Tier 1, conduction: slabs, a half space, a fin and a spreader against their closed forms."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meshes.package import PackageSpec
from thermal.field.conduction import FieldSolution, PackageField
from validation.registry import Row, case, within

Array = NDArray[np.float64]

CARSLAW = "Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed. (1959)"
ICE_POINT = 273.15
"""Of the Celsius scale [K]."""


def solid(conductivity: float | tuple[float, float, float], heat_capacity: float = 1e6) -> dict[str, Any]:
    """Describe a material of a case."""
    return {
        "conductivity": conductivity,
        "volumetric_heat_capacity": heat_capacity,
        "source": "given by the case",
    }


def package(**description: Any) -> PackageSpec:
    """Make a package as a case file would."""
    return PackageSpec.model_validate(description)


@case("A1", 1, "Composite slab: silicon, interface, copper")
def composite_slab(data: Path | None) -> list[Row]:
    """Steady flux of 10 W/cm2 through three layers into a fluid at 40 degC; resistances in series."""
    flux, side = 1e5, 1e-3
    layers = (("silicon", 775e-6, 130.0, 3), ("interface", 50e-6, 4.0, 2), ("copper", 2e-3, 400.0, 4))
    spec = package(
        size=(side, side),
        cells=(2, 2),
        layer=[
            {"name": name, "thickness": thickness, "material": name, "cells": cells}
            | ({"floorplan": {"grid": [1, 1]}, "heat": "bottom"} if name == "silicon" else {})
            for name, thickness, _, cells in layers
        ],
        materials={name: solid(conductivity) for name, _, conductivity, _ in layers},
        boundary={"top": {"h": 2e4, "T": "40 degC"}},
    )
    field = PackageField(spec, Path())
    solution = field.steady(np.array([flux * side**2]))
    plane = solution.temperature.mean(axis=(1, 2)) - ICE_POINT
    level, rows = 40.0 + flux / 2e4, []
    found = [plane[-1], *(plane[layer.z_cells.start] for layer in reversed(field.mesh.layers))]
    names = ("wetted face", "copper, bottom", "silicon, top", "junction")
    rises = [0.0, *(flux * thickness / conductivity for _, thickness, conductivity, _ in reversed(layers))]
    for part, computed, rise in zip(names, found, rises, strict=True):
        level += rise
        rows.append(
            Row(
                quantity=f"temperature, {part}",
                unit="degC",
                computed=float(computed),
                reference=level,
                band=within(level, absolute=1e-6),
                source="Fourier's law, resistances in series",
                part=part.replace(", ", "-").replace(" ", "-"),
            )
        )
    return rows


@case("A2", 1, "Slab: step of flux on one face, convection on the other")
def slab_step(data: Path | None) -> list[Row]:
    """Temperature rise of the heated face over time; series of eigenfunctions."""
    length, conductivity, capacity, flux, coefficient = 2e-3, 400.0, 3.45e6, 1e5, 2e4
    spec = package(
        size=(1e-3, 1e-3),
        cells=(1, 1),
        layer=[
            {
                "name": "slab",
                "thickness": length,
                "material": "slab",
                "cells": 40,
                "floorplan": {"grid": [1, 1]},
                "heat": "bottom",
            }
        ],
        materials={"slab": solid(conductivity, capacity)},
        boundary={"top": {"h": coefficient, "T": 300.0}},
    )
    legs = ((0.01, 200), (0.05, 160), (0.1, 100), (0.3, 200), (1.0, 200))
    rises = _march(PackageField(spec, Path()), flux * 1e-6, 300.0, legs)
    rows = []
    for (time, _), computed in zip(legs, rises, strict=True):
        reference = _slab_rise(time, length, conductivity, capacity, flux, coefficient)
        rows.append(
            Row(
                quantity=f"rise of the heated face after {time:g} s",
                unit="K",
                computed=computed,
                reference=reference,
                band=within(reference, relative=5e-3),
                source=f"{CARSLAW}, section 3.10; flux and Robin faces",
                part=f"{time:g}s",
            )
        )
    return rows


def _slab_rise(
    time: float, length: float, conductivity: float, capacity: float, flux: float, coefficient: float
) -> float:
    """Rise at the heated face [K].

    ``theta = q (L / k + 1 / h) - (2 q L / k) sum exp(-b^2 a t / L^2) (b^2 + Bi^2) / (b^2 (b^2 + Bi^2 + Bi))`` with
    ``b`` the positive roots of ``b tan(b) = Bi``.
    """
    from scipy.optimize import brentq

    biot, diffusivity = coefficient * length / conductivity, conductivity / capacity
    total = flux * (length / conductivity + 1.0 / coefficient)
    for index in range(200):
        low, high = index * math.pi, index * math.pi + 0.5 * math.pi
        root = brentq(lambda b: b * math.sin(b) - biot * math.cos(b), low, high, xtol=1e-14)
        weight = (root**2 + biot**2) / (root**2 * (root**2 + biot**2 + biot))
        total -= (
            2.0
            * flux
            * length
            / conductivity
            * weight
            * math.exp(-(root**2) * diffusivity * time / length**2)
        )
    return total


@case("A3", 1, "Half space: step of flux")
def half_space(data: Path | None) -> list[Row]:
    """Rise of a surface heated with 100 W/cm2 from a time on; ``2 q sqrt(a t / pi) / k``."""
    conductivity, capacity, flux = 130.0, 1.63e6, 1e6
    layers = (("skin", 1e-4, 50), ("body", 4e-4, 40), ("depth", 2.5e-3, 50))
    spec = package(
        size=(1e-4, 1e-4),
        cells=(1, 1),
        layer=[
            {"name": name, "thickness": thickness, "material": "solid", "cells": cells}
            | ({"floorplan": {"grid": [1, 1]}, "heat": "bottom"} if name == "skin" else {})
            for name, thickness, cells in layers
        ],
        materials={"solid": solid(conductivity, capacity)},
    )
    legs = ((1e-5, 200), (1e-4, 200), (1e-3, 200))
    rises = _march(PackageField(spec, Path()), flux * 1e-8, 300.0, legs)
    rows = []
    for (time, _), computed in zip(legs, rises, strict=True):
        reference = 2.0 * flux / conductivity * math.sqrt(conductivity / capacity * time / math.pi)
        rows.append(
            Row(
                quantity=f"rise of the surface after {time:g} s",
                unit="K",
                computed=computed,
                reference=reference,
                band=within(reference, relative=1e-2),
                source=f"{CARSLAW}, section 2.9, eq. 8",
                part=f"{time:g}s",
            )
        )
    return rows


def _march(
    field: PackageField, power: float, start: float, legs: tuple[tuple[float, int], ...]
) -> list[float]:
    """Rise of the one block's hottest node at the end of each leg: (time at its end [s], steps in it)."""
    temperature, now, rises = field.uniform(start), 0.0, []
    for end, steps in legs:
        for _ in range(steps):
            solution = field.step(temperature, (end - now) / steps, np.array([power]))
            temperature = solution.temperature
        now = end
        rises.append(float(solution.block_maximum[0]) - start)
    return rises


@case("A4", 1, "Straight fin with an adiabatic tip")
def fin(data: Path | None) -> list[Row]:
    """Efficiency ``tanh(m L) / (m L)`` of a slender fin; conductive across, as the one-dimensional form has it."""
    coefficient, conductivity, thickness, length = 50.0, 200.0, 5e-4, 2e-2
    side = 2.0 * thickness  # a square pin of this side has the perimeter over area of a thin straight fin
    spec = package(
        size=(side, side),
        cells=(1, 1),
        layer=[{"name": "fin", "thickness": length, "material": "fin", "cells": 400}],
        materials={"fin": solid((1e6, 1e6, conductivity))},
        boundary={"bottom": {"T": 400.0}, "sides": {"h": coefficient, "T": 300.0}},
    )
    heat = PackageField(spec, Path()).steady(np.empty(0)).heat_out["sides"]
    efficiency = heat / (coefficient * 4.0 * side * length * 100.0)
    product = math.sqrt(2.0 * coefficient / (conductivity * thickness)) * length
    reference = math.tanh(product) / product
    return [
        Row(
            quantity="fin efficiency",
            unit="-",
            computed=efficiency,
            reference=reference,
            band=within(reference, absolute=1e-6),
            source="Incropera et al., Fundamentals of Heat and Mass Transfer, 7th ed. (2011), table 3.4",
        )
    ]


@case("A6", 1, "Square source on a square spreader")
def square_spreader(data: Path | None) -> list[Row]:
    """Mean source temperature over power; a quarter of 10 mm on 40 mm by 2 mm of copper, cooled on the far side."""
    solution = spreader(cells=60, through=12)
    resistance = (float(solution.block_mean[0]) - 300.0) / (4.0 * solution.source_power)
    reference = spreading_resistance(5e-3, 2e-2, 2e-3, 400.0, 5e3)
    return [
        Row(
            quantity="mean resistance from source to fluid",
            unit="K/W",
            computed=resistance,
            reference=reference,
            band=within(reference, relative=5e-3),
            source="Yovanovich, Muzychka and Culham, J. Thermophys. Heat Transfer 13 (1999) 495, eqs. 16 to 20",
        )
    ]


def spreader(cells: int, through: int) -> FieldSolution:
    """Solve a quarter of the square spreader with ``cells`` along a side and ``through`` along its thickness."""
    skin = 2e-3 / through
    spec = package(
        size=(2e-2, 2e-2),
        cells=(cells, cells),
        layer=[
            {
                "name": "source",
                "thickness": skin,
                "material": "copper400",
                "extent": {"x": 0.0, "y": 0.0, "w": 5e-3, "h": 5e-3},
                "fill": "copper400",
                "floorplan": {"grid": [1, 1]},
                "heat": "bottom",
            },
            {"name": "plate", "thickness": 2e-3 - skin, "material": "copper400", "cells": through - 1},
        ],
        materials={"copper400": solid(400.0)},
        boundary={"top": {"h": 5e3, "T": 300.0}},
    )
    return PackageField(spec, Path()).steady(np.array([1.0]))


def spreading_resistance(
    source: float, plate: float, thickness: float, conductivity: float, coefficient: float
) -> float:
    """Mean resistance of a centred square source on a square plate [K/W].

    Parameters
    ----------
    source, plate
        Half sides [m].
    thickness
        Of the plate [m].
    conductivity
        [W/(m K)].
    coefficient
        Heat transfer coefficient of the far side [W/(m2 K)].

    Notes
    -----
    Fourier series over the plate, ``phi = (k g + h tanh(g t) ...)`` of Yovanovich et al. (1999): the response of a mode
    of wave number ``g`` at the heated face is ``(k g cosh + h sinh) / (k g (k g sinh + h cosh))`` of ``g t``.
    """
    count = np.arange(1, 1501)
    wave = count * math.pi / plate
    amplitude = np.sin(wave * source) / (wave * source)

    def response(number: Array) -> Array:
        decay = np.tanh(number * thickness)
        stiffness = conductivity * number
        return np.asarray((stiffness + coefficient * decay) / (stiffness * (stiffness * decay + coefficient)))

    area = 4.0 * plate**2
    one_way = 2.0 * float((amplitude**2 * response(wave)).sum())
    both = response(np.hypot(wave[:, None], wave[None, :]))
    two_way = 4.0 * float(amplitude**2 @ both @ amplitude**2)
    uniform = thickness / conductivity + 1.0 / coefficient
    return (uniform + 2.0 * one_way + two_way) / area
