"""Local losses where channels bend, fork and join: loss coefficients by the balance of momentum.

With ``G`` the mass flux, ``v`` the specific volume of the mixture and ``e`` unit vectors along the flow, the loss of
total pressure is charged to one segment each:

forks
    ``1/2 v |G_0 e_0 - G_i e_i|^2`` to each branch i, that is ``zeta = 1 + r^2 - 2 r cos(alpha)`` on the head of the
    parent, ``r = G_i / G_0``;
joints
    ``1/2 v [G_c^2 + G_i^2 - 2 sum_k G_k^2 (A_k / A_c) cos(alpha_k)]`` to each stream i that joins into c, none where a
    fast stream would draw a slow one along (assumption, to the safe side);
bends
    ``K = 0.9457 sin^2(d/2) + 2.047 sin^4(d/2)`` for a mitre of angle d (Weisbach 1855), with ``(1 - r)^2`` where the
    channel widens and ``0.5 (1 - A_2/A_1)`` where it narrows.

Forks and joints as in Idelchik, Handbook of Hydraulic Resistance, chapter 7, with all its factors ``A'`` one. How much
a boiling mixture loses is a closure by name: ``homogeneous`` takes ``v = v_l + x v_lg``, ``separated`` the momentum's
``x^2/(a rho_g) + (1-x)^2/((1-a) rho_l)`` (Collier and Thome, Convective Boiling and Condensation, section 2.7),
``none`` leaves them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

if TYPE_CHECKING:
    from meshes.vascular import VascularNetwork
    from thermal.loop.fluids import Saturation

Array = NDArray[np.float64]

FORKS = ("homogeneous", "separated", "none")
"""Closures of the two-phase local loss by name."""

FORK_SOURCE = "Idelchik, Handbook of Hydraulic Resistance, chapter 7; mitres: Weisbach (1855)"

LARGEST = 100.0
"""Of a coefficient on a branch's own head: a branch that hardly flows has next to none [-]."""


def require_forks(name: str) -> str:
    """Return the name of a closure.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in FORKS:
        raise InputError(f"loss of forks {name!r} is not one of {', '.join(FORKS)}")
    return name


def loss_coefficients(network: VascularNetwork, mass_flow: Array) -> Array:
    """Coefficients of the segments on their own head ``1/2 G^2 v``, bends, forks and joints, shape (segments,) [-].

    Parameters
    ----------
    mass_flow
        From tail to head, shape (segments,) [kg/s].
    """
    nodes, flow = len(network.nodes), np.abs(mass_flow)
    area = np.pi * network.radius**2
    flux = np.maximum(flow / area, 1e-12)
    forward = mass_flow >= 0.0
    source = np.where(forward, network.tail, network.head)
    sink = np.where(forward, network.head, network.tail)
    course = (network.nodes[sink] - network.nodes[source]) / network.length[:, None]
    arriving, leaving = (np.bincount(end, minlength=nodes) for end in (sink, source))
    through = np.maximum(np.bincount(sink, flow, minlength=nodes), 1e-300)
    mean = np.column_stack(
        [np.bincount(sink, flow * flux * course[:, axis], minlength=nodes) / through for axis in range(3)]
    )
    before, way_on = arriving[source], leaving[sink]
    coefficient = np.zeros(network.segments)
    forks = (before >= 1) & (leaving[source] >= 2)
    apart = ((mean[source] - flux[:, None] * course) ** 2).sum(axis=1)
    coefficient[forks] += (apart / flux**2)[forks]
    bends = (before == 1) & (leaving[source] == 1)
    coefficient[bends] += _bend(mean[source], flux, course)[bends]
    joints = (arriving[sink] >= 2) & (way_on == 1)
    coefficient[joints] += _joint(source, sink, flux, area, course, nodes)[joints]
    return np.minimum(coefficient, LARGEST)


def _bend(mean: Array, flux: Array, course: Array) -> Array:
    """Mitre of one channel that goes on as another, with its change of section."""
    before = np.maximum(np.linalg.norm(mean, axis=1), 1e-12)
    cosine = np.clip((mean * course).sum(axis=1) / before, -1.0, 1.0)
    half = 0.5 * (1.0 - cosine)
    ratio = before / flux
    section = np.where(ratio > 1.0, (ratio - 1.0) ** 2, 0.5 * (1.0 - ratio))
    return np.asarray(0.9457 * half + 2.047 * half**2 + section)


def _joint(source: Array, sink: Array, flux: Array, area: Array, course: Array, nodes: int) -> Array:
    """Of streams that join into one, each on its own head."""
    onward = np.zeros(nodes, dtype=np.int64)
    onward[source] = np.arange(len(source))
    common = onward[sink]
    cosine = (course * course[common]).sum(axis=1)
    drawn = np.bincount(sink, flux**2 * area * cosine, minlength=nodes)[sink] / area[common]
    return np.asarray(np.maximum(flux[common] ** 2 + flux**2 - 2.0 * drawn, 0.0) / flux**2)


def mixture_volume(name: str, quality: Array, void: Array, saturation: Saturation) -> Array:
    """Specific volume that a local loss goes by [m3/kg]."""
    s = saturation
    if name == "separated":
        vapour = quality**2 / (np.maximum(void, 1e-12) * s.vapour_density)
        return np.asarray(vapour + (1.0 - quality) ** 2 / (np.maximum(1.0 - void, 1e-12) * s.liquid_density))
    return np.asarray(quality / s.vapour_density + (1.0 - quality) / s.liquid_density)
