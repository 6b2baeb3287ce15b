"""Changes put together to a deal, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, assert_never

from pydantic import BaseModel

from kamrules.errors import Fault
from kamrules.records.base import Evidence
from kamrules.timeline import events as e
from kamrules.timeline.paths import EVIDENCE, Place, natural, place_of
from kamrules.timeline.settled import Happened
from kamrules.validation import model_in

SCALARS = frozenset({str, int, bool, float, date, datetime})  # what nearly all values are
_LIST_OF = {"approval": "approvals", "meeting": "meetings", "form": "documents"}
Fields = Mapping[str, Any]  # None makes a field unknown
Proofs = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Item:
    """An item of a list; one that is not there holds what waits for it, and who said so."""

    fields: dict[str, Any]
    is_there: bool = False
    parked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Folded:
    """A deal in the making; `lists` holds also the items that are not there yet, with what waits for them.

    `without_id` are the lists whose keys stay outside the deal.
    """

    without_id: frozenset[str]
    fields: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, dict[str, Item]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def item(self, of: str, key: str) -> Item:
        """Return an item, made where it is missing."""
        items = self.lists.setdefault(of, {})
        found = items.get(key)
        if found is None:
            found = items[key] = self.fresh(of, key)
        return found

    def fresh(self, of: str, key: str) -> Item:
        """Return an item of which nothing is known but its key."""
        return Item({} if of in self.without_id or key.startswith(e.PLACE) else {"id": key})

    def forget(self, name: str) -> None:
        """Make a list unknown, with all its items."""
        self.lists.pop(name, None)
        self.known.discard(name)

    def elements(self, name: str) -> list[dict[str, Any]]:
        """Return the elements of a list in the order of their keys, not copied."""
        items = [pair for pair in self.lists.get(name, {}).items() if pair[1].is_there]
        if len(items) > 1:
            items.sort(key=lambda pair: (natural(pair[0]), pair[0]))
        return [item.fields for _, item in items]

    def apply(self, one: Happened) -> None:
        """Take one more change, later than all others."""
        change = one.change
        match change:
            case e.SetFact(path=path, value=value, evidence=evidence):
                proof = None if evidence is None else _proof(evidence)
                self.set_fact(_place(path), value, proof, one.id)
            case e.ClearFact(path=path):
                self.clear_fact(_place(path), one.id)
            case e.AddItem() | e.Approve() | e.Meet() | e.File():
                name, fields = added(change, one.effective_on)
                self.add_item(name, change.item, fields, _proofs(change.evidence))
            case e.ChangeItem(list=name, item=key, fields=fields, evidence=proofs):
                self.change_item(name, key, fields, _proofs(proofs), one.id)
            case e.RemoveItem(list=name, item=key):
                self.remove_item(name, key)
            case e.KnowList(list=name):
                self.know_list(name)
            case _:
                assert_never(change)

    def set_fact(self, place: Place, value: Any, proof: Mapping[str, Any] | None, by: str) -> None:
        """Give a fact a value; `by` is the event that says so, here and below."""
        holder = self._target(place, by)
        for step in place.steps[:-1]:
            inner = holder.get(step)
            if not isinstance(inner, dict):
                inner = holder[step] = {}
            holder = inner
        _put(holder, place.steps[-1], value, proof)

    def clear_fact(self, place: Place, by: str) -> None:
        """Make a fact, an object or a list unknown."""
        above: Any = None
        holder: Any = self._target(place, by)
        for step in place.steps[:-1]:
            above, holder = holder, holder.get(step)
            if not isinstance(holder, dict):
                return
        _put(holder, place.steps[-1], None, None)
        if not holder and place.steps[-2:-1] == (EVIDENCE,):
            del above[EVIDENCE]

    def add_item(self, name: str, key: str, fields: Fields, proofs: Proofs) -> None:
        """Let an item be there, and set its fields."""
        self.know_list(name)
        item = self.item(name, key)
        item.is_there = True
        item.parked.clear()
        _write(item.fields, fields, proofs)

    def change_item(self, name: str, key: str, fields: Fields, proofs: Proofs, by: str) -> None:
        """Set fields of an item, whether it is there or not."""
        _write(_waiting(self.item(name, key), by).fields, fields, proofs)

    def remove_item(self, name: str, key: str) -> None:
        """Forget an item."""
        self.lists.setdefault(name, {})[key] = self.fresh(name, key)

    def know_list(self, name: str) -> None:
        """Let a list be known."""
        self.known.add(name)
        self.fields.pop(name, None)

    def _target(self, place: Place, by: str) -> dict[str, Any]:
        if place.list:
            return _waiting(self.item(place.list, place.item), by).fields
        if len(place.steps) == 1:
            self.forget(place.steps[0])
        return self.fields


def names_without_id(model: type[BaseModel]) -> frozenset[str]:
    """Return the lists of a record whose elements have no field `id`: their keys stay outside of it.

    Examples
    --------
    >>> from kamrules.records import Deal
    >>> sorted(names_without_id(Deal))
    ['buying_steps', 'competitors']
    """
    found = set()
    for name, info in model.model_fields.items():
        inner = model_in(info.annotation)
        if inner is not None and "list[" in str(info.annotation) and "id" not in inner.model_fields:
            found.add(name)
    return frozenset(found)


def fold(
    deal_id: str, changes: Iterable[Happened], without_id: frozenset[str]
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the deal after the changes, given in their order, and what waits for an item not there."""
    deal = Folded(without_id)
    for one in changes:
        deal.apply(one)
    found = {"id": deal_id, **deal.fields, **{name: deal.elements(name) for name in deal.known}}
    faults = [
        Fault("T-PARKED", f"`{name}` has no item `{key}` for it so far", where=f"{deal_id} {one}")
        for name, items in deal.lists.items()
        for key, item in items.items()
        if not item.is_there
        for one in item.parked
    ]
    return found, faults


