"""What ``vascool trace`` does: each function returns plain data for printing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.emulators import Emulation, emulate
from coupling.power.formats.ptrace import read_ptrace, write_ptrace
from coupling.power.spec import EmulatorSpec
from coupling.power.trace import PowerTrace

BARS = "▁▂▃▄▅▆▇█"


def trace_info(path: Path, interval: float = 1e-3, width: int = 60) -> dict[str, object]:
    """Duration, blocks, mean and peak watts of a trace file, and a sparkline of its total power."""
    trace = read_ptrace(path, interval)
    mean, peak = trace.mean(), trace.peak()
    hottest = int(np.argmax(mean))
    return {
        "file": str(path),
        "steps": trace.steps,
        "duration_s": trace.duration,
        "blocks": len(trace.blocks),
        "mean_W": float(mean.sum()),
        "peak_W": float(trace.total.max()),
        "energy_J": float(trace.energy().sum()),
        "hottest_block": trace.blocks[hottest],
        "hottest_block_mean_W": float(mean[hottest]),
        "hottest_block_peak_W": float(peak[hottest]),
        "sparkline": sparkline(trace, width),
    }


def sparkline(trace: PowerTrace, width: int = 60) -> str:
    """Total power over time in one line of text, from the lowest to the highest value."""
    count = min(width, trace.steps)
    power = trace.resampled(np.linspace(trace.time_edges[0], trace.time_edges[-1], count + 1)).total
    low, high = float(power.min()), float(power.max())
    level = np.zeros(count) if high - low <= 1e-12 * high else (power - low) / (high - low)
    return "".join(BARS[min(int(value * len(BARS)), len(BARS) - 1)] for value in level)


def emulate_trace(
    spec: EmulatorSpec,
    output: Path,
    *,
    interval: float = 1e-3,
    neurons: float | None = None,
    size: tuple[float, float] = (0.3, 0.3),
    seed: int = 0,
    base: Path = Path(),
) -> dict[str, object]:
    """Run an emulator and write its activity as ``output`` (.ptrace) and the tiles as a ``.flp`` beside it.

    Parameters
    ----------
    interval
        Duration of a time step [s].
    neurons
        Neurons for which the trace shall stand: the emulated watts times this over the emulated neurons.
    size
        Width and height that the mesh of tiles covers [m].
    """
    if output.suffix != ".ptrace":
        raise TraceError(f"{output}: expected a file name that ends in .ptrace")
    emulation = emulate(spec, base, seed)
    factor = 1.0 if neurons is None else neurons / emulation.neurons
    write_ptrace(emulation.trace(interval).scaled(factor), output)
    write_tile_floorplan(emulation, output.with_suffix(".flp"), size)
    info = trace_info(output, interval)
    info["source"] = emulation.source
    info["emulated_neurons"] = emulation.neurons
    info["scale"] = factor
    return info


def write_tile_floorplan(emulation: Emulation, path: Path, size: tuple[float, float]) -> None:
    """Write the mesh of tiles as a HotSpot floorplan: name, width, height, left, bottom [m]."""
    width, height = size[0] / emulation.columns, size[1] / emulation.rows
    lines = ["# name\twidth\theight\tleft\tbottom   [m]"]
    for index, name in enumerate(emulation.tiles):
        column, row = divmod(index, emulation.rows)
        numbers = (width, height, column * width, row * height)
        lines.append("\t".join([name, *(f"{number:.9g}" for number in numbers)]))
    temporary = path.with_name(path.name + ".part")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)
