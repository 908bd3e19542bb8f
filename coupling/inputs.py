"""Everything that a case names, read and checked before a run touches the disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coupling.case_file import LoadedCase, named_files
from coupling.errors import CaseError, faults_in
from coupling.plant.electrical import PRESET_SOURCES
from coupling.plant.pue import ELECTRICAL_STAGES
from coupling.power.formats.threedice import stack_files
from coupling.power.module import module_trace, rack_traces
from coupling.shared import Shared, unshared
from meshes.errors import InputError
from meshes.layered_mesh import LayeredMesh, build_mesh
from thermal import ranks

if TYPE_CHECKING:
    from coupling.case import CaseSpec
    from coupling.channel_wall import ChannelMap
    from coupling.plant.facility import FacilitySpec
    from coupling.plant.weather import Weather
    from coupling.power.trace import PowerTrace
    from coupling.wetted_wall import SegmentMap
    from thermal.field.embedded_channels import EmbeddedChannels
    from thermal.loop.model import LoopModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CaseInputs:
    """Read inputs; what a case does not have is ``None``.

    Attributes
    ----------
    mesh
        Of one package.
    segments
        Evaporator segments on its wetted face, or pieces of channel in it.
    traces
        Power of each module.
    loop
        The loop with its fluid's tables.
    weather
        A year of hours.
    digest
        Of the case and of the contents of the files it names [hex].
    assumptions, warnings
        For the summary.
    """

    mesh: LayeredMesh | None
    segments: SegmentMap | ChannelMap | None
    traces: tuple[PowerTrace, ...]
    loop: LoopModel | None
    weather: Weather | None
    digest: str
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def mean_power(self) -> Array:
        """Time mean of the power of each module's blocks, (modules, blocks) [W]."""
        return np.array([trace.mean() for trace in self.traces])

    @property
    def channels(self) -> EmbeddedChannels | None:
        """Laid into the package's mesh; None where the fluid boils on a face or there is no loop."""
        found: EmbeddedChannels | None = getattr(self.segments, "channels", None)
        return found


def prepare_inputs(loaded: LoadedCase, shared: Shared = unshared) -> CaseInputs:
    """Read all that the case names.

    Parameters
    ----------
    shared
        Where parts that another case has made already come from.

    Raises
    ------
    InputError
        With file and line or key of what cannot be used.
    """
    spec, base = loaded.spec, loaded.base
    digest, files = _digest(spec, base), files_digest(spec, base)
    with faults_in(loaded.path, "package"):
        mesh = None
        if (package := spec.package) is not None:
            mesh = shared("mesh", (package, files), lambda: build_mesh(package, base))
    loop, segments = None, None
    if spec.loop is not None:
        # what a package alone does not need is not loaded for it
        from coupling.loop_inputs import loop_on_package

        loop, segments = loop_on_package(loaded, mesh, shared, files)
    with faults_in(loaded.path, "power"):
        # an emulator runs once
        traces = ranks.from_first(lambda: _shared_traces(spec, base, mesh, files, shared))
        if loop is not None and not any(trace.watts.any() for trace in traces):
            raise InputError("0 W in every module: a loop without heat has no flow to solve for")
    with faults_in(loaded.path, "facility"):
        weather = None
        if (facility := spec.facility) is not None:
            year = (facility, spec.case.seed, files)
            weather = shared("weather", year, lambda: facility.outdoor(base, spec.case.seed))
    assumptions, warnings = _words(traces, weather, spec.facility)
    return CaseInputs(
        mesh=mesh,
        segments=segments,
        traces=traces,
        loop=loop,
        weather=weather,
        digest=digest,
        assumptions=assumptions,
        warnings=warnings,
    )


def check_inputs(loaded: LoadedCase) -> None:
    """Read all that the case names and forget it again.

    Raises
    ------
    InputError
        With file and line or key of what cannot be used.
    """
    prepare_inputs(loaded)


def module_count(spec: CaseSpec) -> int:
    """Return the number of modules: those on the loop, or one."""
    return 1 if spec.loop is None else len(spec.loop.modules.inlet_elevations)


