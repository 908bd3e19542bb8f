"""A plate with channels in it: conduction as a matrix, the channels laid into its grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from meshes.vascular import VascularNetwork
from thermal.field.embedded_channels import EmbeddedChannels, divide, embed
from thermal.field.tensor_grid import TensorGrid
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ChannelPlate:
    """Solid and channels.

    Attributes
    ----------
    grid
        Of the solid.
    matrix
        Of conduction and films, of the grid's 27-point pattern [W/K].
    load
        Heat into the nodes, with what films bring, shape (nodes,) [W].
    channels
        Laid into the grid.
    network
        That the channels follow.
    """

    grid: TensorGrid
    matrix: scipy.sparse.csr_matrix
    load: Array
    channels: EmbeddedChannels
    network: VascularNetwork


def heated_plate(
    network: VascularNetwork, grid: TensorGrid, conductivity: Array, flux: dict[str, Array], longest: float
) -> ChannelPlate:
    """Plate whose faces take given heat and lose none.

    Parameters
    ----------
    conductivity
        Of the cells, shape (nz, ny, nx) or by axis (3, nz, ny, nx) [W/(m K)].
    flux
        Into a side, each of ``grid.face_shape(side)`` [W/m2].
    longest
        Piece of a channel [m].
    """
    by_axis = np.broadcast_to(conductivity, (3, *grid.cell_shape))
    load = np.zeros(int(np.prod(grid.node_shape)))
    ones = np.ones_like(load)
    for side, value in flux.items():
        load += TensorOperator(grid, tangent={side: value}).apply(ones)
    matrix = TensorOperator(grid, by_axis).matrix()
    return ChannelPlate(grid, matrix, load, embed(divide(network, longest), grid, by_axis), network)
