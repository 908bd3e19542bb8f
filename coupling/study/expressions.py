"""Expressions of sweep files: parsed into a tree of allowed nodes and walked, never run as code.

Arithmetic, comparisons, ``and``/``or``/``not``, a few functions and dotted names, such as
``loop.margins.chf > 0.1 and riser >= 1.5 * downcomer``.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from coupling.errors import CaseError

Value = float | str | bool
LARGEST_EXPONENT = 100.0
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
}
CONSTANTS = {"pi": math.pi}


class UndefinedError(ValueError):
    """A name of an expression has no value in this design."""


class Expression:
    """A parsed expression.

    Raises
    ------
    CaseError
        If the text holds anything but arithmetic, comparisons, names and the functions offered.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text, mode="eval").body
            self.names = tuple(dict.fromkeys(_checked_names(self._tree)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else error
            raise CaseError([f"expression {text!r}: {reason}"]) from None

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Work it out.

        Raises
        ------
        UndefinedError
            If a name has no value, or the arithmetic has no result.
        """
        try:
            return _value(self._tree, values)
        except (ArithmeticError, TypeError) as error:
            raise UndefinedError(f"expression {self.text!r}: {error}") from None
        except ValueError as error:
            raise UndefinedError(f"expression {self.text!r}: {error}") from None


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join(reversed([*parts, node.id]))


def _checked_names(node: ast.expr) -> list[str]:
    """Return the names in a tree, in their order, and refuse what is not on the list."""
    name = _dotted(node)
    if name is not None:
        return [] if name in CONSTANTS else [name]
    return [found for part in _operands(node) for found in _checked_names(part)]


def _operands(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            return []
        case ast.BinOp(op=op) if type(op) in _BINARY:
            return [node.left, node.right]
        case ast.UnaryOp(op=op) if type(op) in _UNARY:
            return [node.operand]
        case ast.BoolOp():
            return list(node.values)
        case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
            return [node.left, *node.comparators]
        case ast.IfExp():
            return [node.test, node.body, node.orelse]
        case ast.Call(func=ast.Name(id=function), keywords=[]) if function in FUNCTIONS:
            return list(node.args)
    raise ValueError(
        f"{ast.unparse(node)!r} is not allowed; use numbers, names, + - * / ** %, comparisons, and, or, not, "
        f"{', '.join(FUNCTIONS)}"
    )


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    name = _dotted(node)
    if name is not None:
        return _look_up(name, values)
    match node:
        case ast.Constant():
            return node.value
        case ast.BinOp(op=op):
            left, right = _value(node.left, values), _value(node.right, values)
            return _BINARY[type(op)](float(left), _exponent(op, float(right)))
        case ast.UnaryOp(op=op):
            return _UNARY[type(op)](_value(node.operand, values))
        case ast.BoolOp(op=ast.And()):
            return all(_value(part, values) for part in node.values)
        case ast.BoolOp():
            return any(_value(part, values) for part in node.values)
        case ast.Compare():
            terms = [_value(part, values) for part in (node.left, *node.comparators)]
            pairs = zip(node.ops, terms, terms[1:], strict=False)
            return all(_COMPARISONS[type(op)](left, right) for op, left, right in pairs)
        case ast.IfExp():
            return _value(node.body if _value(node.test, values) else node.orelse, values)
        case ast.Call(func=ast.Name(id=function)):
            return FUNCTIONS[function](*(_value(part, values) for part in node.args))
    raise ValueError(f"{ast.unparse(node)!r} is not allowed")


def _look_up(name: str, values: Mapping[str, Any]) -> Any:
    if name in values and values[name] is not None:
        return values[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    raise UndefinedError(f"{name} has no value")


def _exponent(op: ast.operator, value: float) -> float:
    if isinstance(op, ast.Pow) and abs(value) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent of {value:g} is more than {LARGEST_EXPONENT:g}")
    return value
