"""Design spaces around a case: sweeps, sensitivities, limits, optima, uncertainty."""
