"""The transient study: a trace through the hottest module on its loop, or through a package alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench, LoopBench
from coupling.fields import write_frames
from coupling.operation import hottest_module
from coupling.playback import HeldPower, Playback, step_count
from coupling.power.module import streamed_power
from coupling.power.stream import StreamedPower
from coupling.reduced_choice import REFUSED, choose_stepping
from coupling.reduced_stepping import ReducedStepping
from coupling.results import STUDIES
from coupling.study_context import StudyContext
from coupling.summary import limits_section

CHECKPOINT = "studies/transient.npz"
PART = "studies/history_{:05d}.parquet"
CHECKPOINT_EVERY = 15.0
"""Wall time between checkpoints [s]."""


def play_case(context: StudyContext) -> bool:
    """Play the trace, with checkpoints, and write history and frames."""
    module = 0 if context.steady is None else hottest_module(context.steady)
    power = _power(context, module)
    played, reason = _play(context, power, module)
    limit = context.loaded.spec.numerics.reduced_error_limit
    if isinstance(played.stepping, ReducedStepping) and played.stepping.errors["error_K"] > limit:
        error = played.stepping.errors["error_K"]
        reason = f"its error may be {error:.2g} K, numerics.reduced_error_limit is {limit:g} K"
        context.directory.write_json(REFUSED, {"reason": reason})
        context.directory.remove(CHECKPOINT)
        played, _ = _play(context, power, module, reason)
    _report(context, played, module, reason)
    return True


def _play(
    context: StudyContext, power: HeldPower | StreamedPower, module: int, refused: str = ""
) -> tuple[Playback, str]:
    """Play by a reduced model where it serves, else, or when ``refused``, by the full field; and say why."""
    numerics = context.loaded.spec.numerics
    bench = _bench(context, module)
    blocks = context.package_field().block_names
    steps, step = step_count(power, numerics.time_step or power.finest())
    edges = power.start + step * np.arange(steps + 1)
    saved = context.directory.read_arrays(CHECKPOINT)
    stepping, reason = choose_stepping(context, bench, power, module, edges, saved, refused)
    playback = Playback(
        bench,
        stepping,
        power,
        time_step=step,
        loop_time_step=numerics.loop_time_step,
        keep=lambda part, time, rows: _keep_part(context, part, _columns(time, rows, blocks)),
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
    return playback, reason


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
    context.directory.write_table(PART.format(part), columns)


def _join_parts(context: StudyContext, count: int) -> None:
    """Make ``history.parquet`` of its parts, one in memory at a time; the parts then go."""
    import pyarrow.parquet as parquet

    directory = context.directory
    names = [PART.format(part) for part in range(count)]
    parts = [directory.path / name for name in names]

    def save(path: Path) -> None:
        with parquet.ParquetWriter(path, parquet.read_schema(parts[0]), use_dictionary=False) as writer:
            for part in parts:
                writer.write_table(parquet.read_table(part))

    directory.write("history.parquet", save)
    if directory.keeps:
        models = [f"{STUDIES}/{path.name}" for path in (directory.path / STUDIES).glob("reduced-*.npz")]
        for done in (CHECKPOINT, *names, *models):
            directory.remove(done)


def _bench(context: StudyContext, module: int) -> Bench:
    if context.rack is None or context.steady is None:
        package = context.package_field()
        return Bench(package, context.package_steady())
    return LoopBench(context.rack, context.steady, module, context.sink_of_heat())


def _report(context: StudyContext, playback: Playback, module: int, reason: str) -> None:
    stepping = playback.stepping
    made: dict[str, Any] = {"order": None, "error_K": None, "reason": reason}
    if isinstance(stepping, ReducedStepping):
        made = {"order": stepping.order, **stepping.errors}
    context.sections.setdefault("numerics", {})["reduced"] = made
    energy = context.sections.setdefault("energy", {})
    energy["transient_storage_rel"] = playback.storage_residual()
    blocks = context.package_field().block_names
    chip = context.sections.setdefault("chip", {})
    chip["transient"] = {
        "module": module,
        "T_max_K": playback.peak,
        "hottest_block": blocks[playback.peak_block],
        "time_s": playback.end_of(playback.peak_step),
        "steps": playback.steps,
        "time_step_s": playback.time_step,
    }
    power = context.loaded.spec.power
    if power is not None and power.temperature_limits:
        chip["transient"]["limits"] = limits_section(power.temperature_limits, blocks, playback.block_peak)
    if len(context.inputs.traces) > 1:
        context.warnings.append("transient: the hottest module is followed; the others hold their mean heat")
    _join_parts(context, -(-playback.steps // playback.rows))
    write_frames(context.directory, context.package_field().mesh, playback)


def _columns(
    time: NDArray[np.float64], history: dict[str, NDArray[np.float64]], blocks: tuple[str, ...]
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
    }
    columns |= {f"T_max_K[{name}]": history["block_maximum"][:, i] for i, name in enumerate(blocks)}
    columns |= {f"power_W[{name}]": watts[:, i] for i, name in enumerate(blocks)}
    return columns
