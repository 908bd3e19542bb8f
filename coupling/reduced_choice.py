"""Whether a transient is played by a reduced model, and why not where it is not."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coupling.bench import Bench
from coupling.followed_module import HeldPower
from coupling.module_groups import ModuleGroup
from coupling.power.feedback import PowerFeedback
from coupling.power.stream import StreamedPower
from coupling.reduced_stepping import ReducedStepping
from coupling.results import STUDIES
from coupling.stepping import FullStepping
from coupling.study_context import StudyContext
from meshes.errors import InputError
from thermal import ranks
from thermal.field.reduced_package import ReducedPackage
from thermal.field.reduced_pencil import FACTORED
from thermal.field.reduced_rounding import RoundedState, rounded_span, rounded_state, rounded_step
from thermal.field.reduced_store import ModelFolder, machine_folder

Array = NDArray[np.float64]
REFUSED = "studies/reduced.json"
"""Why the reduced model was given up, for a run that is resumed."""
LOOKED_AT = 100_000
"""Steps from the start whose power says what the model is to span; what goes beyond shows in its error."""
_COLUMNS_AN_INPUT = 24
"""Columns of a reduced model's space for each input."""
_STEPS_AN_INPUT = 50
"""Steps of the full field that cost what making a reduced model does for each input, where multigrid solves column by
column: measured with 40 inputs of 31 395 nodes to 20 mK, 56 to 63 s for 800 columns and 2000 solves, by steps of 30 ms
in the same quarter of an hour on the same processor."""
_LARGE = 1e7
"""Unknowns times columns of a reduced model, beyond which it is asked whether the steps are worth it."""
_VALUES = 2e8
"""Values of the reduced models' fields: 1.6 GB."""

log = logging.getLogger(__name__)


def choose_stepping(
    context: StudyContext,
    bench: Bench,
    power: HeldPower | StreamedPower,
    group: ModuleGroup,
    edges: Array,
    saved: Mapping[str, Any] | None,
    refused: str,
    groups: int,
    rounded: bool,
) -> tuple[ReducedStepping | FullStepping, str]:
    """Return what carries a module through the steps between ``edges`` [s], and why that is no reduced model.

    A reduced model is ``rounded``, for any run to use, or one around this run's steady field.
    """
    module = group.representative
    # a power manager remembers: each way of stepping starts with one of its own
    feedback = copy.deepcopy(context.feedback[module])
    reason = refused or _reason(context, bench, len(edges) - 1, groups)
    if not reason:
        try:
            return _reduced(context, bench, power, module, feedback, edges, saved or {}, rounded), ""
        except InputError as error:
            reason = str(error)
    log.info("transient: full field, %s", reason)
    return FullStepping(bench, feedback), reason


def _reason(context: StudyContext, bench: Bench, steps: int, groups: int) -> str:
    if not context.loaded.spec.numerics.reduced:
        return "numerics.reduced is false"
    refused = context.directory.read_json(REFUSED)
    if refused is not None:
        return str(refused["reason"])
    if bench.segment_count and bench.zones is None:
        return "the coolant runs inside the package"
    field = context.package_field()
    inputs = len(field.block_names) + bench.segment_count
    solves = _COLUMNS_AN_INPUT * inputs
    worth = _STEPS_AN_INPUT * inputs if field.unknowns > FACTORED else solves
    if solves * field.unknowns > _LARGE and worth > steps:
        return f"{steps} steps of the full field take less work than a reduced model of {inputs} inputs"
    if groups * solves * field.unknowns > _VALUES:
        return f"a reduced model of {inputs} inputs and {field.unknowns} nodes takes too much memory"
    return ""


def _reduced(
    context: StudyContext,
    bench: Bench,
    power: HeldPower | StreamedPower,
    module: int,
    feedback: PowerFeedback,
    edges: Array,
    saved: Mapping[str, Any],
    rounded: bool,
) -> ReducedStepping:
    if context.steady is not None:
        start_power = context.steady.block_power[module]
    else:
        start_power = context.inputs.mean_power[module] + feedback.leakage.excess(bench.start.block_mean)
    watts = np.vstack([power.watts(edges[: LOOKED_AT + 1]), start_power])
    span = np.ptp(watts, axis=0)
    around, known = _around(context, bench, saved) if rounded else None, str(saved.get("reduced_key", ""))
    context.progress("transient: reduced model", 0, 1)
    package = ReducedPackage(
        context.package_field(),
        bench.start,
        rounded_span(span),
        shortest=rounded_step(float(edges[1] - edges[0])),
        tolerance=context.loaded.spec.numerics.reduced_tolerance,
        zones=bench.zones,
        wetted=bench.wall(),
        around=around,
        folder=_folder(context, around),
        known=known,
    )
    context.progress("transient: reduced model", 1, 1, f"{package.model.order} modes")
    return ReducedStepping(package, bench, feedback, start_power)


def _around(context: StudyContext, bench: Bench, saved: Mapping[str, Any]) -> RoundedState | None:
    """Return what the model is made around; of a run that goes on, what it was made around then."""
    if "reduced_key" not in saved:
        return rounded_state(context.package_field(), bench.start, bench.zones, bench.wall())
    rounded = saved.get("reduced_rounded")
    return None if rounded is None else RoundedState(*map(float, rounded))


def _folder(context: StudyContext, around: RoundedState | None) -> ModelFolder | None:
    # ranks solve together: all have to make a model, or none
    if ranks.count() > 1:
        return None
    if around is not None:
        return machine_folder()
    return ModelFolder(context.directory.path / STUDIES) if context.directory.keeps else None
