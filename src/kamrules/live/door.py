"""Events as they come in: read, checked against the record of the pack, and made ready to be folded.

What an event says is read as a deal of which nothing else is known, so that it is refused or redacted exactly
as in an assessment. What no rule reads is left out of the change that is folded: it is in the event only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError, create_model

from kamrules.engine import Engine
from kamrules.errors import Fault, RecordError
from kamrules.live.reads import ELEMENT, Path, Reads
from kamrules.privacy import PrivacyGuard
from kamrules.records.base import Evidence
from kamrules.rules.lang.reference import read
from kamrules.rules.packformat import Privacy
from kamrules.timeline import Event, event_of
from kamrules.timeline import events as e
from kamrules.timeline.fold import SCALARS, Folded, added, names_without_id
from kamrules.timeline.paths import EVIDENCE, Place, place_of
from kamrules.validation import model_in

_EVENTS: tuple[type[BaseModel], ...] = get_args(get_args(e.Event)[0])


class Change(NamedTuple):
    """A change ready to be folded: its values are those of a record.

    `path` is what it can change, `item` the key of the item it is of, if it is of one; `fold` does it to a
    deal in the making.
    """

    path: Path
    item: str
    fold: Callable[[Folded, str], None]


class Door:
    """Takes in events for one engine; `reads` is all that its rules read."""

    def __init__(self, engine: Engine, reads: Reads) -> None:
        self._engine = engine
        self._reads = reads
        self._kept: dict[Path, bool] = {}
        self._kept_of: dict[str, frozenset[str]] = {}
        self._guards = _guards(engine.pack.privacy)
        # What was let in last is nearly always what is folded next.
        self._last: tuple[Any, BaseModel | None] = (None, None)
        self.without_id = names_without_id(engine.model)

    def let_in(self, given: Any) -> Event:
        """Return what was given as an event, free of what the pack redacts.

        Raises
        ------
        RecordError
            R-*: it is no event, or its values are none of the record's; every fault at its field.
        """
        event = typed(given)
        if not isinstance(event, e.Correction):
            redacted: Event = self._redacted(event)
            return redacted
        if event.replacement is None:
            return event
        said = self._redacted(event.replacement)
        return event if said is event.replacement else event.model_copy(update={"replacement": said})

    def change(self, said: Any, day: date) -> Change | None:
        """Return what an event let in changes of a deal on its day; None when nothing reads it."""
        # By its name: asking a model whether it is an instance of others is slow.
        match said.type:
            case "fact_set" | "fact_cleared":
                return self._of_fact(said, _place(said.path))
            case "item_changed":
                return self._of_fields(said)
            case "item_removed" | "list_known":
                return self._of_list(said)
        name, given = added(said, day)
        if not self._is_kept((name,)):
            return None
        key, (fields, proofs) = said.item, self._fields(name, given, said)
        if "on" in fields and "on" not in said.fields:
            fields["on"] = day
        return Change((name,), key, lambda deal, _: deal.add_item(name, key, fields, proofs))

    def _of_fact(self, said: e.SetFact | e.ClearFact, place: Place) -> Change | None:
        is_proof = EVIDENCE in place.steps
        steps = tuple(step for step in place.steps if step != EVIDENCE) if is_proof else place.steps
        path = (place.list, ELEMENT, *steps) if place.list else steps
        if not self._is_kept(path):
            return None
        if isinstance(said, e.ClearFact):
            return Change(path, place.item, lambda deal, by: deal.clear_fact(place, by))
        if is_proof:
            value: Any = _proof(Evidence.model_validate(said.value))
        else:
            value = _plain(_value_at(self._record_of(said), place))
        proof = None if said.evidence is None else _proof(said.evidence)
        return Change(path, place.item, lambda deal, by: deal.set_fact(place, value, proof, by))

    def _of_fields(self, said: e.ChangeItem) -> Change | None:
        name, key = said.list, said.item
        fields, proofs = self._fields(name, said.fields, said)
        touched = {*fields, *proofs}
        if not touched:
            return None
        path = (name, ELEMENT, *touched) if len(touched) == 1 else (name, ELEMENT)
        return Change(path, key, lambda deal, by: deal.change_item(name, key, fields, proofs, by))

    def _of_list(self, said: e.RemoveItem | e.KnowList) -> Change | None:
        name = said.list
        if not self._is_kept((name,)):
            return None
        if isinstance(said, e.KnowList):
            return Change((name,), "", lambda deal, _: deal.know_list(name))
        key = said.item
        return Change((name,), key, lambda deal, _: deal.remove_item(name, key))

    def _fields(
        self, name: str, given: Iterable[str], said: Any
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the fields and the evidence of an item that something reads; None makes one unknown."""
        readable = self._readable(name)
        kept = [field for field in given if field in readable]
        proofs = {field: _proof(one) for field, one in said.evidence.items() if field in readable}
        if not kept:
            return {}, proofs
        known = getattr(self._record_of(said), name)[0].__dict__
        return {field: _plain(known[field]) for field in kept}, proofs

    def _record_of(self, said: Any) -> BaseModel:
        """Return a record of which nothing is known but what a change says."""
        last, record = self._last
        return record if last is said and record is not None else self._validated(_deal_of(said))

    def _is_kept(self, path: Path) -> bool:
        found = self._kept.get(path)
        if found is None:
            found = self._kept[path] = self._reads.meet(path)
        return found

    def _readable(self, name: str) -> frozenset[str]:
        """Return the fields of the elements of a list that something reads."""
        found = self._kept_of.get(name)
        if found is None:
            model = model_in(self._engine.model.model_fields[name].annotation)
            fields = () if model is None else model.model_fields
            found = frozenset(field for field in fields if self._is_kept((name, ELEMENT, field)))
            self._kept_of[name] = found
        return found

    def _validated(self, deal: Mapping[str, Any]) -> BaseModel:
        [name] = deal
        try:
            model = _only(self._engine.model, name)
            found: BaseModel = model.__pydantic_validator__.validate_python(deal)
        except ValidationError:
            return self._engine.read(deal)  # it words the faults
        return found

    def _has_secrets(self, deal: Mapping[str, Any]) -> bool:
        """Whether a deal of which one thing is known holds a text that is redacted."""
        [name] = deal
        guard = self._guards.get(name)
        return guard is not None and bool(guard.redactions(deal))

    def _redacted(self, said: Any) -> Any:
        deal = _deal_of(said)
        try:
            record = self._validated(deal)
            read = self._engine.read(deal) if self._has_secrets(deal) else record
        except RecordError as error:
            raise RecordError([_placed(fault, said) for fault in error.faults]) from None
        self._last = (said, record)
        if read is record:
            return said
        return _with_values(said, read.model_dump(mode="json", exclude_unset=True))


