"""Where tables are printed: a terminal, a file, or a pipe whose reader may leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 110
"""Width of what goes to no terminal [characters]."""


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
