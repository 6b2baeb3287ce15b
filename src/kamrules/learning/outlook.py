"""What a pipeline may bring: its expected value, how far it may stray, and in which quarter it comes.

Simulated, as deals do not come in alone: those of one segment rise and fall together, and the chances
themselves are known to an interval only, in which all may err in one direction. Neither moves the expected
value; both widen what may come.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kamrules.errors import ArgumentError, Fault
from kamrules.learning.futures import Chance, DrawnDeal, Futures, OpenDeal
from kamrules.rules.places import value_at
from kamrules.scoring.validation.skill import Measured
from kamrules.timeline.timeline import Timeline

# Fewer slips say little of how dates move (our choice).
MIN_SLIPS = 10
# Our choice: a quarter ahead, which is what an outlook is mostly asked for.
DAYS_AHEAD = 90
Why = Literal["no amount", "no chance"]


@dataclass(frozen=True, slots=True)
class OutlookPolicy:
    """How the simulation runs.

    Parameters
    ----------
    correlation : between 0 and 1
        How much deals of one segment share: the loading of a one-factor Gaussian copula, squared. 0.15 is our
        choice: nobody has measured it for deals, and the Basel formula for loans to firms takes 0.12 to 0.24.
        Try 0 and 0.3 beside it.
    confidence : probability mass of the intervals of the chances, and of the outlook's own range
    draws : how many futures; 4,000 know the mass beyond an end of the range to a third of a percentage point
    """

    correlation: float = 0.15
    confidence: float = 0.9
    draws: int = 4000

    def __post_init__(self) -> None:
        wrong = []
        if not 0 <= self.correlation <= 1:
            wrong.append(f"`{self.correlation}` given for correlation, 0 to 1 expected")
        if not 0 < self.confidence < 1:
            wrong.append(f"`{self.confidence}` given for confidence, between 0 and 1 expected")
        if self.draws < 1:
            wrong.append(f"`{self.draws}` given for draws, 1 or more expected")
        if wrong:
            raise ArgumentError(Fault("A-VALUE", text) for text in wrong)


@dataclass(frozen=True, slots=True)
class Range:
    """An expected value, its median, and the ends that hold the middle `confidence` of all futures."""

    expected: int
    low: int
    median: int
    high: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A deal that is not in the outlook, and why."""

    deal_id: str
    why: Why


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outlook in one currency; amounts in minor units.

    `total` and `quarters` (such as `2026-Q3`, and `undated`) are what comes in, `wins` how many deals.
    `refused` counts the deals that go by their prior as an estimate was refused, `refused_expected` is their
    part of the expected value. `overdue` counts those whose expected day has passed: they count from today
    on. `all_won` is the sum if everything is won. `slips` says how many past slips of dates were drawn from;
    0: dates are taken as given.
    """

    currency: str
    as_of: date
    deals: int
    total: Range
    wins: Measured
    quarters: Mapping[str, Range]
    all_won: int
    refused: int
    refused_expected: int
    overdue: int
    slips: int
    left_out: tuple[LeftOut, ...]
    policy: OutlookPolicy
    seed: int


def outlooks(  # noqa: PLR0913 - the deals, and how their future is drawn
    deals: Iterable[OpenDeal],
    *,
    as_of: date,
    slips: Sequence[int] = (),
    policy: OutlookPolicy | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Outlook, ...]:
    """Return the outlook in each currency, in their order; amounts of two currencies are never added.

    Parameters
    ----------
    deals : open deals, in any order
    as_of : today
    slips : days, how much later than expected past deals were ordered (`order_slips`)
        One is drawn for each dated deal in each future. Fewer than 10 are not used.
    policy : how the simulation runs
    seed : of the draws; the same seed gives the same outlook
    progress : called with "futures", those drawn and all

    Raises
    ------
    ArgumentError
        A deal is there twice, or an amount is negative or ends before it begins (A-VALUE).

    Examples
    --------
    >>> sure = Chance(0.5, 0.5, 0.5)
    >>> deals = [OpenDeal(f"D{n}", sure, 100_00, 100_00, "CNY", date(2026, 8, 1)) for n in range(4)]
    >>> found = outlooks(deals, as_of=date(2026, 6, 30))[0]
    >>> found.total.expected, found.all_won, list(found.quarters)
    (20000, 40000, ['2026-Q3'])
    """
    given = sorted(deals, key=lambda one: one.deal_id)
    _refuse_bad(given)
    rules = policy or OutlookPolicy()
    used = tuple(slips) if len(slips) >= MIN_SLIPS else ()
    by_currency: defaultdict[str, list[OpenDeal]] = defaultdict(list)
    for one in given:
        by_currency[one.currency].append(one)
    total = len(by_currency) * rules.draws
    found = []
    for place, name in enumerate(sorted(by_currency)):
        start = place * rules.draws

        def step(done: int, start: int = start) -> None:
            if progress is not None:
                progress("futures", start + done, total)

        found.append(_outlook(name, by_currency[name], (as_of, used, rules, seed), step))
    return tuple(found)


def order_slips(
    histories: Iterable[Timeline], *, as_of: date, days_ahead: int = DAYS_AHEAD
) -> tuple[int, ...]:
    """Return by how many days won deals were closed later than expected some days ahead; negative: earlier.

    Parameters
    ----------
    histories : the events of each deal
    as_of : deals won by the end of this day count, as recorded by then
    days_ahead : how long before they were closed the expected day is read
        About the time that open deals have left: dates far away slip further.

    Examples
    --------
    >>> from kamrules.timeline import FactSet
    >>> def fact(name, day, path, value):
    ...     return FactSet(id=name, deal_id="D1", path=path, value=value, effective_on=day, recorded_at=day)
    >>> history = Timeline.of([
    ...     fact("E1", "2026-01-05", "deal.expected_order_on", "2026-05-01"),
    ...     fact("E2", "2026-06-01", "deal.status", "won"),
    ...     fact("E3", "2026-06-01", "deal.closed_on", "2026-06-01")])
    >>> order_slips([history], as_of=date(2026, 6, 30))
    (31,)
    """
    found = []
    for history in histories:
        now = history.as_of(as_of) or {}
        closed = _day(now.get("closed_on")) if now.get("status") == "won" else None
        if closed is not None:
            ahead = date.fromordinal(max(1, closed.toordinal() - days_ahead))
            expected = _day((history.as_of(ahead) or {}).get("expected_order_on"))
            if expected is not None:
                found.append((closed - expected).days)
    return tuple(found)


def _day(value: Any) -> date | None:
    """Return a recorded text as a day; what is none is unknown."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def open_deal(record: Any, chance: Chance | None, *, currency: str, segment: str | None = None) -> OpenDeal:
    """Return a record, as `engine.read` gives it, as an open deal; its amount is `est_value`."""
    amount = value_at(record, "deal.est_value")
    expected = value_at(record, "deal.expected_order_on")
    return OpenDeal(str(value_at(record, "deal.id")), chance, amount, amount, currency, expected, segment)


