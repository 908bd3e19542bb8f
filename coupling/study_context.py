"""What the studies of one run share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coupling.inputs import CaseInputs, files_digest
from coupling.power.feedback import PowerFeedback
from coupling.shared import Shared, unshared
from thermal.field.conduction import FieldSolution, PackageField
from thermal.field.solver import DIRECT_UP_TO
from thermal.loop.condenser import design_air, heat_sink
from thermal.loop.specs import EvaporatorSpec

if TYPE_CHECKING:
    from coupling.case_file import LoadedCase
    from coupling.cosimulation import CoupledRack, RackState, SinkOfHeat
    from coupling.progress import Progress
    from coupling.results import RunDirectory
    from thermal.loop.sink import HeatSink

Array = NDArray[np.float64]

LONG_TRANSIENT = 2_000
"""Steps from which ``auto`` leaves the library out."""


@dataclass
class StudyContext:
    """What the studies of one run share: inputs, output, and what an earlier study found."""

    loaded: LoadedCase
    inputs: CaseInputs
    directory: RunDirectory
    progress: Progress
    shared: Shared = unshared
    sections: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    package: PackageField | None = None
    rack: CoupledRack | None = None
    steady: RackState | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """Studies that the case asks for; a section ``[uncertainty]`` with samples asks for that one."""
        uncertainty = self.loaded.spec.uncertainty
        draws = ("uncertainty",) if uncertainty is not None and uncertainty.samples > 0 else ()
        return (*self.loaded.spec.case.study, *draws)

    def package_field(self) -> PackageField:
        """Return the finite-element model of the package; made once."""
        spec = self.loaded.spec
        if self.package is None and spec.package is not None:
            face = spec.evaporator.face if isinstance(spec.evaporator, EvaporatorSpec) else None
            wetted = face if spec.loop is not None else None
            channels = self.inputs.channels
            solver = self._solver()
            self.package = self.shared(
                "package field",
                (
                    spec.package,
                    wetted,
                    None if channels is None else (spec.evaporator, spec.loop and spec.loop.fluid),
                    solver,
                    spec.numerics.field_tolerance,
                    files_digest(spec, self.loaded.base),
                ),
                functools.partial(
                    PackageField,
                    spec.package,
                    self.loaded.base,
                    wetted_face=wetted,
                    channels=channels,
                    solver=solver,
                    tolerance=spec.numerics.field_tolerance,
                ),
            )
        if self.package is None:
            raise ValueError("the case has no package")
        return self.package

    def _solver(self) -> str:
        """Return what the case asks for; in sweeps and long transients ``auto`` leaves the library out."""
        choice, mesh = self.loaded.spec.numerics.solver, self.inputs.mesh
        if choice != "auto" or mesh is None:
            return choice
        often = self.shared is not unshared
        long = self._steps() >= LONG_TRANSIENT and mesh.unknowns > DIRECT_UP_TO
        return "tensor" if often or long else choice

    def _steps(self) -> float:
        """Number of steps that the transient study will take, as far as the traces in memory tell."""
        if "transient" not in self.wanted:
            return 0.0
        step, traces = self.loaded.spec.numerics.time_step, self.inputs.traces
        return max(float(trace.steps) if step is None else trace.duration / step for trace in traces)

    @functools.cached_property
    def feedback(self) -> tuple[PowerFeedback, ...]:
        """What temperature does to the power of each module."""
        power = self.loaded.spec.power
        return () if power is None else tuple(PowerFeedback(power, trace) for trace in self.inputs.traces)

    @property
    def leaks(self) -> bool:
        """Whether the power of some block grows with its temperature."""
        return any(bool(np.any(one.leakage.reference_power > 0.0)) for one in self.feedback)

    def package_steady(self) -> FieldSolution:
        """Solve a package with a boundary of its own, its leakage at its own temperature."""
        package, latest = self.package_field(), list[FieldSolution]()

        def temperature_of(power: Array) -> Array:
            guess = latest[-1].temperature if latest else None
            latest[:] = [package.steady(power, guess=guess)]
            return latest[0].block_mean

        self.feedback[0].steady(self.inputs.mean_power[0], temperature_of)
        return latest[0]

    def sink_of_heat(self) -> SinkOfHeat:
        """Return the coolant at the condenser's design state, fans at full speed."""
        condenser = self.loaded.spec.condenser
        if condenser is None:
            raise ValueError("the case has no condenser")
        air = design_air(condenser)

        def sink(heat: float) -> HeatSink:
            return heat_sink(condenser, air, heat=heat)

        return sink
