"""How good probabilities of winning are, against the base rate, with intervals.

Plain Python: a few thousand closed deals are the most anyone has.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from kamrules.errors import ArgumentError, Fault

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


def measure_skill(  # noqa: PLR0913 - what is measured, and how
    won: Sequence[bool],
    probabilities: Sequence[float],
    *,
    base_rate: float | None = None,
    confidence: float = 0.9,
    resamples: int = 500,
    seed: int = 0,
) -> Skill:
    """Return how good probabilities were.

    Parameters
    ----------
    won : outcomes of deals that were not learned from
    probabilities : of winning, each between 0 and 1
    base_rate : the share won among the deals learned from; of these very deals by default, which flatters it
    resamples : bootstrap samples of deals behind each interval (percentiles)

    Raises
    ------
    ArgumentError
        Lengths differ, an outcome never occurs, or a probability is none (A-VALUE).
    """
    if len(won) != len(probabilities) or len(set(won)) < 2:  # noqa: PLR2004 - won and lost
        raise ArgumentError(
            Fault("A-VALUE", "as many probabilities as outcomes, some won, some lost, expected")
        )
    if not all(0 <= one <= 1 for one in probabilities):
        raise ArgumentError(Fault("A-VALUE", "a probability lies between 0 and 1"))
    usual = sum(won) / len(won) if base_rate is None else base_rate
    rng = random.Random(seed)  # noqa: S311 - samples, not secrets
    everyone = range(len(won))
    samples = [rng.choices(everyone, k=len(won)) for _ in range(resamples)]

    def measured(score: Callable[[Sequence[bool], Sequence[float]], float]) -> Measured:
        found = []
        for sample in samples:
            outcomes = [won[i] for i in sample]
            if len(set(outcomes)) > 1:
                found.append(score(outcomes, [probabilities[i] for i in sample]))
        found.sort()
        edge = (1 - confidence) / 2
        low, high = (found[min(len(found) - 1, int(part * len(found)))] for part in (edge, 1 - edge))
        return Measured(score(won, probabilities), low, high)

    def gain(outcomes: Sequence[bool], given: Sequence[float]) -> float:
        return brier(outcomes, [usual] * len(outcomes)) - brier(outcomes, given)

    return Skill(
        deals=len(won),
        base_rate=wilson(sum(won), len(won), confidence),
        auc=measured(auc),
        brier=measured(brier),
        log_loss=measured(log_loss),
        slope=measured(calibration_slope),
        base_brier=brier(won, [usual] * len(won)),
        gain=measured(gain),
    )


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