def _refuse_bad(deals: Sequence[OpenDeal]) -> None:
    faults = []
    seen: set[str] = set()
    for one in deals:
        if one.deal_id in seen:
            faults.append(Fault("A-VALUE", f"deal `{one.deal_id}` is there twice"))
        seen.add(one.deal_id)
        low, high = one.amount_low, one.amount_high
        if (low is None) != (high is None) or (low is not None and high is not None and not 0 <= low <= high):
            message = f"`{low}` to `{high}` given for an amount, 0 ≤ low ≤ high or neither expected"
            faults.append(Fault("A-VALUE", message, where=f"deal `{one.deal_id}`"))
    if faults:
        raise ArgumentError(faults)


def _outlook(
    currency: str,
    deals: Sequence[OpenDeal],
    how: tuple[date, Sequence[int], OutlookPolicy, int],
    step: Callable[[int], None],
) -> Outlook:
    as_of, slips, policy, seed = how
    segments: defaultdict[str, list[DrawnDeal]] = defaultdict(list)
    left_out: list[LeftOut] = []
    kept: list[tuple[OpenDeal, DrawnDeal]] = []
    for deal in deals:
        if deal.amount_low is None or deal.chance is None:
            left_out.append(LeftOut(deal.deal_id, "no amount" if deal.amount_low is None else "no chance"))
            continue
        drawn = DrawnDeal.of(deal, deal.chance, policy.confidence)
        segments[deal.segment or ""].append(drawn)
        kept.append((deal, drawn))
    rng = random.Random(f"{seed}/{currency}")  # noqa: S311 - futures, not secrets
    futures = Futures(as_of, slips, policy.correlation, tuple(tuple(some) for some in segments.values()))
    totals, wins = [], []
    quarters: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for number in range(policy.draws):
        came, won = futures.draw(rng)
        totals.append(sum(came.values()))
        wins.append(won)
        for name, amount in came.items():
            quarters[name][number] = amount
        step(number + 1)
    count = _range(wins, None, policy.confidence)
    refused = [(deal, drawn) for deal, drawn in kept if deal.chance is not None and deal.chance.is_prior]
    days = [deal.expected_on for deal, _ in kept if deal.expected_on is not None]
    return Outlook(
        currency=currency,
        as_of=as_of,
        deals=len(kept),
        total=_range(totals, sum(drawn.expected for _, drawn in kept), policy.confidence),
        wins=Measured(sum(drawn.chance for _, drawn in kept), count.low, count.high),
        quarters={
            name: _range([*came.values(), *[0] * (policy.draws - len(came))], None, policy.confidence)
            for name, came in sorted(quarters.items())
        },
        all_won=sum(drawn.high for _, drawn in kept),
        refused=len(refused),
        refused_expected=round(sum(drawn.expected for _, drawn in refused)),
        overdue=sum(day < as_of for day in days),
        slips=len(slips),
        left_out=tuple(left_out),
        policy=policy,
        seed=seed,
    )


def _range(values: Sequence[int], expected: float | None, confidence: float) -> Range:
    """Return the range of drawn values; the mean is theirs where it is not known without drawing."""
    ordered = sorted(values)
    edge = (1 - confidence) / 2
    low, median, high = (
        ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (edge, 0.5, 1 - edge)
    )
    return Range(round(sum(ordered) / len(ordered) if expected is None else expected), low, median, high)
