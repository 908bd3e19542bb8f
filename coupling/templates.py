"""Case files that people start from: the examples, copied with the files they name."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

from coupling.whole_file import whole_file
from meshes.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TEMPLATES = {"lyrarc": "lyrarc_rack.toml", "dense-wafer": "dense_wafer.toml", "bench": "bench_chip.toml"}
_FILE_SUFFIXES = (".flp", ".ptrace", ".epw", ".csv")


def write_template(path: Path, template: str) -> list[Path]:
    """Copy a template case and the files it names to the folder of ``path``.

    Returns
    -------
    What was written, the case file first.

    Raises
    ------
    InputError
        If any of the files exists already or the folder does not.
    """
    source = EXAMPLES / TEMPLATES[template]
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist")
    copies = [(source, path)]
    for name in sorted(set(_named_files(tomllib.loads(source.read_text(encoding="utf-8"))))):
        target = path.parent / name
        if not (target.is_file() and target.read_bytes() == (EXAMPLES / name).read_bytes()):
            copies.append((EXAMPLES / name, target))
    taken = [str(target) for _, target in copies if target.exists()]
    if taken:
        raise InputError(f"{', '.join(taken)}: exists already; choose another name")
    for origin, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as partial:
            shutil.copyfile(origin, partial)
    return [target for _, target in copies]


def _named_files(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [name for item in content.values() for name in _named_files(item)]
    if isinstance(content, list):
        return [name for item in content for name in _named_files(item)]
    return [content] if isinstance(content, str) and content.endswith(_FILE_SUFFIXES) else []
