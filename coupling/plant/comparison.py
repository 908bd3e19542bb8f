"""Five ways to cool the same racks through the same year, in one table; and where a PUE claim holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coupling.plant.facility import Category, FacilitySpec
from coupling.plant.heat_rejection import Response, condenser_cooling, lumped_response
from coupling.plant.rivals import ColdPlateSpec, PumpedTwoPhaseSpec, PumpSpec, RoomAirSpec
from coupling.plant.weather import HOURS, Weather
from coupling.plant.year import YearResult, year_of
from meshes.errors import InputError
from meshes.quantity import Spec
from thermal.loop.condenser import CondenserSpec, FanSpec, StackSpec

Array = NDArray[np.float64]


NATURAL_DRAUGHT, FANS = "passive loop, natural draught", "passive loop, fans"
"""The passive plants, as the tables name them."""


class ComparisonSpec(Spec):
    """Section ``[comparison]``: the plants; the two condensers are of one rack and carry the same heat."""

    natural_draught: CondenserSpec | None = None
    fans: CondenserSpec | None = None
    """Either may be absent: the case's own condenser then stands for its kind, and for the other kind with
    ``default_stack`` or ``default_fan`` on the same coil."""
    default_stack: StackSpec = StackSpec(height=12.0, coil_area=2.5, loss_coefficient=25.0)
    default_fan: FanSpec = FanSpec(pressure_rise=60.0, efficiency=0.5)
    pumped: PumpedTwoPhaseSpec = PumpedTwoPhaseSpec()
    cold_plate: ColdPlateSpec = ColdPlateSpec()
    room_air: RoomAirSpec = RoomAirSpec()

    def condensers(self, own: CondenserSpec | None = None) -> tuple[CondenserSpec, CondenserSpec]:
        """Condenser with natural draught and condenser with fans.

        Raises
        ------
        InputError
            If one is absent and the case's ``own`` cannot stand for it.
        """
        draught, fans = self.natural_draught, self.fans
        if draught is None and own is not None and own.kind != "water":
            changed = {"kind": "air-natural-draught", "stack": self.default_stack, "fan": None, "pad": None}
            if own.coil is not None:
                changed["air_flow"] = None
            draught = own if own.kind == "air-natural-draught" else own.model_copy(update=changed)
        if fans is None and own is not None and own.kind != "water" and own.air_flow is not None:
            changed = {"kind": "air-fan", "fan": self.default_fan, "stack": None}
            fans = own if own.kind == "air-fan" else own.model_copy(update=changed)
        if draught is None or fans is None:
            raise InputError(
                "comparison: give natural_draught and fans, or an air-cooled [condenser] with air_flow"
            )
        return draught, fans


@dataclass(frozen=True)
class PlantRow:
    """One plant's year.

    Attributes
    ----------
    plant
        Its name.
    pue, itue, tue
        [-]; the PUE at the facility's category.
    fan_energy, pump_energy, chiller_energy, other_losses
        Of the facility [kWh]; the last is everything else between meter and utility.
    total_energy
        At the utility [kWh].
    water
        Evaporated [L].
    chip_maximum
        Hottest chip [K].
    hours_above_limit
        Chip above its limit, or loop at a limit [h].
    pumps, pump_price
        Installed in all racks; price None where none was given.
    pump_failures_per_year
        Expected; each stops one rack's loop unless it has a second pump.
    parts
        What each consumer adds to the PUE: they and 1 add up to it.
    """

    plant: str
    pue: float
    itue: float
    tue: float
    fan_energy: float
    pump_energy: float
    chiller_energy: float
    other_losses: float
    total_energy: float
    water: float
    chip_maximum: float
    hours_above_limit: int
    pumps: int
    pump_price: float | None
    pump_failures_per_year: float
    parts: dict[str, float]


_COLUMNS = {
    "fan_energy": "fan_kWh",
    "pump_energy": "pump_kWh",
    "chiller_energy": "chiller_kWh",
    "other_losses": "losses_kWh",
    "total_energy": "total_energy_kWh",
    "water": "water_L",
    "chip_maximum": "T_max_K",
}


def compare_plants(
    weather: Weather,
    it_power: ArrayLike,
    facility: FacilitySpec,
    spec: ComparisonSpec,
    response: Response | None = None,
    condenser: CondenserSpec | None = None,
) -> list[PlantRow]:
    """Run the five plants over one year.

    Parameters
    ----------
    weather
        Outdoor air.
    it_power
        Power of one rack's chips [W], one number or one an hour.
    facility
        Common to all; room air adds its racks' fans.
    spec
        The plants.
    response
        Of the two-phase loops; None for an ideal loop with the cold plate's chip resistance.
    condenser
        The case's own, where ``spec`` leaves one out.
    """
    draught, fans = spec.condensers(condenser)
    heat = np.array(np.broadcast_to(np.asarray(it_power, dtype=np.float64), (HOURS,)))
    loop = response or lumped_response(spec.cold_plate.chip_resistance)
    air, control = weather.air, facility.fan_control
    noisy = facility.model_copy(
        update={"rack_fan_share": facility.rack_fan_share + spec.room_air.rack_fan_share}
    )
    none: tuple[PumpSpec, ...] = ()
    plants = [
        (
            NATURAL_DRAUGHT,
            condenser_cooling(draught, air, heat, None, loop),
            facility,
            none,
        ),
        (FANS, condenser_cooling(fans, air, heat, control, loop), facility, none),
        (
            "pumped two-phase loop",
            spec.pumped.cooling(fans, air, heat, control, loop),
            facility,
            (spec.pumped.pump,),
        ),
        (
            "cold-plate water, dry cooler",
            spec.cold_plate.cooling(fans, air, heat, control),
            facility,
            (spec.cold_plate.pump,),
        ),
        ("room air, chiller", spec.room_air.cooling(air, heat), noisy, none),
    ]
    return [
        _row(name, year_of(weather, heat, cooling, site), site, pumps)
        for name, cooling, site, pumps in plants
    ]


def _row(name: str, year: YearResult, facility: FacilitySpec, pumps: tuple[PumpSpec, ...]) -> PlantRow:
    summary = year.summary()
    losses = dict(summary["losses_kWh"])
    chiller = losses.pop("chiller", 0.0)
    count = facility.racks * sum(pump.count for pump in pumps)
    prices = [pump.price for pump in pumps if pump.price is not None]
    metered = summary["ite_energy_kWh"]
    parts = {"fans": summary["fan_kWh"], "pumps": summary["pump_kWh"], "chiller": chiller, **losses}
    return PlantRow(
        plant=name,
        pue=year.pue,
        itue=year.itue,
        tue=year.tue,
        fan_energy=summary["fan_kWh"],
        pump_energy=summary["pump_kWh"],
        chiller_energy=chiller,
        other_losses=sum(losses.values()),
        total_energy=summary["total_energy_kWh"],
        water=float(year.water_use.sum() * 3600.0),
        chip_maximum=summary.get("T_max_K", float("nan")),
        hours_above_limit=year.hours_above_limit,
        pumps=count,
        pump_price=sum(prices) * count / len(pumps) if pumps and len(prices) == len(pumps) else None,
        pump_failures_per_year=sum(pump.failures_per_year(facility.racks) for pump in pumps),
        parts={part: energy / metered for part, energy in parts.items()},
    )


def table(rows: Iterable[PlantRow]) -> dict[str, list[Any]]:
    """Columns of a comparison with units in their names, one entry a plant; the PUE's parts as ``pue_<part>``."""
    records = []
    for row in rows:
        record = {_COLUMNS.get(name, name): value for name, value in asdict(row).items()}
        parts = record.pop("parts")
        records.append({**record, **{f"pue_{part}": share for part, share in parts.items()}})
    names = list(dict.fromkeys(name for record in records for name in record))
    return {name: [record.get(name, 0.0) for record in records] for name in names}


