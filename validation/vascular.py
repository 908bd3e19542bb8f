"""Tier 1, branching channels: laws of their radii against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from meshes.vascular_layouts import Footprint, tree
from meshes.vascular_radii import apply_law, radius_law
from validation.registry import Row, case, within

Array = NDArray[np.float64]

MURRAY = "Murray, PNAS 12 (1926) 207; Uylings, Bull. Math. Biol. 39 (1977) 509"
HEAD_LIMITED = (
    "stationarity: D^7 ~ m^2 v / n on levels of n equal branches (homogeneous flow, one friction factor)"
)
RATIOS = (("laminar", 0.793701), ("turbulent", 0.753977), ("rough", 0.742997))


@case("A10", 1, "Murray's law and its like for evaporating flow")
def murray(data: Path | None) -> list[Row]:
    """Radius ratios of a generated tree; exponents of the head-limited law by minimising the pressure loss."""
    rows = []
    for law, reference in RATIOS:
        network = apply_law(tree(Footprint(0.3, 0.3), 4, 0.002, 0.004), radius_law(law), 1e-5)
        supply = [network.radius[(network.role == 0) & (network.level == level)][0] for level in range(5)]
        computed = float(supply[3] / supply[2])
        rows.append(
            Row(
                f"daughter over parent radius, {law}",
                "-",
                computed,
                reference,
                within(reference, absolute=1e-6),
                MURRAY,
                law,
            )
        )
    law_used = radius_law("two-phase")
    found = _best_exponents()
    for part, reference, used, computed in zip(
        ("flow", "volume"), (3.0 / 7.0, 1.0 / 7.0), (law_used.flow, law_used.volume), found, strict=True
    ):
        quantity, band = f"exponent of the {part} in the head-limited law", within(reference, absolute=1e-6)
        for how, value, suffix in (
            ("by minimisation", computed, ""),
            ("that the generator uses", used, "-used"),
        ):
            row_part = f"head-limited-{part}{suffix}"
            rows.append(Row(f"{quantity}, {how}", "-", value, reference, band, HEAD_LIMITED, row_part))
    return rows


def _best_exponents() -> tuple[float, float]:
    """Exponents of flow and specific volume that diameters of least pressure loss at a given volume follow."""
    random = np.random.default_rng(10)
    levels = 40
    branches, length = 2.0 ** random.uniform(0.0, 6.0, levels), random.uniform(0.5, 2.0, levels)
    specific_volume = random.uniform(1.0, 20.0, levels)
    flow = 1.0 / branches
    loss, volume = length * flow**2 * specific_volume, branches * length

    def shares(log_diameter: Array) -> tuple[float, Array, Array]:
        dropped, filled = loss * np.exp(-5.0 * log_diameter), volume * np.exp(2.0 * log_diameter)
        value = np.log(dropped.sum()) + 2.5 * np.log(filled.sum())
        return float(value), dropped / dropped.sum(), filled / filled.sum()

    def gradient(log_diameter: Array) -> Array:
        _, dropped, filled = shares(log_diameter)
        return np.asarray(5.0 * (filled - dropped))

    def hessian(log_diameter: Array) -> Array:
        _, p, q = shares(log_diameter)
        return np.asarray(25.0 * (np.diag(p) - np.outer(p, p)) + 10.0 * (np.diag(q) - np.outer(q, q)))

    best = scipy.optimize.minimize(
        lambda u: shares(u)[0],
        np.zeros(levels),
        jac=gradient,
        hess=hessian,
        method="trust-exact",
        options={"gtol": 1e-13},
    )
    terms = np.column_stack([np.ones(levels), np.log(flow), np.log(specific_volume)])
    exponents = np.linalg.lstsq(terms, best.x, rcond=None)[0]
    return float(exponents[1]), float(exponents[2])
