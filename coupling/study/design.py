"""A design: what it sets in the base case, and the key by which its row is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Results = dict[str, Any]
"""Flattened scalars of one design; ``status`` and ``reason`` among them."""
Evaluate = Callable[["Design"], Results]


@dataclass(frozen=True)
class Design:
    """One point of a sweep.

    Attributes
    ----------
    key
        Hash of the base case and of all that the design sets in it [hex].
    inputs
        Value of each axis by name, a number in SI where it is one.
    settings
        Value at each key of the case, as a case file would have it.
    point
        Value of each axis as the sweep file has it; ``None`` where the base case is left as it is.
    """

    key: str
    inputs: Mapping[str, Any] = field(hash=False)
    settings: Mapping[str, Any] = field(hash=False)
    point: tuple[Any, ...] = field(default=(), hash=False)


def design_key(base: str, settings: Mapping[str, Any]) -> str:
    """Hash of a base case and of settings in it: the same for the same design, whatever its place in a sweep [hex]."""
    text = json.dumps([base, dict(sorted(settings.items()))], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
