"""Boiling closures by name."""

from __future__ import annotations

from dataclasses import dataclass

from thermal.loop.closures import flow_boiling, nucleate_boiling
from thermal.loop.closures.boiling_state import BoilingCoefficient as BoilingCoefficient
from thermal.loop.closures.boiling_state import BoilingState as BoilingState
from thermal.loop.closures.boiling_state import BoilingSurface as BoilingSurface
from thermal.loop.closures.error_band import ErrorBand
from thermal.loop.closures.nucleate_boiling import onset_superheat as onset_superheat
from thermal.loop.closures.registry import Closure, find_closure


@dataclass(frozen=True)
class BoilingClosure(Closure[BoilingCoefficient]):
    """A boiling correlation.

    Attributes
    ----------
    convective
        Whether convection is part of it, so that nothing has to be added.
    """

    convective: bool = False


_FLOW_BOILING = ErrorBand(
    0.209,
    "no figure of its own at hand; a flow boiling correlation over 3839 points, ASME Heat Transfer Conf. 2013",
)

BOILING: dict[str, BoilingClosure] = {
    closure.name: closure
    for closure in (
        BoilingClosure(
            "cooper",
            "boiling",
            nucleate_boiling.cooper,
            "Cooper, Adv. Heat Transfer 16 (1984) 157",
            "pool boiling, 0.001 <= p/p_c <= 0.9, 2 <= M <= 200 g/mol",
            {"reduced_pressure": (0.001, 0.9), "molar_mass": (2e-3, 0.2)},
        ),
        BoilingClosure(
            "gorenflo",
            "boiling",
            nucleate_boiling.gorenflo,
            "Gorenflo, VDI-Wärmeatlas (1993) section Ha",
            "pool boiling, p/p_c <= 0.95, heat flux to the critical",
            {"reduced_pressure": (0.0, 0.95)},
        ),
        BoilingClosure(
            "liu-winterton",
            "boiling",
            flow_boiling.liu_winterton,
            "Liu and Winterton, Int. J. Heat Mass Transfer 34 (1991) 2759",
            "4202 points saturated, 991 subcooled, 9 fluids, D 2.95-32 mm, G 12.4-8180, p/p_c 0.0023-0.895",
            {"diameter": (2.95e-3, 0.032), "mass_flux": (12.4, 8179.3), "reduced_pressure": (0.0023, 0.895)},
            band=_FLOW_BOILING,
            convective=True,
        ),
        BoilingClosure(
            "sun-mishima",
            "boiling",
            flow_boiling.sun_mishima,
            "Sun and Mishima, Int. J. Heat Mass Transfer 52 (2009) 5323",
            "2501 points, 11 fluids, D 0.21-6.05 mm, G 44-1500 kg/(m2 s)",
            {"diameter": (2.1e-4, 6.05e-3), "mass_flux": (44.0, 1500.0)},
            band=_FLOW_BOILING,
            convective=True,
        ),
        BoilingClosure(
            "kim-mudawar",
            "boiling",
            flow_boiling.kim_mudawar,
            "Kim and Mudawar, Int. J. Heat Mass Transfer 64 (2013) 1239",
            "10805 points before dry-out, 18 fluids, D 0.19-6.5 mm, G 19-1608 kg/(m2 s), p/p_c 0.005-0.69",
            {
                "diameter": (1.9e-4, 6.5e-3),
                "mass_flux": (19.0, 1608.0),
                "reduced_pressure": (0.005, 0.69),
                "liquid_reynolds": (57.0, 49820.0),
            },
            band=ErrorBand(
                0.203, "Kim and Mudawar (2013), over their 10805 points (not checked against the page)"
            ),
            convective=True,
        ),
        BoilingClosure(
            "bertsch",
            "boiling",
            flow_boiling.bertsch,
            "Bertsch, Groll and Garimella, Int. J. Heat Mass Transfer 52 (2009) 2110",
            "3899 points, 12 fluids, D 0.16-2.92 mm, G 20-3000 kg/(m2 s), q 4-1150 kW/m2, T_sat to 97 °C",
            {
                "diameter": (1.6e-4, 2.92e-3),
                "mass_flux": (20.0, 3000.0),
                "heat_flux": (4e3, 1.15e6),
                "saturation_temperature": (79.0, 370.0),
            },
            band=ErrorBand(0.30, "Bertsch et al. (2009): less than that (not checked against the page)"),
            convective=True,
        ),
        BoilingClosure(
            "kandlikar",
            "boiling",
            flow_boiling.kandlikar,
            "Kandlikar, J. Heat Transfer 112 (1990) 219",
            "5246 points, 10 fluids, D 4-32 mm, G 13-8179 kg/(m2 s), q 0.3-2280 kW/m2; upright and level",
            {"diameter": (4e-3, 0.032), "mass_flux": (13.0, 8179.0), "heat_flux": (3e2, 2.28e6)},
            band=ErrorBand(0.188, "Kandlikar (1990), refrigerants (not checked against the page)"),
            convective=True,
        ),
    )
}
"""Boiling closures by name."""


def boiling_closure(name: str) -> BoilingClosure:
    """Return the boiling closure ``name``; an ``InputError`` that lists them if there is none."""
    found = find_closure("boiling", name, BOILING)
    return BOILING[found.name]
