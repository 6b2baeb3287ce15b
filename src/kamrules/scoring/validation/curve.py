"""A calibration curve: of the deals given about this chance, how many were won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kamrules.scoring.validation.skill import Measured, wilson

# Our choice: with fewer deals the interval of a point is wider than 36 points either way.
_LEAST_DEALS = 20
_MOST_POINTS = 10


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Some deals with like probabilities: their mean `said`, and the share that was won."""

    deals: int
    said: float
    won: Measured


def calibration_curve(
    won: Sequence[bool], probabilities: Sequence[float], confidence: float = 0.9
) -> tuple[CurvePoint, ...]:
    """Return up to ten points of about as many deals each, at least 20 where there are so many.

    Examples
    --------
    >>> points = calibration_curve([False] * 15 + [True] * 5 + [True] * 20, [0.3] * 20 + [0.9] * 20)
    >>> [(point.deals, round(point.said, 2), point.won.value) for point in points]
    [(20, 0.3, 0.25), (20, 0.9, 1.0)]
    """
    order = sorted(range(len(won)), key=lambda place: (probabilities[place], place))
    points = min(_MOST_POINTS, max(1, len(order) // _LEAST_DEALS))
    found = []
    for point in range(points):
        some = order[round(point * len(order) / points) : round((point + 1) * len(order) / points)]
        said = sum(probabilities[place] for place in some) / len(some)
        found.append(
            CurvePoint(len(some), said, wilson(sum(won[place] for place in some), len(some), confidence))
        )
    return tuple(found)
