"""What is due for whom: recurring work, rules and deadlines with a day, plans, bids and next steps.

An entry is overdue only where it is known that the work is open: a plan past its day of which nobody says
whether it was completed is `unknown`. A closed deal has what its rules still ask for: the closing report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from kamrules.assessment import Rejection
from kamrules.engine import BadValues, Engine
from kamrules.errors import ArgumentError, Fault, MissingExtraError, RecordError
from kamrules.pipeline import CLOSED
from kamrules.scoring.quiet import QuietPeriod

Kind = Literal["cadence", "rule", "deadline", "plan", "rectification", "bid_deadline", "next_step"]
Status = Literal["overdue", "due", "unknown"]
_LEADER = "project_leader"  # who answers for plans, the bid and the next step (HANDBOOK 0.5)
_MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do: of which deal, whose, until when.

    `id` is that of the cadence, rule or deadline, or the path of the fact that gives the day. `due` is None
    for recurring work that was never done. `act_by` is the last working day on or before it, None where the
    calendar's library is not installed; the due day itself never moves. `days_left` is negative when overdue.
    """

    deal_id: str | None
    deal_name: str | None
    account_name: str | None
    leader: str | None
    kind: Kind
    id: str
    title: str
    owner: str | None
    status: Status
    due: date | None
    act_by: date | None = None
    days_left: int | None = None


@dataclass(frozen=True, slots=True)
class DealAgenda:
    """The entries of one deal, the earliest first, the quiet period of its tender, and whether it is over."""

    deal_id: str | None
    entries: tuple[Entry, ...]
    quiet: QuietPeriod
    is_closed: bool = False


def agenda_of(
    engine: Engine, deal: Any, *, as_of: date, days: int = 14, language: Literal["en", "zh"] = "en"
) -> DealAgenda:
    """Return what is overdue on a day, and what becomes due until `days` later.

    Parameters
    ----------
    engine : a compiled pack
    deal : mapping or record
    as_of : the day
    days : how far to look ahead, 0 to 3660; 14 is our choice: two weekly sales meetings
    language : language of the titles

    Raises
    ------
    RecordError, ArgumentError

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> deal = {"id": "D1", "status": "open", "next_step": "Send the report", "next_step_on": "2026-07-04"}
    >>> for entry in agenda_of(engine, deal, as_of=date(2026, 6, 30)).entries:
    ...     print(entry.due, entry.owner, entry.title)
    2026-07-04 project_leader Next step: Send the report
    """
    if type(days) is not int or not 0 <= days <= _MAX_DAYS:
        raise ArgumentError(Fault("A-VALUE", f"`{days}` given for days, 0 to {_MAX_DAYS} expected"))
    record = engine.read(deal)
    listed = _Lister(engine, record, as_of, days, language)
    entries = sorted(listed.entries(), key=lambda entry: (entry.due or date.min, entry.kind, entry.id))
    quiet = engine.quiet_period(record, as_of=as_of)
    return DealAgenda(getattr(record, "id", None), tuple(entries), quiet, listed.is_closed)


def agendas(  # noqa: PLR0913 - what one agenda takes, and what to do with bad values
    engine: Engine,
    deals: Iterable[Any],
    *,
    as_of: date,
    days: int = 14,
    language: Literal["en", "zh"] = "en",
    bad_values: BadValues = "reject",
) -> Iterator[DealAgenda | Rejection]:
    """Return the agenda of each deal, in order; a deal that does not fit becomes a `Rejection`.

    With `bad_values="unknown"` a bad value is dropped, so that the fact is unknown.
    """
    for row, deal in enumerate(deals, start=1):
        if isinstance(deal, Rejection):
            yield deal
            continue
        try:
            record = engine.read_without_bad_values(deal)[0] if bad_values == "unknown" else engine.read(deal)
        except RecordError as problem:
            yield Rejection(
                row, str(deal.get("id")) if isinstance(deal, dict) else None, problem.faults, deal
            )
            continue
        yield agenda_of(engine, record, as_of=as_of, days=days, language=language)


def last_day(as_of: date, days: int) -> date:
    """Return the last day looked at, `days` after `as_of`."""
    return date.fromordinal(min(as_of.toordinal() + days, date.max.toordinal()))


