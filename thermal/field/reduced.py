"""Reduced model of a package: a few hundred modes in place of the field, with an error estimate in kelvin.

Heat enters by floorplan blocks and leaves through ports (zones of a wetted face, :mod:`thermal.field.reduced_ports`)
and through fixed films to one sink. Modes decouple, so that a step under constant power is exact at any length:
``x+ = e^(-rate dt) x + (1 - e^(-rate dt)) / rate * gain u``. Outputs are block and port temperatures (means over where
heat enters, by reciprocity the transpose of the inputs), port heats and, through the modes themselves, peak and field.

The error estimate runs the rich space beside the compressed one: twice their largest difference and the relative error
that the rich space showed against solutions of the field, times how far temperatures moved. Neglected are k(T) and what
the flux law's slope differs from its nominal film within a port.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.field.reduced_basis import ModalBasis, compress, rich_basis
from thermal.field.reduced_model import SAFETY, ReducedHistory, ReducedModel, ReducedState
from thermal.field.reduced_pencil import Pencil, content_hash
from thermal.field.reduced_ports import Ports

__all__ = ["ReducedHistory", "ReducedModel", "ReducedState", "build_reduced", "load_reduced"]

Array = NDArray[np.float64]

_FORMAT = "2"
_PROBES = 1000
"""Nodes at which the compressed field is compared with the rich one, from those that are heated and from all."""
_SINK_SCALE = 10.0
"""Change of the sink's temperature that the tolerance is meant for [K]."""


def build_reduced(
    pencil: Pencil,
    block_loads: Array,
    power_scale: Array,
    ports: Ports | None = None,
    *,
    reference: float,
    shortest: float,
    tolerance: float = 5e-3,
    order: int | None = None,
    folder: Path | None = None,
) -> ReducedModel:
    """Build a reduced model, or load it from ``folder`` if one of the same content is there.

    Parameters
    ----------
    pencil
        Matrices and solver, nominal films of the ports included.
    block_loads
        Nodal heat per watt of each block, shape (n, blocks).
    power_scale
        Largest power of each block, for which the tolerance is meant, shape (blocks,) [W].
    ports
        Zones whose laws vary.
    reference
        Temperature of the sink behind the fixed films [K]; any, where there are none.
    shortest
        Shortest time step to be resolved [s].
    tolerance
        Wanted error of block and port temperatures [K].
    order
        Number of modes instead of what the tolerance asks for.
    folder
        Where reduced models are kept.
    """
    ports = ports or Ports(np.empty((len(block_loads), 0)), np.empty(0), np.empty(0))
    options = repr((reference, shortest, tolerance, order, _FORMAT))
    key = content_hash(
        pencil.fingerprint(), block_loads, power_scale, ports.loads, ports.area, ports.coefficient, options
    )
    path = None if folder is None else folder / f"reduced-{key[:24]}.npz"
    if path is not None and path.exists():
        return load_reduced(path, key)
    level = np.asarray(pencil.conduction.sum(axis=1)).ravel()
    sink = level - ports.loads @ (ports.area * ports.coefficient)
    sink[np.abs(sink) < 1e-9 * np.abs(level).max()] = 0.0
    loads = np.column_stack([block_loads, ports.loads, sink])
    port_scale = np.full(len(ports.area), power_scale.sum() / max(1, len(ports.area)))
    scale = np.concatenate([power_scale, port_scale, [_SINK_SCALE]])
    active = np.abs(loads).max(axis=0) > 0.0
    rich = rich_basis(pencil, loads[:, active], scale[active], shortest, tolerance)
    probes = _probes(block_loads)
    outputs = np.concatenate([rich.gain[:, : np.count_nonzero(active[:-1])].T, rich.modes[probes]])
    basis = compress(rich, scale[active], outputs, shortest, 0.5 * tolerance / SAFETY, order)
    rich, basis = (replace(b, gain=_spread(b.gain, active)) for b in (rich, basis))
    stored = basis.modes.T @ np.asarray(pencil.capacity.sum(axis=1)).ravel()
    nodes = [np.flatnonzero(column) for column in block_loads.T]
    thin = replace(rich, modes=rich.modes[probes])
    model = ReducedModel(
        basis,
        thin,
        block_loads.shape[1],
        ports.area,
        ports.coefficient,
        reference,
        stored,
        nodes,
        probes,
        key,
    )
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        model.save(path)
    return model


def load_reduced(path: Path, key: str | None = None) -> ReducedModel:
    """Read a saved model; with ``key``, only if it was made from the content that the key stands for.

    Raises
    ------
    InputError
        If the file is of other content.
    """
    with np.load(path, allow_pickle=False) as file:
        if key is not None and str(file["key"]) != key:
            raise InputError(f"{path}: a reduced model of something else")
        missed = float(file["missed"])
        basis = ModalBasis(file["rates"], file["gain"], file["modes"], missed)
        rich = ModalBasis(file["rich_rates"], file["rich_gain"], file["rich_modes"], missed)
        nodes = [file[f"nodes_{n}"] for n in range(sum(name.startswith("nodes_") for name in file.files))]
        area, coefficient = file["port_area"], file["port_coefficient"]
        return ReducedModel(
            basis,
            rich,
            len(nodes),
            area,
            coefficient,
            float(file["reference"]),
            file["stored"],
            nodes,
            file["probes"],
            str(file["key"]),
        )


def _probes(block_loads: Array) -> NDArray[np.int64]:
    """Heated nodes and some of all, evenly picked."""
    heated = np.flatnonzero(block_loads.any(axis=1))
    parts = [nodes[:: len(nodes) // (_PROBES // 2) + 1] for nodes in (heated, np.arange(len(block_loads)))]
    return np.asarray(np.unique(np.concatenate(parts)))


def _spread(gain: Array, active: NDArray[np.bool_]) -> Array:
    full = np.zeros((len(gain), len(active)))
    full[:, active] = gain
    return full
