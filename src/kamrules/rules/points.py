"""What an entry of a scorecard is worth, as an interval, from plain known values.

Promises: each interval holds every amount of points that filling in the unknown facts could give, and
its ends are reached by some filling. Engines differ in how they get the values, never in this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kamrules.rules.verdict import Points

Gap = tuple[float | None, float | None]


def between(one: float, other: float) -> Points:
    """Return the interval with these two ends, given in any order."""
    return Points(one, other) if one <= other else Points(other, one)


def open_points(points: float) -> Points:
    """Return the interval from 0 to `points`: nothing is known."""
    return between(0.0, points)


def flag_points(points: float, truth: bool | None) -> Points:  # noqa: FBT001 - a truth is what it is about
    """Return `points` for true, 0 for false, the interval between for unknown."""
    if truth is None:
        return open_points(points)
    earned = points if truth else 0.0
    return Points(earned, earned)


def fraction(value: float, low: float, high: float) -> float:
    """Return how far `value` is from `low` to `high`, from 0 to 1; `high` may be below `low`."""
    if value >= high if high >= low else value <= high:
        return 1.0
    if value <= low if high >= low else value >= low:
        return 0.0
    return (value - low) / (high - low)


def share_points(points: float, sure: int, possible: int, total: int) -> Points:
    """Return points for `sure` up to `possible` elements out of `total`; 0 for an empty list."""
    if total == 0:
        return Points(0.0, 0.0)
    return between(points * (sure / total), points * (possible / total))


def open_mean(points: float, numbers: Iterable[float]) -> Points:
    """Return the interval of a weighted mean of a list of which nothing is known."""
    reachable = [0.0, *numbers]
    return between(points * min(reachable), points * max(reachable))


def mean_points(  # noqa: PLR0913, PLR0917 - the facts of one weighted mean
    points: float,
    mass: float,
    weight: float,
    gaps: Sequence[Gap],
    numbers: tuple[float, ...],
    weight_max: float,
) -> Points:
    """Return the points of a weighted mean of which `gaps` are not fully known.

    Parameters
    ----------
    points
        What a mean of 1 is worth.
    mass, weight
        Sums of weight x number and of weight over the elements known in full.
    gaps
        Number and weight of each other element, None where unknown.
    numbers
        What an unknown number may be.
    weight_max
        The most that an unknown weight may be; the least is 0.
    """
    if not gaps:
        mean = mass / weight if weight > 0 else 0.0
        return Points(points * mean, points * mean)
    low = _least_mean(mass, weight, gaps, min(numbers), weight_max)
    mirrored = [(None if number is None else -number, known) for number, known in gaps]
    high = -_least_mean(-mass, weight, mirrored, -max(numbers), weight_max)
    return between(points * low, points * high)


def _least_mean(mass: float, weight: float, gaps: Sequence[Gap], smallest: float, weight_max: float) -> float:
    """Return the least weighted mean any filling of the gaps can give.

    Unknown numbers are the smallest. A mean of fixed numbers falls while weight is put on a number below
    it, so the best unknown weights are `weight_max` on the smallest numbers, as long as they are below.
    """
    free = []
    for number, known in gaps:
        value = smallest if number is None else number
        if known is None:
            free.append(value)
        else:
            mass += known * value
            weight += known
    if weight <= 0:
        return min([0.0, *free]) if weight_max > 0 else 0.0
    for value in sorted(free):
        if value * weight >= mass:
            break
        mass += weight_max * value
        weight += weight_max
    return mass / weight
