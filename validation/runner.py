"""Running the registered cases and laying their numbers beside the references."""

from __future__ import annotations

import difflib
import importlib
import itertools
import json
import pkgutil
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import validation
from coupling.console import console
from meshes.errors import InputError
from validation.registry import Case, Row, registered_cases

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
        If no case has the identifier, whose letters may be small or capital.
    """
    cases = load_cases()
    wanted = None if identifier is None else identifier.casefold()
    chosen = [
        found
        for found in cases.values()
        if (tier is None or found.tier == tier)
        and (identifier is None or f"{wanted}-".startswith(f"{found.id.casefold()}-"))
    ]
    if not chosen:
        asked = f"of tier {tier}" if identifier is None else identifier
        raise InputError(f"no validation case {asked}{_meant(identifier, cases)}; known: {', '.join(cases)}")
    rows = []
    for found in chosen:
        if announce is not None:
            announce(f"{found.id}  {found.title} ...")
        rows += [_flat(found, row) for row in found.compute(data)]
    if wanted is None or any(found.id.casefold() == wanted for found in chosen):
        return rows
    kept = [row for row in rows if row["id"].casefold() == wanted]
    if not kept:
        parts = list(dict.fromkeys(row["id"] for row in rows))
        raise InputError(f"no part {identifier}{_meant(identifier, parts)}; known: {', '.join(parts)}")
    return kept


def _meant(identifier: str | None, known: Iterable[str]) -> str:
    """The known identifier that is nearest, as a question; nothing where none is near."""
    spelled = {name.casefold(): name for name in known}
    close = difflib.get_close_matches((identifier or "").casefold(), spelled, n=1)
    return f"; did you mean {spelled[close[0]]}?" if close else ""


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
    """Print a table for each case, what was not passed with its note, and a count at the end."""
    from rich.markup import escape

    out = console(wide=True)
    for _, group in itertools.groupby(rows, key=lambda row: (row["id"].split("-")[0], row["title"])):
        members = list(group)
        out.print(f"\n[bold]{escape(members[0]['id'].split('-')[0])}  {escape(members[0]['title'])}[/]")
        out.print(_table(members))
        for line in dict.fromkeys(row["source"] for row in members):
            out.print(f"  [dim]{escape(line)}[/]")
        for line in dict.fromkeys(row["note"] for row in members if row["note"]):
            out.print(f"  {escape(line)}", style="dim")
    passed, failed = (sum(row["passed"] is state for row in rows) for state in (True, False))
    absent = sum(row["computed"] is None for row in rows)
    reported = len(rows) - passed - failed - absent
    out.print(f"\n{passed} passed, {failed} failed, {reported} reported without a band, {absent} not run")
    for row in rows:
        if row["passed"] is False:
            out.print(f"[red]FAIL[/] {escape(row['id'])}: {escape(row['quantity'])}")


def _table(rows: list[dict[str, Any]]) -> Any:
    """Rows of one case: outcome, what it is, the numbers, and the part that ``--case`` takes."""
    from rich.markup import escape
    from rich.table import Table

    words = {True: "[green]pass[/]", False: "[red]FAIL[/]", None: "[dim]–[/]"}
    table = Table(box=None, expand=True, show_header=True, header_style="dim", padding=(0, 1))
    table.add_column("", width=4)
    table.add_column("quantity", ratio=3, overflow="fold")
    for name, width in (("computed", 10), ("reference", 10), ("accepted", 19)):
        table.add_column(name, justify="right", no_wrap=True, width=width)
    table.add_column("part", ratio=2, overflow="fold", style="dim")
    for row in rows:
        computed = "not run" if row["computed"] is None else f"{row['computed']:.6g}"
        reference = "" if row["reference"] is None else f"{row['reference']:.6g}"
        quantity = escape(f"{row['quantity']} [{row['unit']}]")
        part = escape(row["id"].partition("-")[2])
        table.add_row(words[row["passed"]], quantity, computed, reference, _accepted(row), part)
    return table


def _accepted(row: dict[str, Any]) -> str:
    """Band of a row as a person reads it: its width about the reference, or its ends."""
    if row["band"] is None:
        return "reported"
    low, high = row["band"]
    if row["reference"] is None or abs(low + high - 2.0 * row["reference"]) > 1e-6 * (high - low):
        return f"{low:.5g} … {high:.5g}"
    return f"± {0.5 * (high - low):.3g}"
