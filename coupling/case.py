"""The case: every section of a case file, composed.

Each section's model belongs to the package that owns the thing; here they only meet, and what no section can
check alone is checked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from coupling.plant.comparison import ComparisonSpec
from coupling.plant.facility import FacilitySpec
from coupling.plant.reserve import ReserveSpec
from coupling.power.spec import PowerSpec
from coupling.study.uncertainty_spec import UncertaintySpec
from meshes.package import BoundarySpec, PackageSpec
from meshes.quantity import Spec, Time
from thermal.loop.condenser import CondenserSpec
from thermal.loop.specs import EvaporatorSpec, LoopSpec
from thermal.vascular.evaporator import Evaporator
from thermal.vascular.spec import VascularSpec

Study = Literal["steady", "transient", "year"]


class HeaderSpec(Spec):
    """Section ``[case]``: what this case is and which studies it asks for."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: str = ""
    study: Annotated[tuple[Study, ...], Field(min_length=1)] = ("steady",)
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @model_validator(mode="after")
    def _each_study_once(self) -> HeaderSpec:
        if len(set(self.study)) != len(self.study):
            raise ValueError("study names a study twice")
        return self


class NumericsSpec(Spec):
    """Section ``[numerics]``: tolerances, time steps, solver.

    A transient is played by a reduced model whose error from leaving modes out is bounded by ``reduced_tolerance`` [K],
    as long as the bound of all that it leaves out is within ``reduced_error_limit`` [K]. It is made around rounded
    conditions and kept in ``$XDG_CACHE_HOME/vascool/reduced`` (1 GB at most) for all runs, studies and designs of like
    packages; where the laws of wall and conductivity may then err by more than half of the limit, or all of it
    by more, one of the run's own takes its place.
    """

    coupling_tolerance: Annotated[float, Field(gt=0.0, le=1e-6)] = 1e-8
    coupling_iterations: Annotated[int, Field(ge=1, le=1000)] = 60
    field_tolerance: Annotated[float, Field(gt=0.0, le=1e-6)] = 1e-10
    solver: Literal["auto", "tensor", "amg", "direct"] = "auto"
    time_step: Time | None = None
    loop_time_step: Time = 1.0
    reduced: bool = True
    reduced_tolerance: Annotated[float, Field(gt=0.0, le=10.0)] = 0.02
    reduced_error_limit: Annotated[float, Field(gt=0.0, le=10.0)] = 0.25


class CaseSpec(Spec):
    """A whole case, or a chip, a loop or a facility alone: absent sections are absent from the summary."""

    case: HeaderSpec
    package: PackageSpec | None = None
    evaporator: Evaporator | None = None
    loop: LoopSpec | None = None
    condenser: CondenserSpec | None = None
    power: PowerSpec | None = None
    facility: FacilitySpec | None = None
    comparison: ComparisonSpec | None = None
    reserve: ReserveSpec | None = None
    uncertainty: UncertaintySpec | None = None
    numerics: NumericsSpec = NumericsSpec()

    @model_validator(mode="after")
    def _sections_fit_together(self) -> CaseSpec:
        faults = [*self._missing_sections(), *self._unfit_studies(), *self._without_meaning()]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _missing_sections(self) -> list[str]:
        faults = []
        if self.package is None and self.loop is None and self.facility is None:
            faults.append("needs at least one of the sections [package], [loop], [facility]")
        if self.package is not None and self.power is None:
            faults.append("[package] needs a section [power]")
        boundary = None if self.package is None else self.package.boundary
        if self.loop is None and boundary == BoundarySpec():
            faults.append(
                "package.boundary: every face is insulated, so nothing takes the heat; give a face h and T, or T"
            )
        if self.loop is not None:
            needed = {"condenser": self.condenser, "evaporator": self.evaporator, "power": self.power}
            faults += [
                f"[loop] needs a section [{name}]" for name, section in needed.items() if section is None
            ]
        alone = self.package is None and self.loop is None
        if self.facility is not None and alone and self.facility.it_power is None:
            faults.append("facility.it_power: required without [package] and [loop]")
        if isinstance(self.evaporator, VascularSpec):
            faults += self._channel_faults(self.evaporator)
        if self.evaporator is not None and self.loop is None:
            faults.append("[evaporator] needs a section [loop]")
        return faults

    def _channel_faults(self, evaporator: VascularSpec) -> list[str]:
        if self.package is None:
            return ['[evaporator] of kind "vascular" needs a section [package]']
        names, solver = [layer.name for layer in self.package.layer], self.numerics.solver
        if solver not in ("auto", "tensor"):
            return [f"numerics.solver: {solver!r} does not take channels in the solid; allowed: auto, tensor"]
        if evaporator.layer in names:
            return []
        return [
            f"evaporator.layer: {evaporator.layer!r} is not a layer of the package; layers are {', '.join(names)}"
        ]

    def _unfit_studies(self) -> list[str]:
        faults = []
        beside = {"comparison": self.comparison, "reserve": self.reserve}
        faults += [
            f"[{name}] needs a section [facility]"
            for name, section in beside.items()
            if section is not None and self.facility is None
        ]
        if "transient" in self.case.study and self.package is None:
            faults.append('study "transient" needs a section [package]')
        if "year" in self.case.study and self.facility is None:
            faults.append('study "year" needs a section [facility]')
        if "steady" in self.case.study and self.package is None and self.loop is None:
            faults.append('study "steady" needs a section [package] or [loop]')
        return faults

    def _without_meaning(self) -> list[str]:
        """Name keys that nothing in this case would read, each with the reason."""
        idle: list[tuple[str, object, str]] = []
        facility, power = self.facility, self.power
        if facility is not None:
            compared = self.comparison is not None
            if self.package is not None or self.loop is not None:
                idle.append(("facility.it_power", facility.it_power, "[power] gives it"))
            if not compared and (self.condenser is None or self.condenser.kind != "air-fan"):
                idle.append(("facility.fan_control", facility.fan_control, "[condenser] has no fans"))
            if not compared and (self.package is None or self.loop is None):
                chip = "there is no chip: needs [package] and [loop]"
                idle.append(("facility.temperature_limit", facility.temperature_limit, chip))
                idle.append(("facility.temperature_marks", facility.temperature_marks, chip))
            if self.condenser is None:
                idle.append(("facility.heat_reuse", facility.heat_reuse, "needs a section [condenser]"))
        if power is not None and self.package is None:
            for name in ("leakage", "policy", "temperature_limits"):
                idle.append((f"power.{name}", getattr(power, name), "needs a section [package]"))
        if self.package is not None and self.loop is not None and isinstance(self.evaporator, EvaporatorSpec):
            face = self.evaporator.face
            condition = getattr(self.package.boundary, face)
            given = None if condition == "insulated" else condition
            idle.append((f"package.boundary.{face}", given, "the loop wets this face"))
        return [f"{key}: has no meaning here: {why}" for key, given, why in idle if given]
