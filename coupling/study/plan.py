"""From a sweep file to its designs."""

from __future__ import annotations

import copy
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from coupling.case_file import LoadedCase, check_case, read_case, set_key
from coupling.errors import CaseError
from coupling.inputs import files_digest
from coupling.study.design import Design, design_key
from coupling.study.expressions import Expression, UndefinedError
from coupling.study.quantities import number_of
from coupling.study.sampling import Point, points
from coupling.study.spec import SweepSpec

RECIPE = 1
"""To be raised when the same design would give another row."""


@dataclass(frozen=True)
class BaseCase:
    """The case around which a sweep goes, ready to be changed.

    Attributes
    ----------
    data
        Its tables, with the sweep's own settings in them.
    path
        File they are from.
    assumptions
        That the file labels.
    """

    data: dict[str, Any]
    path: Path
    assumptions: tuple[str, ...]

    def case(self, settings: Mapping[str, Any]) -> LoadedCase:
        """Check the case with ``settings`` in it.

        Raises
        ------
        CaseError
            If it is no valid case.
        """
        data = copy.deepcopy(self.data)
        for key, value in settings.items():
            set_key(data, key, value, f"sweep, {key}")
        return check_case(data, self.path, self.assumptions)

    def digest(self) -> str:
        """Hash of the case and of the contents of the files that it names [hex]."""
        text = json.dumps([RECIPE, self.data], sort_keys=True, default=str)
        try:
            loaded = self.case({})
        except CaseError:
            files = ""  # the axes fill in what the base lacks
        else:
            files = files_digest(loaded.spec, loaded.base)
        return hashlib.sha256((text + files).encode()).hexdigest()

    def value_at(self, key: str) -> Any:
        """Value of the resolved base case at a dotted key; ``None`` where there is none."""
        place: Any = self.case({}).spec.model_dump(mode="json")
        for part in key.split("."):
            if isinstance(place, list):
                named = [item for item in place if isinstance(item, dict) and item.get("name") == part]
                found = named or [item for index, item in enumerate(place) if str(index) == part]
                place = found[0] if found else None
            else:
                place = place.get(part) if isinstance(place, dict) else None
        return place


@dataclass(frozen=True)
class Plan:
    """All designs of a sweep in their order.

    Attributes
    ----------
    excluded
        Designs that a constraint on the axes left out.
    """

    spec: SweepSpec
    base: BaseCase
    designs: tuple[Design, ...]
    excluded: int

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, or of the uncertain inputs."""
        if self.spec.uncertainty is not None:
            return tuple(source.name for source in self.spec.uncertainty.source)
        return tuple(axis.name for axis in self.spec.axis)


def read_sweep(path: Path) -> SweepSpec:
    """Read and check a sweep file.

    Raises
    ------
    CaseError
        With one line per fault.
    """
    try:
        spec = SweepSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CaseError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError([f"{path}: not valid TOML: {error}"]) from None
    except pydantic.ValidationError as error:
        raise CaseError([_fault(path, fault) for fault in error.errors()]) from None
    for text in _expressions(spec):
        try:
            Expression(text)
        except CaseError as error:
            raise CaseError([f"{path}: {error}"]) from None
    return spec


def _fault(path: Path, fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"]) or "sweep"
    if fault["type"] == "missing":
        return f"{path}: {where}: required, but missing"
    if fault["type"] == "extra_forbidden":
        return f"{path}: {where}: unknown key"
    message = fault["msg"].removeprefix("Value error, ")
    given = "" if isinstance(fault["input"], dict) else f"got {fault['input']!r}; "
    return f"{path}: {where}: {given}{message}"


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
        from coupling.study.uncertainty import drawn_designs

        return Plan(spec, base, tuple(drawn_designs(spec.uncertainty, base, spec.sweep.seed)), 0)
    builder = DesignBuilder(spec, base)
    made = [builder.build(point) for point in points(spec.sweep, spec.axis)]
    unique = dict.fromkeys(design for design in made if design is not None)
    if not unique:
        raise CaseError([f"{path}: constraints: no design is left of {len(made)}"])
    return Plan(spec, base, tuple(unique), made.count(None))


class DesignBuilder:
    """Turns points of the design space into designs."""

    def __init__(self, spec: SweepSpec, base: BaseCase) -> None:
        self.spec = spec
        self._base = base
        self._digest = base.digest()
        self._links = [(link.key, Expression(link.value)) for link in spec.link]
        names = {axis.name for axis in spec.axis}
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
        return Design(design_key(self._digest, settings), inputs, settings, tuple(point))

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
            number = number_of(shown)
            inputs[axis.name] = shown if number is None else number
        return inputs, settings
