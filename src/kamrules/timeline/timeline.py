"""The events of one deal, and the deal as of any day on what was recorded by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from kamrules.errors import ArgumentError, Fault
from kamrules.records import Deal
from kamrules.timeline.events import Event
from kamrules.timeline.fold import fold, names_without_id
from kamrules.timeline.settled import Happened, known_by, settled


@dataclass(frozen=True)
class Timeline:
    """The events of one deal, in any order; `without_id` are the lists whose keys stay outside it."""

    deal_id: str
    events: tuple[Event, ...]
    without_id: frozenset[str] = names_without_id(Deal)

    @classmethod
    def of(cls, events: Iterable[Event], *, model: type[BaseModel] = Deal) -> Timeline:
        """Return the timeline of one deal; `model` is the record: `engine.model` for a pack with own fields.

        Raises
        ------
        ArgumentError
            A-VALUE when there is no event, or events of several deals.

        Examples
        --------
        >>> from kamrules.timeline import FactSet
        >>> claim = FactSet(id="E1", deal_id="D1", path="deal.milestone", value="M2",
        ...     effective_on="2026-05-04", recorded_at="2026-05-06T09:00:00+08:00")
        >>> timeline = Timeline.of([claim])
        >>> timeline.as_of(date(2026, 5, 6))
        {'id': 'D1', 'milestone': 'M2'}
        >>> timeline.as_of(date(2026, 5, 5)) is None  # true already, but nobody had recorded it
        True
        """
        found = timelines(events, model=model)
        if len(found) != 1:
            message = f"events of {len(found)} deals given, those of one expected"
            raise ArgumentError(Fault("A-VALUE", message, hint="use `timelines` for several deals"))
        return next(iter(found.values()))

    def with_events(self, more: Iterable[Event]) -> Timeline:
        """Return the timeline with more events, whenever they happened."""
        given = tuple(more)
        others = {event.deal_id for event in given} - {self.deal_id}
        if others:
            message = f"events of `{min(others)}` given, those of `{self.deal_id}` expected"
            raise ArgumentError(Fault("A-VALUE", message))
        return Timeline(self.deal_id, (*self.events, *given), self.without_id)

    def as_of(self, day: date, *, recorded_by: date | None = None) -> dict[str, Any] | None:
        """Return the deal on a day, by what was recorded by then; None where nothing was.

        Parameters
        ----------
        day : only what was true by then counts
        recorded_by : only what was recorded by the end of that day (UTC) counts; `day` when left out
            A later day tells what one would say with later knowledge, an earlier one what was planned.
        """
        changes = self.changes(day, recorded_by)
        return fold(self.deal_id, changes, self.without_id)[0] if changes else None

    def changes(self, day: date, recorded_by: date | None = None) -> list[Happened]:
        """Return the changes that count for `as_of`, in their order."""
        cut = as_day(day) if recorded_by is None else as_day(recorded_by)
        return [one for one in settled(known_by(self.events, cut))[0] if one.effective_on <= as_day(day)]

    @cached_property
    def issues(self) -> tuple[Fault, ...]:
        """What is wrong with all the events: contradictions, strays, changes that wait for an item."""
        return self.issues_by(date.max)

    def issues_by(self, day: date) -> tuple[Fault, ...]:
        """Return what is wrong with the events recorded by the end of a day."""
        changes, faults = settled(known_by(self.events, as_day(day)))
        return tuple(sorted((*faults, *fold(self.deal_id, changes, self.without_id)[1]), key=str))

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which `as_of` can change: something was recorded, or became true after it had been."""
        found = set()
        recorded = sorted({event.recorded_at.date() for event in self.events})
        for cut in recorded:
            found.add(cut)
            found |= {
                one.effective_on for one in settled(known_by(self.events, cut))[0] if one.effective_on > cut
            }
        return tuple(sorted(found))


def timelines(events: Iterable[Event], *, model: type[BaseModel] = Deal) -> dict[str, Timeline]:
    """Return the timeline of each deal, by its id, in the order of the ids."""
    without_id = names_without_id(model)
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.deal_id].append(event)
    return {deal_id: Timeline(deal_id, tuple(_once(found[deal_id])), without_id) for deal_id in sorted(found)}


def _once(events: Sequence[Event]) -> Sequence[Event]:
    if len({event.id for event in events}) == len(events):
        return events
    return list({event.content: event for event in events}.values())


def as_day(given: date) -> date:
    """Return what was given as a day; ArgumentError (A-DATE) if it is none."""
    if isinstance(given, datetime) or not isinstance(given, date):
        raise ArgumentError(
            Fault("A-DATE", f"a date such as date(2026, 6, 30) is expected, seen: `{given!r}`")
        )
    return given
