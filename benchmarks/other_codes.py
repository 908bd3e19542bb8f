"""HotSpot and 3D-ICE on a layered plate: their inputs written like for like, their time, and how far their answer is.

The plate is 40 mm wide: silicon of 0.5 mm, 50 um of 4 W/(m K), copper of 2.5 mm, cooled over its top with 2000 W/(m2
K); 100 W enter the silicon's lower face over the 10 mm in its middle. Compared is the mean temperature of that
square. The converged answer is the diagonalisation's on fine lines, extrapolated. HotSpot takes the copper as
spreader and sink of half the thickness each, a quarter of a per cent wider one than the other because it divides by
what stands out, and the cooling as one resistance; it has one node through each. 3D-ICE has the cells of the bench.
Both are run as they come, in processes of their own, and their processor time counts reading and writing.
"""

from __future__ import annotations

import functools
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, interleaved
from thermal.field.diagonalisation import DiagonalisedSolver
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

SIDE, HEATED, POWER, FILM, AMBIENT = 40e-3, 10e-3, 100.0, 2000.0, 300.0
LAYERS = ((5e-4, 150.0, 6), (5e-5, 4.0, 1), (2.5e-3, 390.0, 13))
"""Thickness [m], conductivity [W/(m K)] and cells through it of silicon, grease and copper."""
CAPACITY = 2e6
LONGEST = 300
"""Time that another code is given [s]."""
ENOUGH = 20.0
"""Time of another code after which its size is not run again [s]."""


@dataclass(frozen=True)
class OtherCode:
    """A program, and how it is used.

    Attributes
    ----------
    variable
        Of the environment, which names it where it is not on the PATH.
    write
        Its inputs into a folder, for so many cells a side; returns the arguments it is run with.
    read
        Mean temperature of the heated square from what it left in the folder [K].
    cells
        That it divides the plate into through its thickness.
    """

    name: str
    variable: str
    program: str
    write: Callable[[Path, int], list[str]]
    read: Callable[[Path], float]
    cells: int


def other_rows(sides: tuple[int, ...], rounds: int) -> Iterator[Row]:
    """Every code that is at hand, at every number of cells a side; what is not is said on standard error."""
    for code in CODES:
        program = shutil.which(os.environ.get(code.variable, code.program))
        if program is None:
            print(f"{code.name}: not found ({code.variable}=... names it); not compared", file=sys.stderr)
            continue
        for cells in sides:
            try:
                yield from _compare(code, program, cells, rounds)
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                print(f"{code.name}, {cells} cells a side: {error}; not compared", file=sys.stderr)


def _compare(code: OtherCode, program: str, cells: int, rounds: int) -> Iterator[Row]:
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [program, *code.write(folder, cells)]
        spent = [_run(command, folder)]
        while len(spent) < rounds and sum(spent) < ENOUGH:
            spent.append(_run(command, folder))
        theirs = code.read(folder)
        times = interleaved({"ours": lambda: ours.append(heated_mean(cells, 1))}, max(rounds, 5))
    size, seconds = code.cells * cells**2, float(np.median(spent))
    unit = "K from the converged mean of the heated square"
    yield Row(f"layered plate: {code.name}", size, seconds, error=abs(theirs - converged()), unit=unit)
    yield Row(
        "layered plate: diagonalised, all of it",
        (cells + 1) ** 2 * (1 + sum(layer[2] for layer in LAYERS)),
        times["ours"],
        code.name,
        seconds / times["ours"],
        abs(ours[-1] - converged()),
        unit,
    )


