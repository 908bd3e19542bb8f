"""Samples of saturation lines from CoolProp and Cantera, with the source of every property."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import math
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator

from thermal.loop.fluid_departure import departure_note
from thermal.loop.fluid_estimates import estimate
from thermal.loop.fluid_list import Offered, find_offered
from thermal.loop.fluids import TABULATED, Fluid, SaturationTable

NODES = 400
"""Nodes of a table: relative error of the spline below 1e-8 half-way between them."""
COLDEST = 200.0
"""Lower end of the tables [K], unless the fluid's triple point is above."""
HOTTEST = 0.998
"""Upper end of the tables as a share of the critical temperature: CO2 to 30.4 °C."""


@functools.cache
def import_coolprop() -> ModuleType:
    """Import CoolProp without its superancillaries (seconds) and without its line on standard output."""
    setting = "COOLPROP_DISABLE_SUPERANCILLARIES_ENTIRELY"
    before = os.environ.get(setting)
    os.environ[setting] = "1"
    try:
        with _silent_output():
            import CoolProp
    finally:
        if before is None:
            del os.environ[setting]
    module: ModuleType = CoolProp
    return module


@contextlib.contextmanager
def _silent_output() -> Iterator[None]:
    """Send what libraries print on standard output nowhere, after flushing what Python printed."""
    try:
        saved = os.dup(1)
    except OSError:  # closed: nothing to keep clean
        yield
        return
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
        ctypes.CDLL(None).fflush(None)
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(nowhere)


def sample(name: str, backend: str) -> SaturationTable:
    """Return the samples of ``name`` from ``backend``, ``"coolprop"`` or ``"cantera"``."""
    fluid = find_offered(name)
    return _sample_cantera(fluid) if backend == "cantera" else _sample_coolprop(fluid)


def _nodes(
    critical_pressure: float, hot: float, cold: float
) -> tuple[tuple[float, float], NDArray[np.float64]]:
    first, last = (math.log(critical_pressure / pressure) ** (1.0 / 3.0) for pressure in (hot, cold))
    variable = np.linspace(first, last, NODES)
    return (first, last), critical_pressure * np.exp(-(variable**3))


def _sample_coolprop(fluid: Offered) -> SaturationTable:
    coolprop = import_coolprop()
    state = coolprop.AbstractState("HEOS", fluid.coolprop)
    critical = (state.T_critical(), state.p_critical())
    ends = []
    for temperature in (HOTTEST * critical[0], max(COLDEST, state.Ttriple() + 0.01)):
        state.update(coolprop.QT_INPUTS, 0.0, temperature)
        ends.append(state.p())
    variable, pressures = _nodes(critical[1], *ends)
    values = np.array([_coolprop_row(coolprop, state, pressure) for pressure in pressures])
    notes = _fill_gaps(values, variable)
    equation = f"CoolProp {coolprop.__version__} (HEOS)"
    sources = dict.fromkeys(
        (
            "saturation pressure, density, enthalpy, heat capacity",
            "viscosity",
            "conductivity",
            "surface tension",
        ),
        equation,
    )
    columns = {name: values[:, column] for column, name in enumerate(TABULATED)}

    def boiling_point() -> float:
        state.update(coolprop.PQ_INPUTS, 101325.0, 0.0)
        return float(state.T())

    estimated, warned = estimate(fluid, values[:, 0], columns, critical, boiling_point)
    return SaturationTable(
        fluid.name,
        "coolprop",
        state.molar_mass(),
        *critical,
        variable,
        values,
        {**sources, **estimated},
        notes + warned,
    )


def _coolprop_row(coolprop: ModuleType, state: Any, pressure: float) -> list[float]:
    row = dict.fromkeys(TABULATED, math.nan)
    for phase, quality in (("liquid", 0.0), ("vapour", 1.0)):
        state.update(coolprop.PQ_INPUTS, pressure, quality)
        row["temperature"] = state.T()
        row[f"{phase}_density"] = state.rhomass()
        row[f"{phase}_enthalpy"] = state.hmass()
        row[f"{phase}_heat_capacity"] = state.cpmass()
        row[f"{phase}_viscosity"] = _or_nan(state.viscosity)
        row[f"{phase}_conductivity"] = _or_nan(state.conductivity)
    row["surface_tension"] = _or_nan(state.surface_tension)
    row["latent_heat"] = row["vapour_enthalpy"] - row["liquid_enthalpy"]
    return [row[name] for name in TABULATED]


