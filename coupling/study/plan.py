"""From a sweep file to its designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from coupling.case_file import fault_lines, read_case, read_toml, set_key
from coupling.errors import CaseError
from coupling.study.base_case import BaseCase
from coupling.study.design import Design, design_key
from coupling.study.expressions import Expression, UndefinedError
from coupling.study.known_bands import Unknown, known_sources
from coupling.study.quantities import number_of
from coupling.study.sampling import Point, counts, points
from coupling.study.spec import SweepSpec
from coupling.study.uncertainty import drawn_designs
from coupling.study.uncertainty_spec import SourceSpec

RESULT_SECTIONS = ("chip", "loop", "network", "facility", "energy", "numerics")
"""Sections of a summary, whose numbers expressions may name."""
TOP_RESULTS = frozenset({"warnings", "seconds"})
CHECKED_KEYS = 100
"""Designs of a kind that are looked at for keys before a sweep begins."""


@dataclass(frozen=True)
class Plan:
    """All designs of a sweep in their order.

    Attributes
    ----------
    excluded
        Designs that a constraint on the axes left out.
    sources, unknown
        What a study of uncertainty draws, and what it does not because no band is known.
    """

    spec: SweepSpec
    base: BaseCase
    designs: tuple[Design, ...]
    excluded: int
    sources: tuple[SourceSpec, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, or of the uncertain inputs."""
        return tuple(each.name for each in self.sources or self.spec.axis)


def read_sweep(path: Path) -> SweepSpec:
    """Read and check a sweep file.

    Raises
    ------
    CaseError
        With one line per fault.
    """
    data, _ = read_toml(path)
    if "case" in data and "sweep" not in data:
        raise CaseError([f"{path}: is a case file (it has no section [sweep]): vascool run {path}"])
    try:
        spec = SweepSpec.model_validate(data)
    except pydantic.ValidationError as error:
        raise CaseError(fault_lines(path, error, SweepSpec, "sweep")) from None
    for text in _expressions(spec):
        try:
            Expression(text)
        except CaseError as error:
            raise CaseError([f"{path}: {error}"]) from None
    return spec


def _expressions(spec: SweepSpec) -> list[str]:
    found = [*spec.constraints, *(link.value for link in spec.link)]
    found += [objective.quantity for objective in spec.objective]
    return found + list(spec.optimise.require if spec.optimise is not None else ())


def base_case(spec: SweepSpec, folder: Path) -> BaseCase:
    """Read the base case of a sweep and put the sweep's own settings in it."""
    path = folder / spec.sweep.case
    data, assumptions = read_case(path)
    for key, value in spec.set.items():
        set_key(data, key, value, f"[set] {key}")
    if spec.sweep.study is not None:
        set_key(data, "case.study", list(spec.sweep.study), "sweep.study")
    return BaseCase(data, path, assumptions)


def make_plan(path: Path) -> Plan:
    """Read a sweep file and lay out its designs.

    Raises
    ------
    CaseError
        With one line per fault.
    """
    spec = read_sweep(path)
    base = base_case(spec, path.resolve().parent)
    if spec.uncertainty is not None:
        return uncertainty_plan(spec, base)
    builder = DesignBuilder(spec, base)
    made = [builder.build(point) for point in points(spec.sweep, spec.axis)]
    unique = dict.fromkeys(design for design in made if design is not None)
    if not unique:
        raise CaseError([f"{path}: constraints: no design is left of {len(made)}"])
    return Plan(spec, base, tuple(unique), made.count(None))


def checked_plan(path: Path) -> Plan:
    """Lay out designs that the product's own solver is to answer: of cases that exist, asked for what they give.

    Raises
    ------
    CaseError
        With one line per fault.
    """
    plan = make_plan(path)
    if plan.spec.uncertainty is None:
        _check_names(path, plan.spec)
        _check_keys(path, plan.base, plan.designs)
    return plan


