"""Gravity-driven two-phase loop: fluids, closures, network, condenser, limits."""
