"""Small cases that a sweep can be laid around."""

from __future__ import annotations

from pathlib import Path

import pytest

LOOP = """
[case]
name = "loop alone"
[evaporator]
gap = "3 mm"
width = "300 mm"
length = "300 mm"
inlet_K = 400
[loop]
fluid = "R134a"
modules = { count = 2, lowest = 0.2, pitch = 0.4 }
riser = { length = "25 m", diameter = "22 mm", K = 4.0 }
downcomer = { length = "25 m", diameter = "15 mm", K = 4.0 }
[condenser]
kind = "air-fan"
elevation = "10 m"
conductance = 200
air_flow = 0.3
fan = { pressure_rise = "60 Pa" }
[power]
total = "500 W"
"""

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


@pytest.fixture
def loop_case(tmp_path: Path) -> Path:
    path = tmp_path / "loop.toml"
    path.write_text(LOOP)
    return path


@pytest.fixture
def chip_case(tmp_path: Path) -> Path:
    path = tmp_path / "chip.toml"
    path.write_text(CHIP)
    return path


@pytest.fixture
def sweep_file(loop_case: Path) -> Path:
    """Risers of six diameters under five powers: thirty designs, the thinnest of which cannot carry the most."""
    path = loop_case.with_name("sweep.toml")
    path.write_text(
        """
[sweep]
name = "risers"
case = "loop.toml"
[[axis]]
name = "riser"
key = "loop.riser.diameter"
range = ["8 mm", "28 mm"]
count = 6
[[axis]]
name = "power"
key = "power.total"
values = ["200 W", "400 W", "600 W", "800 W", "1 kW"]
[[link]]
key = "loop.downcomer.diameter"
value = "0.7 * riser"
[[objective]]
name = "temperature"
quantity = "loop.T_sat_evaporator_K"
[[objective]]
name = "riser_diameter"
quantity = "riser"
"""
    )
    return path
