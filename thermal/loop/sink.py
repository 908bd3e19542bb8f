"""The stream that takes the loop's heat at the condenser, as the loop sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class HeatSink:
    """Coolant stream (air or water) that meets an isothermal condensing fluid.

    Attributes
    ----------
    temperature
        Of the coolant at its inlet [K].
    capacity_rate
        Mass flow times specific heat of the coolant [W/K].
    conductance
        ``UA`` between condensing fluid and coolant with the whole surface active [W/K].

    Notes
    -----
    With one side isothermal the effectiveness is ``1 - exp(-NTU)`` (Kays and London 1984, eq. 2-13a), so heat is
    linear in the condensing temperature: ``Q = C (1 - exp(-f UA / C)) (T_condensing - T_inlet)``, with ``f`` the share
    of the surface that is not flooded by liquid.
    """

    temperature: float
    capacity_rate: float
    conductance: float

    def effective_conductance(self, active_share: float = 1.0) -> float:
        """Heat per kelvin between condensing temperature and coolant inlet [W/K]."""
        return -self.capacity_rate * math.expm1(-active_share * self.conductance / self.capacity_rate)

    def heat(self, condensing_temperature: float, active_share: float = 1.0) -> float:
        """Heat taken from fluid that condenses at ``condensing_temperature`` [W]."""
        return self.effective_conductance(active_share) * (condensing_temperature - self.temperature)

    def part(self, share: float, coolant_share: float, warmer: float) -> HeatSink:
        """Sink of one of several condensers: its shares of surface and coolant, ``warmer`` at its inlet by [K]."""
        return HeatSink(
            self.temperature + warmer, coolant_share * self.capacity_rate, share * self.conductance
        )
