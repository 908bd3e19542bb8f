"""Properties that the property packages lack, from other sources, and what a reader must know of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from thermal.loop.fluid_list import Offered

Array = NDArray[np.float64]

R1233ZDE = np.array(
    [
        [200.0, 1.12240e-3, 6.8454e-6, 0.11442, 0.0026936],
        [215.0, 8.33270e-4, 7.3660e-6, 0.10926, 0.0039062],
        [230.0, 6.48270e-4, 7.8917e-6, 0.10425, 0.0051144],
        [245.0, 5.22780e-4, 8.4219e-6, 0.099356, 0.0063246],
        [260.0, 4.31950e-4, 8.9551e-6, 0.094557, 0.0075323],
        [275.0, 3.63900e-4, 9.4909e-6, 0.089841, 0.0087534],
        [290.0, 3.10500e-4, 1.0027e-5, 0.085213, 0.0099752],
        [305.0, 2.67420e-4, 1.0560e-5, 0.080701, 0.011160],
        [320.0, 2.31440e-4, 1.1092e-5, 0.076303, 0.012321],
        [335.0, 2.00660e-4, 1.1623e-5, 0.072030, 0.013481],
        [350.0, 1.73520e-4, 1.2152e-5, 0.067897, 0.014638],
        [365.0, 1.49180e-4, 1.2678e-5, 0.063921, 0.015786],
        [380.0, 1.26770e-4, 1.3201e-5, 0.060113, 0.016931],
        [395.0, 1.05510e-4, 1.3720e-5, 0.056483, 0.018071],
    ]
)
"""Temperature [K]; viscosity of saturated liquid and of vapour [Pa s]; conductivity of both [W/(m K)].

Values of the fits to REFPROP 10 that ``thermo`` 0.6.1 (C. Bell) lists as REFPROP_FIT for R1233zd(E).
"""
_COLUMNS = ("liquid_viscosity", "vapour_viscosity", "liquid_conductivity", "vapour_conductivity")
_FIT = "fit to REFPROP 10 (thermo 0.6.1, REFPROP_FIT), tabulated"
_BROCK_BIRD = "Brock and Bird, AIChE J. 1 (1955) 174, by chemicals"


def estimate(
    fluid: Offered,
    temperature: Array,
    columns: dict[str, Array],
    critical: tuple[float, float],
    boiling_point: Callable[[], float],
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Fill the transport columns that hold nothing, and return their sources and notes.

    Parameters
    ----------
    fluid
        Which.
    temperature
        Of the nodes [K].
    columns
        Property and its values at the nodes, filled in place where they are NaN throughout.
    critical
        Critical temperature [K] and pressure [Pa].
    boiling_point
        Gives that at 101325 Pa [K]; asked only when needed.
    """
    sources: dict[str, str] = {}
    notes: list[str] = []
    if np.all(np.isnan(columns["surface_tension"])):
        from chemicals import Brock_Bird

        boiling = boiling_point()
        columns["surface_tension"][:] = [Brock_Bird(float(t), boiling, *critical) for t in temperature]
        sources["surface tension"] = _BROCK_BIRD
        notes.append(f"{fluid.name}: surface tension estimated from corresponding states ({_BROCK_BIRD})")
    if fluid.name == "R1233zd(E)" and np.all(np.isnan(columns["liquid_viscosity"])):
        low, high = R1233ZDE[0, 0], R1233ZDE[-1, 0]
        inside = np.clip(temperature, low, high)
        for place, name in enumerate(_COLUMNS, start=1):
            columns[name][:] = np.exp(
                CubicSpline(1.0 / R1233ZDE[::-1, 0], np.log(R1233ZDE[::-1, place]))(1.0 / inside)
            )
        sources["viscosity"] = sources["conductivity"] = _FIT
        notes.append(
            f"{fluid.name}: viscosity and conductivity from a {_FIT}; held at their end values "
            f"below {low:.0f} K and above {high:.0f} K"
        )
    return sources, tuple(notes)
