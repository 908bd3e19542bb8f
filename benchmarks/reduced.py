"""Reduced model: time of a step, linear and with boiling ports, and its error against all modes of the field."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from benchmarks.nonlinear import CubicBoiling
from benchmarks.rows import Row, interleaved
from benchmarks.transient_streaming import play_long
from thermal.field.reduced import ReducedModel, build_reduced
from thermal.field.reduced_pencil import TensorPencil
from thermal.field.reduced_ports import Ports, plane_loads, zones_of_face
from thermal.field.tensor_grid import TensorGrid

Array = NDArray[np.float64]

STEP = 1e-3
REFERENCE = 300.0


def reduced_rows(rounds: int, steps: int = 1_000_000) -> Iterator[Row]:
    """Linear step of 64 states and 16 outputs; the error bound over random cases; 64 ports; a run of a long trace."""
    yield from _linear(rounds)
    yield from _bounds(range(9000, 9050))
    yield from _boiling(rounds)
    yield play_long(steps)


def _linear(rounds: int) -> Iterator[Row]:
    pencil, blocks, _ = _chip(cells=12, blocks=4, ports=0)
    for order in (64, None):
        start = time.process_time()
        model = build_reduced(
            pencil,
            blocks,
            np.full(16, 2.0),
            reference=REFERENCE,
            shortest=STEP,
            order=order,
            sink_moves=False,
        )
        yield Row("reduced model of 16 blocks: build", blocks.shape[0], time.process_time() - start)
        power = np.random.default_rng(1).uniform(0.0, 2.0, (2000, 16)).repeat(10, axis=0)
        sides = {
            "step": lambda m=model, p=power: m.play(p, STEP, m.start()),
            "peak": lambda m=model, p=power: m.play(p, STEP, m.start(), hottest_above=REFERENCE),
        }
        times = interleaved(sides, max(rounds, 5))
        error, bound = _true_error(model, pencil, blocks, power[:300], STEP)
        wanted = "64 states" if order else f"tolerance of 20 mK, {model.order} states"
        size, note = len(power), "K in the field, all nodes, at step ends"
        yield Row(f"reduced linear step, {wanted}", size, times["step"] / size, error=error, unit=note)
        yield Row(f"the same with blocks' maxima, {wanted}", size, times["peak"] / size)
        yield Row("error bound over true error", 300, ratio=bound / error, error=bound, unit="K")


def _bounds(seeds: range) -> Iterator[Row]:
    """Bound over true error in chips whose layers, films, steps and tolerances are drawn at random."""
    ratios = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        film, step, tolerance = (
            float(10.0 ** random.uniform(*r)) for r in ((2.5, 4.5), (-3.5, -1.5), (-3.0, -0.5))
        )
        pencil, blocks, _ = _chip(8, 4, 0, film=film, layers=random.uniform(0.5, 2.0, 5))
        model = build_reduced(
            pencil,
            blocks,
            np.full(16, 2.0),
            reference=REFERENCE,
            shortest=step,
            tolerance=tolerance,
            sink_moves=False,
        )
        power = random.uniform(0.0, 2.0, (6, 16)).repeat(10, axis=0)
        error, bound = _true_error(model, pencil, blocks, power, step)
        ratios.append(bound / error)
    for name, ratio in (
        ("smallest", min(ratios)),
        ("median", float(np.median(ratios))),
        ("largest", max(ratios)),
    ):
        yield Row(f"error bound over true error, {name} of random cases", len(ratios), ratio=ratio, unit="-")


def _true_error(
    model: ReducedModel, pencil: TensorPencil, blocks: Array, power: Array, step: float
) -> tuple[float, float]:
    """Largest difference of any node at any step from all modes of the field, and its bound [K]."""
    state, error = model.start(), 0.0
    for watts, field in zip(power, _all_modes(pencil, blocks, power, step), strict=True):
        state = model.play(watts[None], step, state).state
        error = max(error, float(np.abs(model.field(state) - field).max()))
    return error, model.error(state)[1]


def _boiling(rounds: int) -> Iterator[Row]:
    pencil, blocks, ports = _chip(cells=16, blocks=8, ports=8)
    model = build_reduced(
        pencil,
        blocks,
        np.full(64, 0.5),
        ports,
        reference=REFERENCE,
        shortest=STEP,
        tolerance=0.1,
        sink_moves=False,
        port_scale=0.1,
    )
    power = np.random.default_rng(1).uniform(0.0, 0.5, (200, 64)).repeat(10, axis=0)
    start = model.steady(power.mean(axis=0), CubicBoiling())
    times = interleaved({"step": lambda: model.play(power, STEP, start, CubicBoiling())}, max(rounds, 5))
    history = model.play(power, STEP, start, CubicBoiling())
    yield Row(
        f"reduced step, 64 boiling ports, {model.order} states",
        len(power),
        times["step"] / len(power),
        error=model.error(history.state)[1],
        unit="K bound",
    )


def _chip(
    cells: int, blocks: int, ports: int, film: float = 3e3, layers: Array | float = 1.0
) -> tuple[TensorPencil, Array, Ports | None]:
    """Silicon of 12 mm with ``blocks`` squared, grease and a copper lid; a film [W/(m2 K)], or ports, on top.

    Conductivities are ``layers`` times those of the materials.
    """
    x = np.linspace(0.0, 12e-3, cells + 1)
    grid = TensorGrid(x, x, np.array([0.0, 1e-4, 3e-4, 3.5e-4, 1e-3, 2e-3]))
    values = layers * np.array([130.0, 130.0, 4.0, 390.0, 390.0]), np.array([1.6e6, 1.6e6, 2e6, 3.4e6, 3.4e6])
    conductivity, capacity = (np.broadcast_to(v[:, None, None], grid.cell_shape) for v in values)
    area = grid.face_area("top")
    column = np.arange(cells) * blocks // cells
    block = column[:, None] * blocks + column
    shares = [np.where(block == n, area / area[block == n].sum(), 0.0) for n in range(blocks**2)]
    loads = plane_loads(grid, 0, np.stack(shares))
    if not ports:
        return TensorPencil(grid, conductivity, capacity, {"top": np.full(area.shape, film)}), loads, None
    column = np.arange(cells) * ports // cells
    zones, tangent = zones_of_face(grid, "top", column[:, None] * ports + column, 4e4)
    return TensorPencil(grid, conductivity, capacity, tangent={"top": tangent}), loads, zones


def _all_modes(pencil: TensorPencil, blocks: Array, power: Array, step: float) -> Iterator[Array]:
    rates, modes = scipy.linalg.eigh(pencil.conduction.toarray(), pencil.capacity.toarray())
    state = np.zeros(len(rates))
    decay, gain = np.exp(-rates * step), modes.T @ blocks
    for watts in power:
        forced = gain @ watts / rates
        state = forced + decay * (state - forced)
        yield REFERENCE + modes @ state
