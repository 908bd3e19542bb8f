"""The loop of a rack while its modules play: it answers to the heat of all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coupling.cosimulation import CoupledRack, RackState, SinkOfHeat
from coupling.loop_limits import LoopLimits
from coupling.module_groups import ModuleGroup
from coupling.summary import asked_margins
from thermal.field.boundary import WettedCondition
from thermal.loop.state import LoopState

Array = NDArray[np.float64]
LEAST_HEAT = 1e-5
"""Of the steady heat: with less the loop, which needs heat to flow, is solved at this much of its steady heat [-]."""


class RackLoop:
    """A loop that is told the heat of each group's representative.

    The other modules of a group play the same and swing with it: the heat of a segment ``s`` of module ``m`` is its
    steady heat times its representative's ratio of heat now to steady heat,
    ``Q_ms(t) = Q_ms(0) Q_r(t) / Q_r(0)``, so that the steady state, whose energy closes, and every watt of the
    representative's swing are counted once for each module. Where a representative gives no heat in the steady state
    the others hold theirs.

    The loop has no inertia of its own here, and its answer comes an interval late. Modules whose walls keep their
    temperature meanwhile answer a rise ``dT`` of the saturation temperature, common to all of them, by
    ``dQ_k = -G_k dT`` with ``G_k = sum(A dq/dT)``; the loop answers by ``dT = sum(w_k dQ_k) / UA``, where ``w_k`` is
    the heat of a group over that of its representative. From interval to interval the heats are multiplied by
    ``-G w^T / UA``, of rank one, with the only eigenvalue that is not zero ``-g``, ``g = sum(w_k G_k) / UA``: that of
    the whole rack. For ``g > 1`` heat and temperature would swing ever wider. Of every change the share
    ``1 / (1 + g)`` is therefore taken at once, which makes this eigenvalue zero, and the rest in the intervals after
    (the others are ``g / (1 + g) < 1``); no heat is lost by that.

    Attributes
    ----------
    rack, steady, groups
        As given.
    state
        The loop's last answer.
    walls
        Boiling condition of each representative at it.
    latest_heat
        Heat of the representatives that was answered to last, shape (groups, segments) [W].
    share
        Of a change that is answered to at once [-].
    limits
        How near its answers came to each limit.
    """

    def __init__(
        self,
        rack: CoupledRack,
        steady: RackState,
        groups: Sequence[ModuleGroup],
        sink_of_heat: SinkOfHeat,
    ) -> None:
        self.rack, self.steady, self.groups = rack, steady, tuple(groups)
        self._sink_of_heat = sink_of_heat
        self._leaders = [group.representative for group in groups]
        self._held, self._of_leader = steady.heat.copy(), np.zeros_like(steady.heat)
        for group in groups:
            heat = float(steady.heat[group.representative].sum())
            if heat > 0.0:
                others = list(group.others)
                self._held[others], self._of_leader[others] = 0.0, steady.heat[others] / heat
        self._held[self._leaders] = 0.0
        self.latest_heat: Array = steady.heat[self._leaders]
        self.state: LoopState = steady.loop
        self.walls: tuple[WettedCondition, ...] = self._walls_now()
        self.share = 1.0 / (1.0 + self._gain())
        self.limits = LoopLimits()
        self._peak = np.array([field.wetted_flux.max() for field in steady.fields])

    def answer(self, heat: Array, start: float, end: float) -> None:
        """Solve for what the loop has got of the representatives' mean heat by now (groups, segments) [W].

        ``start`` and ``end`` [s] are those of the interval that the heat is a mean over.
        """
        self.restore(self.latest_heat + self.share * (heat - self.latest_heat))
        self.limits.note(self.margins(), start, end)

    def margins(self) -> dict[str, float]:
        """Margins of the last answer; of a limit that stopped the loop that of the heat that was asked for [-].

        Peaks of heat flux go with the heat of a module's hottest segment, as in the steady state (assumption).
        """
        asked = self.module_heat(self.latest_heat)
        hottest = np.maximum(self.steady.heat.max(axis=1), np.finfo(float).tiny)
        peak = self._peak * self.state.heat.max(axis=1) / hottest
        margins = self.rack.loop.margins(self.state, peak)
        if not self.state.feasible:
            margins.setdefault(self.state.limit, 0.0)
        return asked_margins(self.state, margins, float(asked.sum()))

    def restore(self, heat: Array) -> None:
        """Solve for a heat of the representatives, ``latest_heat`` of an earlier process (groups, segments) [W]."""
        self.latest_heat = heat
        asked, least = self.module_heat(heat), LEAST_HEAT * self.steady.heat
        if asked.sum() < least.sum():
            asked = least
        self.state = self.rack.loop.solve(asked, self._sink_of_heat(float(asked.sum())), guess=self.state)
        self.walls = self._walls_now()

    def module_heat(self, heat: Array) -> Array:
        """Heat of every module (modules, segments) from that of the representatives (groups, segments) [W]."""
        found = self._held.copy()
        for group, own in zip(self.groups, heat, strict=True):
            others = list(group.others)
            found[others] += self._of_leader[others] * own.sum()
            found[group.representative] = own
        return found

    def total_heat(self, heat: Array) -> Array:
        """Heat of the whole rack (steps,) from the representatives' (groups, steps) [W]."""
        return np.asarray(self._held.sum() + self._weights() @ heat)

    def _weights(self) -> Array:
        """Heat that a watt of each representative stands for, shape (groups,) [-]."""
        return np.array([1.0 + self._of_leader[list(group.others)].sum() for group in self.groups])

    def _gain(self) -> float:
        """Heat of the rack that a rise of its saturation temperature takes away, over what would cause the rise [-]."""
        slopes = [
            float(self.rack.segments.heat(wall.flux(self.steady.fields[module].wall_temperature)[1]).sum())
            for wall, module in zip(self.walls, self._leaders, strict=True)
        ]
        return float(self._weights() @ slopes) / self.steady.sink.effective_conductance()

    def _walls_now(self) -> tuple[WettedCondition, ...]:
        return tuple(self.rack.wall(self.state, module) for module in self._leaders)
