"""Closed deals as rows of learning: each as it was recorded some days before its outcome, never later.

The day of prediction is `lead_days` before the day the deal was decided: the day it was closed, or the day
the award was notified if that is earlier. The row holds what was true and recorded by the end of that day.
One row a deal, so that deals count once, however long they were open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from kamrules.errors import ArgumentError, Fault, LeakageError
from kamrules.rules.places import value_at
from kamrules.scoring.validation.leakage import refuse_late_facts
from kamrules.timeline.timeline import Timeline, as_day
from kamrules.wording import Language

# Our choice: a month before, help can still come, and most of what will ever be known is recorded.
LEAD_DAYS = 30
MAX_LEAD_DAYS = 3650
SEGMENT = "deal.account.industry"
_SHOWN = 5
Why = Literal[
    "no history",
    "open",
    "cancelled",
    "no status",
    "no closed_on",
    "bad closed_on",
    "closed in the future",
    "recorded late",
    "decided before",
    "not open then",
    "bad record",
]
WHY: Mapping[Why, str] = {
    "no history": "only the record of today: it holds what was learned after the outcome, and would leak",
    "open": "not decided yet",
    "cancelled": "cancelled: neither won nor lost",
    "no status": "no status is recorded",
    "no closed_on": "won or lost, and the day of closing is not recorded",
    "bad closed_on": "the day of closing is no date",
    "closed in the future": "the day of closing lies after the last day of the history",
    "recorded late": "nothing of it was recorded by the day of prediction",
    "decided before": "its outcome was recorded by the day of prediction",
    "not open then": "shelved or cancelled on the day of prediction",
    "bad record": "its record of the day of prediction does not fit the pack",
}
WHY_ZH: Mapping[Why, str] = {
    "no history": "只有当前记录,没有历史",
    "open": "尚未结束",
    "cancelled": "已取消",
    "no status": "没有状态",
    "no closed_on": "没有关闭日期",
    "bad closed_on": "关闭日期不是日期",
    "closed in the future": "关闭日期在最后一天之后",
    "recorded late": "预测日之后才登记",
    "decided before": "预测日之前已登记结果",
    "not open then": "预测日处于搁置或取消",
    "bad record": "记录不符合规则包",
}


@dataclass(frozen=True, slots=True)
class ClosedDeal:
    """One closed deal, seen before it was closed.

    `record` is the deal as recorded by the end of `predicted_on`, `known_on` the day its outcome was
    recorded: only from then on may others be predicted with it. `segment` is what deals are grouped by.
    """

    deal_id: str
    won: bool
    closed_on: date
    known_on: date
    predicted_on: date
    record: Mapping[str, Any]
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A deal nothing is learned from, and why; `WHY` has the words, `faults` what is wrong with a record."""

    deal_id: str
    why: Why
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosedDeals:
    """The closed deals to learn from, in the order of their prediction, and those left out."""

    deals: tuple[ClosedDeal, ...]
    left_out: tuple[LeftOut, ...] = ()
    lead_days: int = LEAD_DAYS

    @property
    def wins(self) -> int:
        """How many were won."""
        return sum(deal.won for deal in self.deals)

    @property
    def losses(self) -> int:
        """How many were lost."""
        return len(self.deals) - self.wins

    def reasons(self) -> dict[Why, int]:
        """Return how many deals are left out for each reason, in the order of `WHY`."""
        counts = Counter(one.why for one in self.left_out)
        return {why: counts[why] for why in WHY if counts[why]}


