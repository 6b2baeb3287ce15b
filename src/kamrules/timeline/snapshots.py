"""Events out of records: a first load, and what turns the snapshot of one night into that of the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from kamrules.errors import ArgumentError, Fault
from kamrules.timeline.events import PLACE, Event, plain
from kamrules.timeline.paths import EVIDENCE, ROOT
from kamrules.timeline.reading import event_of

_HASH = 12


def events_of(
    deal: Any, *, effective_on: date, recorded_at: date | datetime | None = None, by: str | None = None
) -> list[Event]:
    """Return the events that make a deal out of nothing: the first load of a system.

    Parameters
    ----------
    deal : mapping or record, with an id
    effective_on : the day from which all of it counts
    recorded_at : when it was recorded; that day when left out
    by : who recorded it

    Raises
    ------
    ArgumentError
        A-VALUE when the deal has no id.
    RecordError
        R-*: a value that no event can hold.

    Examples
    --------
    >>> deal = {"id": "D1", "milestone": "M2", "team": [{"id": "H1"}]}
    >>> [event.type for event in events_of(deal, effective_on=date(2026, 5, 4))]
    ['fact_set', 'item_added']
    """
    return diff_events({"id": _id_of(deal)}, deal, effective_on=effective_on, recorded_at=recorded_at, by=by)


def diff_events(
    old: Any,
    new: Any,
    *,
    effective_on: date,
    recorded_at: date | datetime | None = None,
    by: str | None = None,
) -> list[Event]:
    """Return the events that turn one snapshot of a deal into the next; see `events_of` for the arguments.

    Folded onto the old snapshot they give the new one, but for the order of elements, which is that of their
    ids. An element without an id of its own is followed by its place (`#2`). The ids of the events come of
    their content and `recorded_at`: the same difference twice is the same events, which count once. Give
    every snapshot its own `recorded_at`.
    """
    deal_id = _id_of(old)
    if _id_of(new) != deal_id:
        message = f"`{_id_of(new)}` given, a snapshot of `{deal_id}` expected"
        raise ArgumentError(Fault("A-VALUE", message))
    shared = {"deal_id": deal_id, "effective_on": effective_on, "recorded_at": recorded_at or effective_on}
    if by is not None:
        shared["by"] = by
    changes = enumerate(_changes(canonical(old), canonical(new)), start=1)
    return [event_of({**shared, "id": _event_id(place, one, shared), **one}) for place, one in changes]


def canonical(deal: Any) -> dict[str, Any]:
    """Return a deal as plain JSON without nulls, and without evidence that says nothing."""
    if isinstance(deal, BaseModel):
        deal = deal.model_dump(exclude_none=True, warnings=False)
    found = _without_nulls(plain(deal))
    assert isinstance(found, dict)
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        found = {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
        if found.get(EVIDENCE) == {}:
            del found[EVIDENCE]
        return found
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _id_of(deal: Any) -> str:
    found = deal.get("id") if isinstance(deal, Mapping) else getattr(deal, "id", None)
    if not isinstance(found, str) or not found:
        raise ArgumentError(Fault("A-VALUE", "the deal has no id, its events need one"))
    return found


def _event_id(place: int, change: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    told = [change, shared["effective_on"], shared["recorded_at"]]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, default=str)
    # Of events recorded at one moment the one of the greater id counts, so they are numbered.
    return f"{place:06d}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_HASH]}"


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    lists = sorted(name for name in {*old, *new} if _is_list(old.get(name)) or _is_list(new.get(name)))
    plain_old = {name: value for name, value in old.items() if name not in lists and name != "id"}
    plain_new = {name: value for name, value in new.items() if name not in lists and name != "id"}
    yield from _facts(ROOT, plain_old, plain_new)
    for name in lists:
        yield from _items(name, old.get(name), new.get(name))


def _is_list(value: Any) -> bool:
    """Whether a value is a list of records; an empty list is one."""
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _facts(path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    proofs = new.get(EVIDENCE, {})
    left = dict(old.get(EVIDENCE, {}))
    for name in sorted({*old, *new} - {EVIDENCE}):
        place, before, after = f"{path}.{name}", old.get(name), new.get(name)
        if isinstance(after, dict) and isinstance(before, dict):
            yield from _facts(place, before, after)
        elif isinstance(after, dict):
            left.pop(name, None)
            yield {"type": "fact_set", "path": place, "value": {}}
            yield from _facts(place, {}, after)
        elif after is None:
            left.pop(name, None)
            yield {"type": "fact_cleared", "path": place}
        elif before != after or left.get(name) != proofs.get(name):
            found = {"type": "fact_set", "path": place, "value": after}
            left.pop(name, None)
            if name in proofs:
                found["evidence"] = left[name] = proofs[name]
            yield found
    # What is left is evidence of what has no value: it stands for itself.
    for name in sorted({*left, *proofs}):
        place = f"{path}.{EVIDENCE}.{name}"
        if name not in proofs:
            yield {"type": "fact_cleared", "path": place}
        elif left.get(name) != proofs[name]:
            yield {"type": "fact_set", "path": place, "value": proofs[name]}


def _items(name: str, old: Any, new: Any) -> Iterator[dict[str, Any]]:
    if new is None:
        yield {"type": "fact_cleared", "path": f"{ROOT}.{name}"}
        return
    if not _is_list(new):
        yield {"type": "fact_set", "path": f"{ROOT}.{name}", "value": new}
        return
    before = _keyed(old) if _is_list(old) else {}
    after = _keyed(new)
    if not after and not _is_list(old):
        yield {"type": "list_known", "list": name}
    for key in before:
        if key not in after:
            yield {"type": "item_removed", "list": name, "item": key}
    for key, element in after.items():
        given = {"list": name, "item": key}
        if key not in before:
            yield _with_proofs(
                {"type": "item_added", **given}, _fields(element, key), element.get(EVIDENCE, {})
            )
        elif before[key] != element:
            yield from _item_changes(given, before[key], element)


def _item_changes(
    given: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    old_proofs, proofs = old.get(EVIDENCE, {}), new.get(EVIDENCE, {})
    touched = sorted(
        name
        for name in {*old, *new, *old_proofs, *proofs} - {EVIDENCE}
        if old.get(name) != new.get(name) or old_proofs.get(name) != proofs.get(name)
    )
    told = {name: proofs[name] for name in touched if name in proofs}
    yield _with_proofs({"type": "item_changed", **given}, {name: new.get(name) for name in touched}, told)


def _fields(element: dict[str, Any], key: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in element.items()
        if name != EVIDENCE and (name != "id" or key.startswith(PLACE))
    }


def _with_proofs(change: dict[str, Any], fields: dict[str, Any], proofs: dict[str, Any]) -> dict[str, Any]:
    return {**change, "fields": fields, **({"evidence": proofs} if proofs else {})}


def _keyed(elements: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the elements by their key: an id that no other has, else the place."""
    ids = [element.get("id") for element in elements]
    found: dict[str, dict[str, Any]] = {}
    for place, (element, name) in enumerate(zip(elements, ids, strict=True), start=1):
        is_own = isinstance(name, str) and _is_key(name) and ids.count(name) == 1
        found[str(name) if is_own else f"{PLACE}{place}"] = element
    return found


def _is_key(name: str) -> bool:
    return (
        bool(name.strip() == name)
        and not set(name) & set("[]\n")
        and name != ""
        and not name.startswith(PLACE)
    )
