"""Power slots of 3D-ICE: floorplans (``.flp``) whose elements carry ``power values``, and the stack that uses them.

A ``.stk`` names the dies, their floorplans and the slot's duration; a ``.flp`` alone needs the duration given. The
format is that of the 3D-ICE 3 user guide [1]_. Power of an element made of several rectangles is that of the whole.

References
----------
.. [1] F. Terraneo et al., "3D-ICE 3.0: Efficient nonlinear MPSoC thermal simulation with pluggable heat sink models",
   IEEE TCAD 41 (2022) 1062-1075.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coupling.errors import TraceError
from coupling.power.formats.text import MAXIMUM_COLUMNS
from coupling.power.trace import PowerTrace, Provenance, Share

_TOKEN = re.compile(r'"[^"]*"|[^\s,;:()"]+|[,;:()]')
_SIZES = {"position": 2, "dimension": 2, "rectangle": 4}


@dataclass(frozen=True)
class _Token:
    text: str
    where: str


def read_threedice(path: Path, slot: float) -> PowerTrace:
    """Read the power of a ``.stk`` (all its dies) or of one ``.flp``; ``slot`` [s] is used where the file has none."""
    if path.suffix != ".stk":
        return _trace(path, read_elements(path), slot)
    floorplans, stated = read_stack(path)
    elements: dict[str, list[float]] = {}
    for die, file in floorplans:
        for name, values in read_elements(path.parent / file).items():
            elements[name if len(floorplans) == 1 else f"{die}.{name}"] = values
    return _trace(path, elements, stated or slot)


def stack_files(path: Path) -> list[Path]:
    """Floorplans that a stack names; none of one that cannot be read, which is told where its power is."""
    try:
        floorplans, _ = read_stack(path)
    except TraceError:
        return []
    return [path.parent / file for _, file in floorplans]


def read_stack(path: Path) -> tuple[list[tuple[str, str]], float | None]:
    """Return the (die, floorplan file) pairs of a stack, bottom to top, and the duration of a slot [s]."""
    tokens = list(_tokens(path))
    texts = [token.text for token in tokens]
    floorplans = [
        (texts[index - 2], texts[index + 1].strip('"'))
        for index, text in enumerate(texts[:-1])
        if text == "floorplan" and index >= 2
    ]
    if not floorplans:
        raise TraceError(f"{path}: no die with a floorplan")
    slot = None
    if "slot" in texts[:-1]:
        slot = _number(tokens[texts.index("slot") + 1], "slot", positive=True)
    return floorplans[::-1], slot


def read_elements(path: Path) -> dict[str, list[float]]:
    """Read power values of each floorplan element [W], in the file's order."""
    tokens = _tokens(path)
    elements: dict[str, list[float]] = {}
    for name in tokens:
        if len(elements) == MAXIMUM_COLUMNS:
            raise TraceError(f"{name.where}: more than {MAXIMUM_COLUMNS} floorplan elements")
        if not re.fullmatch(r"[A-Za-z_]\w*", name.text):
            raise TraceError(f"{name.where}: expected the name of a floorplan element, found {name.text!r}")
        if name.text in elements:
            raise TraceError(f"{name.where}: element {name.text!r} occurs twice")
        _expect(tokens, ":", path, f"after element {name.text!r}")
        elements[name.text] = _element(tokens, path, name.text)
    if not elements:
        raise TraceError(f"{path}: the file is empty; expected floorplan elements")
    return elements


def _element(tokens: Iterator[_Token], path: Path, name: str) -> list[float]:
    """Read the statements of an element up to its ``power values``, which come last."""
    for token in tokens:
        if token.text == "power":
            _expect(tokens, "values", path, f"in element {name!r}")
            return _numbers(tokens, path, f"power values of {name!r}")
        if token.text not in _SIZES:
            raise TraceError(f"{token.where}: element {name!r}: {token.text!r} is no floorplan statement")
        found = _numbers(tokens, path, f"{token.text} of {name!r}")
        if len(found) != _SIZES[token.text]:
            raise TraceError(f"{token.where}: {token.text} of {name!r} has {len(found)} numbers")
    raise TraceError(f"{path}: the file ends within element {name!r}, before its power values")


def _numbers(tokens: Iterator[_Token], path: Path, what: str) -> list[float]:
    values: list[float] = []
    for token in tokens:
        if token.text == ";":
            return values
        if token.text not in ",()":
            values.append(_number(token, what))
    raise TraceError(f"{path}: the file ends within the {what}")


def _number(token: _Token, what: str, positive: bool = False) -> float:
    try:
        value = float(token.text)
    except ValueError:
        raise TraceError(f"{token.where}: {what}: {token.text!r} is no number") from None
    if not np.isfinite(value) or value < 0.0 or (positive and value == 0.0):
        raise TraceError(f"{token.where}: {what}: {token.text} is not allowed")
    return value


def _expect(tokens: Iterator[_Token], text: str, path: Path, where: str) -> None:
    token = next(tokens, None)
    if token is None:
        raise TraceError(f"{path}: the file ends {where}; expected {text!r}")
    if token.text != text:
        raise TraceError(f"{token.where}: expected {text!r} {where}, found {token.text!r}")


def _tokens(path: Path) -> Iterator[_Token]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"{path}: cannot be read ({error})") from None
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group().count("\n"), text, flags=re.S)
    for number, line in enumerate(text.splitlines(), start=1):
        for found in _TOKEN.findall(line.partition("//")[0]):
            yield _Token(found, f"{path}:{number}")


def _trace(path: Path, elements: dict[str, list[float]], slot: float) -> PowerTrace:
    longest = max(len(values) for values in elements.values())
    for name, values in elements.items():
        if len(values) != longest:
            raise TraceError(
                f"{path}: element {name!r} has {len(values)} power values, others have {longest}"
            )
    if longest == 0:
        raise TraceError(f"{path}: no power values")
    watts = np.array(list(elements.values())).T
    share = Share("recorded", float(watts.sum(axis=1).mean()), "recorded", f"file {path.name}")
    edges = slot * np.arange(longest + 1)
    return PowerTrace(edges, tuple(elements), watts, provenance=Provenance(f"3D-ICE {path.name}", (share,)))
