"""Power over time in the blocks of a floorplan, piecewise constant, with what stands behind the watts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A part of a module's power; ``known`` is ``emulated``, ``recorded``, ``given`` or ``assumption``."""

    name: str
    mean_power: float
    known: str
    note: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where a trace comes from, its shares kept apart, and warnings for the summary."""

    source: str = ""
    shares: tuple[Share, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PowerTrace:
    """Watts per time bin and block.

    Parameters
    ----------
    time_edges
        Edges of the time bins, shape (n + 1,), strictly increasing [s].
    blocks
        Names of the blocks, unique.
    watts
        All of the power, shape (n, blocks), never negative [W].
    static, clock
        The constant parts contained in ``watts``, shape (blocks,) [W]; zero where they are not known apart.
    """

    time_edges: Array
    blocks: tuple[str, ...]
    watts: Array
    static: Array = field(default_factory=lambda: np.zeros(0))
    clock: Array = field(default_factory=lambda: np.zeros(0))
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        for name in ("time_edges", "watts", "static", "clock"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        for name in ("static", "clock"):
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, np.zeros(len(self.blocks)))
        self._check()

    def _check(self) -> None:
        shape = (self.time_edges.size - 1, len(self.blocks))
        if shape[0] < 1 or shape[1] < 1:
            raise TraceError("a power trace needs at least one time bin and one block")
        if self.watts.shape != shape:
            raise TraceError(f"power trace: watts have shape {self.watts.shape}, expected {shape}")
        if not np.all(np.diff(self.time_edges) > 0.0):
            raise TraceError("power trace: time does not increase")
        if len(set(self.blocks)) != len(self.blocks):
            raise TraceError("power trace: a block occurs twice")
        if not np.all(np.isfinite(self.watts)) or np.any(self.watts < 0.0):
            raise TraceError("power trace: watts must be finite and not negative")

    @property
    def steps(self) -> int:
        """Number of time bins."""
        return int(self.watts.shape[0])

    @property
    def duration(self) -> float:
        """From the first to the last edge [s]."""
        return float(self.time_edges[-1] - self.time_edges[0])

    @property
    def total(self) -> Array:
        """Power of all blocks in each bin, shape (n,) [W]."""
        return np.asarray(self.watts.sum(axis=1))

    def mean(self) -> Array:
        """Time mean of each block, shape (blocks,) [W]."""
        return self.energy() / self.duration

    def peak(self) -> Array:
        """Largest power of each block, shape (blocks,) [W]."""
        return np.asarray(self.watts.max(axis=0))

    def energy(self) -> Array:
        """Energy of each block over the trace, shape (blocks,) [J]."""
        return np.asarray(np.diff(self.time_edges) @ self.watts)

    def at(self, time: float) -> Array:
        """Power of each block at ``time`` [W]; beyond its end the trace starts over."""
        start = self.time_edges[0]
        phase = start + (time - start) % self.duration
        index = int(np.searchsorted(self.time_edges, phase, side="right")) - 1
        return np.asarray(self.watts[min(index, self.steps - 1)])

    def resampled(self, time_edges: npt.ArrayLike) -> PowerTrace:
        """Average over other bins, energy kept exactly; beyond its end the trace starts over."""
        edges = np.asarray(time_edges, dtype=np.float64)
        cumulated = np.vstack(
            [np.zeros(len(self.blocks)), np.cumsum(np.diff(self.time_edges)[:, None] * self.watts, 0)]
        )
        laps, phase = np.divmod(edges - self.time_edges[0], self.duration)
        phase += self.time_edges[0]
        joules = np.column_stack([np.interp(phase, self.time_edges, column) for column in cumulated.T])
        joules += laps[:, None] * cumulated[-1]
        watts = np.maximum(np.diff(joules, axis=0), 0.0) / np.diff(edges)[:, None]
        return replace(self, time_edges=edges, watts=watts)

    def scaled(self, factor: float) -> PowerTrace:
        """Multiply every watt by ``factor``."""
        shares = tuple(
            replace(share, mean_power=factor * share.mean_power) for share in self.provenance.shares
        )
        provenance = replace(self.provenance, shares=shares)
        static, clock = factor * self.static, factor * self.clock
        return replace(self, watts=factor * self.watts, static=static, clock=clock, provenance=provenance)

    def with_activity(self, factor: float) -> PowerTrace:
        """Multiply all power that is neither static nor clock by ``factor``."""
        if factor == 1.0:
            return self
        constant = self.static + self.clock
        note = Share(
            "activity factor", 0.0, "assumption", f"{factor:.6g} times all that is not static or clock"
        )
        provenance = replace(self.provenance, shares=(*self.provenance.shares, note))
        watts = constant + factor * np.maximum(self.watts - constant, 0.0)
        return replace(self, watts=watts, provenance=provenance)

    def shifted(self, delay: float) -> PowerTrace:
        """Delay the trace by ``delay`` [s]; what leaves at its end comes in at its start."""
        if delay % self.duration == 0.0:
            return self
        start = self.time_edges[0]
        moved = start + (self.time_edges[:-1] - start + delay) % self.duration
        edges = np.append(np.unique(np.append(start, moved)), self.time_edges[-1])
        middle = 0.5 * (edges[:-1] + edges[1:]) - delay
        return replace(self, time_edges=edges, watts=np.array([self.at(time) for time in middle]))

    def mapped(self, mapping: Mapping[str, str], blocks: Sequence[str]) -> PowerTrace:
        """Move columns to ``blocks``; columns of one block add up, blocks without a column get nothing.

        ``mapping`` gives the block of a column; a column that it does not name keeps its own name.
        """
        position = {name: index for index, name in enumerate(blocks)}
        strangers = [name for name in mapping if name not in self.blocks]
        if strangers:
            raise TraceError(
                f"power.mapping: the trace has no column {strangers[0]!r}; it has {_some(self.blocks)}"
            )
        matrix = np.zeros((len(self.blocks), len(blocks)))
        for row, column in enumerate(self.blocks):
            block = mapping.get(column, column)
            if block not in position:
                raise TraceError(
                    f"power trace: column {column!r} goes to block {block!r}, which is not in the floorplan; "
                    f"it has {_some(blocks)} (power.mapping says where columns go)"
                )
            matrix[row, position[block]] = 1.0
        static, clock = self.static @ matrix, self.clock @ matrix
        return replace(self, blocks=tuple(blocks), watts=self.watts @ matrix, static=static, clock=clock)


def constant_trace(
    blocks: Sequence[str], watts: npt.ArrayLike, duration: float = 1.0, source: str = ""
) -> PowerTrace:
    """Make a trace of one bin that holds ``watts`` for ``duration`` [s]."""
    power = np.asarray(watts, dtype=np.float64)
    shares = (Share("constant", float(power.sum()), "given"),)
    return PowerTrace(
        np.array([0.0, duration]), tuple(blocks), power[None, :], provenance=Provenance(source, shares)
    )


def merged(traces: Sequence[PowerTrace]) -> PowerTrace:
    """Add traces of the same blocks; shorter ones start over until the longest ends.

    A trace of one bin is constant and lasts as long as the others.
    """
    moving = [trace for trace in traces if trace.steps > 1]
    longest = max(moving or traces, key=lambda trace: trace.duration)
    edges = longest.time_edges - longest.time_edges[0]
    if any(trace.steps != len(edges) - 1 or not np.allclose(trace.time_edges, edges) for trace in moving):
        finest = min(float(np.diff(trace.time_edges).min()) for trace in moving)
        edges = np.linspace(0.0, longest.duration, max(round(longest.duration / finest), 1) + 1)
    parts = [trace.resampled(trace.time_edges[0] + edges) for trace in traces]
    known = [trace.provenance for trace in traces]
    provenance = Provenance(
        "; ".join(one.source for one in known),
        tuple(share for one in known for share in one.shares),
        tuple(warning for one in known for warning in one.warnings),
    )
    watts = np.sum([part.watts for part in parts], axis=0)
    static, clock = (
        np.sum([getattr(trace, name) for trace in traces], axis=0) for name in ("static", "clock")
    )
    return PowerTrace(edges, longest.blocks, watts, static, clock, provenance)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} ... ({len(names)} in all)"
