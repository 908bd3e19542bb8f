"""Description of a package: layers from bottom to top, what heats them, what cools their faces."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from meshes.materials import LIBRARY, MaterialSpec
from meshes.quantity import (
    ContactResistance,
    HeatTransferCoefficient,
    Length,
    Position,
    PositiveNumber,
    Spec,
    Temperature,
)

RELATIVE_FIT = 1e-6
"""How far an outline may pass the plate, as a share of the plate's side: round-off of decimal inches and the like."""


class ExtentSpec(Spec):
    """Rectangle that a layer's material covers, from the package's lower left corner.

    Attributes
    ----------
    x, y
        Lower left corner [m].
    w, h
        Width along x and height along y [m].
    """

    x: Annotated[Position, Field(ge=0.0)]
    y: Annotated[Position, Field(ge=0.0)]
    w: Length
    h: Length


class GridSpec(Spec):
    """Floorplan of equal rectangles.

    Attributes
    ----------
    grid
        Blocks along x and along y.
    """

    grid: tuple[Annotated[int, Field(ge=1, le=1000)], Annotated[int, Field(ge=1, le=1000)]]


def _floorplan(value: Any) -> Any:
    if isinstance(value, str):
        if not value.endswith(".flp"):
            raise ValueError(
                'expected the name of a HotSpot floorplan ending in ".flp", or {grid = [nx, ny]}'
            )
        return value
    if isinstance(value, dict):
        return GridSpec.model_validate(value)
    return value


def _plain(name: str) -> str:
    if "|" in name:
        raise ValueError('"|" stands between the layers of a contact in results; leave it out of names')
    return name


class LayerSpec(Spec):
    """One layer.

    Attributes
    ----------
    thickness
        Along z [m].
    material
        Name of a library material or of one in ``package.materials``.
    cells
        Along z.
    extent
        Where the material is; the whole package when absent.
    fill
        Material outside the extent.
    floorplan
        Blocks of power over the layer's extent: a ``.flp`` file or ``{grid = [nx, ny]}``.
    heat
        Where the blocks' power enters: the layer's bottom face, its top face, or its volume.
    contact_resistance
        To the layer above, over the whole face [K m2/W].
    """

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_plain)]
    thickness: Annotated[Length, Field(le=1.0)]
    material: str
    cells: Annotated[int, Field(ge=1, le=1000)] = 1
    extent: ExtentSpec | None = None
    fill: str | None = None
    floorplan: Annotated[str | GridSpec | None, BeforeValidator(_floorplan)] = None
    heat: Literal["bottom", "top", "volume"] = "volume"
    contact_resistance: ContactResistance = 0.0


class FaceSpec(Spec):
    """Condition of a face: ``h`` and ``T`` (convection), or ``T`` alone (held).

    Attributes
    ----------
    h
        Heat transfer coefficient [W/(m2 K)].
    T
        Of the fluid, or of the face where ``h`` is absent [K].
    """

    h: HeatTransferCoefficient | None = None
    T: Temperature


def _face(value: Any) -> Any:
    if isinstance(value, str) and value != "insulated":
        raise ValueError('expected "insulated", {h = ..., T = ...} or {T = ...}')
    if isinstance(value, dict):
        return FaceSpec.model_validate(value)
    return value


Face = Annotated[Literal["insulated"] | FaceSpec, BeforeValidator(_face)]


class BoundarySpec(Spec):
    """Conditions of the package's outer faces; a face that an evaporator wets is set by the loop instead."""

    top: Face = "insulated"
    bottom: Face = "insulated"
    sides: Face = "insulated"


class PackageSpec(Spec):
    """A layered plate.

    Attributes
    ----------
    size
        Along x and y [m].
    cells
        Along x and y, where nothing asks for finer; outlines of extents and blocks are met besides.
    growth
        Ratio of neighbouring cells away from the heated layers' outlines; 1 keeps all cells alike [-].
    layer
        From bottom to top.
    materials
        Of this case, by name; they come before the library's.
    conductivity_factors
        On the conductivities of materials, by name, for studies of their scatter [-].
    """

    size: tuple[Annotated[Length, Field(le=10.0)], Annotated[Length, Field(le=10.0)]]
    cells: tuple[Annotated[int, Field(ge=1, le=4000)], Annotated[int, Field(ge=1, le=4000)]]
    growth: Annotated[PositiveNumber, Field(ge=1.0, le=2.0)] = 1.0
    layer: Annotated[tuple[LayerSpec, ...], Field(min_length=1, max_length=200)]
    materials: dict[str, MaterialSpec] = Field(default_factory=dict)
    conductivity_factors: dict[str, Annotated[PositiveNumber, Field(le=100.0)]] = Field(default_factory=dict)
    boundary: BoundarySpec = BoundarySpec()

    def material(self, name: str) -> MaterialSpec:
        """Return a material by name, the case's own before the library's, times its conductivity factor."""
        found = self.materials[name] if name in self.materials else LIBRARY[name]
        factor = self.conductivity_factors.get(name, 1.0)
        return found if factor == 1.0 else found.scaled(factor)

    @model_validator(mode="after")
    def _check(self) -> PackageSpec:
        faults: list[str] = []
        names = [layer.name for layer in self.layer]
        faults += [
            f"layer {name!r} occurs twice" for name in sorted({n for n in names if names.count(n) > 1})
        ]
        for layer in self.layer:
            faults += self._faults_of(layer)
        strangers = [name for name in self.conductivity_factors if name not in {*self.materials, *LIBRARY}]
        faults += [f"conductivity_factors: material {name!r} is not known" for name in strangers]
        if self.layer[-1].contact_resistance > 0.0:
            faults.append(f"layer {names[-1]!r}: contact_resistance needs a layer above")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _faults_of(self, layer: LayerSpec) -> list[str]:
        known = sorted({*self.materials, *LIBRARY})
        faults = [
            f"layer {layer.name!r}: {key} {name!r} is not known; known are {', '.join(known)}"
            for key, name in (("material", layer.material), ("fill", layer.fill))
            if name is not None and name not in known
        ]
        extent = layer.extent
        if extent is None:
            if layer.fill is not None:
                faults.append(f"layer {layer.name!r}: fill needs an extent")
            return faults
        for axis, start, length, size in (
            ("x", extent.x, extent.w, self.size[0]),
            ("y", extent.y, extent.h, self.size[1]),
        ):
            if start + length > size * (1.0 + RELATIVE_FIT):
                faults.append(
                    f"layer {layer.name!r}: extent ends at {axis} = {start + length:g} m, package at {size:g} m"
                )
        if layer.fill is None and not self._covers(extent):
            faults.append(
                f'layer {layer.name!r}: extent leaves room around it; name its material, such as fill = "air"'
            )
        return faults

    def _covers(self, extent: ExtentSpec) -> bool:
        slack = [RELATIVE_FIT * size for size in self.size]
        return (
            extent.x <= slack[0]
            and extent.y <= slack[1]
            and extent.x + extent.w >= self.size[0] - slack[0]
            and extent.y + extent.h >= self.size[1] - slack[1]
        )
