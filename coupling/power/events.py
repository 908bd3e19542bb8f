"""From spikes to events to joules: what each core does in each time bin and what that costs.

``E = E_upd N_upd + E_spk N_spk + E_sop N_sop + E_msg N_msg + sum_hop E_hop N_hop`` on every core and bin. Spikes say
where neurons fire; where their synapses end is a table of the network that recordings do not hold, so a
:class:`Wiring` of few numbers stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.energy_models import EnergyModel
from coupling.power.placement import Placement
from coupling.power.spikes import Spikes
from coupling.power.trace import PowerTrace, Provenance, Share

MOST_COUNTS = 1 << 26
"""Bins times cores of a recording; each kind of event takes half a gigabyte then."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Wiring:
    """Where spikes go.

    Parameters
    ----------
    fan_out
        Synapses that a spike reaches.
    local_share
        Part of them on the sender's own core; the others lie evenly on all cores.
    messages
        Other cores that a spike is sent to.
    time_step
        Duration of a time step of the network [s], in which each neuron is updated once.
    mesh
        Columns and rows of the mesh of cores, core ``i`` at ``divmod(i, rows)``; ``None`` for a square one.
    """

    fan_out: float = 100.0
    local_share: float = 0.5
    messages: float = 4.0
    time_step: float = 1e-3
    mesh: tuple[int, int] | None = None


@dataclass(frozen=True)
class CoreEvents:
    """Events of each core in each time bin, arrays of shape (bins, cores); hops are counted where they start."""

    interval: float
    updates: Array
    spikes: Array
    synaptic_operations: Array
    messages: Array
    hops_x: Array
    hops_y: Array

    def energy(self, model: EnergyModel) -> Array:
        """Energy of each core in each bin, shape (bins, cores) [J]."""
        return np.asarray(
            model.neuron_update * self.updates
            + model.spike * self.spikes
            + model.synapse * self.synaptic_operations
            + model.message * self.messages
            + model.hop_x * self.hops_x
            + model.hop_y * self.hops_y
        )


def count_events(spikes: Spikes, placement: Placement, wiring: Wiring, interval: float) -> CoreEvents:
    """Count events in bins of ``interval`` [s]."""
    if spikes.neurons > placement.neurons:
        raise TraceError(f"placement: {spikes.neurons} neurons recorded, {placement.neurons} placed")
    bins, cores = spikes.bins(interval), placement.cores
    if bins * cores > MOST_COUNTS:
        raise TraceError(
            f"{spikes.source}: {spikes.duration:g} s in bins of {interval:g} s on {cores} cores are {bins * cores:.2g} "
            f"counts, at most {MOST_COUNTS:.2g} are held; lengthen power.interval, or check the unit of time"
        )
    # a spike on an edge belongs to the bin that starts there, whatever the rounding of the quotient
    index = np.minimum((spikes.time / interval + 1e-9).astype(np.int64), bins - 1)
    flat = np.bincount(index * cores + placement.core[spikes.neuron], minlength=bins * cores)
    fired = flat.reshape(bins, cores).astype(np.float64)
    remote = (1.0 - wiring.local_share) * fired.sum(axis=1, keepdims=True) / cores
    messages = wiring.messages * fired
    x, y = mean_hops(cores, wiring.mesh)
    return CoreEvents(
        interval,
        np.tile(placement.population * (interval / wiring.time_step), (bins, 1)),
        fired,
        wiring.fan_out * (wiring.local_share * fired + remote),
        messages,
        messages * x,
        messages * y,
    )


def mean_hops(cores: int, mesh: tuple[int, int] | None = None) -> tuple[Array, Array]:
    """Mean links crossed along columns and along rows from each core to a core drawn evenly, shape (cores,)."""
    columns, rows = mesh or _square(cores)
    if columns * rows < cores:
        raise TraceError(f"wiring: a mesh of {columns} x {rows} has no room for {cores} cores")
    x, y = np.divmod(np.arange(cores), rows)
    return _mean_distance(x), _mean_distance(y)


def _mean_distance(position: npt.NDArray[np.int64]) -> Array:
    """Mean absolute distance of each position from all of them, without a matrix of pairs."""
    count = np.bincount(position).astype(np.float64)
    place = np.arange(count.size)
    return np.asarray((np.abs(place[:, None] - place) @ count / position.size)[position])


def _square(cores: int) -> tuple[int, int]:
    rows = int(np.ceil(np.sqrt(cores)))
    return -(-cores // rows), rows


def spike_power(
    spikes: Spikes, placement: Placement, model: EnergyModel, wiring: Wiring, interval: float
) -> PowerTrace:
    """Power of each block from spikes [W]."""
    joules = count_events(spikes, placement, wiring, interval).energy(model)
    onto = np.zeros((placement.cores, len(placement.blocks)))
    onto[np.arange(placement.cores), placement.core_block] = 1.0
    watts = joules @ onto / interval
    edges = interval * np.arange(len(watts) + 1)
    mean = float(watts.sum(axis=1).mean())
    rate = f"{spikes.neurons} neurons at {spikes.mean_rate:.3g} Hz"
    note = f"{rate}, {model.source}, within a factor {model.uncertainty:g}"
    shares = (
        Share("spikes", mean, spikes.known, note),
        Share(
            "wiring",
            0.0,
            "assumption",
            f"{wiring.fan_out:g} synapses a spike, {wiring.local_share:.0%} local, {wiring.messages:g} messages",
        ),
    )
    source = f"{spikes.source}, energy model {model.name}"
    return PowerTrace(edges, placement.blocks, watts, provenance=Provenance(source, shares))
