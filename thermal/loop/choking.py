"""Critical flow: the mass flux that a pipe cannot exceed, however low the pressure behind it.

Along a pipe ``dp (1 + dM/dp) = -(friction + gravity) dz`` with the momentum flux ``M = G^2 [x^2/(alpha rho_g) +
(1-x)^2/((1-alpha) rho_l)]`` at constant enthalpy: where ``-dM/dp`` reaches 1 the pressure falls without bound, and what
lies beyond is no flow that a pipe can have. ``M`` grows as ``G^2``, so that ``G/G_c = sqrt(-dM/dp)``, for pure vapour
``G_c = p / sqrt(R T)`` as in an isothermal pipe, and for equal velocities the homogeneous equilibrium value
``G_c^2 = -1 / (dv/dp)`` (Wallis, Int. J. Multiphase Flow 6 (1980) 97). In heat pipes it is the sonic limit.
"""

from __future__ import annotations

import numpy as np

from thermal.loop.equations import Ends, NetworkState


def critical_flow_share(state: NetworkState, ends: Ends) -> float:
    """Largest mass flux over the critical one in all pipes of a network [-].

    Condensers are left out, as their momentum is in the network's equations.
    """
    slope = np.where(state.is_condenser, 0.0, -ends.momentum[1])
    return float(np.sqrt(max(float(slope.max()), 0.0)))
