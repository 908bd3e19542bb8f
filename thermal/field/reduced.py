"""Reduced model of a package: some modes in place of the field, with an error bound in kelvin.

Heat enters by floorplan blocks and leaves through ports (zones of a wetted face, :mod:`thermal.field.reduced_ports`)
and through fixed films to one sink. Modes decouple, so that a step under constant power is exact at any length.
Outputs are block and port temperatures (means over where heat enters, by reciprocity the transpose of the inputs),
port heats and, through the modes themselves, the hottest node of each block and the field.

Two spaces, one inside the other: a rich one, whose distance from the field is bounded by its residuals
(:mod:`thermal.field.reduced_error`), and a compressed one, whose largest distance from the rich one over all traces
within a range is known from both their step responses (:mod:`thermal.field.reduced_compression`). The sum bounds the
error of any trace, by the range that each input has spanned so far, and costs nothing while it is played. Beyond it
are k(T), and what the flux law's slope differs from its nominal film within a port.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thermal.field.reduced_basis import ModalBasis, rich_basis
from thermal.field.reduced_compression import compress, worst_case
from thermal.field.reduced_error import Certificate
from thermal.field.reduced_model import ReducedHistory, ReducedModel, ReducedParts, ReducedState
from thermal.field.reduced_pencil import Pencil, content_hash
from thermal.field.reduced_ports import Ports
from thermal.field.reduced_store import ModelFolder

__all__ = ["ReducedHistory", "ReducedModel", "ReducedState", "build_reduced"]

Array = NDArray[np.float64]

_FORMAT = "4"
_SEARCHED, _PROBED = 500, 4000
"""Nodes at which the compressed field is compared with the rich one: while its order is sought, and in the end."""
_SINK_SPAN = 5.0
"""Half of the change of the sink's temperature that the tolerance is meant for [K]."""
_RICH_SHARE = 0.2
"""Of the tolerance, for the rich space."""


def build_reduced(
    pencil: Pencil,
    block_loads: Array,
    power_scale: Array,
    ports: Ports | None = None,
    *,
    reference: float,
    shortest: float,
    tolerance: float = 2e-2,
    order: int | None = None,
    port_scale: float | None = None,
    sink_moves: bool = True,
    block_nodes: Sequence[NDArray[np.int64]] | None = None,
    folder: ModelFolder | None = None,
) -> ReducedModel:
    """Build a reduced model, or load it from ``folder`` if one of the same content is there.

    Parameters
    ----------
    pencil
        Matrices and solver, nominal films of the ports included.
    block_loads
        Nodal heat per watt of each block, or of blocks that move together, shape (n, blocks).
    power_scale
        What the power of each block spans at most, for which the tolerance is meant, shape (blocks,) [W].
    ports
        Zones whose laws vary.
    reference
        Temperature of the sink behind the fixed films [K]; any, where there are none.
    shortest
        Shortest time step to be played [s].
    tolerance
        Bound of the error of any node while all inputs span their scale [K]; the error itself is several times less.
    order
        Number of modes instead of what the tolerance asks for.
    port_scale
        What the load of a port spans beside its nominal film [W]; the mean power for each port if not given.
    sink_moves
        Whether the sink's temperature will change.
    block_nodes
        Nodes of each block among which its hottest is sought; those that its heat enters if not given.
    folder
        Where reduced models are kept.
    """
    ports = ports or Ports(np.empty((len(block_loads), 0)), np.empty(0), np.empty(0))
    own_nodes = (
        block_nodes if block_nodes is not None else [np.flatnonzero(column) for column in block_loads.T]
    )
    options = repr((reference, shortest, tolerance, order, port_scale, sink_moves, _FORMAT))
    arrays = (block_loads, power_scale, ports.loads, ports.area, ports.coefficient, *own_nodes)
    key = content_hash(pencil.fingerprint(), *arrays, options)

    def make() -> ReducedModel:
        loads, half = _loads(pencil, block_loads, power_scale, ports, port_scale, sink_moves)
        active = np.abs(loads).max(axis=0) > 0.0
        rich, found = rich_basis(pencil, loads[:, active], half[active], shortest, _RICH_SHARE * tolerance)
        rich = ModalBasis(rich.rates, _spread(rich.gain, active), rich.modes)
        spaces, wanted = (rich, _full(found, active), half), (shortest, tolerance, order)
        return ReducedModel(_parts(pencil, spaces, ports, own_nodes, wanted, reference=reference, key=key))

    return make() if folder is None else folder.model(key, make)


