"""Branching channels beside straight ones and a serpentine, as ``examples/vascular_vs_straight.toml`` describes them.

``python -m benchmarks.vascular_vs_straight [FILE]`` prints one JSON object a network.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

from coupling.vascular_comparison import compare, read_comparison

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "vascular_vs_straight.toml"
UNITS = {
    "hottest": "T_max_K",
    "spread": "T_spread_K",
    "mass_flow": "mass_flow_kg_s",
    "pressure_drop": "pressure_drop_Pa",
    "largest_heat": "largest_heat_W",
}
"""Keys as summaries have them, by field."""


def main() -> None:
    """Print the comparison."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    for row in compare(read_comparison(path)):
        facts = {
            UNITS.get(key, key): None if isinstance(value, float) and math.isnan(value) else value
            for key, value in dataclasses.asdict(row).items()
        }
        print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
