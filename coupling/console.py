"""Where tables are printed: a terminal, a file, or a pipe whose reader may leave."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 110
"""Width of what goes to no terminal [characters]."""


def settle_output() -> None:
    """Let a terminal that is not UTF-8 show a question mark for what it lacks, instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _in_utf8(context: click.Context, option: click.Parameter, wanted: bool) -> bool:
    """JSON is UTF-8 whatever the terminal is (RFC 8259, section 8.1)."""
    if wanted and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return wanted


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=_in_utf8,
    help="Print JSON on stdout and nothing else.",
)


def console(*, wide: bool = False) -> Console:
    """Return a console on standard output that lets a broken pipe be seen by who called.

    Parameters
    ----------
    wide
        Whether what goes to no terminal is laid out for :data:`NARROWEST` characters or more.
    """
    from rich.console import Console

    class Printing(Console):
        """Rich ends the process with exit code 1 when a pipe breaks; that code is for limits passed."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    plain = Printing(highlight=False)
    return (
        plain
        if plain.is_terminal or not wide
        else Printing(highlight=False, width=max(plain.width, NARROWEST))
    )
