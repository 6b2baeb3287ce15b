"""Until when something must be done, or may be: the day, and whether it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from kamrules.calendars import Calendar
from kamrules.errors import ArgumentError
from kamrules.rules.deadlines import Deadline
from kamrules.rules.lang.reference import Place, Unknown, value_of

DeadlineStatus = Literal["open", "overdue", "lapsed", "done", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class DeadlineResult:
    """Where one deadline of a deal stands; `due_on` is the last day, the day itself included.

    `missing` names the facts that keep the status unknown. `due_on` may be known while it is.
    """

    id: str
    status: DeadlineStatus
    due_on: date | None = None
    missing: tuple[str, ...] = ()


def judge_deadline(
    deadline: Deadline, record: Any, day: date, calendar_for: Callable[[bool], Calendar], *, root: str
) -> DeadlineResult:
    """Return where a deadline stands on a day; `calendar_for` is asked only where days are counted."""
    env = {root: Place(record, root), "as_of": Place(day, "as_of")}
    applies = True if deadline.applies is None else value_of(deadline.applies, env)
    if applies is False:
        return DeadlineResult(deadline.id, "not_applicable")
    start, done = value_of(deadline.counts_from, env), value_of(deadline.done, env)
    pause = tuple(value_of(node, env) for node in deadline.paused or ())
    is_known = not any(isinstance(value, Unknown) for value in (start, *pause))
    due = _due(deadline, start, pause, calendar_for(deadline.working_days)) if is_known else None
    if done is True and applies is True:
        return DeadlineResult(deadline.id, "done", due)
    doubts = [value.causes for value in (applies, start, *pause, done) if isinstance(value, Unknown)]
    if doubts or due is None:
        return DeadlineResult(deadline.id, "unknown", due, tuple(sorted(frozenset().union(*doubts))))
    late: DeadlineStatus = "lapsed" if deadline.lapses else "overdue"
    return DeadlineResult(deadline.id, "open" if due >= day else late, due)


def _due(
    deadline: Deadline, start: date | datetime, pause: tuple[date, ...], calendar: Calendar
) -> date | None:
    """Return the last day; None where it is beyond all dates, or a pause ends before it begins."""
    first = calendar.day_of(start) if isinstance(start, datetime) else start
    stopped = pause[1] - pause[0] if pause else timedelta()
    if stopped < timedelta():
        return None
    try:
        if deadline.working_days and deadline.days:
            return calendar.add_working_days(first + stopped, deadline.days)
        return first + stopped + timedelta(days=deadline.days)
    except (OverflowError, ArgumentError):
        return None
