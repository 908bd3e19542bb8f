"""Radii of branching channels by laws of Murray's kind, ``r ~ m^a v^b`` with flow m and specific volume v.

Laminar flow at least cost of pumping and blood gives ``a = 1/3`` (Murray, PNAS 12 (1926) 207), smooth turbulent flow
``11/27`` and rough turbulent flow ``3/7`` (Uylings, Bull. Math. Biol. 39 (1977) 509). Where a given head drives the
flow and the fluid evaporates on its way, least pressure loss at a given volume of channels is what is wanted.
Over levels k of n_k equal branches each, minimise ``sum L m^2 v / D^5`` with ``sum n L D^2`` held: ``D^7 ~ m^2 v / n``,
and as ``m ~ 1/n``, ``D ~ m^(3/7) v^(1/7)`` for homogeneous flow with one friction factor; for laminar flow
``sum L m v / D^4`` gives ``D ~ m^(1/3) v^(1/6)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from meshes.errors import MeshError
from meshes.vascular import ROLES, Array, VascularNetwork

_OPEN = 1e8
"""Ease of the flow through what only feeds, over that of the exchange channels."""


@dataclass(frozen=True)
class RadiusLaw:
    """``r ~ m^flow v^volume``."""

    flow: float
    volume: float = 0.0


LAWS = {
    "laminar": RadiusLaw(1.0 / 3.0),
    "turbulent": RadiusLaw(11.0 / 27.0),
    "rough": RadiusLaw(3.0 / 7.0),
    "two-phase": RadiusLaw(3.0 / 7.0, 1.0 / 7.0),
    "two-phase-laminar": RadiusLaw(1.0 / 3.0, 1.0 / 6.0),
    "uniform": RadiusLaw(0.0),
}
"""Laws by name; ``uniform`` gives every channel the same radius."""


def radius_law(name: str) -> RadiusLaw:
    """Return a law by name.

    Raises
    ------
    MeshError
        If there is no such law.
    """
    if name not in LAWS:
        raise MeshError(f"radius law {name!r} is not one of {', '.join(LAWS)}")
    return LAWS[name]


def apply_law(
    network: VascularNetwork,
    law: RadiusLaw,
    channel_volume: float,
    flow: Array | None = None,
    specific_volume: Array | None = None,
) -> VascularNetwork:
    """Give the channels radii by a law, scaled to a volume of all channels.

    Parameters
    ----------
    channel_volume
        [m3].
    flow
        Share of the flow in each segment, shape (segments,); :func:`even_parting` when absent [-].
    specific_volume
        Of the fluid in each segment at its local quality, over any reference; one where absent [-].
    """
    shares = even_parting(network) if flow is None else np.abs(flow)
    volume = np.ones(network.segments) if specific_volume is None else specific_volume
    floor = 1e-6 * float(shares.max())
    radius = np.maximum(shares, floor) ** law.flow * volume**law.volume
    return network.with_radius(radius).with_volume(channel_volume)


def even_parting(network: VascularNetwork) -> Array:
    """Share of the flow in each segment if only the exchange channels resist it, by their length, (segments,).

    Equal channels carry equal flow, whatever manifolds or trees feed them.
    """
    easy = np.where(network.role == ROLES.index("exchange"), 1.0, _OPEN) / network.length
    number, nodes = np.arange(network.segments), len(network.nodes)
    signs = np.concatenate([np.ones(network.segments), -np.ones(network.segments)])
    places = (np.concatenate([number, number]), np.concatenate([network.tail, network.head]))
    incidence = scipy.sparse.coo_matrix((signs, places), shape=(network.segments, nodes)).tocsr()
    free = np.arange(nodes) != network.outlet
    source = np.zeros(nodes)
    source[network.inlet] = 1.0
    inner = incidence[:, free]
    pressure = scipy.sparse.linalg.spsolve((inner.T @ scipy.sparse.diags(easy) @ inner).tocsc(), source[free])
    return np.asarray(easy * (inner @ pressure))


def equal_parting(network: VascularNetwork) -> Array:
    """Share of the flow in each segment if it parts equally at every node, shape (segments,).

    Raises
    ------
    MeshError
        If the network runs in a circle.
    """
    leaving = np.bincount(network.tail, minlength=len(network.nodes))
    waiting = np.bincount(network.head, minlength=len(network.nodes))
    carried = np.zeros(len(network.nodes))
    sources = np.flatnonzero((waiting == 0) & (leaving > 0))
    carried[sources] = 1.0
    shares = np.zeros(network.segments)
    order = np.argsort(network.tail, kind="stable")
    first = np.searchsorted(network.tail[order], np.arange(len(network.nodes) + 1))
    ready, done = sources.tolist(), 0
    while ready:
        node = ready.pop()
        for segment in order[first[node] : first[node + 1]]:
            shares[segment] = carried[node] / leaving[node]
            head = int(network.head[segment])
            carried[head] += shares[segment]
            waiting[head] -= 1
            done += 1
            if waiting[head] == 0:
                ready.append(head)
    if done < network.segments:
        raise MeshError("the network runs in a circle: flow cannot part node by node")
    return shares
