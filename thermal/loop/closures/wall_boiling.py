"""The boiling curve of a wetted wall: heat flux over wall temperature, with its slope.

Below the onset of nucleation the wall is cooled by the liquid alone. Above, with a closure for nucleate
boiling,

    q = [q_c^2 + (q_b(dT) - q_b(dT_onset))^2]^(1/2)

(Bergles and Rohsenow, J. Heat Transfer 86 (1964) 365): continuous with its slope. Closures of flow boiling
hold convection themselves; with them, above saturation, the wall gives ``q_b(dT) + h_c (T_sat - T_l)``, the
last term warming what subcooled liquid there is, and at least what the liquid alone takes. Both rise with
the wall temperature everywhere. Critical heat flux is a margin, not a kink here.

Measured on one core of 2026: 1 to 3 ms to set up 16 segments, 0.5 ms for 80 x 80 faces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.loop.closures.boiling import BoilingState, BoilingSurface, boiling_closure, onset_superheat
from thermal.loop.closures.nucleate_boiling import cooper_factor
from thermal.loop.closures.single_phase import wall_coefficient
from thermal.loop.fluids import Saturation

Array = NDArray[np.float64]

NODES = 64
"""Nodes of a segment's curve, even in the logarithm of the superheat."""
SUPERHEATS = (1e-2, 300.0)
"""Superheats that the curve spans [K]; straight below, a power law above."""


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
    factor
        On the closure's coefficient, for studies of its error [-].

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
        factor: float = 1.0,
    ) -> None:
        self.closure = boiling_closure(closure)
        self._factor = factor
        saturation = Saturation._make(np.atleast_1d(np.asarray(value, float)) for value in state.saturation)
        boiling_at = saturation.temperature
        self.state = BoilingState(
            state.fluid,
            saturation,
            np.minimum(state.liquid_temperature, boiling_at),
            np.broadcast_to(np.asarray(state.mass_flux, float), boiling_at.shape),
            np.broadcast_to(np.asarray(state.quality, float), boiling_at.shape),
        )
        self.surface = surface
        self.started = started
        self._set_convection_and_onset()
        self._tabulate()
        segments = np.arange(len(self.onset))
        self._onset_flux = np.zeros(len(segments))
        if not self.closure.convective:
            self._onset_flux = self._boiling(self.onset, segments)[0]

    def _set_convection_and_onset(self) -> None:
        state, surface = self.state, self.surface
        slopes = state.fluid.saturation_slopes(state.saturation.pressure)
        expansion = -slopes.liquid_density / (slopes.temperature * state.saturation.liquid_density)
        subcooling = state.saturation.temperature - state.liquid_temperature
        excess = np.zeros_like(subcooling)
        for _ in range(3):  # buoyancy at the wall temperature of the onset, which convection sets
            convection = wall_coefficient(
                state.mass_flux,
                state.saturation,
                expansion,
                subcooling + excess,
                surface.hydraulic_diameter,
                surface.length,
                surface.laminar_nusselt,
            )
            excess = onset_superheat(state.saturation, convection, subcooling, surface.cavity_radius)
        self.convection = np.asarray(convection)
        self.onset = np.zeros_like(subcooling) if self.closure.convective else np.asarray(excess)

    def _tabulate(self) -> None:
        from scipy.interpolate import PchipInterpolator

        logs = np.linspace(np.log(SUPERHEATS[0]), np.log(SUPERHEATS[1]), NODES)
        self._pieces = PchipInterpolator(logs, self._log_flux_at(logs[:, None]), axis=0).c
        self._first, self._per_step = logs[0], (NODES - 1) / (logs[-1] - logs[0])

    def _log_flux_at(self, log_superheat: Array) -> Array:
        """Solve ``q = h(q) dT`` by secant steps in ln q, (nodes, segments)."""
        state = self.state
        reduced = state.saturation.pressure / state.fluid.critical_pressure
        factor = cooper_factor(reduced, state.fluid.molar_mass, self.surface.peak_roughness)
        first = (np.log(factor) + log_superheat) / 0.33

        def excess(log_flux: Array) -> Array:
            coefficient = self._factor * self.closure.function(np.exp(log_flux), state, self.surface)
            return np.asarray(log_flux - np.log(coefficient) - log_superheat)

        before, now = first - 0.1, first
        error_before, error = excess(before), excess(now)
        for _ in range(50):
            if np.abs(error).max() < 1e-10:
                break
            moved = now - before
            slope = np.divide(
                error - error_before, moved, out=np.ones_like(moved), where=np.abs(moved) > 1e-9
            )
            before, error_before = now, error
            now = now - np.clip(error / np.maximum(slope, 0.1), -5.0, 5.0)
            error = excess(now)
        return np.asarray(now)

    def _boiling(self, superheat: Array, segment: NDArray[np.intp]) -> tuple[Array, Array]:
        """Flux of the boiling closure and its slope over superheat, both 0 below saturation."""
        positive = np.maximum(superheat, SUPERHEATS[0])
        place = (np.log(positive) - self._first) * self._per_step
        row = np.minimum(place.astype(np.intp), NODES - 2)
        offset = (place - row) / self._per_step
        c = self._pieces[:, row, segment]
        power = (3.0 * c[0] * offset + 2.0 * c[1]) * offset + c[2]
        beyond = np.maximum(place - (NODES - 1), 0.0) / self._per_step
        if np.any(beyond > 0.0):
            offset = offset - beyond
            end = (3.0 * c[0] * offset + 2.0 * c[1]) * offset + c[2]
            power = np.where(beyond > 0.0, end, power)
        log_flux = ((c[0] * offset + c[1]) * offset + c[2]) * offset + c[3] + power * beyond
        flux = np.exp(log_flux)
        below = superheat < SUPERHEATS[0]
        slope = np.where(below, flux / SUPERHEATS[0], flux * power / positive)
        return np.where(below, flux * superheat / SUPERHEATS[0], flux), slope

    def nucleates(
        self, wall_temperature: Array, segment: NDArray[np.intp], overshoot: float = 0.0
    ) -> NDArray[np.bool_]:
        """Whether the wall is hot enough that idle faces start to boil.

        ``overshoot`` is the superheat beyond the onset that a flooded cavity asks for, 10-30 K with
        well-wetting liquids after a rest [K].
        """
        superheat = wall_temperature - self.state.saturation.temperature[segment]
        return np.asarray(superheat > self.onset[segment] + overshoot)

    def flux(self, wall_temperature: Array, segment: NDArray[np.intp]) -> tuple[Array, Array]:
        """Return heat flux [W/m2] and its slope over wall temperature [W/(m2 K)].

        Parameters
        ----------
        wall_temperature
            Of each face [K], any shape.
        segment
            Segment that each face belongs to, the same shape.
        """
        superheat = wall_temperature - self.state.saturation.temperature[segment]
        convection = self.convection[segment]
        liquid = convection * (wall_temperature - self.state.liquid_temperature[segment])
        boiling, boiling_slope = self._boiling(superheat, segment)
        bubbles = superheat > self.onset[segment]
        if self.started is not None:
            bubbles &= self.started if self.started.shape == bubbles.shape else self.started[segment]
        if self.closure.convective:
            plain = convection * superheat
            above = bubbles & (boiling > plain)
            return np.where(above, boiling - plain, 0.0) + liquid, np.where(above, boiling_slope, convection)
        extra = np.where(bubbles, boiling - self._onset_flux[segment], 0.0)
        total = np.where(bubbles, np.hypot(liquid, extra), liquid)
        safe = np.where(bubbles, total, 1.0)
        return total, np.where(bubbles, (liquid * convection + extra * boiling_slope) / safe, convection)
