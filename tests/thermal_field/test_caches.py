"""Compiled kernels and forms from a folder that a crash, a full disk or an administrator has touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from meshes.errors import InputError
from thermal.field import tensor_kernels
from thermal.form_cache import form_cache


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """Copy of the folder with the compiled kernels, and how often they have been built anew."""
    if tensor_kernels.load_kernels().name != "c":
        pytest.skip("no compiled kernels")
    library, _ = tensor_kernels._library()
    folder = tmp_path / "vascool" / "kernels"
    shutil.copytree(library.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    whole, builds = {path.name: path.read_bytes() for path in folder.iterdir()}, []

    def build(*paths: Path) -> None:
        builds.append(paths)
        for path in paths:
            path.write_bytes(whole[path.name])

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tensor_kernels, "_build", build)
    return folder / library.name, builds


def damaged(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


@pytest.mark.parametrize("suffix", [".so", ".py"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_kernels_cut_short_are_built_anew(kernels, suffix, share):
    library, builds = kernels
    damaged(library.with_suffix(suffix), share)
    assert tensor_kernels.load_kernels.__wrapped__().name == "c"
    assert len(builds) == 1


def test_kernels_that_are_there_need_no_compiler_and_no_lock(kernels, monkeypatch):
    library, builds = kernels
    lock = library.with_name("lock")
    lock.unlink()
    lock.mkdir()  # as in a folder that is not ours, a file cannot be opened here
    monkeypatch.setenv("PATH", "")
    assert tensor_kernels.load_kernels.__wrapped__().name == "c"
    assert not builds


@pytest.fixture
def form(tmp_path, monkeypatch):
    """Stand-in for a form that FFCx has compiled, as it lies in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with form_cache() as folder:
        for suffix in (".c", ".c.cached", ".cpython-311.so"):
            (folder / f"form{suffix}").write_text("compiled")
    return folder / "form.c"


def test_a_form_that_was_finished_stays(form):
    with form_cache() as folder:
        assert folder == form.parent
        assert form.exists()


@pytest.mark.parametrize("missing", [".c.cached", ".cpython-311.so", ".cpython-311.so.sha256"])
def test_a_form_that_was_not_finished_is_compiled_anew(form, missing):
    (form.parent / f"form{missing}").unlink()
    with form_cache() as folder:
        assert {path.suffix for path in folder.iterdir()} <= {"", ".sha256"}


def test_a_library_cut_short_is_compiled_anew(form):
    damaged(form.parent / "form.cpython-311.so", 0.5)
    with form_cache() as folder:
        assert not form.exists()
        assert not list(folder.glob("*.so"))


def test_a_folder_that_cannot_be_written_to_is_copied(form):
    lock = form.parent / "lock"
    lock.unlink()
    lock.mkdir()
    with form_cache() as folder:
        assert folder != form.parent
        assert (folder / "form.cpython-311.so").read_text() == "compiled"
        (folder / "another.c").write_text("compiled here")


def test_without_a_compiler_the_user_hears_which_solver_needs_none(tmp_path, monkeypatch):
    fem = pytest.importorskip("thermal.fem")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fault = fem.cffi.VerificationError("CompileError: command 'gcc' failed: No such file or directory\nmore")
    said = r"command 'gcc' failed.*numerics\.solver = \"tensor\""
    with pytest.raises(InputError, match=said) as caught, fem._compiler():
        raise fault
    assert "\n" not in str(caught.value)
