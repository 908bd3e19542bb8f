"""Shared settings of the tests."""

from __future__ import annotations

from coupling.process import settle_process

settle_process()  # before anything loads numbers: the threads and kernels of the program
