"""Answers and numbers that know what they wait for, and the arithmetic of their ends.

Promises: an `Interval` holds the number every filling of the unknown facts gives, an `Answer` is true or
false only when every filling agrees. Relies on nothing but the standard library. Sums are exact
(`math.fsum`), so the order of people cannot show in a result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

Paths = tuple[str, ...]
Ends = tuple[float, float]
# A share is compared with a limit after division: differences below this are rounding.
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Answer:
    """A yes or no: `truth` is True, False or None (unknown); `missing` are the facts that would settle it."""

    truth: bool | None
    missing: Paths = ()

    def __invert__(self) -> Answer:
        """Return the opposite; the opposite of unknown is unknown."""
        return self if self.truth is None else NO if self.truth else YES


YES: Final = Answer(truth=True)
NO: Final = Answer(truth=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """A number between `low` and `high`; `missing` are the facts that could narrow it, if any can.

    `high` is `math.inf` for a count over a list nobody has.
    """

    low: float
    high: float
    missing: Paths = ()

    @property
    def is_settled(self) -> bool:
        """Whether nothing unknown can move it."""
        return self.low == self.high

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def at_least(self, limit: float) -> Answer:
        """Return whether the number reaches `limit`."""
        if self.low >= limit:
            return YES
        return NO if self.high < limit else Answer(None, self.missing)


def interval(ends: Ends, missing: Iterable[str] = ()) -> Interval:
    """Return the interval with these ends, without `missing` when nothing is open."""
    low, high = ends
    return Interval(low, high, () if low == high else unique(missing))


def unique(paths: Iterable[str]) -> Paths:
    """Return each path once, in the order first seen."""
    return tuple(dict.fromkeys(paths))


def any_of(answers: Iterable[Answer]) -> Answer:
    """Return Kleene's or: true as soon as one is true, false only when all are false."""
    return _decide(answers, deciding=True)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Return Kleene's and: false as soon as one is false, true only when all are true."""
    return _decide(answers, deciding=False)


def _decide(answers: Iterable[Answer], *, deciding: bool) -> Answer:
    missing: list[str] = []
    is_open = False
    for answer in answers:
        if answer.truth is deciding:
            return answer
        if answer.truth is None:
            is_open = True
            missing += answer.missing
    return Answer(None, unique(missing)) if is_open else NO if deciding else YES


def count_of(answers: Iterable[Answer]) -> Interval:
    """Return how many are true: from those surely true to those not surely false.

    Exact when no unknown fact is read by two of them.
    """
    given = list(answers)
    low = sum(answer.truth is True for answer in given)
    high = sum(answer.truth is not False for answer in given)
    return interval((low, high), chain.from_iterable(a.missing for a in given if a.truth is None))


def sum_ends(ends: Iterable[Ends]) -> Ends:
    """Return the ends of a sum of numbers that move freely."""
    given = list(ends)
    return math.fsum(low for low, _ in given), math.fsum(high for _, high in given)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One number between `low` and `high` that counts with a weight between `least` and `most`."""

    low: float
    high: float
    least: float
    most: float


def weighted_mean(parts: Sequence[Weighed]) -> Ends:
    """Return the exact ends of sum(weight x number) / sum(weight); 0 when the weights sum to 0.

    Notes
    -----
    The mean falls with every number, so its least value has all numbers at their low end. For fixed numbers
    it falls with a weight exactly when the number lies below the mean, so the least mean gives the lowest
    numbers their most and the others their least weight.

    Examples
    --------
    >>> weighted_mean([Weighed(1, 1, 0.5, 0.5), Weighed(-1, 1, 0.5, 0.5)])
    (0.0, 1.0)
    """
    low = _least_mean(sorted((part.low, part.least, part.most) for part in parts))
    high = -_least_mean(sorted((-part.high, part.least, part.most) for part in parts))
    return low + 0.0, high + 0.0  # no negative zero


def _least_mean(parts: Sequence[tuple[float, float, float]]) -> float:
    weights = [least for _, least, _ in parts]
    if not any(weights):  # nobody may count at all (0), or the lowest number alone
        return min([0.0, *(number for number, _, most in parts if most > 0)])
    mass = math.fsum(weight * number for weight, (number, _, _) in zip(weights, parts, strict=True))
    total = math.fsum(weights)
    for place, (number, least, most) in enumerate(parts):
        if number * total >= mass:
            break
        weights[place] = most
        mass += (most - least) * number
        total += most - least
    return math.fsum(
        weight * number for weight, (number, _, _) in zip(weights, parts, strict=True)
    ) / math.fsum(weights)


def largest_share(
    piles: Sequence[Ends], singles: Sequence[Ends] = (), loose: Sequence[Ends] = ()
) -> tuple[float, float]:
    """Return the ends of (largest pile) / (sum of all piles); 1 when the sum is 0.

    Parameters
    ----------
    piles : mass of each pile, between two ends, >= 0
    singles : piles nobody may join
    loose : masses that belong to an unknown pile: one of `piles`, or another

    Returns
    -------
    low, high : float, 0 to 1
        `high` is exact. `low` is exact when every mass may take each value between its ends, else it may
        lie below the least share that can come true.

    Notes
    -----
    High: a pile at its most, joined by all loose masses at their most, the others at their least. Low: the
    loose ones stand alone, every pile is as even as it can be: no pile above `bar`, the largest least mass.

    Examples
    --------
    >>> largest_share([(1.0, 1.0), (0.5, 1.0)])
    (0.5, 0.6666666666666666)
    """
    every = [*piles, *singles, *loose]
    bar = max((least for least, _ in every), default=0.0)
    if bar == 0:
        open_piles = sum(most > 0 for _, most in every)
        return (1 / open_piles if open_piles else 1.0), 1.0
    low = bar / math.fsum(min(most, bar) for _, most in every)
    joined = [most for _, most in loose]
    alone = [least for least, _ in singles]
    found = [_share([most, *joined], [*alone, *_others(piles, at)]) for at, (_, most) in enumerate(piles)]
    found += [
        _share([most], [*_others(singles, at), *(least for least, _ in (*piles, *loose))])
        for at, (_, most) in enumerate(singles)
    ]
    found.append(_share(joined, [*alone, *(least for least, _ in piles)]))
    return low, max(found)


def _others(piles: Sequence[Ends], at: int) -> list[float]:
    return [least for place, (least, _) in enumerate(piles) if place != at]


def _share(own: Sequence[float], others: Sequence[float]) -> float:
    mass = math.fsum(own)
    return mass / math.fsum([*own, *others]) if mass > 0 else 0.0
