"""Run a spiking network on a SANA-FE architecture and hand over energy per tile and step as a ``.npz`` file.

A script of its own, started as ``python sanafe_worker.py REQUEST.json RESULT.npz`` and never imported by the
rest: SANA-FE is GPL-3, so it lives in a process of its own and only files pass between the two.

The request holds ``architecture`` (``loihi``, ``truenorth`` or a path of an architecture file), ``network``
(``recurrent`` or ``dvs``), ``neurons_per_core``, ``fan_out``, ``steps``, ``warm_up`` (steps run first
and left out), ``seed``, ``neuron`` (its model's attributes), ``input`` (name of
the input units) and ``replace`` (pairs of text
to exchange in the architecture file, for figures it leaves at zero).

References
----------
.. [1] J. A. Boyle et al., "SANA-FE: Simulating Advanced Neuromorphic Architectures for Fast Exploration",
   IEEE TCAD, 2025, doi:10.1109/TCAD.2025.3537971.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sanafe
from sanafe import layers

INPUTS_PER_CORE = 8
EXCITATORY_SHARE = 0.8

Array = npt.NDArray[Any]


def load_architecture(request: dict[str, Any], folder: Path) -> Any:
    """Load the architecture with energy logging switched on for every tile."""
    name = request["architecture"]
    bundled = files("sanafe.examples") / f"{name}.yaml"
    text = bundled.read_text() if name in ("loihi", "truenorth") else request["text"]
    for old, new in request.get("replace", []):
        text = text.replace(old, new)
    head, mark, tail = text.partition("  tile:")
    # the first "attributes:" after each tile's name is the tile's own
    tail = re.sub(
        r"(?m)^( {4}- name: .*\n {6}attributes:\n)",
        lambda found: found.group(1) + "        log_energy: true\n",
        tail,
    )
    path = folder / "architecture.yaml"
    path.write_text(head + mark + tail, encoding="utf-8")
    return sanafe.load_arch(str(path))


def mesh_shape(architecture: Any) -> tuple[int, int]:
    """Return columns and rows of the tile mesh; tile ``i`` sits at column ``i // rows``, row ``i % rows``."""
    described = sanafe.SpikingChip(architecture).describe()
    return int(described["noc_width_in_tiles"]), int(described["noc_height_in_tiles"])


