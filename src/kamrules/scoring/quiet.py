"""The quiet period of a tender: from when to when it lasts, and whether a day is inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from kamrules.rules.lang.reference import Place, Unknown, value_of
from kamrules.rules.quiet import QuietPlan

QuietStatus = Literal["running", "over", "not_begun", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class QuietPeriod:
    """The quiet period as of a day, both its days included; `until` is None while it is open."""

    status: QuietStatus
    since: date | None = None
    until: date | None = None
    missing: tuple[str, ...] = ()

    def includes(self, day: date) -> bool | None:
        """Whether a day is inside, by what is known now; None where that cannot be told.

        Examples
        --------
        >>> period = QuietPeriod("running", since=date(2026, 5, 20))
        >>> period.includes(date(2026, 5, 19)), period.includes(date(2026, 5, 20))
        (False, True)
        """
        if self.status in {"not_begun", "not_applicable"} or (self.until is not None and day > self.until):
            return False
        if self.since is not None and day < self.since:
            return False
        return None if self.status == "unknown" or self.since is None else True


def judge_quiet(plan: QuietPlan, record: Any, day: date, *, root: str) -> QuietPeriod:
    """Return the quiet period of a record as it stands on a day."""
    env = {root: Place(record, root), "as_of": Place(day, "as_of")}
    applies = True if plan.applies is None else value_of(plan.applies, env)
    if applies is False:
        return QuietPeriod("not_applicable")
    begun = value_of(plan.begun, env)
    if begun is False:
        return QuietPeriod("not_begun")
    starts, ends = value_of(plan.starts, env), value_of(plan.ends, env)
    since = None if isinstance(starts, Unknown) else starts
    until = None if isinstance(ends, Unknown) else ends
    doubts = [value.causes for value in (applies, begun) if isinstance(value, Unknown)]
    if doubts:
        return QuietPeriod("unknown", since, until, tuple(sorted(frozenset().union(*doubts))))
    missing = tuple(sorted(starts.causes)) if isinstance(starts, Unknown) else ()
    status: QuietStatus = "over" if until is not None and until < day else "running"
    return QuietPeriod(status, since, until, missing)
