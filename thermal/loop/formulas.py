"""Formulas in case files: arithmetic of one variable, nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from meshes.errors import InputError

Array = NDArray[np.float64]

_OPERATORS: dict[type[ast.AST], Callable[..., Array]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "log": np.log,
    "log10": np.log10,
    "sqrt": np.sqrt,
}
_LONGEST = 500


def compile_formula(text: str, variable: str) -> Callable[[Array], Array]:
    """Return the formula ``text`` of ``variable`` as a function of an array.

    Numbers, ``+ - * / **``, brackets and exp, log, log10, sqrt are understood.

    Raises
    ------
    InputError
        If there is anything else in it.

    Examples
    --------
    >>> float(compile_formula("1078 - 0.85*T", "T")(np.array(80.0)))
    1010.0
    """
    if len(text) > _LONGEST:
        raise InputError(f"formula of {len(text)} characters; the most is {_LONGEST}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise InputError(f"cannot read the formula {text!r}") from None
    _check(tree, text, variable)

    def evaluate(values: Array) -> Array:
        shape = np.shape(values)
        return np.broadcast_to(np.asarray(_value(tree, np.asarray(values, dtype=float)), dtype=float), shape)

    return evaluate


def _check(node: ast.expr, text: str, variable: str) -> None:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        _check(node.left, text, variable)
        _check(node.right, text, variable)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        _check(node.operand, text, variable)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        if len(node.args) != 1 or node.keywords:
            raise InputError(f"{node.func.id} takes one value, in the formula {text!r}")
        _check(node.args[0], text, variable)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return
    elif not (isinstance(node, ast.Name) and node.id == variable):
        raise InputError(
            f"{ast.unparse(node)!r} is not understood in the formula {text!r}; allowed: numbers, {variable}, "
            f"+ - * / **, {', '.join(_FUNCTIONS)}"
        )


def _value(node: ast.expr, values: Array) -> Array:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, values))
    if isinstance(node, ast.Call):
        return _FUNCTIONS[node.func.id](_value(node.args[0], values))  # type: ignore[attr-defined]
    if isinstance(node, ast.Constant):
        return np.asarray(float(node.value))  # type: ignore[arg-type]
    return values
