"""Where one package's saturation properties depart from the reference equation, said in a note.

Two packages that both know a fluid are expected to agree within :data:`AGREEMENT`. Where they do not, the one whose
equation of state is older or shorter is wrong by that much, and whoever asks for it by name is told so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thermal.loop.fluids import TABULATED, Fluid

AGREEMENT = 0.005
"""Relative difference up to which two packages agree [-]: the band of the validation of the fluids."""
COMPARED: tuple[str, ...] = ("liquid_density", "vapour_density", "latent_heat")
"""What drives and feeds a loop; the slope of vapour pressure is tied to them by Clapeyron's equation."""
NEAR_CRITICAL = 0.995
"""Share of the critical temperature beyond which properties run off so fast that the last tenth of a kelvin counts."""
_CELSIUS = 273.15


def departure_note(name: str, package: str, values: NDArray[np.float64], reference: Fluid) -> tuple[str, ...]:
    """Return one line on all ranges of temperature in which ``values`` depart from the reference, or nothing.

    Parameters
    ----------
    name, package
        Of the fluid, and of what gave ``values``.
    values
        One row a temperature, hot end first, columns in the order of ``TABULATED``.
    reference
        Compared at the same temperature, as far as its tables go and not beside the critical point.
    """
    low, high = reference.temperature_range
    temperature = values[:, TABULATED.index("temperature")]
    common = (temperature >= low) & (temperature <= min(high, NEAR_CRITICAL * reference.critical_temperature))
    at = reference.saturation_at(temperature[common])
    found = []
    for quantity in COMPARED:
        departure = values[common, TABULATED.index(quantity)] / getattr(at, quantity) - 1.0
        for first, last in _runs(np.abs(departure) > AGREEMENT):
            worst = departure[first:last][np.argmax(np.abs(departure[first:last]))]
            hot, cold = temperature[common][[first, last - 1]] - _CELSIUS
            found.append(
                f"{quantity.replace('_', ' ')} by up to {100.0 * worst:+.2f} % from {cold:.1f} to {hot:.1f} degC"
            )
    if not found:
        return ()
    return (
        f"{name}: the equation of state of {package} departs from the reference equation: {', '.join(found)}; "
        'backend "auto" or "coolprop" has the reference equation',
    )


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and past-last places of all runs of two or more ``True``, from the cold end, which is the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2) if last - first > 1][::-1]
