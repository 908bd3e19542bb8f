"""How sure the numbers are: draws of uncertain inputs, percentiles of results, and which source rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from coupling.errors import CaseError
from coupling.study.design import Design, design_key
from coupling.study.plan import BaseCase
from coupling.study.quantities import number_of
from coupling.study.sampling import latin_hypercube
from coupling.study.spec import SourceSpec, UncertaintySpec

Array = NDArray[np.float64]
LARGEST_SEED = 2**31 - 1
CUT = 3.0
"""Standard deviations beyond which a normal draw is not taken."""


def drawn_designs(spec: UncertaintySpec, base: BaseCase, seed: int) -> Iterator[Design]:
    """Yield one design for each draw of all sources at once.

    Raises
    ------
    CaseError
        If a source's key has no number in the base case.
    """
    shares = latin_hypercube(len(spec.source), spec.samples, seed)
    columns = [_draw(source, base, shares[:, index]) for index, source in enumerate(spec.source)]
    digest = base.digest()
    for row in zip(*(column.tolist() for column in columns), strict=True):
        inputs = {source.name: value for source, value in zip(spec.source, row, strict=True)}
        settings = {source.key: value for source, value in zip(spec.source, row, strict=True)}
        yield Design(design_key(digest, settings), inputs, settings)


def _draw(source: SourceSpec, base: BaseCase, shares: Array) -> Any:
    if source.distribution == "seed":
        return (shares * LARGEST_SEED).astype(np.int64)
    centre = number_of(base.value_at(source.key))
    if centre is None:
        raise CaseError([f"uncertainty, {source.name}: {source.key} is no number in the base case"])
    low, high = norm.cdf(-CUT), norm.cdf(CUT)
    standard = norm.ppf(low + (high - low) * shares)
    if source.distribution == "lognormal":
        return np.asarray(centre * np.exp(source.band * standard))
    width = source.band if source.absolute else source.band * abs(centre)
    step = 2.0 * shares - 1.0 if source.distribution == "uniform" else standard
    return np.asarray(centre + width * step)


def spread(
    spec: UncertaintySpec, rows: Sequence[Mapping[str, Any]], quantities: Mapping[str, Array]
) -> dict[str, Any]:
    """Percentiles of each quantity, and the share of its scatter that each source explains."""
    usable = np.array([row["status"] in ("ok", "failed") for row in rows])
    inputs = {
        source.name: np.array([float(row[f"input.{source.name}"]) for row in rows]) for source in spec.source
    }
    found: dict[str, Any] = {
        "samples": len(rows),
        "share_within_limits": float(np.mean([bool(row["feasible"]) for row in rows])),
        "sources": [source.model_dump(mode="json") for source in spec.source],
        "quantities": {},
    }
    for name, values in quantities.items():
        good = usable & np.isfinite(values)
        if good.sum() < 8:
            continue
        percentiles = np.percentile(values[good], (5, 50, 95)).tolist()
        shares = explained({source: column[good] for source, column in inputs.items()}, values[good])
        found["quantities"][name] = {
            "p05": percentiles[0],
            "p50": percentiles[1],
            "p95": percentiles[2],
            "shares": shares,
            "dominant": max(shares, key=lambda source: shares[source]) if any(shares.values()) else None,
        }
    return found


def explained(inputs: Mapping[str, Array], values: Array) -> dict[str, float]:
    """Share of the variance of a quantity's ranks that each input explains [-].

    Notes
    -----
    Squared standardised rank regression coefficients (Iman and Conover, 1979): near the first-order Sobol indices
    where the inputs are independent and the quantity follows each of them monotonically.
    """
    if np.ptp(values) == 0.0:
        return dict.fromkeys(inputs, 0.0)
    ranks = np.column_stack([rankdata(column) for column in inputs.values()])
    deviations = ranks.std(axis=0)
    scaled = (ranks - ranks.mean(axis=0)) / np.where(deviations > 0.0, deviations, 1.0)
    wanted = rankdata(values)
    wanted = (wanted - wanted.mean()) / wanted.std()
    coefficients = np.linalg.lstsq(scaled, wanted, rcond=None)[0]
    return dict(zip(inputs, (coefficients**2).tolist(), strict=True))
