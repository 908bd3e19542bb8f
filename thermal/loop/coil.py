"""Air-side conductance of a coil from its geometry: high-fin tubes, or flat tubes with louvered fins.

The heat transfer coefficient is that of dry air at the coil's design temperature; it is computed once at a range of
air flows and interpolated on logarithms, so that a year of hours costs nothing; beyond them the end's power goes on.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from meshes.quantity import AngleDegrees, Length, Spec, ThermalConductivity
from thermal.loop.humid_air import AirState, conductivity, density, heat_capacity, viscosity

Array = NDArray[np.float64]
FLOWS = np.geomspace(1e-4, 1e2, 61)
"""Air flows at which the conductance is computed [kg/s]."""
Count = Annotated[int, Field(ge=1, le=100000)]
Angle = Annotated[AngleDegrees, Field(gt=0.0, lt=90.0)]


class LouveredCoilSpec(Spec):
    """Flat tubes with corrugated louvered fins (microchannel coil), one row deep."""

    kind: Literal["louvered"]
    width: Length
    """Of the face, along the tubes [m]."""
    height: Length
    """Of the face, across the tubes [m]."""
    depth: Length
    """Of tubes and fins in the direction of flow [m]."""
    tube_pitch: Length
    """From tube to tube [m]."""
    tube_thickness: Length
    """Of the flat tube across the flow [m]."""
    fin_pitch: Length
    fin_thickness: Length
    louver_pitch: Length
    louver_length: Length
    louver_angle: Angle
    """[degree]"""
    fin_conductivity: ThermalConductivity = 237.0
    """Of the fins [W/(m K)] (pure aluminium at 300 K; alloys 160 to 210)."""

    @property
    def reynolds_range(self) -> tuple[float, float]:
        """Of the correlation, on the louver pitch [-]."""
        return 100.0, 3000.0

    def reynolds(self, mass_flow: Array, air: AirState) -> Array:
        """On the louver pitch and the velocity between the fins [-]."""
        return np.asarray(mass_flow / self.areas[2] * self.louver_pitch / viscosity(air), dtype=np.float64)

    @property
    def fin_length(self) -> float:
        """From tube to tube [m]."""
        return self.tube_pitch - self.tube_thickness

    @property
    def areas(self) -> tuple[float, float, float]:
        """Area of fins, of bare tubes between them, and free to the flow [m²]; fins have two sides."""
        tubes = self.height / self.tube_pitch
        fins = tubes * self.width / self.fin_pitch
        fin = 2.0 * fins * self.fin_length * self.depth
        bare = 2.0 * tubes * self.width * self.depth * (1.0 - self.fin_thickness / self.fin_pitch)
        free = fins * (self.fin_pitch - self.fin_thickness) * self.fin_length
        return fin, bare, free

    def conductance_at(self, mass_flow: Array, air: AirState) -> Array:
        """``h (A_tube + eta A_fin)`` at an air flow [W/K]."""
        fin, bare, free = self.areas
        rho_velocity = mass_flow / free
        prandtl = heat_capacity(air) * viscosity(air) / conductivity(air)
        colburn = self.colburn_factor(self.reynolds(mass_flow, air))
        h = colburn * rho_velocity * heat_capacity(air) * prandtl ** (-2.0 / 3.0)
        slope = np.sqrt(2.0 * h / (self.fin_conductivity * self.fin_thickness)) * 0.5 * self.fin_length
        return np.asarray(h * (bare + fin * np.tanh(slope) / slope), dtype=np.float64)

    def colburn_factor(self, reynolds: Array) -> Array:
        """Colburn factor of louvered fins [-].

        Notes
        -----
        Chang and Wang (1997), Int. J. Heat Mass Transfer 40:533, eq. 9, 89 % of 768 points within 15 %::

            j = Re^-0.49 (theta/90)^0.27 (Fp/Lp)^-0.14 (Fl/Lp)^-0.29 (Td/Lp)^-0.23
                (Ll/Lp)^0.68 (Tp/Lp)^-0.28 (df/Lp)^-0.05

        with Re on the louver pitch, 100 to 3000; below 100 the formula is held on, which flatters slow draughts.
        """
        pitch = self.louver_pitch
        return np.asarray(
            reynolds**-0.49
            * (self.louver_angle / 90.0) ** 0.27
            * (self.fin_pitch / pitch) ** -0.14
            * (self.fin_length / pitch) ** -0.29
            * (self.depth / pitch) ** -0.23
            * (self.louver_length / pitch) ** 0.68
            * (self.tube_pitch / pitch) ** -0.28
            * (self.fin_thickness / pitch) ** -0.05,
            dtype=np.float64,
        )


class FinnedTubeCoilSpec(Spec):
    """Round tubes with high circular fins, triangular bundle."""

    kind: Literal["finned-tube"]
    rows: Count
    """In the direction of flow."""
    tubes_per_row: Count
    tube_length: Length
    tube_diameter: Length
    """Outside, without fins [m]."""
    fin_height: Length
    fin_thickness: Length
    fin_pitch: Length
    pitch_normal: Length
    """From tube to tube across the flow [m]."""
    pitch_parallel: Length
    """From row to row [m]."""
    fin_conductivity: ThermalConductivity = 237.0

    @property
    def reynolds_range(self) -> tuple[float, float]:
        """Of the correlation, on the tube's diameter [-]."""
        return 1000.0, 8000.0

    def reynolds(self, mass_flow: Array, air: AirState) -> Array:
        """On the tube's diameter and the velocity in the narrowest gap [-]."""
        narrowest = self._bundle().A_min
        return np.asarray(mass_flow / narrowest * self.tube_diameter / viscosity(air), dtype=np.float64)

    def conductance_at(self, mass_flow: Array, air: AirState) -> Array:
        """Coefficient on the bare tubes times their area [W/K].

        Notes
        -----
        Briggs and Young (1963), Chem. Eng. Prog. Symp. Ser. 59(41), as ``ht.air_cooler.h_Briggs_Young``, fins'
        efficiency included; 1000 < Re < 8000 on the tube's diameter.
        """
        from ht.air_cooler import h_Briggs_Young

        bundle = self._bundle()
        properties = [float(f(air)) for f in (density, heat_capacity, viscosity, conductivity)]
        shape = (bundle.A, bundle.A_min, bundle.A_increase, bundle.A_fin, bundle.A_tube_showing)
        tube = (
            self.tube_diameter,
            bundle.fin_diameter,
            self.fin_thickness,
            self.fin_pitch - self.fin_thickness,
        )
        values = [
            h_Briggs_Young(float(flow), *shape, *tube, *properties, self.fin_conductivity)
            for flow in mass_flow
        ]
        return np.asarray(np.array(values) * bundle.A_bare_tube, dtype=np.float64)

    def _bundle(self) -> Any:
        """Areas of the bundle."""
        from fluids.geometry import AirCooledExchanger

        return AirCooledExchanger(
            tube_rows=self.rows,
            tube_passes=1,
            tubes_per_row=self.tubes_per_row,
            tube_length=self.tube_length,
            tube_diameter=self.tube_diameter,
            fin_thickness=self.fin_thickness,
            fin_interval=self.fin_pitch,
            fin_height=self.fin_height,
            pitch_normal=self.pitch_normal,
            pitch_parallel=self.pitch_parallel,
        )


