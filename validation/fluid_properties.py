"""Saturation properties of one package against the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from validation.registry import Row, case

_PROPERTIES = {
    "pressure": "vapour pressure",
    "liquid_density": "liquid density",
    "vapour_density": "vapour density",
    "latent_heat": "latent heat",
}
_SPANS = (
    ("water", 1.0, 80.0, True),
    ("R134a", 0.0, 80.0, True),
    ("CO2", 0.0, 12.0, True),
    ("CO2", 12.0, 25.0, False),
)
"""Fluid, lowest and highest temperature [degC], and whether 0.5 % is asked for."""


@case("B8", 2, "saturation properties: Cantera against CoolProp")
def cantera_against_coolprop(data: Path | None) -> list[Row]:
    """Greatest deviation of each property over a span of temperatures [%]."""
    from thermal.loop.fluids import load_fluid

    rows = []
    for name, low, high, gated in _SPANS:
        temperature = np.linspace(low, high, 33) + 273.15
        cantera, coolprop = (
            load_fluid(name, backend).saturation_at(temperature) for backend in ("cantera", "coolprop")
        )
        for field, words in _PROPERTIES.items():
            deviation = 100.0 * (getattr(cantera, field) / getattr(coolprop, field) - 1.0)
            rows.append(
                Row(
                    f"{words}, greatest deviation {low:.0f} to {high:.0f} degC",
                    "%",
                    float(deviation[np.argmax(np.abs(deviation))]),
                    0.0,
                    (-0.5, 0.5) if gated else None,
                    "Cantera 3.2 (liquidvapor.yaml) against CoolProp 8 (reference equations)",
                    part=f"{name}-{field.replace('_', '-')}" + ("" if gated else "-above-12C"),
                    note=""
                    if gated
                    else "Cantera's older equation of state departs towards the critical point",
                )
            )
    return rows
