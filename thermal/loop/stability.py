"""Static stability of a network and its response to heat, from the derivative of the steady equations."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvals
from scipy.sparse.linalg import splu

from thermal.loop.dry_branches import free_flows
from thermal.loop.equations import Problem, Unknowns
from thermal.loop.linearised import SteadyEquations
from thermal.loop.network import Floats


def cycle_slopes(cycles: Floats, slopes: Floats) -> Floats:
    """Eigenvalues of ``C^T diag(d dp_i / d m_i) C`` [Pa s/kg], ascending.

    Parameters
    ----------
    cycles
        Cycle basis, (branches, cycles).
    slopes
        Of each branch's pressure fall with its own flow [Pa s/kg], (branches,).

    Notes
    -----
    With inertia L the flows of the cycles follow ``C^T L C dy/dt = -C^T dp(C y)``; they rest at a steady
    state exactly where this matrix is positive definite. For two parallel channels it is Ledinegg's rule
    ``dp1' + dp2' > 0`` (M. Ledinegg, Die Waerme 61 (1938) 891).

    Examples
    --------
    >>> two = np.array([[1.0], [-1.0]])
    >>> float(cycle_slopes(two, np.array([1.0, -0.3]))[0])
    0.7
    """
    return np.linalg.eigvalsh(cycles.T @ (slopes[:, None] * cycles))


def response(equations: SteadyEquations, unknowns: Unknowns, problem: Problem) -> tuple[float, float]:
    """Flow's relative response to heat [-] and the smallest stability ratio of the cycles [-].

    Notes
    -----
    Enthalpies and pressures follow the flows at once (they are eliminated), as in Ledinegg's argument; the
    ratio is the smallest eigenvalue of ``S^-1 K`` with K the whole slope of the cycles' pressure falls and S
    its part at fixed enthalpy and pressure. It is 1 where flow does not change densities and passes 0 at a
    flow excursion.
    """
    n, state = equations.network, equations.state
    ends = state.ends(unknowns)
    heats = state.condensing(unknowns, problem)
    factors = splu(equations.derivative(unknowns, problem, ends, heats, np.zeros(n.cells)))
    start, count = 2 * n.points, equations.cycle_count
    right = np.zeros((equations.size, count + 1))
    right[: n.cells, :count] = n.cycles
    flow = state.flow(unknowns)
    receiver = np.where(flow >= 0.0, n.head, n.tail)[n.heated]
    right[n.cells : n.cells + n.points, count] = -np.bincount(
        receiver, weights=problem.heat, minlength=n.points
    )
    solved = factors.solve(right)[start : start + count]
    total = n.cycles[n.condensers].sum(axis=0)
    through = float(total @ unknowns.cycle_flow)
    flow_response = float(total @ solved[:, count]) / through if through != 0.0 else 0.0
    slopes = equations.momentum_slopes(ends, unknowns.level)["flow"]
    fixed = n.cycles.T @ (np.maximum(slopes, 0.0)[:, None] * n.cycles)
    # (C^T C) restores what solving with right-hand sides C has left out; what a sink prescribes answers no pressure
    free = free_flows(state, unknowns)
    answer = free.T @ solved[:, :count] @ np.linalg.solve(n.cycles.T @ n.cycles, free)
    ratios = eigvals(np.linalg.inv(answer), free.T @ fixed @ free)
    return flow_response, float(ratios.real.min())