CoilSpec = Annotated[LouveredCoilSpec | FinnedTubeCoilSpec, Field(discriminator="kind")]


def coil_warnings(coil: LouveredCoilSpec | FinnedTubeCoilSpec, mass_flow: ArrayLike) -> tuple[str, ...]:
    """Say in words if the air flows take the coil's correlation outside its range."""
    flows = np.asarray(mass_flow, dtype=np.float64)
    ends = coil.reynolds(np.array([flows.min(), flows.max()]), AirState(308.15))
    low, high = coil.reynolds_range
    if ends[0] >= low and ends[1] <= high:
        return ()
    span = f"Reynolds number {ends[0]:.0f} to {ends[1]:.0f}, range {low:g} to {high:g}"
    return (f"coil: {coil.kind} correlation used outside its range ({span})",)


@functools.lru_cache(maxsize=64)
def _table(coil: LouveredCoilSpec | FinnedTubeCoilSpec, temperature: float) -> Array:
    return np.asarray(np.log(coil.conductance_at(FLOWS, AirState(temperature))), dtype=np.float64)


def coil_conductance(
    coil: LouveredCoilSpec | FinnedTubeCoilSpec, mass_flow: ArrayLike, temperature: float
) -> Array:
    """Air-side conductance of a coil at an air flow [W/K].

    Parameters
    ----------
    mass_flow
        Of air [kg/s].
    temperature
        At which the air's properties are taken [K].
    """
    flow, nodes = np.log(np.asarray(mass_flow, dtype=np.float64)), np.log(FLOWS)
    table = _table(coil, temperature)
    place = np.clip(np.searchsorted(nodes, flow) - 1, 0, len(nodes) - 2)
    share = (flow - nodes[place]) / (nodes[place + 1] - nodes[place])
    return np.asarray(np.exp(table[place] + share * (table[place + 1] - table[place])), dtype=np.float64)
