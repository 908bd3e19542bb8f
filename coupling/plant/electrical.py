"""One stage of the electrical chain: what it loses at which load, and how large it is built.

Every model is brought to one form, loss over installed capacity as a function of load over installed
capacity, so that stages in series, redundancy and part load are the same arithmetic for all.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from meshes.quantity import Fraction, Power, Spec

Array = NDArray[np.float64]
PositiveFraction = Annotated[Fraction, Field(gt=0.0)]
PositivePower = Annotated[Power, Field(gt=0.0)]
Redundancy = Literal["N", "N+1", "2N"]

PRESETS: dict[str, dict[str, object]] = {
    "none": {"efficiency": 1.0},
    "psu-80plus-titanium": {"curve": [[0.1, 0.90], [0.2, 0.94], [0.5, 0.96], [1.0, 0.91]]},
    "psu-80plus-platinum": {"curve": [[0.2, 0.90], [0.5, 0.94], [1.0, 0.91]]},
    "vrm": {"coefficients": [0.015, 0.03, 0.035]},
    "frontier-rectifier": {"efficiency": 0.96, "fixed_loss": 17.0, "rated_power": 12.5e3},
    "frontier-sivoc": {"efficiency": 0.98, "fixed_loss": 13.0, "rated_power": 3.0e3},
    "ups-double-conversion": {"coefficients": [0.014, 0.012, 0.018]},
    "ups-eco": {"coefficients": [0.004, 0.003, 0.003]},
    "ups-legacy": {"coefficients": [0.04, 0.05, 0.0]},
    "pdu": {"coefficients": [0.002, 0.0, 0.010]},
    "pdu-transformer": {"coefficients": [0.015, 0.0, 0.015]},
    "transformer-dry": {"coefficients": [0.0022, 0.0, 0.0085]},
}
"""Loss models by name; each has its line in :data:`PRESET_SOURCES`."""
PRESET_SOURCES: dict[str, str] = {
    "none": "no loss",
    "psu-80plus-titanium": "80 PLUS Titanium, 230 V internal redundant: 90, 94, 96, 91 % at 10, 20, 50, 100 % load "
    "(CLEAResult); below 10 % the loss stays in watts (assumption)",
    "psu-80plus-platinum": "80 PLUS Platinum, 230 V internal redundant: 90, 94, 91 % at 20, 50, 100 % load "
    "(CLEAResult); below 20 % the loss stays in watts (assumption)",
    "vrm": "assumption, of the size of current data sheets: 84.5, 89.9, 92.8, 92.6 % at 10, 20, 50, 100 % load",
    "frontier-rectifier": "P_in = (P_out + 17 W) / 0.96 per unit, constants of Frontier's open model (ExaDigiT/RAPS); "
    "rating of 12.5 kW: assumption",
    "frontier-sivoc": "P_in = (P_out + 13 W) / 0.98 per unit, constants of Frontier's open model (ExaDigiT/RAPS); "
    "rating of 3 kW: assumption",
    "ups-double-conversion": "assumption, of the size of current data sheets: 86.7, 92.1, 95.3, 95.8 % at 10, 20, 50, "
    "100 % load",
    "ups-eco": "assumption, of the size of current data sheets: 95.8, 97.7, 98.8, 99.0 % at 10, 20, 50, 100 % load",
    "ups-legacy": "form of Rasmussen, APC white paper 113 (no-load, proportional and square-law loss); coefficients: "
    "assumption, 69, 80, 88.5, 91.7 % at 10, 20, 50, 100 % load",
    "pdu": "assumption, of the size of current data sheets: 97.9, 98.8, 99.1, 98.8 % at 10, 20, 50, 100 % load",
    "pdu-transformer": "form of Rasmussen, APC white paper 113; coefficients: assumption, 86.8, 92.8, 96.4, 97.1 % at "
    "10, 20, 50, 100 % load",
    "transformer-dry": "assumption, of the size of current data sheets: 97.8, 98.7, 99.1, 98.9 % at 10, 20, 50, 100 % "
    "load",
}
"""Where the figures of each preset are from, or that they are an assumption; shown with every run that uses it."""


class ConverterSpec(Spec):
    """One stage: a preset's name or one loss model, and the size and redundancy of the installation.

    Loss models (one of): ``efficiency`` alone (constant); ``coefficients`` ``[a, b, c]``, loss over
    capacity ``a + b l + c l²`` at load ``l``; ``curve`` of ``[load, efficiency]`` points; ``efficiency``
    with ``fixed_loss`` per unit, ``P_in = (P_out + c) / eta``.
    """

    preset: str | None = None
    efficiency: PositiveFraction | None = None
    coefficients: tuple[Fraction, Fraction, Fraction] | None = None
    curve: tuple[tuple[PositiveFraction, PositiveFraction], ...] | None = None
    fixed_loss: Power | None = None
    """``c`` of each unit [W]."""
    rated_power: PositivePower | None = None
    """Output of one unit [W]; absent: units are cut to fit ``design_load``."""
    design_load: PositiveFraction = 0.8
    """Load of the units that are needed (N) at the design power, where ``rated_power`` is absent [-]."""
    units: Annotated[int, Field(ge=1, le=1000000)] = 1
    """Needed units (N), where ``rated_power`` is absent; counts for N+1."""
    redundancy: Redundancy = "N"

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: object) -> object:
        """Fill in the preset's model; ``"name"`` alone is short for ``{preset = "name"}``."""
        if isinstance(given, str):
            given = {"preset": given}
        if not isinstance(given, dict) or given.get("preset") is None:
            return given
        if not isinstance(given["preset"], str) or given["preset"] not in PRESETS:
            raise ValueError(
                f"preset {given['preset']!r} is not known; known are {', '.join(sorted(PRESETS))}"
            )
        return {**PRESETS[given["preset"]], **given}

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        models = [n for n in ("efficiency", "coefficients", "curve") if getattr(self, n) is not None]
        if len(models) != 1:
            raise ValueError(
                f"give one of efficiency, coefficients, curve or preset (given: {models or 'none'})"
            )
        if self.fixed_loss is not None and (self.efficiency is None or self.rated_power is None):
            raise ValueError("fixed_loss goes with efficiency and rated_power")
        if self.curve is not None:
            loads = [load for load, _ in self.curve]
            if loads != sorted(set(loads)):
                raise ValueError("curve: loads must increase")
            losses = [load * (1.0 / efficiency - 1.0) for load, efficiency in self.curve]
            if losses != sorted(losses):
                raise ValueError("curve: the loss must not fall as the load rises")
        return self

    def installed_capacity(self, design_power: float) -> float:
        """Output that the installed units can give together at the design power and redundancy [W]."""
        if self.rated_power is None:
            needed, unit = self.units, design_power / self.design_load / self.units
        else:
            needed, unit = max(1, math.ceil(design_power / self.rated_power - 1e-9)), self.rated_power
        installed = {"N": needed, "N+1": needed + 1, "2N": 2 * needed}[self.redundancy]
        return installed * unit

    def loss(self, output: ArrayLike, design_power: float) -> Array:
        """Lost power at an output [W], installation sized for ``design_power`` [W]."""
        capacity = self.installed_capacity(design_power)
        if capacity <= 0.0:
            return np.zeros_like(np.asarray(output, dtype=np.float64))
        load = np.asarray(output, dtype=np.float64) / capacity
        return capacity * self._relative_loss(load)

    def _relative_loss(self, load: Array) -> Array:
        if self.coefficients is not None:
            a, b, c = self.coefficients
            return a + b * load + c * load**2
        if self.curve is not None:
            loads = np.array([point[0] for point in self.curve])
            losses = loads * (1.0 / np.array([point[1] for point in self.curve]) - 1.0)
            # below the first point the loss stays; above the last the efficiency does
            beyond = np.maximum(load / loads[-1], 1.0)
            return np.asarray(np.interp(load, loads, losses) * beyond, dtype=np.float64)
        efficiency = self.efficiency or 1.0
        fixed = 0.0 if self.fixed_loss is None else self.fixed_loss / (self.rated_power or 1.0)
        return (fixed + load * (1.0 - efficiency)) / efficiency
