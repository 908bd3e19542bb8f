"""Reduced model: time of a step, linear and with boiling ports, and its error against all modes of the field."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from benchmarks.nonlinear import CubicBoiling
from benchmarks.rows import Row, interleaved
from thermal.field.reduced import build_reduced
from thermal.field.reduced_pencil import TensorPencil
from thermal.field.reduced_ports import Ports, plane_loads, zones_of_face
from thermal.field.tensor_grid import TensorGrid

Array = NDArray[np.float64]

STEP = 1e-3
REFERENCE = 300.0


def reduced_rows(rounds: int) -> Iterator[Row]:
    """Linear step of 64 states and 16 outputs; the same with 64 ports."""
    yield from _linear(rounds)
    yield from _boiling(rounds)


def _linear(rounds: int) -> Iterator[Row]:
    pencil, blocks, _ = _chip(cells=12, blocks=4, ports=0)
    start = time.process_time()
    model = build_reduced(pencil, blocks, np.full(16, 2.0), reference=REFERENCE, shortest=STEP, order=64)
    yield Row("reduced model of 16 blocks: build", blocks.shape[0], time.process_time() - start)
    power = np.random.default_rng(1).uniform(0.0, 2.0, (2000, 16)).repeat(10, axis=0)
    times = interleaved(
        {"step": lambda: model.play(power, STEP, model.start(), estimate=False)}, max(rounds, 5)
    )
    few = power[:300]
    exact = _all_modes(pencil, blocks, few)
    state, error = model.start(), 0.0
    for watts, field in zip(few, exact, strict=True):
        state = model.play(watts[None], STEP, state).state
        error = max(error, float(np.abs(model.field(state) - field).max()))
    yield Row(
        "reduced linear step, 64 states",
        len(power),
        times["step"] / len(power),
        error=error,
        unit="K in the field",
    )
    yield Row(
        "reduced linear step: estimate over true error",
        len(few),
        ratio=state.error / error,
        error=state.error,
        unit="K",
    )


def _boiling(rounds: int) -> Iterator[Row]:
    pencil, blocks, ports = _chip(cells=16, blocks=8, ports=8)
    model = build_reduced(
        pencil, blocks, np.full(64, 0.5), ports, reference=REFERENCE, shortest=STEP, tolerance=0.05, order=192
    )
    power = np.random.default_rng(1).uniform(0.0, 0.5, (200, 64)).repeat(10, axis=0)
    start = model.steady(power.mean(axis=0), CubicBoiling())
    times = interleaved(
        {"step": lambda: model.play(power, STEP, start, CubicBoiling(), estimate=False)}, max(rounds, 5)
    )
    history = model.play(power[:200], STEP, start, CubicBoiling())
    yield Row(
        f"reduced step, 64 boiling ports, {model.order} states",
        len(power),
        times["step"] / len(power),
        error=history.error,
        unit="K estimated",
    )


def _chip(cells: int, blocks: int, ports: int) -> tuple[TensorPencil, Array, Ports | None]:
    """Silicon of 12 mm with ``blocks`` squared, grease and a copper lid; a film of 3 kW/(m2 K), or ports, on top."""
    x = np.linspace(0.0, 12e-3, cells + 1)
    grid = TensorGrid(x, x, np.array([0.0, 1e-4, 3e-4, 3.5e-4, 1e-3, 2e-3]))
    layers = np.array([130.0, 130.0, 4.0, 390.0, 390.0]), np.array([1.6e6, 1.6e6, 2e6, 3.4e6, 3.4e6])
    conductivity, capacity = (np.broadcast_to(v[:, None, None], grid.cell_shape) for v in layers)
    area = grid.face_area("top")
    column = np.arange(cells) * blocks // cells
    block = column[:, None] * blocks + column
    shares = [np.where(block == n, area / area[block == n].sum(), 0.0) for n in range(blocks**2)]
    loads = plane_loads(grid, 0, np.stack(shares))
    if not ports:
        return TensorPencil(grid, conductivity, capacity, {"top": np.full(area.shape, 3e3)}), loads, None
    column = np.arange(cells) * ports // cells
    zones, tangent = zones_of_face(grid, "top", column[:, None] * ports + column, 5e3)
    return TensorPencil(grid, conductivity, capacity, tangent={"top": tangent}), loads, zones


def _all_modes(pencil: TensorPencil, blocks: Array, power: Array) -> Iterator[Array]:
    rates, modes = scipy.linalg.eigh(pencil.conduction.toarray(), pencil.capacity.toarray())
    state = np.zeros(len(rates))
    decay, gain = np.exp(-rates * STEP), modes.T @ blocks
    for watts in power:
        forced = gain @ watts / rates
        state = forced + decay * (state - forced)
        yield REFERENCE + modes @ state
