"""Reduced models in files: made once by whoever wants them at once, never trusted blindly, never too many."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from thermal.field import reduced_store
from thermal.field.reduced_model import ReducedModel, ReducedParts
from thermal.field.reduced_store import ModelFolder, machine_folder

KEY = "a" * 64


def model(key: str = KEY, nodes: int = 50) -> ReducedModel:
    random = np.random.default_rng(0)
    return ReducedModel(
        ReducedParts(
            rates=np.array([1.0, 2.0]),
            gain=random.uniform(size=(2, 2)),
            modes=random.uniform(size=(nodes, 2)),
            direct=random.uniform(size=(nodes, 2)),
            means=random.uniform(size=(1, 4)),
            stored=np.ones(2),
            port_area=np.empty(0),
            port_coefficient=np.empty(0),
            reference=0.0,
            worst_means=np.zeros((1, 2)),
            worst_nodes=np.zeros((1, 2)),
            rich=0.0,
            half_range=np.ones(2),
            shortest=1.0,
            nodes=np.arange(nodes),
            starts=np.array([0]),
            key=key,
        )
    )


def none() -> ReducedModel:
    raise AssertionError("made though it is there")


def make_slowly(folder: Path) -> None:
    def make() -> ReducedModel:
        with (folder / "made").open("a") as made:
            made.write("made\n")
        time.sleep(0.5)
        return model()

    found = ModelFolder(folder).model(KEY, make)
    (folder / f"done-{os.getpid()}").write_text(found.key)


def test_what_is_kept_is_what_was_made(tmp_path: Path) -> None:
    made = ModelFolder(tmp_path).model(KEY, model)
    found = ModelFolder(tmp_path).model(KEY, none)
    for name, part in vars(made.parts).items():
        assert np.array_equal(getattr(found.parts, name), part), name
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_processes_that_want_a_model_at_once_make_it_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=make_slowly, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert (tmp_path / "made").read_text() == "made\n"
    assert len(list(tmp_path.glob("done-*"))) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


def spoil(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[whole.index(model().parts.modes.tobytes()) + 100] ^= 0xFF
    path.write_bytes(whole)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def take_another(path: Path) -> None:
    reduced_store.save_reduced(model("b" * 64), path)


def lack_a_part(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, key=np.array(KEY))


@pytest.mark.parametrize("harm", [cut, spoil, empty, take_another, lack_a_part])
def test_a_file_that_is_not_the_model_is_made_anew(tmp_path: Path, harm) -> None:
    folder = ModelFolder(tmp_path)
    made = folder.model(KEY, model)
    (path,) = tmp_path.glob("*.npz")
    harm(path)
    assert folder.find(KEY) is None
    again = folder.model(KEY, model)
    assert np.array_equal(again.parts.modes, made.parts.modes)
    assert folder.find(KEY) is not None


def test_a_folder_that_cannot_be_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    folder = ModelFolder(tmp_path / "file" / "models")
    assert folder.model(KEY, model).key == KEY
    assert folder.find(KEY) is None


def test_a_full_disk_leaves_nothing_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reduced_store.np, "savez", full)
    assert ModelFolder(tmp_path).model(KEY, model).key == KEY
    assert list(tmp_path.iterdir()) == []


def test_models_used_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ModelFolder(tmp_path / "program", tmp_path)
    keys = [letter * 64 for letter in "abcd"]
    for age, key in enumerate(keys[:3]):
        folder.model(key, lambda key=key: model(key))
        os.utime(tmp_path / "program" / f"reduced-{key[:24]}.npz", (1e9 + age, 1e9 + age))
    size = (tmp_path / "program" / f"reduced-{keys[0][:24]}.npz").stat().st_size
    assert folder.find(keys[0]) is not None
    monkeypatch.setattr(reduced_store, "MOST", 3 * size)
    # of another version of the program, older than all
    old = tmp_path / "other" / "reduced-old.npz"
    old.parent.mkdir()
    old.write_bytes(b"old")
    os.utime(old, (1e8, 1e8))
    folder.model(keys[3], lambda: model(keys[3]))
    assert [folder.find(key) is not None for key in keys] == [True, False, True, True]
    assert not old.exists()


def test_a_model_larger_than_all_the_room_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reduced_store, "MOST", 100)
    folder = ModelFolder(tmp_path, tmp_path)
    assert folder.model(KEY, model).key == KEY
    assert folder.find(KEY) is None


def test_another_number_of_threads_has_models_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = set()
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        reduced_store._maker.cache_clear()
        paths.add(machine_folder().path)
    reduced_store._maker.cache_clear()
    assert len(paths) == 2


def test_a_kept_model_plays_as_the_one_made(tmp_path: Path) -> None:
    made = ModelFolder(tmp_path).model(KEY, model)
    found = ModelFolder(tmp_path).model(KEY, none)
    power = np.random.default_rng(1).uniform(size=(30, 1))
    ours, theirs = (one.play(power, 1.0, one.start(), hottest_above=300.0) for one in (made, found))
    assert np.array_equal(ours.block_maximum, theirs.block_maximum)
    assert np.array_equal(ours.state.modes, theirs.state.modes)
