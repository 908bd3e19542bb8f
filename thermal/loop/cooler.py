"""A cooler that sets the state of the liquid it lets out: the cold end of loops without a sink."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiquidCooler:
    """A cooler whose outlet is prescribed, as where an experiment reports it.

    Attributes
    ----------
    outlet_enthalpy
        Of what leaves it [J/kg].
    pressure
        At its inlet [Pa].
    """

    outlet_enthalpy: float
    pressure: float