def added(change: Any, day: date) -> tuple[str, dict[str, Any]]:
    """Return the list an item is added to and its fields, those included that its type implies."""
    if isinstance(change, e.AddItem):
        return change.list, dict(change.fields)
    implied = {"on": day.isoformat()}
    if isinstance(change, e.File):
        implied["type"] = change.form
    return _LIST_OF[change.type], implied | change.fields


def _place(path: str) -> Place:
    found = place_of(path)
    assert found is not None
    return found


def _waiting(item: Item, event_id: str) -> Item:
    """Return an item to be changed; while it is not there it remembers by whom."""
    if not item.is_there:
        item.parked.append(event_id)
    return item


def _write(holder: dict[str, Any], fields: Fields, proofs: Proofs) -> None:
    for name, value in fields.items():
        _put(holder, name, value, proofs.get(name))
    for name, proof in proofs.items():
        if name not in fields:
            holder.setdefault(EVIDENCE, {})[name] = dict(proof)


def _put(holder: dict[str, Any], name: str, value: Any, proof: Mapping[str, Any] | None) -> None:
    """Set a field, or unset it for None; evidence of its former value does not prove the new one."""
    proofs = holder.get(EVIDENCE)
    if isinstance(proofs, dict):
        proofs.pop(name, None)
        if not proofs:
            del holder[EVIDENCE]
    holder.pop(name, None)
    if value is not None:
        holder[name] = _copy(value)
    if proof is not None:
        holder.setdefault(EVIDENCE, {})[name] = dict(proof)


def _proof(evidence: Evidence) -> dict[str, Any]:
    return evidence.model_dump(mode="json", exclude_none=True)


def _proofs(evidence: Mapping[str, Evidence]) -> dict[str, dict[str, Any]]:
    return {name: _proof(one) for name, one in evidence.items()}


def _copy(value: Any) -> Any:
    """Return a value without nulls, of its own: a deal can be changed without changing the event."""
    if type(value) in SCALARS:
        return value
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items() if inner is not None}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
