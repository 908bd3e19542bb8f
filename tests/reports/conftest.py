"""A made-up run directory, so that reports are tested without a solver."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

LAYERS = (  # name, thickness [m], cells, conductivity [W/mK]
    ("wafer", 775e-6, 4, 120.0),
    ("interface", 100e-6, 2, 5.0),
    ("plate", 6e-3, 6, 390.0),
)
SIDE = 0.32
GRID = 8
MODULES = 4
PARTS = frozenset({"chip", "loop", "facility"})

Fabricate = Callable[..., Path]


@pytest.fixture(scope="session")
def fabricate() -> Fabricate:
    """Return the function that writes a run directory holding the parts asked for."""
    return write_run


def write_run(
    folder: Path,
    parts: frozenset[str] = PARTS,
    name: str = "LYRArc-style rack",
    cells: int = 40,
    offset: float = 0.0,
) -> Path:
    """Write a plausible finished run; ``offset`` [K] shifts every temperature."""
    (folder / "fields").mkdir(parents=True)
    (folder / "case.toml").write_text(case_text(parts, name), encoding="utf-8")
    (folder / "summary.json").write_text(
        json.dumps(summary(parts, name, offset), ensure_ascii=False), encoding="utf-8"
    )
    (folder / "run.log").write_text(
        "12:00:01 steady study\n12:00:09 coupled in 7 iterations\n", encoding="utf-8"
    )
    if "chip" in parts:
        write_fields(folder / "fields", cells, offset)
        history(offset).to_parquet(folder / "history.parquet")
    if "loop" in parts:
        (folder / "loop.json").write_text(json.dumps(loop(offset)), encoding="utf-8")
        (folder / "fields" / "network.json").write_text(json.dumps(network()), encoding="utf-8")
    if "facility" in parts:
        year(offset).to_parquet(folder / "year.parquet")
        (folder / "comparison.json").write_text(json.dumps(comparison()), encoding="utf-8")
        reserve = [{"failure": "fan", "hours_to_limit": None, "T_max_K": 341.0}]
        (folder / "reserve.json").write_text(json.dumps(reserve), encoding="utf-8")
    if parts >= {"loop", "facility"}:
        (folder / "operating_map.json").write_text(json.dumps(operating_map()), encoding="utf-8")
    return folder


def case_text(parts: frozenset[str], name: str) -> str:
    """The resolved case file, in the sections that the parts have."""
    lines = [
        "[case]",
        f"name = {json.dumps(name)}",
        'description = "A rack cooled without a pump."',
        "seed = 7",
    ]
    if "chip" in parts:
        lines += ["[package]", f"size = [{SIDE}, {SIDE}]", "cells = [40, 40]"]
        for layer, thickness, cells, _ in LAYERS:
            lines += [
                "[[package.layer]]",
                f'name = "{layer}"',
                f"thickness = {thickness}",
                f"cells = {cells}",
            ]
    if "loop" in parts:
        lines += ["[loop]", 'fluid = "R1234ze(E)"', "[loop.closures]", 'friction = "Muller_Steinhagen_Heck"']
    if "facility" in parts:
        lines += ["[facility]", "racks = 40", 'climate = "zhuhai"']
    return "\n".join(lines) + "\n"


def summary(parts: frozenset[str], name: str, offset: float = 0.0) -> dict[str, Any]:
    """Every key of the summary for the parts given."""
    made: dict[str, Any] = {
        "vascool": "0.1.0",
        "case": name,
        "case_sha256": "5f2c" * 16,
        "started": "2026-11-23T12:00:00+00:00",
        "wall_time_s": 41.3,
        "studies": ["steady", "transient", "year"],
        "assumptions": ["wafer 300 mm, 16 modules, 400 W each", "Zhuhai climate from monthly means"],
        "warnings": ["closure Cooper used at reduced pressure 0.19, inside its range"],
        "energy": {
            "chip_to_loop_rel": 3.2e-9,
            "loop_to_ambient_rel": 8.8e-8,
            "transient_storage_rel": 1.1e-9,
        },
        "numerics": {
            "unknowns": 22693,
            "solver": "tensor",
            "iterations": 12,
            "coupling_iterations": 7,
            "reduced": {"order": 64, "error_K": 0.02},
        },
        "versions": {"python": "3.11.2", "numpy": "1.26.4", "pyvista": "0.49.1"},
    }
    if "chip" in parts:
        made["chip"] = chip_summary(offset)
    if "loop" in parts:
        made["loop"] = loop_summary(offset)
    if "facility" in parts:
        made["facility"] = facility_summary()
    return made


def chip_summary(offset: float) -> dict[str, Any]:
    """Temperatures of a few blocks."""
    rise = block_power() / block_power().max() * 9.0
    blocks = {
        f"r{row}c{column}": {
            "T_max_K": 318.0 + rise[row, column] + offset,
            "T_mean_K": 317.0 + rise[row, column] + offset,
        }
        for row in range(GRID)
        for column in range(GRID)
    }
    hottest = max(blocks, key=lambda block: blocks[block]["T_max_K"])
    return {
        "T_max_K": blocks[hottest]["T_max_K"],
        "T_mean_K": 320.4 + offset,
        "hottest_block": hottest,
        "hottest_module": 0,
        "blocks": blocks,
    }


def loop_summary(offset: float) -> dict[str, Any]:
    """Loop results: legs, margins, qualities."""
    return {
        "fluid": "R1234ze(E)",
        "T_sat_evaporator_K": 313.2 + offset,
        "T_sat_condenser_K": 308.1 + offset,
        "mass_flow_kg_s": 0.21,
        "exit_quality": {str(module): 0.11 + 0.02 * module for module in range(MODULES)},
        "regime": "gravity-dominated",
        "pressure_drops_Pa": {
            "evaporators": {"friction": 2100.0, "acceleration": 350.0, "gravity": 6200.0, "local": 420.0},
            "riser": {"friction": 8300.0, "acceleration": 90.0, "gravity": 21400.0, "local": 900.0},
            "condenser": {"friction": 1800.0, "acceleration": -400.0, "gravity": -900.0, "local": 500.0},
            "downcomer": {"friction": 3100.0, "acceleration": 0.0, "gravity": -46500.0, "local": 740.0},
            "return_manifold": {"friction": 1200.0, "acceleration": 60.0, "gravity": 300.0, "local": 440.0},
        },
        "margins": {
            "chf": 0.91,
            "dryout": 0.62,
            "flooding": 0.44,
            "ledinegg": 0.35,
            "charge": 0.71,
            "start_up": 0.18,
        },
    }


def facility_summary() -> dict[str, Any]:
    """Energy of the year."""
    return {
        "pue": 1.074,
        "pue_category": 2,
        "ite_energy_kWh": 2.242e6,
        "total_energy_kWh": 2.408e6,
        "fan_kWh": 31e3,
        "pump_kWh": 0.0,
        "losses_kWh": {"transformer": 24e3, "ups": 70e3, "pdu": 23e3, "lighting": 11e3, "misc": 7e3},
        "wue_L_kWh": 0.0,
        "hours_above_limit": 0,
    }


def block_power() -> np.ndarray:
    """Power per block [W], one warm corner."""
    row, column = np.mgrid[:GRID, :GRID]
    return 4.0 + 5.0 * np.exp(-((row - 5.0) ** 2 + (column - 2.0) ** 2) / 5.0)


def write_fields(folder: Path, cells: int, offset: float) -> None:
    """Write the field of each module, the collection, the floorplan and the frames of a transient."""
    import pyvista

    edges = [0.0]
    owner: list[int] = []
    for index, (_, thickness, count, _) in enumerate(LAYERS):
        edges += list(edges[-1] + thickness * np.arange(1, count + 1) / count)
        owner += [index] * count
    lateral = np.linspace(0.0, SIDE, cells + 1)
    grid = pyvista.RectilinearGrid(lateral, lateral, np.array(edges)).cast_to_unstructured_grid()
    grid.cell_data["layer"] = np.repeat(owner, cells * cells)
    grid.cell_data["conductivity"] = np.repeat([LAYERS[i][3] for i in owner], cells * cells)
    grid.cell_data["power_W_m3"] = np.where(grid.cell_data["layer"] == 0, 5e6, 0.0)
    names = []
    for module in range(MODULES):
        grid.point_data["temperature_K"] = temperature(grid.points, edges[-1]) + offset - 0.4 * module
        names.append(f"module_{module:02d}.vtu")
        grid.save(folder / names[-1])
    entries = "".join(f'<DataSet timestep="0" part="{i}" file="{name}"/>' for i, name in enumerate(names))
    (folder.parent / "fields.pvd").write_text(
        f'<?xml version="1.0"?><VTKFile type="Collection"><Collection>{entries}</Collection></VTKFile>',
        encoding="utf-8",
    )
    (folder / "blocks.json").write_text(json.dumps(blocks()), encoding="utf-8")
    skin = grid.extract_surface(algorithm="dataset_surface").triangulate()
    times = np.linspace(0.0, 0.3, 24)
    wave = 1.0 + 0.4 * np.sin(2 * math.pi * times / 0.3)
    rise = skin.point_data["temperature_K"] - 313.0
    np.savez(
        folder / "frames.npz",
        time_s=times,
        points=skin.points,
        triangles=skin.regular_faces,
        temperature_K=(313.0 + wave[:, None] * rise[None]).astype(np.float32),
    )


def temperature(points: np.ndarray, height: float) -> np.ndarray:
    """A smooth field: warm corner in the wafer, cooler plate [K]."""
    x, y, z = points.T / SIDE
    warm = np.exp(-((x - 0.3) ** 2 + (y - 0.7) ** 2) / 0.04)
    return 314.0 + (3.0 + 9.0 * warm) * (1.0 - 0.8 * z * SIDE / height) + 2.0 * y


def blocks() -> dict[str, Any]:
    """The floorplan as rectangles."""
    step = 0.3 / GRID
    rectangles = [
        {"name": f"r{row}c{column}", "x_m": 0.01 + column * step, "y_m": 0.01 + row * step}
        | {"width_m": step, "height_m": step}
        for row in range(GRID)
        for column in range(GRID)
    ]
    return {"layer": "wafer", "z_m": 0.0, "blocks": rectangles}


def history(offset: float) -> pd.DataFrame:
    """A transient of 0.3 s."""
    time = np.linspace(0.0, 0.3, 301)
    wave = np.sin(2 * math.pi * time / 0.1)
    columns: dict[str, np.ndarray] = {
        "time_s": time,
        "power_W": 400.0 + 60.0 * np.sign(wave),
        "T_max_K": 326.0 + 2.0 * wave + offset,
        "T_mean_K": 320.0 + 0.8 * wave + offset,
        "T_sat_evaporator_K": 313.2 + 0.1 * wave + offset,
        "mass_flow_kg_s": 0.21 + 0.002 * wave,
        "heat_to_loop_W": 400.0 + 20.0 * wave,
    }
    power = block_power()
    for row in range(GRID):
        for column in range(GRID):
            share = power[row, column]
            columns[f"T_max_K[r{row}c{column}]"] = 318.0 + share * (1.0 + 0.2 * wave) + offset
            columns[f"power_W[r{row}c{column}]"] = share * (1.0 + 0.15 * np.sign(wave))
    return pd.DataFrame(columns)


def year(offset: float) -> pd.DataFrame:
    """8760 hours of a subtropical place."""
    hour = np.arange(8760)
    season = -np.cos(2 * math.pi * (hour / 24 - 20) / 365)
    day = -np.cos(2 * math.pi * (hour % 24 - 3) / 24)
    dry_bulb = 295.8 + 7.0 * season + 3.0 * day
    load = 256e3 * (1.0 + 0.05 * day)
    fan = 1200.0 + 90.0 * np.clip(dry_bulb - 295.0, 0.0, None) ** 1.6
    return pd.DataFrame(
        {
            "hour": hour,
            "dry_bulb_K": dry_bulb,
            "relative_humidity": 0.78 - 0.1 * day,
            "it_power_W": load,
            "fan_power_W": fan,
            "total_power_W": load * 1.062 + fan,
            "pue": 1.062 + fan / load,
            "T_sat_evaporator_K": dry_bulb + 14.0 + offset,
            "T_max_K": dry_bulb + 27.0 + offset,
            "feasible": np.ones(8760, bool),
        }
    )


def comparison() -> dict[str, Any]:
    """Plants side by side, and the PUE held against climates."""
    plants = [
        {"plant": "passive loop", "pue": 1.074, "pue_fans": 0.0, "pue_ups": 0.05, "pue_misc": 0.024},
        {"plant": "room air, chiller", "pue": 1.31, "pue_fans": 0.06, "pue_chiller": 0.2, "pue_ups": 0.05},
    ]
    point = {"climate": "Zhuhai", "ups": "ups-eco", "redundancy": "2N", "category": 2}
    rows = [
        {**point, "load": 1.0, "pue": 1.074, "holds": True},
        {**point, "load": 0.4, "pue": 1.12, "holds": False},
    ]
    claim = {"limit": 1.1, "rows": rows}
    return {"plants": plants, "claim": claim}


def loop(offset: float) -> dict[str, Any]:
    """Geometry and state of the loop."""
    modules = [
        {
            "name": f"module {index}",
            "elevation_m": 0.4 + 0.35 * index,
            "mass_flow_kg_s": 0.21 / MODULES,
            "heat_W": 400.0,
            "T_max_K": 328.0 - 0.4 * index + offset,
            "exit_quality": 0.11 + 0.02 * index,
            "saturation_temperature_K": list(313.5 - 0.05 * np.arange(8) + offset),
            "quality": list(np.linspace(0.0, 0.11 + 0.02 * index, 8)),
        }
        for index in range(MODULES)
    ]
    pipes = [
        {"name": "riser", "length_m": 12.0, "rise_m": 8.5, "diameter_m": 0.05},
        {"name": "downcomer", "length_m": 12.5, "rise_m": -8.8, "diameter_m": 0.032},
        {"name": "supply_manifold", "length_m": 1.6, "rise_m": 0.0, "diameter_m": 0.032},
        {"name": "return_manifold", "length_m": 1.6, "rise_m": 0.0, "diameter_m": 0.05},
    ]
    condenser = {"kind": "air-fan", "elevation_m": 10.0, "condensing_temperature_K": 308.1, "heat_W": 1600.0}
    closures = [
        {
            "quantity": "friction",
            "name": "Müller-Steinhagen-Heck",
            "range": "4 mm ≤ D ≤ 392 mm",
            "source": "Müller-Steinhagen & Heck 1986",
        }
    ]
    return {
        "fluid": "R1234ze(E)",
        "modules": modules,
        "pipes": pipes,
        "condenser": condenser,
        "closures": closures,
    }


def network() -> dict[str, Any]:
    """A symmetric tree of tubes in the plate, three generations."""
    nodes: list[list[float]] = [[SIDE / 2, 0.0, 0.004]]
    segments: list[dict[str, float]] = []
    tips = [(0, SIDE / 2, 0.0)]
    for level in range(4):
        grown = []
        for parent, x, y in tips:
            for side in (-1.0, 1.0):
                reach = SIDE / 4 / 2**level
                nodes.append([x + side * reach, y + SIDE / 5, 0.004])
                grown.append((len(nodes) - 1, nodes[-1][0], nodes[-1][1]))
                segments.append(
                    {"start": parent, "end": len(nodes) - 1, "diameter_m": 0.004 * 2 ** (-(level + 1) / 3)}
                    | {
                        "quality": 0.03 * (level + 1),
                        "wall_superheat_K": 2.0 + level,
                        "margin": 0.8 - 0.1 * level,
                    }
                )
        tips = grown
    return {
        "nodes": nodes,
        "segments": segments,
        "plate": {"size_m": [SIDE, SIDE, 0.006], "origin_m": [0, 0, 0.001]},
    }


def operating_map() -> dict[str, Any]:
    """Power against outdoor temperature, with limits."""
    air = np.linspace(278.0, 313.0, 8)
    power = np.linspace(2e3, 12e3, 9)
    hottest = [[float(t + 14.0 + p / 500.0) for t in air] for p in power]
    limits = [
        {"name": "dryout", "dry_bulb_K": list(air), "power_W": list(11e3 - 25.0 * (air - 278.0))},
        {"name": "start_up", "dry_bulb_K": list(air), "power_W": list(2.6e3 + 12.0 * (air - 278.0))},
    ]
    return {
        "dry_bulb_K": list(air),
        "power_W": list(power),
        "T_max_K": hottest,
        "limits": limits,
        "racks": 40,
    }
