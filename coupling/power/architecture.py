"""Architecture files for SANA-FE: a wafer of our own, and what its bundled TrueNorth leaves open.

The wafer is a mesh of equal tiles; energy per event comes from the table of energy models, so that the same figures
stand behind emulated and recorded spikes.
"""

from __future__ import annotations

from coupling.power.energy_models import EnergyModel

INPUT_UNITS = 256
"""Units that play given spikes into a core."""

_LATENCIES = "latency_{0}_hop: 5.0e-9"


def wafer_architecture(columns: int, rows: int, cores_per_tile: int, model: EnergyModel) -> str:
    """Return the text of an architecture file: ``columns`` x ``rows`` tiles of ``cores_per_tile`` cores."""
    hops = "\n".join(
        f"        energy_{side}_hop: {energy:.6e}\n        {_LATENCIES.format(side)}"
        for side, energy in (
            ("north", model.hop_y),
            ("east", model.hop_x),
            ("south", model.hop_y),
            ("west", model.hop_x),
        )
    )
    return f"""\
architecture:
  name: wafer
  attributes:
    topology: mesh
    width: {columns}
    height: {rows}
    link_buffer_size: 16
    sync_model: fixed
    latency_sync: 0.0
  tile:
    - name: tile[0..{columns * rows - 1}]
      attributes:
{hops}
      core:
        - name: core[0..{cores_per_tile - 1}]
          attributes:
            buffer_position: soma
            buffer_inside_unit: false
            max_neurons_supported: {model.neurons_per_core + INPUT_UNITS}
          axon_in:
            - name: axon_in
              attributes: {{energy_message_in: 0.0, latency_message_in: 16.0e-9}}
          synapse:
            - name: synapse
              attributes:
                model: current_based
                energy_process_spike: {model.synapse:.6e}
                latency_process_spike: 4.0e-9
          dendrite:
            - name: dendrite
              attributes: {{model: accumulator, energy_update: 0.0, latency_update: 0.0}}
          soma:
            - name: neuron
              attributes:
                model: leaky_integrate_fire
                energy_access_neuron: 0.0
                latency_access_neuron: 6.0e-9
                energy_update_neuron: {model.neuron_update:.6e}
                latency_update_neuron: 4.0e-9
                energy_spike_out: {model.spike:.6e}
                latency_spike_out: 30.0e-9
{_inputs("input")}
          axon_out:
            - name: axon_out
              attributes: {{energy_message_out: {model.message:.6e}, latency_message_out: 5.0e-9}}
"""


def truenorth_changes(model: EnergyModel) -> list[list[str]]:
    """Return text to exchange in the bundled TrueNorth: its synaptic energy is zero and it has no input units."""
    return [
        ["energy_process_spike: 0.0\n", f"energy_process_spike: {model.synapse:.6e}\n"],
        ["          synapse:\n", _inputs("core_input") + "\n          synapse:\n"],
    ]


def _inputs(name: str) -> str:
    zeros = ", ".join(
        f"{quantity}_{event}: 0.0"
        for event in ("access_neuron", "update_neuron", "spike_out")
        for quantity in ("energy", "latency")
    )
    return f"""\
            - name: {name}[0..{INPUT_UNITS - 1}]
              attributes: {{model: input, {zeros}}}"""
