"""Loading DOLFINx leaves the process as it was: logging, the loader, and what it had a stand-in for."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = r"""
import json, logging, os, sys
environment = dict(os.environ)
flags = sys.getdlopenflags()
sys.argv[1:] = ["\udce9.toml", "-v", "9"]  # a name in Latin-1 and an option that DOLFINx's log would take
import thermal.fem, ffcx, ufl
found = {
    "versions": [ufl.__version__, ffcx.__version__],
    "handlers": len(logging.getLogger().handlers),
    "environment": dict(os.environ) == environment,
    "flags": sys.getdlopenflags() == flags,
    "arguments": sys.argv[1:] == ["\udce9.toml", "-v", "9"],
    "stand-in": "pkg_resources" in sys.modules,
}
import warnings
warnings.simplefilter("ignore")
import pkg_resources
found["whole"] = hasattr(pkg_resources, "working_set")
print(json.dumps(found))
"""


def test_loading_dolfinx_leaves_nothing_behind() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(said.stdout) == {
        "versions": [version("fenics-ufl"), version("fenics-ffcx")],
        "handlers": 0,
        "environment": True,
        "flags": True,
        "arguments": True,
        "stand-in": False,
        "whole": True,
    }
