"""One loop of pipes in a row: the shape of most experiments and of the closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meshes.errors import InputError
from thermal.loop.network import Network, NetworkBuilder

# elevation by which a loop may fail to close on itself [m]
_CLOSURE = 1.0e-9


@dataclass(frozen=True)
class Section:
    """A straight piece of a ring.

    Attributes
    ----------
    leg
        Name under which its pressure falls are reported.
    length, rise
        Along the axis and upward, in the direction of the flow [m]; a length of 0 is a port with a local loss.
    diameter
        Hydraulic [m].
    area
        Section [m2]; left out, that of a circle.
    roughness
        Sand roughness [m].
    loss_coefficient
        Local [-], half at each end.
    cells
        Steps along the section.
    heated
        Whether heat enters, evenly along the section.
    """

    leg: str
    length: float
    rise: float
    diameter: float
    area: float | None = None
    roughness: float = 0.0
    loss_coefficient: float = 0.0
    cells: int = 8
    heated: bool = False


def ring_network(
    sections: Sequence[Section],
    condenser_area: float,
    *,
    condenser_height: float = 0.0,
    condenser_volume: float = 1.0e-3,
) -> Network:
    """Close ``sections``, given from the condenser's outlet round to its inlet, with a condenser.

    Parameters
    ----------
    condenser_area
        Section of the condenser's inlet [m2].
    condenser_height, condenser_volume
        [m], [m3]; the sections must rise by this height in all.

    Raises
    ------
    InputError
        If the sections do not come round to the condenser's inlet.
    """
    climb = sum(section.rise for section in sections)
    if abs(climb - condenser_height) > _CLOSURE + 1e-6 * condenser_height:
        raise InputError(f"sections rise by {climb:g} m in all, the condenser is {condenser_height:g} m high")
    builder = NetworkBuilder()
    outlet = builder.point(0.0)
    tail, drop_leg, liquid = outlet, [], True
    for index, section in enumerate(sections):
        last = index == len(sections) - 1
        head = builder.point(condenser_height if last else builder.elevation[tail] + section.rise)
        liquid = liquid and not section.heated
        cells = _add(builder, tail, head, section)
        drop_leg += cells if liquid else []
        tail = head
    builder.condenser(
        tail, outlet, "condenser", area=condenser_area, volume=condenser_volume, loss=0.0, drop_leg=drop_leg
    )
    return builder.build()


def _add(builder: NetworkBuilder, tail: int, head: int, section: Section) -> list[int]:
    if section.length == 0.0:
        area = section.area if section.area is not None else 0.7853981633974483 * section.diameter**2
        return [builder.port(tail, head, section.leg, area=area, loss=section.loss_coefficient)]
    return builder.pipe(
        tail,
        head,
        section.leg,
        length=section.length,
        diameter=section.diameter,
        area=section.area,
        roughness=section.roughness,
        inlet_loss=0.5 * section.loss_coefficient,
        outlet_loss=0.5 * section.loss_coefficient,
        cells=section.cells,
        heated=section.heated,
    )
