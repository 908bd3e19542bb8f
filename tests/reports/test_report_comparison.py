"""Two runs side by side: what differs, by how much, and where."""

from __future__ import annotations

import numpy as np
import pytest

from meshes.errors import InputError
from reports.compare import delta_table, headline_table, input_table, write_comparison
from reports.figures.comparison import difference_colours
from reports.language import words
from reports.run_directory import RunDirectory, read_run

EN = words("en")
NAMES = ("one", "two")


@pytest.fixture(scope="module")
def pair(fabricate, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    loop = frozenset({"loop"})
    return fabricate(folder / "one", parts=loop), fabricate(folder / "two", parts=loop, offset=3.0)


def test_deltas_are_second_minus_first(pair):
    rows = {row[0]: row[1:] for row in delta_table(read_run(pair[0]), read_run(pair[1]), NAMES, EN).rows}
    first, second, change, percent = rows["loop.T_sat_evaporator_K"]
    assert second - first == pytest.approx(3.0)
    assert change == pytest.approx(3.0)
    assert percent == pytest.approx(100.0 * 3.0 / first, abs=1e-3)
    assert rows["loop.margins.chf"][2] == 0.0


def test_headlines_carry_their_words_and_units(pair):
    rows = {row[1]: row for row in headline_table(read_run(pair[0]), read_run(pair[1]), NAMES, EN).rows}
    assert rows["Mass flow"][2:] == (0.21, 0.21, 0.0, "kg/s")
    assert rows["Fluid"][2:5] == ("R1234ze(E)", "R1234ze(E)", None)


def test_only_inputs_that_differ_are_listed(tmp_path):
    runs = [
        RunDirectory(tmp_path, {"loop": {"fluid": fluid, "riser": {"length": 25.0}}}, {})
        for fluid in ("water", "ammonia")
    ]
    assert input_table(*runs, NAMES, EN).rows == (("loop.fluid", "water", "ammonia"),)


def test_colours_diverge_only_where_the_sign_changes():
    assert difference_colours(np.array([-1.0, 0.5])) == ("RdBu_r", -1.0, 1.0)
    assert difference_colours(np.array([0.1, 0.5])) == ("cividis", 0.1, 0.5)


def test_page_of_two_runs(pair, tmp_path):
    page = write_comparison(*pair, tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    assert 'id="table-headline"' in text
    assert 'id="figure-margin_pair"' in text
    assert "This report is incomplete" not in text
    assert (tmp_path / "page_files" / "deltas.csv").is_file()


@pytest.mark.slow
def test_difference_field_is_drawn(fabricate, tmp_path):
    chip = frozenset({"chip"})
    runs = [
        fabricate(tmp_path / name, parts=chip, cells=8, offset=dt) for name, dt in (("a", 0.0), ("b", 2.0))
    ]
    text = write_comparison(*runs).read_text(encoding="utf-8")
    assert 'id="scene-difference"' in text
    assert 'id="figure-difference_map"' in text
    assert 'id="figure-history_pair"' in text


@pytest.mark.slow
def test_packages_of_unlike_size_have_no_difference_and_the_page_says_so(fabricate, tmp_path):
    import pyvista

    chip = frozenset({"chip"})
    runs = [fabricate(tmp_path / name, parts=chip, cells=6) for name in ("a", "b")]
    for file in (runs[1] / "fields").glob("*.vtu"):
        grid = pyvista.read(file)
        grid.points *= 2.0
        grid.save(file)
    text = write_comparison(*runs).read_text(encoding="utf-8")
    assert "the packages have different sizes" in text
    assert 'id="scene-difference"' not in text


@pytest.mark.parametrize("file", ["sweep.json", "sweep.toml"])
@pytest.mark.parametrize("first", [True, False])
def test_a_run_is_not_compared_with_a_sweep(pair, tmp_path, file, first):
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    (sweep / file).write_text("")
    page = tmp_path / "page.html"
    with pytest.raises(InputError, match="sweep: holds a sweep; only two runs can be compared"):
        write_comparison(*((sweep, pair[0]) if first else (pair[0], sweep)), page)
    assert {entry.name for entry in tmp_path.iterdir()} == {"sweep"}
    assert [entry.name for entry in sweep.iterdir()] == [file]


def test_two_equal_fields_are_one_colour_and_no_map_of_round_off():
    for noise in (0.0, 1e-12):
        _, low, high = difference_colours(np.array([-noise, noise]))
        assert (low, high) == pytest.approx((-0.005, 0.005))
