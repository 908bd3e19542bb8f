"""How small disturbances of a steady loop grow or die out: eigenvalues of the transient equations linearised there.

On the network of the steady solution, with flows of their own in all cells:

    ``L/A dm/dt = -(p_b - p_a + friction + gravity + local + acceleration)``     each cell
    ``dM/dt = sum_in m - sum_out m``                                             each point
    ``dE/dt = sum_in m h_donor + Q - sum_out m h``                               each point

with mass M and energy ``E = V (rho_g a h_g + rho_l (1-a) h_l - p)`` of the halves of the cells around a point. A cell
passes enthalpy on with the transfer function ``(1 - s t/2) / (1 + s t/2)`` of its transit time t, which is a delay to
second order and does not damp. Condensers are quasi-steady, keep their level and hold what liquid the loop pushes
out, as in :mod:`thermal.loop.transient`; the heat of the walls is held. The growth rates of ``x ~ exp(s t)`` solve
``s B x = -J x``; those of least size, which are the slowest modes, come from Arnoldi's method on ``-J^-1 B``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs, splu

from thermal.loop.cooler import LiquidCooler
from thermal.loop.equations import Ends, Problem, Unknowns
from thermal.loop.linearised import SteadyEquations
from thermal.loop.network import Floats, Indices

# modes of least size that are looked for
MODES = 60
# below this many unknowns all modes are computed
_SMALL = 250
# a mode is resolved where its phase turns by less than this in the slowest cell that flows
_RESOLVED = 1.5

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Oscillation:
    """The mode of a steady loop that grows fastest or dies out last.

    Attributes
    ----------
    growth_rate
        Above 0 where it grows [1/s].
    period
        [s]; infinite where it does not swing.
    """

    growth_rate: float
    period: float

    @property
    def stable(self) -> bool:
        """Whether it dies out."""
        return self.growth_rate < 0.0

    @property
    def warning(self) -> str:
        """What to say where it grows."""
        swing = f" and swing with a period of {self.period:.3g} s" if math.isfinite(self.period) else ""
        return f"small disturbances of the steady loop grow e-fold in {1.0 / self.growth_rate:.3g} s{swing}"


def dominant_oscillation(
    equations: SteadyEquations, unknowns: Unknowns, problem: Problem
) -> Oscillation | None:
    """Least stable resolved mode of a steady state; ``None`` where none was found, or a condenser's branch is dry.

    What flows through a dry branch follows from the sink, and its balances have no storage here.
    """
    if unknowns.dry:
        return None
    rates = growth_rates(equations, unknowns, problem)
    if not rates.size:
        return None
    last = rates[np.argmax(rates.real)]
    turning = abs(float(last.imag))
    return Oscillation(float(last.real), 2.0 * math.pi / turning if turning > 0.0 else math.inf)


def growth_rates(
    equations: SteadyEquations, unknowns: Unknowns, problem: Problem, modes: int = MODES
) -> Complex:
    """Resolved eigenvalues of least size [1/s]."""
    ends = equations.state.ends(unknowns)
    slopes, storage = pencil(equations, unknowns, problem, ends)
    size = slopes.shape[0]
    # unknowns of very different size: bring both matrices to alike rows and columns
    factors = splu(slopes)
    if size <= _SMALL:
        inverse = np.linalg.eigvals(-factors.solve(storage.toarray()))
    else:
        operator = LinearOperator(
            (size, size), matvec=lambda x: -factors.solve(storage @ x), dtype=np.float64
        )
        start = np.random.default_rng(0).standard_normal(size)
        try:
            inverse = eigs(operator, k=modes, ncv=3 * modes, v0=start, return_eigenvectors=False)
        except ArpackError:
            return np.empty(0, dtype=np.complex128)
    inverse = inverse[np.abs(inverse) > 1e-9 * np.abs(inverse).max()]
    rates: Complex = 1.0 / inverse
    return rates[np.abs(rates) * slowest_transit(equations, unknowns, ends) < _RESOLVED]


def slowest_transit(equations: SteadyEquations, unknowns: Unknowns, ends: Ends) -> float:
    """Longest time that the flow takes through one cell in which its state matters, those that boil [s]."""
    n = equations.network
    flow = np.abs(equations.state.flow(unknowns))
    boils = (ends.state.quality[0].reshape(2, -1) > 1e-6).any(axis=0) & (n.length > 0.0)
    chosen = boils if boils.any() else n.length > 0.0
    held = n.volume * ends.density[0].mean(axis=0)
    return float((held / np.maximum(flow, 1e-12))[chosen].max())


def pencil(
    equations: SteadyEquations, unknowns: Unknowns, problem: Problem, ends: Ends
) -> tuple[csc_matrix, csc_matrix]:
    """Slopes J and storage B of ``B dx/dt = -J x``; x is pressures, enthalpies of points, then flows of cells."""
    n = equations.network
    flow = equations.state.flow(unknowns)
    place = _enthalpy_places(equations, flow)
    entries = _Entries(n.points, n.cells)
    _momentum(entries, equations, unknowns, ends, place)
    _transport(entries, equations, unknowns, flow)
    _storage(entries, equations, ends, place, flow)
    _condensers(entries, equations, unknowns, problem, flow)
    return entries.matrices()


class _Entries:
    """Entries of both matrices; equations are momentum of cells, energy of points, mass of points."""

    def __init__(self, points: int, cells: int) -> None:
        self.points, self.cells = points, cells
        self.size = 2 * points + cells
        self._slopes: list[tuple[Floats, Indices, Indices]] = []
        self._storage: list[tuple[Floats, Indices, Indices]] = []

    def slope(self, values: Floats, rows: Indices, columns: Indices) -> None:
        self._slopes.append((values, rows, columns))

    def store(self, values: Floats, rows: Indices, columns: Indices) -> None:
        self._storage.append((values, rows, columns))

    def clear(self, rows: Indices) -> None:
        """Take out what stands in ``rows``, for other equations there."""
        for entries in (self._slopes, self._storage):
            entries[:] = [
                (np.where(np.isin(where, rows), 0.0, values), where, columns)
                for values, where, columns in entries
            ]

    def matrices(self) -> tuple[csc_matrix, csc_matrix]:
        joined = []
        for entries in (self._slopes, self._storage):
            values, rows, columns = (np.concatenate(part) for part in zip(*entries, strict=True))
            joined.append(coo_matrix((values, (rows, columns)), shape=(self.size, self.size)).tocsc())
        return joined[0], joined[1]


def _enthalpy_places(equations: SteadyEquations, flow: Floats) -> Indices:
    """Points whose enthalpy stands at tail and head of each cell, (2, cells).

    Its own at each end, but before a mixing point still that of the point upstream.
    """
    n = equations.network
    forward = flow >= 0.0
    receiver, donor = np.where(forward, n.head, n.tail), np.where(forward, n.tail, n.head)
    mixes = np.bincount(receiver, minlength=n.points)[receiver] > 1
    leaving = np.where(mixes, donor, receiver)
    return np.stack([np.where(forward, donor, leaving), np.where(forward, leaving, donor)])


def _momentum(
    entries: _Entries, equations: SteadyEquations, unknowns: Unknowns, ends: Ends, place: Indices
) -> None:
    n = equations.network
    cells = np.arange(n.cells)
    wet, _ = equations.state.wet_share(unknowns.level)
    slopes = equations.momentum_slopes(ends, unknowns.level)
    entries.slope(slopes["tail_pressure"], cells, n.tail)
    entries.slope(slopes["head_pressure"], cells, n.head)
    for end in (0, 1):
        entries.slope(slopes["enthalpy"][end], cells, n.points + place[end])
    entries.slope(slopes["flow"], cells, 2 * n.points + cells)
    entries.store(wet * n.length / n.area, cells, 2 * n.points + cells)
    # momentum through a point between two cells goes with the mean of their flows: what boiling adds is accelerated
    for end, (chosen, other) in enumerate(_neighbours(equations)):
        sign = -1.0 if end == 0 else 1.0
        half = 0.5 * sign * ends.momentum[3, end][chosen]
        entries.slope(half, chosen, 2 * n.points + other)
        entries.slope(-half, chosen, 2 * n.points + chosen)


def _neighbours(equations: SteadyEquations) -> list[tuple[Indices, Indices]]:
    """Cells that go on in one other cell of the same section, and that cell, at their tails and at their heads."""
    n = equations.network
    plain = ~equations.state.is_condenser
    after, before = np.full(n.points, -1), np.full(n.points, -1)
    after[n.tail], before[n.head] = np.arange(n.cells), np.arange(n.cells)
    single = (np.bincount(n.tail, minlength=n.points) == 1) & (np.bincount(n.head, minlength=n.points) == 1)
    found = []
    for point, beyond in ((n.tail, before), (n.head, after)):
        other = beyond[point]
        alike = single[point] & plain & plain[other] & (n.area == n.area[other])
        found.append((np.flatnonzero(alike), other[alike]))
    return found


def _transport(entries: _Entries, equations: SteadyEquations, unknowns: Unknowns, flow: Floats) -> None:
    """Enthalpy that cells bring to the points they reach, and mass that they carry between points."""
    n, h = equations.network, unknowns.enthalpy
    donor = np.where(flow >= 0.0, n.tail, n.head)
    receiver = np.where(flow >= 0.0, n.head, n.tail)
    sign, size = np.where(flow >= 0.0, 1.0, -1.0), np.abs(flow)
    energy, mass = n.cells, n.cells + n.points
    flows = 2 * n.points + np.arange(n.cells)
    entries.slope(size, energy + receiver, n.points + receiver)
    entries.slope(-size, energy + receiver, n.points + donor)
    entries.slope(sign * (h[receiver] - h[donor]), energy + receiver, flows)
    for point, way in ((donor, 1.0), (receiver, -1.0)):
        entries.slope(way * sign, mass + point, flows)


def _storage(entries: _Entries, equations: SteadyEquations, ends: Ends, place: Indices, flow: Floats) -> None:
    """Energy of each cell, in the balance of the point that it reaches, and mass of half a cell at each end."""
    n, state = equations.network, ends.state
    s = state.saturation
    enthalpy = s.liquid_enthalpy + state.equilibrium_quality * s.latent_heat
    liquid = np.minimum(enthalpy, s.liquid_enthalpy)
    held = state.void * s.vapour_density * s.vapour_enthalpy + (1.0 - state.void) * s.liquid_density * liquid
    volume = 0.5 * np.where(equations.state.is_condenser, 0.0, n.volume)
    receiver = np.where(flow >= 0.0, n.head, n.tail)
    columns = (
        np.stack([n.tail, n.head]),
        n.points + place,
        2 * n.points + np.tile(np.arange(n.cells), (2, 1)),
    )
    mass, energy = (
        ((values - values[0]).reshape(4, 2, n.cells) / ends.width)[1:] for values in (state.density, held)
    )
    energy = energy - enthalpy[0].reshape(2, n.cells) * mass
    energy[0] -= 1.0
    for k, column in enumerate(columns):
        for end, point in enumerate((n.tail, n.head)):
            entries.store(volume * mass[k, end], n.cells + n.points + point, column[end])
            entries.store(volume * energy[k, end], n.cells + receiver, column[end])


def _condensers(
    entries: _Entries, equations: SteadyEquations, unknowns: Unknowns, problem: Problem, flow: Floats
) -> None:
    """Quasi-steady condensers: their balances take the place of energy and mass of their outlets."""
    n, h = equations.network, unknowns.enthalpy
    inlet, outlet = n.tail[n.condensers], n.head[n.condensers]
    energy, mass = n.cells + outlet, n.cells + n.points + outlet
    entries.clear(np.concatenate([energy, mass]))
    heats = equations.state.condensing(unknowns, problem)
    total = heats.sum(axis=1)
    condensed = equations.condensed(unknowns, problem)
    m, flows = flow[n.condensers], 2 * n.points + n.condensers
    given = np.array([isinstance(sink, LiquidCooler) for sink in problem.sinks])
    entries.slope(-total[:, 1], energy, inlet)
    entries.slope(m - total[:, 4], energy, n.points + inlet)
    entries.slope(-m, energy, n.points + outlet)
    entries.slope(h[inlet] - h[outlet] - total[:, 2], energy, flows)
    entries.slope(np.where(given, 1.0, -m * condensed[:, 1] - heats[:, 0, 1]), mass, inlet)
    entries.slope(np.where(given, 0.0, m), mass, n.points + inlet)
    entries.slope(np.where(given, 0.0, h[inlet] - condensed[:, 0] - heats[:, 0, 2]), mass, flows)
