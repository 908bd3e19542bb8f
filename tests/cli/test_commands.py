"""The command line as a user meets it: exit codes, messages, files."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHIP = """
[case]
name = "plate"
[package]
size = ["10 mm", "10 mm"]
cells = [4, 4]
[[package.layer]]
name = "die"
thickness = "1 mm"
material = "silicon"
floorplan = { grid = [1, 1] }
heat = "bottom"
[package.boundary]
top = { h = 1000, T = "20 degC" }
[power]
total = "1 W"
"""


def vascool(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import cli; cli.main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300)


@pytest.fixture
def chip(tmp_path: Path) -> Path:
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    return path


def test_help_names_every_command() -> None:
    done = vascool("--help")
    assert done.returncode == 0
    for command in ("new", "check", "run", "report", "trace", "validate", "fluids"):
        assert command in done.stdout


def test_check_says_good_or_names_the_fault(chip: Path) -> None:
    assert vascool("check", chip).returncode == 0
    done = vascool("check", chip, "--set", "package.layer.die.thickness=-1 mm")
    assert done.returncode == 2
    assert "package.layer.0.thickness" in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_input_writes_nothing(chip: Path, tmp_path: Path) -> None:
    done = vascool("run", chip, "-o", tmp_path / "out", "--set", "power.total=-1")
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["nonsense"], ["run", "absent.toml"], ["validate", "--case", "Z9"], ["report", "absent"]],
)
def test_a_wrong_call_is_bad_input(arguments: list[str], tmp_path: Path) -> None:
    done = vascool(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_validation_case_is_found_in_small_letters_and_a_near_miss_is_told() -> None:
    rows = json.loads(vascool("validate", "--case", "a1", "--json").stdout)
    assert rows
    assert {row["id"].split("-")[0] for row in rows} == {"A1"}
    part = rows[-1]["id"]
    assert [
        row["id"] for row in json.loads(vascool("validate", "--case", part.lower(), "--json").stdout)
    ] == [part]
    missed = vascool("validate", "--case", f"{part}x")
    assert missed.returncode == 2
    assert f"did you mean {part}?" in missed.stderr


def test_a_chip_alone_runs_and_closes_its_energy(chip: Path, tmp_path: Path) -> None:
    done = vascool("run", chip, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((tmp_path / "out/summary.json").read_text())
    # one-dimensional: 1 W over 1 cm2 through 1 mm of silicon (148 W/(m K)) and h = 1000 W/(m2 K)
    assert summary["chip"]["T_max_K"] == pytest.approx(293.15 + 1e4 * (1e-3 / 148.0 + 1e-3), abs=1e-6)
    assert summary["energy"]["chip_to_ambient_rel"] <= 1e-8
    assert "loop" not in summary
    assert "facility" not in summary
    assert (tmp_path / "out/fields/fields.pvd").exists()


def test_the_same_case_gives_the_same_summary(chip: Path, tmp_path: Path) -> None:
    summaries = []
    for name in ("a", "b"):
        summary = json.loads(vascool("run", chip, "-o", tmp_path / name, "--json").stdout)
        summaries.append(
            {key: value for key, value in summary.items() if key not in ("started", "wall_time_s")}
        )
    assert summaries[0] == summaries[1]


def test_a_new_case_file_is_good_and_nothing_is_overwritten(tmp_path: Path) -> None:
    case = tmp_path / "my.toml"
    assert vascool("new", case, "--template", "bench").returncode == 0
    assert vascool("check", case).returncode == 0
    again = vascool("new", case, "--template", "bench")
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_every_template_brings_the_files_it_names(tmp_path: Path) -> None:
    for template in ("lyrarc", "dense-wafer", "bench"):
        folder = tmp_path / template
        folder.mkdir()
        assert vascool("new", folder / "case.toml", "--template", template).returncode == 0
        done = vascool("check", folder / "case.toml", "--set", "case.seed=1")
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_transient_resumes_to_the_same_end(chip: Path, tmp_path: Path, number: int) -> None:
    trace = tmp_path / "die.ptrace"
    trace.write_text("r0c0\n" + "\n".join(str(1 + step % 3) for step in range(6000)) + "\n")
    case = tmp_path / "play.toml"
    text = CHIP.replace('name = "plate"', 'name = "plate"\nstudy = ["transient"]')
    case.write_text(text.replace('total = "1 W"', 'trace = "die.ptrace"'))
    out = tmp_path / "out"
    command = [sys.executable, "-c", "import cli; cli.main()", "run", str(case), "-o", str(out)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ)
    deadline = time.monotonic() + 60.0
    while not (out / "summary.json").exists() and time.monotonic() < deadline:
        line = running.stderr.readline()  # type: ignore[union-attr]
        if line.startswith(b"transient"):
            break
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == 130
    assert not list(out.rglob(".partial*"))
    assert vascool("run", case, "-o", out).returncode == 2
    assert vascool("run", case, "-o", out, "--resume").returncode == 0
    assert vascool("run", case, "-o", tmp_path / "whole").returncode == 0
    resumed, whole = (json.loads((path / "summary.json").read_text()) for path in (out, tmp_path / "whole"))
    assert resumed["chip"] == whole["chip"]
    assert resumed["energy"] == whole["energy"]


@pytest.mark.parametrize("arguments", [("--force",), ("--force", "--json")])
def test_a_reader_that_leaves_early_is_no_failure(chip: Path, arguments: tuple[str, ...]) -> None:
    """``vascool run | head -1``: neither a crash of PETSc nor the exit code of a limit."""
    command = [
        sys.executable,
        "-c",
        "import cli; cli.main()",
        "run",
        str(chip),
        "-o",
        str(chip.with_suffix("")),
    ]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        messages = done.stderr.read()
    assert done.returncode == 0, messages
    assert "PETSC" not in messages
    assert "BrokenPipe" not in messages


def test_a_folder_that_cannot_be_made_is_said_in_words(chip: Path) -> None:
    done = vascool("run", chip, "-o", "/dev/null/out")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("/dev/null/out: cannot be written: Not a directory")


def test_an_interrupted_validation_does_not_promise_to_go_on() -> None:
    """Only runs and sweeps keep what they have and resume."""
    with subprocess.Popen(
        [sys.executable, "-c", "import cli; cli.main()", "validate", "--tier", "1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as running:
        assert running.stderr is not None
        running.stderr.readline()  # the first case has begun
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Interrupted." in messages
    assert b"--resume" not in messages


@pytest.mark.parametrize(
    "arguments",
    [["trace", "models"], ["run", "chip.toml", "-o", "out"], ["fluids", "R134a"], ["fluids", "--json"]],
)
def test_output_that_cannot_be_written_is_said_in_words(arguments: list[str], chip: Path) -> None:
    """``/dev/full`` behaves as a disk without room."""
    command = [sys.executable, "-c", "import cli; cli.main()", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=chip.parent,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
            timeout=300,
        )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A disk that fills up while a table is written leaves the old one and no remainder."""
    from coupling.errors import OutputError
    from coupling.whole_file import whole_file

    target = tmp_path / "table.csv"
    target.write_text("old")
    said = r"table\.csv: cannot be written: No space left on device"
    with pytest.raises(OutputError, match=said), whole_file(target) as partial, partial.open("w") as stream:
        stream.write("new")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("arguments", [["report", "."], ["report", "out", "."]])
