"""Energy per event of neuromorphic chips: a table of cited figures with their uncertainty."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from coupling.errors import TraceError

TABLE = Path(__file__).with_name("energy_models.toml")


@dataclass(frozen=True)
class EnergyModel:
    """Energy of each kind of event [J].

    Parameters
    ----------
    synapse
        A synaptic operation.
    neuron_update
        A neuron in a time step of the network, whether it fires or not.
    spike
        A neuron's firing.
    message
        A spike sent to one other core.
    hop_x, hop_y
        A message crossing one router link along the columns, along the rows.
    uncertainty
        Factor by which the true figures may lie above or below.
    neurons_per_core
        Of the chip itself; placements fill cores up to it.
    """

    name: str
    title: str
    source: str
    uncertainty: float
    neurons_per_core: int
    synapse: float
    neuron_update: float = 0.0
    spike: float = 0.0
    message: float = 0.0
    hop_x: float = 0.0
    hop_y: float = 0.0


@functools.cache
def energy_models() -> dict[str, EnergyModel]:
    """Return all models of the table by name."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: EnergyModel(name=name, **values) for name, values in table.items()}


def energy_model(name: str) -> EnergyModel:
    """Return a model by name."""
    models = energy_models()
    if name not in models:
        raise TraceError(f"energy model {name!r} is unknown; known are {', '.join(models)}")
    return models[name]
