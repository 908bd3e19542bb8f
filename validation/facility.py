"""Tier 4, the plant around the racks: chain, fans, stack, humid air, a typical year, two published data centres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coupling.plant.climate import climate_year
from coupling.plant.epw import read_epw
from coupling.plant.facility import FacilitySpec
from coupling.plant.pue import power_balance
from coupling.plant.weather import Weather
from thermal.loop import humid_air
from thermal.loop.condenser import (
    LATENT_HEAT,
    CondenserSpec,
    FanSpec,
    StackSpec,
    draught_velocity,
    fan_power,
    natural_draught,
)
from thermal.loop.fluid_sources import import_coolprop
from thermal.loop.humid_air import AirState
from validation.registry import Row, case, not_run, within

Array = NDArray[np.float64]
HONG_KONG = "weather/CHN_Hong.Kong.SAR.450070_CityUHK.epw"
GALLON = 3.785411784e-3
"""US liquid gallon [m³]."""
CHAINS = {
    # part: (transformer, UPS, PDU, fans, misc, PUE, note); fans and misc over IT, all fed through the whole chain
    "double-conversion": (0.99, 0.97, 0.99, 0.015, 0.005, 1.073, ""),
    "part-load": (0.985, 0.93, 0.98, 0.020, 0.005, 1.142, "transformer 0.985 and PDU 0.98 are assumptions"),
    "eco": (0.99, 0.995, 0.99, 0.0, 0.005, 1.031, "eco mode 0.995 is an assumption"),
}


@case("E1", 4, "Electrical chain: PUE of given efficiencies")
def electrical_chain(data: Path | None) -> list[Row]:
    """PUE of three chains, fans and misc fed through all of it."""
    rows = []
    for part, (transformer, ups, pdu, fans, misc, reference, note) in CHAINS.items():
        facility = FacilitySpec.model_validate(
            {
                "climate": "zhuhai",
                "psu": "none",
                "transformer": {"efficiency": transformer},
                "ups": {"efficiency": ups},
                "pdu": {"efficiency": pdu},
                "auxiliary_feed": "pdu",
                "misc_share": misc,
                "lighting_share": 0.0,
                "room_cooling_share": 0.0,
                "pue_category": 3,
            }
        )
        balance = power_balance(facility, 1.0e6, fans * 1.0e6)
        rows.append(
            Row(
                quantity="PUE",
                unit="-",
                computed=float(balance.total / balance.it),
                reference=reference,
                band=within(reference, absolute=0.001),
                source="ISO/IEC 30134-2; (1 + fans + misc) / (transformer UPS PDU)",
                part=part,
                note=note,
            )
        )
    return rows


@case("E2", 4, "Dry cooler: fan power over heat")
def dry_cooler_fan(data: Path | None) -> list[Row]:
    """Fans of a dry cooler whose air warms by 8 K, 80 Pa, half of the power lost."""
    air = AirState(308.15)
    flow = 1000.0 / float(humid_air.density(air) * humid_air.heat_capacity(air) * 8.0)
    condenser = CondenserSpec(
        kind="air-fan",
        elevation=0.0,
        conductance=1000.0,
        air_flow=flow,
        fan=FanSpec(pressure_rise=80.0, efficiency=0.5),
    )
    return [
        Row(
            quantity="fan power per kilowatt of heat",
            unit="W/kW",
            computed=float(fan_power(condenser, air)),
            reference=17.3,
            band=within(17.3, absolute=0.1),
            source="P = V dp / efficiency; air rise 8 K, 80 Pa, efficiency 0.5, air at 35 °C",
        )
    ]


@case("E3", 4, "Natural draught of a 20 m stack")
def stack(data: Path | None) -> list[Row]:
    """Velocity and coil area of a stack at 10 K of air rise, mean air temperature 35 °C."""
    spec = StackSpec(height=20.0, coil_area=1.0, loss_coefficient=30.0)
    air = AirState(303.15)
    capacity = float(humid_air.heat_capacity(air))
    # heat at which the rise is 10 K: the balance is monotone, so bisection finds it
    low, high = 1.0, 1.0e6
    for _ in range(60):
        heat = 0.5 * (low + high)
        rise = heat / (float(natural_draught(spec, air, heat)) * capacity)
        low, high = (heat, high) if rise < 10.0 else (low, heat)
    flow = float(natural_draught(spec, air, heat))
    source = "K rho v² / 2 = rho g H dT / T: H = 20 m, dT = 10 K, K = 30"
    velocity = float(draught_velocity(spec, air, flow, rise))
    return [
        Row("face velocity", "m/s", velocity, 0.65, within(0.65, absolute=0.005), source, "velocity"),
        Row(
            "coil area per heat", "m2/kW", 1000.0 / heat, 0.133, within(0.133, absolute=0.001), source, "area"
        ),
    ]


@case("E4", 4, "Humid air against a real-gas model")
def psychrometrics(data: Path | None) -> list[Row]:
    """Largest deviations from the real-gas model of ASHRAE RP-1485, -10 to 45 °C, 10 to 90 %, 80 and 101 kPa."""
    import_coolprop()
    from CoolProp.HumidAirProp import HAPropsSI

    worst = {"humidity ratio": 0.0, "density": 0.0, "heat capacity": 0.0, "wet bulb": 0.0}
    for temperature in np.linspace(263.15, 318.15, 6):
        for relative in (0.1, 0.5, 0.9):
            for pressure in (80.0e3, 101325.0):
                given = ("T", temperature, "R", relative, "P", pressure)
                ratio = HAPropsSI("W", *given)
                air = AirState(temperature, ratio, pressure)
                pairs = {
                    "humidity ratio": (humid_air.humidity_ratio(temperature, relative, pressure), ratio),
                    "density": (humid_air.density(air), (1.0 + ratio) / HAPropsSI("V", *given)),
                    "heat capacity": (humid_air.heat_capacity(air), HAPropsSI("cp_ha", *given)),
                    "wet bulb": (humid_air.wet_bulb(air), HAPropsSI("B", *given)),
                }
                for name, (ours, theirs) in pairs.items():
                    scale = 1.0 if name == "wet bulb" else 100.0 / theirs
                    worst[name] = max(worst[name], scale * abs(float(ours) - theirs))
    source = "Herrmann, Kretzschmar and Gatley 2009 (ASHRAE RP-1485), as CoolProp has it"
    wet = worst.pop("wet bulb")
    rows = [
        Row(f"largest deviation of {name}", "%", value, 0.0, (0.0, 0.5), source, name.replace(" ", "-"))
        for name, value in worst.items()
    ]
    return [*rows, Row("largest deviation of wet bulb", "K", wet, 0.0, (0.0, 0.1), source, "wet-bulb")]


@case("E5", 4, "Typical year of Hong Kong: statistics")
def hong_kong(data: Path | None) -> list[Row]:
    """Statistics of a typical meteorological year.

    The references of the wet bulb are those of Stull's regression of it, to their last digit; ours is the
    thermodynamic wet bulb, up to 0.2 K below it here, and CoolProp's to some millikelvin. All three are shown.
    """
    source = "Chow and Chan, CityU Hong Kong typical year, WMO 450070 (EPW)"
    wanted = [
        # part, statistic, offset, unit, reference, accepted difference
        ("dry-bulb-mean", "dry_bulb_mean_K", 273.15, "degC", 23.1, 0.05),
        ("dry-bulb-p99.6", "dry_bulb_p99_6_K", 273.15, "degC", 32.1, 0.05),
        ("dry-bulb-max", "dry_bulb_max_K", 273.15, "degC", 32.8, 0.05),
        ("hours-above-30", "hours_above_30_degC", 0.0, "h", 475.0, 0.5),
        ("hours-above-35", "hours_above_35_degC", 0.0, "h", 0.0, 0.5),
        ("wet-bulb-mean", "wet_bulb_mean_K", 273.15, "degC", 20.3, 0.2),
        ("wet-bulb-p99.6", "wet_bulb_p99_6_K", 273.15, "degC", 27.3, 0.2),
        ("wet-bulb-max", "wet_bulb_max_K", 273.15, "degC", 28.4, 0.2),
        ("stull-wet-bulb-mean", "stull_mean", 273.15, "degC", 20.3, 0.05),
        ("stull-wet-bulb-p99.6", "stull_p99_6", 273.15, "degC", 27.3, 0.05),
        ("stull-wet-bulb-max", "stull_max", 273.15, "degC", 28.4, 0.05),
        ("wet-bulb-off-coolprop", "coolprop_difference", 0.0, "K", 0.0, 0.01),
        ("hours-of-dry-W45-at-12-K", "w45_hours", 0.0, "h", 8760.0, 0.5),
    ]
    path = None if data is None else data / HONG_KONG
    statistics = None
    if path is not None and path.is_file():
        year = read_epw(path)
        # facility water of ASHRAE's class W45 by dry cooling alone, with an approach of 12 K
        within_w45 = {"w45_hours": float(np.sum(year.dry_bulb + 12.0 <= 318.15))}
        statistics = year.statistics() | within_w45 | _other_wet_bulbs(year)
    rows = []
    for part, key, offset, unit, reference, width in wanted:
        computed = None if statistics is None else statistics[key] - offset
        quantity = part.replace("-", " ").replace("p99.6", "99.6th percentile").replace("stull", "Stull's")
        quantity = quantity.replace("off coolprop", "off CoolProp's, largest")
        stull = (
            "the reference is of Stull's regression, ours thermodynamic" if key.startswith("wet_bulb") else ""
        )
        row = Row(quantity, unit, computed, reference, within(reference, absolute=width), source, part, stull)
        rows.append(row if statistics is not None else not_run(row, HONG_KONG))
    return rows


def _other_wet_bulbs(year: Weather) -> dict[str, float]:
    """Statistics of the wet bulb by Stull's regression [K], and the largest difference of ours from CoolProp's [K]."""
    import_coolprop()
    from CoolProp.HumidAirProp import HAPropsSI

    states = zip(year.dry_bulb, year.pressure, year.relative_humidity, strict=True)
    theirs = np.array([HAPropsSI("B", "T", t, "P", p, "R", r) for t, p, r in states])
    regression = stull_wet_bulb(year.dry_bulb, year.relative_humidity)
    return {
        "stull_mean": float(regression.mean()),
        "stull_p99_6": float(np.percentile(regression, 99.6)),
        "stull_max": float(regression.max()),
        "coolprop_difference": float(np.abs(theirs - year.wet_bulb).max()),
    }


def stull_wet_bulb(dry_bulb: Array, relative_humidity: Array) -> Array:
    """Wet bulb by regression over dry bulb and humidity at 101.325 kPa [K].

    Notes
    -----
    Stull (2011), J. Appl. Meteorol. Climatol. 50:2267, eq. 1; errors of -1 to 0.65 K within 5 to 99 % and -20 to 50 °C.

    Examples
    --------
    >>> round(float(stull_wet_bulb(np.array(293.15), np.array(0.5))) - 273.15, 1)
    13.7
    """
    t, percent = dry_bulb - 273.15, 100.0 * relative_humidity
    return np.asarray(
        273.15
        + t * np.arctan(0.151977 * np.sqrt(percent + 8.313659))
        + np.arctan(t + percent)
        - np.arctan(percent - 1.676331)
        + 0.00391838 * percent**1.5 * np.arctan(0.023101 * percent)
        - 4.686035,
        dtype=np.float64,
    )


@case("E6", 4, "Synthetic year of Hong Kong beside its typical year")
def synthetic_hong_kong(data: Path | None) -> list[Row]:
    """What a year made from normals keeps and what it lacks. Reported, not gated: the two stand for other decades."""
    statistics = climate_year("hong-kong").statistics()
    wanted = [
        ("mean", "dry bulb mean", "dry_bulb_mean_K", 273.15, "degC", 23.1),
        ("p99.6", "dry bulb 99.6th percentile", "dry_bulb_p99_6_K", 273.15, "degC", 32.1),
        ("hours-above-30", "hours above 30 degC", "hours_above_30_degC", 0.0, "h", 475.0),
        ("wet-bulb-p99.6", "wet bulb 99.6th percentile", "wet_bulb_p99_6_K", 273.15, "degC", 27.3),
    ]
    source = "Chow and Chan, CityU Hong Kong typical year, WMO 450070 (EPW)"
    note = "computed from normals 1991-2020 (assumption); the typical year is made of earlier decades"
    return [
        Row(quantity, unit, statistics[key] - offset, reference, None, source, part, note)
        for part, quantity, key, offset, unit, reference in wanted
    ]


@case("D1", 4, "NREL ESIF: PUE 1.04, and water saved by a dry thermosyphon cooler")
def esif(data: Path | None) -> list[Row]:
    """Plausibility: a chain of that kind, and the water that its heat would evaporate. Reported, not gated."""
    facility = FacilitySpec.model_validate(
        {
            "climate": "frankfurt",
            "psu": "none",
            "ups": "none",
            "pdu": "pdu",
            "transformer": "transformer-dry",
            "misc_share": 0.005,
            "pue_category": 3,
        }
    )
    balance = power_balance(facility, 1.0e6, fan=0.010e6, pump=0.010e6)
    evaporated = 1.0e6 * 8760.0 * 3600.0 / LATENT_HEAT / 1000.0 / GALLON / 1e6
    source = "NREL PR-2C00-70433: trailing-12-month PUE 1.04; 2 to 2.5 million gallons a year at about 1 MW"
    assumed = "assumption: no UPS, towers' fans 1 %, pumps 1 %"
    return [
        Row("PUE", "-", float(balance.total / balance.it), 1.04, None, source, "pue", assumed),
        Row(
            "water if all heat evaporated, before blow-down",
            "Mgal/a",
            evaporated,
            2.25,
            None,
            source,
            "water",
            "an upper bound: the site ran dry for part of the year",
        ),
    ]


@case("D2", 4, "Sandia: water saved by a thermosyphon cooler")
def sandia(data: Path | None) -> list[Row]:
    """Plausibility: the heat that the saved water would have carried away. Reported, not gated."""
    heat = 554.0e3 * GALLON * 1000.0 * LATENT_HEAT / (182.0 * 24.0 * 3600.0) / 1000.0
    return [
        Row(
            quantity="mean heat rejected dry that the saved water stands for",
            unit="kW",
            computed=heat,
            reference=None,
            band=None,
            source="Sandia National Laboratories: 554 000 gal saved in 6 months by a thermosyphon cooler",
            note="a data centre of some hundred kilowatts, as it was; PUE of the neighbouring 725E 1.10",
        )
    ]
