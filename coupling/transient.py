"""The transient study: a trace through the hottest module on its loop, or through a package alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench, LoopBench
from coupling.fields import write_frames
from coupling.operation import hottest_module
from coupling.playback import Playback

if TYPE_CHECKING:
    from coupling.studies import StudyContext

CHECKPOINT = "studies/transient.npz"
CHECKPOINT_EVERY = 15.0
"""Wall time between checkpoints [s]."""
REPORT_EVERY = 10
"""Steps between reports of progress."""


def play_case(context: StudyContext) -> bool:
    """Play the trace, with checkpoints, and write history and frames."""
    numerics = context.loaded.spec.numerics
    module = 0 if context.steady is None else hottest_module(context.steady)
    trace = context.inputs.traces[module]
    step = numerics.time_step or float(np.diff(trace.time_edges).min())
    playback = Playback(
        _bench(context, module),
        trace,
        context.feedback[module],
        time_step=step,
        loop_time_step=numerics.loop_time_step,
    )
    saved = context.directory.read_arrays(CHECKPOINT)
    if saved is not None:
        playback.resume(saved)
    last_saved = time.monotonic()

    def after_step(now: Playback) -> None:
        nonlocal last_saved
        if now.done % REPORT_EVERY == 0 or now.done == now.steps:
            context.progress("transient", now.done, now.steps)
        if time.monotonic() - last_saved > CHECKPOINT_EVERY:
            context.directory.write_arrays(CHECKPOINT, **now.checkpoint())
            last_saved = time.monotonic()

    try:
        playback.play(after_step)
    except KeyboardInterrupt:
        context.directory.write_arrays(CHECKPOINT, **playback.checkpoint())
        raise
    _report(context, playback, module)
    return True


def _bench(context: StudyContext, module: int) -> Bench:
    if context.rack is None or context.steady is None:
        package = context.package_field()
        return Bench(package, context.package_steady())
    return LoopBench(context.rack, context.steady, module, context.sink_of_heat())


def _report(context: StudyContext, playback: Playback, module: int) -> None:
    energy = context.sections.setdefault("energy", {})
    energy["transient_storage_rel"] = playback.storage_residual()
    blocks = context.package_field().block_names
    peak = playback.history["block_maximum"]
    step, block = np.unravel_index(int(np.argmax(peak)), peak.shape)
    chip = context.sections.setdefault("chip", {})
    chip["transient"] = {
        "module": module,
        "T_max_K": float(peak[step, block]),
        "hottest_block": blocks[block],
        "time_s": float(playback.time[step]),
        "steps": playback.steps,
        "time_step_s": playback.time_step,
    }
    if len(context.inputs.traces) > 1:
        context.warnings.append("transient: the hottest module is followed; the others hold their mean heat")
    context.directory.write_table("history.parquet", _columns(playback, blocks))
    write_frames(context.directory, context.package_field().mesh, playback)


def _columns(playback: Playback, blocks: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    history = playback.history
    watts = history["block_power"]
    columns = {
        "time_s": playback.time,
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
