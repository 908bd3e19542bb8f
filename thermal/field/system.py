"""The discrete heat equation of a package: heat into each node, and heat through each face.

At the nodes ``R(T) = K(T) T + sum_faces <q_face(T), v> + C (T - T_before) / dt - S p``; the sum of ``R`` over all nodes
is the heat balance, because the rows of ``K`` add to nothing. Held nodes take no part in the solve: their ``R`` is the
heat that keeps them held.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh
from thermal.field.boundary import Surface, WettedCondition
from thermal.field.materials import CellProperties
from thermal.field.operators import Discretisation, Operator

Array = NDArray[np.float64]

_LEVELLING = 40
_LONGEST = 20.0
"""Longest stride of a uniform temperature towards balance [K]: a boiling law's slope tells little far from it."""
_ROUGHLY = 0.1
"""How near to balance a start need be [K]."""


@dataclass(frozen=True)
class Balance:
    """What is sought: temperatures at which these are in balance.

    Attributes
    ----------
    source
        Heat into each node [W].
    wetted
        Condition of the wetted face.
    before
        Temperature at the start of the time step [K]; ``None`` when steady.
    time_step
        [s].
    """

    source: Array
    wetted: WettedCondition | None
    before: Array | None
    time_step: float | None


@dataclass(frozen=True)
class State:
    """A temperature, how far it is from balance, and what that is made of.

    Attributes
    ----------
    temperature
        At the nodes [K].
    residual
        Heat that leaves each node beyond what enters it [W].
    conduction
        Operator at this temperature.
    wall, flux, slope
        Of the parts of the wetted surface [K], [W/m2], [W/(m2 K)].
    stored
        Rate of change of the heat stored [W].
    heat_out
        Through each face [W].
    scale
        Largest norm over the nodes of one kind of heat: of the sources, a face, the storage [W].
    """

    temperature: Array
    residual: Array
    conduction: Operator
    wall: Array
    flux: Array
    slope: Array | None
    stored: float
    heat_out: dict[str, float]
    scale: float

    def imbalance(self, balance: Balance) -> float:
        """Heat that goes out or is stored beyond what comes in [W]."""
        return sum(self.heat_out.values()) + self.stored - float(balance.source.sum())


@dataclass(frozen=True)
class _Fluxes:
    """Part of the residual that needs no conduction: sources, faces, storage."""

    leaving: Array
    heat_out: dict[str, float]
    stored: float
    wall: Array
    flux: Array
    slope: Array | None
    scale: float


