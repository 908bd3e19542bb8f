"""Section ``[evaporator]``: a gap in front of a face of the package, or channels in one of its layers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from thermal.loop.specs import EvaporatorSpec
from thermal.vascular.spec import VascularSpec


def _which(section: Any) -> str:
    kind = section.get("kind", "face") if isinstance(section, dict) else getattr(section, "kind", "face")
    return "VascularSpec" if kind == "vascular" else "EvaporatorSpec"


Evaporator = Annotated[
    Annotated[EvaporatorSpec, Tag("EvaporatorSpec")] | Annotated[VascularSpec, Tag("VascularSpec")],
    Discriminator(_which),
]
"""By its ``kind``, a face where that is left out."""
