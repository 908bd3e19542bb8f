"""Operators of a solid with channels in it: a stencil of the tensor grid, and what the channels' rings add to it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.field.embedded_channels import EmbeddedChannels
from thermal.field.tensor_grid import INNER, with_margin, without_margin, zeros
from thermal.field.tensor_operator import TensorOperator

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ChannelStencil:
    """``A + P^T U P`` on flat nodal values.

    Attributes
    ----------
    solid
        ``A``, no node of it struck out.
    channels
        With ``P``, the means on their rings.
    conductance
        ``U``: slope of each piece's heat over its ring's mean, shape (pieces,) [W/K].
    free
        Nodes whose temperature is sought, shape (nodes,).
    """

    solid: TensorOperator
    channels: EmbeddedChannels
    conductance: Array
    free: NDArray[np.bool_]

    def __matmul__(self, nodal: Array) -> Array:
        """Apply."""
        padded = with_margin(nodal.reshape(self.solid.grid.node_shape))
        result = zeros(padded.shape)
        self.apply(padded, result)
        return without_margin(result).ravel()

    def diagonal(self) -> Array:
        """Diagonal entries."""
        squared = self.channels.average.power(2).T @ self.conductance
        return np.asarray(self.operator.diagonal.ravel() + np.where(self.free, squared, 0.0))

    @functools.cached_property
    def operator(self) -> TensorOperator:
        """Stencil part, with held nodes struck out."""
        return self.solid if self.free.all() else self.solid.with_fixed(~self.free)

    def apply(self, nodes: Array, result: Array) -> None:
        """Write the product with node values to ``result``, both with margins."""
        self.operator.apply_padded(nodes, result)
        rings = self.channels.average @ np.where(self.free, without_margin(nodes).ravel(), 0.0)
        given = np.where(self.free, self.channels.average.T @ (self.conductance * rings), 0.0)
        result[INNER] += given.reshape(self.solid.grid.node_shape).transpose(1, 0, 2)

    @property
    def near(self) -> TensorOperator:
        """Stencil to precondition by: the channels smeared over the cells that they pass."""
        solid = self.solid
        smeared = self.channels.smeared(solid.grid, self.conductance)
        storage = smeared if solid.storage is None else solid.storage + smeared
        near = TensorOperator(solid.grid, solid.conductivity, storage, solid.film)
        return near if self.free.all() else near.with_fixed(~self.free)
