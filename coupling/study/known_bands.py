"""What is uncertain in a case, with the bands that are known: closures, materials, power model, weather."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from coupling.case import CaseSpec
from coupling.case_file import LoadedCase
from coupling.power.energy_models import energy_model, energy_models
from coupling.power.formats.registry import find_format
from coupling.power.spec import PowerSpec
from coupling.power.spec import SourceSpec as PowerSource
from coupling.study.uncertainty_spec import Group, SourceSpec, UncertaintySpec
from meshes.errors import InputError
from thermal.loop.closures.critical_heat_flux import CRITICAL_HEAT_FLUX_BAND, DRY_OUT_BAND
from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.listing import BY_ROLE
from thermal.loop.closures.registry import find_closure
from thermal.loop.coil import LouveredCoilSpec

VOID_AT = 0.5
"""Void at which the published scatter of a void fraction is turned into one of the slip ratio (assumption) [-]."""
CONTACT_SCATTER = 0.3
"""Of ``ln`` contact resistance (assumption: pressure, flatness and filling of a joint) [-]."""
WARM_YEARS = 0.5
"""Standard deviation of a place's annual mean temperature from year to year (assumption) [K]."""
WITHIN = 1.96
"""Standard deviations that the factor of an energy model spans: it is read as 95 % (assumption)."""
LOUVERED_COIL = ErrorBand(0.15, "Chang and Wang (1997), 768 points", share=0.89)


class Unknown(NamedTuple):
    """A part of the case of which no band is known, why, and the key at which a source of the file would draw it."""

    what: str
    why: str
    key: str = ""


Found = Iterator[SourceSpec | Unknown]


def known_sources(
    spec: UncertaintySpec, loaded: LoadedCase
) -> tuple[tuple[SourceSpec, ...], tuple[Unknown, ...]]:
    """Return what is drawn for a case, the file's own sources last, and what is not because no band is known."""
    own = {source.key for source in spec.source}
    taken = {source.name for source in spec.source}
    drawn: list[SourceSpec] = []
    unknown: list[Unknown] = []
    for group in dict.fromkeys(spec.draw):
        for found in _GROUPS[group](loaded.spec, loaded.base):
            if found.key in own:
                continue
            if isinstance(found, Unknown):
                unknown.append(found)
            else:
                drawn.append(_named_apart(found, taken))
    return (*drawn, *spec.source), tuple(unknown)


def _named_apart(source: SourceSpec, taken: set[str]) -> SourceSpec:
    name = source.name
    while name in taken:
        name += "_"
    taken.add(name)
    return source.model_copy(update={"name": name})


def _closures(case: CaseSpec, base: Path) -> Found:
    if case.loop is not None:
        yield from _loop_closures(case)
    if case.condenser is not None and case.condenser.coil is not None:
        if isinstance(case.condenser.coil, LouveredCoilSpec):
            yield _of_band("coil", "condenser.air_factor", LOUVERED_COIL, "louvered coil")
        else:
            yield Unknown(
                "finned-tube coil", "no error is at hand for Briggs and Young (1963)", "condenser.air_factor"
            )
    elif case.condenser is not None:
        yield Unknown("condenser.conductance", "given as a number, by no closure", "condenser.conductance")


def _loop_closures(case: CaseSpec) -> Found:
    closures = case.loop.closures if case.loop is not None else None
    for role, stretch in (("friction", 1.0), ("void", 1.0 / (1.0 - VOID_AT)), ("boiling", 1.0)):
        name = getattr(closures, role)
        closure = find_closure(role, name, BY_ROLE[role])
        if closure.band is None:
            yield Unknown(
                f"{role} closure {name}", "no published error is at hand", f"loop.closures.{role}_factor"
            )
        else:
            yield _of_band(
                role, f"loop.closures.{role}_factor", closure.band, f"{role} closure {name}", stretch
            )
    yield _of_band(
        "critical_heat_flux", "loop.closures.chf_factor", CRITICAL_HEAT_FLUX_BAND, "critical heat flux"
    )
    yield _of_band("dry_out", "loop.closures.dryout_factor", DRY_OUT_BAND, "dry-out quality")
    floods = case.loop is not None and case.loop.condensing.vapour_inlet == "bottom"
    rest = "flooding limits and onset of boiling" if floods else "onset of boiling"
    yield Unknown(rest, "no published error is at hand")


