"""A package made linear around a steady field, as a reduced model, and in kelvin what that leaves out.

Temperatures count from the steady field ``T_s``, ``e = T - T_s``:
``C de/dt + K(T) T - K(T_s) T_s + <q(T) - q_s> = B (P - P_s)``. The model holds ``C de/dt + (K_r + <S>) e``:
conductivities ``k_r`` are those at the steady field and each face of the wetted side has the slope ``S`` of its boiling
curve there as nominal film, or both are those of a state rounded (:mod:`thermal.field.reduced_rounding`) so that other
runs may use the model. Segments of the evaporator are the ports. What a segment's curve gives beyond its nominal films,
``q - q_s - S e`` at the mean rise of its faces, enters as load of the port, shared among its faces as their nominal
films are, so that a segment's heat is that of its curves at that rise. Where nothing moves the state stays ``T_s``
whatever ``k_r`` and ``S`` are.

Left out are two things, each bounded from the field that was played:

- within a segment faces differ from their mean; with what each of them lacked at most as a steady source, and the least
  slope each of them had as its film, a field results that is nowhere below the error (maximum principle). ``S`` stands
  in what they lacked, not in the error's own films, so that the bound holds for any;
- conductivity: ``K(T) T - K(T_s) T_s - K_r e = (K(T) - K(T_s)) T + (K(T_s) - K_r) e``. With ``eps`` the largest change
  in time and ``eps_s`` the largest distance of the steady field's conductivity from the model's, both over ``k_r``,
  block i is warmed by at most ``int |p_i(t)|_L dt max (eps |T|_L + eps_s |e|_L)``, ``p_i`` the model's response to an
  impulse in the block and ``|.|_L`` the energy norm with ``k_r`` in the layers whose conductivity depends on
  temperature (Cauchy and Schwarz).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError
from thermal.field.boundary import WettedCondition
from thermal.field.conduction import FieldSolution, PackageField
from thermal.field.reduced import build_reduced
from thermal.field.reduced_law import SegmentLaw, WettedZones
from thermal.field.reduced_model import ReducedState
from thermal.field.reduced_pencil import TensorPencil
from thermal.field.reduced_ports import Ports
from thermal.field.reduced_rounding import RoundedState
from thermal.field.reduced_store import ModelFolder
from thermal.field.stencils import SIDES
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]

_INSTANTS = 60
"""Times at which the norm of an impulse's response is integrated."""


@dataclass(frozen=True)
class FaceBalance:
    """The wetted face at a moment, by cell face, shapes (ny, nx).

    Attributes
    ----------
    wall, flux, slope
        Mean temperature [K], flux of the boiling curve [W/m2] and its slope [W/(m2 K)].
    missing
        Flux of the curve beyond what the solid gives off [W/m2].
    wet
        Whether a face is wetted.
    """

    wall: Array
    flux: Array
    slope: Array
    missing: Array
    wet: NDArray[np.bool_]

    def moved(self, wetted: WettedCondition, rise: Array) -> FaceBalance:
        """Balance after the wall rose [K], the solid giving off more by the slope of before."""
        wall = self.wall + rise
        flux, slope = wetted.flux(wall)
        missing = np.where(self.wet, flux - self.flux - self.slope * rise, 0.0)
        return FaceBalance(wall, flux, np.where(self.wet, slope, 0.0), missing, self.wet)


