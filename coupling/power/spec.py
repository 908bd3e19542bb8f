"""The ``[power]`` section of a case: what a module draws, and which part of it is known how.

A module's power is static + clock + activity. A trace or an emulator gives the *activity* part, in shape and,
unless ``activity`` sets its mean, in size; static and clock power are spread over the blocks by area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from meshes.quantity import Fraction, PositiveNumber, Power, Spec, Temperature, Time, quantity

if TYPE_CHECKING:
    PerKelvin = float
    NonNegativeTime = float
    NonNegative = float
    TemperatureSpan = float
else:
    PerKelvin = quantity("1/K", ge=0.0, le=1.0)
    NonNegativeTime = quantity("s", ge=0.0)
    NonNegative = quantity("", ge=0.0)
    TemperatureSpan = quantity("delta_degC", ge=0.0)


class EmulatorSpec(Spec):
    """An emulator run: architecture, network, length.

    ``architecture`` is ``loihi`` or ``truenorth`` as SANA-FE brings them, ``wafer`` (``columns`` x ``rows`` tiles of
    ``cores_per_tile`` cores, with the energies of ``energy_model``) or an architecture file.
    Kind ``brainpy`` is a balanced network of ``neurons``, whose spikes become watts by ``[power.spikes]``.
    """

    kind: Literal["sanafe", "brainpy"] = "sanafe"
    architecture: str = "loihi"
    columns: Annotated[int, Field(ge=1, le=256)] = 16
    rows: Annotated[int, Field(ge=1, le=256)] = 16
    cores_per_tile: Annotated[int, Field(ge=1, le=256)] = 4
    energy_model: str = "loihi"
    network: Literal["recurrent", "dvs"] = "recurrent"
    neurons: Annotated[int, Field(ge=50, le=10_000_000)] = 4000
    neurons_per_core: Annotated[int, Field(ge=1, le=1024)] = 32
    fan_out: Annotated[int, Field(ge=1, le=1024)] = 32
    steps: Annotated[int, Field(ge=1, le=1_000_000)] = 400
    warm_up: Annotated[int, Field(ge=0, le=100_000)] = 40
    seed: Annotated[int, Field(ge=0)] | None = None

    def idle_keys(self) -> list[str]:
        """Keys that were changed though a case with this emulator and architecture reads them nowhere."""
        tiles = ["columns", "rows", "cores_per_tile", "energy_model"]
        idle = [] if self.architecture == "wafer" else tiles
        if self.kind == "brainpy":
            idle = ["architecture", "network", "neurons_per_core", "fan_out", *tiles]
        fields = type(self).model_fields
        return [name for name in idle if getattr(self, name) != fields[name].default]


class LeakageSpec(Spec):
    """The share of static power that grows with temperature, ``P(T) = P(T0) exp(coefficient (T - T0))``."""

    fraction: Fraction = 1.0
    reference_temperature: Temperature = 358.15
    coefficient: PerKelvin = 0.017


class SpikeSpec(Spec):
    """How spikes of a recording become watts: energy per event, placement, and a stand-in for the wiring."""

    energy_model: str = "loihi"
    placement: str | None = None
    cores_per_block: Annotated[int, Field(ge=1, le=100_000)] = 4
    fan_out: PositiveNumber = 100.0
    local_share: Fraction = 0.5
    messages: NonNegative = 4.0
    time_step: Time = 1e-3


class DeadSpec(Spec):
    """Blocks that do not work: named, drawn, or both; and who takes over their load."""

    blocks: tuple[str, ...] = ()
    fraction: Fraction = 0.0
    seed: Annotated[int, Field(ge=0)] | None = None
    move: Literal["even", "nearest", "lost"] = "even"


class PolicySpec(Spec):
    """What a power manager does at the temperature limit."""

    limit_temperature: Temperature = 358.15
    hysteresis: TemperatureSpan = 5.0
    factor: Annotated[Fraction, Field(gt=0.0, lt=1.0)] = 0.8
    least_speed: Fraction = 0.1
    catch_up: NonNegative = 0.25
    migrate: bool = False
    migrate_difference: TemperatureSpan = 5.0
    migrate_interval: Time = 0.01


class SourceSpec(Spec):
    """Where the power of a module, or of one die of it, comes from."""

    trace: str | None = None
    format: str | None = None
    interval: Time = 1e-3
    average: Time | None = None
    spikes: SpikeSpec = SpikeSpec()
    emulator: EmulatorSpec | None = None
    static: Power = 0.0
    clock: Power = 0.0
    activity: Power | None = None
    blocks: dict[str, Power] | None = None
    total: Power | None = None
    dead: DeadSpec | None = None
    mapping: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = self._sources()
        if len(given) != 1:
            raise ValueError(f"expected exactly one of {self._choices}; found {', '.join(given) or 'none'}")
        if given != ["trace or emulator"] and (self.activity is not None or self.mapping):
            raise ValueError("activity and mapping need a trace or an emulator")
        if self.emulator is not None and (idle := self.emulator.idle_keys()):
            what = self.emulator.kind if self.emulator.kind == "brainpy" else self.emulator.architecture
            raise ValueError(f"emulator.{idle[0]} has no meaning for {what}")
        return self

    _choices: ClassVar[str] = "trace/emulator, blocks, total"

    def _sources(self) -> list[str]:
        given = [name for name in ("blocks", "total") if getattr(self, name) is not None]
        return given + ["trace or emulator"] * (self.trace is not None or self.emulator is not None)


class DieSpec(SourceSpec):
    """Power of one die in a package of several.

    ``covers`` are patterns of block names, such as ``"gpu*"`` or ``"logic.*"``.
    """

    covers: Annotated[tuple[str, ...], Field(min_length=1)]


class PowerSpec(SourceSpec):
    """Power of one module and how the modules of a rack differ.

    ``module_traces`` holds one trace file a module, in their order, in place of ``trace``.
    ``temperature_limits`` holds, by pattern of block names such as ``"gpu*"``, what these blocks may reach [K].
    ``activity_factor`` multiplies all power that is neither static nor clock, for studies of its error [-].
    """

    leakage: LeakageSpec | None = None
    policy: PolicySpec | None = None
    dies: dict[str, DieSpec] = Field(default_factory=dict)
    temperature_limits: dict[str, Temperature] = Field(default_factory=dict)
    activity_factor: Annotated[PositiveNumber, Field(le=1000.0)] = 1.0
    module_traces: tuple[str, ...] | None = None
    module_scale: tuple[PositiveNumber, ...] | None = None
    module_shift: tuple[NonNegativeTime, ...] | None = None

    _choices: ClassVar[str] = "trace/emulator, blocks, total, dies"

    def _sources(self) -> list[str]:
        given = super()._sources() + ["dies"] * bool(self.dies)
        if self.module_traces is not None:
            if self.trace is not None or self.emulator is not None:
                raise ValueError("module_traces stand in place of trace and emulator; give one of them")
            given.append("trace or emulator")
        return given

    def of_module(self, index: int) -> PowerSpec:
        """Return the power of one module, its own trace in place of the list of all."""
        if self.module_traces is None:
            return self
        return self.model_copy(update={"trace": self.module_traces[index], "module_traces": None})