@dataclass(frozen=True)
class ClaimRow:
    """A PUE at one climate, UPS, load and category, and whether a claim holds there with no chip above its limit."""

    plant: str
    climate: str
    ups: str
    redundancy: str
    load: float
    category: Category
    pue: float
    hours_above_limit: int
    holds: bool


def check_claim(
    weathers: Iterable[Weather],
    design_heat: float,
    facility: FacilitySpec,
    condenser: CondenserSpec,
    *,
    plant: str = "",
    limit: float = 1.1,
    ups: Iterable[tuple[str, str]] = (
        ("ups-double-conversion", "N"),
        ("ups-double-conversion", "2N"),
        ("ups-eco", "2N"),
    ),
    loads: Iterable[float] = (1.0, 0.7, 0.4),
    response: Response | None = None,
) -> list[ClaimRow]:
    """Hold "PUE at most ``limit``" against climates, UPS load points and metering boundaries.

    Parameters
    ----------
    weathers
        Places.
    design_heat
        One rack's chips at full load [W]: what the chain is built for.
    facility
        The rest of the plant.
    condenser
        Of one rack.
    plant
        Name of what the condenser makes.
    ups
        Presets with their redundancy.
    loads
        IT power over design [-].
    response
        The rack's loop; None for an ideal one, without a chip.
    """
    ups, loads = list(ups), list(loads)
    categories: tuple[Category, ...] = (1, 2, 3)
    rows = []
    for weather in weathers:
        for load in loads:
            heat = np.full(HOURS, load * design_heat)
            cooling = condenser_cooling(condenser, weather.air, heat, facility.fan_control, response)
            for preset, redundancy in ups:
                for category in categories:
                    site = _with_ups(facility, preset, redundancy, category, design_heat)
                    year = year_of(weather, heat, cooling, site)
                    hours = year.hours_above_limit
                    holds = year.pue <= limit and hours == 0
                    point = (plant, weather.name, preset, redundancy, load, category)
                    rows.append(ClaimRow(*point, year.pue, hours, holds))
    return rows


def _with_ups(
    facility: FacilitySpec, preset: str, redundancy: str, category: Category, design_heat: float
) -> FacilitySpec:
    given = facility.model_dump(exclude_none=True)
    changes = {
        "ups": {"preset": preset, "redundancy": redundancy, "units": facility.ups.units},
        "pue_category": category,
        "design_power": facility.racks * design_heat,
    }
    return FacilitySpec.model_validate({**given, **changes})
