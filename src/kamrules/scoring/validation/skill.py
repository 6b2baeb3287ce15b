"""How good probabilities of winning are, in plain Python; `resampling` adds intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_TINY = 1e-15


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with the interval it is known to."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Skill:
    """How good probabilities were on deals not learned from.

    `brier` and `log_loss` are better when smaller, `base_brier` is that of always saying the base rate.
    `gain` is the difference base_brier - brier: there is skill only where its whole interval is above zero.
    `slope` is 1 when calibrated, below 1 when too sure.
    """

    deals: int
    base_rate: Measured
    auc: Measured
    brier: Measured
    log_loss: Measured
    slope: Measured
    base_brier: float
    gain: Measured

    @property
    def has_skill(self) -> bool:
        """Whether it surely beats the base rate and surely ranks better than a coin."""
        return self.gain.low > 0 and self.auc.low > 0.5  # noqa: PLR2004 - a coin


def auc(won: Sequence[bool], scores: Sequence[float]) -> float:
    """Return how often a won deal scores above a lost one, ties counting half (Mann-Whitney).

    Examples
    --------
    >>> auc([True, False, True], [0.9, 0.2, 0.2])
    0.75
    """
    order = sorted(range(len(won)), key=scores.__getitem__)
    ranks, start = 0.0, 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        ranks += sum(bool(won[i]) for i in order[start:end]) * (start + end + 1) / 2
        start = end
    wins = sum(map(bool, won))
    return (ranks - wins * (wins + 1) / 2) / (wins * (len(won) - wins))


def brier(won: Sequence[bool], probabilities: Sequence[float]) -> float:
    """Return the mean squared distance of probability and outcome (Brier, Mon. Weather Rev. 78, 1950)."""
    return sum((one - bool(outcome)) ** 2 for outcome, one in zip(won, probabilities, strict=True)) / len(won)


def log_loss(won: Sequence[bool], probabilities: Sequence[float]) -> float:
    """Return the mean negative log of the probability given to what happened, in nats."""
    given = (one if outcome else 1 - one for outcome, one in zip(won, probabilities, strict=True))
    return -sum(math.log(max(one, _TINY)) for one in given) / len(won)


def calibration_slope(won: Sequence[bool], probabilities: Sequence[float]) -> float:
    """Return the slope of a logistic regression of outcomes on log-odds (Cox, Biometrika 45, 1958).

    Log-odds are cut at 1e-6. A tiny ridge keeps it finite where they tell the outcomes apart perfectly.
    """
    cut = [min(max(one, 1e-6), 1 - 1e-6) for one in probabilities]
    scores = [math.log(one / (1 - one)) for one in cut]
    level, slope = 0.0, 0.0
    for _ in range(50):
        fitted = [1 / (1 + math.exp(-max(-500.0, min(500.0, level + slope * score)))) for score in scores]
        weights = [one * (1 - one) for one in fitted]
        errors = [one - bool(outcome) for one, outcome in zip(fitted, won, strict=True)]
        down = sum(errors) + 1e-3 * level
        side = sum(map(float.__mul__, errors, scores)) + 1e-3 * slope
        a = sum(weights) + 1e-3
        b = sum(map(float.__mul__, weights, scores))
        c = sum(weight * score * score for weight, score in zip(weights, scores, strict=True)) + 1e-3
        area = a * c - b * b
        step = ((c * down - b * side) / area, (a * side - b * down) / area)
        size = max(1.0, abs(step[0]), abs(step[1]))  # a step of more than 1 is cut, so it cannot run away
        level, slope = level - step[0] / size, slope - step[1] / size
        if max(map(abs, step)) < 1e-9:  # noqa: PLR2004 - converged
            break
    return slope


def wilson(wins: float, deals: float, confidence: float = 0.9) -> Measured:
    """Return a share with its Wilson interval (Wilson, JASA 22, 1927); without deals anything is possible.

    `deals` may be an effective number of deals, which is no whole one.

    Examples
    --------
    >>> found = wilson(5, 10, 0.95)
    >>> round(found.low, 3), round(found.high, 3)
    (0.237, 0.763)
    """
    if deals == 0:
        return Measured(0.5, 0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = wins / deals
    middle = (share + z * z / (2 * deals)) / (1 + z * z / deals)
    reach = z / (1 + z * z / deals) * math.sqrt(share * (1 - share) / deals + z * z / (4 * deals * deals))
    return Measured(share, max(0.0, middle - reach), min(1.0, middle + reach))
