"""Power of one module and of the modules of a rack, from the ``[power]`` section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coupling.errors import TraceError
from coupling.power.balanced_network import balanced_spikes, brainpy_interpreter
from coupling.power.emulators import emulate, sanafe_version
from coupling.power.energy_models import energy_model
from coupling.power.events import Wiring, spike_power
from coupling.power.formats.registry import find_format
from coupling.power.placement import even_placement, read_placement
from coupling.power.spec import PowerSpec, SourceSpec, SpikeSpec
from coupling.power.spikes import Spikes
from coupling.power.store import TraceStore, open_store
from coupling.power.stream import COARSE_BINS, StoredTrace, StreamedPower, streamed_store
from coupling.power.trace import Array, PowerTrace, Share, constant_trace, merged
from coupling.power.yield_map import dead_mask, without_dead


def module_trace(
    spec: PowerSpec,
    base: Path,
    blocks: Sequence[str],
    areas: npt.ArrayLike | None = None,
    seed: int = 0,
    centres: npt.ArrayLike | None = None,
) -> PowerTrace:
    """Power of one module in the blocks of its floorplan.

    Parameters
    ----------
    base
        Folder from which paths of the case count.
    blocks, areas
        Names of the blocks and their areas [m²]; without areas all blocks count alike.
    seed
        Seed of the emulator and of the yield map where the case gives them none.
    centres
        Of the blocks, shape (blocks, 2) [m]; needed where dead blocks hand their load to the nearest one.
    """
    if spec.dies:
        return _mixed_module(spec, base, blocks, areas, seed, centres)
    return _source_trace(spec, base, blocks, areas, seed, centres)


def _mixed_module(
    spec: PowerSpec,
    base: Path,
    blocks: Sequence[str],
    areas: npt.ArrayLike | None,
    seed: int,
    centres: npt.ArrayLike | None,
) -> PowerTrace:
    """Each die by its own source on its own blocks; blocks of no die stay cold."""
    return merged([die.held(base, seed).mapped({}, blocks) for die in _dies(spec, blocks, areas, centres)])


@dataclass(frozen=True)
class _Die:
    """A source of power and the blocks it covers, with their areas and centres as far as they are known."""

    name: str
    spec: SourceSpec
    blocks: tuple[str, ...]
    areas: Array | None
    centres: Array | None

    def held(self, base: Path, seed: int) -> PowerTrace:
        """Power of the die's blocks; of a trace that is streamed its means over coarse bins."""
        own = _source_trace(self.spec, base, self.blocks, self.areas, seed, self.centres)
        shares = tuple(replace(share, name=f"{self.name}, {share.name}") for share in own.provenance.shares)
        source = f"{self.name}: {own.provenance.source}"
        return replace(own, provenance=replace(own.provenance, source=source, shares=shares))

    def stored(
        self, store: TraceStore, seed: int, scale: float, activity_factor: float, blocks: Sequence[str]
    ) -> StoredTrace:
        """Power of the die's stored trace in the blocks of the whole module, chunk by chunk."""
        share = _area_share(self.blocks, self.areas)
        total = float(store.averaged(store.end).mean().sum())
        factor = 1.0 if self.spec.activity is None else self.spec.activity / total

        def shape(raw: PowerTrace) -> PowerTrace:
            living = _with_constants(
                self.spec, raw.scaled(factor).mapped(self.spec.mapping, self.blocks), share
            )
            own = _without_dead(self.spec, living, self.blocks, seed, self.centres)
            own = own.with_activity(activity_factor).scaled(scale)
            return own if self.blocks == tuple(blocks) else own.mapped({}, blocks)

        return StoredTrace(store, shape)


def _dies(
    spec: PowerSpec, blocks: Sequence[str], areas: npt.ArrayLike | None, centres: npt.ArrayLike | None
) -> list[_Die]:
    """The dies of a module with the blocks they cover; a module without dies is one."""

    def of_mine(values: npt.ArrayLike | None, mine: list[int]) -> Array | None:
        return None if values is None else np.asarray(values, dtype=np.float64)[mine]

    if not spec.dies:
        everything = list(range(len(blocks)))
        return [_Die("", spec, tuple(blocks), of_mine(areas, everything), of_mine(centres, everything))]
    owner: dict[int, str] = {}
    dies = []
    for name, die in spec.dies.items():
        mine = [i for i, block in enumerate(blocks) if any(fnmatchcase(block, mask) for mask in die.covers)]
        if not mine:
            raise TraceError(f"power.dies.{name}.covers: no block is named like {', '.join(die.covers)}")
        for index in mine:
            if index in owner:
                raise TraceError(
                    f"power.dies: block {blocks[index]!r} belongs to {owner[index]!r} and {name!r}"
                )
            owner[index] = name
        names = tuple(blocks[index] for index in mine)
        dies.append(_Die(name, die, names, of_mine(areas, mine), of_mine(centres, mine)))
    return dies


