"""What each of a loop's condensers does in a steady state, and how much liquid they have room for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thermal.loop.equations import Ends, NetworkState, Unknowns
from thermal.loop.network import Floats
from thermal.loop.state import CondenserState


def condenser_states(
    network_state: NetworkState, unknowns: Unknowns, heats: Floats
) -> tuple[CondenserState, ...]:
    """Return the condensers in the order of the network.

    Parameters
    ----------
    heats
        Of the condensing and of the subcooling part [W], (condensers, 2).
    """
    n, mixture = network_state.network, network_state.mixture
    flow = network_state.flow(unknowns)
    flooded = network_state.flooded(unknowns.level)
    found = []
    for k, cell in enumerate(n.condensers):
        pressure, level = float(unknowns.pressure[n.tail[cell]]), float(unknowns.level[k])
        leg = n.drop_legs[k]
        depth = float(n.elevation[n.tail[leg]].max() - n.elevation[n.head[leg]].min())
        found.append(
            CondenserState(
                heat=float(heats[k].sum()),
                mass_flow=float(flow[cell]),
                pressure=pressure,
                temperature=float(mixture.fluid.saturation(mixture.clip_pressure(pressure)).temperature),
                flooded_share=float(flooded[k]),
                liquid_level=level,
                level_margin=float(1.0 - flooded[k]) if level >= 0.0 else 1.0 + level / depth,
            )
        )
    return tuple(found)


def charge_bounds(network_state: NetworkState, unknowns: Unknowns, ends: Ends) -> tuple[float, float]:
    """Least and greatest mass [kg]: drop legs just empty, and condensers just full, all else as it is.

    Less leaves vapour to run down the downcomer, more leaves no surface to condense on.
    """
    n = network_state.network
    depth = np.array([n.elevation[n.tail[leg]].max() - n.elevation[n.head[leg]].min() for leg in n.drop_legs])
    empty, full = replace(unknowns, level=-depth), replace(unknowns, level=n.condenser_height)
    return network_state.mass(empty, ends), network_state.mass(full, ends)
