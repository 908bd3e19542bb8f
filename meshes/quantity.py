"""Quantities in case files: an SI number, or a string with a unit; inside the code always SI and kelvin.

``Length`` and its siblings are pydantic field types. ``0.000775`` and ``"775 um"`` both give 0.000775; a
string whose unit has another dimension is refused with the unit that is expected. Ranges are added where a
field is declared: ``thickness: Annotated[Length, Field(gt=0)]``, or by the ready-made positive types below.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from meshes.unit_conversion import conversion


class Spec(BaseModel):
    """Base of every section of a case file: immutable, unknown keys are errors, no infinities."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True, defer_build=True
    )


def to_si(value: object, unit: str) -> float:
    """Convert a number (taken as SI) or a string with a unit to a float in ``unit``.

    Raises
    ------
    ValueError
        If the value is no number, is not finite, or its unit has another dimension.

    Examples
    --------
    >>> round(to_si("40 degC", "K"), 2)
    313.15
    >>> round(to_si("775 um", "m"), 9)
    0.000775
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"expected a number in {unit} or a string with a unit, such as {_example(unit)}")
    number = _parse(value, unit) if isinstance(value, str) else float(value)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number in {unit}")
    return number


# a number, then at most one unit expression; a second free-standing number would be multiplied in silently
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*((?:[^\W\d]|[%°/])(?:(?!\s\d).)*)?")


def _parse(text: str, unit: str) -> float:
    match = _QUANTITY.fullmatch(text.rstrip())
    if match is None:
        raise ValueError(f"cannot read {text!r}; expected a number in {unit} or such as {_example(unit)}")
    number, suffix = float(match[1]), match[2]
    if suffix is None:
        return number
    try:
        # "%" and "°C" are what people write; pint wants names
        spelled = suffix.replace("%", "percent").replace("°C", "degC").replace("°", "degree")
        return conversion(spelled, unit)(number)
    except Exception as error:  # pint raises a zoo of tokenizer and syntax errors for bad text
        import pint

        if isinstance(error, pint.DimensionalityError):
            raise ValueError(f"unit of {text!r} is not convertible to {unit or 'a pure number'}") from None
        raise ValueError(f"cannot read the unit of {text!r}; expected such as {_example(unit)}") from None


def _example(unit: str) -> str:
    return {"m": '"775 um"', "K": '"40 degC"', "W": '"5 kW"', "": '"50 %"'}.get(unit, f'"1 {unit}"')


def quantity(
    unit: str,
    *,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
) -> Any:
    """Make a field type in ``unit`` with bounds: above (``gt``), from (``ge``), below (``lt``), up to (``le``)."""
    bounds = Field(json_schema_extra={"unit": unit}, gt=gt, ge=ge, lt=lt, le=le)
    return Annotated[float, BeforeValidator(functools.partial(to_si, unit=unit)), bounds]


if TYPE_CHECKING:
    Length = float
    Position = float
    Temperature = float
    TemperatureDifference = float
    Power = float
    Pressure = float
    Time = float
    Area = float
    Volume = float
    HeatTransferCoefficient = float
    ThermalConductivity = float
    VolumetricHeatCapacity = float
    ContactResistance = float
    Conductance = float
    Mass = float
    VolumeFlow = float
    MassFlow = float
    Fraction = float
    Number = float
    PositiveNumber = float
    HeatFlux = float
    Energy = float
    AngleDegrees = float
else:
    # the upper bounds are far above anything that is built: they tell a slip of units from a number
    Length = quantity("m", gt=0.0, le=1e5)
    Position = quantity("m", ge=-1e5, le=1e5)
    # from 100 K: a number of degrees Celsius without its unit is below
    Temperature = quantity("K", ge=100.0, le=1e4)
    TemperatureDifference = quantity("delta_degC", ge=-1e4, le=1e4)
    Power = quantity("W", ge=0.0, le=1e12)
    Pressure = quantity("Pa", gt=0.0, le=1e10)
    Time = quantity("s", gt=0.0, le=1e10)
    Area = quantity("m^2", gt=0.0, le=1e8)
    Volume = quantity("m^3", gt=0.0, le=1e8)
    HeatTransferCoefficient = quantity("W/(m^2*K)", ge=0.0, le=1e12)
    ThermalConductivity = quantity("W/(m*K)", gt=0.0, le=1e8)
    VolumetricHeatCapacity = quantity("J/(m^3*K)", gt=0.0, le=1e10)
    ContactResistance = quantity("K*m^2/W", ge=0.0, le=1e6)
    Conductance = quantity("W/K", gt=0.0, le=1e12)
    Mass = quantity("kg", gt=0.0, le=1e10)
    VolumeFlow = quantity("m^3/s", gt=0.0, le=1e8)
    MassFlow = quantity("kg/s", gt=0.0, le=1e8)
    HeatFlux = quantity("W/m^2", ge=0.0, le=1e14)
    Energy = quantity("J", ge=0.0, le=1e20)
    AngleDegrees = quantity("degree", ge=-90.0, le=90.0)
    Fraction = quantity("", ge=0.0, le=1.0)
    Number = quantity("")
    PositiveNumber = quantity("", gt=0.0)