def test_a_folder_without_a_run_has_no_page(arguments: list[str], chip: Path) -> None:
    assert vascool("run", chip, "-o", chip.with_name("out"), "--quiet").returncode == 0
    done = vascool(*arguments, cwd=chip.parent)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: .: holds neither case.toml nor summary.json; expected")
    assert {path.name for path in chip.parent.iterdir()} == {"chip.toml", "out"}


def test_a_terminal_without_utf_8_shows_what_it_can_and_json_stays_whole(chip: Path) -> None:
    name = "Gehäuse µ"
    case = chip.with_name("Gehäuse.toml")
    case.write_text(CHIP.replace("plate", name), encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "import cli; cli.main()", "run", str(case), "-o", "out", "--force"]
    shown, whole = (
        subprocess.run(
            [*command, *more], capture_output=True, check=True, cwd=chip.parent, env=os.environ | plain
        ).stdout
        for more in ([], ["--json"])
    )
    assert b"Geh?use ?" in shown
    assert json.loads(whole.decode("utf-8"))["case"] == name


def test_a_page_needs_a_name_and_a_bin_a_length(chip: Path, tmp_path: Path) -> None:
    assert vascool("run", chip, "-o", tmp_path / "out", "--quiet").returncode == 0
    done = vascool("report", tmp_path / "out", "-o", tmp_path)
    assert done.returncode == 2
    assert "is a folder; -o expects the name of a page" in done.stderr
    trace = tmp_path / "die.ptrace"
    trace.write_text("die\n1\n2\n")
    done = vascool("trace", "convert", trace, tmp_path / "out.csv", "--average", "0 s")
    assert done.returncode == 2
    assert done.stderr == "Error: --average: got '0 s'; expected more than 0 s\n"
    assert not (tmp_path / "out.csv").exists()
