"""The verdicts on one deal over time: when its stage moved and fell back, what moved its health, and why.

Days are those on which something was recorded or became true; in between only time passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.assessment import Assessment
from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault
from kamrules.timeline.dwell import Stall
from kamrules.timeline.events import Correction, Event
from kamrules.timeline.timeline import Timeline

# Points are sums of floats; less than this is no change.
_NO_POINTS = 1e-9


@dataclass(frozen=True, slots=True)
class Turned:
    """A verdict that changed: the status of a criterion, a red line or a work rule."""

    id: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Reason:
    """How the middle of one entry of the health ledger moved, in points."""

    id: str
    points: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deal stands on a day."""

    day: date
    claimed: str | None
    supported: str | None
    possible: str | None
    claim: str
    health: tuple[float, float] | None
    red_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A day on which a verdict changed; `events` are those that counted for the first time.

    `is_regression` says that the supported or the claimed milestone fell back.
    """

    before: Standing | None
    after: Standing
    is_regression: bool
    reasons: tuple[Reason, ...]
    turned: tuple[Turned, ...]
    tripped: tuple[str, ...]
    cleared: tuple[str, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The steps of a deal from one day to another, and what moved its health over all of them.

    `quiet` counts the days with events that changed no verdict.
    """

    deal_id: str
    name: str | None
    start: Standing
    end: Standing
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]
    quiet: int
    issues: tuple[Fault, ...]


def history_of(
    engine: Engine, timeline: Timeline, *, start: date | None = None, end: date | None = None
) -> History:
    """Return what changed of the verdicts on a deal, each day on what was recorded by then.

    Parameters
    ----------
    engine : a compiled pack
    timeline : the events of the deal
    start, end : the first and the last day; those of the timeline when left out

    Raises
    ------
    ArgumentError
        A-DATE when nothing was recorded by the last day, or the days are in the wrong order.
    RecordError
        On one of the days the deal is no record.

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.timeline import FactSet
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> def event(name, day, path, value):
    ...     return FactSet(id=name, deal_id="D1", path=path, value=value, effective_on=day, recorded_at=day)
    >>> timeline = Timeline.of([
    ...     event("E1", "2026-05-04", "deal.milestone", "M1"),
    ...     event("E2", "2026-05-11", "deal.account.name", "Lingang"),
    ...     event("E3", "2026-05-11", "deal.account.industry", "shipbuilding"),
    ... ])
    >>> for step in history_of(engine, timeline).steps:
    ...     print(step.after.day, step.after.claimed, step.after.supported)
    2026-05-04 M1 None
    2026-05-11 M1 M1
    """
    days = timeline.days
    last = end or days[-1]
    known = [day for day in days if day <= last]
    first = start or (known[0] if known else last)
    if first > last or not known:
        message = f"nothing of `{timeline.deal_id}` was recorded from {first} to {last}"
        hint = f"the first day is {days[0]}, the last {days[-1]}"
        raise ArgumentError(Fault("A-DATE", message, hint=hint))
    inner = [day for day in known if first < day < last]
    looked_at = list(_assessed(engine, timeline, sorted({first, *inner, last})))
    if not looked_at:
        raise ArgumentError(Fault("A-DATE", f"nothing of `{timeline.deal_id}` counts by {last}"))
    steps: list[Step] = []
    before: Assessment | None = None
    seen: frozenset[str] = _counted(timeline, first) if start is not None else frozenset()
    if start is not None and looked_at[0][0] == first:
        before = looked_at.pop(0)[1]
    opening = before or looked_at[0][1]
    closing = looked_at[-1][1] if looked_at else opening
    quiet = 0
    for day, after in looked_at:
        step = _step(engine, before, after, _new_events(timeline, day, seen))
        if step is None:
            quiet += 1
        else:
            steps.append(step)
        seen, before = _counted(timeline, day), after
    return History(
        timeline.deal_id,
        closing.deal_name,
        _standing(opening),
        _standing(closing),
        tuple(steps),
        _reasons(opening, closing),
        quiet,
        timeline.issues,
    )


def _assessed(engine: Engine, timeline: Timeline, days: list[date]) -> Iterator[tuple[date, Assessment]]:
    for day in days:
        deal = timeline.as_of(day)
        if deal is not None:
            yield day, engine.assess(deal, as_of=day, detail="full")


