"""Closures against worked examples of other implementations, and against Nusselt's closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from validation.registry import Row, case, within

_NUSSELT = (
    ("water", 373.15, 10.0, 8764.222797937935),
    ("R134a", 313.15, 5.0, 1286.1383851453584),
)
"""Fluid, saturation temperature [K], wall subcooling [K] and mean coefficient on 0.3 m [W/(m2 K)]."""


@case("A11", 1, "Nusselt film on a vertical wall of 0.3 m")
def nusselt_film(data: Path | None) -> list[Row]:
    """Mean coefficient of a laminar film for two fluids."""
    from thermal.loop.closures.condensation import CondensingState, CondensingSurface, condensation_closure
    from thermal.loop.fluid_loading import load_fluid

    rows = []
    law = condensation_closure("nusselt").function
    for name, temperature, subcooling, reference in _NUSSELT:
        fluid = load_fluid(name)
        state = CondensingState(fluid, fluid.saturation_at(temperature), 0.0, 0.0, subcooling)
        computed = float(law(state, CondensingSurface(diameter=0.05, length=0.3)))
        rows.append(
            Row(
                "mean coefficient",
                "W/(m2 K)",
                computed,
                reference,
                within(reference, relative=1e-6),
                "Nusselt (1916) by ht 1.2.0 Nusselt_laminar, properties CoolProp 8.0.0",
                part=name,
            )
        )
    return rows


@case("A16", 1, "worked examples of two-phase correlations")
def worked_examples(data: Path | None) -> list[Row]:
    """Friction, void and critical heat flux at the states of the examples that ``fluids`` and ``ht`` print."""
    from thermal.loop.closures.critical_heat_flux import LIENHARD_DHIR, pool_critical_heat_flux
    from thermal.loop.closures.friction import friction_closure
    from thermal.loop.closures.void import void_closure, woldesemayat_ghajar
    from thermal.loop.fluids import Saturation

    def state(**values: float) -> Saturation:
        return Saturation(**{**dict.fromkeys(Saturation._fields, 1.0), **values})

    pipe = state(
        liquid_density=915.0,
        vapour_density=2.67,
        liquid_viscosity=180e-6,
        vapour_viscosity=14e-6,
        surface_tension=0.0487,
    )
    wide = state(liquid_density=800.0, vapour_density=2.5, surface_tension=0.02, pressure=1e6)
    pool = state(surface_tension=8.2e-3, latent_heat=272e3, liquid_density=567.0, vapour_density=18.09)
    in_pipe, in_wide = 0.6 / (np.pi / 4.0 * 0.05**2), 1.0 / (np.pi / 4.0 * 0.3**2)
    friction = {name: friction_closure(name).function(in_pipe, 0.1, pipe, 0.05) for name in _FRICTION}
    rows = [
        _row(
            f"friction {name}",
            "Pa/m",
            float(value),
            _FRICTION[name],
            f"fluids 1.3.1, example of {_NAMES[name]}",
        )
        for name, value in friction.items()
    ]
    rouhani = float(void_closure("rouhani").function(in_wide, 0.4, wide, 0.3))
    inclined = float(woldesemayat_ghajar(in_wide, 0.4, wide._replace(surface_tension=0.2), 0.3, 45.0))
    zuber = float(pool_critical_heat_flux(pool, LIENHARD_DHIR))
    return [
        *rows,
        _row("void rouhani", "", rouhani, 0.44819733138968, "fluids 1.3.1, example of Rouhani_2"),
        _row("void woldesemayat-ghajar", "", inclined, 0.7640815513429202, "fluids 1.3.1, example of it"),
        _row(
            "pool critical heat flux",
            "W/m2",
            zuber,
            444307.22304342285,
            "ht 1.2.0, example of Zuber with K 0.149",
        ),
    ]


_FRICTION = {
    "muller-steinhagen-heck": 793.4465457435081,
    "kim-mudawar": 840.4137796786074,
    "friedel": 738.6500525002241,
}
_NAMES = {
    "muller-steinhagen-heck": "Muller_Steinhagen_Heck",
    "kim-mudawar": "Kim_Mudawar",
    "friedel": "Friedel",
}


def _row(quantity: str, unit: str, computed: float, reference: float, source: str) -> Row:
    part = quantity.split()[-1] if quantity.startswith(("friction", "void")) else "zuber"
    return Row(quantity, unit, computed, reference, within(reference, relative=1e-8), source, part=part)
