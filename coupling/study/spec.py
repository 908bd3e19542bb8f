"""The sweep file: a base case, what varies, what is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from coupling.case import Study
from coupling.study.uncertainty_spec import Key, Name, UncertaintySpec
from meshes.quantity import Spec

Sampling = Literal["grid", "list", "latin-hypercube", "sobol", "saltelli", "one-at-a-time"]
Expression = Annotated[str, Field(min_length=1, max_length=500)]


class SweepHeader(Spec):
    """Section ``[sweep]``: the base case and how designs are chosen.

    Attributes
    ----------
    case
        Case file, relative to the sweep file.
    study
        Studies of each design, instead of the case's own.
    sampling
        ``grid``: every combination. ``list``: first values together, second values together, and so on.
        ``latin-hypercube``, ``sobol``: as many as ``samples``. ``saltelli``: ``samples`` times (axes + 2), for Sobol
        indices. ``one-at-a-time``: the base, then each axis at its lowest and highest value.
    seed
        Of the random sequences.
    keep_runs
        Write a run directory for each design.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] = "sweep"
    description: str = ""
    case: Key
    study: Annotated[tuple[Study, ...], Field(min_length=1)] | None = None
    sampling: Sampling = "grid"
    samples: Annotated[int, Field(ge=1, le=1_000_000)] = 64
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    keep_runs: bool = False


class AxisSpec(Spec):
    """A direction of the design space: values or a range, put at one key of the case or at several linked ones.

    Attributes
    ----------
    name
        In expressions and columns.
    key, keys
        Where in the case file the value goes. With ``keys``, a value that is a list has one entry a key.
    values
        As they would stand in the case file.
    range
        Lowest and highest value.
    count
        Even steps of the range where a grid needs values.
    scale
        Spacing within the range.
    """

    name: Name
    key: Key | None = None
    keys: Annotated[tuple[Key, ...], Field(min_length=1)] | None = None
    values: Annotated[tuple[Any, ...], Field(min_length=1, max_length=100_000)] | None = None
    range: Annotated[tuple[Any, Any], Field()] | None = None
    count: Annotated[int, Field(ge=2, le=100_000)] = 5
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _one_of_each(self) -> AxisSpec:
        if (self.key is None) == (self.keys is None):
            raise ValueError("give key or keys")
        if (self.values is None) == (self.range is None):
            raise ValueError("give values or range")
        for value in self.values or ():
            if isinstance(value, list) and (self.keys is None or len(value) != len(self.keys)):
                raise ValueError("a value that is a list needs one entry for each of keys")
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """Keys of the case that this axis sets."""
        return self.keys if self.keys is not None else (self.key or "",)


class LinkSpec(Spec):
    """A key of the case that follows from the axes: an expression in SI units."""

    key: Key
    value: Expression


class ObjectiveSpec(Spec):
    """What is good: an expression over results (``chip.T_max_K``) and axes, to be made small or large."""

    name: Name
    quantity: Expression
    goal: Literal["minimise", "maximise"] = "minimise"


class OptimumSpec(Spec):
    """Section ``[optimise]``: a search for the best of the first objective.

    Attributes
    ----------
    require
        Expressions that must not be negative; left out, every margin of the loop.
    reserve
        By which the margins must stay clear of their limits [-].
    starts
        Best designs of the sweep from which the search starts.
    evaluations
        Largest number of designs solved from each start.
    """

    require: tuple[Expression, ...] = ()
    reserve: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    starts: Annotated[int, Field(ge=1, le=64)] = 2
    evaluations: Annotated[int, Field(ge=4, le=10_000)] = 60


class SweepSpec(Spec):
    """A whole sweep file."""

    sweep: SweepHeader
    set: dict[str, Any] = Field(default_factory=dict)
    axis: tuple[AxisSpec, ...] = ()
    link: tuple[LinkSpec, ...] = ()
    constraints: tuple[Expression, ...] = ()
    objective: tuple[ObjectiveSpec, ...] = ()
    optimise: OptimumSpec | None = None
    uncertainty: UncertaintySpec | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> SweepSpec:
        names = [axis.name for axis in self.axis]
        if not names and self.uncertainty is None:
            raise ValueError("needs at least one [[axis]] or a section [uncertainty]")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two axes are named {', '.join(twice)}")
        places = [place for axis in self.axis for place in axis.places] + [link.key for link in self.link]
        twice = sorted({place for place in places if places.count(place) > 1})
        if twice:
            raise ValueError(f"set twice: {', '.join(twice)}")
        if names and self.uncertainty is not None:
            raise ValueError("[uncertainty] draws its own designs; leave the axes out")
        if self.uncertainty is not None and (
            self.uncertainty.samples == 0 or self.uncertainty.cells is not None
        ):
            raise ValueError("[uncertainty] of a sweep needs samples, and [set] gives the package's cells")
        return self._sampling_fits()

    def _sampling_fits(self) -> SweepSpec:
        sampling = self.sweep.sampling
        if sampling == "list":
            if any(axis.values is None for axis in self.axis):
                raise ValueError('sampling "list" needs values at every axis')
            lengths = {len(axis.values or ()) for axis in self.axis}
            if len(lengths) > 1:
                raise ValueError(
                    f'sampling "list" needs as many values at each axis, found {sorted(lengths)}'
                )
        if sampling == "saltelli" and any(axis.range is None for axis in self.axis):
            raise ValueError('sampling "saltelli" needs a range at every axis')
        return self
