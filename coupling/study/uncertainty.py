"""How sure the numbers are: draws of uncertain inputs, percentiles of results, and which source rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from coupling.errors import CaseError
from coupling.study.base_case import BaseCase
from coupling.study.design import Design, design_key
from coupling.study.known_bands import Unknown
from coupling.study.quantities import number_of
from coupling.study.sampling import latin_hypercube
from coupling.study.uncertainty_spec import FEWEST, SourceSpec

Array = NDArray[np.float64]
LARGEST_SEED = 2**31 - 1
CUT = 3.0
"""Standard deviations beyond which a normal draw is not taken."""
DIGITS = 9
"""Digits of a result that count: beyond them are the solvers' tolerances and the order of sums."""
PAIRINGS = 8
"""Times that the columns of the draws are paired anew."""
CLEAR = 3.0
"""Standard errors of a rank coefficient by which a source must stand out to be called the ruling one."""
METHOD = (
    "Latin hypercube over all sources at once, paired without chance correlation; shares are relative weights "
    "(Johnson, 2000) of the regression of ranks (Iman and Conover, 1979)"
)


def drawn_designs(sources: Sequence[SourceSpec], samples: int, base: BaseCase, seed: int) -> Iterator[Design]:
    """Yield one design for each draw of all sources at once.

    Raises
    ------
    CaseError
        If a source's key has no number in the base case.
    """
    shares = without_chance_correlation(latin_hypercube(len(sources), samples, seed))
    columns = [_draw(source, base, shares[:, index]) for index, source in enumerate(sources)]
    digest = base.digest()
    for row in zip(*(column.tolist() for column in columns), strict=True):
        inputs = {source.name: value for source, value in zip(sources, row, strict=True)}
        settings = {source.key: value for source, value in zip(sources, row, strict=True)}
        yield Design(design_key(digest, settings), inputs, settings)


def without_chance_correlation(shares: Array) -> Array:
    """Pair the columns of a Latin hypercube anew, so that their ranks are hardly correlated; (samples, sources).

    Notes
    -----
    The ranks are multiplied by the inverse Cholesky factor of their correlation, and the ranks of the outcome say
    where each column's values go (Florian, 1992, Prob. Eng. Mech. 7:123), several times; strata are kept. Without it a
    source without influence shares in what another one does.
    """
    samples, sources = shares.shape
    if samples <= sources or sources < 2:
        return shares
    values, places = np.sort(shares, axis=0), shares
    for _ in range(PAIRINGS):
        ranks = places.argsort(axis=0).argsort(axis=0) - 0.5 * (samples - 1)
        factor = np.linalg.cholesky(np.corrcoef(ranks, rowvar=False))
        places = np.linalg.solve(factor, ranks.T).T
    order = places.argsort(axis=0).argsort(axis=0)
    return np.take_along_axis(values, order, axis=0)


def _draw(source: SourceSpec, base: BaseCase, shares: Array) -> Any:
    if source.distribution == "seed":
        return (shares * LARGEST_SEED).astype(np.int64)
    centre = number_of(base.value_at(source.key)) if source.centre is None else source.centre
    if centre is None:
        raise CaseError([f"uncertainty, {source.name}: {source.key} is no number in the base case"])
    low, high = ndtr(-CUT), ndtr(CUT)
    standard = ndtri(low + (high - low) * shares)
    if source.distribution == "lognormal":
        return np.asarray(centre * np.exp(source.band * standard))
    width = source.band if source.absolute else source.band * abs(centre)
    step = 2.0 * shares - 1.0 if source.distribution == "uniform" else standard
    return np.asarray(centre + width * step)


def spread(
    sources: Sequence[SourceSpec],
    unknown: Sequence[Unknown],
    rows: Sequence[Mapping[str, Any]],
    quantities: Mapping[str, Array],
) -> dict[str, Any]:
    """Percentiles of each quantity, and the share of its scatter that each source explains.

    ``quantities`` are numbers of each row, not a number where it has none. A draw that the loop cannot carry has no
    temperature: it counts in ``share_within_limits`` and not in the percentiles, whose ``draws`` tell how many.
    """
    usable = np.array([row["status"] in ("ok", "failed") for row in rows])
    inputs = {
        source.name: np.array([float(row[f"input.{source.name}"]) for row in rows]) for source in sources
    }
    found: dict[str, Any] = {
        "samples": len(rows),
        "share_within_limits": float(np.mean([bool(row["feasible"]) for row in rows])),
        "method": METHOD,
        "sources": [source.model_dump(mode="json", exclude_none=True) for source in sources],
        "not_drawn": [{"what": each.what, "why": each.why} for each in unknown],
        "quantities": {},
    }
    for name, values in quantities.items():
        good = usable & np.isfinite(values)
        if good.sum() >= FEWEST:
            drawn = {source: column[good] for source, column in inputs.items()}
            found["quantities"][name] = _scatter(values[good], drawn)
    return found


def _scatter(values: Array, inputs: Mapping[str, Array]) -> dict[str, Any]:
    p05, p50, p95 = (_rounded(value) for value in np.percentile(values, (5, 50, 95)))
    shares = explained(inputs, values)
    return {
        "p05": p05,
        "p50": p50,
        "p95": p95,
        "draws": len(values),
        "shares": shares,
        "dominant": _ruling(shares, len(values)),
    }


def _ruling(shares: Mapping[str, float], draws: int) -> str | None:
    """Source of the largest share, ``None`` where even that may be chance.

    Notes
    -----
    Without a relation the rank coefficients of ``n`` draws scatter about 0 by ``(n - 1)^-1/2`` (Kendall, 1948).
    """
    largest = max(shares, key=lambda source: shares[source], default=None)
    if largest is None or shares[largest] < CLEAR**2 / (draws - 1):
        return None
    return largest


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def explained(inputs: Mapping[str, Array], values: Array) -> dict[str, float]:
    """Share of the variance of a quantity's ranks that each input explains [-].

    Notes
    -----
    Relative weights (Johnson, 2000, Multivar. Behav. Res. 35:1) of the regression of the quantity's ranks on the
    inputs' ranks (Iman and Conover, 1979). With ``R = X'X / n`` of the standardised ranks and ``L = R^(1/2)``, the
    weights are ``L^2 (L^-1 X'y / n)^2``, squares taken entry by entry: they are not negative and add up to the
    coefficient of determination, also where the draws are correlated by chance. Near the first-order Sobol indices
    where the quantity follows each input monotonically. Values that differ by less than the digits that count are ties.
    """
    values = np.array([_rounded(value) for value in values])
    moving = [source for source, column in inputs.items() if np.ptp(column) > 0.0]
    shares = dict.fromkeys(inputs, 0.0)
    if not moving or np.ptp(values) <= 10.0**-DIGITS * np.abs(values).max():
        return shares
    ranks = np.column_stack([_standard_ranks(inputs[source]) for source in moving])
    size, vectors = np.linalg.eigh(ranks.T @ ranks / len(values))
    kept = size > 1e-10
    root, basis = np.sqrt(size[kept]), vectors[:, kept]
    like = basis * root @ basis.T
    toward = basis / root @ basis.T @ (ranks.T @ _standard_ranks(values) / len(values))
    weights = like**2 @ toward**2
    return shares | {source: _rounded(weight) for source, weight in zip(moving, weights, strict=True)}


def _standard_ranks(values: Array) -> Array:
    from scipy.stats import rankdata  # dear to import, and wanted after a study only

    ranks = rankdata(values)
    return np.asarray((ranks - ranks.mean()) / ranks.std())
