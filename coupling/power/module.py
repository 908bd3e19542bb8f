"""Power of one module and of the modules of a rack, from the ``[power]`` section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from coupling.power.store import open_store
from coupling.power.stream import COARSE_BINS, StreamedPower, streamed_store
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
    owner: dict[int, str] = {}
    traces = []
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
        names = [blocks[index] for index in mine]
        parts = [None if values is None else np.asarray(values)[mine] for values in (areas, centres)]
        own = _source_trace(die, base, names, parts[0], seed, parts[1])
        shares = tuple(replace(share, name=f"{name}, {share.name}") for share in own.provenance.shares)
        provenance = replace(own.provenance, source=f"{name}: {own.provenance.source}", shares=shares)
        traces.append(replace(own, provenance=provenance).mapped({}, blocks))
    return merged(traces)


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
    """Power of one module of a rack, streamed; ``None`` where its trace is held in memory."""
    store = streamed_store(spec, base)
    if store is None:
        return None
    share = _area_share(blocks, areas)
    total = float(store.averaged(store.end).mean().sum())
    factor = 1.0 if spec.activity is None else spec.activity / total
    scale = 1.0 if spec.module_scale is None else spec.module_scale[module]
    delay = 0.0 if spec.module_shift is None else spec.module_shift[module]

    def shape(raw: PowerTrace) -> PowerTrace:
        trace = _with_constants(spec, raw.scaled(factor).mapped(spec.mapping, blocks), share)
        return _without_dead(spec, trace, blocks, seed, centres).scaled(scale)

    return StreamedPower(store, shape, delay)


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
    trace = raw.mapped(spec.mapping, blocks)
    if spec.activity is not None:
        trace = _scaled_to(trace, spec.activity)
    return _with_constants(spec, trace, share)


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