def _source_trace(
    spec: SourceSpec,
    base: Path,
    blocks: Sequence[str],
    areas: npt.ArrayLike | None,
    seed: int,
    centres: npt.ArrayLike | None,
) -> PowerTrace:
    trace = _living(spec, base, blocks, _area_share(blocks, areas), seed)
    return _without_dead(spec, trace, blocks, seed, centres)


def streamed_power(
    spec: PowerSpec,
    base: Path,
    blocks: Sequence[str],
    areas: npt.ArrayLike,
    *,
    seed: int,
    centres: npt.ArrayLike,
    module: int = 0,
) -> StreamedPower | None:
    """Power of one module of a rack, streamed; ``None`` where all of its traces are held in memory."""
    dies = [(die, streamed_store(die.spec, base)) for die in _dies(spec, blocks, areas, centres)]
    if all(store is None for _, store in dies):
        return None
    scale = 1.0 if spec.module_scale is None else spec.module_scale[module]
    delay = 0.0 if spec.module_shift is None else spec.module_shift[module]
    activity = spec.activity_factor
    stored = [die.stored(store, seed, scale, activity, blocks) for die, store in dies if store is not None]
    others = [die.held(base, seed).mapped({}, blocks) for die, store in dies if store is None]
    held = merged(others).with_activity(activity).scaled(scale) if others else None
    return StreamedPower(stored, held, delay)


def _without_dead(
    spec: SourceSpec, trace: PowerTrace, blocks: Sequence[str], seed: int, centres: npt.ArrayLike | None
) -> PowerTrace:
    if spec.dead is None:
        return trace
    dead = dead_mask(spec.dead, blocks, seed)
    trace = without_dead(trace, dead, spec.dead.move, centres)
    names = ", ".join(name for name, gone in zip(blocks, dead, strict=True) if gone)
    note = Share("dead blocks", 0.0, "assumption", f"{names or 'none'}; their load: {spec.dead.move}")
    return replace(trace, provenance=replace(trace.provenance, shares=(*trace.provenance.shares, note)))


def _living(spec: SourceSpec, base: Path, blocks: Sequence[str], share: Array, seed: int) -> PowerTrace:
    if spec.blocks is not None:
        return _with_constants(spec, _given_blocks(spec.blocks, blocks), share)
    if spec.total is not None:
        return _with_constants(spec, constant_trace(blocks, spec.total * share, source="power.total"), share)
    raw = _activity(spec, base, blocks, seed)
    trace = _with_silent_named(raw.mapped(spec.mapping, blocks), raw.blocks, spec.mapping)
    if spec.activity is not None:
        trace = _scaled_to(trace, spec.activity)
    return _with_constants(spec, trace, share)


def _with_silent_named(trace: PowerTrace, columns: Sequence[str], mapping: Mapping[str, str]) -> PowerTrace:
    """Warn of blocks that no column of the source goes to."""
    reached = {mapping.get(column, column) for column in columns}
    silent = [block for block in trace.blocks if block not in reached]
    if not silent:
        return trace
    shown = ", ".join(silent[:6]) + (f" ... ({len(silent)} in all)" if len(silent) > 6 else "")
    warning = f"{trace.provenance.source}: no column for {shown}; of activity they get nothing"
    provenance = replace(trace.provenance, warnings=(*trace.provenance.warnings, warning))
    return replace(trace, provenance=provenance)


def rack_traces(
    spec: PowerSpec, trace: PowerTrace | Sequence[PowerTrace], count: int
) -> tuple[PowerTrace, ...]:
    """Power of each of ``count`` modules: one trace for all or one each, scaled and delayed as the case says."""
    own = (trace,) * count if isinstance(trace, PowerTrace) else tuple(trace)
    for name in ("module_scale", "module_shift"):
        values = getattr(spec, name)
        if values is not None and len(values) != count:
            raise TraceError(f"power.{name}: has {len(values)} values for {count} modules")
    scale = spec.module_scale or (1.0,) * count
    shift = spec.module_shift or (0.0,) * count
    return tuple(
        one.scaled(factor).shifted(delay) for one, factor, delay in zip(own, scale, shift, strict=True)
    )


