"""Sparse matrices of which each rank holds its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from thermal.field.row_layout import RowLayout

Array = NDArray[np.float64]
Rows: TypeAlias = scipy.sparse.csr_matrix


@dataclass(frozen=True)
class DistributedMatrix:
    """Rows of this rank; what is multiplied and what comes out is whole on every rank, so all must take part.

    Attributes
    ----------
    rows
        Of the layout's own nodes, in its order, columns all nodes, sorted; shape (own nodes, nodes).
    layout
        Who holds which rows.
    """

    rows: Rows
    layout: RowLayout

    def __matmul__(self, nodal: Array) -> Array:
        """Apply."""
        return self.layout.whole(self.rows @ nodal)

    def diagonal(self) -> Array:
        """Diagonal entries."""
        if self.layout.alone:
            return np.asarray(self.rows.diagonal())
        on = self.rows.indices == np.repeat(self.layout.own, np.diff(self.rows.indptr))
        return self.layout.whole(self.rows.data[on])

    def with_entries(self, data: Array) -> DistributedMatrix:
        """Matrix of the same pattern."""
        rows = Rows((data, self.rows.indices, self.rows.indptr), shape=self.rows.shape)
        rows.has_sorted_indices = True
        return DistributedMatrix(rows, self.layout)


@dataclass(frozen=True)
class Block:
    """Part of a rank's rows, in the layout's numbering: the columns of its own nodes, or those of all others.

    Attributes
    ----------
    starts, columns, entries
        Compressed rows; own columns are counted from this rank's first, others from the first rank's first.
    source
        Which of the rows' entries these are.
    """

    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    entries: Array
    source: NDArray[np.int64] | slice

    def take(self, matrix: DistributedMatrix) -> None:
        """Write the entries of a matrix of the same pattern over these."""
        self.entries[:] = matrix.rows.data[self.source]


def blocks(matrix: DistributedMatrix) -> list[Block]:
    """Copy a rank's rows, parted as PETSc holds them: own columns, then the others' where there are other ranks."""
    rows, layout = matrix.rows, matrix.layout
    if layout.alone:
        starts, columns = (part.astype(np.int32) for part in (rows.indptr, rows.indices))
        return [Block(starts, columns, rows.data.copy(), slice(None))]
    place = layout.place[rows.indices]
    inner = (place >= layout.begin) & (place < layout.end)
    result = []
    for mask, first in ((inner, layout.begin), (~inner, 0)):
        source = np.flatnonzero(mask)
        starts = np.searchsorted(source, rows.indptr)
        if mask is not inner:
            # a rank's nodes ascend with their places; those of different ranks need not
            source = source[np.lexsort((place[source], np.repeat(np.arange(rows.shape[0]), np.diff(starts))))]
        columns = (place[source] - first).astype(np.int32)
        result.append(Block(starts.astype(np.int32), columns, rows.data[source], source))
    return result
