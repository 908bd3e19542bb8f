"""Coolant that flows through pieces of channels and takes the solid's heat, solved together with the solid.

Each piece is stirred: ``c m (T - T_before) = q``, with ``T_before`` the mean of what flows into the node before it,
weighted by flow. The matrix ``W`` of this has no positive entry off its diagonal, so no coolant is colder than
what it mixes from; and the matrix of the reversed flow is its transpose, so that the mean temperature that Jagtap,
Nakshatrala and others proved to be the same for both directions (arXiv:2401.03103, 2024) is so to round-off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.errors import NotConverged
from thermal.field.distributed_matrix import DistributedMatrix
from thermal.field.embedded_channels import ChannelPieces, EmbeddedChannels
from thermal.field.multigrid import MultigridSolver
from thermal.field.row_layout import RowLayout
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]

DIRECT_UP_TO = 12_000
"""Unknowns up to which solid and coolant are factorised as one matrix."""

_CREEP = 1e-14
"""Least flow of a segment, as a share of the largest [-]."""


@dataclass(frozen=True)
class CoolantTransport:
    """Advection through the pieces of a network.

    Attributes
    ----------
    matrix
        ``W``, (pieces, pieces) [W/K].
    inflow
        Heat capacity flow that enters a piece from outside, shape (pieces,) [W/K].
    """

    matrix: scipy.sparse.csr_matrix
    inflow: Array

    def temperature(self, conductance: Array, circle: Array, inlet: float) -> Array:
        """Of the coolant in each piece, given the solid's means on the circles [K]."""
        system = (self.matrix + scipy.sparse.diags(conductance)).tocsc()
        return np.asarray(scipy.sparse.linalg.spsolve(system, conductance * circle + self.inflow * inlet))


def transport(network: VascularNetwork, pieces: ChannelPieces, capacity_flow: Array) -> CoolantTransport:
    """Set up advection.

    Parameters
    ----------
    capacity_flow
        Mass flow times heat capacity from tail to head, shape (segments,) [W/K]; negative flows the other way.
        What stands still, as in the middle of a symmetric network, creeps: its heat must leave somewhere.
    """
    forward = capacity_flow >= 0.0
    flow = np.abs(capacity_flow)
    flow = np.maximum(flow, _CREEP * flow.max())
    entry = np.where(forward, pieces.first, pieces.last)
    leave = np.where(forward, pieces.last, pieces.first)
    source = np.where(forward, network.tail, network.head)
    sink = np.where(forward, network.head, network.tail)
    through = np.bincount(source, flow, minlength=len(network.nodes))
    # within a segment every piece but the entry is fed by the one before it
    piece = np.arange(pieces.count)
    inner = piece[piece != entry[pieces.segment]]
    before = inner - np.where(forward[pieces.segment[inner]], 1, -1)
    shape, nodes = (pieces.count, pieces.count), len(network.nodes)
    own = scipy.sparse.coo_matrix(
        (
            np.concatenate([flow[pieces.segment], -flow[pieces.segment[inner]]]),
            (np.concatenate([piece, inner]), np.concatenate([piece, before])),
        ),
        shape=shape,
    )
    # what leaves pieces mixes in the node, and pieces draw their flow from the mixture
    mixing = flow / np.maximum(through[sink], 1e-300)
    mixed = scipy.sparse.coo_matrix((mixing, (sink, leave)), shape=(nodes, pieces.count)).tocsr()
    drawn = scipy.sparse.coo_matrix((flow, (entry, source)), shape=(pieces.count, nodes)).tocsr()
    inflow = np.zeros(pieces.count)
    first = np.bincount(sink, minlength=nodes)[source] == 0
    inflow[entry[first]] = flow[first]
    return CoolantTransport((own.tocsr() - drawn @ mixed).tocsr(), inflow)


