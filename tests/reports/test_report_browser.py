"""The page as its reader meets it: headless Chromium, network cut, mouse on the canvas."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
SCENES = ("package", "transient", "network", "loop")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(fabricate, tmp_path_factory):
    from reports.page import write_report

    folder = tmp_path_factory.mktemp("runs") / "run"
    return write_report(fabricate(folder, name="<script>alert(1)</script>", cells=20))


@pytest.fixture
def page(browser, report):
    """The open page; closing it checks that nothing was asked of the network and no fault was told."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, offline=True)
    opened = context.new_page()
    faults, asked = [], []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("dialog", lambda dialog: faults.append(dialog.message))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(report.as_uri())
    for key in SCENES:
        opened.locator(f"#scene-{key} canvas[data-ready=true]").wait_for(timeout=60_000)
    yield opened
    context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def picture(page, key):
    """Pixels of a scene's canvas."""
    from PIL import Image

    locator = page.locator(f"#scene-{key} canvas")
    locator.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    image = Image.open(io.BytesIO(locator.screenshot()))
    return np.asarray(image.convert("RGB")).astype(int)


def slide(page, selector, value):
    page.locator(selector).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", str(value)
    )


@pytest.mark.parametrize("key", SCENES)
def test_every_canvas_draws(page, key):
    pixels = picture(page, key)
    assert (np.ptp(pixels.reshape(-1, 3), axis=0) > 60).all()
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20


@pytest.mark.parametrize("key", SCENES)
def test_dragging_turns_the_scene(page, key):
    before = picture(page, key)
    box = page.locator(f"#scene-{key} canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 30, steps=4)
    page.mouse.up()
    after = picture(page, key)
    assert (before != after).any(axis=2).mean() > 0.005


def test_time_slider_changes_values_and_picture(page):
    before = picture(page, "transient")
    told = page.locator("#scene-transient output.state").inner_text()
    hot = page.locator("#scene-transient .pin.hot:not([hidden]) span").inner_text()
    slide(page, "#scene-transient .state-slider", 6)
    after = picture(page, "transient")
    assert page.locator("#scene-transient output.state").inner_text() != told
    assert page.locator("#scene-transient .pin.hot:not([hidden]) span").inner_text() != hot
    assert (before != after).any(axis=2).mean() > 0.01


def test_playing_moves_the_time(page):
    button = page.locator("#scene-transient .play")
    button.click()
    page.wait_for_timeout(800)
    button.click()
    assert page.locator("#scene-transient .state-slider").input_value() != "0"


def test_switching_a_layer_off_hides_it(page):
    before = picture(page, "package")
    page.locator("#scene-package .layers input").nth(2).uncheck()
    after = picture(page, "package")
    assert (after.min(axis=2) < 200).sum() < (before.min(axis=2) < 200).sum()


def test_pulling_apart_moves_the_layers(page):
    before = picture(page, "package")
    slide(page, "#scene-package .apart", 0)
    assert (before != picture(page, "package")).any(axis=2).mean() > 0.01


def test_cut_shows_the_inside(page):
    slide(page, "#scene-package .apart", 0)
    before = picture(page, "package")
    page.locator("#scene-package .cut-axis").select_option("1")
    slide(page, "#scene-package .cut-place", 0.7)
    after = picture(page, "package")
    # the warm inside of the wafer is brighter than the plate around it
    assert after[..., 0][after.max(axis=2) < 250].max() > before[..., 0][before.max(axis=2) < 250].max()


def test_pointer_reads_part_and_value(page):
    canvas = page.locator("#scene-package canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.52 * box["width"], box["y"] + 0.38 * box["height"])
    page.wait_for_function(
        "document.querySelector('#scene-package .reading').textContent !== ''", timeout=10_000
    )
    told = page.locator("#scene-package .reading").inner_text()
    assert told.startswith("plate: Temperature [°C] ")
    assert 40.0 < float(told.split()[-1]) < 56.0


def test_colouring_by_another_quantity_changes_legend_and_picture(page):
    before = picture(page, "network")
    page.locator("#scene-network .field").select_option(index=1)
    assert page.locator("#scene-network .colour-bar .name").inner_text() == "Wall superheat [K]"
    assert (before != picture(page, "network")).any()


def test_table_is_sorted_by_a_click(page):
    first = "#table-margins tbody tr:first-child td:first-child"
    assert page.locator(first).inner_text() == "start-up"
    head = page.locator("#table-margins th button").nth(1)
    head.click()
    head.click()
    assert page.locator(first).inner_text() == "critical heat flux"


def test_name_of_the_case_is_text(page):
    assert page.locator("h1").inner_text() == "<script>alert(1)</script>"


def test_a_narrow_page_scrolls_its_figures_and_not_itself(page):
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator("#figure-history svg").bounding_box()
    assert box["width"] > 600  # else its words are a third of their size


def test_page_prints_to_pdf(page):
    assert len(page.pdf()) > 50_000


def test_chinese_page_speaks_chinese(browser, fabricate, tmp_path):
    from reports.page import write_report

    context = browser.new_context(offline=True)
    opened = context.new_page()
    run = fabricate(tmp_path / "run", parts=frozenset({"loop"}))
    opened.goto(write_report(run, language="zh").as_uri())
    assert opened.locator("html").get_attribute("lang") == "zh"
    assert opened.locator("#loop h2").inner_text() == "回路"
    opened.locator("#scene-loop canvas[data-ready=true]").wait_for()
    assert opened.locator("#scene-loop .home").inner_text() == "复位视角"
    context.close()
