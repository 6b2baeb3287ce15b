"""Shares of few deals compared within segments: a difference with its interval, exact tests, many at once.

Everything is exact or made for small numbers, and needs the standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from kamrules.scoring.validation.skill import Measured, wilson

_NORMAL = NormalDist()
# Above so many products an exact test takes some milliseconds, and there are hundreds of them; a normal
# distribution is as good there, where hundreds of deals stand on either side (our choice).
_MOST_PRODUCTS = 40_000
# Probabilities that differ by rounding only are equal (as R's fisher.test has it).
_SAME = 1 + 1e-7


@dataclass(frozen=True, slots=True)
class Pair:
    """Won and all deals of two sides, in one segment.

    Examples
    --------
    >>> Pair(won=8, deals=10, other_won=3, other_deals=9).weight
    4.7368421052631575
    """

    won: int
    deals: int
    other_won: int
    other_deals: int

    @property
    def weight(self) -> float:
        """How much it tells of the difference (Mantel-Haenszel): 0 where one side is empty."""
        both = self.deals + self.other_deals
        return self.deals * self.other_deals / both if both else 0.0


def difference(pairs: Sequence[Pair], confidence: float = 0.9) -> Measured | None:
    """Return by how much the share won differs, between -1 and 1; None if no segment has both sides.

    Parameters
    ----------
    pairs : one for each segment; segments are weighted as by Mantel and Haenszel
    confidence : probability mass of the interval

    Notes
    -----
    In one segment this is Newcombe's interval from two Wilson intervals (Stat. Med. 17, 1998, method 10).
    Over several, distances to the ends are added as variances are (MOVER: Zou & Donner, Stat. Med. 27, 2008).

    Examples
    --------
    >>> found = difference([Pair(56, 70, 48, 80)], 0.95)  # Newcombe's own example
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    total = sum(pair.weight for pair in pairs)
    if not total:
        return None
    middle = below = above = 0.0
    for pair in pairs:
        share = pair.weight / total
        if not share:
            continue
        one = wilson(pair.won, pair.deals, confidence)
        other = wilson(pair.other_won, pair.other_deals, confidence)
        middle += share * (one.value - other.value)
        below += share**2 * ((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
        above += share**2 * ((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Measured(middle, max(-1.0, middle - math.sqrt(below)), min(1.0, middle + math.sqrt(above)))


def chance_of(pairs: Sequence[Pair]) -> float:
    """Return the two-sided p-value of "it makes no difference in any segment".

    Notes
    -----
    Exact, given the sums of each segment: the outcomes permuted within segments (Fisher's exact test in one
    segment, that of Zelen, Biometrika 58, 1971, over several); as likely or less likely tables count. Where
    that takes too long, the normal distribution with the same mean and variance (Mantel & Haenszel, 1959),
    with their continuity correction.

    Examples
    --------
    >>> round(chance_of([Pair(3, 4, 1, 4)]), 4)  # Fisher's tea
    0.4857
    """
    told = [pair for pair in pairs if pair.weight]
    seen = sum(pair.won for pair in told)
    spans = [_span(pair) for pair in told]
    size = products = 1
    for low, high in spans:
        products += size * (high - low + 1)
        size += high - low
    if products > _MOST_PRODUCTS:
        return _by_normal(told, seen)
    chances, least = [1.0], 0
    for pair, (low, high) in zip(told, spans, strict=True):
        chances = _convolved(chances, _hypergeometric(pair, low, high))
        least += low
    limit = chances[seen - least] * _SAME
    return min(1.0, sum(one for one in chances if one <= limit) / sum(chances))


def chance_of_less(pairs: Sequence[Pair], than: float) -> float:
    """Return the one-sided p-value of "the difference is at least `than`": small where it surely is less.

    It is the chance that belongs to the interval of `difference` whose upper end is just `than`.

    Examples
    --------
    >>> round(chance_of_less([Pair(50, 100, 50, 100)], 0.2), 3)
    0.002
    """

    def reach(chance: float) -> float:
        found = difference(pairs, 1 - 2 * chance)
        assert found is not None
        return found.high

    middle = difference(pairs, 1e-9)
    if middle is None or middle.value >= than:
        return 1.0
    low, high = 1e-9, 0.5
    if reach(low) < than:
        return low
    for _ in range(40):
        half = math.sqrt(low * high)
        low, high = (low, half) if reach(half) < than else (half, high)
    return high


def adjusted(chances: Sequence[float]) -> list[float]:
    """Return the q-value of each p-value: the share of false ones among all that are as small.

    Benjamini & Hochberg (J. R. Stat. Soc. B 57, 1995). It holds for tests that depend on one another
    positively (Benjamini & Yekutieli, Ann. Stat. 29, 2001), as gates of one path do.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    found = [1.0] * len(chances)
    least = 1.0
    for rank, index in enumerate(order):
        least = min(least, chances[index] * (len(chances) / (len(chances) - rank)))
        found[index] = least
    return found


def _span(pair: Pair) -> tuple[int, int]:
    """Return the fewest and the most of the won deals that can stand on the first side."""
    won = pair.won + pair.other_won
    return max(0, won - pair.other_deals), min(won, pair.deals)


def _hypergeometric(pair: Pair, low: int, high: int) -> list[float]:
    won = pair.won + pair.other_won
    return [
        math.exp(_log_choose(pair.deals, one) + _log_choose(pair.other_deals, won - one)
                 - _log_choose(pair.deals + pair.other_deals, won))
        for one in range(low, high + 1)
    ]  # fmt: skip


def _log_choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)


def _convolved(some: Sequence[float], others: Sequence[float]) -> list[float]:
    found = [0.0] * (len(some) + len(others) - 1)
    for place, one in enumerate(some):
        for step, other in enumerate(others):
            found[place + step] += one * other
    return found


def _by_normal(pairs: Sequence[Pair], seen: int) -> float:
    expected = variance = 0.0
    for pair in pairs:
        deals, won = pair.deals + pair.other_deals, pair.won + pair.other_won
        expected += pair.deals * won / deals
        variance += pair.weight * won * (deals - won) / (deals * (deals - 1)) if deals > 1 else 0.0
    if not variance:
        return 1.0
    return min(1.0, 2 * _NORMAL.cdf(-max(0.0, abs(seen - expected) - 0.5) / math.sqrt(variance)))
