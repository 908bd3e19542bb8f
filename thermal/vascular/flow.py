"""How a flow parts in a network: the pressures of the nodes at which every segment's loss fits its flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from meshes.vascular_radii import equal_parting
from thermal.errors import NotConverged

Array = NDArray[np.float64]

PressureLoss = Callable[[Array], Array]
"""Mass flow by segment [kg/s] to the pressure at its tail less that at its head [Pa]."""

_ITERATIONS = 80
_STEP = 1e-6
"""Of mass flow, as a share of the whole, for slopes of the loss."""


@dataclass(frozen=True)
class NetworkFlow:
    """Flow that parts by pressure.

    Attributes
    ----------
    mass_flow
        From tail to head, shape (segments,) [kg/s].
    pressure
        Of the nodes over that of the outlet, shape (nodes,) [Pa].
    iterations
        Newton steps.
    """

    mass_flow: Array
    pressure: Array
    iterations: int

    def loss(self, network: VascularNetwork) -> float:
        """From inlet to outlet [Pa]."""
        return float(self.pressure[network.inlet] - self.pressure[network.outlet])


def split_by_pressure(
    network: VascularNetwork,
    total: float | Array,
    loss: PressureLoss,
    start: Array | None = None,
    tolerance: float = 1e-9,
    least_slope: Array | float = 0.0,
    copies: int = 1,
) -> NetworkFlow:
    """Find the flow of each segment.

    Each Newton step solves for pressures with the losses' slopes, so that every iterate conserves mass.

    Parameters
    ----------
    total
        Mass flow from inlet to outlet, one number or one for each copy [kg/s].
    loss
        Rising with the flow of its own segment.
    start
        Mass flow by segment to begin with [kg/s].
    tolerance
        Of the greatest change of a flow, as a share of the whole [-].
    least_slope
        Of the loss over the flow; where weight falls with the flow the slope of the loss can vanish [Pa s/kg].

    copies
        Of equal networks that stand in a row in this one (:func:`meshes.vascular.repeated`), solved at once.

    Raises
    ------
    NotConverged
        After 80 steps.
    """
    segments, nodes = network.segments, len(network.nodes)
    number = np.arange(segments)
    signs = np.concatenate([np.ones(segments), -np.ones(segments)])
    places = (np.concatenate([number, number]), np.concatenate([network.tail, network.head]))
    incidence = scipy.sparse.coo_matrix((signs, places), shape=(segments, nodes)).tocsr()
    first = np.arange(copies) * (nodes // copies)
    free = np.ones(nodes, dtype=bool)
    free[network.outlet + first] = False
    inner = incidence[:, free]
    source = np.zeros(nodes)
    source[network.inlet + first] = total
    whole = np.repeat(np.broadcast_to(np.asarray(total, dtype=float), (copies,)), segments // copies)
    flow = equal_parting(network) * whole if start is None else start
    pressure, before, damping = np.zeros(nodes), np.inf, 1.0
    for step in range(1, _ITERATIONS + 1):
        here = loss(flow)
        slope = (loss(flow + _STEP * whole) - loss(flow - _STEP * whole)) / (2.0 * _STEP * whole)
        ease = 1.0 / np.maximum(slope, np.maximum(least_slope, 1e-9 * float(np.abs(slope).max())))
        if not np.isfinite(ease).all():
            raise NotConverged(
                "flow in the channels: losses that do not change with the flow, or are no numbers"
            )
        system = (inner.T @ scipy.sparse.diags(ease) @ inner).tocsc()
        pressure[free] = scipy.sparse.linalg.spsolve(system, source[free] - inner.T @ (flow - ease * here))
        new = flow + ease * (incidence @ pressure - here)
        change = float((np.abs(new - flow) / whole).max())
        # losses with a kink or a dip can make Newton swing: shorter steps while changes do not shrink
        damping = max(0.5 * damping, 0.1) if change > 0.9 * before else min(1.0, 1.5 * damping)
        flow, before = flow + (new - flow) * (1.0 if change <= tolerance else damping), change
        if change <= tolerance:
            return NetworkFlow(flow, pressure, step)
    raise NotConverged(
        f"flow in the channels: changes by {change:.2g} of the whole after {_ITERATIONS} steps, wanted {tolerance:.2g}"
    )
