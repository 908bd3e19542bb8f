"""Command line of vascool: parse, call, print.

Everything heavy is imported by the command that needs it, so that ``vascool --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from coupling.console import json_option, settle_output
from coupling.power.command_line import trace
from coupling.process import settle_process
from meshes.errors import VascoolError
from thermal import ranks

INTERRUPTED = 130
BAD_INPUT = 2
DISK_FAULTS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EIO}
)
"""What a disk may refuse at any moment; no fault of the program."""

_existing_file = click.Path(path_type=Path)
_set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a key, as in loop.riser.diameter='4 mm'.",
)


class Commands(click.Group):
    """Say what an interruption leaves, and let a reader that has seen enough go."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            resumable = ctx.invoked_subcommand in ("run", "sweep")
            kept = "; what was finished is kept, --resume goes on" if resumable else ""
            click.echo(f"\nInterrupted{kept}.", err=True)
            return INTERRUPTED
        except BrokenPipeError:
            _discard_output()
            return 0


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="vascool", prog_name="vascool")
def vascool() -> None:
    """Passively cooled compute racks, from spikes to PUE.

    \b
    vascool new rack.toml          a commented case file to start from
    vascool run rack.toml -o out   temperatures, loop, facility
    vascool report out             one HTML page
    """


@vascool.command(short_help="Write a commented case file to start from.")
@click.argument("path", type=_existing_file)
@click.option(
    "--template", type=click.Choice(["lyrarc", "dense-wafer", "bench"]), default="lyrarc", show_default=True
)
def new(path: Path, template: str) -> None:
    """Write a commented case file to PATH, with the traces and floorplans it names beside it.

    Example: vascool new rack.toml --template lyrarc
    """
    from coupling.templates import write_template

    for written in write_template(path, template):
        click.echo(f"wrote {written}")


@vascool.command(short_help="Validate a case file, every fault in one line.")
@click.argument("case", type=_existing_file)
@_set_option
def check(case: Path, overrides: tuple[str, ...]) -> None:
    """Validate CASE: every fault in one line, exit code 2 if there is one.

    Example: vascool check rack.toml
    """
    from coupling.case_file import load_case
    from coupling.inputs import check_inputs
    from coupling.study.draws import check_draws

    loaded = load_case(case, overrides)
    check_inputs(loaded)
    check_draws(loaded)
    click.echo(f"{case}: good ({', '.join(loaded.spec.case.study)})")


