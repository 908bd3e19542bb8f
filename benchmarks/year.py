"""Time of a year of a rack with the peaks of its blocks: ``python -m benchmarks.year [CASE]``.

Set-up is what every study of the case needs: inputs, package, loop, steady state. The rest is split by what the study
reports while it runs: the states of the year's table, those of the operating map, and the hours with the map drawn
from them and everything after. Times are of the clock and of the processor; the table's error is in kelvin.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path

from benchmarks.rows import Row
from coupling.case_file import load_case
from coupling.facility_year import run_year
from coupling.inputs import prepare_inputs
from coupling.plant.weather import HOURS
from coupling.results import RunDirectory
from coupling.steady import solve_steady
from coupling.study_context import StudyContext

CASE = Path(__file__).parent.parent / "examples" / "lyrarc_rack.toml"
STAGES = {"year: rack states": "table", "year: operating map": "operating map", "year": "hours"}


class Stopwatch:
    """Time since the last mark, by the clock and by the processor [s]."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, float]] = {}
        self._last = (time.perf_counter(), time.process_time())

    def mark(self, stage: str) -> None:
        """Charge what has passed since the last mark to a stage."""
        now = (time.perf_counter(), time.process_time())
        before = self.spent.get(stage, (0.0, 0.0))
        passed = (now[0] - self._last[0], now[1] - self._last[1])
        self.spent[stage] = (before[0] + passed[0], before[1] + passed[1])
        self._last = now

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Take the study's progress as marks."""
        self.mark(STAGES.get(stage, "set-up"))


def year_rows(case: Path = CASE) -> list[Row]:
    """Run the steady and the year study; one row for set-up, one for each stage of the year and one for all."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_case(case)
        context = StudyContext(loaded, prepare_inputs(loaded), RunDirectory(Path(folder)), watch)
        solve_steady(context)
        watch.mark("set-up")
        run_year(context)
        watch.mark("hours")
    modules = context.inputs.mean_power.shape[0]
    peaks = context.sections["facility"].get("blocks_max_K", {})
    error = context.sections["numerics"].get("year_table_error_K")
    stages = {name: watch.spent[name] for name in ("set-up", *STAGES.values()) if name in watch.spent}
    beyond = [times for name, times in stages.items() if name != "set-up"]
    stages["beyond set-up"] = (sum(clock for clock, _ in beyond), sum(cpu for _, cpu in beyond))
    return [
        Row(
            f"year of {modules} modules, {len(peaks)} block peaks: {name}",
            HOURS,
            seconds=processor,
            ratio_to="its time by the clock over that of the processor",
            ratio=clock / processor if processor > 0.0 else None,
            error=error,
            unit="K, chip and blocks halfway between the table's nodes",
        )
        for name, (clock, processor) in stages.items()
    ]


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", type=Path, nargs="?", default=CASE)
    for row in year_rows(parser.parse_args().case):
        print(json.dumps(dataclasses.asdict(row)), flush=True)


if __name__ == "__main__":
    main()