def _loads(
    pencil: Pencil,
    block_loads: Array,
    power_scale: Array,
    ports: Ports,
    port_scale: float | None,
    sink_moves: bool,
) -> tuple[Array, Array]:
    """Loads of blocks, ports and sink, and half of what each spans."""
    level = np.asarray(pencil.conduction.sum(axis=1)).ravel()
    sink = level - ports.loads @ (ports.area * ports.coefficient)
    sink[np.abs(sink) < 1e-9 * np.abs(level).max()] = 0.0
    count = len(ports.area)
    if port_scale is None:
        port_scale = float(power_scale.sum()) / max(1, count)
    half = np.concatenate(
        [0.5 * power_scale, np.full(count, 0.5 * port_scale), [_SINK_SPAN * sink_moves * sink.any()]]
    )
    return np.column_stack([block_loads, ports.loads, sink]), half


def _parts(
    pencil: Pencil,
    spaces: tuple[ModalBasis, Certificate, Array],
    ports: Ports,
    block_nodes: Sequence[NDArray[np.int64]],
    wanted: tuple[float, float, int | None],
    *,
    reference: float,
    key: str,
) -> ReducedParts:
    """Compress a rich space with its certificate and half ranges to a shortest step, a tolerance and an order."""
    (rich, found, half_range), (shortest, tolerance, order) = spaces, wanted
    blocks = rich.gain.shape[1] - 1 - len(ports.area)
    stored = rich.modes.T @ np.asarray(pencil.capacity.sum(axis=1)).ravel()
    beside = rich.gain[:, blocks:]
    kept = np.column_stack([beside[:, np.abs(beside).max(axis=0, initial=0.0) > 0.0], stored])
    means = rich.gain[:, :-1].T
    coarse, fine = (
        np.concatenate([means, rich.modes[_some(rich.modes, count)]]) for count in (_SEARCHED, _PROBED)
    )
    room = max(tolerance - found.nodes, (1.0 - _RICH_SHARE) * tolerance)
    small = compress(rich, half_range, kept, coarse, shortest, room, order)
    worst = worst_case(rich, small, fine, shortest)
    direct = rich.gain / rich.rates[:, None] - small.reading @ (small.gain / small.rates[:, None])
    return ReducedParts(
        rates=small.rates,
        gain=small.gain,
        modes=rich.modes @ small.reading,
        direct=rich.modes @ direct,
        means=rich.gain[:, :blocks].T @ np.concatenate([small.reading, direct], axis=1),
        stored=stored @ small.galerkin,
        port_area=ports.area,
        port_coefficient=ports.coefficient,
        reference=reference,
        worst_means=worst[: len(means)] + found.means[:-1],
        worst_nodes=worst,
        rich=found.nodes,
        half_range=half_range,
        shortest=shortest,
        nodes=np.concatenate(block_nodes),
        starts=np.cumsum([0, *(len(nodes) for nodes in block_nodes[:-1])]),
        key=key,
    )


def _some(modes: Array, count: int) -> NDArray[np.int64]:
    """At most ``count`` nodes, evenly picked; all, where there are no more."""
    return np.unique(np.linspace(0, len(modes) - 1, min(count, len(modes))).astype(np.int64))


def _spread(gain: Array, active: NDArray[np.bool_]) -> Array:
    full = np.zeros((len(gain), len(active)))
    full[:, active] = gain
    return full


def _full(found: Certificate, active: NDArray[np.bool_]) -> Certificate:
    means = np.zeros((len(active),) * 2)
    means[np.ix_(active, active)] = found.means
    return Certificate(means, found.nodes, found.rates, found.parts)
