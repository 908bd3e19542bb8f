"""From a fluid's name to its tables: equations of state, formulas, or tables kept from an earlier run."""

from __future__ import annotations

import functools
from pathlib import Path

from thermal.errors import FluidError
from thermal.loop.fluid_cache import cached_sample
from thermal.loop.fluid_list import find_offered
from thermal.loop.fluids import Fluid
from thermal.loop.formula_liquid import dowtherm_a, liquid_fluid, read_liquid


def load_fluid(name: str, backend: str = "auto", base: Path | None = None) -> Fluid:
    """Return the fluid ``name``, its tables made at the first call.

    Parameters
    ----------
    name
        One of the offered fluids or an alias, or a file ``.toml`` with the formulas of a liquid.
    backend
        ``"coolprop"``, ``"cantera"``, ``"formulas"``, or ``"auto"``: CoolProp where it knows the fluid,
        because it has the reference equations of state.
    base
        Folder that a file is sought from.

    Raises
    ------
    FluidError
        If the fluid is not offered, or not by this backend, or the file is not usable.
    """
    if name.endswith(".toml"):
        return liquid_fluid(read_liquid((base or Path()) / name))
    fluid = find_offered(name)
    chosen = fluid.backends[0] if backend.casefold() == "auto" else backend.casefold()
    if chosen not in fluid.backends:
        allowed = ", ".join(repr(other) for other in ("auto", *fluid.backends))
        raise FluidError(f"no properties of {fluid.name} from backend {backend!r}; allowed: {allowed}")
    return _load(fluid.name, chosen)


@functools.cache
def _load(name: str, backend: str) -> Fluid:
    if backend == "formulas":
        return liquid_fluid(dowtherm_a())
    return Fluid(cached_sample(name, backend))
