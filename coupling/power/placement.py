"""Where neurons live: neuron to core, core to block of the floorplan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.formats.text import header, numbered_lines

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Placement:
    """Neurons on cores, cores on blocks.

    Parameters
    ----------
    core
        Core of each neuron, shape (neurons,).
    core_block
        Block of each core, shape (cores,): an index into ``blocks``.
    blocks
        Names of the blocks.
    """

    core: Integers
    core_block: Integers
    blocks: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.core.size == 0 or self.core.min() < 0 or self.core.max() >= self.core_block.size:
            raise TraceError("placement: every neuron needs a core")
        if self.core_block.min() < 0 or self.core_block.max() >= len(self.blocks):
            raise TraceError("placement: every core needs a block")

    @property
    def neurons(self) -> int:
        """Number of neurons placed."""
        return int(self.core.size)

    @property
    def cores(self) -> int:
        """Number of cores, the empty ones included."""
        return int(self.core_block.size)

    @property
    def block(self) -> Integers:
        """Block of each neuron, shape (neurons,)."""
        return np.asarray(self.core_block[self.core])

    @property
    def population(self) -> Integers:
        """Number of neurons on each core, shape (cores,)."""
        return np.bincount(self.core, minlength=self.cores)


def even_placement(neurons: int, blocks: Sequence[str], cores_per_block: int = 4) -> Placement:
    """Place consecutive neurons together, the same number (to within one) on every core of every block."""
    cores = cores_per_block * len(blocks)
    core = np.arange(neurons) * cores // neurons
    return Placement(core, np.repeat(np.arange(len(blocks)), cores_per_block), tuple(blocks))


def filled_placement(
    neurons: int, blocks: Sequence[str], neurons_per_core: int, cores_per_block: int = 4
) -> Placement:
    """Fill core after core up to ``neurons_per_core``; the blocks that are not needed stay empty."""
    cores = cores_per_block * len(blocks)
    if neurons > cores * neurons_per_core:
        raise TraceError(f"placement: {neurons} neurons do not fit {cores} cores of {neurons_per_core}")
    core = np.arange(neurons) // neurons_per_core
    return Placement(core, np.repeat(np.arange(len(blocks)), cores_per_block), tuple(blocks))


def read_placement(path: Path, blocks: Sequence[str]) -> Placement:
    """Read rows ``neuron,core,block``: every neuron from 0 on once, every core in one block."""
    lines = numbered_lines(path)
    names = header(lines, path, ",")
    if names != ("neuron", "core", "block"):
        raise TraceError(f"{path}:1: expected the header neuron,core,block; found {','.join(names[:4])}")
    position = {name: index for index, name in enumerate(blocks)}
    core_of: dict[int, int] = {}
    block_of: dict[int, int] = {}
    for number, text in lines:
        fields = [field.strip() for field in text.split(",")]
        if len(fields) != 3 or not fields[0].isdecimal() or not fields[1].isdecimal():
            raise TraceError(
                f"{path}:{number}: expected neuron,core,block with whole numbers, found {text[:40]!r}"
            )
        neuron, core, block = int(fields[0]), int(fields[1]), fields[2]
        if block not in position:
            raise TraceError(f"{path}:{number}: block {block!r} is not in the floorplan")
        if neuron in core_of:
            raise TraceError(f"{path}:{number}: neuron {neuron} is placed twice")
        if block_of.setdefault(core, position[block]) != position[block]:
            raise TraceError(f"{path}:{number}: core {core} is already in block {blocks[block_of[core]]!r}")
        core_of[neuron] = core
    return _from_maps(path, core_of, block_of, blocks)


def _from_maps(
    path: Path, core_of: dict[int, int], block_of: dict[int, int], blocks: Sequence[str]
) -> Placement:
    if not core_of:
        raise TraceError(f"{path}: places no neuron")
    missing = next((neuron for neuron in range(len(core_of)) if neuron not in core_of), None)
    if missing is not None:
        raise TraceError(f"{path}: neuron {missing} is not placed")
    number = {core: index for index, core in enumerate(sorted(block_of))}
    core = np.array([number[core_of[neuron]] for neuron in range(len(core_of))])
    return Placement(core, np.array([block_of[name] for name in number]), tuple(blocks))