def closed_deals(
    deals: Iterable[Timeline | Mapping[str, Any]],
    *,
    lead_days: int = LEAD_DAYS,
    as_of: date | None = None,
    segment: str = SEGMENT,
) -> ClosedDeals:
    """Return the closed deals of a history as rows of learning.

    Parameters
    ----------
    deals : timelines, such as `timelines(read_events(path)).values()`
        A bare record among them has no history and is left out by name.
    lead_days : int, days, 1 to 3650
        How long before its outcome each deal is seen.
    as_of : date, optional
        Outcomes recorded by the end of this day count; the last recording of all deals by default.
    segment : path of the fact that deals are grouped by

    Raises
    ------
    ArgumentError
        `lead_days` is out of its range or a deal is there twice (A-VALUE).
    LeakageError
        Records of the day of prediction hold facts of later days, or outcomes (L-LATE, L-DERIVED): every one
        of all deals. Somebody has changed what was recorded, or recorded it before it happened.

    Examples
    --------
    >>> from kamrules.timeline import FactSet, Timeline
    >>> def fact(name, day, path, value):
    ...     return FactSet(id=name, deal_id="D1", path=path, value=value, effective_on=day, recorded_at=day)
    >>> history = Timeline.of([
    ...     fact("E1", "2026-01-05", "deal.milestone", "M2"),
    ...     fact("E2", "2026-05-20", "deal.milestone", "M7"),
    ...     fact("E3", "2026-06-01", "deal.status", "won"),
    ...     fact("E4", "2026-06-01", "deal.closed_on", "2026-06-01"),
    ... ])
    >>> row = closed_deals([history], lead_days=30).deals[0]
    >>> row.won, str(row.predicted_on), row.record["milestone"]
    (True, '2026-05-02', 'M2')
    """
    if not 1 <= lead_days <= MAX_LEAD_DAYS:
        message = f"`{lead_days}` given for lead_days, 1 to {MAX_LEAD_DAYS} expected"
        raise ArgumentError(Fault("A-VALUE", message))
    given = list(deals)
    names = Counter(_name(deal, place) for place, deal in enumerate(given))
    twice = [Fault("A-VALUE", f"deal `{name}` is there twice") for name, count in names.items() if count > 1]
    if twice:
        raise ArgumentError(twice)
    last = as_day(as_of) if as_of is not None else last_day(given)
    found: list[ClosedDeal | LeftOut] = []
    for place, deal in enumerate(given):
        if isinstance(deal, Timeline):
            found.append(_row(deal, last, lead_days, segment))
        else:
            found.append(LeftOut(_name(deal, place), "no history"))
    rows = tuple(
        sorted(
            (one for one in found if isinstance(one, ClosedDeal)),
            key=lambda one: (one.predicted_on, one.deal_id),
        )
    )
    _refuse_late(rows)
    return ClosedDeals(rows, tuple(one for one in found if isinstance(one, LeftOut)), lead_days)


def told(closed: ClosedDeals, language: Language = "en") -> Iterator[str]:
    """Yield a line for each reason deals are left out for, with the first of their ids and what is wrong."""
    for why, count in closed.reasons().items():
        some = [one for one in closed.left_out if one.why == why]
        names = ", ".join(one.deal_id for one in some[:_SHOWN]) + (", …" if count > _SHOWN else "")
        yield (
            f"{count}个未采用，{WHY_ZH[why]}：{names}"
            if language == "zh"
            else f"{count} left out, {WHY[why]}: {names}"
        )
        for one in some[:_SHOWN]:
            yield from (f"    {one.deal_id}: {fault}" for fault in one.faults)


def open_deals(
    histories: Iterable[Timeline | Mapping[str, Any]], as_of: date
) -> tuple[tuple[Mapping[str, Any], date], ...]:
    """Return the deals with a history open on a day, as recorded by its end, each with the day."""
    found = []
    for deal in histories:
        record = deal.as_of(as_of) if isinstance(deal, Timeline) else None
        if record is not None and record.get("status") in {None, "open"}:
            found.append((record, as_of))
    return tuple(found)


def last_day(histories: Iterable[Timeline | Mapping[str, Any]]) -> date:
    """Return the last day on which anything was recorded; the first day there is without any history."""
    timelines = (deal for deal in histories if isinstance(deal, Timeline))
    return max((event.recorded_at.date() for deal in timelines for event in deal.events), default=date.min)


