"""The boiling curve of a wetted wall: heat flux over wall temperature, with its slope.

Below the onset of nucleation the wall is cooled by the liquid alone. Above, convection and nucleate boiling
combine as

    q = [q_c^2 + (q_b(dT) - q_b(dT_onset))^2]^(1/2)

(Bergles and Rohsenow, J. Heat Transfer 86 (1964) 365): continuous with its slope, rising with the wall
temperature everywhere. Critical heat flux is a margin, not a kink of this curve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.loop.closures.boiling import (
    BoilingState,
    BoilingSurface,
    boiling_closure,
    onset_superheat,
)
from thermal.loop.closures.single_phase import forced_nusselt

NODES = 96
"""Nodes of a segment's curve, even in the logarithm of the superheat."""
SUPERHEATS = (1e-2, 300.0)
"""Superheats that the curve spans [K]; straight below, a power law above."""
FLUXES = (1e-3, 1e9)
"""Bounds of the search for a node's heat flux [W/m2]."""


class WallBoiling:
    """Heat flux from a wall into the fluid of its segments.

    Parameters
    ----------
    state
        Fluid along the wall, arrays of shape (segments,).
    surface
        Wall and channel.
    closure
        Name of the boiling closure.
    started
        Whether bubbles grow, for each segment or each face; ``None`` is everywhere. Where not, the wall is
        cooled by convection alone, however hot: the upper branch of a hysteresis, for the caller to leave.

    Attributes
    ----------
    convection
        Coefficient to the liquid below onset (segments,) [W/(m2 K)].
    onset
        Superheat at which nucleation sets in (segments,) [K].
    """

    def __init__(
        self,
        state: BoilingState,
        surface: BoilingSurface,
        closure: str = "cooper",
        started: NDArray[np.bool_] | None = None,
    ) -> None:
        self.state, self.surface = state, surface
        self.closure = boiling_closure(closure)
        self.started = started
        self._saturation_temperature = np.atleast_1d(state.saturation.temperature)
        self._liquid_temperature = np.minimum(state.liquid_temperature, self._saturation_temperature)
        subcooling = self._saturation_temperature - self._liquid_temperature
        self.convection = self._convection(subcooling)
        self.onset = onset_superheat(state.saturation, self.convection, subcooling)
        self._tabulate()
        self._onset_flux = self._boiling(self.onset, np.arange(len(self.onset)))[0]

    def _convection(self, subcooling: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coefficient of convection to the liquid."""
        s, surface = self.state.saturation, self.surface
        diameter = surface.hydraulic_diameter
        reynolds = np.abs(self.state.mass_flux) * diameter / s.liquid_viscosity
        prandtl = s.liquid_heat_capacity * s.liquid_viscosity / s.liquid_conductivity
        forced = (
            forced_nusselt(reynolds, prandtl, diameter / surface.length) * s.liquid_conductivity / diameter
        )
        return np.asarray(forced)

    def _tabulate(self) -> None:
        from scipy.interpolate import PchipInterpolator

        logs = np.linspace(np.log(SUPERHEATS[0]), np.log(SUPERHEATS[1]), NODES)
        superheat = np.exp(logs)[:, None]
        flux = np.log(self._flux_at(superheat))
        self._pieces = PchipInterpolator(logs, flux, axis=0).c  # (4, nodes - 1, segments)
        self._first, self._per_step = logs[0], (NODES - 1) / (logs[-1] - logs[0])

    def _flux_at(self, superheat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve ``q = h(q) dT`` by secant steps in ln q, (nodes, segments)."""
        goal = np.log(superheat)
        first = np.full((len(superheat), len(self.onset)), np.log(1e4))

        def excess(log_flux: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(
                log_flux - np.log(self.closure.function(np.exp(log_flux), self.state, self.surface)) - goal
            )

        low, high = np.log(FLUXES)
        before, now = first, first + 0.5
        error_before, error = excess(before), excess(now)
        for _ in range(60):
            slope = np.where(
                now == before, 1.0, (error - error_before) / np.where(now == before, 1.0, now - before)
            )
            step = np.clip(-error / np.maximum(slope, 0.05), -4.0, 4.0)
            before, error_before = now, error
            now = np.clip(now + step, low, high)
            error = excess(now)
            if np.abs(error).max() < 1e-10:
                break
        return np.asarray(np.exp(now))

    def _boiling(
        self, superheat: NDArray[np.float64], segment: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Flux of the boiling closure and its slope over superheat."""
        positive = np.maximum(superheat, SUPERHEATS[0])
        place = (np.log(positive) - self._first) * self._per_step
        row = np.minimum(place.astype(np.intp), NODES - 2)
        offset = (place - row) / self._per_step
        c = self._pieces[:, row, segment]
        power = (3.0 * c[0] * offset + 2.0 * c[1]) * offset + c[2]
        flux = np.exp(((c[0] * offset + c[1]) * offset + c[2]) * offset + c[3])
        below = superheat < SUPERHEATS[0]
        slope = np.where(below, flux / SUPERHEATS[0], flux * power / positive)
        return np.where(below, flux * superheat / SUPERHEATS[0], flux), slope

    def flux(
        self, wall_temperature: NDArray[np.float64], segment: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return heat flux [W/m2] and its slope over wall temperature [W/(m2 K)].

        Parameters
        ----------
        wall_temperature
            Of each face [K], any shape.
        segment
            Segment that each face belongs to, the same shape.
        """
        superheat = wall_temperature - self._saturation_temperature[segment]
        convection = self.convection[segment]
        liquid = convection * (wall_temperature - self._liquid_temperature[segment])
        boiling, boiling_slope = self._boiling(superheat, segment)
        extra = boiling - self._onset_flux[segment]
        nucleating = (superheat > self.onset[segment]) & (extra > 0.0)
        if self.started is not None:
            nucleating &= self.started if self.started.shape == nucleating.shape else self.started[segment]
        total = np.where(nucleating, np.hypot(liquid, extra), liquid)
        safe = np.where(nucleating, total, 1.0)
        slope = np.where(nucleating, (liquid * convection + extra * boiling_slope) / safe, convection)
        return total, slope