def _shared_traces(
    spec: CaseSpec, base: Path, mesh: LayeredMesh | None, files: str, shared: Shared
) -> tuple[PowerTrace, ...]:
    """Power of each module; cases that differ in conductivities or in the activity's factor share an emulator's run."""
    if spec.power is None:
        return ()
    power = spec.power.model_copy(update={"activity_factor": 1.0})
    package = None if spec.package is None else spec.package.model_copy(update={"conductivity_factors": {}})
    content = (power, package, spec.case.seed, module_count(spec), files)
    traces = shared("traces", content, lambda: _traces(spec, base, mesh))
    return tuple(trace.with_activity(spec.power.activity_factor) for trace in traces)


def _traces(spec: CaseSpec, base: Path, mesh: LayeredMesh | None) -> tuple[PowerTrace, ...]:
    if spec.power is None:
        return ()
    blocks = ("module",) if mesh is None else mesh.block_names
    if not blocks:
        raise CaseError(["package.layer: no layer has a floorplan; power has nowhere to go"])
    for mask in spec.power.temperature_limits:
        if not any(fnmatchcase(block, mask) for block in blocks):
            raise CaseError([f"power.temperature_limits: no block is named like {mask!r}"])
    areas = centres = None
    if mesh is not None:
        areas, boxes = mesh.block_areas, mesh.block_rectangles()
        centres = boxes[:, :2] + 0.5 * boxes[:, 2:]
    count, given = module_count(spec), spec.power.module_traces
    if given is not None and len(given) != count:
        raise CaseError([f"power.module_traces: has {len(given)} files for {count} modules"])
    own = [
        module_trace(spec.power.of_module(index), base, blocks, areas, seed=spec.case.seed, centres=centres)
        for index in range(1 if given is None else count)
    ]
    return rack_traces(spec.power, own[0] if given is None else own, count)


def _words(
    traces: tuple[PowerTrace, ...], weather: Weather | None, facility: FacilitySpec | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assumptions: list[str] = []
    warnings: list[str] = []
    if traces:
        provenance = traces[0].provenance
        assumptions += [
            f"power, {share.name}: {share.mean_power:.4g} W a module, {share.known}"
            + (f" ({share.note})" if share.note else "")
            for share in provenance.shares
        ]
        warnings += dict.fromkeys(one for trace in traces for one in trace.provenance.warnings)
    for stage in ELECTRICAL_STAGES if facility is not None else ():
        preset = getattr(facility, stage).preset
        if preset not in (None, "none"):
            assumptions.append(f"facility.{stage}: preset {preset}: {PRESET_SOURCES[preset]}")
    if weather is not None:
        assumptions.append(f"weather: {weather.name}: {weather.note}")
        if weather.synthetic:
            warnings.append(
                f"the weather of {weather.name} is synthetic (made from monthly normals), not measured"
            )
    return tuple(assumptions), tuple(warnings)


def _digest(spec: CaseSpec, base: Path) -> str:
    """Hash of the case and of what its files hold, whatever they are called [hex]."""
    data = spec.model_dump(mode="json")
    for place, key in named_files(data):
        if (base / place[key]).is_file():
            place[key] = ""
    text = json.dumps(data, sort_keys=True)
    return hashlib.sha256((text + files_digest(spec, base)).encode()).hexdigest()


def files_digest(spec: CaseSpec, base: Path) -> str:
    """Hash of the contents of the files that a case names [hex]."""
    hasher = hashlib.sha256()
    for place, key in named_files(spec.model_dump(mode="json")):
        hasher.update(content_digest(base / place[key]))
    return hasher.hexdigest()


def content_digest(path: Path) -> bytes:
    """Hash of what a file holds and of the files that it names, the floorplans of a 3D-ICE stack; of no file none."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as content:
            own = hashlib.file_digest(content, "sha256").digest()
    except OSError:  # a text too long for a name, or a file that may not be read: told where it is needed
        return b""
    return own + b"".join(
        content_digest(file) for file in (stack_files(path) if path.suffix == ".stk" else ())
    )