def stated_deals(deals: Iterable[ClosedDeal]) -> ClosedDeals:
    """Return closed deals whose records the caller states to be those of the day of prediction.

    For a source that keeps no events but, say, took a copy of each deal every month. What can be checked is.

    Raises
    ------
    ArgumentError
        A deal is there twice, or was predicted on or after the day it was closed (A-VALUE).
    LeakageError
        A record holds facts of later days, or its outcome (L-LATE, L-DERIVED).
    """
    rows = tuple(sorted(deals, key=lambda one: (one.predicted_on, one.deal_id)))
    counts = Counter(one.deal_id for one in rows)
    faults = [
        Fault("A-VALUE", f"deal `{name}` is there twice") for name, count in counts.items() if count > 1
    ]
    faults += [
        Fault(
            "A-VALUE",
            f"predicted on {one.predicted_on} and closed on {one.closed_on}, an earlier day expected",
            where=f"deal `{one.deal_id}`",
        )
        for one in rows
        if one.predicted_on >= min(one.closed_on, one.known_on)
    ]
    if faults:
        raise ArgumentError(faults)
    _refuse_late(rows)
    leads = [(one.closed_on - one.predicted_on).days for one in rows]
    return ClosedDeals(rows, (), min(leads, default=LEAD_DAYS))


def _name(deal: Timeline | Mapping[str, Any], place: int) -> str:
    return deal.deal_id if isinstance(deal, Timeline) else str(deal.get("id") or f"row {place + 1}")


def _row(deal: Timeline, last: date, lead_days: int, segment: str) -> ClosedDeal | LeftOut:
    now = deal.as_of(last)
    why = "no status" if now is None else _why_not(now, last)
    if why is not None or now is None:
        return LeftOut(deal.deal_id, why or "no status")
    closed_on = date.fromisoformat(now["closed_on"])
    predicted_on = date.fromordinal(max(1, min(closed_on, _award(now) or closed_on).toordinal() - lead_days))
    then = deal.as_of(predicted_on)
    if then is None:
        return LeftOut(deal.deal_id, "recorded late")
    if then.get("status") not in {None, "open"}:
        is_over = then["status"] in {"won", "lost"}
        return LeftOut(deal.deal_id, "decided before" if is_over else "not open then")
    found = value_at(then, segment)
    return ClosedDeal(
        deal.deal_id,
        now["status"] == "won",
        closed_on,
        _known_on(deal, predicted_on, last, now["status"]),
        predicted_on,
        then,
        found if isinstance(found, str) else None,
    )


def _why_not(now: Mapping[str, Any], last: date) -> Why | None:
    """Return why a deal has no outcome to learn from, None where it has one."""
    status = now.get("status")
    if status not in {"won", "lost"}:
        return "no status" if status is None else "cancelled" if status == "cancelled" else "open"
    if now.get("closed_on") is None:
        return "no closed_on"
    closed_on = _as_date(now["closed_on"])
    if closed_on is None:
        return "bad closed_on"
    return "closed in the future" if closed_on > last else None


def _award(now: Mapping[str, Any]) -> date | None:
    return _as_date(value_at(now, "deal.bid.awarded_on"))


def _as_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _known_on(deal: Timeline, predicted_on: date, last: date, status: str) -> date:
    """Return the first day of the unbroken run of days up to the last on which the outcome was recorded."""
    known = last
    recorded = {event.recorded_at.date() for event in deal.events}
    for day in sorted((day for day in recorded if predicted_on < day <= last), reverse=True):
        then = deal.as_of(day)
        if then is None or then.get("status") != status:
            break
        known = day
    return known


def _refuse_late(rows: Iterable[ClosedDeal]) -> None:
    faults: list[Fault] = []
    for row in rows:
        try:
            refuse_late_facts([row.record], row.predicted_on)
        except LeakageError as problem:
            faults += [
                replace(one, where=one.where.replace("deal 0", f"deal `{row.deal_id}`", 1))
                for one in problem.faults
            ]
    if faults:
        raise LeakageError(faults)
