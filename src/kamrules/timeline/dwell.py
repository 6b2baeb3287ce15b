"""How long a deal has been in its milestone, and whether it stalls.

A stay is counted on what is recorded now, from the first day of the unbroken run of days on which the deal
was in the milestone. A record without its history has no stay; one as old as the history is at least so long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from kamrules.engine import Engine
from kamrules.rules.lang.reference import Unknown, evaluate
from kamrules.timeline.timeline import Timeline

StallStatus = Literal["stalled", "moving", "unknown"]
Reason = Literal["dwell", "silence"]


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a milestone; `is_at_least` when it had begun before the history does."""

    milestone: str
    since: date
    days: int
    is_at_least: bool
    max_days: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether it surely lasts longer than the pack allows; False where the pack sets no limit."""
        return self.max_days is not None and self.days > self.max_days

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready data."""
        return {**asdict(self), "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True)
class Stall:
    """The stay in the milestone claimed and in the one supported by evidence, and whether the deal stalls.

    `reasons` are `dwell` (a stay over the limit of its milestone) and `silence` (the pack's `stalled_when`);
    `missing` are the facts for want of which the status is unknown, `history` among them for a bare record of
    a pack that limits stays.
    """

    status: StallStatus
    claimed: Stay | None
    supported: Stay | None
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON-ready data."""
        return {
            "status": self.status,
            "claimed": None if self.claimed is None else self.claimed.to_dict(),
            "supported": None if self.supported is None else self.supported.to_dict(),
            "reasons": list(self.reasons),
            "missing": list(self.missing),
        }


def stall_of(engine: Engine, deal: Timeline | Any, *, as_of: date) -> Stall:
    """Return how long a deal has been where it is, and whether it stalls.

    Parameters
    ----------
    engine : a compiled pack
    deal : the events of a deal, or a bare record (mapping or `Deal`), whose stays are unknown
    as_of : the day

    Raises
    ------
    RecordError
        The deal is no record on one of the days.

    Examples
    --------
    >>> import kamrules as kr
    >>> from kamrules.timeline import FactSet
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> def claim(name, day, milestone):
    ...     return FactSet(id=name, deal_id="D1", path="deal.milestone", value=milestone,
    ...         effective_on=day, recorded_at=day)
    >>> events = [claim("E1", "2026-05-04", "M1"), claim("E2", "2026-05-11", "M2")]
    >>> stall = stall_of(engine, Timeline.of(events), as_of=date(2026, 6, 30))
    >>> stall.claimed.milestone, stall.claimed.days, stall.claimed.is_at_least
    ('M2', 50, False)
    """
    if not isinstance(deal, Timeline):
        found = engine.assess(deal, as_of=as_of, detail="brief")
        is_limited = {found.stage.claimed, found.stage.supported} & engine.max_dwell.keys()
        return _judge(engine, deal, as_of, (None, None), {"history"} if is_limited else set())
    now = deal.as_of(as_of)
    if now is None:
        return Stall("unknown", None, None, missing=("history",))
    claimed = _stay(engine, deal, as_of, lambda record, _: record.get("milestone"))
    supported = _stay(
        engine,
        deal,
        as_of,
        lambda record, day: engine.assess(record, as_of=day, detail="brief").stage.supported,
    )
    is_open = any(_may_be_over(stay) for stay in (claimed, supported))
    return _judge(engine, now, as_of, (claimed, supported), {"history"} if is_open else set())


def _stay(
    engine: Engine,
    timeline: Timeline,
    as_of: date,
    milestone_of: Callable[[dict[str, Any], date], str | None],
) -> Stay | None:
    since: date | None = None
    current: str | None = None
    is_at_least = True
    for day, record in _backwards(timeline, as_of):
        milestone = milestone_of(record, day)
        if since is None and milestone is None:
            return None
        if since is not None and milestone != current:
            is_at_least = False
            break
        since, current = day, milestone
    if since is None or current is None:
        return None
    return Stay(current, since, (as_of - since).days, is_at_least, engine.max_dwell.get(current))


def _backwards(timeline: Timeline, as_of: date) -> Iterator[tuple[date, dict[str, Any]]]:
    """Yield the days on which something became true and the deal on each, by what is recorded now."""
    days = {change.effective_on for change in timeline.changes(as_of)}
    for day in sorted(days, reverse=True):
        record = timeline.as_of(day, recorded_by=as_of)
        if record is not None:
            yield day, record


def _may_be_over(stay: Stay | None) -> bool:
    """Whether a stay may have passed its limit before the history begins."""
    return stay is not None and stay.is_at_least and stay.max_days is not None and not stay.is_over


def _judge(
    engine: Engine, record: Any, as_of: date, stays: tuple[Stay | None, Stay | None], missing: set[str]
) -> Stall:
    reasons: list[Reason] = []
    if any(stay is not None and stay.is_over for stay in stays):
        reasons.append("dwell")
    if engine.stalled_when is not None:
        value = evaluate(engine.stalled_when, engine.read(record), as_of, root=engine.plan.root)
        if isinstance(value, Unknown):
            missing = missing | value.causes
        elif value:
            reasons.append("silence")
    status: StallStatus = "stalled" if reasons else "unknown" if missing else "moving"
    return Stall(status, *stays, tuple(reasons), tuple(sorted(missing)))
