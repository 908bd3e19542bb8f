"""Tier 3: water boiling in a pool on a plain plate of titanium, beside the closures for pools.

B.-S. Hu, X.-L. Chen, S.-F. Zhang, D.-W. Wang, The experiment study of pool boiling heat transfer enhancement on
micro-nano surface, ChinaXiv 201801.00071V1: plate of 50 mm by 50 mm by 2 mm on liquid metal on copper, water boiling in
the open.
"""

from __future__ import annotations

from pathlib import Path

from thermal.loop.closures.boiling import BoilingState, BoilingSurface, boiling_closure
from thermal.loop.closures.critical_heat_flux import ZUBER, pool_critical_heat_flux
from thermal.loop.fluid_loading import load_fluid
from validation.registry import Row, case

SOURCE = "Hu, Chen, Zhang and Wang, ChinaXiv 201801.00071V1, plain plate"
CRITICAL_FLUX, COEFFICIENT = 2.8e5, 6.0e3
"""Measured: where the plain plate's boiling failed [W/m2], and its coefficient there [W/(m2 K)]."""
_PLACE = BoilingSurface(hydraulic_diameter=0.05, length=0.05)


@case("C10", 3, "pool boiling of water on a titanium plate")
def titanium_plate(data: Path | None = None) -> list[Row]:
    """Critical heat flux by Zuber and coefficients by Cooper and Gorenflo at the measured one; not judged.

    The plate failed at a quarter of the hydrodynamic limit, which no closure for large plates foresees, and its
    superheat of 46 K at 200 kW/m2 is several times what the closures give.
    """
    fluid = load_fluid("water")
    at = fluid.saturation(101325.0)
    state = BoilingState(fluid, at, at.temperature, 0.0, 0.0)
    note = (
        "not judged: the plate failed at a quarter of the limit of large plates, for reasons that are its own"
    )
    rows = [
        Row(
            "critical heat flux by Zuber",
            "W/m2",
            float(pool_critical_heat_flux(at, ZUBER)),
            CRITICAL_FLUX,
            None,
            SOURCE,
            "chf",
            note,
        )
    ]
    for name in ("cooper", "gorenflo"):
        found = float(boiling_closure(name).function(CRITICAL_FLUX, state, _PLACE))
        words = f"coefficient at {1e-3 * CRITICAL_FLUX:.0f} kW/m2 by {name}"
        rows.append(Row(words, "W/(m2 K)", found, COEFFICIENT, None, SOURCE, name, note))
    return rows
