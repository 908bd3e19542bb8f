"""Equations of the steady network and their derivatives.

Unknowns are the pressures and enthalpies of all points, the flows of the independent cycles and, for each
condenser, the liquid level. Equations are, with ``m = C y``:

momentum, each cell a -> b
    ``p_b - p_a + integral(friction + rho g dz) + K local + M_b - M_a = 0``, with the means of ``cell_means``;
energy, each point
    ``sum_in(|m| h_donor + Q) - h sum_in |m| = 0``;
condensing, each condenser
    ``m (h_a - h_l(p_a)) = sink.heat(T_sat(p_a), 1 - f)``, with ``f`` the flooded share of its surface;
charge
    ``sum V rho = M``, or without a given charge, liquid up to the outlet of the highest condenser.

Level ``s > 0`` floods a condenser by ``f = s / H``; ``s < 0`` leaves its drop leg empty down to ``-s`` below
the outlet.

A condenser of height H between its inlet above and its outlet below is a column of vapour over liquid:

    ``p_b - p_a = g [rho_g(p_a) H (1 - f) + rho_l s] - K local``

The film that drains hangs on the wall, not on the column: Nusselt's balance ``mu u'' = -g (rho_l - rho_g)`` has the
pressure of the vapour beside it, ``dp/dz = rho_g g``, and the wall's shear carries the rest of its weight (Nusselt
1916; Incropera and DeWitt, Fundamentals of Heat and Mass Transfer, section 10.7). The density of the mixture would
count that weight without the shear. Tubes that run full of both phases are heavier: this is to the safe side. A
condenser that vapour enters below has no column but its liquid's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermal.loop.cell_means import mean_density, mean_friction
from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.condensing import CondenserHeat, condenser_heat
from thermal.loop.cooler import LiquidCooler
from thermal.loop.mixture import Mixture, MixtureModel
from thermal.loop.network import Floats, Indices, Network
from thermal.loop.sink import HeatSink

# steps of the one-sided differences: of pressure and flow relative, of enthalpy [J/kg]
_PRESSURE_STEP, _ENTHALPY_STEP, _FLOW_STEP = 1.0e-7, 0.1, 1.0e-7
# which of the two evaluated pressures and enthalpies the four rows value, d/dp, d/dh, d/dm take
_PRESSURE_ROWS, _ENTHALPY_ROWS = np.array([0, 1, 0, 0]), np.array([0, 0, 1, 0])
# rows of the tail and of the head from which means of cells are made: value, then each end moved alone
_TAIL_ROWS, _HEAD_ROWS = np.array([0, 1, 2, 3, 0, 0, 0]), np.array([0, 0, 0, 0, 1, 2, 3])


@dataclass(frozen=True)
class Unknowns:
    """Pressures [Pa] and enthalpies [J/kg] of the points, cycle flows [kg/s], liquid levels [m].

    ``dry`` numbers the condensers whose branches carry dry vapour, see :mod:`thermal.loop.dry_branches`.
    """

    pressure: Floats
    enthalpy: Floats
    cycle_flow: Floats
    level: Floats
    dry: tuple[int, ...] = ()

    def moved(self, step: Floats, share: float = 1.0) -> Unknowns:
        """Return the unknowns after ``share`` of a ``step`` in all of them."""
        n, c = self.pressure.size, self.cycle_flow.size
        return Unknowns(
            self.pressure + share * step[:n],
            self.enthalpy + share * step[n : 2 * n],
            self.cycle_flow + share * step[2 * n : 2 * n + c],
            self.level + share * step[2 * n + c :],
            self.dry,
        )


@dataclass(frozen=True)
class Problem:
    """What is asked of the network.

    Attributes
    ----------
    heat
        To the heated cells [W], (heated,).
    sinks
        One for each condenser; a :class:`LiquidCooler` instead of a sink prescribes outlet and pressure.
    charge
        [kg]; ``None`` for liquid up to the condenser's outlet.
    """

    heat: Floats
    sinks: tuple[HeatSink | LiquidCooler, ...]
    charge: float | None = None

    @property
    def given_heat(self) -> float:
        """Heat into the network, without what cooled cells take out of it [W]."""
        return float(np.maximum(self.heat, 0.0).sum())


@dataclass(frozen=True)
class Ends:
    """Mixture at both ends of every cell with its slopes, arrays of (4, 2, cells): value, d/dp, d/dh, d/dm.

    Attributes
    ----------
    state
        Value and the three moved states, (4, 2 cells).
    loss, momentum
        At the ends [Pa].
    friction, density
        Of each half, so that the mean of both is that along the cell [Pa/m], [kg/m3].
    width
        By which pressure, enthalpy and flow were moved; 1 in the first row.
    """

    state: Mixture
    friction: Floats
    density: Floats
    loss: Floats
    momentum: Floats
    width: Floats


class NetworkState:
    """What the unknowns of a network mean: flows, mixture, pressure falls, mass, condensers' heat.

    Parameters
    ----------
    network
        Points, cells and cycles.
    mixture
        Fluid with its closures.
    """

    def __init__(self, network: Network, mixture: MixtureModel) -> None:
        self.network, self.mixture = network, mixture
        n = network
        self._ends = np.concatenate([n.tail, n.head])
        self.is_condenser = np.zeros(n.cells, dtype=bool)
        self.is_condenser[n.condensers] = True
        # what stands in a drop leg has left the condenser as liquid: its last rows subcool it enough
        # (assumption)
        self._only_liquid = np.zeros(2 * n.cells, dtype=bool)
        for leg in n.drop_legs:
            self._only_liquid[np.concatenate([leg, leg + n.cells])] = True
        # what leaves them has another enthalpy than what comes in
        self._exchanges = self.is_condenser.copy()
        self._exchanges[n.heated] = True
        self._fall = n.condenser_fall
        self._twice_diameter = np.tile(n.diameter, 2)
        self._twice_roughness = np.tile(n.roughness, 2)
        self._twice_factor = np.tile(n.channel_factor, 2)
        self._twice_inclination = np.tile(n.inclination, 2)

    def flow(self, unknowns: Unknowns) -> Floats:
        """Mass flow of every cell in its nominal direction [kg/s]."""
        return self.network.cycles @ unknowns.cycle_flow

    def sources(self, flow: Floats, dry: tuple[int, ...] = ()) -> Indices:
        """Points whose enthalpy the ends of the cells carry: all tails, then all heads, (2 cells,).

        What leaves a cell into a mixing point still has its own enthalpy: cells without heat carry that of
        their upstream point to both ends. The outlet of a heated cell or condenser must be a point of its own.
        Dry branches carry their own vapour.
        """
        n = self.network
        donor = np.where(flow >= 0.0, n.tail, n.head)
        for k in dry:
            branch, leg = n.branch(k), n.drop_legs[k]
            donor[branch], donor[leg] = n.head[branch], n.tail[leg]
        return np.concatenate(
            [np.where(self._exchanges, n.tail, donor), np.where(self._exchanges, n.head, donor)]
        )

    def ends(self, unknowns: Unknowns) -> Ends:
        """Mixture at the ends of all cells and its derivatives; first axis: value, d/dp, d/dh, d/dm."""
        n = self.network
        flow = self.flow(unknowns)
        sources = self.sources(flow, unknowns.dry)
        p, h, m = unknowns.pressure, unknowns.enthalpy, np.tile(flow, 2)
        scale = np.abs(flow).max() + 1e-9
        at = self.mixture.fluid.saturation(
            self.mixture.clip_pressure(np.stack([p, p * (1.0 + _PRESSURE_STEP)]))
        )
        at = type(at)._make(np.asarray(at)[:, :, self._ends][:, _PRESSURE_ROWS])
        own = self.mixture.own_liquid(np.stack([h, h + _ENTHALPY_STEP]))
        own = (own[0][:, sources][_ENTHALPY_ROWS], own[1][:, sources][_ENTHALPY_ROWS])
        dm = _FLOW_STEP * np.maximum(np.abs(m), 1e-3 * scale)
        dh = np.full(m.size, _ENTHALPY_STEP)
        carried = h[sources]
        enthalpy = np.stack([carried, carried, carried + dh, carried])
        enthalpy = np.where(self._only_liquid, np.minimum(enthalpy, at.liquid_enthalpy), enthalpy)
        state = self.mixture.mix(
            at,
            enthalpy,
            own,
            np.stack([m, m, m, m + dm]) / np.tile(n.area, 2),
            self._twice_diameter,
            self._twice_roughness,
            self._twice_factor,
            self._twice_inclination,
        )
        dp = _PRESSURE_STEP * p[self._ends]
        width = np.stack([np.ones_like(dp), dp, dh, dm])

        def differences(values: Floats) -> Floats:
            out = values - values[0]
            out[0] = values[0]
            slopes: Floats = (out / width).reshape(4, 2, n.cells)
            return slopes

        def of_halves(means: Floats) -> Floats:
            moved = 2.0 * (means - means[0])[1:].reshape(2, 3, n.cells).transpose(1, 0, 2)
            slopes = moved / width[1:].reshape(3, 2, n.cells)
            halves: Floats = np.concatenate([np.stack([means[0], means[0]])[None], slopes])
            return halves

        quality, density, friction, liquid = (
            _moved_ends(values, n.cells)
            for values in (
                state.equilibrium_quality,
                state.density,
                state.friction,
                state.saturation.liquid_density,
            )
        )
        return Ends(
            state,
            of_halves(mean_friction(friction, quality, ~self._exchanges)),
            of_halves(mean_density(density, quality, liquid)),
            differences(state.loss),
            differences(state.momentum),
            width.reshape(4, 2, n.cells),
        )

    def wet_share(self, level: Floats) -> tuple[Floats, Floats]:
        """Share of each cell below its drop leg's liquid level [-], and its slope with the level [1/m]."""
        n = self.network
        wet, slope = np.ones(n.cells), np.zeros(n.cells)
        for condenser, cells, s in zip(n.condensers, n.drop_legs, level, strict=True):
            if s >= 0.0:
                continue
            surface = n.elevation[n.head[condenser]] + s
            top, bottom = n.elevation[n.tail[cells]], n.elevation[n.head[cells]]
            span = np.maximum(top - bottom, 1e-9)
            share = np.clip((surface - bottom) / span, 0.0, 1.0)
            wet[cells] = share
            slope[cells] = np.where((share > 0.0) & (share < 1.0), 1.0 / span, 0.0)
        return wet, slope

    def flooded(self, level: Floats) -> Floats:
        """Flooded share of each condenser's surface [-]."""
        height = self.network.condenser_height
        return np.clip(level, 0.0, height) / height

    def momentum_terms(self, unknowns: Unknowns, ends: Ends) -> dict[str, Floats]:
        """Pressure falls along every cell by cause [Pa]: friction, gravity, local, acceleration, given."""
        n = self.network
        wet, _ = self.wet_share(unknowns.level)
        vapour = ends.state.saturation.vapour_density[0].reshape(2, -1).mean(axis=0)
        column = wet * ends.density[0].mean(axis=0) + (1.0 - wet) * vapour
        gravity = GRAVITY * n.rise * column
        gravity[n.condensers] -= self.condenser_columns(unknowns.level, ends)[:, 0]
        return {
            "friction": wet * n.length * ends.friction[0].mean(axis=0),
            "gravity": gravity,
            "local": n.loss_coefficient * ends.loss[0].mean(axis=0),
            "acceleration": np.where(self.is_condenser, 0.0, ends.momentum[0, 1] - ends.momentum[0, 0]),
            "given": n.fixed_fall,
        }

    def condenser_columns(self, level: Floats, ends: Ends) -> Floats:
        """Weight of vapour over liquid from inlet to outlet of each condenser [Pa] and its slopes, (condensers, 4).

        Last axis: value, d/d(inlet pressure), d/d(inlet enthalpy) [Pa kg/J], d/d(level) [Pa/m].
        """
        n, saturation = self.network, ends.state.saturation
        liquid = saturation.liquid_density[0, n.condensers]
        vapour = saturation.vapour_density[:3, n.condensers]
        slopes = (vapour[1:] - vapour[0]) / ends.width[1:3, 0, n.condensers]
        dry = self._fall * (1.0 - self.flooded(level))
        full = liquid - vapour[0] * self._fall / n.condenser_height
        rising = np.where((level >= 0.0) & (level < n.condenser_height), full, 0.0)
        standing = vapour[0] * dry + liquid * self.flooded(level) * n.condenser_height
        columns: Floats = GRAVITY * np.stack([standing, slopes[0] * dry, slopes[1] * dry, rising], axis=-1)
        return columns

    def mass(self, unknowns: Unknowns, ends: Ends) -> float:
        """Mass of fluid in the network [kg]."""
        return float(self._masses(unknowns, ends).sum())

    def _masses(self, unknowns: Unknowns, ends: Ends) -> Floats:
        n, saturation = self.network, ends.state.saturation
        wet, _ = self.wet_share(unknowns.level)
        vapour = saturation.vapour_density[0].reshape(2, -1).mean(axis=0)
        masses: Floats = n.volume * (wet * ends.density[0].mean(axis=0) + (1.0 - wet) * vapour)
        for k, cell in enumerate(n.condensers):
            dry, flooded = self.condenser_densities(unknowns, ends, int(cell))[:, 0]
            share = self.flooded(unknowns.level)[k]
            masses[cell] = n.volume[cell] * ((1.0 - share) * dry + share * flooded)
        return masses

    def condenser_densities(self, unknowns: Unknowns, ends: Ends, cell: int) -> Floats:
        """Mean densities of a condenser's condensing and flooded part and their slopes, (2, 4) [kg/m3].

        Quality falls evenly to zero in the first (three Gauss points). Last axis: value, d/d(inlet pressure), d/d(inlet
        enthalpy), d/d(flow).
        """
        n, width = self.network, ends.width[:, 0, cell]
        inlet = np.clip(ends.state.quality[:, cell], 0.0, 1.0)
        nodes = inlet[:, None] * np.array([0.1127016653792583, 0.5, 0.8872983346207417])
        flux = (self.flow(unknowns)[cell] + width * np.array([0, 0, 0, 1])) / n.area[cell]
        pressure = unknowns.pressure[n.tail[cell]] + width * np.array([0, 1, 0, 0])
        s = self.mixture.fluid.saturation(self.mixture.clip_pressure(np.repeat(pressure[:, None], 3, axis=1)))
        void = self.mixture.void_fraction(flux[:, None], nodes, s, n.diameter[cell])
        density = void * s.vapour_density + (1.0 - void) * s.liquid_density
        if cell in n.condensers[list(unknowns.dry)]:
            density = s.vapour_density
        mean = density @ np.array([5.0, 8.0, 5.0]) / 18.0
        both = np.stack([mean, ends.state.saturation.liquid_density[:, cell]])
        both[:, 1:] = (both[:, 1:] - both[:, :1]) / width[1:]
        return np.asarray(both)

    def condensing(self, unknowns: Unknowns, problem: Problem) -> Floats:
        """Heat of the condensing and of the subcooling part and their slopes, (condensers, 2, 5) [W].

        Last axis: value, d/d(inlet pressure), d/d(flow), d/d(level), d/d(inlet enthalpy).
        """
        n = self.network
        flow = self.flow(unknowns)
        out: Floats = np.zeros((n.condensers.size, 2, 5))
        for k, (cell, sink) in enumerate(zip(n.condensers, problem.sinks, strict=True)):
            # no liquid stands behind a dry branch that could be cooled further
            inlet, m = n.tail[cell], 0.0 if k in unknowns.dry else float(flow[cell])
            if isinstance(sink, LiquidCooler):
                lost = float(unknowns.enthalpy[inlet]) - sink.outlet_enthalpy
                out[k, 0] = m * lost, 0.0, lost, 0.0, m
                continue
            p, s = float(unknowns.pressure[inlet]), float(unknowns.level[k])
            steps = np.array([_PRESSURE_STEP * p, 1e-6 * abs(m) + 1e-12, 1e-7])
            trials = [(p, m, s), (p + steps[0], m, s), (p, m + steps[1], s), (p, m, s + steps[2])]
            height = float(n.condenser_height[k])
            for j, trial in enumerate(trials):
                out[k, :, j] = self._condenser_heat(sink, height, *trial)
            out[k, :, 1:4] = (out[k, :, 1:4] - out[k, :, :1]) / steps
            if k in unknowns.dry and out[k, 0, 0] <= 0.0:
                out[k] = 0.0
        return out

    def _condenser_heat(
        self, sink: HeatSink, height: float, pressure: float, flow: float, level: float
    ) -> CondenserHeat:
        low, high = self.mixture.fluid.pressure_range
        at = self.mixture.fluid.saturation(min(max(pressure, low), high))
        share = min(max(level, 0.0), height) / height
        return condenser_heat(sink, at.temperature, flow, at.liquid_heat_capacity, share)


def _moved_ends(values: Floats, cells: int) -> Floats:
    """Both ends of all cells, unmoved, then with one end after the other moved, (7, 2, cells)."""
    shaped = values.reshape(4, 2, cells)
    ends: Floats = np.stack([shaped[_TAIL_ROWS, 0], shaped[_HEAD_ROWS, 1]], axis=1)
    return ends