@vascool.command(short_help="Run the studies of a case.")
@click.argument("case", type=_existing_file)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Run directory.  [default: runs/NAME-OF-CASE-FILE]",
)
@click.option(
    "--study",
    "studies",
    multiple=True,
    type=click.Choice(["steady", "transient", "year"]),
    help="Instead of the case's own.",
)
@_set_option
@click.option("--resume", is_flag=True, help="Go on with an interrupted run; finished studies are kept.")
@click.option("--force", is_flag=True, help="Overwrite an earlier run.")
@json_option
@click.option("--quiet", is_flag=True, help="No progress, only warnings and errors.")
def run(
    case: Path,
    output: Path | None,
    studies: tuple[str, ...],
    overrides: tuple[str, ...],
    resume: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run the studies of CASE and write a run directory.

    Exit code 0: done. 1: a study did not converge or a physical limit is passed (the summary says which). 2:
    bad input. 130: interrupted, --resume goes on.

    Example: vascool run rack.toml -o out --set condenser.elevation="20 m"
    """
    from coupling.case_file import load_case
    from coupling.progress import reporter
    from coupling.run import run_case

    loaded = load_case(case, [*overrides, *_study_override(studies)])
    directory = output or Path("runs") / case.stem
    with reporter(quiet=quiet or as_json) as progress:
        outcome = run_case(loaded, directory, resume=resume, force=force, progress=progress)
    with _reader_may_leave():
        if as_json:
            click.echo(outcome.summary_json)
        else:
            from coupling.tables import print_summary

            print_summary(outcome.summary, directory, quiet=quiet)
    sys.exit(outcome.exit_code)


def _study_override(studies: tuple[str, ...]) -> list[str]:
    names = ", ".join(f'"{study}"' for study in studies)
    return [f"case.study=[{names}]"] if studies else []


@vascool.command(short_help="Explore the design space around a case.")
@click.argument("sweep_file", metavar="SWEEP", type=_existing_file)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Sweep directory.  [default: runs/NAME-OF-SWEEP-FILE]",
)
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine.  [default: one a core]")
@click.option(
    "--scheduler", metavar="ADDRESS", help="Scheduler of dask.distributed, as in tcp://10.0.0.1:8786."
)
@click.option(
    "--resume", is_flag=True, help="Go on with an interrupted sweep: only what is missing is solved."
)
@click.option("--force", is_flag=True, help="Overwrite an earlier sweep.")
@click.option("--dry-run", is_flag=True, help="Say how many designs, how long, which faults; write nothing.")
@click.option(
    "--limit",
    metavar="AXIS",
    help="Search along AXIS for the value at which the loop's first margin is used up.",
)
@json_option
@click.option("--quiet", is_flag=True, help="No progress, only warnings and errors.")
def sweep(**options: Any) -> None:
    """Explore the design space that SWEEP lays around a case; every design is a row of results.parquet.

    Exit code 0: done, designs that fail are rows with their reason. 1: no design is feasible. 2: bad input.

    Example: vascool sweep riser.toml -o out --workers 2
    """
    from coupling.study.command import sweep_command

    sys.exit(sweep_command(**options, show=click.echo))


@vascool.command(short_help="Draw a page of a run or a sweep, or compare two runs.")
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o",
    "--output",
    "page",
    type=click.Path(path_type=Path),
    help="The page.  [default: report.html, or report_comparison.html, in the last folder]",
)
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language."
)
def report(directory: Path, other: Path | None, page: Path | None, language: str) -> None:
    """Draw one self-contained HTML page from the run or sweep in DIRECTORY, or compare it with the run in OTHER.

    Pictures, scenes and tables are written to a folder beside the page as PNG, GLB and CSV.

    Example: vascool report out -o out.html
    """
    if other is None and (directory / "sweep.json").is_file():
        from reports.sweep_page import write_sweep_report

        written = write_sweep_report(directory, page, language=language)
    elif other is None:
        from reports.page import write_report

        written = write_report(directory, page, language=language)
    else:
        from reports.compare import write_comparison

        written = write_comparison(directory, other, page, language=language)
    click.echo(f"report: {written}")


@vascool.command(short_help="Print results beside references and bands.")
@click.option(
    "--tier",
    type=click.IntRange(1, 4),
    help="Only this tier: 1 analytic, 2 codes, 3 experiments, 4 facility.",
)
@click.option("--case", "identifier", metavar="ID", help="Only this case, such as A1 or B1-top.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with files of others.",
)
@json_option
def validate(tier: int | None, identifier: str | None, data: Path | None, as_json: bool) -> None:
    """Compute the validation cases and print each beside its reference and band.

    Exit code 0 only if none fails. Cases that need somebody else's file and got none are not run.

    Example: vascool validate --tier 1
    """
    from validation.runner import print_rows, run_cases, to_json

    announce = None if as_json else functools.partial(click.echo, err=True)
    rows = run_cases(tier=tier, identifier=identifier, data=data, announce=announce)
    with _reader_may_leave():
        if as_json:
            click.echo(to_json(rows))
        else:
            print_rows(rows)
    sys.exit(1 if any(row["passed"] is False for row in rows) else 0)


@vascool.command(short_help="List working fluids, or show a saturation table.")
@click.argument("name", required=False)
@click.option(
    "--backend", type=click.Choice(["auto", "coolprop", "cantera"]), default="auto", show_default=True
)
@click.option(
    "--from", "low", metavar="TEMPERATURE", help="Start of the saturation table.  [default: 0 degC]"
)
@click.option("--to", "high", metavar="TEMPERATURE", help="End of the saturation table.  [default: 80 degC]")
@json_option
def fluids(name: str | None, backend: str, low: str | None, high: str | None, as_json: bool) -> None:
    """List the working fluids, or show the saturation table of NAME with the source of each property.

    Example: vascool fluids "R1234ze(E)" --from "20 degC" --to "60 degC"
    """
    from coupling import fluid_printing
    from coupling.results import to_json

    if name is None:
        rows = fluid_printing.fluid_list()
        click.echo(to_json(rows)) if as_json else fluid_printing.print_fluid_list(rows)
        return
    table = fluid_printing.saturation_table(name, backend, low, high)
    click.echo(to_json(table)) if as_json else fluid_printing.print_saturation_table(table)


vascool.add_command(trace)


@contextlib.contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Print for a pipe whose reader may have enough before the end: the exit code stays that of the work."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()


def _discard_output() -> None:
    """Let what is still to be flushed go nowhere; Python would complain at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _as_one_rank() -> Iterator[None]:
    """Let the first rank alone speak under ``mpirun``, but one that fails alone say why before it ends all."""
    if ranks.count() == 1:
        yield
        return
    voice = os.dup(sys.stderr.fileno())
    if not ranks.is_first():
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
    try:
        yield
    except Exception as error:
        if ranks.fails_alone():
            ours = isinstance(error, VascoolError | OSError)
            os.write(voice, (f"Error: {error}\n" if ours else traceback.format_exc()).encode())
            ranks.end_all(error.exit_code if isinstance(error, VascoolError) else BAD_INPUT if ours else 1)
        raise


def main() -> NoReturn:
    """Run the command line; every error of ours becomes one message and its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    settle_process()
    settle_output()
    try:
        with _as_one_rank():
            result: Any = vascool.main(standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except VascoolError as error:
        for line in str(error).splitlines():
            click.echo(f"Error: {line}", err=True)
        code = error.exit_code
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        code = INTERRUPTED
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        click.echo(f"Error: {error.filename or 'output'}: cannot be written: {error.strerror}", err=True)
        code = BAD_INPUT
        if error.filename is None:
            _discard_output()
    sys.exit(code)
