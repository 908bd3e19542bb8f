"""Case-file sections of the loop and of the evaporators on it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from meshes.quantity import (
    Fraction,
    Length,
    Mass,
    Number,
    Position,
    Pressure,
    Spec,
    TemperatureDifference,
    Volume,
)

# drawn copper tube, Moody (1944)
DRAWN_TUBE_ROUGHNESS = 1.5e-6

LossCoefficient = Annotated[Number, Field(ge=0.0, le=1e7)]
PipeLength = Annotated[Length, Field(le=1e4)]
Diameter = Annotated[Length, Field(ge=1e-4, le=10.0)]
"""Of pipes, from the narrowest microchannel to a shaft [m]."""
ErrorFactor = Annotated[Number, Field(gt=0.0, le=10.0)]


ROUGHEST = 0.05
"""Roughness over diameter; Moody's diagram and the friction laws end there [-] (Moody 1944)."""
SURFACE_ROUGHNESS = (1e-8, 1e-3)
"""Peak heights of boiling walls that can be meant, from polished to cast [m]."""


def _refuse_rough(roughness: float, diameter: float) -> None:
    if roughness > ROUGHEST * diameter:
        raise ValueError(
            f"roughness {roughness:g} m is more than {ROUGHEST:.0%} of the diameter {diameter:g} m"
        )


class PipeSpec(Spec):
    """A pipe of one diameter, in the direction in which the loop runs.

    Attributes
    ----------
    length
        Along the axis [m].
    rise
        Elevation of the far end above the near end [m]; left out, the loop's elevations decide.
    diameter
        Inner [m].
    roughness
        Sand roughness of the wall [m].
    K
        Sum of the local loss coefficients, referred to this diameter [-].
    cells
        Marching steps along the pipe.
    """

    length: PipeLength
    rise: Position | None = None
    diameter: Diameter
    roughness: Annotated[Position, Field(ge=0.0)] = DRAWN_TUBE_ROUGHNESS
    K: LossCoefficient = 0.0
    cells: Annotated[int, Field(ge=1, le=500)] = 16

    @model_validator(mode="after")
    def _reaches(self) -> PipeSpec:
        _refuse_rough(self.roughness, self.diameter)
        if self.rise is not None and abs(self.rise) > self.length * (1.0 + 1e-9):
            raise ValueError(f"rise {self.rise:g} m is more than the length {self.length:g} m")
        return self


class ManifoldSpec(Spec):
    """A vertical pipe that joins the modules; its length follows from their elevations.

    Attributes
    ----------
    diameter
        Inner [m].
    roughness
        Sand roughness of the wall [m].
    K
        Local loss coefficient of the pipe between two neighbouring modules [-].
    """

    diameter: Diameter
    roughness: Annotated[Position, Field(ge=0.0)] = DRAWN_TUBE_ROUGHNESS
    K: LossCoefficient = 0.2

    @model_validator(mode="after")
    def _smooth_enough(self) -> ManifoldSpec:
        _refuse_rough(self.roughness, self.diameter)
        return self


class EvenModulesSpec(Spec):
    """Modules at even spacing: how many, the inlet elevation of the lowest [m] and the spacing [m]."""

    count: Annotated[int, Field(ge=1, le=512)]
    lowest: Position = 0.0
    pitch: Annotated[Position, Field(ge=0.0)] = 0.0

    @property
    def inlet_elevations(self) -> tuple[float, ...]:
        """Elevation of each module's inlet, lowest first [m]."""
        return tuple(self.lowest + self.pitch * index for index in range(self.count))


class PlacedModulesSpec(Spec):
    """Modules at given inlet elevations [m], lowest first."""

    elevations: Annotated[tuple[Position, ...], Field(min_length=1, max_length=512)]

    @model_validator(mode="after")
    def _ascends(self) -> PlacedModulesSpec:
        if any(high < low for low, high in zip(self.elevations, self.elevations[1:], strict=False)):
            raise ValueError("elevations must ascend, lowest module first")
        return self

    @property
    def inlet_elevations(self) -> tuple[float, ...]:
        """Elevation of each module's inlet, lowest first [m]."""
        return self.elevations


def _known_kind(kind: object) -> object:
    if kind != "face":
        raise ValueError("expected one of face, vascular")
    return kind


