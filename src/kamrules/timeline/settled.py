"""What counts of a deal's events: each once, of two of one id the first recorded, corrections applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kamrules.errors import Fault
from kamrules.timeline.events import Correction, Event


@dataclass(frozen=True, slots=True)
class Happened:
    """One change that counts, with the day it became true and its place in the order of recording."""

    effective_on: date
    recorded_at: datetime
    id: str
    change: Any

    @property
    def order(self) -> tuple[date, datetime, str]:
        """What later wins by: the effective day, then the recording, then the id."""
        return self.effective_on, self.recorded_at, self.id


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event says after corrections; a correction may say that another is void (no change)."""

    change: Any
    effective_on: date | None
    is_void: bool = False


def known_by(events: Iterable[Event], day: date) -> list[Event]:
    """Return the events recorded by the end of a day in UTC."""
    return [event for event in events if event.recorded_at.date() <= day]


def first_recorded(events: Iterable[Event]) -> tuple[dict[str, Event], list[Fault]]:
    """Return the events by their id; of several contents of one id the first recorded stays."""
    found: dict[str, Event] = {}
    faults: dict[str, Fault] = {}
    for event in events:
        other = found.setdefault(event.id, event)
        if other is not event and other.content != event.content:
            found[event.id] = min(other, event, key=lambda one: (one.recorded_at, one.content))
            message = f"event `{event.id}` is there with another content; the one first recorded stays"
            faults[event.id] = Fault("T-CONFLICT", message, where=f"{event.deal_id} {event.id}")
    return found, list(faults.values())


def settled(events: Iterable[Event]) -> tuple[list[Happened], list[Fault]]:
    """Return the changes that count, in their order, and what is wrong with the events."""
    by_id, faults = first_recorded(events)
    corrections: defaultdict[str, list[Correction]] = defaultdict(list)
    for event in by_id.values():
        if isinstance(event, Correction):
            corrections[event.corrects].append(event)
    roots = [event for event in by_id.values() if not isinstance(event, Correction)]
    # Corrections of corrections are a tree below each event: its leaves are settled first, without recursion.
    reached: list[Event] = list(roots)
    for event in reached:
        reached.extend(corrections.get(event.id, ()))
    said: dict[str, _Said] = {}
    for event in reversed(reached):
        said[event.id] = _after(_base(event), corrections.get(event.id, ()), said)
    changes = [
        Happened(one.effective_on or root.effective_on, root.recorded_at, root.id, one.change)
        for root in roots
        if not (one := said[root.id]).is_void
    ]
    faults += [_stray(one, by_id) for one in by_id.values() if one.id not in said]
    return sorted(changes, key=lambda one: one.order), faults


def _base(event: Event) -> _Said:
    if isinstance(event, Correction):
        return _Said(event.replacement, event.effective_on)
    return _Said(event, event.effective_on)


def _after(base: _Said, corrections: Sequence[Correction], said: dict[str, _Said]) -> _Said:
    standing = [one for one in corrections if not said[one.id].is_void]
    if not standing:
        return base
    last = said[max(standing, key=lambda one: (one.recorded_at, one.id)).id]
    return _Said(last.change, last.effective_on or base.effective_on, is_void=last.change is None)


def _stray(event: Event, by_id: dict[str, Event]) -> Fault:
    assert isinstance(event, Correction)
    where = f"{event.deal_id} {event.id}"
    if event.corrects in by_id:
        return Fault("T-CYCLE", "this correction corrects no event, only other corrections", where=where)
    return Fault("T-UNKNOWN", f"corrects `{event.corrects}`, which is no event so far", where=where)
