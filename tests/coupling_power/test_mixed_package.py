"""Dies of one package each bring their own power; every joule of events arrives in the mesh."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from coupling.errors import TraceError
from coupling.power.commands import write_tile_floorplan
from coupling.power.energy_models import energy_model
from coupling.power.events import Wiring, spike_power
from coupling.power.formats.ptrace import write_ptrace
from coupling.power.module import module_trace
from coupling.power.placement import even_placement
from coupling.power.spec import PowerSpec
from coupling.power.spikes import Spikes
from coupling.power.trace import PowerTrace, merged
from meshes.floorplan import read_flp
from meshes.package import PackageSpec
from thermal.field.conduction import PackageField

BLOCKS = ("wafer.t0", "wafer.t1", "gpu.core", "gpu.cache", "io")


def write_trace(path: Path, blocks: tuple[str, ...], watts: np.ndarray) -> None:
    write_ptrace(PowerTrace(np.arange(len(watts) + 1.0), blocks, watts), path)


def test_each_die_has_its_own_trace_and_constants(tmp_path: Path) -> None:
    write_trace(
        tmp_path / "w.ptrace", ("wafer.t0", "wafer.t1"), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    )
    write_trace(tmp_path / "g.ptrace", ("a",), np.array([[10.0], [20.0], [30.0], [40.0], [50.0], [60.0]]))
    spec = PowerSpec.model_validate(
        {
            "dies": {
                "wafer": {"covers": ["wafer.*"], "trace": "w.ptrace", "interval": "2 ms", "static": "4 W"},
                "gpu": {"covers": ["gpu.*"], "trace": "g.ptrace", "mapping": {"a": "gpu.core"}},
                "io": {"covers": ["io"], "total": "7 W"},
            }
        }
    )
    trace = module_trace(spec, tmp_path, BLOCKS)
    assert trace.duration == pytest.approx(6e-3)
    assert trace.mean() == pytest.approx([5.0, 6.0, 35.0, 0.0, 7.0])
    assert trace.static == pytest.approx([2.0, 2.0, 0.0, 0.0, 0.0])
    assert trace.at(0.5e-3) == pytest.approx([3.0, 4.0, 10.0, 0.0, 7.0])
    assert trace.provenance.shares[0].name == "wafer, recorded"


@pytest.mark.parametrize(
    ("dies", "message"),
    [
        ({"a": {"covers": ["none*"], "total": "1 W"}}, "no block is named like none"),
        (
            {"a": {"covers": ["*"], "total": "1 W"}, "b": {"covers": ["io"], "total": "1 W"}},
            "'io' belongs to 'a' and 'b'",
        ),
    ],
)
def test_dies_that_do_not_fit_the_floorplan_are_named(dies: dict[str, object], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        module_trace(PowerSpec.model_validate({"dies": dies}), Path(), BLOCKS)


@pytest.mark.parametrize(
    "dies", [{"a": {"total": "1 W"}}, {"a": {"covers": ["x"]}}, {"a": {"covers": [], "total": 1}}]
)
def test_a_die_needs_blocks_and_a_source(dies: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PowerSpec.model_validate({"dies": dies})


def test_dies_and_a_trace_of_the_whole_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        PowerSpec.model_validate({"total": "1 W", "dies": {"a": {"covers": ["x"], "total": "1 W"}}})


def test_a_shorter_trace_starts_over_beside_a_longer_one() -> None:
    fast = PowerTrace(np.array([0.0, 1.0, 2.0]), ("a", "b"), np.array([[1.0, 0.0], [3.0, 0.0]]))
    slow = PowerTrace(np.array([0.0, 4.0, 8.0]), ("a", "b"), np.array([[0.0, 5.0], [0.0, 7.0]]))
    both = merged([fast, slow])
    assert both.steps == 8
    assert both.energy() == pytest.approx([16.0, 48.0])


@pytest.mark.parametrize("heat", ["bottom", "top", "volume"])
@pytest.mark.parametrize("cells", [3, 7])
def test_joules_of_spikes_are_the_joules_of_the_elements_source(
    tmp_path: Path, heat: str, cells: int
) -> None:
    """Blocks of odd widths, some narrower than a sliver of a cell, in a plate they do not fill."""
    random = np.random.default_rng(8)
    edges = np.concatenate([[0.0, 1e-6], np.sort(random.random(11)), [1.0]]) * 7.3e-3
    rows = [f"b{i} {high - low!r} 0.0061 {low!r} 0" for i, (low, high) in enumerate(pairwise(edges.tolist()))]
    (tmp_path / "odd.flp").write_text("\n".join(rows) + "\n")
    names = read_flp(tmp_path / "odd.flp").names
    spikes = Spikes(np.sort(random.uniform(0, 0.02, 3000)), random.integers(0, 500, 3000), 500, 0.02, "noise")
    trace = spike_power(spikes, even_placement(500, names, 3), energy_model("loihi"), Wiring(), 1e-3)
    die = {"name": "die", "thickness": 1e-4, "material": "silicon", "cells": 2, "fill": "air", "heat": heat}
    die |= {"extent": {"x": 0.7e-3, "y": 0.9e-3, "w": 7.3e-3, "h": 6.1e-3}, "floorplan": "odd.flp"}
    package = PackageSpec.model_validate(
        {
            "size": (9e-3, 8e-3),
            "cells": (cells, cells),
            "layer": [die, {"name": "plate", "thickness": 1e-3, "material": "copper"}],
            "boundary": {"top": {"h": 1e4, "T": 300.0}},
        }
    )
    field = PackageField(package, tmp_path)
    assert field.block_names == names
    joules = field.steady(trace.mean()).source_power * trace.duration
    assert joules == pytest.approx(trace.energy().sum(), rel=1e-12)


def test_joules_of_spikes_arrive_in_a_mesh_that_does_not_align(tmp_path: Path) -> None:
    """Spikes to cores to 6 x 4 tiles of a wafer, laid over 7 x 11 cells of a mesh: the same joules throughout."""
    names = tuple(f"tile{index:02d}" for index in range(24))
    write_tile_floorplan(names, 6, tmp_path / "w.flp", (0.3, 0.3))
    floorplan = read_flp(tmp_path / "w.flp")
    assert floorplan.names == names
    random = np.random.default_rng(4)
    spikes = Spikes(np.sort(random.uniform(0, 0.02, 3000)), random.integers(0, 500, 3000), 500, 0.02, "noise")
    trace = spike_power(spikes, even_placement(500, names, 3), energy_model("loihi"), Wiring(), 1e-3)
    x, y = np.sort(random.uniform(0, 0.3, 6)), np.sort(random.uniform(0, 0.3, 10))
    area = floorplan.overlap(np.concatenate([[0], x, [0.3]]), np.concatenate([[0], y, [0.3]]))
    share = area.multiply(1.0 / area.sum(axis=1))
    cells = share.T @ trace.energy()
    assert cells.sum() == pytest.approx(trace.energy().sum(), rel=1e-12)
    assert cells.min() > 0.0
