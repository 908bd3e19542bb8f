"""From chips to the utility meter: every watt named, and the figures made of them.

Chain, against the flow of power: chips - VRM - PSU - [3] cable - [2] PDU - [1] UPS - transformer - utility.
The numbers in brackets are where ISO/IEC 30134-2 meters the IT energy of PUE categories 1, 2 and 3. Fans,
pumps, lighting and misc join at the output that the facility names, room cooling at the transformer's. A
loss downstream of the meter counts as IT energy. What is lost indoors (everything but the transformer's
loss) is removed by the room cooling.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coupling.plant.electrical import ConverterSpec
from coupling.plant.facility import Category, FacilitySpec
from meshes.errors import InputError

Array = NDArray[np.float64]
ELECTRICAL_STAGES = ("vrm", "psu", "cable", "pdu", "ups", "transformer")
"""Of the chain, from the chips to the utility."""
INTERNAL = ("vrm", "psu", "rack_fan")
"""Losses inside the IT equipment: in the IT energy of every category, in the numerator of ITUE."""


@dataclass(frozen=True)
class PowerBalance:
    """Power of the whole facility in each hour, all arrays of one shape [W].

    Attributes
    ----------
    chips
        Dissipated in the modules.
    equipment_input
        At the inlet of the IT equipment.
    it
        IT power at the meter of the category.
    fan, pump
        Heat rejection.
    losses
        By name: everything between the meter and the utility that is neither fan nor pump.
    internal
        By name: losses downstream of the meter, inside ``it``.
    total
        At the utility.
    loads
        By stage of the chain: output over installed capacity [-].
    """

    category: Category
    chips: Array
    equipment_input: Array
    it: Array
    fan: Array
    pump: Array
    losses: dict[str, Array] = field(repr=False)
    internal: dict[str, Array] = field(repr=False)
    total: Array
    loads: dict[str, Array] = field(repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Stages that are asked for more than their installed capacity."""
        return tuple(
            f"{name}: load reaches {load.max():.0%} of the installed capacity"
            for name, load in self.loads.items()
            if load.max() > 1.0 + 1e-9
        )

    @property
    def residual(self) -> float:
        """Largest difference between the total and the sum of its named parts, over the total [-]."""
        named = self.it + self.fan + self.pump + sum(self.losses.values())
        inside = self.chips + sum(self.internal.values())
        scale = np.maximum(self.total, 1e-300)
        return float(
            max(np.max(np.abs(named - self.total) / scale), np.max(np.abs(inside - self.it) / scale))
        )


def power_balance(
    facility: FacilitySpec,
    chips: ArrayLike,
    fan: ArrayLike = 0.0,
    pump: ArrayLike = 0.0,
    chiller: ArrayLike = 0.0,
    design_power: float | None = None,
) -> PowerBalance:
    """Carry the chips' power up the chain to the utility.

    Parameters
    ----------
    facility
        Chain and other consumers.
    chips, fan, pump, chiller
        Of the whole facility [W], broadcast against each other; the chiller, if any, is named among the losses.
    design_power
        Chip power that the chain is built for [W]; absent: the facility's, or the highest of ``chips``.
    """
    arrays = np.broadcast_arrays(chips, fan, pump, chiller)
    chips, fan, pump, chiller = (np.array(a, dtype=np.float64) for a in arrays)
    design = design_power or facility.design_power or float(chips.max())
    if design <= 0.0 or not np.any(chips > 0.0):
        raise InputError("facility: the IT power is zero throughout, so there is no PUE")
    cooling = fan + pump + chiller
    peak = _climb(facility, np.array(design), np.array(cooling.max()), design, None)
    sizes = {name: float(output) for name, output in peak.outputs.items()}
    climb = _climb(facility, chips, cooling, design, sizes)
    inside = {name: climb.losses[name] for name in INTERNAL}
    for name in ("cable", "pdu")[: 3 - facility.pue_category]:
        inside[name] = climb.it_shares[name] * climb.losses[name]
    outside = {
        name: loss - inside.get(name, 0.0) for name, loss in climb.losses.items() if name not in INTERNAL
    }
    if np.any(chiller > 0.0):
        outside["chiller"] = chiller
    return PowerBalance(
        category=facility.pue_category,
        chips=chips,
        equipment_input=climb.equipment_input,
        it=chips + sum(inside.values()),
        fan=fan,
        pump=pump,
        losses=outside,
        internal=inside,
        total=climb.total,
        loads={
            name: output / capacity
            for name, output in climb.outputs.items()
            if (capacity := getattr(facility, name).installed_capacity(sizes[name])) > 0.0
        },
    )


@dataclass(frozen=True)
class _Climb:
    """One way up the chain: outputs and losses by stage, IT's share of each flow, power at the utility."""

    outputs: dict[str, Array]
    losses: dict[str, Array]
    it_shares: dict[str, Array]
    equipment_input: Array
    total: Array


def _climb(
    facility: FacilitySpec,
    chips: Array,
    cooling: Array,
    design: float,
    sizes: dict[str, float] | None,
) -> _Climb:
    """Add up the chain; without ``sizes`` every stage is built for the output it meets."""
    outputs: dict[str, Array] = {}
    losses: dict[str, Array] = {}

    def lose(name: str, output: Array) -> Array:
        stage: ConverterSpec = getattr(facility, name)
        outputs[name] = output
        losses[name] = stage.loss(output, float(output) if sizes is None else sizes[name])
        return output + losses[name]

    flow = lose("vrm", chips)
    losses["rack_fan"] = facility.rack_fan_share * chips
    equipment = flow = lose("psu", flow + losses["rack_fan"])
    losses["lighting"] = np.full_like(chips, facility.lighting_share * design)
    losses["misc"] = np.full_like(chips, facility.misc_share * design)
    auxiliaries = cooling + losses["lighting"] + losses["misc"]
    share = np.ones_like(chips)
    it_shares: dict[str, Array] = {}
    for name in ELECTRICAL_STAGES[2:]:
        if name == "transformer":
            losses["room_cooling"] = facility.room_cooling_share * np.sum(list(losses.values()), axis=0)
            flow = flow + losses["room_cooling"]
        if name == facility.auxiliary_feed:
            share = share * flow / np.maximum(flow + auxiliaries, np.finfo(float).tiny)
            flow = flow + auxiliaries
        it_shares[name] = share
        flow = lose(name, flow)
    if facility.auxiliary_feed == "utility":
        flow = flow + auxiliaries
    return _Climb(outputs, losses, it_shares, equipment, flow)
