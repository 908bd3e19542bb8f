"""The page of a sweep: what it shows, and how it behaves in a browser with the network cut."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from meshes.errors import InputError
from reports.sweep_page import write_sweep_report

NAME = "<script>alert(1)</script>"


def write_sweep(folder: Path, **more: object) -> Path:
    """Write a finished sweep of six designs, the last of which failed."""
    (folder / "runs" / "d1").mkdir(parents=True)
    (folder / "runs" / "d1" / "report.html").write_text("a run")
    answers = {
        "name": NAME,
        "designs": 6,
        "solved": 6,
        "feasible": 5,
        "objectives": [{"name": "T"}, {"name": "copper"}],
        "pareto": ["d0", "d1"],
        "tornado": {
            "chip.T_max_K": [
                {
                    "axis": "riser",
                    "base": 321.0,
                    "swing": 2.0,
                    "ends": [{"input": 0.02, "value": 322.0}, {"input": 0.03, "value": 320.0}],
                }
            ],
            "loop.margins.charge": [{"axis": "riser", "base": 1.0, "swing": 0.0, "ends": []}],
        },
    }
    (folder / "sweep.json").write_text(json.dumps(answers | more))
    rows = [
        {
            "key": f"d{index}",
            "input.riser": 0.02 + 0.002 * index,
            "input.fluid": ("water", "R134a")[index % 2],
            "objective.T": 320.0 + index if index < 5 else None,
            "objective.copper": 20.0 - index,
            "loop.margins.chf": 0.9,
            "feasible": index < 5,
            "status": "ok" if index < 5 else "failed",
            "reason": "" if index < 5 else "the loop cannot carry it: dryout",
        }
        for index in range(6)
    ]
    pd.DataFrame(rows).to_parquet(folder / "results.parquet")
    return folder


def test_a_sweep_s_page_shows_its_designs_and_escapes_its_name(tmp_path: Path) -> None:
    page = write_sweep_report(write_sweep(tmp_path / "sweep")).read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert NAME not in page
    assert "One axis at a time: chip.T_max_K" in page
    assert "loop.margins.charge" not in page.split('id="sweep"')[0]
    sheet = (tmp_path / "sweep" / "report_files" / "designs.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["input.fluid"] for row in rows] == ["water", "R134a"] * 3


def test_a_sweep_s_page_names_the_best_design_in_the_units_of_its_file(tmp_path: Path) -> None:
    """320 K is 46.85 °C; a riser of 0.02 m is written in mm where the sweep file does; copper decides the other end."""
    goals = [{"name": "T", "quantity": "chip.T_max_K"}, {"name": "copper", "quantity": "20 - riser"}]
    folder = write_sweep(tmp_path / "sweep", objectives=goals)
    (folder / "sweep.toml").write_text('[[axis]]\nname = "riser"\nvalues = ["20 mm"]\n')
    page = write_sweep_report(folder).read_text(encoding="utf-8")
    assert "Best feasible design for T: T = 46.85 °C, copper = 20, at riser = 20 mm, fluid = water." in page
    assert "best for copper: copper = 19, T = 47.85 °C, at riser = 22 mm, fluid = R134a." in page
    for title in ("T [°C]", "riser [mm]", "chf [–]"):
        assert f">{title}</button>" in page


def test_a_search_for_limits_has_a_page_of_limits_alone(tmp_path: Path) -> None:
    limits = [
        {
            "inputs": {"distance": 15.0 * k},
            "found": True,
            "value": 0.02 * k,
            "beyond": 0.019 * k,
            "direction": "smallest",
        }
        | {"binding": "dryout", "margin": 0.01, "text": f"distance {15 * k} m: smallest riser {20 * k} mm"}
        for k in (1, 2)
    ]
    folder = write_sweep(tmp_path / "limit", limits=limits, limit_axis="riser", tornado={}, pareto=[])
    page = write_sweep_report(folder).read_text(encoding="utf-8")
    assert "distance 30 m: smallest riser 40 mm" in page
    assert 'id="table-limits"' in page
    assert 'id="parallel"' not in page


def test_a_folder_without_a_finished_sweep_is_refused(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "sweep")
    (folder / "results.parquet").write_bytes(b"torn")
    with pytest.raises(InputError, match="holds no finished sweep"):
        write_sweep_report(folder)


@pytest.mark.slow
def test_a_reader_filters_sorts_and_opens_a_run(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page_file = write_sweep_report(write_sweep(tmp_path / "sweep"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless=new", "--no-sandbox"]
        )
        page = browser.new_context(offline=True).new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(page_file.as_uri())
        assert page.locator("#parallel polyline").count() == 6
        assert page.locator("#scatter circle").count() == 5
        assert page.locator("figure.bars rect").count() == 1
        rows = page.locator("#designs tbody tr:visible")
        page.locator("#filter").fill("dryout")
        assert rows.count() == 1
        page.locator("#filter").fill("")
        page.get_by_role("button", name="copper").click()
        assert rows.first.locator("td").nth(4).inner_text() == "15"
        page.locator("#designs a").click()
        assert page.url.endswith("runs/d1/report.html")
        browser.close()
    assert faults == []
