"""Which modules of a rack play the same, so that one of them shows how all of them swing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coupling.power.spec import PowerSpec
from coupling.power.trace import PowerTrace
from coupling.summary import module_name


@dataclass(frozen=True)
class ModuleGroup:
    """Modules that swing together.

    Attributes
    ----------
    representative
        The module that is carried through time: the group's hottest in the steady state.
    modules
        All of the group, the representative among them.
    """

    representative: int
    modules: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name of the representative in results."""
        return module_name(self.representative)

    @property
    def others(self) -> tuple[int, ...]:
        """The group without its representative."""
        return tuple(module for module in self.modules if module != self.representative)


def group_modules(
    power: PowerSpec, traces: Sequence[PowerTrace], hottest: Sequence[float], *, answers: bool
) -> tuple[ModuleGroup, ...]:
    """Group modules by trace file and shift; the group of the hottest module comes first.

    Modules that differ by ``module_scale`` alone swing in proportion and are one group (but for the heat that the
    loop's own swing moves, which goes with a module's conductance), unless power ``answers`` to temperature: then
    leakage and power managers take the hotter ones another way.

    Parameters
    ----------
    traces, hottest
        Of each module: its power, and its hottest block in the steady state [K].
    """
    alike: dict[tuple[str, float, float], list[int]] = {}
    for module, trace in enumerate(traces):
        file = "" if power.module_traces is None else power.module_traces[module]
        moves = bool(np.ptp(trace.watts, axis=0).any())
        shift = power.module_shift[module] % trace.duration if power.module_shift and moves else 0.0
        scale = power.module_scale[module] if power.module_scale and answers else 1.0
        alike.setdefault((file, shift, scale), []).append(module)
    groups = [
        ModuleGroup(max(modules, key=lambda module: hottest[module]), tuple(modules))
        for modules in alike.values()
    ]
    return tuple(sorted(groups, key=lambda group: -hottest[group.representative]))
