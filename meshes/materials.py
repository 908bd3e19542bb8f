"""Solids of packages: conductivity (isotropic, by axis, or falling with temperature), heat capacity, and sources."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from meshes.quantity import (
    Fraction,
    Number,
    Spec,
    Temperature,
    ThermalConductivity,
    VolumetricHeatCapacity,
    to_si,
)


class ConductivityLaw(Spec):
    """Isotropic conductivity that follows a power of absolute temperature, ``k = k0 (T / T0)**n``.

    Attributes
    ----------
    reference
        ``k0`` [W/(m K)].
    temperature
        ``T0`` [K].
    exponent
        ``n`` [-], negative for crystals above their Debye peak.
    """

    reference: ThermalConductivity
    temperature: Temperature = 300.0
    exponent: Annotated[Number, Field(ge=-5.0, le=5.0)]


def _conductivity(value: Any) -> Any:
    """Read a number, a list of three, or a power law; ``pydantic`` alone would report every branch of the union."""
    if isinstance(value, ConductivityLaw):
        return value
    if isinstance(value, dict):
        return ConductivityLaw.model_validate(value)
    if isinstance(value, list | tuple):
        if len(value) != 3:
            raise ValueError(
                "expected a number, three numbers [kx, ky, kz], or {reference, temperature, exponent}"
            )
        return tuple(_positive(item) for item in value)
    return _positive(value)


def _positive(value: Any) -> float:
    number = to_si(value, "W/(m*K)")
    if not number > 0.0:
        raise ValueError("conductivity must be greater than 0 W/(m*K)")
    return number


class MaterialSpec(Spec):
    """A solid.

    Attributes
    ----------
    conductivity
        One number, ``[kx, ky, kz]``, or a power law in temperature [W/(m K)].
    volumetric_heat_capacity
        Density times specific heat [J/(m3 K)].
    source
        Where the numbers come from, or ``assumption``.
    scatter
        Standard deviation of the conductivity from piece to piece, relative; 0: none is stated [-].
    """

    conductivity: Annotated[
        float | tuple[float, float, float] | ConductivityLaw, BeforeValidator(_conductivity)
    ]
    volumetric_heat_capacity: VolumetricHeatCapacity
    source: str = "assumption"
    scatter: Annotated[Fraction, Field(lt=1.0)] = 0.0

    def scaled(self, factor: float) -> MaterialSpec:
        """Return the material with ``factor`` times its conductivity."""
        law = self.conductivity
        if isinstance(law, ConductivityLaw):
            changed: Any = law.model_copy(update={"reference": factor * law.reference})
        elif isinstance(law, tuple):
            changed = tuple(factor * axis for axis in law)
        else:
            changed = factor * law
        return self.model_copy(update={"conductivity": changed})

    @property
    def principal(self) -> tuple[float, float, float]:
        """Conductivity along x, y, z [W/(m K)]; of a power law, at its reference temperature."""
        if isinstance(self.conductivity, ConductivityLaw):
            return (self.conductivity.reference,) * 3
        if isinstance(self.conductivity, tuple):
            return self.conductivity
        return (self.conductivity,) * 3


_INCROPERA = (
    "Incropera et al., Fundamentals of Heat and Mass Transfer, 7th ed. (2011), tables A.1 to A.4, 300 K"
)

_SCATTER = {
    "silicon": 0.05,
    "silicon_of_temperature": 0.05,
    "copper": 0.03,
    "aluminium": 0.05,
    "stainless_steel": 0.05,
    "silicon_dioxide": 0.05,
    "diamond": 0.2,
    "indium": 0.05,
    "solder_sac305": 0.1,
    "thermal_grease": 0.2,
    "organic_substrate": 0.2,
}
"""Relative scatter of conductivities [-] (assumption: purity of solids, fillers and bond lines of the soft ones)."""

_PROPERTIES: dict[str, MaterialSpec] = {
    "silicon": MaterialSpec(
        conductivity=148.0, volumetric_heat_capacity=1.66e6, source=f"{_INCROPERA}; 2330 kg/m3, 712 J/(kg K)"
    ),
    "silicon_of_temperature": MaterialSpec(
        conductivity={"reference": 148.0, "temperature": 300.0, "exponent": -1.3},
        volumetric_heat_capacity=1.66e6,
        source=f"{_INCROPERA}; exponent: Palankovski and Quay, Heterostructure Devices (2004)",
    ),
    "copper": MaterialSpec(
        conductivity=401.0, volumetric_heat_capacity=3.44e6, source=f"{_INCROPERA}; 8933 kg/m3, 385 J/(kg K)"
    ),
    "aluminium": MaterialSpec(
        conductivity=237.0, volumetric_heat_capacity=2.44e6, source=f"{_INCROPERA}; 2702 kg/m3, 903 J/(kg K)"
    ),
    "stainless_steel": MaterialSpec(
        conductivity=14.9,
        volumetric_heat_capacity=3.77e6,
        source=f"{_INCROPERA}; AISI 304, 7900 kg/m3, 477 J/(kg K)",
    ),
    "silicon_dioxide": MaterialSpec(
        conductivity=1.38,
        volumetric_heat_capacity=1.65e6,
        source=f"{_INCROPERA}; fused, 2220 kg/m3, 745 J/(kg K)",
    ),
    "diamond": MaterialSpec(
        conductivity=2300.0,
        volumetric_heat_capacity=1.78e6,
        source=f"{_INCROPERA}; type IIa, 3500 kg/m3, 509 J/(kg K)",
    ),
    "indium": MaterialSpec(
        conductivity=81.8,
        volumetric_heat_capacity=1.70e6,
        source="CRC Handbook of Chemistry and Physics, 97th ed. (2016)",
    ),
    "solder_sac305": MaterialSpec(
        conductivity=58.0,
        volumetric_heat_capacity=1.72e6,
        source="assumption: typical of Sn96.5Ag3.0Cu0.5 data sheets",
    ),
    "thermal_grease": MaterialSpec(
        conductivity=4.0, volumetric_heat_capacity=4.0e6, source="HotSpot 7.0 default interface material"
    ),
    "organic_substrate": MaterialSpec(
        conductivity=(20.0, 20.0, 0.5),
        volumetric_heat_capacity=1.9e6,
        source="assumption: laminate with copper planes",
    ),
    "air": MaterialSpec(
        conductivity=0.0263,
        volumetric_heat_capacity=1.17e3,
        source=f"{_INCROPERA}; still, 1.1614 kg/m3, 1007 J/(kg K)",
    ),
    "void": MaterialSpec(
        conductivity=1e-3,
        volumetric_heat_capacity=1.0,
        source="assumption: nothing there; small numbers in place of zero keep the equations regular",
    ),
}

LIBRARY: dict[str, MaterialSpec] = {
    name: solid.model_copy(update={"scatter": _SCATTER.get(name, 0.0)}) for name, solid in _PROPERTIES.items()
}
"""Solids that a case may name without defining them."""
