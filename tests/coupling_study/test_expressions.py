"""Expressions of sweep files are arithmetic, never code."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coupling.errors import CaseError
from coupling.study.expressions import Expression, UndefinedError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14.0),
        ("-2 ** 2", -4.0),
        ("pi * (a / 2) ** 2", math.pi),
        ("1 < a <= 2", True),
        ("loop.margins.chf > 0.1 and not a < 1", True),
        ("max(a, 3) if a > 5 else min(a, 1)", 1.0),
        ("fluid == 'water'", True),
        ("sqrt(16) % 3", 1.0),
    ],
)
def test_arithmetic_is_that_of_python(text: str, value: float) -> None:
    assert Expression(text)({"a": 2.0, "loop.margins.chf": 0.5, "fluid": "water"}) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "open('x')",
        "a[0]",
        "[x for x in (1, 2)]",
        "lambda: 1",
        "f'{a}'",
        "a := 3",
        "max(a, key=b)",
        "(1).real",
        "a if",
        "1 if a",
        "'x'.upper()",
        "a @ b",
        "1j",
        "...",
        "a.b()",
        "(" * 500 + ")" * 500,
    ],
)
def test_anything_else_is_refused_before_it_runs(text: str) -> None:
    with pytest.raises(CaseError):
        Expression(text)


@pytest.mark.parametrize("text", ["b + 1", "1 / (a - a)", "9 ** 9 ** 9", "log(0 - a)", "a + 'x'"])
def test_what_has_no_value_is_undefined(text: str) -> None:
    with pytest.raises(UndefinedError):
        Expression(text)({"a": 2.0})


@given(st.text(max_size=40))
def test_no_text_does_more_than_fail(text: str) -> None:
    with contextlib.suppress(CaseError, UndefinedError):
        Expression(text)({"a": 1.0})
