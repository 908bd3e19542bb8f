"""The acceleration that drives the loop."""

GRAVITY = 9.80665
"""Standard acceleration of free fall [m/s2] (CGPM 1901), as in ``ht`` and ``fluids``."""
