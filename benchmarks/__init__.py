"""Measured ratios: ``python -m benchmarks``, or ``make bench``."""

from coupling.process import settle_process

# as the program itself does, for all sides alike
settle_process()