def drive(request: dict[str, Any], shape: tuple[int, int], random: np.random.Generator) -> Array:
    """Return firing probability of the inputs [-], shape (steps, tiles): a bump wanders over uneven tiles."""
    columns, rows = shape
    tile = np.arange(columns * rows)
    x, y = (tile // rows + 0.5) / columns, (tile % rows + 0.5) / rows
    phase = 2.0 * np.pi * np.arange(request["steps"])[:, None] / (0.5 * request["steps"])
    swell = 1.0 + 0.5 * np.sin(3.0 * phase)
    distance = (x - 0.5 - 0.3 * np.cos(phase)) ** 2 + (y - 0.5 - 0.3 * np.sin(phase)) ** 2
    uneven = random.lognormal(0.0, 0.35, tile.size)
    return np.asarray(np.clip(uneven * (0.04 + 0.3 * swell * np.exp(-distance / 0.06)), 0.0, 0.9))


def recurrent_network(
    request: dict[str, Any], architecture: Any, random: np.random.Generator
) -> tuple[Any, int]:
    """Build excitatory-inhibitory populations, one a core, wired mostly to own and neighbouring tiles."""
    columns, rows = mesh_shape(architecture)
    rates = drive(request, (columns, rows), random)
    count, fan_out, steps = request["neurons_per_core"], request["fan_out"], request["steps"]
    network = sanafe.Network()
    tile_of: list[int] = []
    populations: list[Any] = []
    inputs: list[Any] = []
    for tile_index, tile in enumerate(architecture.tiles):
        for core in tile.cores:
            core_index = len(populations)
            population = network.create_neuron_group(
                f"core{core_index}",
                count,
                model_attributes=request["neuron"],
            )
            population.map_to_core(core)
            stimulus = network.create_neuron_group(f"input{core_index}", INPUTS_PER_CORE)
            fires = random.random((INPUTS_PER_CORE, steps)) < rates[:, tile_index]
            for index in range(INPUTS_PER_CORE):
                attributes = {"spikes": fires[index].tolist()}
                stimulus[index].set_attributes(
                    soma_hw_name=request["input"].format(index), model_attributes=attributes
                )
            stimulus.map_to_core(core)
            tile_of.append(tile_index)
            populations.append(population)
            inputs.append(stimulus)
    cores_at = [np.flatnonzero(np.array(tile_of) == tile) for tile in range(len(architecture.tiles))]
    excitatory = round(EXCITATORY_SHARE * count)
    for source in range(len(populations)):
        every = INPUTS_PER_CORE * max(count // 2, 1)
        pairs = _pairs(random.integers(0, INPUTS_PER_CORE, every), random.integers(0, count, every))
        inputs[source].connect_neurons_sparse(populations[source], {"w": [0.5] * len(pairs)}, pairs)
        targets = _target_cores(tile_of[source], count * fan_out, cores_at, (columns, rows), random)
        senders = np.repeat(np.arange(count), fan_out)
        receivers = random.integers(0, count, count * fan_out)
        for target in np.unique(targets):
            chosen = targets == target
            pairs = _pairs(senders[chosen], receivers[chosen])
            weights = [0.09 if sender < excitatory else -0.36 for sender, _ in pairs]
            populations[source].connect_neurons_sparse(populations[target], {"w": weights}, pairs)
    return network, count * len(populations)


def _pairs(senders: Array, receivers: Array) -> list[tuple[int, int]]:
    return sorted({(int(a), int(b)) for a, b in zip(senders, receivers, strict=True)})


def _target_cores(
    tile: int, size: int, cores_at: list[Array], shape: tuple[int, int], random: np.random.Generator
) -> Array:
    """Draw the core each synapse ends on: half on the own tile, 35 % on a neighbour, the rest anywhere."""
    columns, rows = shape
    x, y = divmod(tile, rows)
    steps = [(x + dx, y + dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    near = [i * rows + j for i, j in steps if 0 <= i < columns and 0 <= j < rows] or [tile]
    kind = random.random(size)
    tiles = np.where(
        kind < 0.5,
        tile,
        np.where(kind < 0.85, random.choice(near, size), random.integers(0, len(cores_at), size)),
    )
    cores_per_tile = len(cores_at[0])
    return np.array(
        [cores_at[t][k] for t, k in zip(tiles, random.integers(0, cores_per_tile, size), strict=True)]
    )


def gesture_network(
    request: dict[str, Any], architecture: Any, random: np.random.Generator
) -> tuple[Any, int]:
    """Build the bundled DVS gesture network: 32 x 32 inputs, four convolutions, a dense layer."""
    with (files("sanafe.examples") / "dvs_challenge.npz").open("rb") as stream:
        data = dict(np.load(stream))
    network = sanafe.Network()
    thresholds = data["thresholds"]
    first = layers.Input2D(network, 32, 32)
    stack: list[Any] = [first]
    for index, stride in enumerate((2, 1, 1, 1), start=1):
        weights = np.asarray(data[f"conv{index}"])
        threshold = float(thresholds[index])
        stack.append(
            layers.Conv2D(
                network, stack[-1], weights, stride_width=stride, stride_height=stride, threshold=threshold
            )
        )
    stack.append(
        layers.Dense(network, stack[-1], 11, np.asarray(data["dense1"]), threshold=float(thresholds[5]))
    )
    brightness = np.asarray(data["inputs"]) / 255.0
    sway = 0.5 + 0.5 * np.sin(2.0 * np.pi * np.arange(request["steps"]) / (request["steps"] / 3.0))
    cores = list(architecture.cores())
    neurons = sum(len(layer) for layer in stack)
    # at least as many a core as it takes for the network to fit
    per_core = max(request["neurons_per_core"], -(-neurons // len(cores)))
    position = 0
    for depth, layer in enumerate(stack):
        for index, neuron in enumerate(layer):
            core, slot = divmod(position, per_core)
            if depth == 0:
                fires = random.random(request["steps"]) < brightness[index] * sway
                attributes = {"spikes": fires.tolist()}
                neuron.set_attributes(soma_hw_name=request["input"].format(slot), model_attributes=attributes)
            neuron.map_to_core(cores[core])
            position += 1
    return network, neurons


def main(request_path: str, result_path: str) -> None:
    """Read the request, simulate, write energy [J] per step and tile with what is needed to interpret it."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    request["steps"] += request["warm_up"]
    random = np.random.default_rng(request["seed"])
    with tempfile.TemporaryDirectory() as folder:
        architecture = load_architecture(request, Path(folder))
    columns, rows = mesh_shape(architecture)
    build = {"recurrent": recurrent_network, "dvs": gesture_network}[request["network"]]
    network, neurons = build(request, architecture, random)
    chip = sanafe.SpikingChip(architecture)
    chip.load(network)
    result = chip.sim(
        request["steps"], timing_model="simple", perf_trace=True, processing_threads=1, scheduler_threads=0
    )
    kept = slice(request["warm_up"], None)
    trace = {key: np.array(values)[kept] for key, values in result["perf_trace"].items()}
    names = [tile.name for tile in architecture.tiles]
    np.savez(
        result_path,
        energy=np.array([trace[f"{name}.energy"] for name in names]).T,
        total_energy=trace["total_energy"],
        spikes=trace["fired"],
        synaptic_operations=trace["spikes"],
        hops=trace["hops"],
        chip_time=trace["sim_time"],
        columns=columns,
        rows=rows,
        neurons=neurons,
        version=importlib.metadata.version("sanafe"),
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
