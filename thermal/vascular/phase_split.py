"""How liquid and vapour part where a channel forks: the least known physics of a boiling network.

A closure gives each branch the quality ``x_i = x phi_i`` with ``phi_i ~ G_i^n``, scaled so that vapour is conserved.
``equal-quality`` is ``n = 0``. The other two bracket what forks are seen to do (Azzopardi and Hervieu, Multiphase Sci.
Technol. 8 (1994) 645): vapour drawn to the slower branch, whose pressure is higher, or carried on with the faster one;
the exponents of one quarter either way are assumptions, there to show how much the parting matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.field.coolant_transport import CoolantTransport

if TYPE_CHECKING:
    from meshes.vascular import VascularNetwork
    from thermal.field.embedded_channels import ChannelPieces
    from thermal.loop.fluids import Saturation

Array = NDArray[np.float64]

PHASE_SPLIT_SOURCE = "Azzopardi and Hervieu, Multiphase Sci. Technol. 8 (1994) 645; exponents are assumptions"

SPLITS = {"equal-quality": 0.0, "vapour-to-slower": -0.25, "vapour-to-faster": 0.25}
"""Exponent of the mass flux by the closure's name."""


def split_exponent(name: str) -> float:
    """Exponent of a closure.

    Raises
    ------
    InputError
        If there is no such closure.
    """
    if name not in SPLITS:
        raise InputError(f"phase split {name!r} is not one of {', '.join(SPLITS)}")
    return SPLITS[name]


def phase_split(
    name: str,
    network: VascularNetwork,
    pieces: ChannelPieces,
    mass_flow: Array,
    moved: CoolantTransport,
    enthalpy: Array,
    saturation: Saturation,
    inlet: Array,
) -> tuple[CoolantTransport, Array]:
    """Advection with phases parted unevenly, and the heat that goes with it, shape (pieces,) [W].

    Only where what arrives at a fork is two-phase; the extra heat sums to nothing over its branches. It goes with
    enthalpies over that of the ``inlet``, shape (pieces,) [J/kg]: the changed rows do not leave a constant alone.
    """
    exponent = split_exponent(name)
    forward = mass_flow >= 0.0
    source = np.where(forward, network.tail, network.head)
    entry = np.where(forward, pieces.first, pieces.last)
    flow = np.abs(mass_flow)
    flux = np.maximum(flow / (np.pi * network.radius**2), 1e-9)
    through = np.bincount(source, flow, minlength=len(network.nodes))
    weighted = np.bincount(source, flow * flux**exponent, minlength=len(network.nodes))
    factor = flux**exponent * (through / np.maximum(weighted, 1e-300))[source]
    feeding = moved.matrix.copy().tocsr()
    feeding.setdiag(0.0)
    share = np.zeros(pieces.count)
    share[entry] = 1.0
    # what arrives at a piece's entry, over the flow that takes it on
    arriving = -(feeding @ enthalpy) / np.maximum(flow[pieces.segment], 1e-300)
    liquid = np.asarray(saturation.liquid_enthalpy)
    boiling = (share > 0.0) & (arriving > liquid) & (moved.inflow == 0.0)
    scale = np.where(boiling, factor[pieces.segment], 1.0)
    changed = scipy.sparse.diags(scale) @ feeding + scipy.sparse.diags(moved.matrix.diagonal())
    extra = flow[pieces.segment] * (1.0 - scale) * (liquid - inlet)
    return CoolantTransport(changed.tocsr(), moved.inflow), extra
