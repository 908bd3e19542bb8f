"""Residual of the steady network and its derivative as a sparse matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_matrix

from thermal.loop.closures.gravity import GRAVITY
from thermal.loop.cooler import LiquidCooler
from thermal.loop.dry_branches import dry_slopes, with_dry_branches
from thermal.loop.equations import Ends, NetworkState, Problem, Unknowns
from thermal.loop.mixture import MixtureModel
from thermal.loop.network import Floats, Indices, Network

# weight of a prescribed pressure among the condensers' equations
_WATT_PER_PASCAL = 1.0


class SparsePattern:
    """Fixed places of a sparse matrix, so that assembling is one weighted count."""

    def __init__(self, rows: Indices, columns: Indices, size: int) -> None:
        places, self._slot = np.unique(columns * size + rows, return_inverse=True)
        self._rows = (places % size).astype(np.int32)
        self._starts = np.searchsorted(places // size, np.arange(size + 1)).astype(np.int32)
        self._size, self._count = size, places.size

    def assemble(self, values: Floats) -> csc_matrix:
        """Return the matrix; values at one place add up."""
        data = np.bincount(self._slot, weights=values, minlength=self._count)
        return csc_matrix((data, self._rows, self._starts), shape=(self._size, self._size))


class SteadyEquations:
    """Residual of the steady network and its derivative.

    Parameters
    ----------
    network
        Points, cells and cycles.
    mixture
        Fluid with its closures.
    """

    def __init__(self, network: Network, mixture: MixtureModel) -> None:
        self.network = network
        self.state = NetworkState(network, mixture)
        self.cycle_count = network.cycles.shape[1]
        self.size = 2 * network.points + self.cycle_count + network.condensers.size
        self._flow_cells, self._flow_cycles = np.nonzero(network.cycles)
        self._flow_signs = network.cycles[self._flow_cells, self._flow_cycles]
        self._pattern = SparsePattern(*self._places(), self.size)

    def residual(self, unknowns: Unknowns, problem: Problem, ends: Ends, heats: Floats) -> Floats:
        """Momentum [Pa], energy [W], condensing [W] and charge [kg or m], one after the other."""
        n, state = self.network, self.state
        flow = state.flow(unknowns)
        p, h = unknowns.pressure, unknowns.enthalpy
        momentum = p[n.head] - p[n.tail]
        for term in state.momentum_terms(unknowns, ends).values():
            momentum = momentum + term
        gained = np.zeros(n.cells)
        gained[n.heated] = problem.heat
        gained[n.condensers] -= heats[:, :, 0].sum(axis=1)
        receiver, donor = np.where(flow >= 0.0, (n.head, n.tail), (n.tail, n.head))
        brought = np.abs(flow) * (h[donor] - h[receiver]) + gained
        energy = np.bincount(receiver, weights=brought, minlength=n.points)
        inlet = n.tail[n.condensers]
        liquid = self.condensed(unknowns, problem)[:, 0]
        condensing = flow[n.condensers] * (h[inlet] - liquid) - heats[:, 0, 0]
        for k, sink in enumerate(problem.sinks):
            if isinstance(sink, LiquidCooler):
                condensing[k] = _WATT_PER_PASCAL * (p[inlet[k]] - sink.pressure)
        charge = problem.charge
        closure = float(unknowns.level.max()) if charge is None else state.mass(unknowns, ends) - charge
        residual = np.concatenate([momentum, energy, condensing, [closure]])
        return with_dry_branches(state, unknowns, problem, residual) if unknowns.dry else residual

    def condensed(self, unknowns: Unknowns, problem: Problem) -> Floats:
        """Enthalpy [J/kg] of saturated liquid at each condenser's inlet and its slope, (condensers, 2)."""
        mixture = self.state.mixture
        p = unknowns.pressure[self.network.tail[self.network.condensers]]
        both = mixture.fluid.saturation(
            mixture.clip_pressure(np.stack([p, p * (1.0 + 1e-6)]))
        ).liquid_enthalpy
        return np.stack([both[0], (both[1] - both[0]) / (1e-6 * p)], axis=-1)

    def derivative(
        self, unknowns: Unknowns, problem: Problem, ends: Ends, heats: Floats, inertia: Floats
    ) -> csc_matrix:
        """Derivative of :meth:`residual`; ``inertia`` [Pa s/kg] is added to momentum's slope with flow."""
        n, h = self.network, unknowns.enthalpy
        flow = self.state.flow(unknowns)
        _, wet_slope = self.state.wet_share(unknowns.level)
        slopes = self.momentum_slopes(ends, unknowns.level)
        sources = self.state.sources(flow, unknowns.dry).reshape(2, -1)
        by_tail = np.where(sources == n.tail, slopes["enthalpy"], 0.0).sum(axis=0)
        by_head = np.where(sources == n.head, slopes["enthalpy"], 0.0).sum(axis=0)
        by_flow = slopes["flow"] + inertia
        values = [
            slopes["tail_pressure"],
            slopes["head_pressure"],
            by_tail,
            by_head,
            by_flow[self._flow_cells] * self._flow_signs,
        ]
        columns = self.state.condenser_columns(unknowns.level, ends)
        vapour = ends.state.saturation.vapour_density[0].reshape(2, -1).mean(axis=0)
        heavier = ends.density[0].mean(axis=0) - vapour
        column = n.length * ends.friction[0].mean(axis=0) + GRAVITY * n.rise * heavier
        for k, leg in enumerate(n.drop_legs):
            values.append(np.append(wet_slope[leg] * column[leg], -columns[k, 3]))
        forward = flow >= 0.0
        for sign, active in ((1.0, forward), (-1.0, ~forward)):
            donor, receiver = (n.tail, n.head) if sign > 0.0 else (n.head, n.tail)
            size = np.where(active, np.abs(flow), 0.0)
            at_tail = np.where(donor == n.tail, size, -size)
            values += [at_tail, -at_tail]
            slope = np.where(active, sign * (h[donor] - h[receiver]), 0.0)
            values.append(slope[self._flow_cells] * self._flow_signs)
        values += self._condenser_slopes(unknowns, problem, heats)
        values.append(self._closure_slopes(unknowns, problem, ends))
        matrix = self._pattern.assemble(np.concatenate(values))
        return dry_slopes(self.state, unknowns, problem, matrix) if unknowns.dry else matrix

    def momentum_slopes(self, ends: Ends, level: Floats) -> dict[str, Floats]:
        """Slopes of the momentum equations with pressure [-], enthalpy [Pa kg/J], flow [Pa s/kg]."""
        n = self.network
        wet, _ = self.state.wet_share(level)
        along, rise, loss = 0.5 * wet * n.length, 0.5 * wet * GRAVITY * n.rise, 0.5 * n.loss_coefficient
        signs = np.array([-1.0, 1.0])[:, None] * ~self.state.is_condenser
        parts = [
            along * ends.friction[k] + rise * ends.density[k] + loss * ends.loss[k] + signs * ends.momentum[k]
            for k in (1, 2, 3)
        ]
        columns = self.state.condenser_columns(level, ends)
        for k in (0, 1):
            parts[k][0, n.condensers] -= columns[:, 1 + k]
        return {
            "tail_pressure": parts[0][0] - 1.0,
            "head_pressure": parts[0][1] + 1.0,
            "enthalpy": parts[1],
            "flow": parts[2].sum(axis=0),
        }

    def _condenser_slopes(self, unknowns: Unknowns, problem: Problem, heats: Floats) -> list[Floats]:
        n = self.network
        flow = self.state.flow(unknowns)[n.condensers]
        total = heats.sum(axis=1)
        liquid = self.condensed(unknowns, problem)
        inlet = unknowns.enthalpy[n.tail[n.condensers]]
        given = np.array([isinstance(sink, LiquidCooler) for sink in problem.sinks])
        values = [
            -total[:, 1],
            -total[:, 4],
            -total[:, 3],
            np.where(given, _WATT_PER_PASCAL, -flow * liquid[:, 1] - heats[:, 0, 1]),
            np.where(given, 0.0, flow),
            np.where(given, 0.0, -heats[:, 0, 3]),
        ]
        for k, cell in enumerate(n.condensers):
            signs = self._flow_signs[self._flow_cells == cell]
            slope = 0.0 if given[k] else inlet[k] - liquid[k, 0] - heats[k, 0, 2]
            values += [-total[k, 2] * signs, slope * signs]
        return values

    def _closure_slopes(self, unknowns: Unknowns, problem: Problem, ends: Ends) -> Floats:
        n, row = self.network, np.zeros(self.size)
        level0 = 2 * n.points + self.cycle_count
        if problem.charge is None:
            row[level0 + int(np.argmax(unknowns.level))] = 1.0
            return row
        wet, wet_slope = self.state.wet_share(unknowns.level)
        volume = np.where(self.state.is_condenser, 0.0, 0.5 * n.volume * wet)
        sources = self.state.sources(self.state.flow(unknowns), unknowns.dry).reshape(2, -1)
        for k, start, places in ((1, 0, (n.tail, n.head)), (2, n.points, sources)):
            for end, place in enumerate(places):
                row[start : start + n.points] += np.bincount(
                    place, weights=volume * ends.density[k, end], minlength=n.points
                )
        by_flow = volume * ends.density[3].sum(axis=0)
        row[2 * n.points : level0] = n.cycles.T @ by_flow
        density = ends.density[0].mean(axis=0)
        vapour = ends.state.saturation.vapour_density[0].reshape(2, -1).mean(axis=0)
        for k, (cell, leg) in enumerate(zip(n.condensers, n.drop_legs, strict=True)):
            emptied = n.volume[leg] * wet_slope[leg] * (density - vapour)[leg]
            dry, full = self.state.condenser_densities(unknowns, ends, int(cell))
            share = self.state.flooded(unknowns.level)[k]
            slopes = n.volume[cell] * ((1.0 - share) * dry + share * full)
            row[n.tail[cell]] += slopes[1]
            row[n.points + n.tail[cell]] += slopes[2]
            row[2 * n.points : level0] += slopes[3] * n.cycles[cell]
            backed_up = n.volume[cell] * (full[0] - dry[0]) / n.condenser_height[k]
            row[level0 + k] = emptied.sum() if unknowns.level[k] < 0.0 else backed_up
        return row

    def _places(self) -> tuple[Indices, Indices]:
        """Rows and columns of the entries, in the order in which :meth:`derivative` gives them."""
        n = self.network
        cells, points = np.arange(n.cells), n.points
        flow0, level0, energy0 = 2 * points, 2 * points + self.cycle_count, n.cells
        extra0 = n.cells + points
        flow_columns = flow0 + self._flow_cycles
        k = np.arange(n.condensers.size)
        rows = [np.tile(cells, 4), self._flow_cells]
        columns = [np.concatenate([n.tail, n.head, points + n.tail, points + n.head]), flow_columns]
        for c, leg in enumerate(n.drop_legs):
            affected = np.append(leg, n.condensers[c])
            rows.append(affected)
            columns.append(np.full(affected.size, level0 + c))
        for receiver in (n.head, n.tail):
            rows += [energy0 + np.tile(receiver, 2), energy0 + receiver[self._flow_cells]]
            columns += [points + np.concatenate([n.tail, n.head]), flow_columns]
        inlet, outlet = n.tail[n.condensers], n.head[n.condensers]
        rows += [energy0 + outlet] * 3 + [extra0 + k] * 3
        columns += [inlet, points + inlet, level0 + k] * 2
        for c, cell in enumerate(n.condensers):
            mine = np.flatnonzero(self._flow_cells == cell)
            rows += [np.full(mine.size, energy0 + n.head[cell]), np.full(mine.size, extra0 + c)]
            columns += [flow_columns[mine], flow_columns[mine]]
        last = extra0 + n.condensers.size
        rows.append(np.full(self.size, last))
        columns.append(np.arange(self.size))
        return np.concatenate(rows).astype(np.intp), np.concatenate(columns).astype(np.intp)
