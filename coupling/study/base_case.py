"""The case around which a study goes, ready to be changed."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coupling.case_file import LoadedCase, check_case, set_key
from coupling.errors import CaseError
from coupling.inputs import files_digest

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
