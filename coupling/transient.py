"""The transient study: traces through the modules of a rack on their loop, or through a package alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench, LoopBench
from coupling.fields import write_frames
from coupling.followed_module import FollowedModule, HeldPower
from coupling.module_groups import ModuleGroup, group_modules
from coupling.playback import Playback, of_group
from coupling.power.module import streamed_power
from coupling.power.stream import StreamedPower
from coupling.rack_loop import RackLoop
from coupling.reduced_choice import REFUSED, choose_stepping
from coupling.reduced_stepping import ReducedStepping
from coupling.results import STUDIES, packing
from coupling.study_context import StudyContext
from coupling.summary import limits_section, module_name

CHECKPOINT = "studies/transient.npz"
PART = "studies/history_{:05d}.parquet"
CHECKPOINT_EVERY = 15.0
"""Wall time between checkpoints [s]."""
_ROUNDED_SHARE = 0.5
"""Of the case's limit, for what laws of wall and conductivity may err in models around rounded conditions; beyond it
others, around the steady fields, take their place."""

log = logging.getLogger(__name__)


def play_case(context: StudyContext) -> bool:
    """Play the traces, with checkpoints, and write history and frames."""
    groups = _groups(context)
    powers = [_power(context, group.representative) for group in groups]
    limit = context.loaded.spec.numerics.reduced_error_limit
    played, reason = _play(context, groups, powers)
    if _rounded_too_far(played, limit):
        log.info(
            "transient: reduced models around rounded conditions err too much: made around the steady fields"
        )
        context.directory.remove(CHECKPOINT)
        played, reason = _play(context, groups, powers, rounded=False)
    error = _errors(played).get("error_K", 0.0)
    if error > limit:
        reason = f"its error may be {error:.2g} K, numerics.reduced_error_limit is {limit:g} K"
        context.directory.write_json(REFUSED, {"reason": reason})
        context.directory.remove(CHECKPOINT)
        played, _ = _play(context, groups, powers, reason)
    _report(context, played, reason)
    return True


def _groups(context: StudyContext) -> tuple[ModuleGroup, ...]:
    power, steady = context.loaded.spec.power, context.steady
    if power is None or steady is None:
        return (ModuleGroup(0, (0,)),)
    return group_modules(
        power,
        context.inputs.traces,
        [float(field.block_maximum.max()) for field in steady.fields],
        answers=any(one.active for one in context.feedback),
    )


def _play(
    context: StudyContext,
    groups: Sequence[ModuleGroup],
    powers: Sequence[HeldPower | StreamedPower],
    refused: str = "",
    *,
    rounded: bool = True,
) -> tuple[Playback, str]:
    """Play by reduced models where they serve, else, or when ``refused``, by the full field; and say why."""
    numerics = context.loaded.spec.numerics
    blocks = context.package_field().block_names
    steps, step = _steps(context, groups, powers)
    saved = context.directory.read_arrays(CHECKPOINT)
    loop = None
    if context.rack is not None and context.steady is not None:
        loop = RackLoop(context.rack, context.steady, groups, context.sink_of_heat())
    modules, reasons = [], []
    for index, (group, power) in enumerate(zip(groups, powers, strict=True)):
        bench = _bench(context, loop, index)
        edges = power.start + step * np.arange(steps + 1)
        own = None if saved is None else of_group(saved, index)
        stepping, reason = choose_stepping(
            context, bench, power, group, edges, own, refused, len(groups), rounded
        )
        modules.append(FollowedModule(group, bench, stepping, power))
        reasons.append(reason)
    names = [group.name for group in groups]
    playback = Playback(
        modules,
        loop,
        steps=steps,
        time_step=step,
        loop_time_step=numerics.loop_time_step,
        keep=lambda part, time, rows: _keep_part(context, part, _columns(time, rows, blocks, names)),
    )
    if saved is not None:
        playback.resume(saved)
    last_saved = time.monotonic()

    def after_steps(now: Playback) -> None:
        nonlocal last_saved
        context.progress("transient", now.done, now.steps)
        if time.monotonic() - last_saved > CHECKPOINT_EVERY:
            context.directory.write_arrays(CHECKPOINT, **now.checkpoint())
            last_saved = time.monotonic()

    try:
        playback.play(after_steps)
    except KeyboardInterrupt:
        context.directory.write_arrays(CHECKPOINT, **playback.checkpoint())
        raise
    return playback, "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _steps(
    context: StudyContext, groups: Sequence[ModuleGroup], powers: Sequence[HeldPower | StreamedPower]
) -> tuple[int, float]:
    """How many equal steps make the longest trace, and their length [s]; traces of one bin are constant."""
    traces = [context.inputs.traces[group.representative] for group in groups]
    moving = [power for power, trace in zip(powers, traces, strict=True) if trace.steps > 1] or powers
    duration = max(power.duration for power in moving)
    wanted = context.loaded.spec.numerics.time_step or min(power.finest() for power in moving)
    steps = max(1, round(duration / wanted))
    return steps, duration / steps


def _power(context: StudyContext, module: int) -> HeldPower | StreamedPower:
    loaded, mesh = context.loaded, context.inputs.mesh
    spec = loaded.spec
    if spec.power is None or mesh is None:
        raise ValueError("the case has no package with power")
    boxes = mesh.block_rectangles()
    streamed = streamed_power(
        spec.power.of_module(module),
        loaded.base,
        mesh.block_names,
        mesh.block_areas,
        seed=spec.case.seed,
        centres=boxes[:, :2] + 0.5 * boxes[:, 2:],
        module=module,
    )
    return HeldPower(context.inputs.traces[module]) if streamed is None else streamed


def _keep_part(context: StudyContext, part: int, columns: dict[str, NDArray[Any]]) -> None:
    context.directory.write_table(PART.format(part), columns, passing=True)


def _join_parts(context: StudyContext, count: int) -> None:
    """Make ``history.parquet`` of its parts, one in memory at a time; the parts then go."""
    import pyarrow.parquet as parquet

    directory = context.directory
    names = [PART.format(part) for part in range(count)]
    parts = [directory.path / name for name in names]

    def save(path: Path) -> None:
        schema = parquet.read_schema(parts[0])
        with parquet.ParquetWriter(path, schema, **packing(schema)) as writer:
            for part in parts:
                writer.write_table(parquet.read_table(part))

    directory.write("history.parquet", save)
    if directory.keeps:
        models = [f"{STUDIES}/{path.name}" for path in (directory.path / STUDIES).glob("reduced-*.npz")]
        for done in (CHECKPOINT, *names, *models):
            directory.remove(done)


def _bench(context: StudyContext, loop: RackLoop | None, group: int) -> Bench:
    return (
        Bench(context.package_field(), context.package_steady()) if loop is None else LoopBench(loop, group)
    )


def _rounded_too_far(playback: Playback, limit: float) -> bool:
    """Whether models around rounded conditions leave out more than they may."""
    reduced = [one.stepping for one in playback.modules if isinstance(one.stepping, ReducedStepping)]
    if not any(stepping.rounded for stepping in reduced):
        return False
    errors = _errors(playback)
    beside = errors["wall_law_error_K"] + errors["conductivity_error_K"]
    return errors["error_K"] > limit or beside > _ROUNDED_SHARE * limit


def _errors(playback: Playback) -> dict[str, float]:
    """Largest bounds of what the reduced models left out [K]; none of the full field."""
    found: dict[str, float] = {}
    for module in playback.modules:
        if isinstance(module.stepping, ReducedStepping):
            own = module.stepping.errors
            found = {name: max(value, found.get(name, 0.0)) for name, value in own.items()}
    return found


def _report(context: StudyContext, playback: Playback, reason: str) -> None:
    orders = [one.stepping.order for one in playback.modules if isinstance(one.stepping, ReducedStepping)]
    made: dict[str, Any] = {"order": None, "error_K": None, "reason": reason}
    if orders:
        made = {"order": max(orders), **_errors(playback)}
    context.sections.setdefault("numerics", {})["reduced"] = made
    energy = context.sections.setdefault("energy", {})
    energy["transient_storage_rel"] = playback.storage_residual()
    blocks, hottest = context.package_field().block_names, playback.hottest
    chip = context.sections.setdefault("chip", {})
    chip["transient"] = {
        "module": hottest.group.representative,
        **_peak(hottest, playback, blocks),
        "steps": playback.steps,
        "time_step_s": playback.time_step,
        "history_module": playback.first.group.representative,
        "groups": {
            one.group.name: {
                "modules": [module_name(module) for module in one.group.modules],
                **_peak(one, playback, blocks),
            }
            for one in playback.modules
        },
    }
    power = context.loaded.spec.power
    if power is not None and power.temperature_limits:
        peak = np.max([module.block_peak for module in playback.modules], axis=0)
        chip["transient"]["limits"] = limits_section(power.temperature_limits, blocks, peak)
    if playback.loop is not None:
        context.sections["loop"]["transient"] = playback.loop.limits.section()
    context.warnings += _notes(playback)
    _join_parts(context, -(-playback.steps // playback.rows))
    write_frames(context.directory, context.package_field().mesh, playback)


def _peak(module: FollowedModule, playback: Playback, blocks: tuple[str, ...]) -> dict[str, Any]:
    return {
        "T_max_K": module.peak,
        "hottest_block": blocks[module.peak_block],
        "time_s": playback.end_of(module.peak_step),
    }


def _notes(playback: Playback) -> list[str]:
    """What the followed modules stand for, and how the loop went on where it could not carry the heat."""
    many = [one.group for one in playback.modules if one.group.others]
    notes = []
    if many:
        told = ", ".join(f"{group.name} for {len(group.modules)} modules" for group in many)
        notes.append(
            f"transient: {told}: modules that play the same are followed in their hottest; "
            "the steady heat of the others swings in proportion to its heat"
        )
    if playback.loop is not None and playback.loop.limits.first:
        notes.append(
            f"transient: past a limit of the loop ({', '.join(playback.loop.limits.first)}): where it could not carry "
            "the heat it answered with its state at the largest heat that it carries"
        )
    return notes


def _columns(
    time: NDArray[np.float64],
    history: dict[str, NDArray[np.float64]],
    blocks: tuple[str, ...],
    groups: Sequence[str],
) -> dict[str, NDArray[Any]]:
    watts = history["block_power"]
    columns = {
        "time_s": time,
        "power_W": watts.sum(axis=1),
        "T_max_K": history["block_maximum"].max(axis=1),
        "T_mean_K": history["block_mean"].mean(axis=1),
        "T_sat_evaporator_K": history["saturation_temperature"],
        "mass_flow_kg_s": history["mass_flow"],
        "heat_to_loop_W": history["heat_to_loop"],
        "rack_heat_to_loop_W": history["rack_heat"],
    }
    if len(groups) > 1:
        columns |= {f"group_T_max_K[{name}]": history["group_maximum"][:, i] for i, name in enumerate(groups)}
    columns |= {f"T_max_K[{name}]": history["block_maximum"][:, i] for i, name in enumerate(blocks)}
    columns |= {f"power_W[{name}]": watts[:, i] for i, name in enumerate(blocks)}
    return columns