class HeatSystem:
    """Operators of a package, made once, and what changes evaluated with them."""

    def __init__(
        self, mesh: LayeredMesh, surface: Surface, properties: CellProperties, operators: Discretisation
    ) -> None:
        self.mesh = mesh
        self.surface = surface
        self.properties = properties
        self._operators = operators
        self._films = {name: surface.faces[name].mass(h) for name, h in surface.film.items()}
        self._conduction: Operator = operators.conduction(properties.reference)
        self._fixed: dict[float | None, Operator] = {}

    @property
    def wetted_shape(self) -> tuple[int, ...]:
        """Of what is known by part of the wetted surface."""
        channels = self.surface.channels
        return self.mesh.cell_shape[1:] if channels is None else channels.shape

    @property
    def capacity(self) -> Operator:
        """Capacity operator [J/K]."""
        return self._operators.capacity()

    def conduction(self, temperature: Array) -> Operator:
        """Conduction operator at a temperature [W/K]."""
        if self.properties.linear:
            return self._conduction
        nodal = temperature.reshape(self.mesh.node_shape)
        return self._operators.conduction(self.properties.conductivity(nodal))

    def tangent(self, state: State, balance: Balance) -> Operator:
        """Slope of the residual, conductivity taken as it is at the state [W/K].

        What neither the wetted face nor temperature changes is kept, for the two latest time steps.
        """
        time_step = balance.time_step
        if not self.properties.linear:
            fixed = self._operators.fixed_part(state.conduction, time_step)
            return self._operators.tangent(fixed, state.slope)
        if time_step not in self._fixed:
            while len(self._fixed) > 1:
                self._fixed.pop(next(iter(self._fixed)))
            self._fixed[time_step] = self._operators.fixed_part(state.conduction, time_step)
        return self._operators.tangent(self._fixed[time_step], state.slope)

    def state(self, temperature: Array, balance: Balance) -> State:
        """Evaluate the residual."""
        conduction, fluxes = self.conduction(temperature), self._fluxes(temperature, balance)
        # rows of the conduction operator add to nothing: taking a level off first saves digits
        residual = conduction @ (temperature - temperature.mean()) + fluxes.leaving
        heat_out, scale = dict(fluxes.heat_out), fluxes.scale
        for name, nodes in self.surface.held_nodes.items():
            heat_out[name] = heat_out.get(name, 0.0) - float(residual[nodes].sum())
            scale = max(scale, norm(residual[nodes]))
        return State(
            temperature,
            residual,
            conduction,
            fluxes.wall,
            fluxes.flux,
            fluxes.slope,
            fluxes.stored,
            heat_out,
            scale,
        )

    def levelled(self, temperature: Array, balance: Balance, tangent: Operator) -> Array:
        """Shift a temperature as a whole until heat in, stored and out agree; held nodes stay."""
        free = self.surface.free
        if free.all():
            fluxes = self._fluxes(temperature, balance)
            surplus = sum(fluxes.heat_out.values()) + fluxes.stored - float(balance.source.sum())
        else:
            surplus = self.state(temperature, balance).imbalance(balance)
        conductance = float((tangent @ free.astype(float))[free].sum())
        return np.where(free, temperature - surplus / conductance, temperature)

    def uniform_balance(self, level: float, balance: Balance) -> float:
        """One temperature at which all nodes together give off the heat that enters [K], from ``level`` on [K]."""
        for _ in range(_LEVELLING):
            fluxes = self._fluxes(np.full(self.mesh.unknowns, level), balance)
            conductance = sum(float(film.sum()) for film in self._films.values())
            if fluxes.slope is not None and self.surface.wetted is not None:
                conductance += float(fluxes.slope @ self.surface.wetted[1].area)
            surplus = sum(fluxes.heat_out.values()) - float(balance.source.sum())
            if conductance <= 0.0 or abs(surplus) <= _ROUGHLY * conductance:
                break
            level -= float(np.clip(surplus / conductance, -_LONGEST, _LONGEST))
        return level

    def _fluxes(self, temperature: Array, balance: Balance) -> _Fluxes:
        leaving, heat_out, scale = -balance.source, {}, norm(balance.source)
        for name, film in self._films.items():
            heat = film @ (temperature - self.surface.fluid[name])
            leaving, heat_out[name], scale = leaving + heat, float(heat.sum()), max(scale, norm(heat))
        wall, flux, slope = np.empty(0), np.empty(0), None
        if balance.wetted is not None:
            if self.surface.wetted is None:
                raise InputError("a wetted condition needs a package with a wetted face or channels")
            name, parts = self.surface.wetted
            wall = parts.mean(temperature)
            flux, slope = (
                np.asarray(value, dtype=float).ravel()
                for value in balance.wetted.flux(wall.reshape(self.wetted_shape))
            )
            heat = parts.load(flux)
            leaving, heat_out[name], scale = leaving + heat, float(flux @ parts.area), max(scale, norm(heat))
        stored = 0.0
        if balance.before is not None and balance.time_step is not None:
            storing = self.capacity @ (temperature - balance.before) / balance.time_step
            leaving, stored, scale = leaving + storing, float(storing.sum()), max(scale, norm(storing))
        return _Fluxes(leaving, heat_out, stored, wall, flux, slope, scale)


def norm(vector: Array) -> float:
    """Euclidean norm."""
    return float(np.linalg.norm(vector))