@dataclass(frozen=True)
class CooledSolid:
    """Solid and coolant in balance.

    Attributes
    ----------
    temperature
        Of the solid, shape (nodes,) [K].
    coolant
        In each piece, shape (pieces,) [K].
    heat
        That each piece takes, shape (pieces,) [W].
    iterations
        Of the linear solver; 0 for a direct one.
    """

    temperature: Array
    coolant: Array
    heat: Array
    iterations: int


def solve_cooled_solid(
    grid: TensorGrid,
    matrix: scipy.sparse.csr_matrix,
    load: Array,
    channels: EmbeddedChannels,
    conductance: Array,
    flow: CoolantTransport,
    inlet: float,
    rtol: float = 1e-11,
) -> CooledSolid:
    """Solve for solid and coolant together.

    Parameters
    ----------
    matrix
        Of conduction, films and storage in the solid, of the grid's 27-point pattern [W/K].
    load
        Heat into the nodes, shape (nodes,) [W].
    conductance
        From solid to coolant, shape (pieces,) [W/K].
    inlet
        Temperature of the coolant at the inlet [K].

    Raises
    ------
    NotConverged
        If the iteration stalls.
    """
    average, size = channels.average, matrix.shape[0]
    coupling = (average.T @ scipy.sparse.diags(conductance)).tocsr()
    network = (flow.matrix + scipy.sparse.diags(conductance)).tocsc()
    # temperatures over the inlet's: fewer digits are lost
    above = load - inlet * np.asarray(matrix.sum(axis=1)).ravel()
    if size <= DIRECT_UP_TO:
        block = scipy.sparse.bmat([[matrix + coupling @ average, -coupling], [-coupling.T, network]]).tocsc()
        right = np.concatenate([above, np.zeros(network.shape[0])])
        rise = scipy.sparse.linalg.spsolve(block, right)[:size]
        iterations = 0
        factor = scipy.sparse.linalg.splu(network)
    else:
        factor = scipy.sparse.linalg.splu(network)

        def schur(u: Array) -> Array:
            circle = conductance * (average @ u)
            return np.asarray(matrix @ u + average.T @ (circle - conductance * factor.solve(circle)))

        held = preconditioner(grid, matrix, channels, conductance)
        rise, iterations = _gmres(schur, held.precondition, above, rtol)
    circle = average @ rise
    coolant = factor.solve(conductance * circle)
    return CooledSolid(rise + inlet, coolant + inlet, conductance * (circle - coolant), iterations)


def preconditioner(
    grid: TensorGrid, matrix: scipy.sparse.csr_matrix, channels: EmbeddedChannels, conductance: Array
) -> MultigridSolver:
    """Multigrid for the solid with the channels' conductance smeared over the cells that they pass."""
    storage = TensorOperator(grid, storage=channels.smeared(grid, conductance)).matrix()
    # one pattern, so entries add; a sparse sum would drop those that are zero
    held = scipy.sparse.csr_matrix((matrix.data + storage.data, storage.indices, storage.indptr))
    alone = DistributedMatrix(held, RowLayout.of(grid.node_shape))
    return MultigridSolver(TensorOperator.from_matrix(grid, alone))


def _gmres(
    apply: Callable[[Array], Array], precondition: Callable[[Array], Array], load: Array, rtol: float
) -> tuple[Array, int]:
    size, count = len(load), 0

    def tally(_: float) -> None:
        nonlocal count
        count += 1

    system = scipy.sparse.linalg.LinearOperator((size, size), matvec=apply, dtype=float)
    near = scipy.sparse.linalg.LinearOperator((size, size), matvec=precondition, dtype=float)
    solution, failed = scipy.sparse.linalg.gmres(
        system,
        load,
        rtol=rtol,
        atol=0.0,
        restart=60,
        maxiter=5,
        M=near,
        callback=tally,
        callback_type="pr_norm",
    )
    if failed:
        raise NotConverged(f"solid with channels: GMRES stalled after {count} iterations")
    return np.asarray(solution), count
