"""When work that comes again was last done and is next due, from what is surely known and what may be.

An unknown element may have been done on any day up to today, so the last time lies between two days. A
cadence is ok, due or overdue where both ends say so, else unknown, so that no fact that is filled in turns
one into another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from kamrules.calendars import Calendar
from kamrules.rules.cadences import Cadence, Done
from kamrules.rules.lang.core import Node
from kamrules.rules.lang.reference import Env, Place, Unknown, elements, locate, value_of
from kamrules.rules.trace import Fact, facts_of

CadenceStatus = Literal["ok", "due", "overdue", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class CadenceResult:
    """Where one cadence of a deal stands.

    `last_done` and `next_due` follow from what is surely known: with `missing` they may be later, and without
    `next_due` an overdue cadence was never done. `overdue_days` are working days where the cadence counts
    those.
    """

    id: str
    status: CadenceStatus
    last_done: date | None = None
    next_due: date | None = None
    overdue_days: int | None = None
    facts: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Time:
    """A time at which it was done: surely on `day`, or with `causes` perhaps, on `day` at the latest."""

    day: date
    causes: frozenset[str]
    done: Done
    env: Env

    def facts(self) -> dict[str, Fact]:
        """Return the facts that say so."""
        return _known(self.done.when, self.env) | _known(self.done.on, self.env)


def judge_cadence(
    cadence: Cadence, record: Any, day: date, calendar: Calendar, *, root: str
) -> CadenceResult:
    """Return where a cadence stands on a day."""
    env = {root: Place(record, root), "as_of": Place(day, "as_of")}
    facts = _known(cadence.applies, env)
    applies = True if cadence.applies is None else value_of(cadence.applies, env)
    if applies is False:
        return CadenceResult(cadence.id, "not_applicable", facts=tuple(facts.values()))
    times = [time for done in cadence.done for time in _times(done, env, day)]
    surely = max((time for time in times if not time.causes), key=lambda time: time.day, default=None)
    last = None if surely is None else surely.day
    latest = max((time.day for time in times), default=None)
    causes = frozenset().union(*(time.causes for time in times))
    start = last
    if cadence.starts is not None:
        facts |= _known(cadence.starts, env)
        value = value_of(cadence.starts, env)
        if isinstance(value, Unknown):
            causes |= value.causes
            latest = date.max
        else:
            start, latest = _later(last, value), _later(latest, value)
    facts |= surely.facts() if surely is not None else {}
    read = tuple(facts.values())
    due = _due(cadence, start, calendar)
    status = _status(due, day)
    if isinstance(applies, Unknown) or _status(_due(cadence, latest, calendar), day) != status:
        causes |= applies.causes if isinstance(applies, Unknown) else frozenset()
        return CadenceResult(cadence.id, "unknown", last, facts=read, missing=tuple(sorted(causes)))
    overdue = None
    if status == "overdue" and due is not None:
        overdue = calendar.working_days_between(due, day) if cadence.working_days else (day - due).days
    return CadenceResult(cadence.id, status, last, due, overdue, read, tuple(sorted(causes)))


def _times(done: Done, env: Env, today: date) -> Iterator[_Time]:
    """Yield every time it was done by today, or may have been."""
    if done.range is None or done.var is None:
        inners = [env]
    else:
        found = elements(done.range, done.var, env)
        if found is None:
            yield _Time(today, frozenset({locate(done.range, env).path}), done, env)
            return
        inners = list(found)
    for inner in inners:
        when, on = value_of(done.when, inner), value_of(done.on, inner)
        if when is False or (isinstance(on, date) and on > today):
            continue
        doubts = [value.causes for value in (when, on) if isinstance(value, Unknown)]
        yield _Time(on if isinstance(on, date) else today, frozenset().union(*doubts), done, inner)


def _due(cadence: Cadence, last: date | None, calendar: Calendar) -> date | None:
    if last is None or last == date.max:
        return last
    if cadence.working_days:
        return calendar.add_working_days(last, cadence.every)
    return date.max if (date.max - last).days < cadence.every else last + timedelta(days=cadence.every)


def _status(due: date | None, today: date) -> CadenceStatus:
    if due is None or due < today:
        return "overdue"
    return "due" if due == today else "ok"


def _later(one: date | None, other: date) -> date:
    return other if one is None else max(one, other)


def _known(node: Node | None, env: Env) -> dict[str, Fact]:
    found = () if node is None else facts_of(node, env)
    return {fact.path: fact for fact in found if fact.value is not None}
