"""Reading case files: TOML in, a checked :class:`~coupling.case.CaseSpec` out, or every fault in one message each."""

from __future__ import annotations

import difflib
import os
import tomllib
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from coupling.case import CaseSpec
from coupling.errors import CaseError


@dataclass(frozen=True)
class LoadedCase:
    """A checked case, where it was read, and the comments labelled as assumptions."""

    spec: CaseSpec
    path: Path
    assumptions: tuple[str, ...]

    @property
    def base(self) -> Path:
        """Folder from which relative paths of the case count."""
        return self.path.resolve().parent


def load_case(path: Path, overrides: Sequence[str] = ()) -> LoadedCase:
    """Read, override and check a case file.

    Parameters
    ----------
    path
        TOML file.
    overrides
        Assignments such as ``loop.riser.diameter=4 mm``; list items by number or by their ``name``.

    Raises
    ------
    CaseError
        With one line per fault: file, key path, what was given, what is allowed.
    """
    data, assumptions = read_case(path)
    for assignment in overrides:
        _override(data, assignment)
    return check_case(data, path, assumptions)


def read_case(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read a case file without checking it: its tables, and what it labels as assumption.

    Raises
    ------
    CaseError
        If the file is not there or not TOML.
    """
    data, text = read_toml(path)
    if "sweep" in data and "case" not in data:
        raise CaseError([f"{path}: is a sweep file (it has a section [sweep]): vascool sweep {path}"])
    return data, read_assumptions(text)


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Read a TOML file in UTF-8, with or without byte order mark: its tables and its text.

    Raises
    ------
    CaseError
        If the file is not there or not TOML.
    """
    text = _read_text(path)
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise CaseError([f"{path}: not valid TOML: {error}"]) from None


def check_case(data: dict[str, Any], path: Path, assumptions: tuple[str, ...] = ()) -> LoadedCase:
    """Check the tables of a case; ``path`` is the file they are from.

    Raises
    ------
    CaseError
        With one line per fault: file, key path, what was given, what is allowed.
    """
    try:
        spec = CaseSpec.model_validate(data)
    except pydantic.ValidationError as error:
        raise CaseError(fault_lines(path, error, CaseSpec, "case")) from None
    return LoadedCase(spec, path, assumptions)


def fault_lines(path: Path, error: pydantic.ValidationError, model: Any, whole: str) -> list[str]:
    """One line per fault of a file: file, key path, what was given, what is allowed.

    Parameters
    ----------
    model
        Spec of the whole file.
    whole
        What a fault of no single key is said to be of.
    """
    return list(
        dict.fromkeys(
            line for fault in _own_faults(error) for line in _fault(path, fault, model, whole).splitlines()
        )
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CaseError([f"{path}: no such case file"]) from None
    except IsADirectoryError:
        raise CaseError([f"{path}: is a folder, expected a TOML file"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CaseError([f"{path}: line {line}: not UTF-8 text; save the file as UTF-8"]) from None
    except OSError as error:
        raise CaseError([f"{path}: cannot be read: {error.strerror}"]) from None


def read_assumptions(text: str) -> tuple[str, ...]:
    """Collect what a case file labels as assumption: ``key = value  # assumption: why``.

    Returns
    -------
    One line per label, with the key it stands at (and its section) in front.
    """
    section, found = "", []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped:
            section = stripped.strip("[").split("]")[0].strip()
        code, mark, comment = line.partition("#")
        if mark and comment.strip().lower().startswith("assumption"):
            key, _, value = ("", "", "") if stripped.startswith("[") else code.partition("=")
            key, value = key.strip(), value.strip()
            place = ".".join(part for part in (section, key) if part)
            reason = comment.strip()[len("assumption") :].lstrip(": ")
            stated = f"{place} = {value}" if value else place or "case"
            found.append(f"{stated}: {reason}" if reason else stated)
    return tuple(found)


def _override(data: dict[str, Any], assignment: str) -> None:
    key, separator, text = assignment.partition("=")
    key = key.strip()
    if not separator or not key:
        raise CaseError([f'--set {assignment}: expected KEY=VALUE, such as loop.riser.diameter="40 mm"'])
    asked = f"--set {assignment}"
    set_key(data, key, _value(text, asked), asked)


def set_key(data: dict[str, Any], key: str, value: Any, asked: str) -> None:
    """Put a value at a dotted key of a case's tables; items of a list go by number or by their ``name``.

    Parameters
    ----------
    data
        Tables of the case; changed.
    key
        Such as ``loop.riser.diameter`` or ``package.layer.plate.thickness``.
    value
        As it would stand in the file.
    asked
        What asked for it, for the message.

    Raises
    ------
    CaseError
        If the key leads through a value or to no item of a list.
    """
    *parents, last = key.split(".")
    place: Any = data
    for depth, part in enumerate(parents):
        place = _descend(place, part, ".".join(parents[: depth + 1]), asked)
    if isinstance(place, list):
        place[_index(place, last, key, asked)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise CaseError([f"{asked}: {'.'.join(parents)} is a value, not a section"])


def _descend(place: Any, part: str, path: str, asked: str) -> Any:
    if isinstance(place, list):
        return place[_index(place, part, path, asked)]
    if not isinstance(place, dict):
        raise CaseError([f"{asked}: {path} lies below a value, not a section"])
    return place.setdefault(part, {})


def _index(items: list[Any], part: str, path: str, asked: str) -> int:
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    if part in names:
        return names.index(part)
    if part.isdecimal() and int(part) < len(items):
        return int(part)
    known = ", ".join(str(name) for name in names if name) or f"0 to {len(items) - 1}"
    raise CaseError([f"{asked}: {path} is not in the list; allowed: {known}"])


def _value(text: str, asked: str) -> Any:
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        if text.strip()[:1] in ("[", "{"):
            raise CaseError(
                [f'{asked}: is no list or table of TOML; texts in it need quotes: \'key=["a", "b"]\'']
            ) from None
        return text.strip()


def _own_faults(error: pydantic.ValidationError) -> list[Any]:
    """Leave out a list that is "too short" only because an item of it is at fault, and forms that were not meant."""
    faults = _of_the_form_meant(error.errors())
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault, place in zip(faults, places, strict=True)
        if fault["type"] != "too_short" or not any(p[: len(place)] == place and p != place for p in places)
    ]


def _of_the_form_meant(faults: Sequence[Any]) -> list[Any]:
    """Of the forms that a section may have, keep the faults of the one whose keys fit best."""
    forms: dict[Any, dict[Any, int]] = {}
    for fault in faults:
        place, form = _form(fault["loc"])
        misfits = forms.setdefault(place, {}).setdefault(form, 0)
        forms[place][form] = misfits + (fault["type"] in ("missing", "extra_forbidden"))
    best = {place: min(misfits.values()) for place, misfits in forms.items()}
    return [
        fault
        for fault in faults
        for place, form in (_form(fault["loc"]),)
        if form is None or forms[place][form] == best[place]
    ]


def _form(location: Sequence[int | str]) -> tuple[Sequence[int | str], int | str | None]:
    """Where a section has several forms, and which of them a fault is about."""
    tag = next((index for index, part in enumerate(location) if _is_union_tag(part)), None)
    return (location, None) if tag is None else (location[:tag], location[tag])


def _fault(path: Path, fault: Any, model: Any, whole: str) -> str:
    """Put one pydantic fault into words: file, key path, what was given, what is allowed."""
    location = fault["loc"]
    keys = [str(part) for part in location if not _is_union_tag(part)]
    where = ".".join(keys) or whole
    if fault["type"] == "missing":
        return f"{path}: {where}: required, but missing"
    if fault["type"] == "extra_forbidden":
        return f"{path}: {where}: unknown key; {_allowed_keys(location, model)}"
    message = _plain_message(fault, model)
    if where == whole or isinstance(fault["input"], dict | pydantic.BaseModel):
        # a check of several keys has a line for each fault; one that names its key needs no other
        named = {f"{section}." for section in model.model_fields} if where == whole else set()
        return "\n".join(
            f"{path}: {line}" if line.partition(".")[0] + "." in named else f"{path}: {where}: {line}"
            for line in message.splitlines()
        )
    return f"{path}: {where}: got {_shown(fault['input'])}; {message[:1].lower()}{message[1:]}"


def _plain_message(fault: Any, model: Any) -> str:
    """What is allowed, in words of a case file instead of Python's."""
    if fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        names = _fields_at(model, fault["loc"])
        return f"expected a section with keys such as {', '.join(names)}" if names else "expected a section"
    if fault["type"] in ("tuple_type", "list_type"):
        return "expected a list"
    if fault["type"] in ("too_short", "too_long"):
        wanted = fault["ctx"].get("min_length", fault["ctx"].get("max_length"))
        limit = "at least" if fault["type"] == "too_short" else "at most"
        return f"expected a list of {limit} {wanted} item{'s' * (wanted != 1)}"
    if fault["type"].startswith("int_"):
        return "expected a whole number"
    if fault["type"] == "union_tag_invalid":
        given = fault["ctx"]
        return f"{given['discriminator']}: got {given['tag']!r}; input should be {given['expected_tags']}"
    message = str(fault["msg"].removeprefix("Value error, "))
    if fault["type"].startswith(("greater_than", "less_than")):
        return f"{message} {_unit_at(model, fault['loc'])}".rstrip()
    return message


def _is_union_tag(part: int | str) -> bool:
    # pydantic names the tried branch of a union in the path: function-before[...], or a class name
    return isinstance(part, str) and (
        "[" in part or part.endswith("Spec") or part in ("float", "str", "int", "bool")
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _allowed_keys(location: Sequence[int | str], model: Any) -> str:
    unknown = str(location[-1])
    names = _fields_at(model, location[:-1])
    if unknown in names:
        return "does not go with the keys beside it"
    close = difflib.get_close_matches(unknown, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}allowed: {', '.join(names)}" if names else "not allowed here"


def _fields_at(model: Any, location: Sequence[int | str]) -> list[str]:
    found = _candidates_at(model, location)
    return list(dict.fromkeys(name for candidate in found for name in candidate.model_fields))


def _candidates_at(model: Any, location: Sequence[int | str]) -> list[Any]:
    """Sections that may stand at a place."""
    candidates = [model]
    for part in location:
        if isinstance(part, int) or _is_union_tag(part):
            continue
        candidates = [
            found
            for candidate in candidates
            if part in candidate.model_fields
            for found in _models_in(candidate.model_fields[part].annotation)
        ] or candidates
    return candidates


def _unit_at(model: Any, location: Sequence[int | str]) -> str:
    """Return the unit in which a bare number at a key is taken, or nothing."""
    key = next((part for part in reversed(location) if isinstance(part, str) and not _is_union_tag(part)), "")
    for candidate in _candidates_at(model, location[: list(location).index(key)] if key else ()):
        field = candidate.model_fields.get(key)
        if field is not None and isinstance(field.json_schema_extra, dict):
            return str(field.json_schema_extra.get("unit", ""))
    return ""


def _models_in(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is None and isinstance(annotation, type):
        return [annotation] if issubclass(annotation, pydantic.BaseModel) else []
    return [model for argument in typing.get_args(annotation) for model in _models_in(argument)]


def resolved_toml(case: LoadedCase, folder: Path | None = None) -> str:
    """Write the case with every default filled in, as TOML (absent sections stay absent).

    Parameters
    ----------
    folder
        Where the text will stand: the files it names are found from there.
    """
    import tomli_w

    data = case.spec.model_dump(mode="json", exclude_none=True)
    if folder is not None:
        for place, key in named_files(data):
            if (case.base / place[key]).exists():
                place[key] = os.path.relpath(case.base / place[key], folder.resolve())
    return tomli_w.dumps(data)


def named_files(data: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Where a case's tables name files: pairs of a table (or list) and the key of a name in it."""
    power, facility = data.get("power") or {}, data.get("facility") or {}
    places: list[tuple[Any, Any]] = [
        (layer, "floorplan") for layer in (data.get("package") or {}).get("layer", ())
    ]
    traces = power.get("module_traces") or []
    places += [(traces, index) for index in range(len(traces))]
    for source in (power, *(power.get("dies") or {}).values()):
        places += [
            (source, "trace"),
            (source.get("spikes") or {}, "placement"),
            (source.get("emulator") or {}, "architecture"),
        ]
    places += [(facility, "weather"), (data.get("evaporator") or {}, "file")]
    return [
        (place, key)
        for place, key in places
        if isinstance(place[key] if isinstance(place, list) else place.get(key), str)
    ]
