"""Section ``[uncertainty]`` of a case file or of a sweep file: what is drawn, how often, on which mesh."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from meshes.quantity import Spec

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)]
Key = Annotated[str, Field(min_length=1, max_length=200)]
Group = Literal["closures", "materials", "power", "weather"]
Cells = Annotated[int, Field(ge=1, le=4000)]
FEWEST = 8
"""Draws of which percentiles are given."""


class SourceSpec(Spec):
    """One uncertain input: its base value times a factor, or plus a shift.

    Attributes
    ----------
    distribution
        ``normal``: ``band`` is one standard deviation. ``uniform``: ``band`` is the half-width. ``lognormal``: ``band``
        is the standard deviation of the factor's logarithm. ``seed``: another random year or trace in each design.
    band
        Relative to the base value where ``absolute`` is false, else in SI; 0 draws the base value
    centre
        Base value; left out, the base case's.
    source
        Where the band comes from.
    """

    name: Name
    key: Key
    distribution: Literal["normal", "uniform", "lognormal", "seed"] = "normal"
    band: Annotated[float, Field(ge=0.0)] = 0.1
    absolute: bool = False
    centre: float | None = None
    source: str = "assumption"

    @model_validator(mode="after")
    def _fits(self) -> SourceSpec:
        if self.absolute and self.distribution == "lognormal":
            raise ValueError("a lognormal band is relative")
        return self


class UncertaintySpec(Spec):
    """Section ``[uncertainty]``: draws of all sources at once, by a Latin hypercube.

    Attributes
    ----------
    samples
        Draws; 0 leaves the study out.
    seed
        Of the draws; left out, that of the case or sweep.
    draw
        What is drawn with the bands that the program knows: published ones of closures, scatter of materials, of the
        power model, other weather years.
    source
        Further sources; one at a key that is drawn anyhow takes its place.
    cells
        Along x and y of the package in the draws of a run, where nothing asks for finer: draws tell differences, and
        the case's own mesh tells the level. Left out, at most 16 a side.
    """

    samples: Annotated[int, Field(ge=0, le=1_000_000)] = 64
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    draw: tuple[Group, ...] = ("closures", "materials", "power", "weather")
    source: tuple[SourceSpec, ...] = ()
    cells: tuple[Cells, Cells] | None = None

    @model_validator(mode="after")
    def _enough(self) -> UncertaintySpec:
        if 0 < self.samples < FEWEST:
            raise ValueError(f"samples: {self.samples} are too few for percentiles; 0 or at least {FEWEST}")
        for what in ("name", "key"):
            found = [getattr(source, what) for source in self.source]
            twice = sorted({each for each in found if found.count(each) > 1})
            if twice:
                raise ValueError(f"two sources have the {what} {', '.join(twice)}")
        if not self.draw and not self.source:
            raise ValueError("nothing to draw: draw is empty and there is no [[uncertainty.source]]")
        return self
