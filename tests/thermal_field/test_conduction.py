"""The heat equation of a package: closed forms, orders of convergence, invariants."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meshes.errors import InputError
from meshes.package import PackageSpec
from thermal.errors import NotConverged
from thermal.field.boundary import FixedCoefficient
from thermal.field.conduction import PackageField
from thermal.field.convergence_rate import ConvergenceRate


def material(conductivity: Any, heat_capacity: float = 2e6) -> dict[str, Any]:
    return {"conductivity": conductivity, "volumetric_heat_capacity": heat_capacity}


def plate(
    cells: int = 8,
    through: int = 4,
    *,
    side: float = 1e-2,
    thickness: float = 2e-3,
    conductivity: Any = 100.0,
    blocks: tuple[int, int] = (1, 1),
    heat: str = "bottom",
    boundary: dict[str, Any] | None = None,
    **options: Any,
) -> PackageField:
    package = {
        "size": (side, side),
        "cells": (cells, cells),
        "layer": [
            {
                "name": "plate",
                "thickness": thickness,
                "material": "solid",
                "cells": through,
                "floorplan": {"grid": blocks},
                "heat": heat,
            }
        ],
        "materials": {"solid": material(conductivity)},
        "boundary": {"top": {"h": 5e3, "T": 300.0}} if boundary is None else boundary,
    }
    return PackageField(PackageSpec.model_validate(package), Path(), **options)


def island(cells: int = 12, **options: Any) -> PackageField:
    """A hot die on a plate, off the centre, air around it."""
    package = {
        "size": (2e-2, 2e-2),
        "cells": (cells, cells),
        "layer": [
            {
                "name": "die",
                "thickness": 2e-4,
                "material": "silicon_of_temperature" if options.pop("power_law", False) else "silicon",
                "cells": 2,
                "extent": {"x": 3e-3, "y": 6e-3, "w": 8e-3, "h": 7e-3},
                "fill": "air",
                "floorplan": {"grid": (2, 3)},
                "heat": "bottom",
                "contact_resistance": 1e-5,
            },
            {"name": "plate", "thickness": 1e-3, "material": "copper", "cells": 3},
        ],
        "boundary": options.pop(
            "boundary", {"top": {"h": 3e3, "T": 310.0}, "sides": {"h": 20.0, "T": 295.0}}
        ),
    }
    return PackageField(PackageSpec.model_validate(package), Path(), **options)


POWER = np.array([1.0, 0.0, 4.0, 2.0, 0.5, 3.0])


class Boiling:
    """A cubic law with convection below its onset."""

    def flux(self, wall_temperature):
        superheat = np.maximum(wall_temperature - 320.0, 0.0)
        return 500.0 * (wall_temperature - 320.0) + 8.0 * superheat**3, 500.0 + 24.0 * superheat**2


def rate(sizes, errors):
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


def cosine_error(cells: int) -> float:
    """Nodal error for a heat flux that is a cosine along both sides, against the closed form."""
    side, thickness, conductivity, coefficient = 1e-2, 2e-3, 20.0, 5e3
    field = plate(cells, cells // 2, conductivity=conductivity, blocks=(cells, cells))
    edges = np.sin(math.pi * np.linspace(0.0, 1.0, cells + 1))
    line = np.diff(edges) * side / math.pi
    power = 1e5 * np.outer(line, line).ravel()
    temperature = field.steady(power).temperature[0]
    wave = math.hypot(math.pi / side, math.pi / side)
    decay, stiffness = math.tanh(wave * thickness), conductivity * wave
    response = (stiffness + coefficient * decay) / (stiffness * (stiffness * decay + coefficient))
    x = field.mesh.x
    exact = 300.0 + 1e5 * response * np.outer(np.cos(math.pi * x / side), np.cos(math.pi * x / side))
    return float(np.abs(temperature - exact).max())


def test_steady_field_converges_with_the_second_order():
    cells = np.array([8, 16, 32])
    errors = [cosine_error(int(n)) for n in cells]
    assert rate(1.0 / cells, errors) == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 0.05


def power_law_error(through: int) -> float:
    """Nodal error of a slab with ``k = k0 (T / T0)**n`` between a flux and a held face (Kirchhoff's transform)."""
    law = {"reference": 100.0, "temperature": 300.0, "exponent": -1.3}
    field = plate(1, through, conductivity=law, boundary={"top": {"T": 300.0}})
    flux = 3e6
    temperature = field.steady(np.array([flux * 1e-4])).temperature[:, 0, 0]
    exponent = 1.0 + law["exponent"]
    integral = flux * (field.mesh.z[-1] - field.mesh.z)
    exact = 300.0 * (1.0 + exponent * integral / (law["reference"] * 300.0)) ** (1.0 / exponent)
    return float(np.abs(temperature - exact).max())


def test_conductivity_of_temperature_converges_with_the_second_order():
    cells = np.array([8, 16, 32])
    errors = [power_law_error(int(n)) for n in cells]
    assert rate(1.0 / cells, errors) == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 0.01


def cooling_error(steps: int) -> float:
    """A plate so conductive that it is one body: it cools by ``exp(-t / tau)``."""
    field = plate(1, 1, conductivity=1e6)
    tau = 2e6 * 2e-3 / 5e3
    temperature = field.uniform(350.0)
    for _ in range(steps):
        temperature = field.step(temperature, tau / steps, np.zeros(1)).temperature
    return abs(float(temperature.mean()) - 300.0 - 50.0 * math.exp(-1.0))


def test_time_steps_converge_with_the_first_order():
    steps = np.array([20, 40, 80])
    errors = [cooling_error(int(n)) for n in steps]
    assert rate(1.0 / steps, errors) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("solver", ["auto", "direct", "amg", "tensor"])
@pytest.mark.parametrize("power_law", [False, True])
def test_heat_that_enters_leaves_through_the_faces(solver, power_law):
    solution = island(solver=solver, power_law=power_law).steady(POWER)
    assert solution.source_power == pytest.approx(POWER.sum(), rel=1e-14)
    assert sum(solution.heat_out.values()) == pytest.approx(POWER.sum(), rel=1e-12)
    assert solution.residual_rel <= 1e-12
    assert set(solution.heat_out) == {"top", "sides"}


def test_heat_that_enters_leaves_through_a_held_face():
    solution = island(boundary={"top": {"T": 310.0}, "sides": {"h": 20.0, "T": 295.0}}).steady(POWER)
    assert (solution.temperature[-1] == 310.0).all()
    assert sum(solution.heat_out.values()) == pytest.approx(POWER.sum(), rel=1e-11)


@pytest.mark.parametrize("solver", ["direct", "tensor"])
def test_round_off_of_no_heat_is_no_fault_of_the_balance(solver):
    assert island(solver=solver, boundary={"top": {"T": 303.16}}).steady(0.0 * POWER).residual_rel == 0.0


def test_heat_that_enters_leaves_through_a_boiling_face():
    field = island(boundary={}, wetted_face="top")
    solution = field.steady(POWER, Boiling())
    flux, _ = Boiling().flux(solution.wall_temperature)
    assert solution.wetted_flux == pytest.approx(flux, rel=1e-12)
    assert float((solution.wetted_flux * field.mesh.face_area).sum()) == pytest.approx(POWER.sum(), rel=1e-12)
    assert solution.heat_out["top"] == pytest.approx(POWER.sum(), rel=1e-12)


def test_a_step_stores_what_does_not_leave():
    field = island(boundary={}, wetted_face="top")
    before = field.uniform(318.0)
    solution = field.step(before, 0.05, POWER, Boiling())
    stored = field.stored_energy(before, solution.temperature)
    assert stored == pytest.approx(solution.stored_power * 0.05, rel=1e-9)
    assert solution.stored_power + solution.heat_out["top"] == pytest.approx(POWER.sum(), rel=1e-12)


@pytest.mark.parametrize("dt", [1e-7, 1e-6, 1e-5])
def test_short_steps_of_little_heat_end_at_their_own_round_off(dt):
    field = island(boundary={}, wetted_face="top")
    temperature = field.uniform(318.0)
    for _ in range(3):
        solution = field.step(temperature, dt, 1e-3 * POWER, Boiling())
        temperature = solution.temperature
    assert solution.stored_power + solution.heat_out["top"] == pytest.approx(1e-3 * POWER.sum(), rel=1e-5)


def test_steps_end_in_the_steady_field():
    field = island()
    steady = field.steady(POWER)
    temperature = field.uniform(300.0)
    for _ in range(40):
        temperature = field.step(temperature, 20.0, POWER).temperature
    assert temperature == pytest.approx(steady.temperature, abs=1e-6)


@pytest.mark.parametrize("solver", ["amg", "tensor", "auto"])
@pytest.mark.parametrize("faces", ["convecting", "held", "boiling"])
def test_solvers_agree(solver, faces):
    """The tensor path integrates on its own; ``auto`` puts its multigrid under the library's Krylov method."""
    boundary = {
        "convecting": {"top": {"h": 3e3, "T": 310.0}, "sides": {"h": 20.0, "T": 295.0}},
        "held": {"top": {"T": 310.0}, "bottom": {"h": 100.0, "T": 295.0}},
        "boiling": {"sides": {"h": 20.0, "T": 295.0}},
    }[faces]
    wetted = Boiling() if faces == "boiling" else None
    fields = [
        island(18, power_law=True, boundary=boundary, wetted_face="top" if wetted else None, solver=name)
        for name in ("direct", solver)
    ]
    exact, found = (field.steady(POWER, wetted) for field in fields)
    assert found.temperature == pytest.approx(exact.temperature, abs=1e-6)
    assert found.residual_rel <= 1e-11
    start = exact.temperature
    exact, found = (field.step(start, 0.1, 0.5 * POWER, wetted) for field in fields)
    assert found.temperature == pytest.approx(exact.temperature, abs=1e-6)


def test_auto_solves_on_the_tensor_grid():
    assert "tensor" in island(30).solver_name
    field = plate(16, 4, solver="tensor")
    field.steady(np.array([1.0]))
    assert field.solver_name == "tensor-diagonalised"


def test_a_preconditioner_that_no_longer_serves_was_still_the_one_that_solved(monkeypatch):
    field = plate(16, 4, solver="tensor")
    monkeypatch.setattr(ConvergenceRate, "serves", lambda *_, **__: False)
    field.steady(np.array([1.0]))
    assert field.solver_name == "tensor-diagonalised"


def test_without_power_nothing_is_hotter_or_colder_than_the_fluids():
    """Strictly so on cells like cubes; trilinear elements have no such bound on flat ones."""
    faces = {
        "top": {"h": 3e3, "T": 310.0},
        "sides": {"h": 200.0, "T": 295.0},
        "bottom": {"h": 50.0, "T": 280.0},
    }
    temperature = plate(10, 10, side=5e-3, thickness=5e-3, boundary=faces).steady(np.zeros(1)).temperature
    assert temperature.max() < 310.0
    assert temperature.min() > 280.0


def test_the_hottest_place_is_heated_and_nothing_is_colder_than_the_fluid():
    field = island(boundary={"top": {"h": 3e3, "T": 310.0}})
    solution = field.steady(POWER)
    assert solution.temperature.min() >= 310.0 - 1e-9
    assert solution.temperature.max() == pytest.approx(solution.block_maximum.max())
    assert (solution.block_mean <= solution.block_maximum).all()


def test_a_symmetric_plate_has_a_symmetric_field():
    field = plate(12, 4, blocks=(3, 3))
    temperature = field.steady(np.array([1.0, 2.0, 1.0, 3.0, 5.0, 3.0, 1.0, 2.0, 1.0])).temperature
    assert temperature == pytest.approx(temperature[:, :, ::-1], abs=1e-9)
    assert temperature == pytest.approx(temperature[:, ::-1, :], abs=1e-9)


def test_power_and_reading_are_reciprocal():
    field = plate(10, 3, blocks=(3, 2))
    response = np.array([field.steady(unit).block_mean - 300.0 for unit in np.eye(6)])
    assert response == pytest.approx(response.T, rel=1e-9)


def test_more_power_makes_nothing_colder():
    field = island(boundary={}, wetted_face="top")
    low, high = field.steady(POWER, Boiling()), field.steady(1.3 * POWER, Boiling())
    assert (high.temperature > low.temperature).all()


def test_heat_in_the_volume_warms_by_its_own_resistance():
    """Uniform sources in a slab cooled on one face: rise of the far face ``q L / h + q L**2 / (2 k)``."""
    field = plate(2, 8, heat="volume")
    flux = 4.0 / 1e-4
    rise = field.steady(np.array([4.0])).temperature[0, 0, 0] - 300.0
    assert rise == pytest.approx(flux / 5e3 + flux * 2e-3 / (2.0 * 100.0), rel=1e-9)


def test_conductivity_by_axis_acts_along_its_axis():
    field = plate(20, 4, conductivity=[1e-3, 1e-3, 50.0], blocks=(2, 1))
    solution = field.steady(np.array([1.0, 0.0]))
    alone = 1.0 / 5e-5 * (2e-3 / 50.0 + 1.0 / 5e3)
    assert solution.block_mean[0] - 300.0 == pytest.approx(alone, rel=0.02)
    assert solution.block_mean[1] - 300.0 < 0.02 * alone


def test_contact_resistance_is_a_jump_of_its_flux():
    def rise(resistance: float) -> float:
        layer = {"thickness": 1e-3, "material": "copper"}
        package = PackageSpec.model_validate(
            {
                "size": (1e-2, 1e-2),
                "cells": (2, 2),
                "layer": [
                    {
                        "name": "a",
                        "floorplan": {"grid": (1, 1)},
                        "heat": "bottom",
                        "contact_resistance": resistance,
                        **layer,
                    },
                    {"name": "b", **layer},
                ],
                "boundary": {"top": {"h": 1e4, "T": 300.0}},
            }
        )
        return float(PackageField(package, Path()).steady(np.array([10.0])).block_maximum[0])

    assert rise(5e-5) - rise(0.0) == pytest.approx(1e5 * 5e-5, rel=1e-6)


@pytest.mark.parametrize("resistance", [1e-12, 1e-9])
def test_a_perfect_contact_spreads_no_heat(resistance):
    def rise(resistance: float) -> float:
        layer = {"thickness": 1e-3, "material": "silicon", "cells": 2}
        power = {"floorplan": {"grid": (5, 5)}, "heat": "bottom", "contact_resistance": resistance}
        package = {
            "size": (2e-2, 2e-2),
            "cells": (20, 20),
            "layer": [{"name": "a", **power, **layer}, {"name": "b", **layer}],
            "boundary": {"top": {"h": 1e3, "T": 300.0}},
        }
        field = PackageField(PackageSpec.model_validate(package), Path())
        return float(field.steady(np.eye(25)[12]).block_maximum[12]) - 300.0

    assert rise(resistance) == pytest.approx(rise(0.0), rel=1e-5)


def test_a_wetted_condition_of_fixed_coefficient_nears_the_boundary_condition():
    own = plate(16, 4, blocks=(2, 2)).steady(np.array([3.0, 1.0, 2.0, 0.5]))
    field = plate(16, 4, blocks=(2, 2), boundary={}, wetted_face="top")
    wetted = field.steady(np.array([3.0, 1.0, 2.0, 0.5]), FixedCoefficient(5e3, 300.0))
    assert wetted.heat_out["top"] == pytest.approx(own.heat_out["top"], rel=1e-12)
    assert wetted.temperature == pytest.approx(own.temperature, abs=0.02)


def test_a_guess_saves_iterations_and_changes_nothing():
    field = island(boundary={}, wetted_face="top", solver="amg")
    cold = field.steady(POWER, Boiling())
    warm = field.steady(POWER, Boiling(), guess=cold.temperature)
    assert warm.iterations < cold.iterations
    assert warm.temperature == pytest.approx(cold.temperature, abs=1e-7)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: island(boundary={}).steady(POWER), "every face is insulated"),
        (lambda: island().steady(np.ones(5)), "power of 5 blocks given, the package has 6"),
        (lambda: island().steady(np.full(6, np.nan)), "not a finite number"),
        (lambda: island().step(island().uniform(300.0), 0.0, POWER), "time step must be greater than 0"),
        (lambda: island(solver="multifrontal"), "'multifrontal' is not one of auto, tensor, amg, direct"),
        (lambda: island(wetted_face="left"), "expected 'top' or 'bottom'"),
        (lambda: island().steady(POWER, FixedCoefficient(1.0, 300.0)), "needs a package with a wetted face"),
    ],
)
def test_misuse_is_told_in_words(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_a_law_without_solution_ends_in_not_converged():
    class Stubborn:
        def flux(self, wall_temperature):
            # never takes more than a watt: the heat has nowhere to go
            return np.full_like(wall_temperature, 1.0), np.full_like(wall_temperature, 1e-3)

    with pytest.raises(NotConverged, match="temperature field"):
        plate(2, 1, boundary={}, wetted_face="top").steady(np.array([50.0]), Stubborn())


def test_a_good_conductor_on_a_held_face_does_not_hide_what_little_flows():
    """A start away from the face's temperature lacks a million times the heat: no measure of what may be left over."""
    spot = {"extent": {"x": 2e-3, "y": 1e-3, "w": 5e-3, "h": 3e-3}, "fill": "void"}
    package = {
        "size": (1.7e-2, 7e-3),
        "cells": (6, 8),
        "layer": [
            {"name": "foil", "thickness": 1e-5, "material": "diamond", "cells": 3, **spot},
            {"name": "plate", "thickness": 1.3e-3, "material": "organic_substrate", "cells": 2},
            {"name": "grease", "thickness": 1.6e-5, "material": "thermal_grease", **spot},
            {"name": "cover", "thickness": 3e-4, "material": "silicon_of_temperature", "cells": 2},
        ],
        "boundary": {"bottom": {"T": 307.0}, "top": {"h": 4e3, "T": 328.0}},
    }
    spec = PackageSpec.model_validate(package)
    found = {
        solver: PackageField(spec, Path(), solver=solver).steady(np.empty(0))
        for solver in ("direct", "amg", "tensor")
    }
    for solution in found.values():
        assert solution.temperature == pytest.approx(found["direct"].temperature, abs=1e-8)
        assert solution.heat_out["top"] == pytest.approx(found["direct"].heat_out["top"], rel=1e-9)


@pytest.mark.parametrize("solver", ["direct", "tensor"])
def test_a_field_of_many_thousand_kelvins_has_the_round_off_of_its_own(solver):
    """Sources of 100 kW on a poor film, and a contact that passes 1e9 W/(m2 K)."""
    package = {
        "size": (1e-2, 1e-2),
        "cells": (8, 8),
        "layer": [
            {
                "name": "die",
                "thickness": 1e-6,
                "material": "diamond",
                "cells": 3,
                "floorplan": {"grid": (2, 3)},
                "heat": "bottom",
                "contact_resistance": 1e-9,
            },
            {"name": "plate", "thickness": 2e-6, "material": "copper", "cells": 2},
        ],
        "boundary": {"top": {"h": 10.0, "T": 300.0}},
    }
    found = PackageField(PackageSpec.model_validate(package), Path(), solver=solver).steady(1e3 * POWER)
    assert sum(found.heat_out.values()) == pytest.approx(1e3 * POWER.sum(), rel=1e-9)