def _check_names(path: Path, spec: SweepSpec) -> None:
    """Refuse a name of an expression that can be neither an axis nor a result."""
    axes = [axis.name for axis in spec.axis]
    for text in _expressions(spec):
        for name in Expression(text).names:
            first, dot, _ = name.partition(".")
            if name not in axes and (first not in RESULT_SECTIONS if dot else first not in TOP_RESULTS):
                raise CaseError(
                    [
                        f"{path}: expression {text!r}: {name} has no value; allowed: the axes "
                        f"({', '.join(axes)}) and results of {', '.join(RESULT_SECTIONS)}, as in chip.T_max_K"
                    ]
                )


def _check_keys(path: Path, base: BaseCase, designs: Sequence[Design]) -> None:
    """Refuse keys that make a valid case in none of the designs that set them; one wrong value is a row's matter."""
    kinds: dict[tuple[str, ...], list[Design]] = {}
    for design in designs:
        kinds.setdefault(tuple(design.settings), []).append(design)
    for alike in kinds.values():
        faults: list[str] = []
        for design in alike[:: max(1, len(alike) // CHECKED_KEYS)]:
            try:
                base.case(design.settings)
            except CaseError as error:
                faults = faults or list(error.faults)
            else:
                break
        else:
            raise CaseError([f"{path}: no design is a valid case: {fault}" for fault in faults])


def uncertainty_plan(spec: SweepSpec, base: BaseCase) -> Plan:
    """Lay out the draws of a study of uncertainty.

    Raises
    ------
    CaseError
        If nothing of the case is uncertain, or a source has no number in it.
    """
    if spec.uncertainty is None:
        raise ValueError("the sweep has no section [uncertainty]")
    sources, unknown = known_sources(spec.uncertainty, base.case({}))
    if not sources:
        raise CaseError(
            [f"{base.path}: uncertainty: no band is known for anything that is drawn; give a source"]
        )
    seed = spec.sweep.seed if spec.uncertainty.seed is None else spec.uncertainty.seed
    designs = drawn_designs(sources, spec.uncertainty.samples, base, seed)
    return Plan(spec, base, tuple(designs), 0, sources, unknown)


class DesignBuilder:
    """Turns points of the design space into designs."""

    def __init__(self, spec: SweepSpec, base: BaseCase) -> None:
        self.spec = spec
        self._base = base
        self._digest = base.digest()
        self._links = [(link.key, Expression(link.value)) for link in spec.link]
        names = {axis.name for axis in spec.axis}
        self._counted = {axis.name for axis in spec.axis if counts(axis)}
        parsed = [Expression(text) for text in spec.constraints]
        self._constraints = [each for each in parsed if names.issuperset(each.names)]

    def build(self, point: Sequence[Any]) -> Design | None:
        """Return the design at a point, ``None`` where a constraint on the axes leaves it out."""
        inputs, settings = self._placed(point)
        try:
            if not all(constraint(inputs) for constraint in self._constraints):
                return None
            settings |= {key: link(inputs) for key, link in self._links}
        except UndefinedError as error:
            raise CaseError([f"sweep: {error}"]) from None
        files = self._base.named_contents(settings)
        key = design_key(self._digest, settings | ({"": files} if files else {}))
        return Design(key, inputs, settings, tuple(point))

    def _placed(self, point: Point | Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        inputs: dict[str, Any] = {}
        settings: dict[str, Any] = {}
        for axis, value in zip(self.spec.axis, point, strict=True):
            if value is None:  # as the base has it
                shown = self._base.value_at(axis.places[0])
            else:
                each = (
                    value if isinstance(value, list) and axis.keys is not None else [value] * len(axis.places)
                )
                settings |= dict(zip(axis.places, each, strict=True))
                shown = each[0]
            number = number_of(shown) if axis.name in self._counted else None
            inputs[axis.name] = shown if number is None else number
        return inputs, settings
