"""The run directory: whole files or none, one run at a time, nothing overwritten unasked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from coupling.results import RunDirectory, to_json
from meshes.errors import InputError


def open_run(path: Path, digest: str = "a", *, resume: bool = False, force: bool = False):
    return RunDirectory(path).opened(case_text="x = 1\n", digest=digest, resume=resume, force=force)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    with open_run(tmp_path / "out") as run:
        run.write_json("summary.json", {"a": 1})

        def fail(path: Path) -> None:
            path.write_text("half")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run.write("summary.json", fail)
    assert json.loads((tmp_path / "out/summary.json").read_text()) == {"a": 1}
    assert not list((tmp_path / "out").glob(".partial*"))


def test_an_earlier_run_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    with open_run(tmp_path) as run:
        run.write_text("summary.json", "{}")
    with pytest.raises(InputError, match="--force"), open_run(tmp_path):
        pass
    assert (tmp_path / "summary.json").exists()
    with open_run(tmp_path, resume=True):
        assert (tmp_path / "summary.json").exists()
    with open_run(tmp_path, force=True):
        assert not (tmp_path / "summary.json").exists()


def test_another_case_cannot_be_resumed(tmp_path: Path) -> None:
    with open_run(tmp_path, "a"):
        pass
    with pytest.raises(InputError, match="another case"), open_run(tmp_path, "b", resume=True):
        pass


def test_a_run_of_another_version_cannot_be_resumed(tmp_path: Path) -> None:
    with open_run(tmp_path, "a") as run:
        run.write_json("studies/case.json", {"vascool": "0.0.1", "sha256": "a"})
    with pytest.raises(InputError, match="another version"), open_run(tmp_path, "a", resume=True):
        pass


@pytest.mark.parametrize("asked", [{"resume": True}, {"force": True}, {}], ids=["resume", "force", "plain"])
def test_a_folder_without_a_run_keeps_what_it_holds(tmp_path: Path, asked: dict[str, bool]) -> None:
    """A user's own case.toml is no run's, whatever it is called."""
    (tmp_path / "case.toml").write_text("mine")
    with pytest.raises(InputError, match=r"no run's \(case.toml\)"), open_run(tmp_path, **asked):
        pass
    assert (tmp_path / "case.toml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["case.toml"]


def test_hidden_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("x")
    with open_run(tmp_path):
        pass
    with open_run(tmp_path, force=True):
        pass
    assert (tmp_path / ".git/config").read_text() == "x"


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        open_run(tmp_path / "out"),
        pytest.raises(InputError, match="another run"),
        open_run(tmp_path / "out", resume=True),
    ):
        pass


def test_a_folder_with_other_peoples_files_is_refused_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.tex"), open_run(tmp_path, force=True):
        pass
    assert (tmp_path / "thesis.tex").exists()


def test_numbers_that_are_none_become_null() -> None:
    text = to_json({"a": np.float64(1.5), "b": float("nan"), "c": np.arange(2), "d": np.bool_(True)})
    assert json.loads(text) == {"a": 1.5, "b": None, "c": [0, 1], "d": True}
