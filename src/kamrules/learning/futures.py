"""Futures of a pipeline drawn at random: which deals are won, for how much, and in which quarter.

A deal is won when a normal number falls below its bar. Part of that number is shared by its segment (a
one-factor Gaussian copula: Li, J. Fixed Income 9, 2000); the bars of all deals move together with one common
doubt about the chances.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Protocol

from kamrules.errors import ArgumentError, Fault

_NORMAL = NormalDist()
# Equally likely steps that the common doubt, a normal variable, is cut into, so that a future needs no
# logarithms; 25 of them reach to two of its spreads (our choice).
_STEPS = 25
_RAW = [_NORMAL.inv_cdf((place + 0.5) / _STEPS) for place in range(_STEPS)]
_DOUBT = tuple(one / math.sqrt(sum(other**2 for other in _RAW) / _STEPS) for one in _RAW)
UNDATED = "undated"


class Said(Protocol):
    """An estimate, such as `win_probability.Estimate`."""

    @property
    def probability(self) -> float:
        """The probability itself."""
        ...

    @property
    def low(self) -> float:
        """The lower end of its interval."""
        ...

    @property
    def high(self) -> float:
        """The upper end."""
        ...


class Forecasts(Protocol):
    """What is said of one deal, such as `win_probability.Forecast`."""

    @property
    def estimate(self) -> Said | None:
        """The estimate, None where it is refused."""
        ...

    @property
    def prior(self) -> Said:
        """What was believed before."""
        ...


@dataclass(frozen=True, slots=True)
class Chance:
    """A chance of winning between `low` and `high`; `is_prior` where an estimate was refused."""

    probability: float
    low: float
    high: float
    is_prior: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.probability <= self.high <= 1:
            seen = f"{self.low:g} ≤ {self.probability:g} ≤ {self.high:g}"
            raise ArgumentError(
                Fault("A-VALUE", f"`{seen}` given for a chance, 0 ≤ low ≤ probability ≤ high ≤ 1 expected")
            )

    @classmethod
    def of(cls, forecast: Forecasts) -> Chance:
        """Return the estimate of a forecast, or the prior where it is refused."""
        said = forecast.estimate or forecast.prior
        low, high = min(said.low, said.probability), max(said.high, said.probability)
        return cls(said.probability, low, high, is_prior=forecast.estimate is None)


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """One open deal.

    `amount_low` and `amount_high` are whole minor units of `currency`, the same where the amount is known;
    None where it is not. Without `expected_on` it is undated; those without a segment are one segment.
    """

    deal_id: str
    chance: Chance | None
    amount_low: int | None
    amount_high: int | None
    currency: str
    expected_on: date | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class DrawnDeal:
    """A deal ready to be drawn: its bar on the normal scale at each step of the common doubt."""

    bars: tuple[float, ...]
    low: int
    high: int
    expected_on: date | None
    chance: float

    @property
    def expected(self) -> float:
        """The expected amount."""
        return self.chance * (self.low + self.high) / 2

    @classmethod
    def of(cls, deal: OpenDeal, chance: Chance, confidence: float) -> DrawnDeal:
        """Return a deal of known amount, whose interval has the probability mass `confidence`."""
        low, high = deal.amount_low or 0, deal.amount_high or 0
        bars = tuple(map(_bar, chances_at(chance, confidence)))
        return cls(bars, low, high, deal.expected_on, chance.probability)


def chances_at(chance: Chance, confidence: float) -> tuple[float, ...]:
    """Return the chance at each step of the common doubt; their mean is the chance itself.

    Normal on the scale of log-odds, as wide as the interval, and moved so that the mean stays.
    """
    if not 0 < chance.probability < 1:
        return (chance.probability,) * _STEPS
    low, high = (math.log(end / (1 - end)) for end in (max(chance.low, 1e-6), min(chance.high, 1 - 1e-6)))
    spread = max(0.0, high - low) / (2 * _NORMAL.inv_cdf((1 + confidence) / 2))
    steps = [one * spread for one in _DOUBT]
    least, most = -60.0, 60.0
    for _ in range(60):
        middle = (least + most) / 2
        mean = sum(_logistic(middle + step) for step in steps) / _STEPS
        least, most = (middle, most) if mean < chance.probability else (least, middle)
    return tuple(_logistic(middle + step) for step in steps)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds)) if odds > 0 else math.exp(odds) / (1 + math.exp(odds))


def _bar(chance: float) -> float:
    return -math.inf if chance <= 0 else math.inf if chance >= 1 else _NORMAL.inv_cdf(chance)


@dataclass(frozen=True, slots=True)
class Futures:
    """Draws one future after another; a slip of dates, in days, is drawn for each dated deal that is won."""

    as_of: date
    slips: Sequence[int]
    correlation: float
    segments: tuple[tuple[DrawnDeal, ...], ...]

    def draw(self, rng: random.Random) -> tuple[dict[str, int], int]:
        """Return what comes in by quarter in one future, and how many deals are won."""
        came: dict[str, int] = {}
        count = 0
        doubt = rng.randrange(_STEPS)
        shared, own = math.sqrt(self.correlation), math.sqrt(1 - self.correlation)
        for deals in self.segments:
            tide = shared * rng.gauss(0, 1)
            for deal in deals:
                if tide + own * rng.gauss(0, 1) < deal.bars[doubt]:
                    count += 1
                    quarter = self.quarter(deal, rng)
                    came[quarter] = came.get(quarter, 0) + rng.randint(deal.low, deal.high)
        return came, count

    def quarter(self, deal: DrawnDeal, rng: random.Random) -> str:
        """Return the quarter that a deal comes in, not before today's."""
        if deal.expected_on is None:
            return UNDATED
        slip = rng.choice(self.slips) if self.slips else 0
        last = min(deal.expected_on.toordinal() + slip, date.max.toordinal())
        day = date.fromordinal(max(self.as_of.toordinal(), last))
        return f"{day.year}-Q{(day.month + 2) // 3}"
