"""Where what is dear to make is kept from one run to the next: compiled kernels and forms, tables, conversions."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Return ``$XDG_CACHE_HOME/vascool/kind`` (``~/.cache`` where that is not set), which may not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME")
    # os.path, because pathlib raises where there is no home
    root = Path(home) if home else Path(os.path.expanduser("~/.cache"))  # noqa: PTH111
    return root / "vascool" / kind
