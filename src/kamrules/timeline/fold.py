"""Changes put together to a deal, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, assert_never

from pydantic import BaseModel

from kamrules.errors import Fault
from kamrules.records.base import Evidence
from kamrules.timeline import events as e
from kamrules.timeline.paths import EVIDENCE, Place, natural, place_of
from kamrules.timeline.settled import Happened
from kamrules.validation import model_in

_LIST_OF = {"approval": "approvals", "meeting": "meetings", "form": "documents"}


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
        _apply(self, one)


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


def _apply(deal: Folded, one: Happened) -> None:
    change = one.change
    match change:
        case e.SetFact(path=path, value=value, evidence=evidence):
            _set(deal, _place(path), value, evidence, one.id)
        case e.ClearFact(path=path):
            _clear(deal, _place(path), one.id)
        case e.AddItem() | e.Approve() | e.Meet() | e.File():
            name, fields = added(change, one.effective_on)
            deal.known.add(name)
            deal.fields.pop(name, None)
            item = deal.item(name, change.item)
            item.is_there = True
            item.parked.clear()
            _write(item.fields, fields, change.evidence)
        case e.ChangeItem(list=name, item=key, fields=fields, evidence=proofs):
            _write(_waiting(deal.item(name, key), one.id).fields, fields, proofs)
        case e.RemoveItem(list=name, item=key):
            deal.lists.setdefault(name, {})[key] = deal.fresh(name, key)
        case e.KnowList(list=name):
            deal.known.add(name)
            deal.fields.pop(name, None)
        case _:
            assert_never(change)


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


def _target(deal: Folded, place: Place, event_id: str) -> dict[str, Any]:
    if not place.list:
        return deal.fields
    return _waiting(deal.item(place.list, place.item), event_id).fields


def _waiting(item: Item, event_id: str) -> Item:
    """Return an item to be changed; while it is not there it remembers by whom."""
    if not item.is_there:
        item.parked.append(event_id)
    return item


def _set(deal: Folded, place: Place, value: Any, evidence: Evidence | None, event_id: str) -> None:
    if not place.list and len(place.steps) == 1:
        deal.forget(place.steps[0])
    holder = _target(deal, place, event_id)
    for step in place.steps[:-1]:
        inner = holder.get(step)
        if not isinstance(inner, dict):
            inner = holder[step] = {}
        holder = inner
    _put(holder, place.steps[-1], value, evidence)


def _clear(deal: Folded, place: Place, event_id: str) -> None:
    if not place.list and len(place.steps) == 1:
        deal.forget(place.steps[0])
    above: Any = None
    holder: Any = _target(deal, place, event_id)
    for step in place.steps[:-1]:
        above, holder = holder, holder.get(step)
        if not isinstance(holder, dict):
            return
    _put(holder, place.steps[-1], None, None)
    if not holder and place.steps[-2:-1] == (EVIDENCE,):
        del above[EVIDENCE]


def _write(holder: dict[str, Any], fields: Mapping[str, Any], proofs: Mapping[str, Evidence]) -> None:
    for name, value in fields.items():
        _put(holder, name, value, proofs.get(name))
    for name, proof in proofs.items():
        if name not in fields:
            holder.setdefault(EVIDENCE, {})[name] = _proof(proof)


def _put(holder: dict[str, Any], name: str, value: Any, evidence: Evidence | None) -> None:
    """Set a field, or unset it for None; evidence of its former value does not prove the new one."""
    proofs = holder.get(EVIDENCE)
    if isinstance(proofs, dict):
        proofs.pop(name, None)
        if not proofs:
            del holder[EVIDENCE]
    holder.pop(name, None)
    if value is not None:
        holder[name] = _copy(value)
    if evidence is not None:
        holder.setdefault(EVIDENCE, {})[name] = _proof(evidence)


def _proof(evidence: Evidence) -> dict[str, Any]:
    return evidence.model_dump(mode="json", exclude_none=True)


def _copy(value: Any) -> Any:
    """Return a value without nulls, of its own: a deal can be changed without changing the event."""
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items() if inner is not None}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