def _of_band(name: str, key: str, band: ErrorBand, what: str, stretch: float = 1.0) -> SourceSpec:
    note = f"{what}: {band.text}; {band.source}"
    if stretch != 1.0:
        note += f"; as a factor on the slip ratio at void {VOID_AT:g}"
    return SourceSpec(name=name, key=key, distribution="lognormal", band=stretch * band.scatter, source=note)


def _materials(case: CaseSpec, base: Path) -> Found:
    package = case.package
    if package is None:
        return
    names = dict.fromkeys(layer.material for layer in package.layer)
    for name in names:
        solid = package.material(name)
        if "." in name:
            yield Unknown(f"conductivity of {name}", "its name has a dot, and no key can reach it")
        elif solid.scatter == 0.0:
            yield Unknown(
                f"conductivity of {name}",
                "its material states no scatter",
                f"package.conductivity_factors.{name}",
            )
        else:
            yield SourceSpec(
                name=f"conductivity_{_plain(name)}",
                key=f"package.conductivity_factors.{name}",
                distribution="lognormal",
                band=solid.scatter,
                centre=package.conductivity_factors.get(name, 1.0),
                source=f"conductivity of {name}: scatter {100 * solid.scatter:.3g} % (assumption)",
            )
    for index, layer in enumerate(package.layer):
        if layer.contact_resistance > 0.0:
            yield SourceSpec(
                name=f"contact_{_plain(layer.name)}",
                key=f"package.layer.{index}.contact_resistance",
                distribution="lognormal",
                band=CONTACT_SCATTER,
                source=f"contact above {layer.name}: scatter {100 * CONTACT_SCATTER:.3g} % (assumption)",
            )


def _power(case: CaseSpec, base: Path) -> Found:
    power = case.power
    if power is None:
        return
    parts: tuple[PowerSource, ...] = (power, *power.dies.values())
    models = {name for part in parts if (name := _energy_model_of(part, base)) is not None}
    if models:
        widest = max((energy_model(name) for name in models), key=lambda model: model.uncertainty)
        yield SourceSpec(
            name="activity_power",
            key="power.activity_factor",
            distribution="lognormal",
            band=math.log(widest.uncertainty) / WITHIN,
            source=f"energy model {widest.name}: within a factor {widest.uncertainty:g}, read as 95 % (assumption)",
        )
    elif power.trace is not None or power.module_traces is not None:
        yield Unknown("power.trace", "watts as recorded, by no energy model", "power.activity_factor")
    yield from _given_power(power)


def _given_power(power: PowerSpec) -> Found:
    for name in ("static", "clock", "total"):
        if getattr(power, name):
            yield Unknown(f"power.{name}", "given as a number", f"power.{name}")
    if power.blocks is not None:
        yield Unknown("power.blocks", "given as numbers")


def _energy_model_of(source: PowerSource, base: Path) -> str | None:
    """Name of the energy model that stands behind a source's activity, ``None`` where it is given in watts."""
    if source.emulator is None:
        return source.spikes.energy_model if _has_spikes(source, base) else None
    if source.emulator.kind == "brainpy":
        return source.spikes.energy_model
    if source.emulator.architecture == "wafer":
        return source.emulator.energy_model
    return source.emulator.architecture if source.emulator.architecture in energy_models() else None


def _has_spikes(source: PowerSource, base: Path) -> bool:
    if source.trace is None:
        return False
    try:
        return find_format(base / source.trace, source.format).spikes is not None
    except InputError:
        return False  # told where the trace is read


def _weather(case: CaseSpec, base: Path) -> Found:
    facility = case.facility
    if facility is None or "year" not in case.case.study:
        return
    if facility.weather is None:
        note = f"other synthetic years of {facility.climate}, of the same monthly normals"
        yield SourceSpec(name="weather_year", key="facility.year_seed", distribution="seed", source=note)
    else:
        yield SourceSpec(
            name="weather_shift",
            key="facility.year_shift",
            absolute=True,
            band=WARM_YEARS,
            source=f"annual mean from year to year: {WARM_YEARS:g} K (assumption)",
        )


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)[:40]


_GROUPS: dict[Group, Callable[[CaseSpec, Path], Found]] = {
    "closures": _closures,
    "materials": _materials,
    "power": _power,
    "weather": _weather,
}