class EvaporatorSpec(Spec):
    """A heated wall with a gap in front of it, in which the fluid boils on its way up.

    Attributes
    ----------
    kind
        ``face``: one wetted face of the package.
    face
        Which face of the package is wetted.
    gap, width, length
        Depth of the gap, its width across the flow, and its length along the flow [m].
    segments
        Parts along the flow at which heat and state are exchanged with the package.
    roughness
        Of the boiling wall: peak height Rp after DIN 4762 [m].
    inlet_K, outlet_K
        Local loss coefficients, referred to the section of the gap [-].
    inclination
        Rise per length of the gap: 1 upright, 0 flat [-].
    """

    kind: Annotated[Literal["face"], BeforeValidator(_known_kind)] = "face"
    face: Literal["top", "bottom"] = "top"
    gap: Diameter
    width: Length
    length: Length
    segments: Annotated[int, Field(ge=1, le=400)] = 8
    roughness: Annotated[Length, Field(ge=SURFACE_ROUGHNESS[0], le=SURFACE_ROUGHNESS[1])] = 1.0e-6
    inlet_K: LossCoefficient = 1.5  # noqa: N815  the field's symbol
    outlet_K: LossCoefficient = 1.0  # noqa: N815
    inclination: Fraction = 1.0

    @property
    def flow_area(self) -> float:
        """Section of the gap [m2]."""
        return self.gap * self.width

    @property
    def outlet_area(self) -> float:
        """Section at the outlet, that of the gap [m2]."""
        return self.flow_area

    @property
    def rise(self) -> float:
        """Of the outlet above the inlet [m]."""
        return self.length * self.inclination

    @property
    def hydraulic_diameter(self) -> float:
        """Four times section over wetted perimeter [m]."""
        return 2.0 * self.gap * self.width / (self.gap + self.width)

    @property
    def heated_area(self) -> float:
        """Of one module [m2]."""
        return self.width * self.length


class CondensingSideSpec(Spec):
    """The condenser as the loop's fluid sees it.

    Attributes
    ----------
    volume
        On the fluid's side [m3].
    height
        From its outlet at the bottom to its top [m].
    vapour_inlet
        ``top``: vapour and condensate run down together, and the column of vapour drives. ``bottom``: vapour rises
        against the condensate that drains, up to the limit of flooding.
    diameter, passages
        Inner diameter [m] and number of the parallel tubes, for pressure loss and flooding.
    K
        Loss coefficient of headers and tubes, referred to the section of all tubes [-].
    """

    volume: Volume = 0.01
    height: Length = 0.1
    vapour_inlet: Literal["top", "bottom"] = "top"
    diameter: Diameter = 0.009
    passages: Annotated[int, Field(ge=1)] = 60
    K: LossCoefficient = 3.0

    @property
    def inlet_height(self) -> float:
        """Of the inlet above the outlet [m]."""
        return self.height if self.vapour_inlet == "top" else 0.0


class ClosuresSpec(Spec):
    """Closures by name, and factors on them for studies of their error.

    Attributes
    ----------
    friction, void, boiling, condensation
        Names.
    friction_factor
        On the frictional pressure gradient [-].
    void_factor
        On the slip ratio of the phases: above 1 there is less void [-].
    boiling_factor
        On the coefficient of boiling [-].
    chf_factor
        On the critical heat flux [-].
    dryout_factor
        On the quality at which dry-out begins [-].
    """

    friction: str = "muller-steinhagen-heck"
    void: str = "rouhani"
    boiling: str = "cooper"
    condensation: str = "shah"
    friction_factor: ErrorFactor = 1.0
    void_factor: ErrorFactor = 1.0
    boiling_factor: ErrorFactor = 1.0
    chf_factor: ErrorFactor = 1.0
    dryout_factor: ErrorFactor = 1.0


class LoopSpec(Spec):
    """One closed loop that gravity drives.

    Attributes
    ----------
    fluid, backend
        Name and property source.
    charge
        Mass in the loop [kg]; left out, the loop is filled so that liquid stands at the condenser's outlet.
    fill_ratio, reference_volume
        Volume of liquid at 20 degC over a volume that is stated with it [m3]; another way to give the charge.
    modules
        Evaporators in parallel.
    riser, downcomer
        From the highest module's outlet to the condenser, and from the condenser down to the highest module's
        inlet.
    return_manifold, supply_manifold
        Between the modules, on the vapour and the liquid side; left out, of the size of riser and downcomer.
    condensing
        The condenser on the fluid's side.
    closures
        By name.
    design_pressure
        That the loop may not exceed [Pa].
    wall_superheat_for_start
        That nucleation may ask for at start-up [K].
    """

    fluid: str
    backend: Literal["auto", "cantera", "coolprop"] = "auto"
    charge: Mass | None = None
    fill_ratio: Annotated[Number, Field(gt=0.0)] | None = None
    reference_volume: Volume | None = None
    modules: EvenModulesSpec | PlacedModulesSpec = EvenModulesSpec(count=1)
    riser: PipeSpec
    downcomer: PipeSpec
    return_manifold: ManifoldSpec | None = None
    supply_manifold: ManifoldSpec | None = None
    condensing: CondensingSideSpec = CondensingSideSpec()
    closures: ClosuresSpec = ClosuresSpec()
    design_pressure: Pressure | None = None
    wall_superheat_for_start: Annotated[TemperatureDifference, Field(gt=0.0)] = 15.0

    @model_validator(mode="after")
    def _charged_once(self) -> LoopSpec:
        if (self.fill_ratio is None) != (self.reference_volume is None):
            raise ValueError("fill_ratio and reference_volume go together")
        if self.charge is not None and self.fill_ratio is not None:
            raise ValueError("give charge or fill_ratio, not both")
        return self
