"""Events as they come in: read, checked against the record of the pack, and made ready to be folded.

What an event says is read as a deal of which nothing else is known, so that it is refused or redacted exactly
as in an assessment. What no rule reads is left out of the change that is folded: it is in the event only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from kamrules.engine import Engine
from kamrules.errors import Fault, RecordError
from kamrules.live.reads import ELEMENT, Path, Reads
from kamrules.timeline import Event, event_of
from kamrules.timeline import events as e
from kamrules.timeline.fold import added, names_without_id
from kamrules.timeline.paths import EVIDENCE, Place, place_of

_EVENTS: tuple[type[BaseModel], ...] = get_args(get_args(e.Event)[0])


@dataclass(frozen=True, slots=True)
class Change:
    """A change ready to be folded: its values are those of a record. `path` is what it can change."""

    path: Path
    said: Any


class Door:
    """Takes in events for one engine; `reads` is all that its rules read."""

    def __init__(self, engine: Engine, reads: Reads) -> None:
        self._engine = engine
        self._reads = reads
        self._kept: dict[Path, bool] = {}
        privacy = engine.pack.privacy
        fields = privacy.text_fields if privacy is not None else ()
        self._texts = frozenset(path.split(".")[1] for path in fields)
        self.without_id = names_without_id(engine.model)

    def let_in(self, given: Any) -> Event:
        """Return what was given as an event, free of what the pack redacts.

        Raises
        ------
        RecordError
            R-*: it is no event, or its values are none of the record's; every fault at its field.
        """
        event = given if isinstance(given, _EVENTS) else event_of(given)
        if not isinstance(event, e.Correction):
            return cast("Event", self._redacted(event))
        if event.replacement is None:
            return event
        said = self._redacted(event.replacement)
        return event if said is event.replacement else event.model_copy(update={"replacement": said})

    def change(self, said: Any, day: date) -> Change | None:
        """Return what an event let in changes of a deal on its day; None when nothing reads it."""
        match said:
            case e.SetFact(path=text) | e.ClearFact(path=text):
                return self._of_fact(said, _place(text))
            case e.ChangeItem(list=name):
                fields, proofs = self._fields(name, said.fields, said.evidence)
                touched = {*fields, *proofs}
                if not touched:
                    return None
                path = (name, ELEMENT, *touched) if len(touched) == 1 else (name, ELEMENT)
                return Change(path, said.model_copy(update={"fields": fields, "evidence": proofs}))
            case e.RemoveItem(list=name) | e.KnowList(list=name):
                return Change((name,), said) if self._is_kept((name,)) else None
            case _:
                name, given = added(said, day)
                if not self._is_kept((name,)):
                    return None
                fields, proofs = self._fields(name, given, said.evidence)
                # An approval, a meeting or a form is by now an item like any other.
                item = e.AddItem.model_construct(list=name, item=said.item, fields=fields, evidence=proofs)
                return Change((name,), item)

    def _of_fact(self, said: Any, place: Place) -> Change | None:
        steps = tuple(step for step in place.steps if step != EVIDENCE)
        path = (place.list, ELEMENT, *steps) if place.list else steps
        if not self._is_kept(path):
            return None
        if isinstance(said, e.ClearFact) or EVIDENCE in place.steps:
            return Change(path, said)
        value = _value_at(_plain(self._validated(_deal_of(said))), place)
        return Change(path, said.model_copy(update={"value": value}))

    def _fields(
        self, name: str, given: Mapping[str, Any], evidence: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields and the evidence of an item that something reads; None makes one unknown."""
        kept = [field for field in given if self._is_kept((name, ELEMENT, field))]
        proofs = {field: one for field, one in evidence.items() if self._is_kept((name, ELEMENT, field))}
        if not kept:
            return {}, proofs
        known = _plain(self._validated({name: [{field: given[field] for field in kept}]}))[name][0]
        return {field: known.get(field) for field in kept}, proofs

    def _is_kept(self, path: Path) -> bool:
        found = self._kept.get(path)
        if found is None:
            found = self._kept[path] = self._reads.meet(path)
        return found

    def _validated(self, deal: Mapping[str, Any]) -> BaseModel:
        try:
            return self._engine.model.model_validate(deal)
        except ValidationError:
            return self._engine.read(deal)  # it words the faults

    def _redacted(self, said: Any) -> Any:
        deal = _deal_of(said)
        try:
            record = self._validated(deal)
            read = record if self._texts.isdisjoint(deal) else self._engine.read(deal)
        except RecordError as error:
            raise RecordError([_placed(fault, said) for fault in error.faults]) from None
        return said if read == record else _with_values(said, read.model_dump(mode="json", exclude_unset=True))


def _place(path: str) -> Place:
    found = place_of(path)
    assert found is not None  # an event has no other path
    return found


def _deal_of(said: Any) -> dict[str, Any]:
    """Return a deal of which nothing is known but what a change says; null where it says unknown."""
    match said:
        case e.SetFact(path=path) | e.ClearFact(path=path):
            place = _place(path)
            value = said.value if isinstance(said, e.SetFact) else None
            for step in reversed(place.steps):
                value = {step: value}
            return {place.list: [value]} if place.list else cast("dict[str, Any]", value)
        case e.RemoveItem(list=name) | e.KnowList(list=name):
            return {name: []}
        case e.ChangeItem(list=name, fields=fields):
            return {name: [fields]}
        case _:
            name, fields = added(said, date.min)
            return {name: [fields]}


def _value_at(deal: Any, place: Place) -> Any:
    found = deal[place.list][0] if place.list else deal
    for step in place.steps:
        found = found[step]
    return found


def _with_values(said: Any, deal: Mapping[str, Any]) -> Any:
    """Return a change that says what stands in a deal instead."""
    if isinstance(said, e.SetFact):
        return said.model_copy(update={"value": _value_at(deal, _place(said.path))})
    [fields] = next(iter(deal.values()))
    return said.model_copy(update={"fields": {name: fields[name] for name in said.fields}})


def _plain(value: Any) -> Any:
    """Return a record as mappings without what is unknown, its values as they are."""
    if isinstance(value, BaseModel):
        held = value.__dict__
        return {name: _plain(held[name]) for name in value.model_fields_set if held[name] is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _placed(fault: Fault, said: Any) -> Fault:
    """Return a fault at its place in the deal instead of the one of a list with one element."""
    item = getattr(said, "item", None) or (_place(said.path).item if hasattr(said, "path") else "")
    where = fault.where.replace("[0]", f"[{item}]", 1) if item else fault.where
    return replace(fault, where=f"deal.{where}")
