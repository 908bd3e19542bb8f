"""The commands of ``vascool trace``: parse, call, print. What is heavy is imported by the command that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from coupling.console import json_option

_existing_file = click.Path(path_type=Path)


@click.group(short_help="Power traces: info, convert, emulate, models.")
def trace() -> None:
    """Power traces: look at one, convert it, or make one with a spiking emulator."""


@trace.command("info", short_help="Duration, blocks and power of a trace.")
@click.argument("path", type=_existing_file)
@click.option(
    "--interval", default="1 ms", show_default=True, help="Duration of a row, for formats that do not say."
)
@json_option
def trace_info(path: Path, interval: str, as_json: bool) -> None:
    """Show duration, blocks, mean and peak power of the trace in PATH, and a sparkline.

    Example: vascool trace info traces/loihi_wafer.ptrace
    """
    from coupling.power import commands

    _print_facts(commands.trace_info(path, _seconds(interval)), as_json)


@trace.command("convert", short_help="Convert a trace or spikes.")
@click.argument("source", type=_existing_file)
@click.argument("output", type=_existing_file)
@click.option("--format", "kind", metavar="NAME", help="Format of SOURCE, where its ending does not say.")
@click.option(
    "--interval", default="1 ms", show_default=True, help="Duration of a row, where the format does not say."
)
@click.option("--average", metavar="TIME", help="Average over bins of this length.")
@click.option("--floorplan", type=_existing_file, help="HotSpot .flp that names the blocks of spikes.")
@click.option(
    "--blocks", type=click.IntRange(1), default=32, show_default=True, help="Blocks of spikes without one."
)
@json_option
def trace_convert(
    source: Path,
    output: Path,
    kind: str | None,
    interval: str,
    average: str | None,
    floorplan: Path | None,
    blocks: int,
    as_json: bool,
) -> None:
    """Convert the trace or the spikes in SOURCE to OUTPUT: .ptrace, .parquet or .csv.

    Example: vascool trace convert spikes.gdf wafer.parquet --average "10 ms"
    """
    from coupling.power import commands

    facts = commands.convert_trace(
        source,
        output,
        _seconds(interval),
        kind=kind,
        average=None if average is None else _seconds(average, "--average"),
        floorplan=floorplan,
        blocks=blocks,
    )
    _print_facts(facts, as_json)


@trace.command("emulate", short_help="Run a spiking emulator, write its power.")
@click.argument("output", type=_existing_file)
@click.option("--emulator", type=click.Choice(["sanafe", "brainpy"]), default="sanafe", show_default=True)
@click.option(
    "--architecture",
    default="loihi",
    show_default=True,
    help="loihi, truenorth, wafer, or a file of SANA-FE's.",
)
@click.option(
    "--columns", type=click.IntRange(1, 256), default=16, show_default=True, help="Tiles of a wafer."
)
@click.option("--rows", type=click.IntRange(1, 256), default=16, show_default=True, help="Tiles of a wafer.")
@click.option(
    "--energy-model", default="loihi", show_default=True, help="Of wafer and brainpy; see trace models."
)
@click.option("--network", type=click.Choice(["recurrent", "dvs"]), default="recurrent", show_default=True)
@click.option("--steps", type=click.IntRange(1), default=400, show_default=True, help="Time steps.")
@click.option("--neurons", type=click.FloatRange(min=1.0), help="Neurons that the trace shall stand for.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--interval", default="1 ms", show_default=True, help="Duration of a time step.")
@json_option
def trace_emulate(
    output: Path,
    emulator: Literal["sanafe", "brainpy"],
    architecture: str,
    columns: int,
    rows: int,
    energy_model: str,
    network: Literal["recurrent", "dvs"],
    steps: int,
    neurons: float | None,
    seed: int,
    interval: str,
    as_json: bool,
) -> None:
    """Run a spiking emulator and write its power to OUTPUT (.ptrace), its tiles to a .flp beside it.

    Example: vascool trace emulate wafer.ptrace --steps 400 --neurons 2e8
    """
    from coupling.power import commands
    from coupling.power.spec import EmulatorSpec

    spec = EmulatorSpec(
        kind=emulator,
        architecture=architecture,
        columns=columns,
        rows=rows,
        energy_model=energy_model,
        network=network,
        steps=steps,
    )
    facts = commands.emulate_trace(spec, output, interval=_seconds(interval), neurons=neurons, seed=seed)
    _print_facts(facts, as_json)


@trace.command("models", short_help="Energies of spiking events, with sources.")
@json_option
def trace_models(as_json: bool) -> None:
    """List the energy models of events, in pJ, each with its uncertainty and source.

    Example: vascool trace models
    """
    from coupling.power import commands

    rows = commands.energy_model_rows()
    if as_json:
        from coupling.results import to_json

        click.echo(to_json(rows))
        return
    for row in rows:
        _print_facts(row, as_json=False)
        click.echo()


def _seconds(text: str, option: str = "--interval") -> float:
    from meshes.errors import InputError
    from meshes.quantity import to_si

    try:
        seconds = to_si(text, "s")
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if not seconds > 0.0:
        raise InputError(f"{option}: got {text!r}; expected more than 0 s")
    return seconds


def _print_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        from coupling.results import to_json

        click.echo(to_json(facts))
        return
    for name, value in facts.items():
        click.echo(f"{name:<22} {value:.6g}" if isinstance(value, float) else f"{name:<22} {value}")