@lru_cache(maxsize=1024)
def _only(model: type[BaseModel], name: str) -> type[BaseModel]:
    """Return a model of one field of a record, which is read in a fraction of the time."""
    # INVARIANT: a record has no validators of its own, so that each field is read by itself.
    assert model.__pydantic_decorators__ == BaseModel.__pydantic_decorators__
    info = model.model_fields.get(name)
    if info is None:
        return model
    fields: dict[str, Any] = {name: (info.annotation, info)}
    return create_model(model.__name__, __config__=model.model_config, **fields)


def _guards(privacy: Privacy | None) -> dict[str, PrivacyGuard]:
    """Return what finds texts to redact in a field of the deal, by the name of the field."""
    if privacy is None:
        return {}
    fields: dict[str, list[str]] = {}
    for path in privacy.text_fields:
        fields.setdefault(path.split(".")[1], []).append(path)
    return {
        name: PrivacyGuard(privacy.model_copy(update={"text_fields": paths}))
        for name, paths in fields.items()
    }


def typed(given: Any) -> Event:
    """Return what was given (an event, or a mapping as of JSON) as an event."""
    event: Event = given
    return event if isinstance(given, _EVENTS) else event_of(given)


def _place(path: str) -> Place:
    found = place_of(path)
    assert found is not None  # an event has no other path
    return found


def _deal_of(said: Any) -> dict[str, Any]:
    """Return a deal of which nothing is known but what a change says; null where it says unknown."""
    match said.type:
        case "fact_set" | "fact_cleared":
            place = _place(said.path)
            value: Any = said.value if said.type == "fact_set" else None
            for step in reversed(place.steps):
                value = {step: value}
            found: dict[str, Any] = {place.list: [value]} if place.list else value
            return found
        case "item_removed" | "list_known":
            return {said.list: []}
        case "item_changed":
            return {said.list: [said.fields]}
        case _:
            name, fields = added(said, date.min)
            return {name: [fields]}


def _proof(evidence: Evidence) -> dict[str, Any]:
    """Return what counts of evidence: its source does not."""
    return {"level": evidence.level} if evidence.at is None else {"level": evidence.level, "at": evidence.at}


def _value_at(deal: Any, place: Place) -> Any:
    found: Any = read(deal, place.list)[0] if place.list else deal
    for step in place.steps:
        found = read(found, step)
    return found


def _with_values(said: Any, deal: Mapping[str, Any]) -> Any:
    """Return a change that says what stands in a deal instead."""
    if isinstance(said, e.SetFact):
        return said.model_copy(update={"value": _value_at(deal, _place(said.path))})
    [fields] = next(iter(deal.values()))
    return said.model_copy(update={"fields": {name: fields[name] for name in said.fields}})


def _plain(value: Any) -> Any:
    """Return a record as mappings without what is unknown, its values as they are."""
    if type(value) in SCALARS:
        return value
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
