"""Quantities: SI numbers and strings with units mean the same; another dimension is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from meshes.quantity import (
    Fraction,
    HeatTransferCoefficient,
    Length,
    Spec,
    Temperature,
    TemperatureDifference,
    to_si,
)


class Plate(Spec):
    thickness: Length = 1.0
    temperature: Temperature = 300.0
    approach: TemperatureDifference = 0.0
    share: Fraction = 0.5
    h: HeatTransferCoefficient = 1.0


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("775 um", "m", 775e-6),
        ("775um", "m", 775e-6),
        ("40 degC", "K", 313.15),
        ("40 °C", "K", 313.15),
        ("5 kW", "W", 5000.0),
        ("20 kW/m^2/K", "W/(m^2*K)", 20000.0),
        ("50 %", "", 0.5),
        ("1 bar", "Pa", 1e5),
        ("5 K", "delta_degC", 5.0),
        ("0.001", "m", 0.001),
        (0.001, "m", 0.001),
        (3, "m", 3.0),
    ],
)
def test_a_quantity_reads_as_si(text: object, unit: str, value: float) -> None:
    assert to_si(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    "given_value",
    [
        "3 kg",
        "abc",
        "",
        " ",
        "1 m 2",
        "inf m",
        "nan",
        float("nan"),
        True,
        None,
        [1],
        "0 m",
        "-1 mm",
        "__import__('os')",
    ],
)
def test_what_is_no_positive_length_is_refused(given_value: object) -> None:
    with pytest.raises(ValidationError):
        Plate(thickness=given_value)  # type: ignore[arg-type]


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError, match="width"):
        Plate(width=1.0)  # type: ignore[call-arg]


@given(st.floats(1e-9, 1e6))
def test_a_number_and_its_string_are_the_same_length(length: float) -> None:
    assert to_si(f"{length!r} m", "m") == length


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        value = to_si(text, "m")
    except ValueError as error:
        assert "m" in str(error)
    else:
        assert abs(value) < float("inf")
