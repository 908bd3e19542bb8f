"""Closures of two-phase flow by name: friction, void, boiling, condensation, limits."""