def _or_nan(evaluate: Callable[[], float]) -> float:
    """Return NaN where CoolProp's solvers do not come to an end or have no model."""
    try:
        return evaluate()
    except ValueError:
        return math.nan


def _fill_gaps(values: NDArray[np.float64], variable: tuple[float, float]) -> tuple[str, ...]:
    """Interpolate single nodes at which a property could not be had; leave columns without any alone."""
    nodes = np.linspace(*variable, len(values))
    notes = []
    for column, name in enumerate(TABULATED):
        missing = np.isnan(values[:, column])
        if 0 < missing.sum() < len(values) // 10:
            known = ~missing
            values[missing, column] = PchipInterpolator(nodes[known], values[known, column])(nodes[missing])
            notes.append(f"{name.replace('_', ' ')}: {missing.sum()} of {len(values)} nodes interpolated")
    return tuple(notes)


def _sample_cantera(fluid: Offered) -> SaturationTable:
    import cantera

    state = getattr(cantera, str(fluid.cantera))()
    critical = (state.critical_temperature, state.critical_pressure)
    coldest = max(COLDEST, state.min_temp + 0.1)
    # even in (T_c/T - 1)^(1/3): Cantera's own search for a boiling temperature fails near the critical point
    first, last = (1.0 / HOTTEST - 1.0) ** (1.0 / 3.0), (critical[0] / coldest - 1.0) ** (1.0 / 3.0)
    even = np.linspace(first, last, NODES)
    rows = [_cantera_row(state, float(t), fluid.name == "water") for t in critical[0] / (1.0 + even**3)]
    sampled = np.array([row for _, row in rows])
    sampled_at = np.cbrt(np.log(critical[1] / np.array([pressure for pressure, _ in rows])))
    variable = (float(sampled_at[0]), float(sampled_at[-1]))
    values = CubicSpline(sampled_at, sampled)(np.linspace(*variable, NODES))
    equation = f"Cantera {cantera.__version__} (liquidvapor.yaml)"
    reference = _sample_coolprop(fluid)
    coolprop = _borrow_transport(reference, values)
    sources = {
        "saturation pressure, density, enthalpy, heat capacity": equation,
        "viscosity": equation if fluid.name == "water" else coolprop,
        "conductivity": equation if fluid.name == "water" else coolprop,
        "surface tension": coolprop,
    }
    mass = state.mean_molecular_weight * 1e-3
    notes = departure_note(fluid.name, "Cantera", values, Fluid(reference))
    return SaturationTable(fluid.name, "cantera", mass, *critical, variable, values, sources, notes)


def _cantera_row(state: Any, temperature: float, transport: bool) -> tuple[float, list[float]]:
    """Vapour pressure and row of the table at ``temperature``; zeros where Cantera has nothing."""
    row = dict.fromkeys(TABULATED, 0.0)
    row["temperature"] = temperature
    for phase, quality, aside in (("liquid", 0.0, 1e-5), ("vapour", 1.0, -1e-5)):
        state.TQ = temperature, quality
        pressure = state.P
        row[f"{phase}_density"] = state.density
        row[f"{phase}_enthalpy"] = state.h
        row[f"{phase}_heat_capacity"] = state.cp
        if transport:
            # on the line itself the compressibility, and with it the conductivity, is infinite
            state.TD = temperature, state.density * (1.0 + aside)
            row[f"{phase}_viscosity"] = state.viscosity
            row[f"{phase}_conductivity"] = state.thermal_conductivity
    row["latent_heat"] = row["vapour_enthalpy"] - row["liquid_enthalpy"]
    return pressure, [row[name] for name in TABULATED]


def _borrow_transport(table: SaturationTable, values: NDArray[np.float64]) -> str:
    """Fill what Cantera lacks from CoolProp's table at the same temperature, and return what to say of it."""
    other = Fluid(table)
    temperature = np.clip(values[:, 0], *other.temperature_range)
    at = other.saturation_at(temperature)
    for column, name in enumerate(TABULATED):
        if not values[:, column].any():
            values[:, column] = getattr(at, name)
    return table.sources["viscosity"] + " at the same temperature"
