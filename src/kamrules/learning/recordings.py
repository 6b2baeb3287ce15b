"""The recordings of a deal one by one: which fact was given which value when, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kamrules.records.base import Evidence
from kamrules.timeline import events as e
from kamrules.timeline.fold import added
from kamrules.timeline.settled import first_recorded
from kamrules.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Recording:
    """One fact as recorded by one event; `value` is None where it became unknown.

    `path` is such as `deal.need.pain` or `deal.stakeholders[P1].stance`, `name` its last part. `by` is the
    recorder as the data has it, compared and never shown.
    """

    event: str
    at: datetime
    effective_on: date
    by: str | None
    path: str
    value: Any
    source: str | None = None

    @property
    def name(self) -> str:
        """The last name of the path."""
        return self.path.rpartition(".")[2]

    @property
    def lag_days(self) -> int:
        """How many days after it became true it was recorded."""
        return (self.at.date() - self.effective_on).days


def recordings_of(timeline: Timeline) -> tuple[Recording, ...]:
    """Return what was recorded of a deal, in the order of recording.

    A correction is a recording of what it says instead. Without a replacement it makes the facts of the event
    unknown; where it takes back another correction it says nothing of a fact.

    Examples
    --------
    >>> from kamrules.timeline import ItemAdded
    >>> added = ItemAdded(id="E1", deal_id="D1", list="activities", item="T1", fields={"type": "visit"},
    ...     effective_on="2026-05-06", recorded_at="2026-06-15")
    >>> [(one.path, one.value, one.lag_days) for one in recordings_of(Timeline.of([added]))]
    [('deal.activities[T1].type', 'visit', 40)]
    """
    by_id, _ = first_recorded(timeline.events)
    ordered = sorted(by_id.values(), key=lambda one: (one.recorded_at, one.id))
    return tuple(one for event in ordered for one in _told(event, by_id))


def _told(event: e.Event, by_id: Mapping[str, e.Event]) -> Iterator[Recording]:
    if not isinstance(event, e.Correction):
        yield from _facts(event, event, event.effective_on)
        return
    first = _root(event, by_id)
    if first is None:
        return
    day = event.effective_on or first.effective_on
    if event.replacement is not None:
        yield from _facts(event, event.replacement, day)
    elif event.corrects == first.id:
        for one in _facts(event, first, day):
            yield Recording(one.event, one.at, one.effective_on, one.by, one.path, None)


def _root(event: e.Correction, by_id: Mapping[str, e.Event]) -> Any:
    """Return the event that a correction, or a correction of one, corrects; None if there is none."""
    seen: set[str] = set()
    found: e.Event | None = event
    while isinstance(found, e.Correction) and found.id not in seen:
        seen.add(found.id)
        found = by_id.get(found.corrects)
    return None if isinstance(found, e.Correction) else found


def _facts(event: e.Event, change: Any, day: date) -> Iterator[Recording]:
    def one(path: str, value: Any, evidence: Evidence | None = None) -> Recording:
        source = evidence.source if evidence is not None else None
        return Recording(event.id, event.recorded_at, day, event.by, path, value, source)

    match change:
        case e.SetFact(path=path, value=value, evidence=evidence):
            yield one(path, value, evidence)
        case e.ClearFact(path=path):
            yield one(path, None)
        case e.AddItem() | e.Approve() | e.Meet() | e.File():
            name, fields = added(change, day)
            yield from _of_item(one, f"deal.{name}[{change.item}]", fields, change.evidence)
        case e.ChangeItem(list=name, item=item, fields=fields, evidence=proofs):
            yield from _of_item(one, f"deal.{name}[{item}]", fields, proofs)
        case _:  # an item removed or a list known says nothing of one fact
            return


def _of_item(
    one: Any, place: str, fields: Mapping[str, Any], proofs: Mapping[str, Evidence]
) -> Iterator[Recording]:
    for name, value in fields.items():
        yield one(f"{place}.{name}", value, proofs.get(name))


def by_path(recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
    """Return recordings by the path of their fact."""
    found: dict[str, list[Recording]] = {}
    for one in recordings:
        found.setdefault(one.path, []).append(one)
    return found