def _activity(spec: SourceSpec, base: Path, blocks: Sequence[str], seed: int) -> PowerTrace:
    if spec.emulator is None:
        return _recorded(spec, base, blocks)
    sanafe = spec.emulator.kind == "sanafe"
    there = sanafe_version() if sanafe else brainpy_interpreter()
    if there is None and spec.trace is not None:
        recorded = _recorded(spec, base, blocks)
        name = "SANA-FE" if sanafe else "BrainPy"
        warning = (
            f"{name} is not installed: power comes from the recorded trace {spec.trace}, no emulator ran"
        )
        return replace(recorded, provenance=replace(recorded.provenance, warnings=(warning,)))
    if sanafe:
        return emulate(spec.emulator, base, seed).trace(spec.interval)
    spikes = balanced_spikes(spec.emulator, spec.interval, seed)
    return power_of_spikes(spec.spikes, spikes, base, blocks, spec.interval)


def _recorded(spec: SourceSpec, base: Path, blocks: Sequence[str]) -> PowerTrace:
    path = base / str(spec.trace)
    kind = find_format(path, spec.format)
    if kind.spikes is not None:
        return power_of_spikes(spec.spikes, kind.spikes(path), base, blocks, spec.interval)
    if kind.name == "parquet" and spec.average is not None:
        return open_store(path).averaged(spec.average)
    if kind.name == "parquet" and (store := streamed_store(spec, base)) is not None:
        return store.averaged(store.end / COARSE_BINS)
    if kind.power is None:
        raise TraceError(f"power.format: {kind.name} holds no power")
    trace = kind.power(path, spec.interval)
    if spec.average is None:
        return trace
    bins = max(round(trace.duration / spec.average), 1)
    return trace.resampled(np.linspace(trace.time_edges[0], trace.time_edges[-1], bins + 1))


def power_of_spikes(
    spec: SpikeSpec, spikes: Spikes, base: Path, blocks: Sequence[str], interval: float
) -> PowerTrace:
    """Power of spikes in bins of ``interval`` [s], neurons placed by the case's file or evenly."""
    if spec.placement is None:
        placement = even_placement(spikes.neurons, blocks, spec.cores_per_block)
    else:
        placement = read_placement(base / spec.placement, blocks)
    wiring = Wiring(spec.fan_out, spec.local_share, spec.messages, spec.time_step)
    return spike_power(spikes, placement, energy_model(spec.energy_model), wiring, interval)


def _scaled_to(trace: PowerTrace, mean: float) -> PowerTrace:
    now = float(trace.mean().sum())
    if now <= 0.0:
        raise TraceError("power.activity: the trace has no power to scale")
    factor = mean / now
    shares = (
        *trace.provenance.shares,
        Share("activity scaling", mean, "assumption", f"{factor:.6g} times the trace"),
    )
    return replace(trace, watts=factor * trace.watts, provenance=replace(trace.provenance, shares=shares))


def _with_constants(spec: SourceSpec, trace: PowerTrace, share: Array) -> PowerTrace:
    static, clock = spec.static * share, spec.clock * share
    if spec.static + spec.clock == 0.0:
        return trace
    note = "spread over the blocks by area"
    shares = (
        *trace.provenance.shares,
        Share("static", spec.static, "assumption", note),
        Share("clock", spec.clock, "assumption", note),
    )
    provenance = replace(trace.provenance, shares=shares)
    return replace(
        trace, watts=trace.watts + static + clock, static=static, clock=clock, provenance=provenance
    )


def _given_blocks(powers: dict[str, float], blocks: Sequence[str]) -> PowerTrace:
    strangers = [name for name in powers if name not in blocks]
    if strangers:
        raise TraceError(
            f"power.blocks: {strangers[0]!r} is not in the floorplan; it has {', '.join(blocks[:6])} ..."
        )
    return constant_trace(blocks, np.array([powers.get(name, 0.0) for name in blocks]), source="power.blocks")


def _area_share(blocks: Sequence[str], areas: npt.ArrayLike | None) -> Array:
    weights = np.ones(len(blocks)) if areas is None else np.asarray(areas, dtype=np.float64)
    if weights.shape != (len(blocks),) or np.any(weights <= 0.0):
        raise TraceError(f"power: expected {len(blocks)} positive block areas")
    return np.asarray(weights / weights.sum())
