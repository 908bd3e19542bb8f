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
        "reasons": {"the loop cannot carry it: dryout": 1},
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
    assert "One axis at a time: Hottest point" in page
    assert "Margin: charge" not in page
    assert "1 × the loop cannot carry it: dryout" in page
    sheet = (tmp_path / "sweep" / "report_files" / "designs.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["input.fluid"] for row in rows] == ["water", "R134a"] * 3


def test_a_sweep_s_page_names_the_best_design_in_the_units_of_its_file(tmp_path: Path) -> None:
    """320 K is 46.85 °C; a riser of 0.02 m is written in mm where the sweep file does; copper decides the other end."""
    goals = [{"name": "T", "quantity": "chip.T_max_K"}, {"name": "copper", "quantity": "20 - riser"}]
    folder = write_sweep(tmp_path / "sweep", objectives=goals)
    (folder / "sweep.toml").write_text('[[axis]]\nname = "riser"\nvalues = ["20 mm"]\n')
    page = write_sweep_report(folder).read_text(encoding="utf-8")
    assert (
        "Best feasible design for T: T = 46.85\u00a0°C, copper = 20, at riser = 20\u00a0mm, fluid = water."
        in page
    )
    assert "best for copper: copper = 19, T = 47.85\u00a0°C, at riser = 22\u00a0mm, fluid = R134a." in page
    for title in ("T [°C]", "riser [mm]", "chf [–]"):
        assert f">{title}</button>" in page


def test_sensitivities_are_told_in_the_units_of_the_file(tmp_path: Path) -> None:
    """Base 321 K at 25 mm; 322 K at 20 mm and 320 K at 30 mm are 48.85 and 46.85 °C, 2 K apart."""
    folder = write_sweep(tmp_path / "sweep")
    (folder / "sweep.toml").write_text('[[axis]]\nname = "riser"\nvalues = ["20 mm"]\n')
    write_sweep_report(folder)
    sheet = (folder / "report_files" / "tornado_0.csv").read_text(encoding="utf-8-sig")
    head, row = csv.reader(io.StringIO(sheet))
    assert head[1:] == [
        *("Lowest setting", "Result [°C]", "Base", "Highest setting", "Result [°C]", "Swing [K]")
    ]
    assert row[0] == "riser [mm]"
    assert row[1::3] == ["20\u00a0mm", "30\u00a0mm"]
    assert [float(cell) for cell in (row[2], row[3], row[5], row[6])] == [48.85, 47.85, 46.85, 2.0]


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
    (folder / "sweep.toml").write_text('[[axis]]\nname = "riser"\nvalues = ["20 mm"]\n')
    page = write_sweep_report(folder).read_text(encoding="utf-8")
    sheet = (folder / "report_files" / "limits.csv").read_text(encoding="utf-8-sig")
    head, row, _ = csv.reader(io.StringIO(sheet))
    assert head == [
        *("distance", "Kind of limit", "riser [mm]", "Beyond the limit [mm]", "Binding limit"),
        "Margin at the limit [–]",
    ]
    assert row == ["15.0", "smallest", "20.0", "19.0", "dry-out", "0.01"]
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
        page.set_viewport_size({"width": 390, "height": 844})
        reason = page.locator("#designs td.state:visible small.reason").bounding_box()
        assert reason["x"] + reason["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator("#filter").fill("")
        page.get_by_role("button", name="copper").click()
        assert rows.first.locator("td").nth(4).inner_text() == "15"
        page.locator("#designs a").click()
        assert page.url.endswith("runs/d1/report.html")
        browser.close()
    assert faults == []
