"""What ``vascool sweep`` does and prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coupling.progress import Progress, reporter
from coupling.results import to_json
from coupling.study.sweep import Preview, preview, run_sweep
from meshes.errors import InputError

Show = Callable[[str], object]
SHOWN_FAULTS = 20


def sweep_command(
    *,
    sweep_file: Path,
    output: Path | None,
    workers: int | None,
    scheduler: str | None,
    resume: bool,
    force: bool,
    dry_run: bool,
    limit: str | None,
    as_json: bool,
    quiet: bool,
    show: Show,
) -> int:
    """Run, preview or search a sweep file; return the exit code."""
    if workers is not None and scheduler is not None:
        raise InputError("--workers and --scheduler exclude each other")
    if limit is not None and resume:
        raise InputError("--resume: a search along --limit keeps nothing to go on with; --force starts anew")
    if dry_run:
        return _show_preview(preview(sweep_file), workers, as_json, show)
    directory = output or Path("runs") / sweep_file.stem
    with reporter(quiet=quiet or as_json) as progress:
        watched = _with_rate(progress)
        say = (lambda text: None) if quiet or as_json else show
        if limit is not None:
            from coupling.study.limit import run_limit_search

            found = run_limit_search(
                sweep_file,
                directory,
                limit,
                workers=workers,
                scheduler=scheduler,
                force=force,
                progress=watched,
            )
            code = 0 if any(row["found"] for row in found["limits"]) else 1
        else:
            outcome = run_sweep(
                sweep_file,
                directory,
                workers=workers,
                scheduler=scheduler,
                resume=resume,
                force=force,
                progress=watched,
                say=say,
            )
            found, code = outcome.answers, outcome.exit_code
    if as_json:
        show(to_json(found))
    else:
        for line in answer_lines(found):
            show(line)
        if not quiet:
            show(f"results: {directory}")
    return code


def _with_rate(progress: Progress) -> Progress:
    """Add rate and time left, which a long sweep is watched for."""
    began: dict[str, tuple[float, int]] = {}

    def report(stage: str, done: int, total: int, note: str = "") -> None:
        start, first = began.setdefault(stage, (time.monotonic(), done))
        if done <= first:  # nothing done yet: workers may still be starting
            start, first = began[stage] = (time.monotonic(), done)
        elapsed = time.monotonic() - start
        rate = (done - first) / elapsed if elapsed > 0.0 and done > first else 0.0
        pace = f"{rate:.3g}/s, {duration((total - done) / rate)} left" if rate > 0.0 and done < total else ""
        progress(stage, done, total, ", ".join(part for part in (pace, note) if part))

    return report


def duration(seconds: float) -> str:
    """Write a duration as people say it.

    Examples
    --------
    >>> duration(42.3), duration(125), duration(7300)
    ('42 s', '2 min 5 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _show_preview(found: Preview, workers: int | None, as_json: bool, show: Show) -> int:
    from coupling.study.engine import cores

    count = workers or cores()
    estimate = None if found.seconds is None else found.designs * found.seconds / count
    if as_json:
        show(
            to_json(
                {
                    "designs": found.designs,
                    "excluded": found.excluded,
                    "checked": found.checked,
                    "faults": list(found.faults),
                    "seconds_per_design": found.seconds,
                    "workers": count,
                    "estimate_s": estimate,
                }
            )
        )
        return 0 if found.seconds is not None else 2
    show(f"designs   {found.designs} ({found.excluded} left out by constraints)")
    if estimate is not None and found.seconds is not None:
        show(
            f"time      about {duration(estimate)} on {count} worker{'s' * (count != 1)}, and their start; "
            f"one design took {found.seconds:.3g} s"
        )
    show(f"faults    {len(found.faults)} of {found.checked} designs looked at")
    for fault in found.faults[:SHOWN_FAULTS]:
        show(f"  {fault}")
    if len(found.faults) > SHOWN_FAULTS:
        show(f"  and {len(found.faults) - SHOWN_FAULTS} more")
    return 0 if found.seconds is not None else 2


def answer_lines(found: Mapping[str, Any]) -> list[str]:
    """The short answer of a sweep, for a terminal."""
    if "limits" in found:
        return [row["text"] for row in found["limits"]]
    status = ", ".join(f"{count} {name}" for name, count in found["status"].items())
    lines = [f"{found['solved']} of {found['designs']} designs: {status}; {found['feasible']} feasible"]
    lines += [f"  {count} not feasible: {reason}" for reason, count in found.get("reasons", {}).items()]
    if found.get("pareto"):
        names = ", ".join(each["name"] for each in found["objectives"])
        lines.append(f"Pareto front over {names}: {len(found['pareto'])} designs")
    for quantity, indices in found.get("sobol", {}).items():
        if "total" in indices:
            ranked = sorted(indices["total"].items(), key=lambda item: -item[1])[:4]
            lines.append(
                f"{quantity}: total Sobol index " + ", ".join(f"{name} {value:.2f}" for name, value in ranked)
            )
    for quantity, bars in found.get("tornado", {}).items():
        lines.append(
            f"{quantity}: swing " + ", ".join(f"{bar['axis']} {bar['swing']:.3g}" for bar in bars[:4])
        )
    for quantity, scatter in found.get("uncertainty", {}).get("quantities", {}).items():
        lines.append(
            f"{quantity}: 5/50/95 % {scatter['p05']:.6g} / {scatter['p50']:.6g} / {scatter['p95']:.6g}"
            + (f", mostly {scatter['dominant']}" if scatter["dominant"] else "")
        )
    if found.get("optimum"):
        lines.append(found["optimum"]["text"])
    return lines
