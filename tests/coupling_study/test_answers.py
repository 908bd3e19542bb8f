"""Front, Sobol indices, tornado and spread against what is known in closed form."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coupling.study.design import Design, Results
from coupling.study.engine import local_engine
from coupling.study.pareto import pareto_front
from coupling.study.plan import make_plan
from coupling.study.sensitivity import tornado
from coupling.study.store import SweepDirectory
from coupling.study.sweep import solve_plan
from coupling.study.uncertainty import explained


def test_the_front_is_what_brute_force_finds() -> None:
    values = np.random.default_rng(1).random((200, 3)).round(1)
    dominated = [any((other <= row).all() and (other < row).any() for other in values) for row in values]
    assert (pareto_front(values) == ~np.array(dominated)).all()


def test_a_design_without_a_value_is_not_on_the_front() -> None:
    assert pareto_front(np.array([[1.0, np.nan], [2.0, 2.0]])).tolist() == [False, True]


@pytest.mark.slow
def test_sobol_indices_of_the_ishigami_function(chip_case: Path, tmp_path: Path) -> None:
    """Ishigami and Homma (1990), a = 7, b = 0.1: first order 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    a, b = 7.0, 0.1
    axes = "".join(
        f'[[axis]]\nname = "x{i}"\nkey = "x{i}"\nrange = [{-math.pi}, {math.pi}]\n' for i in (1, 2, 3)
    )
    path = tmp_path / "ishigami.toml"
    path.write_text(
        f'[sweep]\ncase = "chip.toml"\nsampling = "saltelli"\nsamples = 1024\n{axes}'
        '[[objective]]\nname = "ishigami"\nquantity = "value"\n'
    )

    def ishigami(design: Design) -> Results:
        x1, x2, x3 = (float(design.inputs[name]) for name in ("x1", "x2", "x3"))
        return {"value": math.sin(x1) + a * math.sin(x2) ** 2 + b * x3**4 * math.sin(x1)}

    outcome = solve_plan(make_plan(path), ishigami, SweepDirectory(tmp_path / "out"), local_engine(2))
    found = outcome.answers["sobol"]["objective.ishigami"]

    one, two, three = 0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8, b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    variance = one + two + three
    first = {"x1": one / variance, "x2": two / variance, "x3": 0.0}
    total = {"x1": (one + three) / variance, "x2": two / variance, "x3": three / variance}
    assert found["first"] == pytest.approx(first, abs=0.02)
    assert found["total"] == pytest.approx(total, abs=0.02)
    assert len(pd.read_parquet(tmp_path / "out" / "results.parquet")) == 1024 * 5


def test_the_longest_bar_of_a_tornado_is_the_largest_swing() -> None:
    rows: list[dict[str, Any]] = [
        {"design": index, "input.a": a, "input.b": b}
        for index, (a, b) in enumerate([(1, 1), (0, 1), (2, 1), (1, 0), (1, 5)])
    ]
    values = np.array([10 * row["input.a"] + row["input.b"] for row in rows])
    bars = tornado(["b", "a"], rows, values)
    assert [(bar["axis"], bar["swing"]) for bar in bars] == [("a", 20.0), ("b", 5.0)]


def test_ranks_explain_a_monotone_quantity_by_its_terms() -> None:
    """Independent normal terms: Spearman's correlation with their sum is ``6/pi asin(rho/2)`` (Pearson, 1907)."""
    drawn = np.random.default_rng(2).standard_normal((20_000, 3))
    weights = np.array([3.0, 2.0, 1.0])
    expected = (6.0 / math.pi * np.arcsin(weights / np.linalg.norm(weights) / 2.0)) ** 2
    shares = explained(dict(zip("abc", drawn.T, strict=True)), drawn @ weights)
    assert list(shares.values()) == pytest.approx(expected.tolist(), abs=0.01)
