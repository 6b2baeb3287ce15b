"""Whether the deals of today still look like those a model was learned from.

The population stability index compares how deals spread over a few bins: the sum of shares (now - then)
ln(now / then). From 0.1 it is called a shift, from 0.25 a great one (Siddiqi, Credit Risk Scorecards, 2006).
Between two samples of the same deals it is about (1/n + 1/m) times a chi-square with one less degree of
freedom than there are bins (Yurdakul & Naranjo, Journal of Risk Model Validation 14, 2020), so a few open
deals reach 0.25 by chance. An index is no shift unless chance alone would bring any of all columns there in
fewer than 1 of 20 cases (Bonferroni).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from kamrules.learning.shares import Pair, difference
from kamrules.scoring.validation.skill import Measured

Shift = Literal["none", "shift", "great shift"]
_SHIFT, _GREAT = 0.1, 0.25
_BINS = 5  # our choice: with the few open deals there are, more bins only hold less
_BY_CHANCE = 0.05
# Half a deal in each bin, so that an empty one is no infinite shift (our choice).
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Spread:
    """How the deals learned from spread over one column: `counts[i]` lie up to `edges[i]`, the last above."""

    column: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """The shift of one column: its index, and what chance alone hardly exceeds."""

    column: str
    index: float
    by_chance: float

    @property
    def shift(self) -> Shift:
        """How far it moved, beyond chance."""
        if self.index < _SHIFT or self.index <= self.by_chance:
            return "none"
        return "great shift" if self.index >= _GREAT else "shift"


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed between the deals learned from and `deals` of now.

    `unknown` is the share of points that were and are unknown. `base_rate` is the share of deals won now less
    the share then, with its interval; None where nothing was closed to tell.
    """

    deals: int
    columns: tuple[ColumnDrift, ...]
    unknown: tuple[float, float]
    base_rate: Measured | None = None

    @property
    def shifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that shifted, most first."""
        found = [one for one in self.columns if one.shift != "none"]
        return tuple(sorted(found, key=lambda one: (-one.index, one.column)))


def spreads_of(columns: Sequence[str], rows: Sequence[Sequence[float]]) -> tuple[Spread, ...]:
    """Return how deals spread over each column, in at most five bins of about as many deals each.

    Examples
    --------
    >>> spreads_of(["health.momentum.low"], [[0.0], [0.0], [2.0], [3.0]])[0].counts
    (2, 1, 1)
    """
    found = []
    for place, name in enumerate(columns):
        values = sorted(row[place] for row in rows)
        cuts = [values[math.ceil(len(values) * part / _BINS) - 1] for part in range(1, _BINS)]
        edges = tuple(edge for edge in sorted(set(cuts)) if edge < values[-1])
        found.append(Spread(name, edges, _counted(edges, values)))
    return tuple(found)


def _counted(edges: Sequence[float], values: Sequence[float]) -> tuple[int, ...]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect.bisect_left(edges, value)] += 1
    return tuple(counts)


def drift_of(spread: Spread, values: Sequence[float], *, columns: int = 1) -> ColumnDrift:
    """Return the shift of one of so many columns to `values`, of which there is at least one.

    Examples
    --------
    >>> then = Spread("health.momentum.low", (1.0,), (60, 40))
    >>> drift_of(then, [0.0] * 6 + [2.0] * 4).shift, drift_of(then, [2.0] * 40).shift
    ('none', 'great shift')
    """
    now = _counted(spread.edges, values)
    bins, then_all, now_all = len(now), sum(spread.counts), len(values)
    index = 0.0
    for before, after in zip(spread.counts, now, strict=True):
        old = (before + _HALF) / (then_all + _HALF * bins)
        new = (after + _HALF) / (now_all + _HALF * bins)
        index += (new - old) * math.log(new / old)
    by_chance = (1 / then_all + 1 / now_all) * _chi_square(bins - 1, 1 - _BY_CHANCE / columns)
    return ColumnDrift(spread.column, index, by_chance)


def _chi_square(degrees: int, level: float) -> float:
    """Return a quantile of a chi-square (Wilson & Hilferty, PNAS 17, 1931); within 6 % of it."""
    if degrees == 0:
        return 0.0
    part = 2 / (9 * degrees)
    return degrees * (1 - part + NormalDist().inv_cdf(level) * math.sqrt(part)) ** 3


def drift_from(
    spreads: Sequence[Spread],
    rows: Sequence[Sequence[float]],
    *,
    unknown: tuple[float, float],
    wins: tuple[tuple[int, int], tuple[int, int]],
    confidence: float = 0.9,
) -> Drift:
    """Return the drift from the deals learned from to `rows`, with their columns in the order of `spreads`.

    `unknown` is the share of points unknown then and now, `wins` are wins and deals before and after.
    """
    columns = tuple(
        drift_of(spread, [row[place] for row in rows], columns=len(spreads))
        for place, spread in enumerate(spreads)
        if rows
    )
    (old_won, old_deals), (won, deals) = wins
    change = difference([Pair(won, deals, old_won, old_deals)], confidence)
    return Drift(len(rows), columns, unknown, change)