class _Lister:
    """Lists what is to do for one record."""

    def __init__(
        self, engine: Engine, record: BaseModel, day: date, days: int, language: Literal["en", "zh"]
    ) -> None:
        self.engine = engine
        self.record = record
        self.day = day
        self.last = last_day(day, days)
        self.language = language
        self.is_closed = getattr(record, "status", None) in CLOSED

    def entries(self) -> Iterator[Entry]:
        dated = set()
        for entry in self.cadences():
            dated.add(self.engine.pack.cadences[entry.id].rule)
            if self.is_near(entry):
                yield self.placed(entry)
        facts = () if self.is_closed else self.facts()
        for entry in (*self.rules(dated), *self.deadlines(), *facts):
            if self.is_near(entry):
                yield self.placed(entry)

    def entry(  # noqa: PLR0913, PLR0917 - what an entry says
        self, kind: Kind, name: str, title: str, owner: str | None, status: Status, due: date | None
    ) -> Entry:
        account = getattr(self.record, "account", None)
        return Entry(
            deal_id=getattr(self.record, "id", None),
            deal_name=getattr(self.record, "name", None),
            account_name=getattr(account, "name", None),
            leader=getattr(self.record, "leader", None),
            kind=kind,
            id=name,
            title=title,
            owner=owner,
            status=status,
            due=due,
        )

    def is_near(self, entry: Entry) -> bool:
        return entry.due is None or entry.due <= self.last

    def placed(self, entry: Entry) -> Entry:
        """Return the entry with the days left, and the working day by which to act."""
        if entry.due is None:
            return entry
        act_by = None
        with suppress(MissingExtraError):  # the command line says so once; the due day stands without it
            act_by = self.engine.calendar.last_working_day(entry.due)
        return replace(entry, act_by=act_by, days_left=(entry.due - self.day).days)

    def cadences(self) -> Iterator[Entry]:
        for found in self.engine.cadences(self.record, as_of=self.day):
            if found.status in {"ok", "due", "overdue"}:
                spec = self.engine.pack.cadences[found.id]
                status: Status = "overdue" if found.status == "overdue" else "due"
                title = spec.name.get(self.language)
                yield self.entry("cadence", found.id, title, spec.owner, status, found.next_due)

    def deadlines(self) -> Iterator[Entry]:
        """Yield the deadlines that may still be kept, or were not; a lapsed right leaves nothing to do."""
        for found in self.engine.deadlines(self.record, as_of=self.day):
            spec = self.engine.pack.deadlines[found.id]
            if found.due_on is None or found.status in {"done", "not_applicable"}:
                continue
            is_past = found.due_on < self.day
            if is_past and spec.lapses:
                continue
            status: Status = "due" if not is_past else "overdue" if found.status == "overdue" else "unknown"
            yield self.entry(
                "deadline", found.id, spec.name.get(self.language), spec.owner, status, found.due_on
            )

    def rules(self, dated: set[str | None]) -> Iterator[Entry]:
        """Yield the work rules with a day that are breached, or will be if nothing is done by then."""
        for found in self.engine.assess(self.record, as_of=self.day, detail="brief").findings:
            if found.due_on is None or found.id in dated:
                continue
            due = date.fromisoformat(found.due_on)
            spec = self.engine.pack.findings[found.id]
            name = spec.name.get(self.language)
            if found.status == "breach" and due < self.day:
                yield self.entry("rule", found.id, name, spec.owner, "overdue", due)
            elif found.status == "breach" or (
                self.day <= due <= self.last and self.would_breach(found.id, due)
            ):
                # A rule is named for its breach, which is still to come.
                title = f"避免：{name}" if self.language == "zh" else f"Avoid: {name}"
                yield self.entry("rule", found.id, title, spec.owner, "due", due)

    def would_breach(self, name: str, due: date) -> bool:
        """Whether the rule is breached the day after, on what is recorded now: the work is still open."""
        if due == date.max:
            return False
        later = self.engine.assess(self.record, as_of=due + timedelta(days=1), detail="brief")
        return name in later.breaches

    def facts(self) -> Iterator[Entry]:
        """Yield the plans, the deadline of the bid and the next step, where they are open."""
        for index, plan in enumerate(getattr(self.record, "plans", None) or ()):
            if plan.due_on is None or plan.completed:
                continue
            is_late = plan.due_on < self.day
            is_mended = is_late and plan.rectification_due_on is not None
            kind: Kind = "rectification" if is_mended else "plan"
            due = plan.rectification_due_on if is_mended else plan.due_on
            path = f"deal.plans[{index}].{'rectification_due_on' if is_mended else 'due_on'}"
            named = " ".join(part for part in (plan.id, plan.stage, plan.goal) if part)
            yield self.fact(kind, path, named, due, is_open=plan.completed is False)
        bid = getattr(self.record, "bid", None)
        if bid is None or bid.submitted_at is not None or bid.decision == "no_bid":
            deadline = None
        else:
            deadline = bid.deadline_at
        if deadline is not None:
            day = self.engine.day_of(deadline)
            yield self.fact("bid_deadline", "deal.bid.deadline_at", "", day, is_open=False)
        step = getattr(self.record, "next_step_on", None)
        if step is not None:
            named = getattr(self.record, "next_step", None) or ""
            yield self.fact("next_step", "deal.next_step_on", named, step, is_open=True)

    def fact(self, kind: Kind, path: str, named: str, due: date, *, is_open: bool) -> Entry:
        """Return the entry for a day of the record; past it, whether the work is open must be known."""
        word = KIND_NAMES[kind][self.language == "zh"]
        colon = "：" if self.language == "zh" else ": "
        title = f"{word}{colon}{named}" if named else word
        status: Status = "due" if due >= self.day else "overdue" if is_open else "unknown"
        return self.entry(kind, path, title, _LEADER, status, due)


KIND_NAMES: dict[Kind, tuple[str, str]] = {
    "cadence": ("Recurring work", "定期工作"),
    "rule": ("Work rule", "工作制度"),
    "deadline": ("Deadline", "法定期限"),
    "plan": ("Stage plan", "阶段计划"),
    "rectification": ("Rectification plan", "整改计划"),
    "bid_deadline": ("Bid deadline", "投标截止"),
    "next_step": ("Next step", "下一步"),
}
