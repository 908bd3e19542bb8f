"""Case-file section of an evaporator that is a network of channels in a layer of the package."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from meshes.quantity import Fraction, Length, Number, Spec, Temperature, Volume
from meshes.vascular_checks import ManufactureSpec
from meshes.vascular_radii import LAWS
from thermal.vascular.fork_losses import FORK_SOURCE, FORKS
from thermal.vascular.phase_split import PHASE_SPLIT_SOURCE, SPLITS

LossCoefficient = Annotated[Number, Field(ge=0.0)]
Share = Annotated[Number, Field(gt=0.0, lt=1.0)]
NO_ALTERNATIVE = "none"


class VascularSpec(Spec):
    """Channels in which the fluid boils on its way up through a plate.

    Attributes
    ----------
    layer
        Of the package in which the channels lie.
    layout, file
        Course of the channels; ``csv`` reads ``file``: x and y in the package, z above the layer's bottom.
    levels, reach
        Of bifurcation of a tree; or the farthest that a point of the footprint may be from a channel [m], which then
        gives the levels.
    channels, passes
        Of straight channels; of a serpentine.
    width, length, round
        Footprint, laid centrally over the package, the whole of it where left out [m]; ``round``: the ellipse in it.
    planes
        Of the supply and of the return tree as shares of the layer's thickness; others lie in the middle between.
    law, channel_volume
        How radii follow flow and specific volume, and the volume of all channels [m3].
    design_quality, design_temperature
        At the exit [-], and of saturation [K], at which the law takes the specific volume.
    manufacture
        Smallest diameter and wall that the process can make.
    piece
        Longest piece in which the channels exchange heat [m]; left out, two of the package's cells.
    roughness
        Of the channels' wall: of the boiling surface, peak height Rp after DIN 4762, and of friction [m].
    inlet_K, outlet_K
        Local loss coefficients of the ports, referred to the channels at them [-].
    inclination
        Sine of the angle that the plate's y axis makes with the ground: 1 upright, 0 flat [-].
    split, alternative_split
        How phases part at forks; and the closure with which the steady study is repeated to tell how much that
        matters, ``none`` for not at all.
    forks
        How much a boiling mixture loses at bends, forks and joints.
    """

    kind: Literal["vascular"]
    layer: str
    layout: Literal["tree", "straight", "serpentine", "u-channel", "csv"] = "tree"
    file: str | None = None
    levels: Annotated[int, Field(ge=1, le=8)] = 4
    reach: Length | None = None
    channels: Annotated[int, Field(ge=1, le=400)] = 16
    passes: Annotated[int, Field(ge=1, le=200)] = 8
    width: Length | None = None
    length: Length | None = None
    round: bool = False
    planes: tuple[Share, Share] = (0.3, 0.7)
    law: str = "two-phase"
    channel_volume: Volume | None = None
    design_quality: Fraction = 0.1
    design_temperature: Temperature = 313.15
    manufacture: ManufactureSpec = ManufactureSpec()
    piece: Length | None = None
    roughness: Length = 1.0e-6
    inlet_K: LossCoefficient = 1.5  # noqa: N815  the field's symbol
    outlet_K: LossCoefficient = 1.0  # noqa: N815
    inclination: Fraction = 1.0
    split: str = "equal-quality"
    alternative_split: str = "vapour-to-slower"
    forks: str = "homogeneous"

    def closure_rows(self) -> list[dict[str, str]]:
        """Closures of the channels themselves, as a loop's description lists them."""
        return [
            {"quantity": "phase split", "name": self.split, "source": PHASE_SPLIT_SOURCE},
            {"quantity": "fork losses", "name": self.forks, "source": FORK_SOURCE},
        ]

    @field_validator("law", "split", "alternative_split", "forks")
    @classmethod
    def _known(cls, name: str, info: object) -> str:
        key = str(getattr(info, "field_name", ""))
        allowed = {
            "law": tuple(LAWS),
            "split": tuple(SPLITS),
            "alternative_split": (*SPLITS, NO_ALTERNATIVE),
            "forks": FORKS,
        }[key]
        if name not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return name

    @model_validator(mode="after")
    def _complete(self) -> VascularSpec:
        faults = []
        if (self.layout == "csv") != (self.file is not None):
            faults.append('layout = "csv" and file go together')
        if self.layout != "csv" and self.channel_volume is None:
            faults.append("channel_volume is required for a generated layout")
        if self.layout == "tree" and self.planes[0] == self.planes[1]:
            faults.append("planes of supply and return must differ")
        if self.alternative_split == self.split:
            faults.append('alternative_split is the split itself; take another or "none"')
        if faults:
            raise ValueError("; ".join(faults))
        return self