class ReducedPackage:
    """A package around a steady field.

    Parameters
    ----------
    field
        The package.
    start
        Its steady field.
    power_span
        What the power of each block spans at most, the steady one included, shape (blocks,) [W]; zeros where only
        steady states are wanted.
    shares
        Watts of each block per watt of each input, shape (blocks, inputs), where blocks move together only; block by
        block if not given. ``power_span`` and all powers are then those of the inputs, and so are means. Only where
        conductivity does not depend on temperature: its error is bounded block by block.
    shortest
        Time step [s].
    tolerance
        Of :func:`build_reduced` [K].
    zones, wetted
        Segments of the wetted face and the boiling condition of the steady field; none without a wetted face.
    around
        What conductivity and nominal films are taken at instead of the steady field.
    folder
        Where reduced models are kept.
    known
        Key of the model there with which a run began that goes on; the steady field is that of then to round-off.

    Attributes
    ----------
    slope, start_slope
        Of each face of the wetted side, shapes (ny, nx) [W/(m2 K)]: nominal film, and that of the boiling curve at the
        steady field.

    Raises
    ------
    InputError
        If the package is of a kind that this does not serve; the message says why.
    """

    def __init__(
        self,
        field: PackageField,
        start: FieldSolution,
        power_span: Array,
        *,
        shares: Array | None = None,
        shortest: float,
        tolerance: float,
        zones: WettedZones | None = None,
        wetted: WettedCondition | None = None,
        around: RoundedState | None = None,
        folder: ModelFolder | None = None,
        known: str = "",
    ) -> None:
        system = field.system
        if not system.surface.free.all():
            raise InputError("a face is held at a temperature")
        if shares is not None and not system.properties.linear:
            raise ValueError("conductivity depends on temperature: blocks must be inputs of their own")
        self.start, self.zones, self.shares, self.around = start, zones, shares, around
        self._properties = system.properties
        mesh = field.mesh
        self._grid = TensorGrid(mesh.x, mesh.y, mesh.z)
        self._start_conductivity = np.ascontiguousarray(system.properties.conductivity(start.temperature))
        self._conductivity = self._start_conductivity
        if around is not None:
            uniform = np.full_like(start.temperature, around.temperature)
            self._conductivity = np.ascontiguousarray(system.properties.conductivity(uniform))
        self._film = {
            side: np.full(self._grid.face_shape(side), coefficient)
            for name, coefficient in system.surface.film.items()
            for side in SIDES[name]
        }
        self._solid = TensorOperator(self._grid, self._conductivity, None, self._film)
        self.slope = self.start_slope = np.empty((0, 0))
        self._side, ports = system.surface.wetted_face, None
        if zones is not None and wetted is not None:
            slope = np.asarray(wetted.flux(start.wall_temperature)[1])
            self.start_slope = np.where(zones.segment >= 0, slope, 0.0)
            self.slope = (
                self.start_slope if around is None else np.where(zones.segment >= 0, around.film, 0.0)
            )
            ports = _ports(field, zones, self.slope)
        loads = field.blocks.mean.T.toarray()
        model = folder.find(known) if folder is not None and known else None
        self.model = model or build_reduced(
            self._pencil(self.slope),
            loads if shares is None else loads @ shares,
            power_span,
            ports,
            reference=0.0,
            shortest=shortest,
            tolerance=tolerance,
            sink_moves=False,
            block_nodes=field.blocks.members,
            folder=folder,
        )
        self._impulse_norm: float | None = None
        self._temperature = np.ascontiguousarray(start.temperature.ravel())
        self.face = None if self._side is None else system.surface.faces[self._side]
        self._face_nodes = np.empty((0, 4), dtype=np.int64) if self.face is None else self.face.nodes

    def _pencil(self, slope: Array) -> TensorPencil:
        tangent = {} if self._side is None else {self._side: slope}
        capacity = self._properties.heat_capacity
        return TensorPencil(self._grid, self._conductivity, capacity, self._film, tangent)

    def temperature(self, state: ReducedState) -> Array:
        """Temperature of every node, shape (nz + 1, ny + 1, nx + 1) [K]."""
        return np.asarray((self._temperature + self.model.field(state)).reshape(self.start.temperature.shape))

    def law(self, wetted: WettedCondition, rise: Array) -> SegmentLaw:
        """Law of the ports at a condition of the wetted face; ``rise`` of each segment's wall is nearby [K]."""
        if self.zones is None:
            raise ValueError("the package has no wetted face")
        return SegmentLaw(self.start, self.zones, wetted, rise)

    def steady(self, power: Array, wetted: WettedCondition | None, rise: Array) -> ReducedState:
        """Steady state at a power [W] beyond that of the start and another condition of the wetted face.

        ``rise`` of each segment's wall is nearby [K].

        Raises
        ------
        NotConverged
            If the segments' equations do not converge.
        """
        if wetted is None or self.zones is None:
            return self.model.steady(power)
        return self.model.steady(power, self.law(wetted, rise), guess=rise)

    def lacking(self, state: ReducedState, wetted: WettedCondition) -> tuple[Array, Array]:
        """Size of the flux that faces lack at a moment [W/m2], and the lesser of their slopes now and at the start.

        Shapes (ny, nx), [W/(m2 K)]; nothing where the face is dry.
        """
        if self.zones is None or self.face is None:
            return np.zeros_like(self.slope), self.start_slope
        now = self.face_balance(state, wetted)
        return np.abs(now.missing), np.minimum(now.slope, self.start_slope)

    def face_balance(self, state: ReducedState, wetted: WettedCondition) -> FaceBalance:
        """Fluxes of the wetted face at a moment, and what of them the ports' loads do not hold."""
        if self.zones is None:
            raise ValueError("the package has no wetted face")
        parts, model = self.model.parts, self.model
        nodal = parts.modes[self._face_nodes] @ state.modes + parts.direct[self._face_nodes] @ state.inputs
        rise = nodal.mean(axis=1).reshape(self.slope.shape)
        wall = self.start.wall_temperature + rise
        flux, slope = wetted.flux(wall)
        wet = self.zones.segment >= 0
        excess = np.zeros_like(flux)
        port = state.inputs[model.blocks : model.blocks + model.ports]
        excess[wet] = (port / (parts.port_area * parts.port_coefficient))[self.zones.segment[wet]]
        missing = np.where(wet, flux - self.start.wetted_flux - self.slope * (rise - excess), 0.0)
        return FaceBalance(wall, flux, np.where(wet, slope, 0.0), missing, wet)

    def operator(self, slope: Array) -> TensorOperator:
        """Conduction, films, and slopes of the wetted face [W/(m2 K)] as tangents."""
        return self._solid if self._side is None else self._solid.with_tangent({self._side: slope})

    def wall_error(self, lacking: Array, slope: Array) -> float:
        """Bound of what fluxes that lack at most ``lacking`` at any time do, films having ``slope`` at least [K]."""
        if self.face is None or not lacking.any():
            return 0.0
        solve = self._pencil(slope).solver(0.0)
        return float(solve(self.face.load(lacking.ravel())[:, None]).max())

    def conductivity_error(self, state: ReducedState) -> float:
        """Bound of what conductivity as it was leaves out for a block's mean at a moment [K]."""
        if self._properties.linear:
            return 0.0
        now = self.temperature(state)
        layer = TensorOperator(
            self._grid, np.where(self._properties.exponent != 0.0, self._conductivity, 0.0)
        )
        driven = 0.0
        for conductivity, field in (
            (self._properties.conductivity(now), now),
            (self._conductivity, now - self.start.temperature),
        ):
            change = np.abs(conductivity - self._start_conductivity) / self._conductivity
            driven += float(change.max()) * _energy(layer, field)
        return driven * self._impulse(layer)

    def _impulse(self, layer: TensorOperator) -> float:
        """Largest over blocks of the integral of the energy norm of an impulse's response [K^(1/2) W^(-1/2)]."""
        if self._impulse_norm is None:
            parts = self.model.parts
            gram = parts.modes.T @ np.stack([layer.apply(mode) for mode in parts.modes.T], axis=1)
            times = np.geomspace(0.1 * self.model.parts.shortest, 10.0 / parts.rates.min(), _INSTANTS)
            gain = parts.gain[:, : self.model.blocks]
            norm = []
            for time in times:
                now = np.exp(-parts.rates * time)[:, None] * gain
                norm.append(np.sqrt(np.maximum(np.einsum("rb,rs,sb->b", now, gram, now), 0.0)))
            steady = self.model.parts.direct[:, : self.model.blocks]
            quick = np.sqrt(
                [max(float(one @ layer.apply(one)), 0.0) for one in np.ascontiguousarray(steady.T)]
            )
            heights = np.array(norm)
            whole = 0.5 * np.diff(times) @ (heights[1:] + heights[:-1]) + times[0] * heights[0] + quick
            self._impulse_norm = float(whole.max())
        return self._impulse_norm


def _energy(layer: TensorOperator, nodal: Array) -> float:
    """Energy norm of a field [W^(1/2) K^(1/2)]."""
    above = nodal - nodal.mean()
    return float(np.sqrt(max(float(above.ravel() @ layer.apply(above).ravel()), 0.0)))


def _ports(field: PackageField, zones: WettedZones, slope: Array) -> Ports:
    """Ports whose loads are shared among faces as their slopes are."""
    face = field.system.surface.faces[str(field.system.surface.wetted_face)]
    film, wet_area = zones.heat(slope), zones.heat(np.ones_like(slope))
    shares = [np.where(zones.segment == n, slope / film[n], 0.0).ravel() for n in range(zones.count)]
    loads = np.stack([face.load(share) for share in shares], axis=1)
    return Ports(loads, wet_area, film / wet_area)
