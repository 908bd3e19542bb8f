"""What each of a loop's condensers does in a steady state."""

from __future__ import annotations

from thermal.loop.equations import NetworkState, Unknowns
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
