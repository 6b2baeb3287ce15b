"""When a deal was moved from milestone to milestone, as its seller claimed and as it was recorded then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from kamrules.timeline.events import Correction, Event
from kamrules.timeline.timeline import Timeline

CLAIM = "deal.milestone"


@dataclass(frozen=True, slots=True)
class Move:
    """A deal claimed in milestone `after` from a day on, and in `before` until then (None: in none).

    `at` is the moment of the recording that says so.
    """

    day: date
    at: datetime
    before: str | None
    after: str


def moves_of(timeline: Timeline, *, until: date | None = None) -> tuple[Move, ...]:
    """Return the changes of the claimed milestone up to the end of a day, on what was recorded on each.

    Examples
    --------
    >>> from kamrules.timeline import FactSet
    >>> claims = [FactSet(id=day, deal_id="D1", path="deal.milestone", value=value,
    ...     effective_on=day, recorded_at=day) for day, value in (("2026-05-04", "M1"), ("2026-06-01", "M3"))]
    >>> [(move.before, move.after) for move in moves_of(Timeline.of(claims))]
    [(None, 'M1'), ('M1', 'M3')]
    """
    told = [event for event in timeline.events if _may_move(event)]
    days = {max(event.recorded_at.date(), _effective(event)) for event in told}
    found: list[Move] = []
    before: str | None = None
    for day in sorted(day for day in days if until is None or day <= until):
        deal = timeline.as_of(day)
        after = deal.get("milestone") if deal is not None else None
        if isinstance(after, str) and after != before:
            by_then = [event for event in told if event.recorded_at.date() <= day]
            claims = [event for event in by_then if getattr(event, "value", None) == after]
            at = max(event.recorded_at for event in claims or by_then)
            found.append(Move(day, at, before, after))
            before = after
    return tuple(found)


def passages(moves: Sequence[Move], milestones: Sequence[str]) -> dict[str, Move]:
    """Return the move by which a deal first went past each gate, by its name such as `M3.exit`.

    A move from M1 to M4 goes past `M1.exit`, all gates of M2 and M3, and `M4.entry`. The gates before the
    milestone that a deal was first claimed in are not there: nobody stood at them.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = date(2026, 5, 4)
    >>> first = Move(day, datetime(2026, 5, 4, tzinfo=UTC), None, "M2")
    >>> second = Move(day, datetime(2026, 6, 1, tzinfo=UTC), "M2", "M3")
    >>> list(passages([first, second], ["M1", "M2", "M3"]))
    ['M2.entry', 'M2.exit', 'M3.entry']
    """
    known = [move for move in moves if move.after in milestones]
    found: dict[str, Move] = {}
    if not known:
        return found
    furthest = known[0].after
    found[f"{furthest}.entry"] = known[0]
    for move in known[1:]:
        past = gates_between(replace(move, before=furthest), milestones)
        found |= dict.fromkeys(past, move)
        furthest = move.after if past else furthest
    return found


def gates_between(move: Move, milestones: Sequence[str]) -> tuple[str, ...]:
    """Return the gates that a move goes past; none where it goes back, or from or to no milestone."""
    if move.before not in milestones or move.after not in milestones:
        return ()
    steps = milestones[milestones.index(move.before) : milestones.index(move.after) + 1]
    return tuple(gate for one, other in pairwise(steps) for gate in (f"{one}.exit", f"{other}.entry"))


def _may_move(event: Event) -> bool:
    return isinstance(event, Correction) or getattr(event, "path", None) == CLAIM


def _effective(event: Event) -> date:
    return event.effective_on or date.min