def _counted(timeline: Timeline, day: date) -> frozenset[str]:
    corrections = (
        event.id
        for event in timeline.events
        if isinstance(event, Correction) and event.recorded_at.date() <= day
    )
    return frozenset({one.id for one in timeline.changes(day)} | set(corrections))


def _new_events(timeline: Timeline, day: date, seen: frozenset[str]) -> tuple[Event, ...]:
    new = _counted(timeline, day) - seen
    found = {event.id: event for event in timeline.events if event.id in new}
    return tuple(sorted(found.values(), key=lambda one: (one.recorded_at, one.id)))


def _standing(found: Assessment) -> Standing:
    health = found.health
    stage = found.stage
    return Standing(
        date.fromisoformat(found.as_of),
        stage.claimed,
        stage.supported,
        stage.possible,
        stage.claim,
        (health.low, health.high) if health is not None else None,
        found.tripped,
    )


def _step(
    engine: Engine, before: Assessment | None, after: Assessment, events: tuple[Event, ...]
) -> Step | None:
    """Return what changed, None for nothing."""
    was = _standing(before) if before is not None else None
    now = _standing(after)
    turned = tuple(_turned(before, after)) if before is not None else ()
    reasons = _reasons(before, after) if before is not None else ()
    old = set(was.red_lines) if was is not None else set()
    tripped = tuple(name for name in now.red_lines if name not in old)
    cleared = tuple(sorted(old - set(now.red_lines)))
    moved = was is None or (was.claimed, was.supported, was.possible) != (
        now.claimed,
        now.supported,
        now.possible,
    )
    if not (moved or turned or reasons or tripped or cleared):
        return None
    places = {name: place for place, name in enumerate(engine.pack.milestones)}
    fell = was is not None and any(
        places.get(one or "", -1) > places.get(other or "", -1)
        for one, other in ((was.supported, now.supported), (was.claimed, now.claimed))
    )
    return Step(was, now, fell, reasons, turned, tripped, cleared, events)


def _turned(before: Assessment, after: Assessment) -> Iterator[Turned]:
    for old, new in (
        (before.criteria, after.criteria),
        (before.red_lines, after.red_lines),
        (before.findings, after.findings),
    ):
        statuses: dict[str, str] = {one.id: one.status for one in old}
        for one in new:
            if statuses.get(one.id) != one.status:
                yield Turned(one.id, statuses.get(one.id), one.status)


def _reasons(before: Assessment, after: Assessment) -> tuple[Reason, ...]:
    """Return the entries of the ledger whose middle moved, the greatest move first."""
    if before.health is None or after.health is None:
        return ()
    old = {line.id: line.low + line.high for line in before.health.ledger}
    moves = [
        Reason(line.id, (line.low + line.high - old.get(line.id, 0)) / 2) for line in after.health.ledger
    ]
    kept = [move for move in moves if abs(move.points) > _NO_POINTS]
    return tuple(sorted(kept, key=lambda move: (-abs(move.points), move.id)))


def to_dict(history: History, stall: Stall | None = None) -> dict[str, Any]:
    """Return a history as plain JSON-ready data, with how long the deal has been where it is."""
    from_standing = _standing_dict
    return {
        "deal_id": history.deal_id,
        "name": history.name,
        "start": from_standing(history.start),
        "end": from_standing(history.end),
        "steps": [
            {
                "day": step.after.day.isoformat(),
                "before": None if step.before is None else from_standing(step.before),
                "after": from_standing(step.after),
                "is_regression": step.is_regression,
                "reasons": [_reason_dict(reason) for reason in step.reasons],
                "turned": [
                    {"id": turn.id, "before": turn.before, "after": turn.after} for turn in step.turned
                ],
                "tripped": list(step.tripped),
                "cleared": list(step.cleared),
                "events": [event.id for event in step.events],
            }
            for step in history.steps
        ],
        "reasons": [_reason_dict(reason) for reason in history.reasons],
        "quiet": history.quiet,
        "issues": [fault.to_dict() for fault in history.issues],
        "stall": None if stall is None else stall.to_dict(),
    }


def _standing_dict(one: Standing) -> Mapping[str, Any]:
    return {
        "day": one.day.isoformat(),
        "claimed": one.claimed,
        "supported": one.supported,
        "possible": one.possible,
        "claim": one.claim,
        "health": None if one.health is None else list(one.health),
        "red_lines": list(one.red_lines),
    }


def _reason_dict(reason: Reason) -> dict[str, Any]:
    return {"id": reason.id, "points": round(reason.points, 6)}
