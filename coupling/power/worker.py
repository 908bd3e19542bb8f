"""Runs an emulator's script in a process of its own and keeps what it hands over.

The result of a request is stored under the hash of the request, the script and the emulator's version, so that the
very same run is not run twice. The store is ``$XDG_CACHE_HOME/vascool/emulators``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from coupling.errors import TraceError
from meshes.cache_folder import cache_folder

logger = logging.getLogger(__name__)

TIME_LIMIT = 3600.0  # [s]


def worker_result(
    title: str, interpreter: str, script: Path, request: Mapping[str, object], version: str
) -> Path:
    """Return the ``.npz`` that ``script`` makes of ``request``, made now or before.

    Parameters
    ----------
    title
        Name of the emulator, for messages.
    interpreter
        Python that can import the emulator.
    """
    text = json.dumps([request, version], sort_keys=True)
    digest = hashlib.sha256(text.encode() + script.read_bytes()).hexdigest()[:32]
    stored = _store() / f"{script.stem}-{digest}.npz"
    if stored.exists():
        return stored
    logger.info("%s: %s network, %s steps", title, request.get("network", "its"), request["steps"])
    with tempfile.TemporaryDirectory(dir=stored.parent) as folder:
        asked, result = Path(folder) / "request.json", Path(folder) / "result.npz"
        asked.write_text(json.dumps(request), encoding="utf-8")
        _run(title, [interpreter, "-I", str(script), str(asked), str(result)])
        if not result.exists():
            raise TraceError(f"power.emulator: {title} ended without a result")
        result.replace(stored)
    return stored


def _run(title: str, command: list[str]) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise TraceError(f"power.emulator: {title} did not end within {TIME_LIMIT:.0f} s") from None
    except OSError as error:
        raise TraceError(f"power.emulator: {command[0]} cannot be started ({error.strerror})") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise TraceError(f"power.emulator: {title} ended with code {done.returncode}: {last}")


def _store() -> Path:
    """Folder of stored results; that of temporary files where there is no home to write in."""
    home = cache_folder("emulators")
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        home = Path(tempfile.gettempdir()) / f"vascool-emulators-{os.getuid()}"
        home.mkdir(exist_ok=True, mode=0o700)
    return home
