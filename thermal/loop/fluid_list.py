"""The working fluids that are offered, their names in the property packages, and what people call them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from thermal.errors import FluidError


@dataclass(frozen=True)
class Offered:
    """A fluid of the list.

    Attributes
    ----------
    name
        As written in case files and summaries.
    cas
        Registry number of the Chemical Abstracts Service.
    coolprop
        Name in CoolProp, if it has the fluid.
    cantera
        Class of ``cantera`` (``liquidvapor.yaml``), if it has the fluid.
    aliases
        Other spellings that are understood.
    """

    name: str
    cas: str | None
    coolprop: str | None
    cantera: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def backends(self) -> tuple[str, ...]:
        """Sources of properties that know the fluid, the one that ``"auto"`` takes first."""
        if self.coolprop is None:
            return ("formulas",)
        return ("coolprop", "cantera") if self.cantera else ("coolprop",)


OFFERED: tuple[Offered, ...] = (
    Offered("water", "7732-18-5", "Water", "Water", ("h2o", "r718")),
    Offered("ammonia", "7664-41-7", "Ammonia", None, ("nh3", "r717")),
    Offered("R134a", "811-97-2", "R134a", "Hfc134a", ("hfc-134a", "1,1,1,2-tetrafluoroethane")),
    Offered("R1234ze(E)", "29118-24-9", "R1234ze(E)", None, ("r1234ze", "hfo-1234ze(e)", "hfo-1234ze")),
    Offered("R1234yf", "754-12-1", "R1234yf", None, ("hfo-1234yf",)),
    Offered("R1233zd(E)", "102687-65-0", "R1233zd(E)", None, ("r1233zd", "r1233zde", "hcfo-1233zd(e)")),
    Offered("R245fa", "460-73-1", "R245fa", None, ("hfc-245fa",)),
    Offered("R600a", "75-28-5", "IsoButane", None, ("isobutane", "i-butane")),
    Offered("CO2", "124-38-9", "CO2", "CarbonDioxide", ("carbon dioxide", "carbondioxide", "r744")),
    Offered("R22", "75-45-6", "R22", None, ("hcfc-22",)),
    Offered("ethanol", "64-17-5", "Ethanol", None, ("ethyl alcohol", "c2h5oh")),
    Offered("Dowtherm A", None, None, None, ("dowtherm",)),
)
"""Working fluids in the order in which they are listed to people; the last one for loops of liquid alone."""


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def find_offered(name: str) -> Offered:
    """Return the fluid that ``name`` or one of its aliases means.

    Raises
    ------
    FluidError
        If there is none; the message proposes the nearest name.

    Examples
    --------
    >>> find_offered("HFC-134a").name
    'R134a'
    """
    spellings: dict[str, Offered] = {}
    for fluid in OFFERED:
        for spelling in (fluid.name, fluid.coolprop or fluid.name, *fluid.aliases):
            spellings[_plain(spelling)] = fluid
    if _plain(name) in spellings:
        return spellings[_plain(name)]
    near = difflib.get_close_matches(_plain(name), spellings, n=1, cutoff=0.5)
    hint = f" Did you mean {spellings[near[0]].name!r}?" if near else ""
    raise FluidError(f"no fluid {name!r}.{hint} Offered: {', '.join(fluid.name for fluid in OFFERED)}")