def _run(command: list[str], folder: Path) -> float:
    """Processor time of a program and of all that it starts [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if said.returncode != 0:
        raise ValueError(f"ended with {said.returncode}: {(said.stderr or said.stdout).strip()[-200:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heated_mean(cells: int, refine: int) -> float:
    """Mean temperature of the heated square by our own solver [K]."""
    x = np.linspace(0.0, SIDE, cells + 1)
    edges = (0.5 * (SIDE - HEATED), 0.5 * (SIDE + HEATED))
    pieces, height = [np.zeros(1)], 0.0
    for thickness, _, count in LAYERS:
        pieces.append(np.linspace(height, height + thickness, refine * count + 1)[1:])
        height += thickness
    grid = TensorGrid(x, x, np.concatenate(pieces))
    conductivity = np.repeat([k for _, k, _ in LAYERS], [refine * count for _, _, count in LAYERS])
    conductivity = np.broadcast_to(conductivity[:, None, None], grid.cell_shape)
    operator = TensorOperator(grid, conductivity, film={"top": np.full(grid.face_shape("top"), FILM)})
    # share of each cell in the square, exact where its edges fall between lines
    share = np.clip(np.minimum(x[1:], edges[1]) - np.maximum(x[:-1], edges[0]), 0.0, None)
    weight = np.zeros(grid.node_shape[1:])
    for low, high in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight[low : low + cells, high : high + cells] += 0.25 * np.outer(share, share) / HEATED**2
    load = np.zeros(grid.node_shape)
    load[0] = POWER * weight
    rise = DiagonalisedSolver(operator).solve(load)
    return AMBIENT + float((weight * rise[0]).sum())


@functools.cache
def converged() -> float:
    """Mean temperature of the heated square on fine lines, extrapolated by the square of their width [K]."""
    coarse, fine = heated_mean(160, 4), heated_mean(320, 8)
    return fine + (fine - coarse) / 3.0


def write_hotspot(folder: Path, cells: int) -> list[str]:
    """Floorplan, power and options of HotSpot's grid model; the number of cells has to be a power of two."""
    low, high = 0.5 * (SIDE - HEATED), 0.5 * (SIDE + HEATED)
    blocks = {
        "heated": (HEATED, HEATED, low, low),
        "below": (SIDE, low, 0.0, 0.0),
        "above": (SIDE, low, 0.0, high),
        "left": (low, HEATED, 0.0, low),
        "right": (low, HEATED, high, low),
    }
    lines = ["\t".join([name, *(f"{value:.6e}" for value in box)]) for name, box in blocks.items()]
    (folder / "plate.flp").write_text("\n".join(lines) + "\n")
    watts = [POWER if name == "heated" else 0.0 for name in blocks]
    (folder / "plate.ptrace").write_text("\t".join(blocks) + "\n" + "\t".join(map(str, watts)) + "\n")
    (silicon, k_silicon, _), (grease, k_grease, _), (copper, k_copper, _) = LAYERS
    options = {
        "t_chip": silicon,
        "k_chip": k_silicon,
        "p_chip": CAPACITY,
        "t_interface": grease,
        "k_interface": k_grease,
        "p_interface": CAPACITY,
        "s_spreader": 1.0025 * SIDE,
        "t_spreader": 0.5 * copper,
        "k_spreader": k_copper,
        "p_spreader": CAPACITY,
        "s_sink": 1.005 * SIDE,
        "t_sink": 0.5 * copper,
        "k_sink": k_copper,
        "p_sink": CAPACITY,
        "r_convec": 1.0 / (FILM * (1.005 * SIDE) ** 2),
        "c_convec": 1.0,
        "ambient": AMBIENT,
        "init_temp": AMBIENT,
        "model_type": "grid",
        "grid_rows": cells,
        "grid_cols": cells,
        "steady_file": "plate.steady",
    }
    (folder / "plate.config").write_text("".join(f"-{key}\t{value}\n" for key, value in options.items()))
    return ["-c", "plate.config", "-f", "plate.flp", "-p", "plate.ptrace"]


def read_hotspot(folder: Path) -> float:
    """Temperature of the heated block [K]."""
    text = (folder / "plate.steady").read_text()
    found = re.search(r"^(?:layer_0_)?heated\s+(\S+)", text, re.MULTILINE)
    if found is None:
        raise ValueError("no temperature of the heated block in its output")
    return float(found.group(1))


def write_ice(folder: Path, cells: int) -> list[str]:
    """Stack and floorplan of 3D-ICE, lengths in micrometres; every cell layer is a layer of its own."""
    names = ("SILICON", "GREASE", "COPPER")
    materials = "".join(
        f"material {name} :\n  thermal conductivity {k * 1e-6:.6e} ;\n"
        f"  volumetric heat capacity {CAPACITY * 1e-18:.6e} ;\n\n"
        for name, (_, k, _) in zip(names, LAYERS, strict=True)
    )
    heights = [thickness * 1e6 / count for thickness, _, count in LAYERS]
    layers = "".join(
        f"layer {name}_CELL :\n  height {height:.6f} ;\n  material {name} ;\n\n"
        for name, height in zip(names[1:], heights[1:], strict=True)
    )
    die = "".join(f"  layer {heights[0]:.6f} SILICON ;\n" for _ in range(LAYERS[0][2] - 1))
    above = [(name, n) for name, layer in zip(names[1:], LAYERS[1:], strict=True) for n in range(layer[2])]
    stack = "".join(f"  layer {name}_{n} {name}_CELL ;\n" for name, n in reversed(above))
    side, length = SIDE * 1e6, SIDE * 1e6 / cells
    (folder / "plate.stk").write_text(
        f"{materials}top heat sink :\n  heat transfer coefficient {FILM * 1e-12:.6e} ;\n  temperature {AMBIENT} ;\n\n"
        f"dimensions :\n  chip length {side:.3f} , width {side:.3f} ;\n"
        f"  cell length {length:.6f} , width {length:.6f} ;\n  non-uniform false ;\n\n{layers}"
        f"die PLATE :\n{die}  source {heights[0]:.6f} SILICON ;\n\n"
        f'stack:\n{stack}  die CHIP PLATE floorplan "./plate.flp" ;\n\n'
        f"solver:\n  steady ;\n  initial temperature {AMBIENT} ;\n  numofcores 1 ;\n\n"
        'output:\n  Tflpel ( CHIP.Heated , "heated.txt" , average , final ) ;\n'
    )
    low, width = 0.5 * (SIDE - HEATED) * 1e6, HEATED * 1e6
    (folder / "plate.flp").write_text(
        f"Heated :\n  position {low:.3f} , {low:.3f} ;\n  dimension {width:.3f} , {width:.3f} ;\n"
        f"  power values {POWER} ;\n"
    )
    return ["plate.stk"]


def read_ice(folder: Path) -> float:
    """Temperature of the heated element, the last number of its output [K]."""
    numbers = re.findall(r"[-+]?\d+.\d+(?:[eE][-+]?\d+)?", (folder / "heated.txt").read_text())
    if not numbers:
        raise ValueError("no temperature in its output")
    return float(numbers[-1])


CODES = (
    OtherCode("HotSpot", "HOTSPOT", "hotspot", write_hotspot, read_hotspot, 4),
    OtherCode("3D-ICE", "ICE3D", "3D-ICE-Emulator", write_ice, read_ice, 20),
)
