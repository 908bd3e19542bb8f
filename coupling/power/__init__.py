"""From spikes to watts: traces, formats, emulators, energy models."""
