"""The deals of a desk in memory: a few at hand, all others packed to bytes."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kamrules.live.door import Change
from kamrules.live.verdicts import Verdict
from kamrules.timeline.fold import Folded, Item
from kamrules.timeline.paths import EVIDENCE

Order = tuple[date, datetime, str]


@dataclass(slots=True)
class Record:
    """A deal as rules read it (`facts`), and what it takes to fold one more change.

    Changes of different items, or of different fields of the deal, may be folded in any order. `last` is the
    order of the last change of each: by the field's name, or the list's and the item's; `latest` that of the
    last change of any item of a list.
    """

    folded: Folded
    facts: dict[str, Any]
    last: dict[tuple[str, str], Order] = field(default_factory=dict)
    latest: dict[str, Order] = field(default_factory=dict)

    @classmethod
    def of(cls, deal_id: str, folded: Folded) -> Record:
        """Return a deal in the making as rules read it."""
        lists = {name: folded.elements(name) for name in folded.known}
        return cls(folded, {"id": deal_id, **folded.fields, **lists})

    def is_last(self, order: Order, change: Change) -> bool:
        """Whether a change comes after all those that it could not be swapped with."""
        name, item = change.path[0], change.item
        other = self.last.get((name, item), order) if item else self.latest.get(name, order)
        return other <= order and self.last.get((name, ""), order) <= order

    def item(self, name: str, key: str) -> dict[str, Any] | None:
        """Return an item of a list, None where it is not there."""
        found = self.folded.lists.get(name, {}).get(key)
        return found.fields if found is not None and found.is_there else None

    def apply(self, order: Order, change: Change) -> None:
        """Fold one more change."""
        name, folded = change.path[0], self.folded
        before = self.item(name, change.item)
        change.fold(folded, order[2])
        self.last[name, change.item] = order
        if change.item:
            self.latest[name] = max(order, self.latest.get(name, order))
        if name in folded.known:
            # What was changed in place stands in the list of elements already.
            if before is None or before is not self.item(name, change.item):
                self.facts[name] = folded.elements(name)
        else:
            self._show_field(name)
        if not change.item:
            self._show_field(EVIDENCE)  # that of a field of the deal stands beside it

    def _show_field(self, name: str) -> None:
        if name in self.folded.fields:
            self.facts[name] = self.folded.fields[name]
        else:
            self.facts.pop(name, None)

    def packed(self) -> bytes:
        """Return the deal as bytes."""
        folded = self.folded
        there: dict[str, dict[str, Any]] = {}
        waiting: dict[str, dict[str, Any]] = {}
        for name, items in folded.lists.items():
            for key, item in items.items():
                (there if item.is_there else waiting).setdefault(name, {})[key] = item.fields
        parts = (folded.fields, there, waiting, sorted(folded.known), self.last, self.latest)
        return pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)

    @classmethod
    def unpacked(cls, deal_id: str, packed: bytes, without_id: frozenset[str]) -> Record:
        """Return the deal of some bytes."""
        fields, there, waiting, known, last, latest = pickle.loads(packed)  # noqa: S301 - packed by us, in this process
        folded = Folded(without_id, fields, known=set(known))
        for items, is_there in ((there, True), (waiting, False)):
            for name, found in items.items():
                folded.lists.setdefault(name, {}).update(
                    {key: Item(held, is_there) for key, held in found.items()}
                )
        record = cls.of(deal_id, folded)
        record.last, record.latest = last, latest
        return record


@dataclass(slots=True)
class Standing:
    """Where a deal stands: its record (or the bytes of it) and the verdict.

    `wakes` is the first later day on which something becomes known or true, `awaited` are events that were
    corrected before they came.
    """

    record: Record | bytes
    verdict: Verdict
    wakes: date | None = None
    awaited: frozenset[str] = frozenset()


class Deals:
    """The standing of every deal by its id; the `at_hand` that were used last are unpacked."""

    def __init__(self, at_hand: int, without_id: frozenset[str]) -> None:
        self._limit = at_hand
        self._without_id = without_id
        self._all: dict[str, Standing] = {}
        self._used: OrderedDict[str, None] = OrderedDict()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def get(self, deal_id: str) -> Standing | None:
        """Return the standing of a deal."""
        return self._all.get(deal_id)

    def unpacked(self, deal_id: str, standing: Standing) -> Record:
        """Return the record of a deal."""
        held = standing.record
        return held if isinstance(held, Record) else Record.unpacked(deal_id, held, self._without_id)

    def put(self, deal_id: str, standing: Standing) -> None:
        """Keep the standing of a deal, unpacked for now."""
        self._all[deal_id] = standing
        self._used[deal_id] = None
        self._used.move_to_end(deal_id)
        if len(self._used) > self._limit:
            oldest, _ = self._used.popitem(last=False)
            other = self._all[oldest]
            if isinstance(other.record, Record):
                other.record = other.record.packed()

    def drop(self, deal_id: str) -> None:
        """Forget a deal, to be folded again from its events."""
        self._all.pop(deal_id, None)
        self._used.pop(deal_id, None)
