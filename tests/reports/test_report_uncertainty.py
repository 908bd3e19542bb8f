"""How sure a run is, on its page: percentiles, ruling sources, what was not drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.figures.uncertainty import shares_figure, spread_figure
from reports.language import words
from reports.page import write_report
from reports.run_directory import read_run
from reports.sureness import uncertainty_tables

SHARES = {"friction": 0.7, "activity_power": 0.25}


def quantity(low: float, middle: float, high: float, dominant: str | None = "friction") -> dict[str, object]:
    shares = SHARES if dominant else dict.fromkeys(SHARES, 0.0)
    return {"base": middle, "p05": low, "p50": middle, "p95": high, "draws": 64, "shares": shares} | {
        "dominant": dominant,
        "mesh_shift": 0.0,
    }


@pytest.fixture
def run(fabricate, tmp_path: Path) -> Path:
    folder: Path = fabricate(tmp_path / "run", parts=frozenset({"loop", "facility"}))
    summary = json.loads((folder / "summary.json").read_text())
    summary["uncertainty"] = {
        "samples": 64,
        "share_within_limits": 0.97,
        "method": "Latin hypercube",
        "sources": [
            {
                "name": "friction",
                "key": "loop.closures.friction_factor",
                "distribution": "lognormal",
                "band": 0.47,
                "source": "friction closure friedel: mean deviation 40 %",
            },
            {
                "name": "weather_year",
                "key": "facility.year_seed",
                "distribution": "seed",
                "source": "<b>years</b>",
            },
        ],
        "not_drawn": [{"what": "boiling closure cooper", "why": "no published error is at hand"}],
        "quantities": {
            "chip.T_max_K": quantity(320.0, 322.0, 325.0),
            "facility.pue": quantity(1.0822, 1.0824, 1.0834),
            "loop.margins.charge": quantity(1.0, 1.0, 1.0, None),
        },
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "uncertainty").mkdir()
    drawn = np.random.default_rng(1).normal(size=64)
    frame = pd.DataFrame({"chip.T_max_K": 322.0 + drawn, "facility.pue": 1.0824 + 1e-4 * drawn})
    frame.to_parquet(folder / "uncertainty" / "results.parquet")
    return folder


def test_percentiles_name_the_ruling_source_and_its_share(run: Path) -> None:
    tables = {table.key: table for table in uncertainty_tables(read_run(run), words("en"))}
    hottest, pue, charge = tables["uncertainty"].rows
    assert hottest == ("Hottest point", "°C", 48.85, 46.85, 48.85, 51.85, "friction", 70.0)
    assert pue[2:6] == ("1.0824", "1.0822", "1.0824", "1.0834")
    assert charge[-2:] == (None, None)
    assert tables["uncertainty_left_out"].rows == (
        ("boiling closure cooper", "no published error is at hand"),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_a_section_on_how_sure_it_is(run: Path, language: str) -> None:
    page = write_report(run, language=language).read_text(encoding="utf-8")
    for part in ("figure-uncertainty_spread", "figure-uncertainty_shares", "table-uncertainty_sources"):
        assert f'id="{part}"' in page
    assert "&lt;b&gt;years&lt;/b&gt;" in page
    assert "97 %" in page
    assert {"uncertainty.csv", "uncertainty_spread.png"} <= {
        each.name for each in (run / "report_files").iterdir()
    }


def test_a_run_without_draws_says_nothing_of_them(fabricate, tmp_path: Path) -> None:
    page = write_report(fabricate(tmp_path / "run", parts=frozenset({"loop"}))).read_text(encoding="utf-8")
    assert 'id="uncertainty"' not in page


def test_lost_draws_leave_the_percentiles(run: Path) -> None:
    (run / "uncertainty" / "results.parquet").write_bytes(b"torn")
    found = read_run(run)
    assert spread_figure(found, words("en")) is None
    assert shares_figure(found, words("en")) is not None
    page = write_report(run).read_text(encoding="utf-8")
    assert "uncertainty/results.parquet cannot be read" in page
    assert 'id="table-uncertainty"' in page


@pytest.mark.parametrize("damage", ["text", ["a list"], {"quantities": "none"}, {"quantities": {"x": 3}}, {}])
def test_a_damaged_section_still_gives_a_page(run: Path, damage: object) -> None:
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps(summary | {"uncertainty": damage}))
    assert "</html>" in write_report(run).read_text(encoding="utf-8")
