"""Running the registered cases and laying their numbers beside the references."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import validation
from meshes.errors import InputError
from validation.registry import Case, Row, registered_cases

TIERS = {1: "analytic", 2: "code to code", 3: "experiment", 4: "facility"}
_NOT_CASES = {"registry", "runner"}


def load_cases() -> dict[str, Case]:
    """Import every module of the package, so that its cases register, and return them by identifier."""
    for module in pkgutil.iter_modules(validation.__path__):
        if module.name not in _NOT_CASES:
            importlib.import_module(f"validation.{module.name}")
    cases = registered_cases()
    return dict(sorted(cases.items(), key=lambda item: _natural(item[0])))


def _natural(identifier: str) -> tuple[str, int, str]:
    """Order A2 before A10, and A8 before A8-curve."""
    match = re.fullmatch(r"(\D*)(\d*)(.*)", identifier)
    letter, number, rest = match.groups() if match else (identifier, "", "")
    return letter, int(number or 0), rest


def run_cases(
    *,
    tier: int | None = None,
    identifier: str | None = None,
    data: Path | None = None,
    announce: Callable[[str], object] | None = None,
) -> list[dict[str, Any]]:
    """Compute the chosen cases.

    Raises
    ------
    InputError
        If no case has the identifier.
    """
    cases = load_cases()
    chosen = [
        found
        for found in cases.values()
        if (tier is None or found.tier == tier)
        and (identifier is None or f"{identifier}-".startswith(f"{found.id}-"))
    ]
    if not chosen:
        raise InputError(f"no validation case {identifier or f'of tier {tier}'}; known: {', '.join(cases)}")
    rows = []
    for found in chosen:
        if announce is not None:
            announce(f"{found.id}  {found.title} ...")
        rows += [_flat(found, row) for row in found.compute(data)]
    if identifier is None or identifier in cases:
        return rows
    wanted = [row for row in rows if row["id"] == identifier]
    if not wanted:
        raise InputError(f"no part {identifier}; known: {', '.join(row['id'] for row in rows)}")
    return wanted


def _flat(found: Case, row: Row) -> dict[str, Any]:
    return {
        "id": f"{found.id}-{row.part}" if row.part else found.id,
        "tier": found.tier,
        "title": found.title,
        "quantity": row.quantity,
        "unit": row.unit,
        "computed": None if row.computed is None else float(row.computed),
        "reference": None if row.reference is None else float(row.reference),
        "band": None if row.band is None else [float(bound) for bound in row.band],
        "passed": row.passed,
        "source": row.source,
        "note": row.note,
    }


def to_json(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a JSON list."""
    return json.dumps(rows, indent=2, ensure_ascii=False)


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table, with a count at its end."""
    from rich.console import Console
    from rich.table import Table

    words = {True: "[green]pass[/]", False: "[red]FAIL[/]", None: "[dim]–[/]"}
    table = Table("case", "quantity", "computed", "reference", "band", "", title="validation")
    for row in rows:
        computed = "not run" if row["computed"] is None else f"{row['computed']:.6g}"
        reference = "" if row["reference"] is None else f"{row['reference']:.6g}"
        band = "reported" if row["band"] is None else f"{row['band'][0]:.6g} … {row['band'][1]:.6g}"
        quantity = f"{row['quantity']} [{row['unit']}]".replace("[", r"\[")
        table.add_row(row["id"], quantity, computed, reference, band, words[row["passed"]])
    console = Console()
    console.print(table)
    passed, failed = (sum(row["passed"] is state for row in rows) for state in (True, False))
    console.print(f"{passed} passed, {failed} failed, {len(rows) - passed - failed} reported or not run")
